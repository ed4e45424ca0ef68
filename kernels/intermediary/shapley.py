"""Shapley values of the precision game by random orders (MODEL 4.3).

A coalition matters through two running sums, B = sum lambda e and C = 1/v + sum lambda^2 e. By the rank-one
update, a creator who joins adds

    Phi(S + i) - Phi(S) = e (C - lambda B)^2 / (C (C + lambda^2 e))

which is never negative and subtracts nothing large: O(1) per creator per order.
"""

import numpy as np

from .._jit import inline, kernel
from ..random.philox import philox, unit

ZERO = np.uint64(0)
ONE = np.uint64(1)
DRAWS = 512
LOADING, EFFORT, TOTAL, SQUARE = 0, 1, 2, 3


@inline
def join(lam, e, B, C):
    """Marginal contribution of a creator to the coalition (B, C), and the coalition with that creator."""
    b = lam * e
    grown = C + lam * b
    gap = C - lam * B
    return e * gap * gap / (C * grown), B + b, grown


@kernel
def shuffle(key, order, replicate, permutation):
    """Random order number `order` (uint64) of 0..n - 1: Fisher-Yates, swap j from half of lane j // 2.

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
            other = j + int(draws[j - start] * (n - j))
            here = permutation[j]
            permutation[j] = permutation[other]
            permutation[other] = here


@inline
def record(state, i, x, first, second):
    """Add x, less creator i's Aumann-Shapley value, and its square to the creator's sums."""
    lam = state[i, LOADING]
    gap = x - state[i, EFFORT] * (1.0 - 2.0 * lam * first + lam * lam * second)
    state[i, TOTAL] += gap
    state[i, SQUARE] += gap * gap


@kernel
def shapley(key, replicate, start, orders, antithetic, floor, limit, first, second, state):
    """Follow `orders` units of random orders from number `start` on; returns the contributions computed.

    state (n, 4) holds loading, effort, and the sums over units of x - a and (x - a)^2, in one row of memory:
    a random order costs one cache miss per creator. x is a unit's estimate: the marginal contribution in one
    order or, antithetic, its mean over an order and the reverse. a = e (1 - 2 lambda first + lambda^2 second)
    is the creator's Aumann-Shapley value, about which the variance does not cancel. `floor` is 1/v. An order
    stops once Phi of the coalition exceeds `limit`: those who have not joined get 0.
    """
    n = state.shape[0]
    permutation = np.empty(n, np.int32)
    forth = np.empty(n if antithetic else 0)
    done = 0
    for k in range(orders):
        shuffle(key, start + np.uint64(k), replicate, permutation)
        B, C, phi = 0.0, floor, 0.0
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
                record(state, i, gain, first, second)
        if antithetic:
            B, C, phi = 0.0, floor, 0.0
            for step in range(n):
                j = n - 1 - step
                i = permutation[j]
                gain = 0.0
                if phi <= limit:
                    gain, B, C = join(state[i, LOADING], state[i, EFFORT], B, C)
                    phi += gain
                    done += 1
                record(state, i, 0.5 * (forth[j] + gain), first, second)
    return done


@kernel
def stratified(key, replicate, start, orders, floor, first, second, state):
    """`shapley` with coalitions of every order of magnitude: each order a unit, its number the same random order.

    The coalition that a creator meets has each size 0..n - 1 with equal chance, and what it is worth to join is
    decided by the first few. From each of the strata {0}, {1}, {2, 3}, {4..7}.. one size k is drawn; a creator's
    unit is the mean over strata, weighted by their length, of the contribution to the first k others of the order.
    Whoever stands among the first k is taken out of the first k + 1.
    """
    n = state.shape[0]
    permutation, place = np.empty(n, np.int32), np.empty(n, np.int32)
    strata = 1
    while (1 << (strata - 1)) < n:
        strata += 1
    size, weight = np.empty(strata, np.int64), np.empty(strata)
    B, C, B1, C1 = np.empty(strata), np.empty(strata), np.empty(strata), np.empty(strata)
    for number in range(orders):
        order = start + np.uint64(number)
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
                x += weight[s] * join(lam, e, b, c)[0]
            record(state, i, x, first, second)
