"""Where the maximum of the likelihood is, to five digits or so, at the price of one cheap pass (MODEL 3.2).

Under a prior theta = 2 rho - 1 an item of contrast t has the posterior contrast v = (t + theta) / (1 + theta t) and the
score w = t / (1 + theta t). Carried by phi to theta' = (theta + phi) / (1 + theta phi), the score of all items is
sum w / (1 + phi v) times something positive. By Poisson's kernel, with phi = 2 z / (1 + z^2) and T_k of Chebyshev,

    sum w / (1 + phi v) = (1 + z^2) / (1 - z^2) (Q_0 + 2 sum_k (-z)^k Q_k),  Q_k = sum w T_k(v).

Since |v| <= 1 the series converges for every theta' inside (-1, 1), and the error of TERMS terms is of order z^TERMS.
"""

import numpy as np

from ._jit import inline, kernel
from .vectors import BLOCK, filled, load, narrow, reciprocal, single, total

TERMS = 5
REACH = 0.6  # largest |z| of one pass: the odds of being synthetic times or over 16
CLOSE = 0.1  # |z| whose error, of order z^TERMS, leaves one step of `likelihood.newton`
EDGE = 1.0 / 256.0  # a maximum beyond reach that leads so close to an end of [-1, 1] is taken to be at it
PASSES = 4
LEAST = 1024  # items a part of the data should have


@inline
def singles(x, start):
    """Items start ... start + 63 as float32, zero beyond the end."""
    return single(load(x, start), load(x, start + BLOCK))


@kernel
def posterior_sums(theta, t, c, thin, q):
    """q[k] = sum of w v^k, k < TERMS, in float32, over 64 items of every 64 `thin`; theta is a float32 too."""
    x = singles(t, 0)
    prior, one = filled(theta, x), filled(1.0, x)
    q0 = q1 = q2 = q3 = q4 = narrow(filled(0.0, x))
    inverse = reciprocal(one + prior * x)
    step = 2 * BLOCK * thin
    for start in range(0, t.size, step):
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
        q4 += narrow(w * v)
        x, inverse = ahead, next_inverse
    q[0], q[1], q[2], q[3], q[4] = total(q0), total(q1), total(q2), total(q3), total(q4)


@inline
def root(q):
    """Root z of the series in [-REACH, REACH], or the end it lies beyond; 0 where the sums say nothing."""
    a0 = q[0]
    a1 = -2.0 * q[1]
    a2 = 2.0 * (2.0 * q[2] - q[0])
    a3 = -2.0 * (4.0 * q[3] - 3.0 * q[1])
    a4 = 2.0 * (8.0 * (q[4] - q[2]) + q[0])
    z = 0.0
    for _ in range(8):
        value = a0 + z * (a1 + z * (a2 + z * (a3 + z * a4)))
        slope = a1 + z * (2.0 * a2 + z * (3.0 * a3 + z * 4.0 * a4))
        if not slope < 0.0:
            z = REACH if value > 0.0 else (-REACH if value < 0.0 else 0.0)
            break
        step = value / slope
        z = min(max(z - step, -REACH), REACH)
        if abs(step) < 1e-4:
            break
    return z if abs(z) <= REACH else 0.0  # not a number: weights beyond float32


@kernel
def beginning(t, c):
    """Theta near the maximum, from a sixty-fourth and an eighth of the items if there are enough, then from all.

    -1 or 1 where the maximum seems to be there. Nothing is promised: `likelihood.newton` goes on from here.
    """
    q = np.empty(TERMS)
    theta = 0.0
    outward = False
    for thin in (64, 8, 1):
        if thin > 1 and t.size < LEAST * thin:
            continue
        for _ in range(PASSES):
            posterior_sums(theta, t, c, thin, q)
            z = root(q)
            phi = 2.0 * z / (1.0 + z * z)
            theta = np.float64(np.float32((theta + phi) / (1.0 + theta * phi)))
            outward = z * theta >= REACH * (1.0 - EDGE)
            if outward or abs(z) < (CLOSE if thin == 1 else REACH):
                break
    return np.sign(theta) if outward else theta
