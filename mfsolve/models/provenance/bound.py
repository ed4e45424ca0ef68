"""Ensembles of pools that hold every estimator against the Cramer-Rao bound (MODEL 3.1, 3.2)."""

import math
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from mfsolve.kernels import pools
from mfsolve.kernels.philox import stream_key
from mfsolve.models.model import Frozen, seed_word
from mfsolve.models.provenance.checks import Floats, run_sets, whole, within
from mfsolve.models.provenance.gaussian import gaussian_information

if TYPE_CHECKING:
    import xarray as xr

STEP = np.uint64(0)
TOLERANCE = 1e-12


class Content(Frozen):
    """Gaussian content of a pool: p = N(0, I_d), q = N(m, s2 I_d), with a watermark score where `watermark` > 0.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    distance: float = Field(0.0, ge=0.0, description="norm of the generator's mean, m")
    variance: float = Field(0.4735, gt=0.0, description="generator variance per dimension, s2")
    dimension: int = Field(1, ge=1, le=100_000, description="dimension d")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: float = Field(0.0, ge=0.0, le=1.0, description="probability that the mark is stripped")

    def information(self, contamination: float) -> float:
        """I(rho) of one item."""
        return gaussian_information(contamination, **self.model_dump())

    def mean_contrasts(self, draws: int = 2**20) -> tuple[float, float]:
        """Mean contrast of a human and of a synthetic item.

        From I(1/2) = E[t^2 (p + q) / 2] 4 and symmetry: E_q t - E_p t = 2 E_mid t^2; their sum by quadrature in one
        dimension, else from `draws` counters.
        """
        t = np.empty(draws)
        means = []
        for origin in (0.0, 1.0):
            pools.draw_gaussian(stream_key(0, f"contrast/{origin}"), STEP, STEP, origin, *self.letters(), t)
            means.append(float(t.mean()))
        # the information pins the gap exactly; the draws place its middle
        gap, middle = 0.5 * self.information(0.5), 0.5 * sum(means)
        return middle - 0.5 * gap, middle + 0.5 * gap

    def letters(self) -> tuple[float, float, int, float, float]:
        """m, s2, d, w, strip, in the kernels' order."""
        return self.distance, self.variance, self.dimension, self.watermark, self.stripping


def ensemble(
    contamination: float,
    content: Content,
    items: int,
    sets: int,
    seed: int,
    *,
    em_passes: int = 0,
    threads: int = 1,
    first: int = 0,
) -> Floats:
    """Estimates of `sets` simulated pools of `items` items each, streamed: no pool is stored.

    Parameters
    ----------
    contamination
        rho in [0, 1].
    content
        What items look like.
    items, sets
        n in [1, 2^31 - 1], number of data sets.
    seed
        In [0, 2^64 - 1].
    em_passes
        Largest number of EM passes per data set; 0 leaves EM out.
    threads
        Threads; the bits do not depend on it.
    first
        Number of the first data set: sets k..k+m of one call are those of any other with the same seed.

    Returns
    -------
    ndarray (sets, 11)
        Columns of `kernels.pools.estimate_set`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    rho, n = within("contamination", contamination, 0.0, 1.0), whole("items", items, 1, 2**31 - 1)
    sets, first = whole("sets", sets, 1, 2**32 - 1), whole("first", first, 0, 2**32 - 2)
    seed_word("seed", seed, 64)
    key, means = stream_key(seed, "provenance/pool"), np.array(content.mean_contrasts())
    out = np.empty((sets, pools.COLUMNS))

    def work(start: int, stop: int) -> None:
        pools.gaussian_ensemble(
            key, STEP, first + start, rho, *content.letters(), means, em_passes, TOLERANCE, np.empty(n), out[start:stop]
        )

    run_sets(work, sets, threads)
    return out


def maximum_likelihood(
    contamination: float, content: Content, items: int, sets: int, seed: int, *, threads: int = 1, first: int = 0
) -> Floats:
    """MLE alone, of the same data sets as `ensemble` draws: (sets, 2) = estimate of rho, information per item.

    Parameters and errors as `ensemble`.
    """
    rho, n = within("contamination", contamination, 0.0, 1.0), whole("items", items, 1, 2**31 - 1)
    sets, first = whole("sets", sets, 1, 2**32 - 1), whole("first", first, 0, 2**32 - 2)
    seed_word("seed", seed, 64)
    key, out = stream_key(seed, "provenance/pool"), np.empty((sets, 2))

    def work(start: int, stop: int) -> None:
        pools.gaussian_mle(key, STEP, first + start, rho, *content.letters(), TOLERANCE, np.empty(n), out[start:stop])

    run_sets(work, sets, threads)
    return out


def cramer_rao(
    contamination: float,
    content: Content,
    items: int,
    sets: int,
    seed: int,
    *,
    level: float = 0.95,
    em_passes: int = 0,
    threads: int = 1,
) -> "xr.Dataset":
    """Bias and variance of every estimator against the bound 1 / (n I), each with an interval (MODEL 3.2).

    Parameters
    ----------
    contamination, content, items, sets, seed, em_passes, threads
        As in `ensemble`; `sets` at least 2.
    level
        Level of the intervals and of the coverage that is counted, in (0, 1).

    Returns
    -------
    xarray.Dataset
        Along `estimator` (mle, one_step, moment, and em where asked): `bias`, `bias_error`, `variance_ratio` =
        n I Var (1 at the bound), its `low` and `high` (asymptotic, from the fourth moment), `efficiency` = 1 / ratio,
        `mean_squared_ratio` = n I E(error^2). Scalars: `fisher_information`, `coverage` of the likelihood-ratio
        interval with `coverage_error`, `boundary_share` of data sets whose MLE is 0 or 1.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    import xarray as xr
    from scipy.special import chdtri, ndtri

    level, sets = within("level", level, 0.0, 1.0, closed=False), whole("sets", sets, 2, 2**32 - 1)
    rows = ensemble(contamination, content, items, sets, seed, em_passes=em_passes, threads=threads)
    names = {"mle": 0, "one_step": 1, "moment": 2} | ({"em": 4} if em_passes else {})
    information, z = content.information(contamination), float(ndtri(0.5 + 0.5 * level))
    columns = ("bias", "bias_error", "variance_ratio", "low", "high", "efficiency", "mean_squared_ratio")
    table: dict[str, list[float]] = {column: [] for column in columns}
    for column in names.values():
        x = rows[:, column]
        gap = x - x.mean()
        variance, fourth = float(gap @ gap) / (sets - 1), float(np.mean(gap**4))
        ratio = items * information * variance
        half = z * items * information * math.sqrt(max(fourth - variance * variance, 0.0) / sets)
        row = (
            x.mean() - contamination, math.sqrt(variance / sets), ratio, ratio - half, ratio + half,
            1.0 / ratio if ratio > 0.0 else math.inf, items * information * float(np.mean((x - contamination) ** 2)),
        )  # fmt: skip
        for name, value in zip(table, row):
            table[name].append(value)
    covered = float(np.mean(2.0 * rows[:, 6] <= chdtri(1, 1.0 - level)))
    return xr.Dataset(
        {name: ("estimator", np.array(values)) for name, values in table.items()}
        | {
            "fisher_information": information,
            "coverage": covered,
            "coverage_error": math.sqrt(level * (1.0 - level) / sets),
            "boundary_share": float(np.mean((rows[:, 0] == 0.0) | (rows[:, 0] == 1.0))),
        },
        coords={"estimator": list(names)},
        attrs={"contamination": contamination, "items": items, "sets": sets, "seed": str(seed), "level": level},
    )
