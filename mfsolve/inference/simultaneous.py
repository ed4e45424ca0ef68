"""Verdicts on several published figures at once."""

import enum
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.inference.estimate import (
    Estimate,
    FloatArray,
    Method,
    check_probability,
    student_exceedance,
    student_quantile,
)
from mfsolve.inference.stopping import anytime_p_value


class Verdict(enum.StrEnum):
    """What an estimate says of a published figure."""

    CONSISTENT = "consistent"
    CONTRADICTED = "contradicted"
    CANNOT_TELL = "cannot tell"


def holm(p_values: ArrayLike) -> FloatArray:
    """Holm's step-down adjusted p-values (Holm 1979).

    Rejecting where the adjusted value is below alpha keeps the chance of any false rejection below alpha, for
    any dependence between the tests.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        In [0, 1]. A NaN (a claim nothing can be said of) still counts as one of the m claims.

    Returns
    -------
    ndarray, shape (m,)
        Adjusted p-values in the order given; NaN where the p-value is.

    Raises
    ------
    ValueError
        If `p_values` is not a vector, or a value is outside [0, 1].
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(f"p_values must be a vector, got an array of shape {p.shape}")
    unknown = np.isnan(p)
    if np.any((p[~unknown] < 0) | (p[~unknown] > 1)):
        raise ValueError("p_values must lie in [0, 1]")
    # statsmodels' multipletests gives the same numbers and runs the garbage collector at every call.
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return adjusted


def p_value(estimate: Estimate, low: float, high: float) -> float:
    """Two-sided p-value of the hypothesis that the truth lies in [low, high].

    A published figure is known to its rounding only, so the hypothesis is an interval; the p-value is the
    largest over its points, which is 1 when the estimate lies inside. The tail is that of the estimate's
    interval: a t or normal curve scaled to reach the end of the interval at its level, on the side of the
    hypothesis, so that the p-value is 1 - level exactly where the interval ends. This is exact for t
    intervals and an approximation for the others; an anytime-valid estimate has its own tail, valid at
    any stopping time, and a share that of the binomial distribution. A deterministic number is possible or not: 1 where
    its bounds meet the hypothesis, else 0.

    Parameters
    ----------
    estimate : Estimate
    low, high : float
        Range of true values that print as the published figure, low <= high; either may be infinite.

    Returns
    -------
    float
        In [0, 1]; NaN when the estimate has no interval.

    Raises
    ------
    ValueError
        If `low` > `high` or either is NaN.
    """
    if not low <= high:
        raise ValueError(f"low and high must be ordered, got {low} and {high}")
    if math.isnan(estimate.half_width):
        return math.nan
    if estimate.method is Method.DETERMINISTIC:
        return float(low <= estimate.high and estimate.low <= high)
    gap = max(low - estimate.value, estimate.value - high, 0.0)
    if gap == 0:
        return 1.0
    if estimate.method is Method.BINOMIAL:
        return binomial_exceedance(estimate, low if low > estimate.value else high)
    if estimate.method is Method.ANYTIME:
        statistic = gap / estimate.standard_error
        return anytime_p_value(statistic, estimate.replicates, estimate.prior_replicates)
    above = low > estimate.value
    reach = estimate.high - estimate.value if above else estimate.value - estimate.low
    if reach <= 0:
        return 0.0
    freedom = estimate.degrees_of_freedom
    return student_exceedance(gap / reach * student_quantile(estimate.level, freedom), freedom)


def binomial_exceedance(share: Estimate, hypothesis: float) -> float:
    """Twice the tail of the successes behind a share, beyond what the hypothesis expects (Clopper & Pearson 1934)."""
    from scipy.stats import binom

    trials = share.replicates
    successes = round(share.value * trials)
    if not 0.0 <= hypothesis <= 1.0:
        return 0.0
    above = hypothesis > share.value
    tail = binom.cdf(successes, trials, hypothesis) if above else binom.sf(successes - 1, trials, hypothesis)
    return min(1.0, 2.0 * float(tail))


def judge(
    estimates: Sequence[Estimate],
    published_ranges: Sequence[tuple[float, float]],
    resolutions: Sequence[float],
    level: float = 0.95,
) -> list[Verdict]:
    """Judge several published figures together (MODEL 8).

    Contradicted: Holm's adjusted p-value is below 1 - level. Otherwise consistent if the whole interval lies
    within the resolution of the published range, that is, if no difference that matters is left; otherwise,
    and always without an interval, cannot tell.

    Parameters
    ----------
    estimates : sequence of m Estimate
    published_ranges : sequence of m pairs (low, high)
        The true values that print as the published figure; an end may be infinite.
    resolutions : sequence of m floats
        The smallest difference that would matter, > 0, in the units of each estimate.
    level : float
        1 - level bounds the chance that any true figure is called contradicted.

    Returns
    -------
    list of m Verdict

    Raises
    ------
    ValueError
        If the lengths differ, a range is not ordered, a resolution is not positive or `level` is outside
        (0, 1).
    """
    check_probability("level", level)
    if not len(estimates) == len(published_ranges) == len(resolutions):
        raise ValueError("estimates, published_ranges and resolutions must have one length")
    if any(not resolution > 0 for resolution in resolutions):
        raise ValueError("resolutions must be positive")
    adjusted = holm([p_value(estimate, *span) for estimate, span in zip(estimates, published_ranges)])
    verdicts = []
    for estimate, (low, high), p, resolution in zip(estimates, published_ranges, adjusted, resolutions):
        if p < 1 - level:
            verdicts.append(Verdict.CONTRADICTED)
        elif low - resolution <= estimate.low and estimate.high <= high + resolution:
            verdicts.append(Verdict.CONSISTENT)
        else:
            verdicts.append(Verdict.CANNOT_TELL)
    return verdicts
