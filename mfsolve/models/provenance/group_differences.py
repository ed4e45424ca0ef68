"""Differences between the shares of groups, whose references are the same, and the test that there are none."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

from .growth import NEXT_TO, linearised
from .share import Answer

ROUNDS, SETTLED = 30, 1e-6
MOST_COMPARED = 20
"""Groups whose differences are all given."""


@dataclass(frozen=True)
class Differences:
    """Test of equal shares by a chi-square, and every difference of two groups with its standard error."""

    common: float
    chi_square: float
    degrees_of_freedom: int
    pairs: Mapping[tuple[str, str], tuple[float, float]]
    level: float

    @property
    def p_value(self) -> float:
        """P-value of the test that all groups have one share."""
        from scipy.special import chdtrc

        return float(chdtrc(self.degrees_of_freedom, self.chi_square))

    def report(self) -> dict[str, Any]:
        """Test and differences by name; `interval` holds for one pair, `band` for all at once (Sidak 1967)."""
        from scipy.special import ndtri

        ends = [0.5 + 0.5 * level for level in (self.level, self.level ** (1.0 / max(len(self.pairs), 1)))]
        one, every = (float(ndtri(end)) for end in ends)
        return {
            "equal_shares": {
                "share": self.common, "chi_square": self.chi_square, "degrees_of_freedom": self.degrees_of_freedom,
                "p_value": self.p_value,
            },
            "differences": [
                {"groups": list(pair), "difference": d, "standard_error": error,
                 "interval": _within(d, one * error), "band": _within(d, every * error)}
                for pair, (d, error) in self.pairs.items()
            ],
        }  # fmt: skip


def differences(answers: Mapping[str, Answer], level: float) -> Differences | None:
    """Compare the shares of groups by the equations that growth by period rests on (MODEL 3.5.5).

    The references' errors move all groups alike and hardly enter a difference. None where fewer than two groups tell
    their share.
    """
    told = {k: a for k, a in answers.items() if math.isfinite(a.share) and math.isfinite(a.standard_error)}
    labels, chosen = list(told), list(told.values())
    if len(labels) < 2:
        return None
    items = np.array([a.items for a in chosen])
    shares = np.array([a.share for a in chosen])
    common = float(np.clip(items @ shares / items.sum(), NEXT_TO, 1.0 - NEXT_TO))
    statistic = math.nan
    for _ in range(ROUNDS):
        found = linearised(chosen, labels, np.full(len(labels), common), common)
        covariance = np.diag(found.own) + found.shared
        if not (np.isfinite(found.value).all() and np.isfinite(covariance).all() and (found.own > 0.0).all()):
            return None
        weight = np.linalg.inv(covariance)
        mean = float(weight.sum(axis=0) @ found.value / weight.sum())
        away = found.value - mean
        statistic = float(away @ weight @ away)
        before, common = common, float(np.clip(mean, NEXT_TO, 1.0 - NEXT_TO))
        if abs(common - before) < SETTLED:
            break
    pairs = _pairs(labels, shares, common, chosen) if len(labels) <= MOST_COMPARED else {}
    return Differences(common, statistic, len(labels) - 1, pairs, level)


def _pairs(labels: list[str], shares: Floats, middle: float, answers: list[Answer]) -> dict[Any, tuple[float, float]]:
    """Differences of all pairs, the later less the earlier one, each share by one step from its estimate."""
    found = linearised(answers, labels, shares, middle)
    covariance = np.diag(found.own) + found.shared
    out = {}
    for j, k in itertools.combinations(range(len(labels)), 2):
        variance = covariance[j, j] + covariance[k, k] - 2.0 * covariance[j, k]
        out[labels[j], labels[k]] = float(found.value[k] - found.value[j]), math.sqrt(max(float(variance), 0.0))
    return out


def _within(middle: float, half: float) -> list[float]:
    return [max(middle - half, -1.0), min(middle + half, 1.0)]
