"""Best response of producers, rest variance of content and the closed-form subsidy (MODEL 1.2, 1.3, 1.4).

`kernels/collapse/response.py` has the mean share, the generator's rest variance and the subsidy of Gaussian content in
terms of that variance, for kernels.
"""

from dataclasses import dataclass
from typing import NamedTuple

from mfsolve.kernels.collapse.response import NARROWEST

from .parameters import Parameters


@dataclass(frozen=True)
class ShareMoments:
    """Moments over producers of the human share h and the cost disadvantage c: E[h], E[h^2], E[c h]."""

    share: float
    square: float
    cost: float


class Interior(NamedTuple):
    """Producers with an interior share: h = target + w for w uniform on [low, high], h = 1 above, 0 below.

    `inside` and `above` are the shares of producers with an interior h and with h = 1.
    """

    low: float
    high: float
    inside: float
    above: float


def target(subsidy: float, gain: float, cost_curvature: float) -> float:
    """Human share of a producer without a cost disadvantage, before clipping: s + gain / (2 kappa).

    The gain per unit of human share is phi m + levy: the premium on verified items, and the levy avoided (MODEL 1.2).
    """
    return subsidy + gain / (2.0 * cost_curvature)


def interior(target: float, half: float) -> Interior:
    """Split producers whose targets are uniform on [target - half, target + half], half > 0, at the corners 0 and 1.

    Written in deviations w from the target, so that nothing cancels however small the spread.
    """
    low, high = (min(half, max(-half, edge - target)) for edge in (0.0, 1.0))
    return Interior(low, high, (high - low) / (2.0 * half), (half - high) / (2.0 * half))


def mean_share(target: float, half: float) -> tuple[float, float]:
    """E[h] of h = clip(target - u), u uniform on [-half, half], and its derivative in the target.

    Without a spread the derivative is 1 inside (0, 1) and 0 elsewhere. A spread of costs so small that half is not
    above 0 counts as none.
    """
    if not half > 0.0:
        return min(1.0, max(0.0, target)), float(0.0 < target < 1.0)
    low, high, inside, above = interior(target, half)
    return inside * (target + 0.5 * (low + high)) + above, inside


def best_response(parameters: Parameters, target: float) -> ShareMoments:
    """Moments of the best response h = clip(target - c / (2 kappa)), c uniform on [-cost_spread, cost_spread].

    MODEL 1.2, in closed form; `target` is that of a producer without a cost disadvantage.
    """
    kappa = parameters.cost_curvature
    half = parameters.cost_spread / (2.0 * kappa)
    share, _ = mean_share(target, half)
    if not half > 0.0:
        return ShareMoments(share, share * share, 0.0)
    low, high, inside, above = interior(target, half)
    mean, square = 0.5 * (low + high), (low * low + low * high + high * high) / 3.0  # of w inside
    return ShareMoments(
        share,
        inside * (target * target + 2.0 * target * mean + square) + above,
        -2.0 * kappa * (inside * (target * mean + square) + above * 0.5 * (high + half)),
    )


def rest_variance(contamination: float, variance_ratio: float, scale: float = 1.0) -> float:
    """Variance at which content of mean 0 is at rest: scale (1 - rho) / (1 - rho delta), at least 1e-12 (MODEL 1.4).

    A scale of 1 gives the pool's fitted variance v, a scale of delta the generator's. At rho = delta = 1, where every
    variance is at rest, it is that of human content, v = 1.
    """
    rho, delta = contamination, variance_ratio
    return max(scale * (1.0 - rho) / (1.0 - rho * delta), NARROWEST) if rho * delta < 1.0 else scale


def closed_form_subsidy(divergence: float, cost_curvature: float) -> float:
    """s* = min(1, KL(q || p) / (2 kappa)): the maximum of s KL - kappa s^2 (MODEL 1.3); `divergence` in nats."""
    return min(1.0, divergence / (2.0 * cost_curvature))
