"""Creators' efforts: one pass over the loadings that settles market and planner (MODEL 4.1).

With y = 1 - lambda A every aggregate is a sum of lambda^a |y|^b. Near a homogeneous population y is small and
such sums, written in plain powers of lambda, cancel; all are therefore taken about a centre c: d = lambda -
c, u = 1 - c A, y = u - d A. The pair (A, u) is carried together, each accurate where the other is not.

    W_j = sum lambda d^j, j = 0..3        D_j = sum d^j, j = 0..4
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from ..random.philox import philox, unit
from ..random.variates import gamma

ROWS = 8
CHUNK = LANES * ROWS
HALF = CHUNK // 2
ZERO = np.uint64(0)
ONE_STEP = np.uint64(1)
UNIFORM = 0
BETA = 1


@inline
def power(y, q):
    """|y|^q, q > 0, with 0 at 0."""
    a = abs(y)
    p = exp(q * log(max(a, 1e-300)))
    return p if a >= 1e-300 else 0.0


@inline
def add_powers(x, n, c, w0, w1, w2, w3, d2, d3, d4, low):
    """Add the powers of x[:n] (n <= CHUNK) to lanes, each (LANES,): W0..W3, D2..D4, and the minimum.

    Eight vectors, not the rows of one array: LLVM then knows that they do not overlap (a quarter of the
    time).
    """
    if n == CHUNK:
        for i in range(LANES):
            a0, a1, a2, a3, b2, b3, b4 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            least = low[i]
            for r in range(ROWS):  # unrolled: eight terms are added in registers before memory is touched
                lam = x[i + r * LANES]
                d = lam - c
                dd = d * d
                ld = lam * d
                a0 += lam
                a1 += ld
                a2 += lam * dd
                a3 += ld * dd
                b2 += dd
                b3 += d * dd
                b4 += dd * dd
                least = lam if lam < least else least
            w0[i] += a0
            w1[i] += a1
            w2[i] += a2
            w3[i] += a3
            d2[i] += b2
            d3[i] += b3
            d4[i] += b4
            low[i] = least
    else:
        for j in range(n):
            i = j % LANES
            lam = x[j]
            d = lam - c
            dd = d * d
            w0[i] += lam
            w1[i] += lam * d
            w2[i] += lam * dd
            w3[i] += lam * d * dd
            d2[i] += dd
            d3[i] += d * dd
            d4[i] += dd * dd
            low[i] = lam if lam < low[i] else low[i]


@inline
def add_response(x, n, c, u, A, q, supply, slope, energy):
    """Add the terms of `response` over x[:n] (n <= CHUNK) to three lanes (LANES,)."""
    for start in range(0, n, LANES):
        t = x[start : start + LANES]
        for i in range(min(LANES, n - start)):
            lam = t[i]
            y = u - (lam - c) * A
            p = power(y, q)
            lp = lam * p
            supply[i] += lp * y
            slope[i] += lam * lp
            energy[i] += p * (y * y)


@inline
def fill(kind, a, b, k0, k1, replicate, first, n, x):
    """Write the loadings of creators first..first + n - 1 into x; first is a multiple of CHUNK.

    UNIFORM: on [a, a + b), two creators of a chunk, HALF apart, share a block. BETA: shapes a and b, each
    creator a lane of its own, one step for each of the two gamma variates.
    """
    if kind == UNIFORM:
        lane = np.uint64(first // 2)
        low, high = x[:HALF], x[HALF:]
        for j in range(HALF):  # a part of a chunk is drawn whole: the buffer always has room
            w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(j), ZERO, ZERO, replicate)
            low[j] = a + b * (1.0 - unit(w0, w1))
            high[j] = a + b * (1.0 - unit(w2, w3))
    else:
        for j in range(n):
            lane = np.uint64(first + j)
            one = gamma(k0, k1, lane, ZERO, replicate, a)
            two = gamma(k0, k1, lane, ONE_STEP, replicate, b)
            x[j] = one / (one + two)


@inline
def close_powers(w0, w1, w2, w3, d2, d3, d4, low, out):
    """Fold the lanes of `add_powers` into out (7,) and return the minimum."""
    out[0], out[1], out[2], out[3] = fold(w0), fold(w1), fold(w2), fold(w3)
    out[4], out[5], out[6] = fold(d2), fold(d3), fold(d4)
    least = np.inf
    for i in range(LANES):
        least = min(least, low[i])
    return least


@kernel
def powers(x, c, out):
    """out (7,) = W0..W3, D2..D4 of the loadings x (n,) about c; returns the least. NaN goes into the sums."""
    w0, w1, w2, w3 = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    d2, d3, d4, low = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.full(LANES, np.inf)
    for start in range(0, x.size, CHUNK):
        n = min(CHUNK, x.size - start)
        add_powers(x[start : start + CHUNK], n, c, w0, w1, w2, w3, d2, d3, d4, low)
    return close_powers(w0, w1, w2, w3, d2, d3, d4, low, out)


@kernel
def stream_powers(kind, a, b, key, replicate, first, n, c, out):
    """`powers` of the n creators from `first` on, drawn chunk by chunk and forgotten."""
    w0, w1, w2, w3 = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    d2, d3, d4, low = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.full(LANES, np.inf)
    x = np.empty(CHUNK)
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        fill(kind, a, b, key[0], key[1], replicate, first + start, count, x)
        add_powers(x, count, c, w0, w1, w2, w3, d2, d3, d4, low)
    return close_powers(w0, w1, w2, w3, d2, d3, d4, low, out)


@kernel
def response(x, c, u, A, q, out):
    """out (3,) = sum lambda |y|^q y, sum lambda^2 |y|^q, sum |y|^(q+2) over the loadings x (n,)."""
    supply, slope, energy = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    for start in range(0, x.size, CHUNK):
        n = min(CHUNK, x.size - start)
        add_response(x[start : start + CHUNK], n, c, u, A, q, supply, slope, energy)
    out[0], out[1], out[2] = fold(supply), fold(slope), fold(energy)


@kernel
def stream_response(kind, a, b, key, replicate, first, n, c, u, A, q, out):
    """`response` of the n creators from `first` on, drawn chunk by chunk and forgotten."""
    supply, slope, energy = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    x = np.empty(CHUNK)
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        fill(kind, a, b, key[0], key[1], replicate, first + start, count, x)
        add_response(x, count, c, u, A, q, supply, slope, energy)
    out[0], out[1], out[2] = fold(supply), fold(slope), fold(energy)


@kernel
def stream_loadings(kind, a, b, key, replicate, first, out):
    """out (n,) = the loadings of creators first..first + n - 1, as the streamed kernels see them."""
    x = np.empty(CHUNK)
    for start in range(0, out.size, CHUNK):
        count = min(CHUNK, out.size - start)
        fill(kind, a, b, key[0], key[1], replicate, first + start, count, x)
        out[start : start + count] = x[:count]


@kernel
def stream_count(share, key, replicate, first, n):
    """How many of the n creators from `first` on are of a type with the given share: an exact integer."""
    lanes = np.zeros(HALF)
    for start in range(0, n, CHUNK):
        lane = np.uint64((first + start) // 2)
        count = n - start
        for j in range(HALF):
            w0, w1, w2, w3 = philox(key[0], key[1], lane + np.uint64(j), ZERO, ZERO, replicate)
            lanes[j] += 1.0 if unit(w0, w1) <= share and j < count else 0.0
            lanes[j] += 1.0 if unit(w2, w3) <= share and j + HALF < count else 0.0
    return fold(lanes)


@kernel
def efforts(x, c, u, A, q, scale, out):
    """out (n,) = scale |y|^q: the efforts of creators with loadings x."""
    for i in range(x.size):
        out[i] = scale * power(u - (x[i] - c) * A, q)


@kernel
def scaled_powers(y, q, scale, out):
    """out (n,) = scale |y|^q."""
    for i in range(y.size):
        out[i] = scale * power(y[i], q)


@kernel
def square_efforts(x, c, u, A, scale, out):
    """`efforts` at q = 2."""
    for i in range(x.size):
        y = u - (x[i] - c) * A
        out[i] = scale * y * y


@inline
def renew(A, u, c):
    """The pair (A, u) with u = 1 - c A exact again: whichever is the smaller of c A and u is kept."""
    if c * A < 0.5:
        return A, 1.0 - c * A
    return (1.0 - u) / c, u


@kernel
def cubic_root(sums, c, v, kappa):
    """Root of f(A) = A/v - kappa (W0 u^3 - 3 u^2 A W1 + 3 u A^2 W2 - A^3 W3), u = 1 - c A: returns (A, u).

    f increases and is a cubic: Newton's steps from its inflection point meet the root from one side. They
    stop once they no longer shrink, that is at rounding.
    """
    w0, w1, w2, w3 = sums[0], sums[1], sums[2], sums[3]
    if w0 == 0.0:
        return 0.0, 1.0
    v0, v1, v2 = c * w0 + w1, c * w1 + w2, c * w2 + w3  # sum lambda^2 d^j
    bend, tilt = c * v0 + v1, c * v1 + v2  # sum lambda^3 d^j: the inflection is where sum lambda^3 y = 0
    A = bend / (c * bend + tilt)
    u = tilt / (c * bend + tilt)
    last = np.inf
    for _ in range(400):
        f = A / v - kappa * (((w0 * u - 3.0 * w1 * A) * u + 3.0 * w2 * A * A) * u - w3 * A * A * A)
        if f == 0.0:
            break
        step = -f / (1.0 / v + 3.0 * kappa * ((v0 * u - 2.0 * v1 * A) * u + v2 * A * A))
        A, u = renew(A + step, u - c * step, c)
        size = abs(step)
        if size >= last and (size < 1e-9 * abs(A) or c * size < 1e-9 * abs(u)):
            break
        last = size
    return A, u
