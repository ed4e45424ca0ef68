"""Means and differences of means over independent replicates, and the rule that picks their interval (MODEL 8).

Student's t holds for outputs near normal. It is left where the sample itself speaks against it:

* all replicates are equal: that is no certainty, and without a known support it gives no bound;
* at least half of the replicates are equal, or no more than three values occur among four and more;
* the sample's skewness exceeds both 1.645 of its standard errors under normality, sqrt(6 (n - 2) / ((n + 1)(n + 3))),
  and 0.03 sqrt(n), below which the skewness moves either tail of t by less than a tenth.

Instead there stands `bounded`: exact where the caller knows the support and the sample is discrete, or so skewed that a
tail may reach its end (below 8 replicates always, as they say nothing of their shape), else extended beyond the
extremes. The rule is part of the interval: `COVERAGE.md` shows both measured together. Fewer than 16 replicates cannot
show skewness; the interval then carries a note that it rests on outputs near normal, unless a support is known, and
fewer than 4 have none without one. p-values of t below 1 - level have half the degrees of freedom where there are fewer
than 64 replicates (`CarefulTail`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.bounded import DirichletTail, extended_support, is_discrete, nearest_support
from mfsolve.inference.estimate import (
    Estimate,
    Method,
    all_equal,
    check_probability,
    check_size,
    finite_vector,
    moments,
    same_length,
    satterthwaite,
    student_exceedance,
    student_quantile,
)
from mfsolve.inference.skewness import skewness, skewness_error

Support = tuple[float, float]
UNKNOWN: Support = (-math.inf, math.inf)
# Replicates below which a sample cannot show that its outputs are skewed.
ENOUGH = 16
# Fewest replicates that have an interval without a known support: fewer show nothing of their shape.
FEWEST = 4
TOO_FEW = f"too few replicates: at least {FEWEST}, or a known support"
# Replicates below which a sample that looks normal may still have tails that are not, beyond 95 %.
_TELLING = 64
# Replicates below which it cannot speak at all, so that a known support is used whatever it looks like.
_SILENT = 8
FEW = f"too few replicates to show skewness: at least {ENOUGH}; the interval rests on outputs near normal"
_EQUAL = "all replicates are equal: without a known support they give no bound"


def mean(
    samples: ArrayLike, level: float = 0.95, *, support: Support | None = None, method: Method | None = None
) -> Estimate:
    """Mean of independent replicates (MODEL 8).

    Parameters
    ----------
    samples : array_like, shape (n,)
        One finite number per replicate.
    level : float
        Confidence level in (0, 1).
    support : tuple (low, high), optional
        Bounds that the output cannot leave, either of which may be infinite: (0, 1) for a share or an event, (0, inf)
        for a count or a cost. Used where the sample speaks against Student's t; it must be known beforehand, never
        read off the sample.
    method : Method, optional
        `Method.STUDENT`, `Method.BOUNDED` (needs a finite `support`) or `Method.EXTENDED`. Default: the rule of this
        module.

    Returns
    -------
    Estimate
        Ends are NaN, with a note, for fewer than 4 replicates and for replicates that are all equal, where no support
        is known; one end is infinite where only the other side of the support is known.

    Raises
    ------
    ValueError
        If `samples` is empty, not a vector, not finite, outside `support` or of sizes whose squares overflow or
        underflow, `support` is not ordered, `method` is another one, or `level` is outside (0, 1).

    Notes
    -----
    No interval holds for every unbounded distribution (Bahadur & Savage 1956): an event that changes the mean and that
    is rarer than one in n is not seen. Who knows the support should say so.
    """
    check_probability("level", level)
    values = finite_vector("samples", samples)
    check_size("samples", values)
    return mean_of(values, level, checked_support(values, support), method)


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
        freedom (Welch 1947); where either sample speaks against t, the intervals of the two means combined (Zou &
        Donner 2008).
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
    if speaks_against_student(first) or speaks_against_student(second):
        blank = Estimate(value, error, math.nan, math.nan, level, replicates, Method.COMBINED)
        return _combined(first, second, level, bounds, blank)
    if 1 < replicates < FEWEST:
        return Estimate(value, error, math.nan, math.nan, level, replicates, Method.WELCH, note=TOO_FEW)
    freedom = math.inf if replicates == 1 else satterthwaite(share_a, first.size, share_b, second.size)
    return _with_careful_tail(student(value, error, level, replicates, freedom, Method.WELCH))


def mean_of(
    values: Floats, level: float, support: Support = UNKNOWN, method: Method | None = None, scale: float = 0.0
) -> Estimate:
    """Mean of checked values; `scale` is the size of the numbers that they are rounded differences of."""
    value, variance = moments(values)
    error = math.sqrt(variance / values.size)
    known = math.isfinite(support[0]) and math.isfinite(support[1])
    if method is None:
        if all_equal(values, scale) and (values.size > 1 or known):
            return _equal(value, level, values.size, support)
        method = Method.STUDENT
        if not known and 1 < values.size < FEWEST:
            return Estimate(value, error, math.nan, math.nan, level, values.size, method, note=TOO_FEW)
        if known and values.size < _SILENT:
            method = Method.BOUNDED
        elif speaks_against_student(values):
            method = Method.BOUNDED if known and nearest_support(values, support) == support else Method.EXTENDED
    if method is Method.STUDENT:
        return _with_careful_tail(student(value, error, level, values.size, values.size - 1))
    if method not in (Method.BOUNDED, Method.EXTENDED):
        raise ValueError(f"method must be Method.STUDENT, BOUNDED or EXTENDED, got {method!r}")
    if method is Method.BOUNDED and not known:
        raise ValueError(f"support must be finite for {method!r}, got {support}")
    if values.size == 1 and not known:
        return student(value, error, level, 1, 0)
    tail = dirichlet_tail(values, support) if method is Method.BOUNDED else _nearest_tail(values, support)
    note: str | None = FEW if not known and values.size < ENOUGH else None
    return Estimate(value, error, *tail.interval(level), level, values.size, method, note=note, tail=tail)


def dirichlet_tail(values: Floats, support: Support) -> DirichletTail:
    """Return the p-value that the interval of a mean inverts; Student's joins it where an end is not known."""
    return DirichletTail(values, *extended_support(values, support), (math.isinf(support[0]), math.isinf(support[1])))


def _with_careful_tail(found: Estimate) -> Estimate:
    """A t interval, whose p-values beyond its level do not rest on normal outputs where replicates are few."""
    few = found.standard_error > 0 and found.replicates < _TELLING and found.degrees_of_freedom < math.inf
    return replace(found, tail=CarefulTail(found)) if few else found


@dataclass(frozen=True)
class CarefulTail:
    """P-value of a t interval down to one less its level, and from there on with half the degrees of freedom.

    Far out the tail of t hangs on how well the variance is known, which skewed outputs make worse before few replicates
    show their skewness.
    """

    found: Estimate

    def __call__(self, hypothesis: float) -> float:
        """Return the two-sided p-value."""
        e = self.found
        statistic = (hypothesis - e.value) / e.standard_error
        p = student_exceedance(statistic, e.degrees_of_freedom)
        least = (1.0 - e.level) * (1.0 - 1e-6)  # what the interval leaves out at its level is refuted at it
        return p if p >= least else min(student_exceedance(statistic, e.degrees_of_freedom / 2), least)


def _nearest_tail(values: Floats, support: Support) -> DirichletTail:
    low, high = nearest_support(values, support)
    return DirichletTail(values, low, high, (low != support[0], high != support[1]))


def student(
    value: float,
    standard_error: float,
    level: float,
    replicates: int,
    degrees_of_freedom: float,
    method: Method = Method.STUDENT,
) -> Estimate:
    """t interval, with the note that few replicates need; without an interval where there is no standard error."""
    if math.isnan(standard_error):
        alone = "too few replicates: at least 2"
        return Estimate(value, math.nan, math.nan, math.nan, level, replicates, method, degrees_of_freedom, note=alone)
    half = student_quantile(level, degrees_of_freedom) * standard_error
    note = FEW if replicates < ENOUGH else None
    ends = (value - half, value + half)
    return Estimate(value, standard_error, *ends, level, replicates, method, degrees_of_freedom, note=note)


def speaks_against_student(values: Floats) -> bool:
    """True where the sample gives a sign against a t interval: equal, discrete or skewed replicates."""
    count = values.size
    if count < 2:
        return False
    if all_equal(values):
        return True
    return is_discrete(values) or abs(skewness(values)) > max(1.645 * skewness_error(count), 0.03 * math.sqrt(count))


def checked_support(values: Floats, support: Support | None) -> Support:
    """Return the support, refused where it is not ordered or a value lies outside it."""
    if support is None:
        return UNKNOWN
    low, high = float(support[0]), float(support[1])
    if not low < high:
        raise ValueError(f"support must be ordered, low < high, got {support}")
    if values.min() < low or values.max() > high:
        raise ValueError(f"support must hold every replicate, got {support} for {values.min()} to {values.max()}")
    return low, high


def _equal(value: float, level: float, replicates: int, support: Support) -> Estimate:
    """n replicates that are all equal leave, at this level, at most a share 1 - ((1 - level) / 2)^(1/n) for others."""
    low, high = support
    unseen = -math.expm1(math.log((1 - level) / 2) / replicates)
    if math.isinf(low) and math.isinf(high):
        return Estimate(value, math.nan, math.nan, math.nan, level, replicates, Method.BOUNDED, note=_EQUAL)
    bottom, top = (end if math.isinf(end) else value + unseen * (end - value) for end in support)
    known = math.isfinite(low) and math.isfinite(high)
    others = f"all replicates are equal: up to {100 * unseen:.2g} % of the outputs may differ"
    note = others if known else f"{others}, by any amount towards the end that is not known"
    tail = DirichletTail(np.full(replicates, value), low, high) if known else None
    return Estimate(value, 0.0, bottom, top, level, replicates, Method.BOUNDED, note=note, tail=tail)


def _combined_at(first: Floats, second: Floats, support: Support, level: float) -> tuple[float, float]:
    return combined_ends(mean_of(first, level, support), mean_of(second, level, support))


def _combined(first: Floats, second: Floats, level: float, support: Support, blank: Estimate) -> Estimate:
    if blank.replicates == 1:
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


@dataclass(frozen=True)
class LevelTail:
    """P-value of an interval known at every level: one minus the level whose end just reaches the hypothesis.

    Ends that are NaN bound nothing at their level, as those of a ratio whose denominator may then be zero.
    """

    value: float
    ends: Callable[[float], tuple[float, float]]

    def __call__(self, hypothesis: float) -> float:
        """Return the p-value, at least 1e-12."""
        from scipy.optimize import brentq

        distance = abs(hypothesis - self.value)
        if distance == 0:
            return 1.0

        def excess(log_p: float) -> float:
            low, high = self.ends(-math.expm1(log_p))
            # From the end, not from the value: beside the value an end near zero would vanish.
            beyond = high - hypothesis if hypothesis > self.value else hypothesis - low
            return math.atan((math.inf if math.isnan(beyond) else beyond) / distance)

        least, most = math.log(1e-12), -1e-9
        if not excess(least) > 0:
            return 1e-12
        if not excess(most) < 0:
            return 1.0
        return math.exp(brentq(excess, least, most, xtol=1e-9))
