"""Sums whose order is fixed by the data alone, never by threads or by the width of a vector register."""

import numpy as np

from .._jit import inline, kernel

LANES = 64


@inline
def fold(lanes):
    """Sum a short array pairwise, in place; the length is a power of two."""
    width = lanes.size // 2
    while width > 0:
        for i in range(width):
            lanes[i] += lanes[i + width]
        width //= 2
    return lanes[0]


@kernel
def total(x):
    """Sum of x (n,) in a fixed order: 64 interleaved running sums, folded pairwise.

    The rounding error grows as n/64 at worst, against n for a running sum.
    """
    lanes = np.zeros(LANES)
    whole = x.size - x.size % LANES
    for start in range(0, whole, LANES):
        for i in range(LANES):
            lanes[i] += x[start + i]
    for i in range(x.size - whole):
        lanes[i] += x[whole + i]
    return fold(lanes)


@kernel
def merge_rows(rows):
    """Sum rows (blocks, k) over blocks pairwise, in place; the result stands in rows[0].

    The tree depends on the number of blocks only: whichever thread filled a row, the bits are the same.
    """
    width = 1
    n = rows.shape[0]
    while width < n:
        for i in range(0, n - width, 2 * width):
            for k in range(rows.shape[1]):
                rows[i, k] += rows[i + width, k]
        width *= 2


@kernel
def merge_moments(count_a, mean_a, scatter_a, count_b, mean_b, scatter_b, mean):
    """Chan-Golub-LeVeque merge of two samples: count, mean (d,), scatter = sum |x - mean|^2.

    Writes the merged mean and returns (count, scatter); either sample may be empty.
    """
    count = count_a + count_b
    if count == 0:
        for k in range(mean.size):
            mean[k] = mean_a[k]
        return count, 0.0
    distance = 0.0
    for k in range(mean.size):
        gap = mean_b[k] - mean_a[k]
        distance += gap * gap
        mean[k] = mean_a[k] + gap * (count_b / count)
    return count, scatter_a + scatter_b + distance * (count_a / count) * count_b
