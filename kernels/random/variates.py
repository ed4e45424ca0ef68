"""Binomial, Poisson, gamma and multinomial variates from counters, exact in law up to float64 and 10^15 trials.

They serve sufficient statistics that are sampled directly (MODEL 1.7). Each variate owns its lane: an attempt of a
rejection loop takes the next block, so a variate stays a pure function of (key, lane, step, replicate).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log1p
from ..numerics.special import LN_SQRT_2PI, deviance, stirling_error
from .normals import normal_pair
from .philox import philox, unit

MOST = 150.0  # successes that inversion looks for: more have a probability below 1e-100
SQUEEZE = 0.0331  # Marsaglia & Tsang 2000


@inline
def log_binomial_pmf(k, n, p):
    """ln P(K = k) by Loader's saddle-point expansion, accurate for any n."""
    q = 1.0 - p
    inside = (
        stirling_error(n)
        - stirling_error(k)
        - stirling_error(n - k)
        - deviance(k, n * p)
        - deviance(n - k, n * q)
        - LN_SQRT_2PI
        - 0.5 * (log(k) + log1p(-k / n))
    )
    found = n * log(p) if k == n else inside
    return n * log1p(-p) if k == 0.0 else found


@inline
def sequential_search(u, none, n, p):
    """Number of successes at which the distribution function, from P(0) = `none` on, reaches u; 150 at most."""
    odds = p / (1.0 - p)
    x = 0.0
    mass = none
    while u > mass and x < MOST:
        u -= mass
        x += 1.0
        mass *= odds * (n - x + 1.0) / x
    return x


@inline
def binomial_by_inversion(k0, k1, lane, step, replicate, n, p):
    """Sequential search, for n p < 10."""
    none = exp(n * log1p(-p))
    block = np.uint64(0)
    while True:
        w0, w1, _, _ = philox(k0, k1, lane, block, step, replicate)
        x = sequential_search(unit(w0, w1), none, n, p)
        if x <= n and x < MOST:
            return x
        block += np.uint64(1)


class Hat(NamedTuple):
    """Hat of a transformed rejection (Hormann 1993, BTRS): its two widths, centre, squeeze and height."""

    a: float
    b: float
    centre: float
    squeeze: float
    alpha: float


@inline
def hat_of(n, p):
    """Hat over Binomial(n, p), n p >= 10 and p <= 1/2."""
    spread = np.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    return Hat(-0.0873 + 0.0248 * b + 0.01 * p, b, n * p + 0.5, 0.92 - 4.2 / b, (2.83 + 5.1 / b) * spread)


@inline
def proposal(u, v, n, hat):
    """Number k that u on (-1/2, 1/2] proposes: k where the squeeze accepts, -2 - k where `is_under` says, else -1."""
    us = 0.5 - abs(u)
    k = np.floor((2.0 * hat.a / us + hat.b) * u + hat.centre)
    found = k if us >= 0.07 and v <= hat.squeeze else -2.0 - k
    return found if us > 0.0 and k >= 0.0 and k <= n else -1.0


@inline
def is_under(k, u, v, n, p, hat):
    """Tell whether a proposal lies under the law: v times the hat at most P(k) / P(mode)."""
    us = 0.5 - abs(u)
    mode = np.floor((n + 1.0) * p)
    over = log_binomial_pmf(k, n, p) - log_binomial_pmf(mode, n, p)
    return log(v * hat.alpha / (hat.a / (us * us) + hat.b)) <= over


@inline
def binomial_by_rejection(k0, k1, lane, step, replicate, n, p):
    """Transformed rejection with squeeze, for n p >= 10 and p <= 1/2."""
    hat = hat_of(n, p)
    block = np.uint64(0)
    while True:
        w0, w1, w2, w3 = philox(k0, k1, lane, block, step, replicate)
        block += np.uint64(1)
        u = unit(w0, w1) - 0.5
        v = unit(w2, w3)
        k = proposal(u, v, n, hat)
        if k >= 0.0:
            return k
        if k < -1.5 and is_under(-2.0 - k, u, v, n, p, hat):
            return -2.0 - k


@inline
def binomial(k0, k1, lane, step, replicate, n, p):
    """Binomial(n, p) as a float64 holding an integer."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    small = min(p, 1.0 - p)
    if n * small < 10.0:
        k = binomial_by_inversion(k0, k1, lane, step, replicate, n, small)
    else:
        k = binomial_by_rejection(k0, k1, lane, step, replicate, n, small)
    return k if p <= 0.5 else n - k


@inline
def poisson_by_inversion(k0, k1, lane, step, replicate, mean):
    """Sequential search, for mean < 10."""
    none = exp(-mean)
    block = np.uint64(0)
    while True:
        w0, w1, _, _ = philox(k0, k1, lane, block, step, replicate)
        u = unit(w0, w1)
        x = 0.0
        mass = none
        while u > mass and x < MOST:
            u -= mass
            x += 1.0
            mass *= mean / x
        if x < MOST:
            return x
        block += np.uint64(1)


@inline
def poisson_by_rejection(k0, k1, lane, step, replicate, mean):
    """Transformed rejection with squeeze (Hormann 1993, PTRS), for mean >= 10."""
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    block = np.uint64(0)
    while True:
        w0, w1, w2, w3 = philox(k0, k1, lane, block, step, replicate)
        block += np.uint64(1)
        u = unit(w0, w1) - 0.5
        v = unit(w2, w3)
        us = 0.5 - abs(u)
        if us <= 0.0:
            continue
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= squeeze:
            return k
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        log_pmf = -mean
        if k > 0.0:
            log_pmf = -stirling_error(k) - deviance(k, mean) - LN_SQRT_2PI - 0.5 * log(k)
        if log(v * alpha / (a / (us * us) + b)) <= log_pmf:
            return k


@inline
def poisson(k0, k1, lane, step, replicate, mean):
    """Poisson(mean) as a float64 holding an integer."""
    if mean <= 0.0:
        return 0.0
    if mean < 10.0:
        return poisson_by_inversion(k0, k1, lane, step, replicate, mean)
    return poisson_by_rejection(k0, k1, lane, step, replicate, mean)


@inline
def gamma(k0, k1, lane, step, replicate, shape):
    """Gamma(shape, 1), shape >= 1/2 (Marsaglia & Tsang 2000)."""
    lifted = shape if shape >= 1.0 else shape + 1.0
    d = lifted - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    block = np.uint64(0)
    while True:
        x, _ = normal_pair(k0, k1, lane, block, step, replicate)
        w0, w1, w2, w3 = philox(k0, k1, lane, block + np.uint64(1), step, replicate)
        block += np.uint64(2)
        root = 1.0 + c * x
        if root <= 0.0:
            continue
        v = root * root * root
        square = x * x
        chance = unit(w0, w1)
        # ln u < x^2/2 + d - d v + d ln v, which the squeeze implies
        if chance < 1.0 - SQUEEZE * square * square or log(chance) < 0.5 * x * x - deviance(d, d * v):
            if shape < 1.0:
                return d * v * exp(log(unit(w2, w3)) / shape)
            return d * v


@inline
def chi_square(k0, k1, lane, step, replicate, degrees):
    """Chi-square with `degrees` >= 0 degrees of freedom."""
    return 2.0 * gamma(k0, k1, lane, step, replicate, 0.5 * degrees) if degrees > 0.0 else 0.0


@kernel
def binomials(key, step, replicate, lane, n, p, out):
    """out[i] ~ Binomial(n[i], p[i]), all float64 (k,)."""
    for i in range(out.size):
        out[i] = binomial(key[0], key[1], lane + np.uint64(i), step, replicate, n[i], p[i])


@kernel
def multinomial(key, step, replicate, lane, n, p, out):
    """Add to out (k,) a Multinomial(n, p) by conditional binomials; p (k,) sums to 1.

    The conditional probabilities come from sums over the tail, added from the end: no cancellation.
    """
    tail = np.empty(p.size)
    running = 0.0
    for j in range(p.size):
        i = p.size - 1 - j
        running += p[i]
        tail[i] = running
    left = n
    for i in range(p.size):
        if left <= 0.0:
            break
        share = 1.0 if i == p.size - 1 or p[i] >= tail[i] else p[i] / tail[i]
        k = binomial(key[0], key[1], lane + np.uint64(i), step, replicate, left, share)
        out[i] += k
        left -= k


@kernel
def gaussian_pool(key, step, replicate, n_human, n_synthetic, m, s, out):
    """Statistics of `collapse.producers.emit`, drawn from their joint law instead of summed over items.

    Of n items N(mu, s^2 I_d): mean normal with variance s^2/n, scatter s^2 chi-square((n - 1) d), independent.
    out[0] = n_human, out[1] = sum |y|^2, out[2 + k] = sum y_k with y = x - m.
    """
    k0, k1 = key[0], key[1]
    d = m.size
    out[0] = n_human
    out[1] = 0.0
    for k in range(d):
        out[2 + k] = 0.0
    for origin in range(2):
        n = n_human if origin == 0 else n_synthetic
        scale = 1.0 if origin == 0 else s
        if n <= 0.0:
            continue
        lane = np.uint64(origin)
        squares = scale * scale * chi_square(k0, k1, lane, step, replicate, (n - 1.0) * d)
        for k in range(d):
            z, _ = normal_pair(k0, k1, lane + np.uint64(2 + 2 * k), np.uint64(0), step, replicate)
            centre = scale * z / np.sqrt(n) - (m[k] if origin == 0 else 0.0)
            out[2 + k] += n * centre
            squares += n * centre * centre
        out[1] += squares
