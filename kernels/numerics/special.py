"""The Beta(a, b) distribution on [0, 1]: distribution function and partial moments to rounding, a, b in [1, 100].

The regularised incomplete beta function by its continued fraction (Lentz's method), the partial moments by the
recurrence that integration by parts gives.
"""

import numpy as np

from .._jit import inline, kernel
from .elementary import exp, log

TERMS = 500


@inline
def log_gamma(z):
    """ln Gamma(z), z >= 1: Stirling's series at z + 10, carried down by the recurrence."""
    product = 1.0
    for i in range(10):
        product *= z + i
    y = z + 10.0
    w = 1.0 / (y * y)
    tail = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360)))))) / y
    return (y - 0.5) * log(y) - y + 0.9189385332046727418 + tail - log(product)


@inline
def log_beta(a, b):
    """ln B(a, b)."""
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b)


@inline
def front(x, a, b, log_norm):
    """x^a (1 - x)^b / B(a, b); 0 at both ends."""
    if x <= 0.0 or x >= 1.0:
        return 0.0
    return exp(a * log(x) + b * log(1.0 - x) - log_norm)


@inline
def fraction(x, a, b):
    """a B_x(a, b) / (x^a (1 - x)^b): fast for x below (a + 1) / (a + b + 2).

    The even part of the classical continued fraction (DiDonato & Morris 1992), by its convergents p / q.
    """
    under = 1.0 / (a + 1.0)
    p_last, q_last = 1.0, 0.0
    p, q = a * (a * (1.0 - x) - b * x + 1.0) * under, 1.0
    for m in range(1, TERMS):
        over = under
        under = 1.0 / (a + 2.0 * m + 1.0)
        up = m * (b - m) * x * over
        numerator = (a + m - 1.0) * (a + b + m - 1.0) * x * over * up
        term = m + up + (a + m) * (a * (1.0 - x) - b * x + 1.0 + m * (2.0 - x)) * under
        p, p_last = term * p + numerator * p_last, p
        q, q_last = term * q + numerator * q_last, q
        if abs(p * q_last - p_last * q) <= 2e-16 * abs(p_last * q):
            break
        if abs(p) > 1e100:
            p, p_last, q, q_last = 1e-100 * p, 1e-100 * p_last, 1e-100 * q, 1e-100 * q_last
    return a * q / p


@inline
def share_below(x, a, b, edge):
    """P(s < x), given edge = `front` at x."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x * (a + b + 2.0) < a + 1.0:
        return edge * fraction(x, a, b) / a
    return 1.0 - edge * fraction(1.0 - x, b, a) / b


@inline
def moments_below(x, a, b, edge, share, out):
    """out (5,) = E[s^k; s < x], k = -1..3, up to a constant that does not depend on x for k = -1.

    edge and share are `front` and `share_below` at x. For a near 1 the recurrence down to k = -1 loses its digits:
    there the complement is taken by the continued fraction.
    """
    out[1] = share
    power = 1.0
    for k in range(3):
        out[2 + k] = ((a + k) * out[1 + k] - power * edge) / (a + b + k)
        power *= x
    if x <= 0.0:
        out[0] = 0.0 if a >= 1.5 else -np.inf
    elif a >= 1.5:
        out[0] = (edge / x + (a + b - 1.0) * share) / (a - 1.0)
    else:
        out[0] = -edge / x * fraction(1.0 - x, b, a - 1.0) / b if x < 1.0 else 0.0


@kernel
def beta_shares(x, a, b, out):
    """Fill out (n,) with P(s < x[i])."""
    log_norm = log_beta(a, b)
    for i in range(x.size):
        out[i] = share_below(x[i], a, b, front(x[i], a, b, log_norm))


@kernel
def beta_moments(x, a, b, out):
    """Fill out (n, 5) with `moments_below` at x[i]."""
    log_norm = log_beta(a, b)
    for i in range(x.size):
        edge = front(x[i], a, b, log_norm)
        moments_below(x[i], a, b, edge, share_below(x[i], a, b, edge), out[i])
