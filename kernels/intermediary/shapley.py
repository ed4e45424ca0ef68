"""Shapley values of the precision game by random orders (MODEL 4.3).

A coalition matters through two running sums, B = sum lambda e and C = 1/v + sum lambda^2 e. By the rank-one
update of an inverse, a creator who joins adds

    Phi(S + i) - Phi(S) = e (C - lambda B)^2 / (C (C + lambda^2 e))

which is never negative and subtracts nothing large: O(1) per creator per order.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, kernel
from ..random.philox import philox, unit
from ..random.shuffle import shuffle

ONE = np.uint64(1)
LOADING, EFFORT, TOTAL, SQUARE = 0, 1, 2, 3


class Orders(NamedTuple):
    """Random orders number `start` .. `start` + `units` - 1, and the counters that they are drawn from."""

    key: NDArray[np.uint64]
    replicate: np.uint64
    start: np.uint64
    units: int


class Game(NamedTuple):
    """1/v, and the integrals of A and A^2 along the diagonal: they give Aumann-Shapley values."""

    floor: float
    first: float
    second: float


class Joined(NamedTuple):
    """Contribution of a creator to a coalition, and the sums B and C of the coalition with that creator."""

    gain: float
    B: float
    C: float


@inline
def join(lam, e, B, C):
    """Marginal contribution e (C - lambda B)^2 / (C (C + lambda^2 e)) of a creator to the coalition (B, C)."""
    b = lam * e
    grown = C + lam * b
    gap = C - lam * B
    square = gap * gap
    scale = C * grown
    if 1e-290 < square < 1e290 and 1e-290 < scale < 1e290:
        return Joined(e * gap * gap / scale, B + b, grown)
    return Joined(e * (gap / C) * (gap / grown), B + b, grown)  # products of sums leave the range of numbers


@inline
def add_deviation(state, i, x, game):
    """Add x less creator i's Aumann-Shapley value e (1 - 2 lambda first + lambda^2 second), and its square."""
    lam = state[i, LOADING]
    gap = x - state[i, EFFORT] * (1.0 - 2.0 * lam * game.first + lam * lam * game.second)
    state[i, TOTAL] += gap
    state[i, SQUARE] += gap * gap


@kernel
def shapley(orders, game, antithetic, limit, state):
    """Add up marginal contributions Phi(S + i) - Phi(S) in random orders; returns how many were computed.

    state (n, 4) holds loading, effort, and the sums over units of x - a and (x - a)^2, in one row of memory:
    a random order costs one cache miss per creator. x is a unit's estimate: the marginal contribution in one
    order or, antithetic, its mean over an order and the reverse. a is the creator's Aumann-Shapley value, about
    which the variance does not cancel. An order stops once Phi of the coalition exceeds `limit`: those who have
    not joined get 0.
    """
    n = state.shape[0]
    permutation = np.empty(n, np.int32)
    forth = np.empty(n if antithetic else 0)
    done = 0
    for k in range(orders.units):
        shuffle(orders.key, orders.start + np.uint64(k), orders.replicate, permutation)
        B, C, phi = 0.0, game.floor, 0.0
        for j in range(n):
            i = permutation[j]
            gain = 0.0
            if phi <= limit:
                gain, B, C = join(state[i, LOADING], state[i, EFFORT], B, C)
                phi += gain
                done += 1
            if antithetic:
                forth[j] = gain
            else:
                add_deviation(state, i, gain, game)
        if antithetic:
            B, C, phi = 0.0, game.floor, 0.0
            for step in range(n):
                j = n - 1 - step
                i = permutation[j]
                gain = 0.0
                if phi <= limit:
                    gain, B, C = join(state[i, LOADING], state[i, EFFORT], B, C)
                    phi += gain
                    done += 1
                add_deviation(state, i, 0.5 * (forth[j] + gain), game)
    return done


@kernel
def stratified_shapley(orders, game, state):
    """Add up contributions to coalitions of every order of magnitude; every order is a unit of its own.

    The coalition that a creator meets has each size 0..n - 1 with equal chance, and what it is worth to join is
    decided by the first few. From each of the strata {0}, {1}, {2, 3}, {4..7}.. one size k is drawn; a creator's
    unit is the mean over strata, weighted by their length, of the contribution to the first k others of the order.
    Whoever stands among the first k is taken out of the first k + 1. `state` as in `shapley`.
    """
    key, replicate, floor = orders.key, orders.replicate, game.floor
    n = state.shape[0]
    permutation, place = np.empty(n, np.int32), np.empty(n, np.int32)
    strata = 1
    while (1 << (strata - 1)) < n:
        strata += 1
    size, weight = np.empty(strata, np.int64), np.empty(strata)
    B, C, B1, C1 = np.empty(strata), np.empty(strata), np.empty(strata), np.empty(strata)
    for number in range(orders.units):
        order = orders.start + np.uint64(number)
        shuffle(key, order, replicate, permutation)
        for s in range(strata):
            low = (1 << s) >> 1
            high = min(1 << s, n)
            w0, w1, _, _ = philox(key[0], key[1], np.uint64(s), ONE, order, replicate)
            size[s] = low + int((1.0 - unit(w0, w1)) * (high - low))
            weight[s] = (high - low) / n
        b, c, s = 0.0, floor, 0
        for j in range(n):
            i = permutation[j]
            place[i] = j
            meets = s < strata and size[s] == j
            if meets:
                B[s], C[s] = b, c
            own = state[i, LOADING] * state[i, EFFORT]
            b += own
            c += state[i, LOADING] * own
            if meets:
                B1[s], C1[s] = b, c
                s += 1
        for i in range(n):
            lam, e = state[i, LOADING], state[i, EFFORT]
            own = lam * e
            x = 0.0
            for s in range(strata):
                inside = place[i] < size[s]
                b = B1[s] - own if inside else B[s]
                c = max(C1[s] - lam * own, floor) if inside else C[s]
                x += weight[s] * join(lam, e, b, c).gain
            add_deviation(state, i, x, game)
