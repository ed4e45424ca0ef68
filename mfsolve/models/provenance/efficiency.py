"""Cramer-Rao bound 1 / (n I(rho)) and the laws that estimates have at it (MODEL 3.1, 3.2)."""

import math

from mfsolve.arrays import Floats

from .contents import AnyContent, contrast_moments

ROUNDING = 2.0**-96
"""Largest information that rounding may give to two equal contents: contrasts are accurate to some 2^-52."""


def bounded_information(contamination: float, content: AnyContent) -> float:
    """Fisher information I(rho) of one item, where 1 / (n I) is a bound (MODEL 3.1).

    Raises
    ------
    ValueError
        Where an item carries no information, or all of it: the bound is infinite, or 0.
    """
    information = content.information(contamination)
    if not ROUNDING < information < math.inf:
        raise ValueError(f"content: an information of {information:g} given; allowed: (0, inf), or there is no bound")
    return information


WIDE = 1e3
"""Deviations of an unprojected estimate from which on its density is flat across [0, 1], to 1e-6."""


def projected_normal(contamination: float, deviation: float) -> tuple[float, float]:
    """Bias and variance of N(rho, deviation^2) projected on [0, 1]: the large-n law of an efficient estimate.

    MODEL 3.2.
    """
    from scipy.special import ndtr

    if deviation > WIDE:  # moments about rho would cancel
        below, above = float(ndtr(-contamination / deviation)), float(ndtr((contamination - 1.0) / deviation))
        inside = math.exp(-0.5 * ((0.5 - contamination) / deviation) ** 2) / (math.sqrt(2.0 * math.pi) * deviation)
        mean = above + 0.5 * inside
        variance = above * (1.0 - mean) ** 2 + below * mean * mean + inside * (1.0 / 3.0 - mean + mean * mean)
        return mean - contamination, variance
    low, high = -contamination / deviation, (1.0 - contamination) / deviation
    density = [math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) for z in (low, high)]
    inside = float(ndtr(high) - ndtr(low))
    tails = float(ndtr(low)), float(ndtr(-high))
    mean = density[0] - density[1] + low * tails[0] + high * tails[1]
    square = inside + low * density[0] - high * density[1] + low * low * tails[0] + high * high * tails[1]
    return mean * deviation, (square - mean * mean) * deviation * deviation


def bias_factor(estimates: Floats, scores: Floats) -> float:
    """Factor (1 + b')^2 by which an estimator's bias b(rho) changes its Cramer-Rao bound, estimated (MODEL 3.2).

    `estimates` (sets,) are those of data sets whose scores at the true rho are `scores` (sets,):
    1 + b' = d E[estimate] / d rho = Cov(estimate, score).
    """
    slope = float((estimates - estimates.mean()) @ scores) / (estimates.size - 1)
    return slope * slope


def moment_variance(contamination: float, content: AnyContent) -> float:
    """Variance of the calibrated moment estimator times n I, for every n: I Var(t) / (E_q t - E_p t)^2 (MODEL 3.2)."""
    known = contrast_moments(content)
    gap = known.synthetic - known.human
    return content.information(contamination) * known.variance(contamination) / (gap * gap)
