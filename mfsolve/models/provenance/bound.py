"""Every estimator against the Cramer-Rao bound, on an ensemble of simulated pools (MODEL 3.1, 3.2)."""

import math
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number, whole

from .contents import AnyContent
from .simulated_pools import ensemble

if TYPE_CHECKING:
    import xarray as xr

COLUMN = {"mle": 0, "one_step": 1, "moment": 2, "em": 4}
"""Columns of `ensemble`."""
SCORE = 11
ROUNDING = 2.0**-96
"""An information that two equal contents may seem to have: contrasts are known to some 2^-52."""


def bounded_information(contamination: float, content: AnyContent) -> float:
    """I(rho), where it bounds anything.

    Raises
    ------
    ValueError
        Where items tell nothing, or all: the bound is infinite, or 0.
    """
    information = content.information(contamination)
    if not ROUNDING < information < math.inf:
        raise ValueError(f"content: an information of {information:g} given; allowed: (0, inf), or there is no bound")
    return information


def projected_normal(contamination: float, deviation: float) -> tuple[float, float]:
    """Bias and variance of N(rho, deviation^2) projected on [0, 1]: the law of an efficient estimate for large n."""
    from scipy.special import ndtr

    mean = square = 0.0  # of (estimate - rho) / deviation
    low, high = -contamination / deviation, (1.0 - contamination) / deviation
    density = [math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) for z in (low, high)]
    inside = float(ndtr(high) - ndtr(low))
    tails = float(ndtr(low)), float(ndtr(-high))
    mean = density[0] - density[1] + low * tails[0] + high * tails[1]
    square = inside + low * density[0] - high * density[1] + low * low * tails[0] + high * high * tails[1]
    return mean * deviation, (square - mean * mean) * deviation * deviation


def cramer_rao(
    contamination: float,
    content: AnyContent,
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
        `mean_squared_ratio` = n I E(error^2), `own_ratio` = n I Var / (1 + b')^2, the variance over the bound that the
        estimator's own bias b(rho) leaves, with 1 + b' = Cov(estimate, score). Scalars: `fisher_information`,
        `coverage` of the likelihood-ratio interval with `coverage_error`, `boundary_share` of data sets whose MLE is 0
        or 1.

    Raises
    ------
    ValueError
        For an argument outside its range; for content without a bound.
    """
    import xarray as xr
    from scipy.special import chdtri, ndtri

    level, sets = number("level", level, "(0, 1)"), whole("sets", sets, 2, 2**32 - 1)
    rho = number("contamination", contamination, "[0, 1]")
    information, z = bounded_information(rho, content), float(ndtri(0.5 + 0.5 * level))
    rows = ensemble(contamination, content, items, sets, seed, em_passes=em_passes, threads=threads)
    names = {name: column for name, column in COLUMN.items() if name != "em" or em_passes}
    columns = ("bias", "bias_error", "variance_ratio", "low", "high", "efficiency", "mean_squared_ratio", "own_ratio")
    table: dict[str, list[float]] = {column: [] for column in columns}
    for column in names.values():
        x = rows[:, column]
        gap = x - x.mean()
        variance, fourth = float(gap @ gap) / (sets - 1), float(np.mean(gap**4))
        ratio = items * information * variance
        half = z * items * information * math.sqrt(max(fourth - variance * variance, 0.0) / sets)
        own = own_bound(x, rows[:, SCORE])
        row = (
            x.mean() - contamination, math.sqrt(variance / sets), ratio, ratio - half, ratio + half,
            1.0 / ratio if ratio > 0.0 else math.inf, items * information * float(np.mean((x - contamination) ** 2)),
            ratio / own if own > 0.0 else math.inf,
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


def own_bound(estimates: Floats, scores: Floats) -> float:
    """(1 + b')^2 of estimates of data sets (sets,) whose scores at the truth are given: d E / d rho = Cov(., score)."""
    slope = float((estimates - estimates.mean()) @ scores) / (estimates.size - 1)
    return slope * slope
