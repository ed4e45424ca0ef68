"""Example of a pool with known contamination: measured rows, and rows of a generator fitted to others of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.datasets import ABOUT
from mfsolve.data.features import Features
from mfsolve.kernels.random import normals, philox
from mfsolve.models.arguments import number, one_of, seed_word
from mfsolve.models.collapse.human_rows import Smooth, cholesky, moments
from mfsolve.models.collapse.parameters import Parameters

REFERENCE = 4000
ZERO = np.uint64(0)


@dataclass(frozen=True)
class Example:
    """A pool and human and synthetic references, rows (n, d), with the pool's true contamination.

    Attributes
    ----------
    columns
        Names of the columns (d,).
    human, synthetic, pool
        Rows (n, d).
    trained
        Number of measured rows that the generator was fitted to; they are in none of the three.
    pool_synthetic
        Number of synthetic rows in the pool.
    """

    columns: tuple[str, ...]
    human: Floats
    synthetic: Floats
    pool: Floats
    trained: int
    pool_synthetic: int

    @property
    def contamination(self) -> float:
        """True share of synthetic rows in the pool."""
        return self.pool_synthetic / float(self.pool.shape[0])


def example(
    contamination: float = 0.3, variance_ratio: float | None = None, seed: int = 1, data: str = "co2"
) -> Example:
    """Make a pool from a shipped data set and a Gaussian generator fitted to half of it.

    MODEL 3.2.

    Half of the measured rows, in random order, fit a Gaussian with full covariance; it is sampled with `variance_ratio`
    times that covariance and rounded like the measurements (`mfsolve.data.datasets`). One part of the other
    half is the human reference, the rest are the measured rows of the pool, to which as many synthetic rows are added
    as the contamination requires, in random order.

    Parameters
    ----------
    contamination
        Share of synthetic rows, in [0, 0.9]; met to the nearest row.
    variance_ratio
        Temperature of the generator in (0, 1]; by default that of `collapse.Parameters`.
    seed
        In [0, 2^64 - 1]; the result is a pure function of the arguments.
    data
        `co2`, weekly carbon dioxide at Mauna Loa, or `elnino`, monthly sea surface temperature off Peru.

    Returns
    -------
    Example
        Pool and references as rows of measurements, and the number of synthetic rows in the pool.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    share, word = number("contamination", contamination, "[0, 0.9]"), int(seed_word("seed", seed, 64))
    delta = Parameters().variance_ratio if variance_ratio is None else variance_ratio
    number("variance_ratio", delta, "(0, 1]")
    features = Features.of(one_of("data", data, ABOUT))
    told = ABOUT[data]
    shuffled = features.rows[_order(word, "rows", features.rows.shape[0])]
    half, quarter = shuffled.shape[0] // 2, 3 * shuffled.shape[0] // 4
    trained, human, measured = shuffled[:half], shuffled[half:quarter], shuffled[quarter:]
    mean, covariance = moments(trained)
    generator = Smooth(mean[None], cholesky(delta * covariance))
    added = round(measured.shape[0] * share / (1.0 - share))
    pool = np.concatenate([measured, _items(word, "pool", generator, (added, told.decimals))])
    return Example(
        features.columns,
        human,
        _items(word, "synthetic", generator, (REFERENCE, told.decimals)),
        pool[_order(word, "pool", pool.shape[0])],
        half,
        added,
    )


def _items(seed: int, purpose: str, generator: Smooth, made: tuple[int, int]) -> Floats:
    """Rows of a generator: how many, and to how many decimals."""
    count, decimals = made
    z, other = np.empty((count, generator.factor.shape[0])), np.empty(count)
    key = philox.stream_key(seed, f"example/{purpose}/items")
    for k in range(z.shape[1]):
        first = np.empty(count)
        normals.normals(key, np.uint64(k), ZERO, ZERO, ZERO, first, other)
        z[:, k] = first
    return np.round(generator.items(np.zeros(count), z), decimals)


def _order(seed: int, purpose: str, count: int) -> NDArray[np.int64]:
    u = np.empty(count)
    philox.uniforms(philox.stream_key(seed, f"example/{purpose}/order"), ZERO, ZERO, ZERO, ZERO, u)
    return np.argsort(u, kind="stable")
