"""The median of a vector. That of NumPy within a kernel takes a second to compile."""

import numpy as np

from .._jit import inner
from .copies import copy


@inner
def median(x):
    """Median of x (n,), n > 0 and no item NaN: Hoare's selection on a copy (Hoare 1961)."""
    y = np.empty(x.size)
    copy(x, y)
    half = y.size // 2
    low, high = 0, y.size - 1
    while low < high:  # y[:low] <= y[low : high + 1] <= y[high + 1 :], and the wanted item is in the middle
        pivot = y[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while y[i] < pivot:
                i += 1
            while y[j] > pivot:
                j -= 1
            if i <= j:
                y[i], y[j] = y[j], y[i]
                i += 1
                j -= 1
        low, high = (low, j) if half <= j else (i, high) if half >= i else (half, half)
    if y.size % 2 == 1:
        return y[half]
    below = y[0]
    for k in range(1, half):
        below = max(below, y[k])
    return (below + y[half]) / 2
