"""Shapley value of a seller who comes under several names with one signal (MODEL 6.4).

Copies add nothing once one of them is in. In a random order the first of m + 1 names comes at the least of m + 1
uniform times, and all that is earned is what the signal adds to those who came before.
"""

import numpy as np

from .._jit import kernel
from ..intermediary.shapley import join
from ..numerics.elementary import exp, log
from ..random.philox import philox, unit

ZERO, ONE = np.uint64(0), np.uint64(1)


@kernel
def copied_shapley(key, replicate, game, copies, orders, out):
    """Mean contribution of creator 0 by its number of copies: out (M,), over random orders common to all of them.

    game is (loading (n,), effort (n,), 1/v). Times of creators are uniforms of (lane j, step order).
    """
    loading, effort, floor = game
    n = loading.size
    time = np.empty(n)
    out[:] = 0.0
    for k in range(orders):
        for j in range(n):
            w0, w1, _, _ = philox(key[0], key[1], np.uint64(j), ZERO, np.uint64(k), replicate)
            time[j] = unit(w0, w1)
        for m in range(copies.size):
            first = 1.0 - exp(log(time[0]) / (copies[m] + 1.0))
            B, C = 0.0, floor
            for j in range(1, n):
                if time[j] < first:
                    own = loading[j] * effort[j]
                    B += own
                    C += loading[j] * own
            out[m] += join(loading[0], effort[0], B, C).gain
    for m in range(copies.size):
        out[m] /= orders
