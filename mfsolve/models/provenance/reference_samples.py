"""Contamination of a pool of counted items, its sources being known from reference samples only (MODEL 3.2).

The method is the distributional quantification of machine-written text (Liang et al. 2024, "Monitoring AI-Modified
Content at Scale", ICML), with the references' own sampling noise in the likelihood.
"""

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.models.arguments import number, vector

from .estimators import Estimate, Method
from .profile_likelihood import ProfileLikelihood

SMOOTHING = 0.5  # items added to every cell
LEAST_EXPECTED = 5.0  # items that a merged cell is expected to hold
MOST_ITEMS = 1e9  # pool beyond which its size does not matter


@dataclass(frozen=True)
class GoodnessOfFit:
    """Test that some mixture of p and q explains the pool: generalised chi-square, degrees of freedom, p-value."""

    statistic: float
    degrees_of_freedom: int
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
    differ, `profile` is the likelihood itself.
    """

    estimate: Estimate
    variance_pool: float
    variance_reference: float
    goodness_of_fit: GoodnessOfFit
    same_source_p_value: float
    profile: ProfileLikelihood = field(repr=False)

    def required_items(self, half_width: float) -> RequiredItems:
        """Pool items for which the interval's farther end lies within a half-width, with the same references.

        By the information per item where 0 and 1 are farther away than the half-width; nearer to them, by the
        likelihood-ratio interval of a larger pool with the frequencies fitted to this one.

        Raises
        ------
        ValueError
            For a half-width outside (0, 1).
        """
        from scipy.optimize import brentq
        from scipy.special import ndtri

        wanted = number("half_width", half_width, "(0, 1)")
        rho, z = self.estimate.value, float(ndtri(0.5 + 0.5 * self.estimate.level))
        if not self.estimate.fisher_information > 0.0:
            return RequiredItems(math.inf, math.nan)
        if wanted < min(rho, 1.0 - rho):
            room = (wanted / z) ** 2 - self.variance_reference
            items = math.ceil(1.0 / (self.estimate.fisher_information * room)) if room > 0.0 else math.inf
            return RequiredItems(items, z * math.sqrt(self.variance_reference))
        fitted = self.profile.fitted(rho)

        def reach(log_items: float) -> float:
            return replace(self.profile, pool=math.exp(log_items) * fitted).reach(self.estimate.level)

        few, many = 0.0, math.log(MOST_ITEMS)
        least = reach(many)
        if least > wanted:
            return RequiredItems(math.inf, least)
        if reach(few) <= wanted:
            return RequiredItems(1.0, least)
        items = brentq(lambda log_items: math.log(reach(log_items) / wanted), few, many, xtol=1e-3)
        return RequiredItems(float(math.ceil(math.exp(items))), least)


def estimate_from_counts(
    pool: ArrayLike, human: ArrayLike, synthetic: ArrayLike, level: float = 0.95
) -> ReferenceEstimate:
    """Estimate the contamination of counted items from counts of human and of synthetic references (MODEL 3.2).

    Parameters
    ----------
    pool, human, synthetic
        Items in each of k >= 2 common cells, vectors (k,), non-negative, each with a positive sum.
    level
        Level of the interval in (0, 1).

    Returns
    -------
    ReferenceEstimate
        Maximum of the profile likelihood, in which both sources are estimated too, and its likelihood-ratio interval,
        which covers also where references are small. The information is that of the references' frequencies, corrected
        for the addition from their noise. Where the interval reaches 0 or 1 the standard error is the distance to its
        farther end over the normal quantile. The value is NaN, with the interval [0, 1], where no item of the pool is
        in a cell that a reference has seen.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    level = number("level", level, "(0, 1)")
    counts = [_counts(name, values) for name, values in (("pool", pool), ("human", human), ("synthetic", synthetic))]
    o, a, b = counts
    if not o.size == a.size == b.size >= 2:
        raise ValueError(
            f"pool, human, synthetic: {o.size}, {a.size}, {b.size} cells given; allowed: equal, at least 2"
        )
    return profile_estimate(ProfileLikelihood(o, a, b), level)


def profile_estimate(profile: ProfileLikelihood, level: float) -> ReferenceEstimate:
    """Estimate, standard error, interval and diagnostics from the profile likelihood (MODEL 3.2)."""
    from scipy.special import ndtri

    o, a, b = profile.pool, profile.human, profile.synthetic
    n, rho = float(o.sum()), profile.best[0]
    p, q = profile.sources(rho)
    # a cell that nothing has been seen in is not known to be empty: half an item
    behind = n + (1.0 - rho) * a.sum() + (0.0 if profile.known else rho * b.sum())
    pi = _frequencies(((1.0 - rho) * p + rho * q) * behind)
    fit, apart = _goodness(rho, profile), profile.same_source_p_value()
    information = _information(profile, pi)
    if not information > 0.0 or not o[a + b > 0.0].any():
        nothing = Estimate(math.nan, math.inf, (0.0, 1.0), 0.0, math.nan, n, level, Method.MLE)
        return ReferenceEstimate(nothing, math.inf, math.nan, fit, apart, profile)
    score = (q - p) / pi
    spread_p = float(np.sum(p * score**2) - np.sum(p * score) ** 2)
    spread_q = 0.0 if profile.known else float(np.sum(q * score**2) - np.sum(q * score) ** 2)
    own = 1.0 / (n * information)
    added = float(((1.0 - rho) ** 2 * spread_p / a.sum() + rho**2 * spread_q / b.sum()) / information**2)
    error, interval = math.sqrt(own + added), profile.interval(level)
    if interval[0] == 0.0 or interval[1] == 1.0:  # the likelihood has no curvature to speak of at an end
        error = profile.reach(level) / float(ndtri(0.5 + 0.5 * level))
    result = Estimate(rho, error, interval, information, own / (own + added), n, level, Method.MLE)
    return ReferenceEstimate(result, own, added, fit, apart, profile)


def _information(profile: ProfileLikelihood, pi: Floats) -> float:
    """Fisher information per item, sum (q - p)^2 / pi, of the references' frequencies less the bias of their noise."""
    a, b = profile.human, profile.synthetic
    f, g = a / a.sum(), b / b.sum()
    noise = f * (1.0 - f) / max(a.sum() - 1.0, 1.0)
    if not profile.known:
        noise += g * (1.0 - g) / max(b.sum() - 1.0, 1.0)
    return float(np.sum(((g - f) ** 2 - noise) / pi))


def _counts(name: str, values: ArrayLike) -> Floats:
    array = vector(name, values, "(-inf, inf)")
    if array.min() < 0.0 or array.sum() <= 0.0:
        raise ValueError(f"{name}: least {array.min():g}, sum {array.sum():g} given; allowed: counts >= 0, sum > 0")
    return array


def _frequencies(counts: Floats) -> Floats:
    smoothed = counts + SMOOTHING
    return np.asarray(smoothed / smoothed.sum(), dtype=np.float64)


def _goodness(rho: float, profile: ProfileLikelihood) -> GoodnessOfFit:
    """Distance of the pool from the line of mixtures, in the metric of all samples' noise.

    Cells are merged until each is expected to hold a few items of the pool; the distance is minimised over rho.
    """
    from scipy.special import chdtrc

    o, a, b = profile.pool, profile.human, profile.synthetic
    p, q = _frequencies(a), b if profile.known else _frequencies(b)
    n, na, nb = o.sum(), a.sum(), math.inf if profile.known else b.sum()
    pi = (1.0 - rho) * p + rho * q
    order = np.argsort(-pi * min(n, na, nb))
    cell = np.cumsum(pi[order][::-1])[::-1] * n
    kept = min(int(np.count_nonzero((pi[order] * min(n, na, nb) >= LEAST_EXPECTED) & (cell >= LEAST_EXPECTED))), 500)
    group = np.empty(o.size, np.int64)
    group[order] = np.minimum(np.arange(o.size), kept)
    k = int(group.max()) + 1
    oo, pp, qq, smooth_p, smooth_q = (np.bincount(group, x / x.sum(), k) for x in (o, a, b, p, q))
    if k < 3:
        return GoodnessOfFit(math.nan, 0, math.nan)
    covariance = np.zeros((k, k))  # of smoothed frequencies: items where neither reference has any are no certainty
    mix = (1.0 - rho) * smooth_p + rho * smooth_q
    for weight, f in ((1.0 / n, mix), ((1.0 - rho) ** 2 / na, smooth_p), (rho**2 / nb, smooth_q)):
        covariance += weight * (np.diag(f) - np.outer(f, f))
    residual, direction = (oo - pp)[:-1], (qq - pp)[:-1]
    solved = np.linalg.lstsq(covariance[:-1, :-1], np.stack([residual, direction], 1), rcond=1e-13)[0]
    explained = (direction @ solved[:, 0]) ** 2 / (direction @ solved[:, 1]) if np.any(direction) else 0.0
    statistic = float(residual @ solved[:, 0] - explained)
    return GoodnessOfFit(statistic, k - 2, float(chdtrc(k - 2, max(statistic, 0.0))))
