"""Best response of producers, rest variance of a generator and the subsidy of Gaussian content (MODEL 1.2, 1.3, 1.4).

What `mfsolve.models.collapse.response` has of any content, as kernels need it in their inner loops: of a generator's
variance, which is delta times the pool's, and of the divergence that it has from human content.
"""

from .._jit import inline
from ..numerics.special import variance_loss

NARROWEST = 1e-12
"""Smallest variance of content at rest: at rho = 1 its variance is 0, and no density is left to integrate."""


@inline
def mean_share(target, half):
    """E[h], h = clip(target - u) with u uniform on [-half, half]: mean human share of producers with spread costs."""
    if half == 0.0:
        return min(max(target, 0.0), 1.0)
    x = target + half
    y = target - half
    if y >= 1.0:
        return 1.0
    px = 0.0 if x <= 0.0 else (0.5 * x * x if x <= 1.0 else x - 0.5)
    py = 0.0 if y <= 0.0 else (0.5 * y * y if y <= 1.0 else y - 0.5)
    return (px - py) / (2.0 * half)


@inline
def rest_generator_variance(rho, delta):
    """s2 = delta (1 - rho) / (1 - rho delta): variance of a generator that is refitted at contamination rho for ever.

    At rho = delta = 1, where every variance is at rest, that of human content.
    """
    return max(delta * (1.0 - rho) / (1.0 - rho * delta), NARROWEST) if rho * delta < 1.0 else delta


@inline
def gaussian_subsidy(s2, d, kappa):
    """s* = min(1, KL(q || p) / (2 kappa)) for q = N(0, s2 I_d) and p = N(0, I_d)."""
    return min(1.0, 0.5 * d * variance_loss(s2) / (2.0 * kappa))
