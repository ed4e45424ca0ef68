"""Random permutations, and samples without replacement, from counters."""

import numpy as np

from .._jit import inline, inner
from .philox import philox, unit

ZERO = np.uint64(0)
DRAWS = 512


@inline
def partner(u, first, end):
    """Place among first..end - 1 that a Fisher-Yates shuffle exchanges an item with, first + floor(u (end - first)).

    u in [0, 1) of 52 bits: below 2^52 items the product never rounds up to end - first.
    """
    return first + int(u * (end - first))


@inline
def bring_forward(items, size, n, units):
    """Exchange items (N,) so that items[:n] are drawn from items[:size] without replacement, with units (n,)."""
    for j in range(n):
        other = partner(units[j], j, size)
        items[j], items[other] = items[other], items[j]


@inner
def shuffle(key, order, replicate, permutation):
    """Write random permutation number `order` (uint64) of 0..n - 1: Fisher-Yates, swap j from half of lane j // 2.

    An index is floor(u m) with u of 52 bits, m <= 2^32 choices left: probabilities off by less than 2^-20 of
    themselves.
    """
    n = permutation.size
    for j in range(n):
        permutation[j] = j
    draws = np.empty(DRAWS)
    for start in range(0, n - 1, DRAWS):
        lane = np.uint64(start // 2)
        for j in range(DRAWS // 2):
            w0, w1, w2, w3 = philox(key[0], key[1], lane + np.uint64(j), ZERO, order, replicate)
            draws[2 * j] = 1.0 - unit(w0, w1)
            draws[2 * j + 1] = 1.0 - unit(w2, w3)
        for j in range(start, min(start + DRAWS, n - 1)):
            other = partner(draws[j - start], j, n)
            here = permutation[j]
            permutation[j] = permutation[other]
            permutation[other] = here
