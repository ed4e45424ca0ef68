"""Chi-squares and normals for replicates side by side, one counter a replicate (MODEL 9.2)."""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log
from ..numerics.special import deviance
from ..random.normals import normal_pair
from ..random.philox import philox, unit

LANES = 128
"""Replicates that a kernel carries side by side."""
ZERO = np.uint64(0)
ONE = np.uint64(1)
TWO = np.uint64(2)


class Place(NamedTuple):
    """Counters of draws side by side: the key's words, lane, step, and the first replicate."""

    k0: np.uint64
    k1: np.uint64
    lane: np.uint64
    step: np.uint64
    first: np.uint64


@inline
def chi_square_again(place, i, d, c):
    """Chi-square of replicate first + i by rejection (Marsaglia & Tsang 2000), where the squeeze did not accept."""
    k0, k1, lane, step, first = place
    replicate = first + np.uint64(i)
    block = ZERO
    while True:
        x, _ = normal_pair(k0, k1, lane, block, step, replicate)
        w0, w1, _, _ = philox(k0, k1, lane, block + ONE, step, replicate)
        block += TWO
        root = 1.0 + c * x
        if root > 0.0:
            v = root * root * root
            if log(unit(w0, w1)) < 0.5 * x * x - deviance(d, d * v):
                return 2.0 * d * v


@inline
def weigh_again(place, d, c, chi, room):
    """Hold the first attempts that the squeeze left, chi[i] < 0, against the law itself, and go on with the others.

    A few of a hundred are left at the end, and those of the squeeze stand side by side in room (2, LANES): this loop
    vectorises too, and its numbers are those of `chi_square_again`.
    """
    k0, k1, lane, step, first = place
    left = 0
    for i in range(chi.size):
        room[0, left] = i
        left += chi[i] < 0.0
    for k in range(left):
        replicate = first + np.uint64(room[0, k])
        x, _ = normal_pair(k0, k1, lane, ZERO, step, replicate)
        w0, w1, _, _ = philox(k0, k1, lane, ONE, step, replicate)
        root = 1.0 + c * x
        v = root * root * root
        accepted = (root > 0.0) & (log(unit(w0, w1)) < 0.5 * x * x - deviance(d, d * v))
        room[1, k] = 2.0 * d * v if accepted else -1.0
    for k in range(left):
        i = int(room[0, k])
        chi[i] = room[1, k]
        if chi[i] < 0.0:
            chi[i] = chi_square_again(place, i, d, c)


@inline
def chi_squares_and_normals(place, degrees, chi, z, room):
    """Fill chi[i] ~ chi-square with `degrees` >= 1 degrees of freedom and z[i] ~ N(0, 1), replicate first + i.

    The first attempt of every replicate is made in one loop that vectorises: its squeeze 1 - 0.0331 x^4 accepts 90 %.
    The normal of the pair that the attempt does not use is independent of whether it is accepted. room (2, LANES).
    """
    k0, k1, lane, step, first = place
    d = 0.5 * degrees - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * max(d, 1.0 / 6.0))
    for i in range(chi.size):
        replicate = first + np.uint64(i)
        x, z[i] = normal_pair(k0, k1, lane, ZERO, step, replicate)
        w0, w1, _, _ = philox(k0, k1, lane, ONE, step, replicate)
        root = 1.0 + c * x
        square = x * x
        accepted = (root > 0.0) & (unit(w0, w1) < 1.0 - 0.0331 * square * square)
        found = 2.0 * d * root * root * root if accepted else -1.0
        chi[i] = square if degrees < 1.5 else found
    weigh_again(place, d, c, chi, room)


@kernel
def many_chi_squares_and_normals(key, lane, step, first, degrees, chi, z):
    """`chi_squares_and_normals`, for a look at the draws from outside."""
    room = np.empty((2, LANES))
    for start in range(0, chi.size, LANES):
        stop = min(start + LANES, chi.size)
        begin = first + np.uint64(start)
        place = Place(key[0], key[1], lane, step, begin)
        chi_squares_and_normals(place, degrees, chi[start:stop], z[start:stop], room)
