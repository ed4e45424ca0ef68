"""Means and differences of means over independent replicates, and the rule that picks their interval (MODEL 8).

Student's t holds for outputs near normal. It is left where the sample itself speaks against it:

* all replicates are equal: that is no certainty, and without a known support it gives no bound;
* at least half of the replicates are equal, or no more than three values occur among four and more;
* the sample's skewness exceeds both 1.645 of its standard errors under normality, sqrt(6 (n - 2) / ((n + 1)(n + 3))),
  and 0.03 sqrt(n), below which the skewness moves either tail of t by less than a tenth.

Instead there stands that of `bounded_means`: exact where the caller knows the support and the sample is discrete, or so
skewed that a tail may reach its end (below 8 replicates always, as they say nothing of their shape), else extended
beyond the extremes. The rule is part of the interval: `COVERAGE.md` shows both measured together. Fewer than 16
replicates cannot show skewness; the interval then carries a note that it rests on outputs near normal, unless a support
is known, and fewer than 4 have none without one. p-values of t below 1 - level have half the degrees of freedom where
there are fewer than 64 replicates (`CarefulTail`).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.inference.bounded_means import DirichletTail, extended_support, nearest_support
from mfsolve.inference.estimate import (
    Estimate,
    EstimateError,
    Method,
    all_equal,
    check_probability,
    check_size,
    finite_vector,
    moments,
)
from mfsolve.inference.student_rule import (
    ENOUGH,
    FEW,
    FEWEST,
    SILENT,
    TOO_FEW,
    UNKNOWN,
    Support,
    checked_support,
    speaks_against_student,
    student,
    with_careful_tail,
)

_EQUAL = "all replicates are equal: without a known support there is no bound"


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
        if known and values.size < SILENT:
            method = Method.BOUNDED
        elif speaks_against_student(values):
            method = Method.BOUNDED if known and nearest_support(values, support) == support else Method.EXTENDED
    if method is Method.STUDENT:
        return with_careful_tail(student(value, error, level, values.size, values.size - 1))
    if method not in (Method.BOUNDED, Method.EXTENDED):
        raise EstimateError(f"method: {method!r} given; allowed: Method.STUDENT, BOUNDED, EXTENDED")
    if method is Method.BOUNDED and not known:
        raise EstimateError(f"support: {support} given; allowed for {method!r}: finite ends")
    if values.size == 1 and not known:
        return student(value, error, level, 1, 0)
    tail = dirichlet_tail(values, support) if method is Method.BOUNDED else _nearest_tail(values, support)
    note: str | None = FEW if not known and values.size < ENOUGH else None
    return Estimate(value, error, *tail.interval(level), level, values.size, method, note=note, tail=tail)


def dirichlet_tail(values: Floats, support: Support) -> DirichletTail:
    """Return the p-value that the interval of a mean inverts; Student's joins it where an end is not known."""
    return DirichletTail(values, *extended_support(values, support), (math.isinf(support[0]), math.isinf(support[1])))


def _nearest_tail(values: Floats, support: Support) -> DirichletTail:
    low, high = nearest_support(values, support)
    return DirichletTail(values, low, high, (low != support[0], high != support[1]))


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
