"""Difference of two means: of pairs, by Welch's t, or by the intervals of both combined (MODEL 8)."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.estimate import (
    Estimate,
    Method,
    check_probability,
    check_size,
    finite_vector,
    moments,
    same_length,
    satterthwaite,
)
from mfsolve.inference.level_tail import LevelTail
from mfsolve.inference.means import mean_of
from mfsolve.inference.student_rule import (
    ENOUGH,
    FEW,
    FEWEST,
    TOO_FEW,
    Support,
    checked_support,
    few_on_known_support,
    speaks_against_student,
    student,
    with_careful_tail,
)


def difference(
    a: ArrayLike, b: ArrayLike, level: float = 0.95, paired: bool = True, *, support: Support | None = None
) -> Estimate:
    """Mean of `a` minus mean of `b` (MODEL 8).

    Parameters
    ----------
    a, b : array_like, shapes (n,) and (m,)
        Replicates. Paired replicates share their random numbers, index by index, and n = m.
    level : float
        Confidence level in (0, 1).
    paired : bool
        True: the mean of the paired differences. False: independent samples, Welch's t with Satterthwaite's degrees of
        freedom (Welch 1947); where either sample speaks against t, or has fewer than 8 replicates and a known support,
        the intervals of the two means combined (Zou & Donner 2008).
    support : tuple (low, high), optional
        Bounds of either output, as for `mean`.

    Returns
    -------
    Estimate
        As for `mean`. Pairs that all differ by the same, zero included, have an interval only with a support.

    Raises
    ------
    ValueError
        If a sample is empty, not finite, outside `support` or of a size whose squares overflow or underflow, the
        lengths differ while `paired`, or `level` is outside (0, 1).
    """
    check_probability("level", level)
    if paired:
        same_labels(a=a, b=b)
    first, second = finite_vector("a", a), finite_vector("b", b)
    check_size("a", first)
    check_size("b", second)
    bounds = checked_support(np.concatenate([first, second]), support)
    if paired:
        same_length("a", first, "b", second)
        scale = max(float(np.abs(first).max()), float(np.abs(second).max()))
        return mean_of(first - second, level, (bounds[0] - bounds[1], bounds[1] - bounds[0]), scale=scale)
    (mean_a, variance_a), (mean_b, variance_b) = moments(first), moments(second)
    share_a, share_b = variance_a / first.size, variance_b / second.size
    value, error, replicates = mean_a - mean_b, math.sqrt(share_a + share_b), min(first.size, second.size)
    few = few_on_known_support(replicates, bounds)
    if few or speaks_against_student(first) or speaks_against_student(second):
        blank = Estimate(value, error, math.nan, math.nan, level, replicates, Method.COMBINED)
        return _combined(first, second, level, bounds, blank)
    if 1 < replicates < FEWEST:
        return Estimate(value, error, math.nan, math.nan, level, replicates, Method.WELCH, note=TOO_FEW)
    freedom = math.inf if replicates == 1 else satterthwaite(share_a, first.size, share_b, second.size)
    return with_careful_tail(student(value, error, level, replicates, freedom, Method.WELCH))


def _combined_at(first: Floats, second: Floats, support: Support, level: float) -> tuple[float, float]:
    return combined_ends(mean_of(first, level, support), mean_of(second, level, support))


def _combined(first: Floats, second: Floats, level: float, support: Support, blank: Estimate) -> Estimate:
    if blank.replicates == 1 and not few_on_known_support(1, support):
        return replace(blank, note="too few replicates: at least 2")

    ends = partial(_combined_at, first, second, support)
    low, high = ends(level)
    if math.isnan(low) or math.isnan(high):
        unknown = (mean_of(values, level, support) for values in (first, second))
        return replace(blank, note=next(one.note for one in unknown if math.isnan(one.low)))
    note = None
    if min(first.size, second.size) < ENOUGH and any(math.isinf(end) for end in support):
        note = FEW
    return replace(blank, low=low, high=high, note=note, tail=LevelTail(blank.value, ends))


def combined_ends(a: Estimate, b: Estimate) -> tuple[float, float]:
    """Ends of mean a - mean b from the ends of both: each side's reach squared adds (Zou & Donner 2008)."""
    value = a.value - b.value
    return (
        value - math.hypot(a.value - a.low, b.high - b.value),
        value + math.hypot(a.high - a.value, b.value - b.low),
    )
