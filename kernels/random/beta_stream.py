"""Endless sequences of uniform or Beta variates, drawn chunk by chunk wherever one starts.

Variate i is a function of (key, replicate, i) alone. A kernel that sums over the sequence fills one chunk at a time and
forgets it: memory stays O(1) however many variates there are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, kernel
from ..numerics.copies import copy
from ..numerics.sums import LANES, fold
from .philox import philox, unit
from .variates import gamma

ROWS = 8
CHUNK = LANES * ROWS
HALF = CHUNK // 2
UNIFORM = 0
BETA = 1
ZERO = np.uint64(0)
ONE_STEP = np.uint64(1)


class Stream(NamedTuple):
    """A law and the counters that its variates are drawn from.

    UNIFORM: on [a, a + b). BETA: with shapes a and b.
    """

    kind: int
    a: float
    b: float
    key: NDArray[np.uint64]
    replicate: np.uint64


@inline
def fill(stream, first, n, x):
    """Write variates first..first + n - 1 into x (CHUNK,); first is a multiple of CHUNK, n at most CHUNK.

    UNIFORM: two variates of a chunk, HALF apart, share a block. BETA: each variate has a lane of its own, with one step
    for each of its two gamma variates.
    """
    k0, k1, replicate = stream.key[0], stream.key[1], stream.replicate
    a, b = stream.a, stream.b
    if stream.kind == UNIFORM:
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


@kernel
def draw(stream, first, out):
    """Write variates first..first + n - 1 of a stream into out (n,); first is a multiple of CHUNK."""
    x = np.empty(CHUNK)
    for start in range(0, out.size, CHUNK):
        count = min(CHUNK, out.size - start)
        fill(stream, first + start, count, x)
        copy(x, out[start : start + count])


@kernel
def count_successes(share, key, replicate, first, n):
    """Number of successes among trials first..first + n - 1, each with chance `share`: an exact integer.

    Trial i succeeds where the uniform variate behind number i of a UNIFORM stream is at most the share.
    """
    lanes = np.zeros(HALF)
    for start in range(0, n, CHUNK):
        lane = np.uint64((first + start) // 2)
        count = n - start
        for j in range(HALF):
            w0, w1, w2, w3 = philox(key[0], key[1], lane + np.uint64(j), ZERO, ZERO, replicate)
            lanes[j] += 1.0 if unit(w0, w1) <= share and j < count else 0.0
            lanes[j] += 1.0 if unit(w2, w3) <= share and j + HALF < count else 0.0
    return fold(lanes)
