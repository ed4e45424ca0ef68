"""Emission of Gaussian items into sufficient statistics (MODEL 1.7).

The work is that of the draws, one pair of normals for two items of a coordinate of a producer, whatever the number of
producers: many are looped over for one coordinate after the other, few along with as many coordinates as fill a tile.
Each has a kernel of its own, as few runs need both.
"""

from typing import Any, NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy
from ..numerics.sums import fold
from ..random.normals import normal_pair
from .producers import CHUNK, centred, draw_labels, lanes_of

REGISTER = 8  # producers from which on a loop over them fills a register
FEW = 64  # producers below which a loop over them alone leaves much of its registers empty


def emit(stream: Any, lane: Any, share: Any, items: int, m: Any, s: float, out: Any) -> None:
    """Emit `items` items of each producer and keep only their sufficient statistics.

    An item is human, N(0, I), with probability h_i, else synthetic, N(m, s^2 I). With y = x - m:
    out[0] = number of human items, out[1] = sum |y|^2, out[2 + k] = sum y_k, k < d. About the generator's mean
    nothing cancels, however narrow the pool has become.
    Counters: labels of items 4q..4q+3 from block q; coordinate k of items 2b, 2b+1 from block b d + k.
    """
    loops = emit_few if share.size < FEW and m.size > 1 else emit_many
    loops(stream, lane, share, items, m, s, out)


@kernel
def emit_many(stream, lane, share, items, m, s, out):
    """`emit` in loops over the producers of a chunk."""
    label_key, noise_key, step, replicate = stream
    l0, l1 = label_key[0], label_key[1]
    n0, n1 = noise_key[0], noise_key[1]
    d, lanes = m.size, lanes_of(share)
    human = np.zeros(lanes)
    square = np.zeros(lanes)
    first = np.zeros((d, lanes))
    is_human = np.empty((4, lanes))
    for start in range(0, share.size, CHUNK):
        n = min(CHUNK, share.size - start)
        own = share[start : start + n]
        base = lane + np.uint64(start)
        for q in range((items + 3) // 4):
            draw_labels(l0, l1, base, np.uint64(q), step, replicate, own, is_human)
            for j in range(min(4, items - 4 * q)):
                a = is_human[j]
                for i in range(n):
                    human[i] += a[i]
            for r in range(2):
                j = 4 * q + 2 * r
                if j >= items:
                    break
                a = is_human[2 * r]
                b = is_human[2 * r + 1]
                second = 1.0 if j + 1 < items else 0.0
                for k in range(d):
                    noise = np.uint64((j // 2) * d + k)
                    sums = first[k]
                    mk = m[k]
                    for i in range(n):
                        z0, z1 = normal_pair(n0, n1, base + np.uint64(i), noise, step, replicate)
                        y0 = centred(z0, a[i], mk, s)
                        y1 = centred(z1, b[i], mk, s) * second
                        sums[i] += y0 + y1
                        square[i] += y0 * y0 + y1 * y1
    out[0] = fold(human)
    out[1] = fold(square)
    for k in range(d):
        out[2 + k] = fold(first[k])


class Tile(NamedTuple):
    """Places (T,) of a few coordinates of n producers, side by side: place t is coordinate t // n of producer t % n.

    lane and row, uint64: the producer's lane, and t // n; mean: the generator's there; human_a, human_b: labels of two
    items; square: what the two add to the sum of squares.
    """

    lane: np.ndarray
    row: np.ndarray
    mean: np.ndarray
    human_a: np.ndarray
    human_b: np.ndarray
    square: np.ndarray


@inline
def tile_of(lane, n, rows):
    """Tile of `rows` coordinates of n producers from `lane` on, means, labels and squares not filled."""
    room, at = np.empty((4, rows * n)), np.empty((2, rows * n), np.uint64)
    for row in range(rows):
        for i in range(n):
            at[0, row * n + i], at[1, row * n + i] = lane + np.uint64(i), np.uint64(row)
    return Tile(at[0], at[1], room[0], room[1], room[2], room[3])


@inner
def add_tile(stream, tile, law, sums):
    """Add two items of each place of a tile to sums, as long as there are places left; their squares to its squares.

    stream = key, block of the first row, step, replicate; law = the generator's standard deviation, and 0 where there
    is no second item, else 1.
    """
    k0, k1, block, step, replicate = stream
    s, second = law
    lane, row, mean, a, b, square = tile
    for t in range(sums.size):
        z0, z1 = normal_pair(k0, k1, lane[t], block + row[t], step, replicate)
        y0 = centred(z0, a[t], mean[t], s)
        y1 = centred(z1, b[t], mean[t], s) * second
        sums[t] += y0 + y1
        square[t] = y0 * y0 + y1 * y1


@inner
def add_squares(terms, square):
    """Add the terms of a tile to square (n,), those of each producer in turn."""
    n = square.size
    if n < REGISTER:
        for i in range(n):
            total = square[i]
            for t in range(i, terms.size, n):
                total += terms[t]
            square[i] = total
        return
    for start in range(0, terms.size, n):
        for i in range(n):
            square[i] += terms[start + i]


@kernel
def emit_few(stream, lane, share, items, m, s, out):
    """`emit` of fewer than FEW producers, in loops over producers and coordinates at once: the same bits.

    Every sum adds the same numbers in the same order.
    """
    label_key, noise_key, step, replicate = stream
    n, d = share.size, m.size
    rows = min(d, CHUNK // n)
    human, square, first = np.zeros(n), np.zeros(n), np.zeros((d, n))
    is_human, tile = np.empty((4, n)), tile_of(lane, n, rows)
    for q in range((items + 3) // 4):
        draw_labels(label_key[0], label_key[1], lane, np.uint64(q), step, replicate, share, is_human)
        for j in range(min(4, items - 4 * q)):
            for i in range(n):
                human[i] += is_human[j, i]
        for j in range(4 * q, min(4 * q + 4, items), 2):
            for t in range(0, rows * n, n):
                copy(is_human[j % 4], tile.human_a[t : t + n])
                copy(is_human[j % 4 + 1], tile.human_b[t : t + n])
            law = (s, 1.0 if j + 1 < items else 0.0)
            for k in range(0, d, rows):
                sums = first[k : k + rows].reshape(-1)
                for row in range(sums.size // n):
                    for i in range(n):
                        tile.mean[row * n + i] = m[k + row]
                at = (noise_key[0], noise_key[1], np.uint64((j // 2) * d + k), step, replicate)
                add_tile(at, tile, law, sums)
                add_squares(tile.square[: sums.size], square)
    out[0], out[1] = fold(human), fold(square)
    for k in range(d):
        out[2 + k] = fold(first[k])
