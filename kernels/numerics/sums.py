"""Sums whose order is fixed by the data alone, never by threads or by the width of a vector register.

A long sum is cut into blocks of 1024 items. Within a block 64 interleaved sums run over 16 rows and are then folded
pairwise; block sums are added pairwise as they come, by the carries of a binary counter. The rounding error is at most
16 + log2(n / 16) units of the sum of magnitudes, where a running sum has n.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from .._jit import inline, kernel
from . import vectors

LANES = 64
HALF = LANES // 2
ROWS = 16
BLOCK = ROWS * LANES
LEVELS = 48  # of the tree over blocks


@inline
def fold(lanes):
    """Sum a short array pairwise, in place, as if zeros made its length a power of two.

    Lanes that no item can reach are zeros, so that as many sums as there are items give the bits of any larger number.
    """
    size, width = lanes.size, 1
    while 2 * width < size:
        width *= 2
    while size > 1:
        for i in range(size - width):
            lanes[i] += lanes[i + width]
        size = width
        width //= 2
    return lanes[0]


@inline
def running(x):
    """Sum of x (n,) from the first item on."""
    sum_ = 0.0
    for i in range(x.size):
        sum_ += x[i]
    return sum_


@inline
def carry(levels, count, value):
    """Add the sum of block number `count`, from 0 on, to a tree: levels (LEVELS,) holds its complete halves."""
    level = 0
    while count & 1:
        value = levels[level] + value
        count >>= 1
        level += 1
    levels[level] = value


@inline
def carried(levels, count, rest):
    """Sum of a tree of `count` blocks and of what came after them."""
    level = 0
    while count > 0:
        if count & 1:
            rest = levels[level] + rest
        count >>= 1
        level += 1
    return rest


def _is_vector(x):
    return isinstance(x, types.Array) and x.ndim == 1 and x.layout == "C" and x.dtype == types.float64


def _float64(x):
    """The items x as a contiguous vector of float64, copied only where they are not one."""
    return np.ascontiguousarray(x, np.float64)


@overload(_float64, inline="always")
def _of_array(x):
    return (lambda x: x) if _is_vector(x) else (lambda x: x.astype(np.float64))


@inline
def block_sum(x, start, rows):
    """Sum of the items from `start` on of x (n,), `rows` rows of 64 interleaved sums; zeros beyond the end of x."""
    first = vectors.load(x, start)
    second = vectors.load(x, start + HALF)
    for row in range(1, rows):
        first += vectors.load(x, start + row * LANES)
        second += vectors.load(x, start + row * LANES + HALF)
    return vectors.total(first + second)


@inline
def row_total(x, n):
    """Sum of the first n > 0 items of x in a fixed order, by rows of 32; for n <= 64 that of `total`, bit for bit.

    What stands behind them, up to a whole row, is overwritten with zeros.
    """
    for i in range(n, (n + vectors.BLOCK - 1) // vectors.BLOCK * vectors.BLOCK):
        x[i] = 0.0
    found = vectors.load(x, 0)
    for start in range(vectors.BLOCK, n, vectors.BLOCK):
        found += vectors.load(x, start)
    return vectors.total(found)


@kernel
def total(x):
    """Sum of x (n,) in a fixed order, pairwise over blocks (see the head of the module)."""
    items = _float64(x)
    levels = np.empty(LEVELS)
    whole = items.size // BLOCK
    for block in range(whole):
        carry(levels, block, block_sum(items, block * BLOCK, ROWS))
    left = items.size - whole * BLOCK
    rest = block_sum(items, whole * BLOCK, (left + LANES - 1) // LANES) if left > 0 else 0.0
    return carried(levels, whole, rest)


def of_squares(x: NDArray[np.float64]) -> float:
    """Sum of the squares of x (n,) as `total` adds them; of one number nothing is added, and nothing compiled."""
    squares = x * x
    return float(squares[0] if x.size == 1 else total(squares))


def merge_rows(rows: NDArray[Any]) -> None:
    """Sum rows (blocks, k) over blocks pairwise, in place; the result stands in rows[0].

    The tree depends on the number of blocks only: whichever thread filled a row, the bits are the same. A single row is
    its own sum.
    """
    if rows.shape[0] > 1:
        merge_many(rows)


@kernel
def merge_many(rows):
    """`merge_rows` for any number of rows."""
    width = 1
    n = rows.shape[0]
    while width < n:
        for i in range(0, n - width, 2 * width):
            for k in range(rows.shape[1]):
                rows[i, k] += rows[i + width, k]
        width *= 2
