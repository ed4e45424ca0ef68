"""Draws from a discrete law in constant time: Walker's alias tables, built by Vose's algorithm (Vose 1991).

A table of K columns holds `accept` (K,) float64 and `other` (K,) int64: a uniform picks a column, which stands for
itself with probability accept and for other else.
"""

import numpy as np

from .._jit import inline, kernel


@kernel
def alias_table(p, accept, other):
    """Build the alias table of probabilities p (K,)."""
    size = p.size
    small = np.empty(size, np.int64)
    large = np.empty(size, np.int64)
    n_small = 0
    n_large = 0
    for i in range(size):
        accept[i] = p[i] * size
        other[i] = i
        if accept[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        low = small[n_small]
        high = large[n_large - 1]
        other[low] = high
        accept[high] -= 1.0 - accept[low]
        if accept[high] < 1.0:
            n_large -= 1
            small[n_small] = high
            n_small += 1
    for i in range(n_small):  # what is left over is 1 up to rounding: columns that stand for themselves alone
        accept[small[i]] = 1.0
    for i in range(n_large):
        accept[large[i]] = 1.0


@inline
def alias_index(u, accept, other):
    """Outcome 0..K-1 of a uniform u in [0, 1)."""
    x = u * accept.size
    column = min(int(x), accept.size - 1)
    return column if x - column < accept[column] else other[column]
