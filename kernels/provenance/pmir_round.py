"""A round of PMIR: n items drawn, read by its estimator and refitted in a single pass (MODEL 3.3).

The pass works in blocks of ITEMS items on every machine: a block is drawn, read and overwritten, so that memory does
not grow with n.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..collapse.equilibria import NODES, nodes, residual, whole_rows
from ..collapse.gaussian_closed_forms import chi_square_divergence
from ..numerics.elementary import TINY, log
from ..numerics.float32 import expm1_singles
from ..numerics.sums import LANES
from ..numerics.vectors import BLOCK, filled, load, narrow, total
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from .stochastic_newton import LARGEST, ROOM, STATE, Gains, begin, finish, read

ITEMS = LARGEST
ROWS = 4  # rows of ITEMS numbers in a block's workspace
COARSE = 4.0  # steps of the trapezoid rule for quantities that are needed to one per cent only


class Stream(NamedTuple):
    """Random numbers of a round: key (2,), and the words step and replicate of the counter."""

    key: np.ndarray
    step: np.uint64
    replicate: np.uint64


class Pool(NamedTuple):
    """Law of the items drawn: (1 - rho) N(0, I_d) + rho N(m, s^2 I_d), m (d,)."""

    rho: float
    m: np.ndarray
    s: float


class Generator(NamedTuple):
    """Generator q_hat = N(m, s2 I_d) as the regulator estimates it, m (d,)."""

    m: np.ndarray
    s2: float


@inline
def coordinate(z, synthetic, m, s):
    """Coordinate of an item, from its normal variate z."""
    return m + s * z if synthetic else z


@inline
def log_ratio(x, m, half):
    """Contribution of a coordinate x to ln(q / p), up to a constant: x^2 / 2 - half (x - m)^2, half = 1 / (2 s2)."""
    y = x - m
    return 0.5 * (x * x) - half * (y * y)


@inner
def add_moments(x, sums):
    """Add the sum of x (n,) to sums[0], that of x^2 to sums[1] and that of x^4 to sums[2], where sums are that long."""
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


@inner
def draw_line(stream, lane, pool, x):
    """Draw items x (n,) on the line, d = 1, n even, from pair `lane` on: the first items of the pairs, then the second.

    In a function of its own LLVM keeps the constants of the normals in registers and on the stack; among other loops it
    looks up their addresses for every pair, and takes 7 % longer.
    """
    k0, k1, step, replicate = stream.key[0], stream.key[1], stream.step, stream.replicate
    rho, m, s = pool.rho, pool.m, pool.s
    pairs = x.size // 2
    x_a, x_b = x[:pairs], x[pairs:]
    for i in range(pairs):
        w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(i), np.uint64(1), step, replicate)
        a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(0), step, replicate)
        x_a[i] = coordinate(a, unit(w0, w1) <= rho, m[0], s)
        x_b[i] = coordinate(b, unit(w2, w3) <= rho, m[0], s)


@inner
def read_line(guess, x, ratio, sums):
    """Add the moments of items x (n,) on the line to sums, and write their ln(q_hat / p), a polynomial, into ratio."""
    add_moments(x, sums)
    centre, half = guess.m[0], 0.5 / guess.s2
    constant, slope, bend = -0.5 * log(guess.s2) - half * centre * centre, 2.0 * half * centre, 0.5 - half
    for i in range(ratio.size):
        ratio[i] = np.float32(constant + x[i] * (slope + x[i] * bend))


@inner
def draw_block(stream, lane, pool, guess, room, ratio, sums):
    """Draw n items of a `Pool` from pair `lane` on, each with its own origin; ratio (n,) = ln(q_hat / p) of them.

    q_hat is the `Generator` guess. sums[k] grows by the sum of coordinate k < d, sums[d] and sums[d + 1] by those of
    |x|^2 and |x|^4. Counters: coordinate k from block k, origins from block d. `room` (ROWS, ITEMS) is workspace.
    """
    k0, k1, step, replicate = stream.key[0], stream.key[1], stream.step, stream.replicate
    rho, m, s, m_hat, s2_hat = pool.rho, pool.m, pool.s, guess.m, guess.s2
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
        mean, centre = m[k], m_hat[k]
        for i in range(pairs):
            a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(k), step, replicate)
            a, b = coordinate(a, synthetic_a[i] != 0.0, mean, s), coordinate(b, synthetic_b[i] != 0.0, mean, s)
            x_a[i], x_b[i] = a, b
            square_a[i] += a * a
            square_b[i] += b * b
            log_a[i] += log_ratio(a, centre, half)
            log_b[i] += log_ratio(b, centre, half)
        add_moments(room[0, :n], sums[k : k + 1])
    add_moments(room[1, :n], sums[d : d + 2])
    for i in range(n):
        ratio[i] = np.float32(room[2, i])


@kernel
def expectations(rho, s2, d, out):
    """Inverse informations, I(rho) and effects of a wrong generator, p = N(0, I_d), q = N(0, s2 I_d): out (6,).

    out[:3] = `rate` of `stochastic_newton.Gains`; out[3] = I(rho); out[4] = d rho_hat / d s2 = -E[S S_s] / I, with the
    score S_s about s2: the shift of the maximum-likelihood estimate with an error of the generator. An error e of its
    mean moves the estimate by out[5] |e|^2 to leading order,
    (1/2 int p lap(q) / q_rho dx - rho int p |grad q|^2 / q_rho^2 dx) / (d I).
    """
    room = np.empty((4, NODES))
    top, a, b, gap = room[0], room[1], room[2], room[3]
    count = nodes(s2, d, COARSE, top, a, b, gap)
    log_s2 = log(s2)
    for i in range(whole_rows(count)):
        excess, mixed = b[i] - a[i], (1.0 - rho) * a[i] + rho * b[i]  # (q - p) / p and q_rho / p, times a
        # |x|^2 from ln(q / p), q dx from (q - p) dx; d ln q / d s2 = (|x|^2 / s2 - d) / (2 s2)
        hardly = excess == 0.0 or a[i] < TINY or b[i] < TINY  # one of the laws is next to never there
        log_ratio = top[i] if top[i] > 0.0 else log(b[i])
        square = 0.0 if hardly else (2.0 * log_ratio + d * log_s2) / (s2 - 1.0)
        mass = 0.0 if hardly else gap[i] * b[i] / (excess * mixed * 2.0 * s2)
        half_middle, score = gap[i] * excess / (a[i] + b[i]), excess / mixed
        top[i] = half_middle
        a[i], b[i] = mass * a[i] * (square - 2.0 * rho * square * b[i] / mixed - d), mass * excess * (square - d)
        gap[i] *= score
    middle = information = cross = bend = 0.0
    for i in range(count):
        middle += 2.0 * top[i]
        information += gap[i]
        bend += a[i]
        cross += rho * b[i]
    out[0], out[1] = 1.0 / chi_square_divergence(0.0, s2, d), 1.0 / chi_square_divergence(0.0, 1.0 / s2, d)
    out[2] = max(4.0 / middle - 2.0 * (out[0] + out[1]), 0.0)
    out[3] = information
    out[4] = -cross / information
    out[5] = bend / (d * information)


@kernel
def draw_and_estimate(stream, pool, guess, gains, n, start, mean, out):
    """Draw n items of a `Pool`, estimate rho by stochastic Newton from `start`, and refit the items.

    The estimator takes the generator to be `guess`. mean (d,) = mean of the items; out (6,) = the estimates of
    `stochastic_newton.finish` (4,), the items' variance per dimension and its standard error. The records may be plain
    tuples, which calls from Python pass on several times faster.
    """
    stream, pool, guess, gains = Stream(*stream), Pool(*pool), Generator(*guess), Gains(*gains)
    d = pool.m.size
    room = np.empty((ROWS if d > 1 else 1, ITEMS))
    u = np.empty(ITEMS, np.float32)
    state, steps, sums = np.empty(STATE), np.empty(ROOM), np.zeros(d + 2)
    begin(start, state)
    for first in range(0, n, ITEMS):
        size = min(ITEMS, n - first)
        lane = np.uint64(first // 2)
        if d == 1:
            draw_line(stream, lane, pool, room[0, : (size + 1) // 2 * 2])
            read_line(guess, room[0, :size], u[:size], sums)
        else:
            draw_block(stream, lane, pool, guess, room, u[:size], sums)
        expm1_singles(u[:size])
        read(u[:size], gains, state, steps)
    finish(n, state, out[:4])
    square, fourth, shift = sums[d] / n, sums[d + 1] / n, 0.0
    for k in range(d):
        mean[k] = sums[k] / n
        shift += mean[k] * mean[k]
    out[4] = (square - shift) / d
    out[5] = np.sqrt(max(fourth - square * square, 0.0) / n) / d


@kernel
def rest_residuals(rho, point, d, out):
    """Residuals rho - BRmap(rho) at contaminations rho (k,), content at rest; `point` is a row of `equilibria.scan`."""
    lanes, room = np.zeros(LANES), np.empty((4, NODES))
    values = (point[0], point[1], point[2], point[3], point[4], point[5], point[6], point[7])
    for i in range(rho.size):
        value, _, _ = residual(rho[i], values, d, True, room, 0, lanes)
        out[i] = -value
