"""When Student's t stands for the mean of a sample, its interval, and what a sample of few replicates cannot show."""

import math
from dataclasses import dataclass, replace

from mfsolve.arrays import Floats
from mfsolve.inference.bounded_means import is_discrete
from mfsolve.inference.estimate import Estimate, EstimateError, Method, all_equal, student_exceedance, student_quantile
from mfsolve.inference.skewness import skewness, skewness_error

Support = tuple[float, float]
UNKNOWN: Support = (-math.inf, math.inf)
# Replicates below which a sample cannot show that its outputs are skewed.
ENOUGH = 16
# Fewest replicates that have an interval without a known support: fewer show nothing of their shape.
FEWEST = 4
TOO_FEW = f"too few replicates: at least {FEWEST}, or a known support"
# Replicates below which a sample that looks normal may still have tails that are not, beyond 95 %.
TELLING = 64
# Replicates below which it cannot speak at all, so that a known support is used whatever it looks like.
SILENT = 8
FEW = f"fewer than {ENOUGH} replicates: skewness cannot be checked; the interval assumes near-normal outputs"


def speaks_against_student(values: Floats) -> bool:
    """True where the sample gives a sign against a t interval: equal, discrete or skewed replicates."""
    count = values.size
    if count < 2:
        return False
    if all_equal(values):
        return True
    return is_discrete(values) or abs(skewness(values)) > max(1.645 * skewness_error(count), 0.03 * math.sqrt(count))


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


def with_careful_tail(found: Estimate) -> Estimate:
    """A t interval, whose p-values beyond its level do not rest on normal outputs where replicates are few."""
    few = found.standard_error > 0 and found.replicates < TELLING and found.degrees_of_freedom < math.inf
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


def few_on_known_support(replicates: int, support: Support) -> bool:
    """True where replicates say nothing of their shape, and both ends of what they can be are known."""
    return replicates < SILENT and math.isfinite(support[0]) and math.isfinite(support[1])


def checked_support(values: Floats, support: Support | None) -> Support:
    """Return the support, refused where it is not ordered or a value lies outside it."""
    if support is None:
        return UNKNOWN
    low, high = float(support[0]), float(support[1])
    if not low < high:
        raise EstimateError(f"support: {support} given; allowed: (low, high) with low < high")
    if values.min() < low or values.max() > high:
        raise EstimateError(
            f"support: {support} given; allowed: one that holds every replicate, {values.min()} to {values.max()}"
        )
    return low, high
