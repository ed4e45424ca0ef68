"""Starting value for the maximum-likelihood estimate, accurate to about five digits, from one cheap pass (MODEL 3.2).

Under a prior theta = 2 rho - 1 an item of contrast t has the posterior contrast v = (t + theta) / (1 + theta t) and the
score w = t / (1 + theta t). At theta' = (theta + phi) / (1 + theta phi) the total score is sum w / (1 + phi v) times a
positive factor. By Poisson's kernel, with phi = 2 z / (1 + z^2) and Chebyshev polynomials T_k,

    sum w / (1 + phi v) = (1 + z^2) / (1 - z^2) (Q_0 + 2 sum_k (-z)^k Q_k),  Q_k = sum w T_k(v).

Since |v| <= 1 the series converges for every theta' inside (-1, 1), and its remainder after TERMS terms is at most
2 |z|^TERMS / (1 - |z|) sum |w|, where sum |w| <= sqrt(n sum w^2). Also v = theta + (1 - theta^2) w.
"""

import numpy as np

from .._jit import inline, inner
from ..numerics.sums import running
from ..numerics.vectors import BLOCK, SINGLES, filled, load, narrow, reciprocal, single, total, wide

TERMS = 6
REACH = 0.6  # largest |z| of one pass: it changes the odds of being synthetic by a factor of 16 at most
CLOSE = 0.1  # |z| whose error, of order z^TERMS, one step of `likelihood.newton` removes
EDGE = 1.0 / 256.0  # a maximum beyond REACH and this close to an end of [-1, 1] is taken to be at that end
PASSES = 4
LEAST = 1024  # fewest items of a thinned sample
RUN = 16  # blocks summed in float32 before their sum is carried to float64
UNIT = 2.0**-24  # unit roundoff of float32


@inline
def singles(x, start):
    """Items start ... start + 63 as float32, zeros beyond the end."""
    return single(load(x, start), load(x, start + BLOCK))


@inner
def posterior_sums(theta, t, c, thin, q):
    """Sums q[k] = sum w v^k, k < TERMS, in float32, over the first 64 of every 64 `thin` items.

    theta must be representable as a float32.
    """
    x = singles(t, 0)
    prior, one, none = filled(theta, x), filled(1.0, x), narrow(filled(0.0, x))
    d0 = d1 = d2 = d3 = d4 = d5 = wide(none)
    inverse = reciprocal(one + prior * x)
    step = SINGLES * thin
    for first in range(0, t.size, RUN * step):
        q0 = q1 = q2 = q3 = q4 = q5 = none
        for start in range(first, min(first + RUN * step, t.size), step):
            ahead = singles(t, start + step)
            next_inverse = reciprocal(one + prior * ahead)  # the divider works while these items are summed
            v = (x + prior) * inverse
            w = x * inverse
            if c.size > 0:
                w *= singles(c, start)
            q0 += narrow(w)
            w *= v
            q1 += narrow(w)
            w *= v
            q2 += narrow(w)
            w *= v
            q3 += narrow(w)
            w *= v
            q4 += narrow(w)
            q5 += narrow(w * v)
            x, inverse = ahead, next_inverse
        d0 += wide(q0)
        d1 += wide(q1)
        d2 += wide(q2)
        d3 += wide(q3)
        d4 += wide(q4)
        d5 += wide(q5)
    q[0], q[1], q[2], q[3], q[4], q[5] = total(d0), total(d1), total(d2), total(d3), total(d4), total(d5)


@inline
def series_root(q):
    """Root z of the score's series on [-REACH, REACH], and the slope there.

    z is an end of the interval where the root lies beyond it, and 0 where the sums carry no information.
    """
    a0 = q[0]
    a1 = -2.0 * q[1]
    a2 = 2.0 * (2.0 * q[2] - q[0])
    a3 = -2.0 * (4.0 * q[3] - 3.0 * q[1])
    a4 = 2.0 * (8.0 * (q[4] - q[2]) + q[0])
    a5 = -2.0 * (16.0 * q[5] - 20.0 * q[3] + 5.0 * q[1])
    z = 0.0
    slope = 0.0
    for _ in range(8):
        value = a0 + z * (a1 + z * (a2 + z * (a3 + z * (a4 + z * a5))))
        slope = a1 + z * (2.0 * a2 + z * (3.0 * a3 + z * (4.0 * a4 + z * 5.0 * a5)))
        if not slope < 0.0:
            z = REACH if value > 0.0 else (-REACH if value < 0.0 else 0.0)
            break
        step = value / slope
        z = min(max(z - step, -REACH), REACH)
        if abs(step) < 1e-6:
            break
    return (z if abs(z) <= REACH else 0.0), slope  # NaN where weights overflow float32


@inline
def error_bound(theta, z, slope, squares, n):
    """Bound on the error of theta' after a full pass at theta: the series' remainder plus float32 rounding.

    Each score is off by at most 16 + 2 / (1 - |theta|) units, and a sum of RUN blocks by RUN more; `squares` = sum w^2.
    """
    if not (slope < 0.0 and abs(z) < REACH and squares > 0.0):
        return np.inf
    power = abs(z)
    for _ in range(TERMS - 1):
        power *= abs(z)
    rounding = UNIT * (RUN + 16.0 + 2.0 / (1.0 - abs(theta)))
    sizes = np.sqrt(n * squares) * (2.0 * power / (1.0 - abs(z)) + rounding * (1.0 + abs(z)) / (1.0 - abs(z)))
    phi = 2.0 * z / (1.0 + z * z)
    stretch = 1.0 + theta * phi
    return 2.0 * sizes / -slope * (1.0 - theta * theta) / (stretch * stretch)


@inner
def starting_value(t, c, out):
    """Theta near the maximum of the likelihood: from 1/64 and 1/8 of the items where there are enough, then from all.

    It is -1 or 1 where the maximum appears to be at that end. out (2,) = a bound on the error, infinite where none is
    guaranteed, and sum w^2 of all items there.
    """
    q = np.empty(TERMS)
    theta, before = 0.0, 0.0
    outward = False
    z = slope = 0.0
    for thin in (64, 8, 1):
        if thin > 1 and t.size < LEAST * thin:
            continue
        for _ in range(PASSES):
            posterior_sums(theta, t, c, thin, q)
            z, slope = series_root(q)
            phi = 2.0 * z / (1.0 + z * z)
            before, theta = theta, (theta + phi) / (1.0 + theta * phi)
            outward = z * theta >= REACH * (1.0 - EDGE)
            if outward or abs(z) < (CLOSE if thin == 1 else REACH):
                break
            theta = np.float64(np.float32(theta))
        if thin > 1:
            theta = np.float64(np.float32(theta))
    if outward:
        out[0], out[1] = np.inf, 0.0
        return 1.0 if theta > 0.0 else -1.0
    n = t.size if c.size == 0 else running(c)
    phi = 2.0 * z / (1.0 + z * z)
    narrowing = 1.0 - before * before
    # sum w / (1 + phi v) is zero here; since v = theta + (1 - theta^2) w, its slope in z is sum w^2 times a factor
    steepness = -slope * (1.0 + z * z) ** 3 / (2.0 * (1.0 - z * z) ** 2)
    out[0] = error_bound(before, z, slope, (q[1] - before * q[0]) / narrowing, n)
    out[1] = steepness * (1.0 + before * phi) ** 3 / narrowing
    return theta
