"""Functionals of Gaussian pools in closed form: those of pools with one source, and chi-square (MODEL 1.1, 3.1)."""

import numpy as np

from .._jit import inline
from ..numerics.elementary import exp, log, log1p
from ..numerics.special import variance_loss


@inline
def one_source(rho, m, s2, d):
    """Loss and slope where rho is 0 or 1, in closed form; they hold also where q is too narrow for any rule."""
    forward = 0.5 * (d * variance_loss(s2) + m * m)
    e = s2 - 1.0
    both = 0.5 * (d * (e * (e / s2)) + m * m * (1.0 + 1.0 / s2))  # KL(q || p) + KL(p || q): the logarithms cancel
    return forward if rho == 1.0 else 0.0, both if rho == 1.0 else 0.0


@inline
def chi_square_divergence(m, s2, d):
    """Chi-square divergence of N(m, s2 I_d) from N(0, I_d): (s sqrt(2 - s2))^-d exp(m^2 / (2 - s2)) - 1 for s2 < 2."""
    return chi_square_divergence_near(m, s2, s2 - 1.0, d)


@inline
def chi_square_divergence_near(m, s2, e, d):
    """`chi_square_divergence` of a variance s2 given with e = s2 - 1, which the difference may have lost."""
    if s2 >= 2.0:
        return np.inf
    # s2 (2 - s2) = 1 - e^2
    fall = log1p(-e * e) if abs(e) < 0.01 else log(s2 * (2.0 - s2))
    power = m * m / (2.0 - s2) - 0.5 * d * fall
    near = power * (1.0 + power / 2.0 * (1.0 + power / 3.0 * (1.0 + power / 4.0 * (1.0 + power / 5.0))))
    return near if power < 1e-3 else exp(power) - 1.0
