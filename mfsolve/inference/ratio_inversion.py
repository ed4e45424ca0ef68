"""Interval of a ratio of two means whose outputs are not near normal: by residuals of pairs, or by both means.

Paired replicates: the ratios at which the interval of `means.mean` for numerator - ratio * denominator contains zero.
Independent samples: the intervals of the two means combined (Zou & Donner 2008).
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, all_equal, normal_quantile, student_quantile
from mfsolve.inference.level_tail import LevelTail
from mfsolve.inference.means import dirichlet_tail, mean_of
from mfsolve.inference.student_rule import ENOUGH, FEW, Support

# Distance beyond which an end is not looked for: squares must be numbers.
_FARTHEST = 1e140
# Distance below which an end is the value itself.
_NEAREST = 1e-290
PROPORTIONAL = "numerator and denominator are proportional in all replicates: without a known support there is no bound"


def near_zero(replicates: float) -> str:
    """Say that the denominator may be zero: at so many replicates its t statistic would be at the quantile."""
    return f"too few replicates to distinguish the denominator from zero: use at least {math.ceil(2 * replicates)}"


def proportional(top: Floats, bottom: Floats, value: float) -> bool:
    """True where the pairs have one ratio, to the rounding of the numerators."""
    return all_equal(top - value * bottom, float(np.abs(top).max()))


@dataclass(frozen=True)
class ResidualTail:
    """P-value of a ratio: that of a zero mean of top - ratio * bottom over paired replicates."""

    top: Floats
    bottom: Floats
    support: Support

    def __call__(self, hypothesis: float) -> float:
        """Return the p-value of the hypothesis."""
        low, high = self.support
        ends = [_times(hypothesis, low), _times(hypothesis, high)]
        bounds = (low - max(ends), high - min(ends))
        return dirichlet_tail(self.top - hypothesis * self.bottom, bounds)(0.0)


def _times(factor: float, end: float) -> float:
    return factor * end if factor else 0.0


def inverted(top: Floats, bottom: Floats, blank: Estimate, support: Support) -> Estimate:
    """Ratios whose p-value is at least 1 - level, found outwards from the estimate."""
    unknown = math.isinf(support[0]) or math.isinf(support[1])
    if unknown and proportional(top, bottom, blank.value):
        return dataclasses.replace(blank, note=PROPORTIONAL)
    if all_equal(bottom) and unknown:
        return dataclasses.replace(blank, note="all denominators are equal: without a known support there is no bound")
    away = dirichlet_tail(bottom, support)(0.0)
    if away >= 1 - blank.level:
        excess = (student_quantile(blank.level, math.inf) / max(normal_quantile(away), 0.1)) ** 2
        return dataclasses.replace(blank, note=near_zero(blank.replicates * excess))
    tail = ResidualTail(top, bottom, support)

    def gap(distance: float, side: float) -> float:
        return 1 - blank.level - tail(blank.value + side * distance)

    low, high = _on_both_sides(gap, blank.value)
    note = FEW if unknown and blank.replicates < ENOUGH else None
    return dataclasses.replace(blank, low=low, high=high, note=note, tail=tail)


def combined(top: Floats, bottom: Floats, blank: Estimate, support: Support) -> Estimate:
    """Ratios at which the combined interval of numerator - ratio * denominator contains zero."""
    ends = partial(_combined_ends, top, bottom, support)
    low, high = ends(blank.level)
    if math.isnan(low):
        return dataclasses.replace(blank, note=_why_none(*_means(top, bottom, support, blank.level), blank.replicates))
    note = FEW if blank.replicates < ENOUGH and (math.isinf(support[0]) or math.isinf(support[1])) else None
    return dataclasses.replace(blank, low=low, high=high, note=note, tail=LevelTail(blank.value, ends))


def _why_none(a: Estimate, b: Estimate, replicates: int) -> str:
    """Say which of two means leaves their ratio without an interval."""
    if b.low > 0:
        return f"numerator: {a.note}"
    if math.isfinite(b.low):
        return near_zero(replicates * ((b.value - b.low) / b.value) ** 2)
    return f"denominator: {b.note}"


def _means(top: Floats, bottom: Floats, support: Support, level: float) -> tuple[Estimate, Estimate]:
    """Means of both samples, with a sign that makes the denominator's positive."""
    sign = math.copysign(1.0, float(bottom.mean()))
    low, high = sorted(sign * end for end in support)
    return mean_of(sign * top, level, (low, high)), mean_of(sign * bottom, level, (low, high))


def _combined_ends(top: Floats, bottom: Floats, support: Support, level: float) -> tuple[float, float]:
    """Ratios r where |a - r b| equals the reaches of both means towards each other, combined (Zou & Donner 2008)."""
    a, b = _means(top, bottom, support, level)
    # A NaN (nothing known) fails the comparisons as it should.
    if not (b.low > 0 and math.isfinite(a.low) and math.isfinite(a.high)):
        return math.nan, math.nan

    def gap(distance: float, side: float) -> float:
        r = a.value / b.value + side * distance
        reach = a.value - a.low if side < 0 else a.high - a.value
        towards = b.value - b.low if side * r > 0 else b.high - b.value
        # An unbounded denominator leaves the ratio bounded on the side of zero.
        return side * (r * b.value - a.value) - math.hypot(reach, _times(r, towards))

    return _on_both_sides(gap, a.value / b.value)


def _on_both_sides(gap: Callable[[float, float], float], value: float) -> tuple[float, float]:
    """Ends below and above a value: where a function of the distance and the side, -1 or 1, turns positive."""
    low = _outwards(lambda distance: gap(distance, -1.0), value, -1.0)
    return low, _outwards(lambda distance: gap(distance, 1.0), value, 1.0)


def _outwards(gap: Callable[[float], float], value: float, side: float) -> float:
    """Return where a function of the distance from `value` that is negative there turns positive."""
    from scipy.optimize import brentq

    if gap(_NEAREST) > 0:
        return value  # it jumps there, as where all numerators are zero
    inner, outer = 0.0, abs(value) or 1.0
    while not gap(outer) > 0:
        if outer > _FARTHEST:
            return side * math.inf
        inner, outer = outer, 2 * outer
    return value + side * float(
        brentq(gap, inner, outer, xtol=1e-300, rtol=1e-12, maxiter=2000)
    )  # halved down to any size
