"""A round of PMIR on n items: drawn, read by its estimator and refitted in one pass (MODEL 3.3).

The pass goes in blocks of ITEMS items, whatever the machine: a block is drawn, read and forgotten, so that memory does
not grow with n.
"""

import numpy as np

from .._jit import inline, kernel
from ..collapse.equilibria import NODES, nodes, residual
from ..collapse.gaussian_pool import chi_square
from ..numerics.elementary import log
from ..numerics.float32 import expm1_singles
from ..numerics.sums import LANES
from ..numerics.vectors import BLOCK, filled, load, narrow, total
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from .stochastic_newton import LARGEST, STATE, begin, finish, interval, read

ITEMS = LARGEST
ROWS = 4  # of ITEMS numbers that a block takes
COARSE = 4.0  # steps of the trapezoid rule for what need not be known to better than a hundredth


@inline
def coordinate(z, synthetic, m, s):
    """A coordinate of an item, from its normal variate."""
    return m + s * z if synthetic else z


@inline
def gain(x, m, half):
    """What a coordinate x adds to ln(q / p), but for a constant; half = 1 / (2 s2)."""
    y = x - m
    return 0.5 * (x * x) - half * (y * y)


@kernel
def add_moments(x, sums):
    """sums[0] += sum of x (n,); sums[1] and sums[2], where there are any, its sums of squares and of fourth powers."""
    y = load(x, 0)
    first = second = fourth = narrow(filled(0.0, y))
    for start in range(0, x.size, BLOCK):
        y = load(x, start)
        first += narrow(y)
        y *= y
        second += narrow(y)
        fourth += narrow(y * y)
    sums[0] += total(first)
    if sums.size > 1:
        sums[1] += total(second)
    if sums.size > 2:
        sums[2] += total(fourth)


@kernel
def draw_line(key, lane, step, replicate, rho, m, s, m_hat, s2_hat, x, ratio, sums):
    """`draw_block` of items x on the line, d = 1, whose origins need not be kept."""
    k0, k1 = key[0], key[1]
    n = ratio.size
    pairs = (n + 1) // 2
    x_a, x_b = x[:pairs], x[pairs : 2 * pairs]
    for i in range(pairs):
        w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(i), np.uint64(1), step, replicate)
        a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(0), step, replicate)
        x_a[i] = coordinate(a, unit(w0, w1) <= rho, m[0], s)
        x_b[i] = coordinate(b, unit(w2, w3) <= rho, m[0], s)
    guess, half, constant = m_hat[0], 0.5 / s2_hat, -0.5 * log(s2_hat)
    for i in range(n):
        ratio[i] = np.float32(constant + gain(x[i], guess, half))
    add_moments(x[:n], sums)


@kernel
def draw_block(key, lane, step, replicate, rho, m, s, m_hat, s2_hat, room, ratio, sums):
    """Items of (1 - rho) N(0, I_d) + rho N(m, s^2 I_d), each of its own origin, from pair `lane` on.

    ratio (n,) = ln(q_hat / p) of n items. sums[k] grows by the sum of coordinate k < d, sums[d] and sums[d + 1] by
    those of |x|^2 and |x|^4. Counters: coordinate k from block k, origins from block d. `room` (ROWS, ITEMS).
    """
    k0, k1 = key[0], key[1]
    d, n = m.size, ratio.size
    pairs = (n + 1) // 2
    both = 2 * pairs
    x_a, square_a, log_a, synthetic_a = room[0, :pairs], room[1, :pairs], room[2, :pairs], room[3, :pairs]
    x_b, square_b, log_b = room[0, pairs:both], room[1, pairs:both], room[2, pairs:both]
    synthetic_b = room[3, pairs:both]
    for i in range(pairs):
        w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(i), np.uint64(d), step, replicate)
        synthetic_a[i] = 1.0 if unit(w0, w1) <= rho else 0.0
        synthetic_b[i] = 1.0 if unit(w2, w3) <= rho else 0.0
    room[1, :both], room[2, :both] = 0.0, -0.5 * d * log(s2_hat)
    half = 0.5 / s2_hat
    for k in range(d):
        mean, guess = m[k], m_hat[k]
        for i in range(pairs):
            a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(k), step, replicate)
            a, b = coordinate(a, synthetic_a[i] != 0.0, mean, s), coordinate(b, synthetic_b[i] != 0.0, mean, s)
            x_a[i], x_b[i] = a, b
            square_a[i] += a * a
            square_b[i] += b * b
            log_a[i] += gain(a, guess, half)
            log_b[i] += gain(b, guess, half)
        add_moments(room[0, :n], sums[k : k + 1])
    add_moments(room[1, :n], sums[d : d + 2])
    for i in range(n):
        ratio[i] = np.float32(room[2, i])


@kernel
def expectations(rho, s2, d, out):
    """What theory says of one item, p = N(0, I_d), q = N(0, s2 I_d): out (5,).

    out[:3] = `rate` of `scoring.inverse_information`; out[3] = I(rho); out[4] = d rho_hat / d s2 of the maximum
    likelihood, -E[S S_s] / I with the score S_s about s2: how an error of the generator moves the estimate.
    """
    top, a, b, gap = np.empty(NODES), np.empty(NODES), np.empty(NODES), np.empty(NODES)
    count = nodes(s2, d, COARSE, top, a, b, gap)
    log_s2 = log(s2)
    middle = information = cross = 0.0
    for i in range(count):
        excess = b[i] - a[i]  # (q - p) / p, times a
        middle += gap[i] * 2.0 * excess / (a[i] + b[i])
        score = excess / ((1.0 - rho) * a[i] + rho * b[i])
        information += gap[i] * score
        if excess == 0.0 or a[i] < 1e-300 or b[i] < 1e-300:  # what one of them all but never makes
            continue
        # |x|^2 from ln(q / p), q dx from (q - p) dx; d ln q / d s2 = (|x|^2 / s2 - d) / (2 s2)
        square = (2.0 * (log(b[i]) - log(a[i])) + d * log_s2) / (1.0 - 1.0 / s2)
        cross += gap[i] * b[i] / excess * score * rho * (square / s2 - d) / (2.0 * s2)
    out[0], out[1] = 1.0 / chi_square(0.0, s2, d), 1.0 / chi_square(0.0, 1.0 / s2, d)
    out[2] = max(4.0 / middle - 2.0 * (out[0] + out[1]), 0.0)
    out[3] = information
    out[4] = -cross / information


@kernel
def draw_and_estimate(key, step, replicate, rho, m, s, n, m_hat, s2_hat, start, power, mean, out):
    """Draw n items, estimate rho from `start` as `scoring` does, and refit them.

    mean (d,) = their mean; out (7,) = as `scoring.finish`, then their variance per dimension, its standard error, and
    d rho_hat / d s2 of `expectations`.
    """
    d = m.size
    theory = np.empty(5)
    expectations(start, s2_hat, d, theory)
    room = np.empty((ROWS if d > 1 else 1, ITEMS))
    ratio, u = np.empty(ITEMS, np.float32), np.empty(ITEMS, np.float32)
    state, scores, sums = np.empty(STATE), np.empty(3), np.zeros(d + 2)
    batch, passes = begin(n, start, state)
    for first in range(0, n, ITEMS):
        size = min(ITEMS, n - first)
        lane = np.uint64(first // 2)
        if d == 1:
            draw_line(key, lane, step, replicate, rho, m, s, m_hat, s2_hat, room[0], ratio[:size], sums)
        else:
            draw_block(key, lane, step, replicate, rho, m, s, m_hat, s2_hat, room, ratio[:size], sums)
        expm1_singles(ratio[:size], u[:size])
        read(u[:size], batch, passes, theory[:3], power, state, scores)
    finish(n, state, out[:4])
    square, fourth, shift = sums[d] / n, sums[d + 1] / n, 0.0
    for k in range(d):
        mean[k] = sums[k] / n
        shift += mean[k] * mean[k]
    out[4] = (square - shift) / d
    out[5] = np.sqrt(max(fourth - square * square, 0.0) / n) / d
    out[6] = theory[4]


@kernel
def rest_residuals(rho, point, d, out):
    """rho - BRmap(rho) of contaminations rho (k,), q at rest there; `point` as a row of `equilibrium.scan`."""
    lanes, room = np.zeros(LANES), np.empty((4, NODES))
    values = (point[0], point[1], point[2], point[3], point[4], point[5], point[6], point[7])
    for i in range(rho.size):
        value, _, _ = residual(rho[i], values, d, True, room, 0, lanes)
        out[i] = -value


@kernel
def judge(estimate, information, third, n, drop, point, d, out):
    """What an estimate says of the market: out (5,) = `scoring.interval`, rho - BRmap(rho) at its ends and between.

    The residuals are at the lower end, at the estimate's projection, at the upper end.
    """
    interval(estimate, information, third, n, drop, out[:2])
    rho = np.empty(3)
    rho[0], rho[1], rho[2] = out[0], min(max(estimate, 0.0), 1.0), out[1]
    rest_residuals(rho, point, d, out[2:])
