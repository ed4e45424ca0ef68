"""Creators' efforts: one pass over the loadings settles market and planner (MODEL 4.1).

With y = 1 - lambda A every aggregate is a sum of lambda^a |y|^b. Near a homogeneous population y is small and
such sums, written in plain powers of lambda, cancel; all are therefore taken about a centre c: d = lambda -
c, u = 1 - c A, y = u - d A. The pair (A, u) is carried together, each accurate where the other is not.

    W_j = sum lambda d^j, j = 0..3        D_j = sum d^j, j = 0..4
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import TINY, exp, log_in_range
from ..numerics.sums import LANES, fold
from ..random.beta_stream import CHUNK, ROWS, Stream, fill

LARGEST = 1.7976931348623157e308  # of the numbers


class Point(NamedTuple):
    """A trial value of the aggregate A about the centre c, with u = 1 - c A."""

    c: float
    u: float
    A: float


class PowerLanes(NamedTuple):
    """Running sums (LANES,) of the powers, and the least loading so far.

    Eight vectors, not the rows of one array: LLVM then knows that they do not overlap (a quarter of the time).
    """

    w0: np.ndarray
    w1: np.ndarray
    w2: np.ndarray
    w3: np.ndarray
    d2: np.ndarray
    d3: np.ndarray
    d4: np.ndarray
    low: np.ndarray


class ResponseLanes(NamedTuple):
    """Running sums (LANES,) of lambda |y|^q y, lambda^2 |y|^q and |y|^(q+2)."""

    supply: np.ndarray
    slope: np.ndarray
    energy: np.ndarray


@inline
def power(y, q):
    """|y|^q for q > 0, with 0 at y = 0, and inf at infinities."""
    a = abs(y)
    p = exp(q * log_in_range(min(max(a, TINY), LARGEST)))
    p = p if a >= TINY else 0.0
    return a if a == np.inf else p


@inline
def power_lanes():
    """Empty running sums of the powers."""
    return PowerLanes(
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.full(LANES, np.inf),
    )


@inline
def add_powers(x, n, c, lanes):
    """Add lambda d^j (j = 0..3) and d^j (j = 2..4) of the loadings x[:n], n <= CHUNK, to running sums."""
    w0, w1, w2, w3, d2, d3, d4, low = lanes
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
def fold_powers(lanes, out):
    """Fold running sums into out (7,) = W0..W3, D2..D4, and return the least loading."""
    out[0], out[1], out[2], out[3] = fold(lanes.w0), fold(lanes.w1), fold(lanes.w2), fold(lanes.w3)
    out[4], out[5], out[6] = fold(lanes.d2), fold(lanes.d3), fold(lanes.d4)
    least = np.inf
    for i in range(LANES):
        least = min(least, lanes.low[i])
    return least


@inline
def add_response(x, n, point, q, lanes):
    """Add lambda |y|^q y, lambda^2 |y|^q and |y|^(q+2) of the loadings x[:n], n <= CHUNK, to running sums."""
    c, u, A = point
    supply, slope, energy = lanes
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


@kernel
def powers(x, c, out):
    """Sum powers of loadings x (n,) about c: out (7,) = W0..W3, D2..D4; the least loading is returned.

    NaN goes into the sums.
    """
    lanes = power_lanes()
    for start in range(0, x.size, CHUNK):
        n = min(CHUNK, x.size - start)
        add_powers(x[start : start + CHUNK], n, c, lanes)
    return fold_powers(lanes, out)


@inline
def sum_stream(stream, first, n, c, x, out):
    """Sum `powers` over the n creators from `first` on; x (CHUNK,) is room."""
    lanes = power_lanes()
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        fill(stream, first + start, count, x)
        add_powers(x, count, c, lanes)
    return fold_powers(lanes, out)


@kernel
def stream_powers(stream, first, n, c, out):
    """Sum `powers` over the n creators from `first` on, drawn chunk by chunk and forgotten."""
    return sum_stream(stream, first, n, c, np.empty(CHUNK), out)


@kernel
def response(x, point, q, out):
    """Sum responses of loadings x (n,): out (3,) = sum lambda |y|^q y, sum lambda^2 |y|^q, sum |y|^(q+2)."""
    lanes = ResponseLanes(np.zeros(LANES), np.zeros(LANES), np.zeros(LANES))
    for start in range(0, x.size, CHUNK):
        n = min(CHUNK, x.size - start)
        add_response(x[start : start + CHUNK], n, point, q, lanes)
    out[0], out[1], out[2] = fold(lanes.supply), fold(lanes.slope), fold(lanes.energy)


@kernel
def stream_response(stream, first, n, point, q, out):
    """Sum `response` over the n creators from `first` on, drawn chunk by chunk and forgotten."""
    lanes = ResponseLanes(np.zeros(LANES), np.zeros(LANES), np.zeros(LANES))
    x = np.empty(CHUNK)
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        fill(stream, first + start, count, x)
        add_response(x, count, point, q, lanes)
    out[0], out[1], out[2] = fold(lanes.supply), fold(lanes.slope), fold(lanes.energy)


@kernel
def efforts(x, point, q, scale, out):
    """Efforts e = scale |y|^q of creators with loadings x (n,), y = u - (lambda - c) A, into out (n,)."""
    c, u, A = point
    for i in range(x.size):
        out[i] = scale * power(u - (x[i] - c) * A, q)


@kernel
def square_efforts(x, point, scale, out):
    """Efforts e = scale y^2 of creators with loadings x (n,), for quadratic costs, into out (n,)."""
    c, u, A = point
    for i in range(x.size):
        y = u - (x[i] - c) * A
        out[i] = scale * y * y


@kernel
def scaled_powers(y, q, scale, out):
    """Scaled powers scale |y|^q of y (n,), into out (n,)."""
    for i in range(y.size):
        out[i] = scale * power(y[i], q)


@inline
def renew(A, u, c):
    """The pair (A, u) with u = 1 - c A exact again: whichever is the smaller of c A and u is kept."""
    if c * A < 0.5:
        return A, 1.0 - c * A
    return (1.0 - u) / c, u


@kernel
def cubic_root(sums, c, v, kappa):
    """Root (A, u) of f(A) = A/v - kappa (W0 u^3 - 3 u^2 A W1 + 3 u A^2 W2 - A^3 W3), u = 1 - c A.

    f increases and is a cubic: Newton's steps from its inflection point meet the root from one side. They
    stop once they no longer shrink, that is at rounding. Where loadings are so small that their fourth powers vanish
    the steps begin at A = 0, from which they come nearer, too, as f is concave up to the root.
    """
    w0, w1, w2, w3 = sums[0], sums[1], sums[2], sums[3]
    if w0 == 0.0:
        return 0.0, 1.0
    v0, v1, v2 = c * w0 + w1, c * w1 + w2, c * w2 + w3  # sum lambda^2 d^j
    bend, tilt = c * v0 + v1, c * v1 + v2  # sum lambda^3 d^j: the inflection is where sum lambda^3 y = 0
    whole = c * bend + tilt
    A, u = (bend / whole, tilt / whole) if whole != 0.0 else (0.0, 1.0)
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


@kernel
def quadratic_streams(stream, n, c, v, kappas, sums, roots):
    """Settle markets of n creators each with quadratic costs, of the stream's replicate and those after it.

    sums (R, 7) gets `stream_powers` of each, roots (R, K, 2) the `cubic_root` for each of kappas (K,).
    """
    x = np.empty(CHUNK)
    for r in range(sums.shape[0]):
        here = Stream(stream.kind, stream.a, stream.b, stream.key, stream.replicate + np.uint64(r))
        sum_stream(here, 0, n, c, x, sums[r])
        for k in range(kappas.size):
            roots[r, k, 0], roots[r, k, 1] = cubic_root(sums[r], c, v, kappas[k])
