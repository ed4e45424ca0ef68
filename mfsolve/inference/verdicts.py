"""Verdicts on several published figures at once: p-values adjusted by Holm's step-down method (MODEL 8.6)."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, Method, check_probability, student_exceedance, student_quantile
from mfsolve.inference.stopping import anytime_p_value


class Kind(enum.StrEnum):
    """Kinds of claim, each with words of its own."""

    THEOREM = "theorem"
    FIGURE = "figure"
    MECHANISM = "mechanism"
    NUMERICS = "numerics"


class Verdict(enum.StrEnum):
    """Words for what an estimate says of a claim: the first three of a statement, the others of a published figure."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    CANNOT_TELL = "cannot tell"
    REPRODUCED = "reproduced"
    MISSED = "missed"
    NOT_DETERMINED = "not determined"


WORDS = {
    True: (Verdict.REPRODUCED, Verdict.MISSED, Verdict.NOT_DETERMINED),
    False: (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.CANNOT_TELL),
}
"""Shown, refuted, neither: of a published figure, and of a statement."""


STOPPED = (Method.ANYTIME, Method.ANYTIME_RATIO, Method.BETTING)
"""Methods whose p-values are valid at any stopping time."""

INSIDE = 1.0 - 1e-9
"""Share of 1 - level that a p-value must stay below to refute: an interval holds its own ends, rounded as they are."""


@dataclass(frozen=True)
class Question:
    """A claim put to an estimate: the truth lies in [low, high], where differences below `resolution` do not matter.

    Attributes
    ----------
    estimate : Estimate
    low, high : float
        low <= high; an end is infinite where the claim is a bound.
    resolution : float
        >= 0, in the units of the estimate. A published figure is missed only beyond it; a statement is contradicted
        without it, and supported only if the truth lies within it.
    kind : Kind
    family : str
        Claims of one family are judged together: 1 - level bounds the chance of any false refutation in it, and that
        of any false confirmation. What has nothing random behind it stands outside every family.
    p_values : (float, float) or None
        Of the claim and of its opposite, in [0, 1] or NaN, where they are known: those of an estimate that was read
        from a file, which has no tail. None to find them (`p_values`).
    noise_free : bool
        Whether nothing random is behind the estimate. A fit of such numbers, as an order of convergence, still has an
        interval, for its own misfit: it is judged at the level, by itself.
    """

    estimate: Estimate
    low: float
    high: float
    resolution: float
    kind: Kind = Kind.THEOREM
    family: str = ""
    p_values: tuple[float, float] | None = None
    noise_free: bool = False

    @property
    def accepted(self) -> tuple[float, float]:
        """Ends of the range within which the truth bears the claim out."""
        return self.low - self.resolution, self.high + self.resolution

    @property
    def refuted_outside(self) -> tuple[float, float]:
        """Ends of the range that an estimate must leave to refute the claim."""
        return self.accepted if self.kind is Kind.FIGURE else (self.low, self.high)


@dataclass(frozen=True)
class Answer:
    """A verdict with the p-values behind it, adjusted within the family."""

    verdict: Verdict
    refutation: float
    confirmation: float


def holm(p_values: ArrayLike) -> Floats:
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
        raise ValueError(f"p_values: an array of shape {p.shape} given; allowed: a vector")
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
    largest over its points, which is 1 when the estimate lies inside. The tail is that which the estimate's
    interval was made with (`Estimate.tail`), or the binomial one of a share. An estimate without one has a t or
    normal curve, scaled to reach the end of the interval at its level, on the side of the hypothesis: exact for t
    intervals, an approximation where a tail has been lost. Of a side where the interval ends at the estimate it is
    known only that the p-value is below 1 - level. A deterministic number is possible or not: 1 where its bounds meet
    the hypothesis, else 0.

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
        raise ValueError(f"low, high: {low} and {high} given; allowed: low <= high")
    if math.isnan(estimate.half_width):
        return math.nan
    if estimate.method is Method.DETERMINISTIC:
        return float(low <= estimate.high and estimate.low <= high)
    nearest = min(max(estimate.value, low), high)
    gap = abs(nearest - estimate.value)
    if gap == 0:
        return 1.0
    if estimate.method is Method.BINOMIAL and estimate.tail is None:
        return binomial_exceedance(estimate, nearest)
    if estimate.method is Method.ANYTIME:
        statistic = gap / estimate.standard_error
        return anytime_p_value(statistic, estimate.replicates, estimate.prior_replicates)
    if estimate.tail is not None:
        return min(1.0, estimate.tail(nearest))
    reach = estimate.high - estimate.value if nearest > estimate.value else estimate.value - estimate.low
    if reach <= 0:
        return (1.0 - estimate.level) * (1.0 - 1e-6)
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


def tail_p_value(estimate: Estimate, bound: float, above: bool) -> float:
    """One-sided p-value of the hypothesis that the truth lies at `bound` or above it (below it where `above` is false).

    The tail is that of the estimate's interval, as in `p_value`: (1 - level) / 2 exactly where the interval ends.

    Parameters
    ----------
    estimate : Estimate
    bound : float
        Finite, or infinite where nothing lies beyond it: then the p-value is 0.
    above : bool

    Returns
    -------
    float
        In [0, 1]: 1 where the estimate agrees with the hypothesis; NaN when it has no interval.
    """
    if math.isinf(bound):
        return 0.0
    if math.isnan(estimate.half_width):
        return math.nan
    if estimate.method is Method.DETERMINISTIC:
        return float(estimate.high > bound if above else estimate.low < bound)
    if estimate.value >= bound if above else estimate.value <= bound:
        return 1.0
    two_sided = p_value(estimate, bound, math.inf) if above else p_value(estimate, -math.inf, bound)
    return two_sided if estimate.method in STOPPED else two_sided / 2.0


def confirmation_p_value(question: Question) -> float:
    """p-value of the hypothesis that the truth lies outside the accepted range.

    Two one-sided tests (Schuirmann 1987).
    """
    low, high = question.accepted
    # NaN, of an estimate without an interval, must not lose to the 0 of an infinite end
    return float(np.maximum(tail_p_value(question.estimate, low, False), tail_p_value(question.estimate, high, True)))


def p_values(question: Question) -> tuple[float, float]:
    """p-values of a claim and of its opposite, not adjusted; NaN where the estimate has no interval."""
    return p_value(question.estimate, *question.refuted_outside), confirmation_p_value(question)


def judge(questions: Sequence[Question], level: float = 0.95) -> list[Answer]:
    """Judge claims together (MODEL 8).

    Refuted: Holm's adjusted p-value of the claim, within its family, is below 1 - level. Otherwise confirmed if the
    adjusted p-value of the opposite hypothesis, that the truth lies outside the accepted range, is below 1 - level.
    Otherwise, and always without an interval, neither. In every family the chance of any false refutation is at most
    1 - level, and so is that of any false confirmation. A number without randomness is compared as it stands, and a fit
    of such numbers judged by its own p-values.

    Parameters
    ----------
    questions : sequence of m Question
    level : float
        In (0, 1).

    Returns
    -------
    list of m Answer

    Raises
    ------
    ValueError
        If a range is not ordered, a resolution is negative or NaN, or `level` is outside (0, 1).
    """
    check_probability("level", level)
    for q in questions:
        if not q.low <= q.high:
            raise ValueError(f"low, high: {q.low} and {q.high} given; allowed: low <= high")
        if not q.resolution >= 0.0:
            raise ValueError(f"resolution: {q.resolution} given; allowed: [0, inf)")
    found = [p_values(q) if q.p_values is None else q.p_values for q in questions]
    refutation, confirmation = [claim for claim, _ in found], [opposite for _, opposite in found]
    random = [q.estimate.method is not Method.DETERMINISTIC and not q.noise_free for q in questions]
    for family in {q.family for q in questions}:
        members = [i for i, q in enumerate(questions) if q.family == family and random[i]]
        for values in (refutation, confirmation):
            for i, adjusted in zip(members, holm([values[i] for i in members])):
                values[i] = float(adjusted)
    answers = []
    for q, refuted, confirmed in zip(questions, refutation, confirmation):
        shown, against, neither = WORDS[q.kind is Kind.FIGURE]
        small = (1 - level) * INSIDE
        word = against if refuted < small else shown if confirmed < small else neither
        answers.append(Answer(word, refuted, confirmed))
    return answers
