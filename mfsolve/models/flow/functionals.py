"""Functionals of content: Wasserstein distances, pair energies, numbers of modes (MODEL 2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, real, same_labels
from mfsolve.kernels.numerics import wasserstein
from mfsolve.kernels.random import philox
from mfsolve.kernels.random.directions import random_directions
from mfsolve.models.arguments import numbers, require, seed_word, vector, whole

from .energies import Gaussian, GaussianKernel, Interaction, NegativeDistance
from .parameters import Parameters
from .potentials import Human, human

MOST_KEPT = 2**20
"""Cells whose means are kept between calls: 8 MiB."""
UNEVEN, SPACING = 1e-6, 4.0 * float(np.finfo(float).eps)
"""Differences of cells' widths, of a width and of the largest centre, that are those of rounded centres."""
PROMINENCE = 0.01
"""Share of the largest value of a density that a local maximum rises by where it is a mode."""


@dataclass(frozen=True, eq=False)
class QuantileFunction:
    """Quantile function of a measure on the line, linear from left[i] to right[i] over [u[i], u[i + 1]]."""

    u: Floats
    left: Floats
    right: Floats


def quantiles_of_sample(sample: ArrayLike) -> QuantileFunction:
    """Quantile function of an empirical measure, (n,) positions in any order (MODEL 2.7).

    Parameters
    ----------
    sample : array (n,)
        Finite positions.

    Returns
    -------
    QuantileFunction
        A step of 1 / n for each position.

    Raises
    ------
    ValueError
        For anything but a vector of one or more finite positions.
    """
    x = np.sort(vector("sample", sample, "(-inf, inf)"))
    return QuantileFunction(np.arange(x.size + 1) / x.size, x, x)


def quantiles_of_density(x: ArrayLike, density: ArrayLike) -> QuantileFunction:
    """Quantile function of a piecewise-uniform density (n,) on even cells with increasing centres x (n,) (MODEL 2.7).

    Parameters
    ----------
    x : array (n,)
        Centres of the cells, n >= 2.
    density : array (n,)
        In [0, inf), up to a factor.

    Returns
    -------
    QuantileFunction
        Of the normalised density, with n pieces.

    Raises
    ------
    ValueError
        For centres that are not increasing and even, a density below 0 or nowhere above it, or not one per cell.
    """
    same_labels(x=x, density=density)
    centre, mass = vector("x", x, "(-inf, inf)", own=True), vector("density", density, "[0, inf)")
    if centre.size != mass.size or centre.size < 2 or not 0.0 < mass.sum() < np.inf:
        raise ValueError("density: allowed: two or more values >= 0, one for each cell centre, with a positive sum")
    width = np.diff(centre)
    if not width[0] > 0.0 or np.any(np.abs(width - width[0]) > UNEVEN * width[0] + SPACING * np.abs(centre).max()):
        raise ValueError("x: uneven or falling; allowed: centres of even cells, increasing")
    half = 0.5 * (centre[1] - centre[0])
    u = np.concatenate(([0.0], np.cumsum(mass)))
    u /= u[-1]
    return QuantileFunction(u, centre - half, centre + half)


def quantiles_of_human(table: Human) -> QuantileFunction:
    """Quantile function of the tabulated human distribution."""
    return QuantileFunction(table.cumulated, table.edges[:-1], table.edges[1:])


def w2(first: ArrayLike | QuantileFunction, second: ArrayLike | QuantileFunction) -> float:
    """Wasserstein-2 distance of two measures on the line, exact (MODEL 2.7).

    Parameters
    ----------
    first, second : samples (n,), (m,) in any order, or quantile functions.

    Returns
    -------
    float
        In units of the positions.

    Raises
    ------
    ValueError
        For a sample that is no vector (`sliced_w2` compares clouds), empty, or not finite.
    """
    if not isinstance(first, QuantileFunction) and not isinstance(second, QuantileFunction):
        a, b = (np.sort(vector(name, x, "(-inf, inf)")) for name, x in (("first", first), ("second", second)))
        if a.size == b.size:
            return float(np.sqrt(wasserstein.squared_gap(a, b)))
        first, second = a, b
    p = first if isinstance(first, QuantileFunction) else quantiles_of_sample(first)
    q = second if isinstance(second, QuantileFunction) else quantiles_of_sample(second)
    return float(np.sqrt(max(wasserstein.quantile_gap(p.u, p.left, p.right, q.u, q.left, q.right), 0.0)))


def w2_to_human(parameters: Parameters, sample: QuantileFunction | Floats) -> float:
    """W2 from a measure on the line to the human distribution.

    The measure is given by its quantile function or by sorted positions (n,).

    A sample against a normal distribution is exact, with the cell means of the normal quantile function; any other
    human distribution is piecewise uniform on a table of 2^15 cells.
    """
    potential = parameters.potential
    if not (isinstance(potential, Gaussian) and isinstance(sample, np.ndarray) and parameters.domain is None):
        return w2(sample, quantiles_of_human(human(potential, parameters.domain)))
    centre, within = cell_means(sample.size)
    return float(np.sqrt(wasserstein.squared_gap(np.ascontiguousarray(sample, np.float64), centre) + within))


def cell_means(n: int) -> tuple[Floats, float]:
    """Means (n,) of the standard normal quantile function over n equal cells, and its mean variance within them.

    Those of the last size are kept where they take no memory to speak of: a flow asks at every time that it records.
    """
    return _kept_means(n) if n <= MOST_KEPT else _means(n)


def _means(n: int) -> tuple[Floats, float]:
    from scipy.special import ndtri

    q = ndtri(np.arange(n + 1) / n)
    density = np.exp(-0.5 * q * q) / np.sqrt(2.0 * np.pi)
    centre = n * (density[:-1] - density[1:])
    return centre, max(1.0 - float(np.mean(centre * centre)), 0.0)


_kept_means = lru_cache(1)(_means)


def bures(mean_a: ArrayLike, covariance_a: ArrayLike, mean_b: ArrayLike, covariance_b: ArrayLike) -> float:
    """W2 of two Gaussians: sqrt(|m_a - m_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2)) (MODEL 2.7).

    Parameters
    ----------
    mean_a, mean_b : (d,).
    covariance_a, covariance_b : (d, d), symmetric positive semi-definite. Single numbers stand for d = 1.

    Returns
    -------
    float
        In units of the positions.

    Raises
    ------
    ValueError
        For a mean or covariance of another shape or not finite, or a covariance that is none.
    """
    a = np.atleast_2d(numbers("covariance_a", covariance_a, "(-inf, inf)"))
    b = np.atleast_2d(numbers("covariance_b", covariance_b, "(-inf, inf)"))
    d = a.shape[0]
    here, there = (np.atleast_1d(real(name, mean)) for name, mean in (("mean_a", mean_a), ("mean_b", mean_b)))
    here, there = vector("mean_a", here, "(-inf, inf)", d), vector("mean_b", there, "(-inf, inf)", d)
    value, axes = _spectrum("covariance_a", a, d)
    _spectrum("covariance_b", b, d)
    gap = here - there
    root = (axes * np.sqrt(np.maximum(value, 0.0))) @ axes.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0.0)).sum()
    return float(np.sqrt(max(float(gap @ gap) + np.trace(a) + np.trace(b) - 2.0 * cross, 0.0)))


def _spectrum(name: str, covariance: Floats, dimension: int) -> tuple[Floats, Floats]:
    """Eigenvalues, ascending, and eigenvectors of a covariance (d, d); ValueError unless it is one.

    It may be asymmetric, and negative, by rounding: 1e-10 of its largest entry.
    """
    require(covariance.shape == (dimension, dimension), name, covariance.shape, f"({dimension}, {dimension})")
    slack = 1e-10 * float(np.abs(covariance).max())
    if np.abs(covariance - covariance.T).max() <= slack:
        value, axes = np.linalg.eigh(covariance)
        if value[0] >= -dimension * slack:
            return value, axes
    raise ValueError(f"{name}: allowed: a symmetric positive semi-definite matrix")


@dataclass(frozen=True)
class SlicedDistance:
    """Sliced W2^2 (mean over directions of the squared W2 of the projections) with its standard error."""

    squared: float
    standard_error: float
    directions: int

    @property
    def distance(self) -> float:
        """Sliced Wasserstein-2 distance, the root of `squared`."""
        return float(np.sqrt(self.squared))


def sliced_w2(first: Floats, second: Floats, directions: int, seed: int, replicate: int = 0) -> SlicedDistance:
    """Sliced W2^2 of two clouds by random directions (MODEL 2.7).

    Parameters
    ----------
    first, second : (d, n), (d, m) positions, d >= 2.
    directions : number of directions, >= 2.
    seed, replicate : decide the directions.

    Returns
    -------
    SlicedDistance
        Mean over directions of W2^2, and its standard error.

    Raises
    ------
    ValueError
        For clouds of other shapes or not finite.
    """
    first, second = numbers("first", first, "(-inf, inf)"), numbers("second", second, "(-inf, inf)")
    if first.ndim != 2 or second.ndim != 2 or first.shape[0] != second.shape[0] or first.shape[0] < 2:
        raise ValueError(f"clouds: shapes {first.shape}, {second.shape} given; allowed: (d, n), (d, m) with d >= 2")
    count = whole("directions", directions, 2, 2**31)
    theta = np.empty((count, first.shape[0]))
    key = philox.stream_key(int(seed_word("seed", seed, 64)), "flow directions")
    random_directions(key, seed_word("replicate", replicate, 32), theta)
    a, b, squares = np.empty(first.shape[1]), np.empty(second.shape[1]), np.empty(count)
    for k in range(count):
        wasserstein.project(theta[k], first, a)
        wasserstein.project(theta[k], second, b)
        squares[k] = w2(a, b) ** 2
    return SlicedDistance(float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(count)), count)


def pair_kernel(interaction: Interaction, distance: Floats) -> Floats:
    """Pair energy W(r) at the given distances, strength included."""
    if isinstance(interaction, NegativeDistance):
        return -interaction.strength * distance
    assert isinstance(interaction, GaussianKernel)
    return interaction.strength * np.exp(-0.5 * (distance / interaction.length) ** 2)


def density_modes(density: ArrayLike) -> int:
    """Number of modes of a density on the line: local maxima more prominent than `PROMINENCE` of its largest value."""
    from scipy.signal import find_peaks

    values = np.concatenate(([0.0], vector("density", density, "(-inf, inf)"), [0.0]))
    return int(find_peaks(values, prominence=PROMINENCE * values.max())[0].size)
