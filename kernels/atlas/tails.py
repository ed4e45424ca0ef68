"""Tail mass of normal and of Poisson laws, and the entropy of the latter (MODEL 9.2, 9.13)."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log_in_range
from ..numerics.special import deviance, stirling_error

FARTHEST = 7.07
"""Standard deviations beyond which a tail counts as there: its mass is 8e-13."""
LEAST_TERM = 1e-17
"""Term of a sum, over the sum so far, from which on there is nothing to add."""
SMOOTH = 100.0
"""Mean of a Poisson law from which on the entropy's series in 1 / theta is used: its next term is 9 / (80 theta^4)."""


@inline
def upper_tail(x):
    """P(N(0, 1) > x) with an error below 1e-12: Hart's rational function, which needs no branch (Hart et al. 1968)."""
    a = min(abs(x), FARTHEST)
    top = 3.52624965998911e-02
    top = top * a + 0.700383064443688
    top = top * a + 6.37396220353165
    top = top * a + 33.912866078383
    top = top * a + 112.079291497871
    top = top * a + 221.213596169931
    top = top * a + 220.206867912376
    bottom = 8.83883476483184e-02
    bottom = bottom * a + 1.75566716318264
    bottom = bottom * a + 16.064177579207
    bottom = bottom * a + 86.7807322029461
    bottom = bottom * a + 296.564248779674
    bottom = bottom * a + 637.333633378831
    bottom = bottom * a + 793.826512519948
    bottom = bottom * a + 440.413735824752
    tail = exp(-0.5 * a * a) * top / bottom
    return tail if x >= 0.0 else 1.0 - tail


@inline
def two_tails(m, s, edge):
    """P(|X| > edge) of X ~ N(m, s^2)."""
    return upper_tail((edge - m) / s) + upper_tail((edge + m) / s)


@inline
def poisson_mass(k, theta):
    """P(N = k) of a Poisson count with mean theta > 0 (Loader 2000)."""
    if k < 0.5:
        return exp(-theta)
    return exp(-stirling_error(k) - deviance(k, theta)) / np.sqrt(2.0 * np.pi * k)


@inline
def poisson_tail(k, theta):
    """P(N > k) of a Poisson count with mean theta: the sum on the side of k where the mean is not, from k on."""
    if theta <= 0.0:
        return 0.0
    j = k + 1.0
    if theta < j:
        term = poisson_mass(j, theta)
        total = term
        while term > LEAST_TERM * total:
            j += 1.0
            term *= theta / j
            total += term
        return total
    j = k
    term = poisson_mass(j, theta)
    total = term
    while j > 0.0 and term > LEAST_TERM * total:
        term *= j / theta
        j -= 1.0
        total += term
    return 1.0 - total


@inline
def poisson_entropy(theta):
    """Entropy of a Poisson count in nats: theta (1 - ln theta) + sum_k p_k ln k!, or its series for a large mean."""
    if theta <= 0.0:
        return 0.0
    if theta >= SMOOTH:
        w = 1.0 / theta
        return 0.5 * (log(2.0 * np.pi * theta) + 1.0) - w * (1 / 12 + w * (1 / 24 + w * (19 / 360)))
    term = exp(-theta)
    total = log_factorial = k = 0.0
    while k < theta or term > LEAST_TERM:
        k += 1.0
        log_factorial += log(k)
        term *= theta / k
        total += term * log_factorial
    return theta * (1.0 - log_in_range(theta)) + total


@kernel
def poisson_measures(k, theta, out):
    """Fill out[i] with the tail beyond k[i] and the entropy of theta[i] (n,): out (n, 2)."""
    for i in range(k.size):
        out[i, 0], out[i, 1] = poisson_tail(k[i], theta[i]), poisson_entropy(theta[i])
