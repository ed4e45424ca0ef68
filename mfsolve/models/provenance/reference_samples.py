"""Contamination of a pool of counted items, its sources being known from reference samples only (MODEL 3.2).

The method is the distributional quantification of machine-written text (Liang et al. 2024, "Monitoring AI-Modified
Content at Scale", ICML), with the references' own sampling noise in the likelihood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, aligned
from mfsolve.models.arguments import number, vector

from .estimators import Estimate, Method
from .score_test import ScoreTest


@dataclass(frozen=True)
class GoodnessOfFit:
    """Test that some mixture of p and q explains the pool: chi-square, effective degrees of freedom, p-value."""

    statistic: float
    degrees_of_freedom: float
    p_value: float


class RequiredItems(NamedTuple):
    """Pool items that a half-width requires (inf: none suffice), and the smallest half-width the references allow."""

    items: float
    least_half_width: float


@dataclass(frozen=True)
class ReferenceEstimate:
    """Contamination estimated from counts, with the contribution of the reference samples to its variance (MODEL 3.2).

    `variance_pool` is 1 / (n I), `variance_reference` the addition from finite human and synthetic samples; the
    standard error and the interval of `estimate` include both. `same_source_p_value` tests that the references do not
    differ, `test` is the test that the interval inverts.
    """

    estimate: Estimate
    variance_pool: float
    variance_reference: float
    goodness_of_fit: GoodnessOfFit
    same_source_p_value: float
    test: ScoreTest = field(repr=False)

    def required_items(self, half_width: float) -> RequiredItems:
        """Pool items for which the interval's farther end lies within a half-width, with the same references.

        By the information of an item, and what the references add, at that end; where 0 and 1 are farther away than the
        half-width, at the estimate.

        Raises
        ------
        ValueError
            For a half-width outside (0, 1).
        """
        from scipy.special import ndtri

        wanted = number("half_width", half_width, "(0, 1)")
        rho, z = self.estimate.value, float(ndtri(0.5 + 0.5 * self.estimate.level))
        if not self.estimate.fisher_information > 0.0:
            return RequiredItems(math.inf, math.nan)
        if wanted < min(rho, 1.0 - rho):
            ends = [rho]
        else:
            ends = [end for end in (rho - wanted, rho + wanted) if 0.0 <= end <= 1.0]
        items, least = 1.0, 0.0
        for end in ends:
            information, added = _parts(self.test, end)
            least = max(least, z * math.sqrt(added))
            room = (wanted / z) ** 2 - added
            items = max(items, math.ceil(1.0 / (information * room)) if room > 0.0 < information else math.inf)
        return RequiredItems(float(items), least)


def estimate_from_counts(
    pool: ArrayLike, human: ArrayLike, synthetic: ArrayLike, level: float = 0.95
) -> ReferenceEstimate:
    """Estimate the contamination of counted items from counts of human and of synthetic references (MODEL 3.2).

    Parameters
    ----------
    pool, human, synthetic
        Items in each of k >= 2 common cells, vectors (k,), non-negative, each with a positive sum. Series of pandas are
        put in one order by their labels; a label that one of them lacks counts 0 there.
    level
        Level of the interval in (0, 1).

    Returns
    -------
    ReferenceEstimate
        Root of the score, and the contaminations that the score test accepts: both sources are estimated too. The
        interval covers however small references are and however few items a cell holds, and where the references do
        not differ; it is [0, 1] where nothing is known. The information is that of the references' frequencies, free of
        the addition from their noise. Where the interval reaches 0 or 1 the standard error is the distance to its
        farther end over the normal quantile. The value is NaN, with the interval [0, 1], where no item of the pool is
        in a cell that a reference has seen, and where the references differ by less than their noise.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    level = number("level", level, "(0, 1)")
    pool, human, synthetic = aligned(pool=pool, human=human, synthetic=synthetic)
    o, a, b = _counts("pool", pool), _counts("human", human), _counts("synthetic", synthetic)
    if not o.size == a.size == b.size >= 2:
        raise ValueError(
            f"pool, human, synthetic: {o.size}, {a.size}, {b.size} cells given; allowed: equal, at least 2"
        )
    return score_estimate(ScoreTest(o, a, b), level)


def score_estimate(test: ScoreTest, level: float) -> ReferenceEstimate:
    """Estimate, standard error, interval and diagnostics from the score test (MODEL 3.2)."""
    from scipy.special import ndtri

    n, rho = test.sizes[0], test.estimate
    misfit, apart = test.at(rho).misfit, test.same_source().p_value()
    fit = GoodnessOfFit(math.nan, 0.0, math.nan)
    freedom = float(misfit.degrees_of_freedom[0]) - 1.0  # the contamination is fitted
    if freedom > 0.0 and np.count_nonzero(test.pool + test.human + test.synthetic) > 2:
        fit = GoodnessOfFit(float(misfit.statistic[0]), freedom, misfit.p_value(fitted=1))
    information, added = _parts(test, rho)
    if not information > 0.0 or not test.pool[test.human + test.synthetic > 0.0].any():
        nothing = Estimate(math.nan, math.inf, (0.0, 1.0), 0.0, math.nan, n, level, Method.MLE)
        return ReferenceEstimate(nothing, math.inf, math.nan, fit, apart, test)
    own, interval = 1.0 / (n * information), test.interval(level)
    error = math.sqrt(own + added)
    if interval[0] == 0.0 or interval[1] == 1.0:  # the score is far from normal at an end
        error = max(rho - interval[0], interval[1] - rho) / float(ndtri(0.5 + 0.5 * level))
    result = Estimate(rho, error, interval, information, own / (own + added), n, level, Method.MLE)
    return ReferenceEstimate(result, own, added, fit, apart, test)


def _parts(test: ScoreTest, contamination: float) -> tuple[float, float]:
    """Information I of a pool item, and variance of an estimate beyond 1 / (n I)."""
    found = test.at(contamination).precision()
    if not (found.information > 0.0 and found.slope > 0.0):
        return 0.0, math.inf
    own = 1.0 / (test.sizes[0] * found.information)
    return found.information, max(found.score / found.slope**2 - own, found.references / found.slope**2, 0.0)


def _counts(name: str, values: ArrayLike) -> Floats:
    array = vector(name, values, "(-inf, inf)", own=True)
    if array.min() < 0.0 or array.sum() <= 0.0:
        raise ValueError(f"{name}: least {array.min():g}, sum {array.sum():g} given; allowed: counts >= 0, sum > 0")
    return array
