"""Binomials and statistics of pools for many replicates in one call, with the bits of `variates` one at a time.

What takes time is done in loops that vectorise, over draws of many replicates: counters, logarithms, proposals. A draw
that an attempt leaves open is on the list of the next one.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log1p
from .normals import normal_pair
from .philox import MASK, philox, unit
from .variates import MOST, SQUEEZE, chi_square, hat_of, is_under, proposal, sequential_search

ZERO = np.uint64(0)
ONE = np.uint64(1)
TWO = np.uint64(2)


class Asked(NamedTuple):
    """Binomials asked for, each (k,): trials, chance, its lane and replicate as uint64, and room for what is drawn."""

    n: np.ndarray
    p: np.ndarray
    lane: np.ndarray
    replicate: np.ndarray
    drawn: np.ndarray


class Room(NamedTuple):
    """Workspace of the draws of a call: places (3, k) int64, counters (2, k) uint64, numbers (6, k)."""

    place: np.ndarray
    counter: np.ndarray
    number: np.ndarray


class Pools(NamedTuple):
    """Pools side by side: human and synthetic items (L,), mean (d, L) and variance (L,) of the synthetic ones."""

    human: np.ndarray
    synthetic: np.ndarray
    mean: np.ndarray
    s2: np.ndarray


def asked_and_room(k: int) -> tuple[Asked, Room]:
    """Room for at most k binomials in one call."""
    n, p, drawn = np.empty((3, k))
    lane, replicate = np.empty((2, k), np.uint64)
    return Asked(n, p, lane, replicate, drawn), Room(
        np.empty((3, k), np.int64), np.empty((2, k), np.uint64), np.empty((6, k))
    )


@inline
def attempt(key, step, block, which, asked, room):
    """Copy the draws at places `which` to the front of the room: trials, lesser chance, two uniforms of this block."""
    lane, replicate = room.counter[0], room.counter[1]
    m, q, u, v = room.number[0], room.number[1], room.number[2], room.number[3]
    for j in range(which.size):
        i = which[j]
        m[j] = asked.n[i]
        q[j] = min(asked.p[i], 1.0 - asked.p[i])
        lane[j] = asked.lane[i]
        replicate[j] = asked.replicate[i]
    k0, k1 = key[0], key[1]
    for j in range(which.size):
        w0, w1, w2, w3 = philox(k0, k1, lane[j] & MASK, block, step, replicate[j] & MASK)
        u[j] = unit(w0, w1)
        v[j] = unit(w2, w3)
    return m, q, u, v


@inline
def invert(key, step, which, asked, room):
    """Draw by sequential search the binomials at places `which`, which is used up."""
    none = room.number[4]
    block = ZERO
    left = which.size
    while left > 0:
        m, q, u, _ = attempt(key, step, block, which[:left], asked, room)
        for j in range(left):
            none[j] = exp(m[j] * log1p(-q[j]))
        again = 0
        for j in range(left):
            i = which[j]
            x = sequential_search(u[j], none[j], m[j], q[j])
            asked.drawn[i] = x if asked.p[i] <= 0.5 else asked.n[i] - x
            which[again] = i
            again += 0 if x <= m[j] and x < MOST else 1
        left = again
        block += ONE


@inline
def reject(key, step, which, asked, room):
    """Draw by transformed rejection the binomials at places `which`, which is used up."""
    found, under, tested = room.number[4], room.number[5], room.place[2]
    block = ZERO
    left = which.size
    while left > 0:
        m, q, u, v = attempt(key, step, block, which[:left], asked, room)
        for j in range(left):
            found[j] = proposal(u[j] - 0.5, v[j], m[j], hat_of(m[j], q[j]))
        again = open_ = 0
        for j in range(left):
            i, k = which[j], found[j]
            asked.drawn[i] = k if asked.p[i] <= 0.5 else asked.n[i] - k
            which[again] = i
            again += 1 if k == -1.0 else 0
            tested[open_] = i
            m[open_], q[open_], u[open_], v[open_], found[open_] = m[j], q[j], u[j], v[j], -2.0 - k
            open_ += 1 if k < -1.5 else 0
        for j in range(open_):
            hat = hat_of(m[j], q[j])
            under[j] = 1.0 if is_under(found[j], u[j] - 0.5, v[j], m[j], q[j], hat) else 0.0
        for j in range(open_):
            i, k = tested[j], found[j]
            asked.drawn[i] = k if asked.p[i] <= 0.5 else asked.n[i] - k
            which[again] = i
            again += 1 if under[j] == 0.0 else 0
        left = again
        block += ONE


@kernel
def binomials(key, step, count, asked, room):
    """Write the first `count` binomials that are asked for: `variates.binomial` of their lanes and replicates."""
    few = many = 0
    inverted, rejected = room.place[0], room.place[1]
    for i in range(count):
        n, p = asked.n[i], asked.p[i]
        open_ = n > 0.0 and p > 0.0 and p < 1.0
        little = n * min(p, 1.0 - p) < 10.0
        asked.drawn[i] = n if n > 0.0 and p >= 1.0 else 0.0
        inverted[few] = i
        rejected[many] = i
        few += 1 if open_ and little else 0
        many += 1 if open_ and not little else 0
    invert(key, step, inverted[:few], asked, room)
    reject(key, step, rejected[:many], asked, room)


@inline
def squeezed(k0, k1, lane, step, replicate, degrees):
    """Chi-square whose first attempt the squeeze accepts; -1 otherwise, and below two degrees of freedom."""
    shape = 0.5 * degrees
    d = shape - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    x, _ = normal_pair(k0, k1, lane, ZERO, step, replicate)
    w0, w1, _, _ = philox(k0, k1, lane, ONE, step, replicate)
    root = 1.0 + c * x
    v = root * root * root
    square = x * x
    accepted = root > 0.0 and unit(w0, w1) < 1.0 - SQUEEZE * square * square
    return 2.0 * (d * v) if accepted and shape >= 1.0 else -1.0


@kernel
def gaussian_pools(key, step, first, pools, sums):
    """Statistics of `variates.gaussian_pool` for replicates from `first` on.

    sums (3 + d, L): rows 0 and 1 are workspace, row 2 is sum |y|^2, row 3 + k is sum y_k, y an item less the mean.
    """
    k0, k1 = key[0], key[1]
    lanes = sums.shape[1]
    d = pools.mean.shape[0]
    z, chi, total = sums[0], sums[1], sums[2]
    sums[2:] = 0.0
    for origin in range(2):
        items = pools.human if origin == 0 else pools.synthetic
        lane = np.uint64(origin)
        for j in range(lanes):
            chi[j] = squeezed(k0, k1, lane, step, first + np.uint64(j), (items[j] - 1.0) * d)
        for j in range(lanes):
            if chi[j] < 0.0:
                chi[j] = chi_square(k0, k1, lane, step, first + np.uint64(j), (items[j] - 1.0) * d)
            s = 1.0 if origin == 0 else np.sqrt(pools.s2[j])
            chi[j] *= s * s
        for k in range(d):
            row, mean = sums[3 + k], pools.mean[k]
            coordinate = lane + TWO * np.uint64(1 + k)
            for j in range(lanes):
                z[j], _ = normal_pair(k0, k1, coordinate, ZERO, step, first + np.uint64(j))
            for j in range(lanes):
                n = items[j]
                s = 1.0 if origin == 0 else np.sqrt(pools.s2[j])
                centre = s * z[j] / np.sqrt(n) - (mean[j] if origin == 0 else 0.0)
                row[j] += n * centre if n > 0.0 else 0.0
                chi[j] += n * centre * centre
        for j in range(lanes):
            total[j] += chi[j] if items[j] > 0.0 else 0.0
