"""Slopes of the collapse law condition by condition, and the test that they are equal (MODEL 8.10)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mfsolve.inference.collapse_paths import Paths
from mfsolve.inference.estimate import Estimate, student_exceedance
from mfsolve.inference.regression import Regression, slope_of


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
        Of equal slopes: the smallest of all pairs (Welch), times their number; NaN with less than two slopes.
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
    each = []
    for name in dict.fromkeys(conditions):
        try:
            each.append(Condition(name, slope_of(measured.part(names == name), **options)))
        except ValueError as error:
            each.append(Condition(name, None, str(error)))
    estimates = [one.fit.estimate() for one in each if one.fit is not None]
    pairs = [_difference(*pair) for pair in combinations(estimates, 2)]
    return Conditions(tuple(each), min(1.0, len(pairs) * min(pairs)) if pairs else math.nan)


def _difference(first: Estimate, second: Estimate) -> float:
    """P-value of equal slopes, with degrees of freedom that make each slope's own interval a t interval."""
    largest = max(first.standard_error, second.standard_error)
    if largest == 0:
        return float(first.value == second.value)
    a, b = (first.standard_error / largest) ** 2, (second.standard_error / largest) ** 2  # as shares: none is too small
    spent = a**2 / first.degrees_of_freedom + b**2 / second.degrees_of_freedom
    freedom = (a + b) ** 2 / spent if spent > 0 else math.inf  # at some levels the critical value is the normal one
    return student_exceedance((first.value - second.value) / largest / math.sqrt(a + b), freedom)
