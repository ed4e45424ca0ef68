"""Slopes of the collapse law condition by condition, and the test that they are equal (MODEL 8.10)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from mfsolve.inference.collapse_paths import Paths
from mfsolve.inference.collapse_unknown import SlopeWithin, slope_within
from mfsolve.inference.estimate import Estimate, EstimateError, student_exceedance
from mfsolve.inference.fitted_line import Regression


@dataclass(frozen=True)
class Condition:
    """Slope of the runs of one condition; None with the reason where it cannot be had."""

    name: str
    fit: Regression | None
    reason: str | None = None


@dataclass(frozen=True)
class Conditions:
    """Slopes of all conditions.

    Attributes
    ----------
    each : tuple of Condition
    p_value : float
        Of equal slopes: the smallest of all pairs (Welch), times their number; NaN with less than two slopes that have
        an error.
    """

    each: tuple[Condition, ...]
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            "slopes": [
                {"condition": one.name, "reason": one.reason, **({} if one.fit is None else one.fit.to_dict())}
                for one in self.each
            ],
            "equal_p_value": None if math.isnan(self.p_value) else self.p_value,
        }


def by_condition(measured: Paths, conditions: Sequence[str], **options: Any) -> Conditions:
    """Fit every condition's own slope and test that they are equal.

    Parameters
    ----------
    measured : Paths
    conditions : sequence of str, one a run
    **options
        As for `regression.through_origin`.
    """
    names = np.array(conditions)
    each, found = [], []
    for name in dict.fromkeys(conditions):
        try:
            within = slope_within(measured.part(names == name), **options)
        except EstimateError as error:
            each.append(Condition(name, None, str(error)))
            continue
        each.append(Condition(name, within.fit))
        if not math.isnan(within.fit.standard_error):
            found.append(within)
    pairs = [_unequal(*pair) for pair in combinations(found, 2)]
    return Conditions(tuple(each), min(1.0, len(pairs) * min(pairs)) if pairs else math.nan)


def _unequal(first: SlopeWithin, second: SlopeWithin) -> float:
    """P-value of equal slopes, the largest of what unknown contamination may have been."""
    if (first.others or second.others) and (
        first.slopes[0] <= second.slopes[1] and second.slopes[0] <= first.slopes[1]
    ):
        return 1.0
    fits = ([f for f in (one.fit, *one.others) if not math.isnan(f.standard_error)] for one in (first, second))
    return max(_difference(a.estimate(), b.estimate()) for a, b in product(*fits))


def _difference(first: Estimate, second: Estimate) -> float:
    """P-value of equal slopes, with degrees of freedom that make each slope's own interval a t interval."""
    largest = max(first.standard_error, second.standard_error)
    if largest == 0:
        return float(first.value == second.value)
    a, b = (first.standard_error / largest) ** 2, (second.standard_error / largest) ** 2  # as shares: none is too small
    spent = a**2 / first.degrees_of_freedom + b**2 / second.degrees_of_freedom
    freedom = (a + b) ** 2 / spent if spent > 0 else math.inf  # at some levels the critical value is the normal one
    return student_exceedance((first.value - second.value) / largest / math.sqrt(a + b), freedom)
