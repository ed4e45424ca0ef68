"""One period of a population of creators under a regime (MODEL 6.4).

A creator with loading lambda who takes part sells effort e = p / k at the price p = scale (1 - lambda A)^2 + flat and
nets rent p^2 / (2 k) + lump (m e (1 - 2 lambda I + lambda^2 II) - k e^2 / 2), I and II the integrals of A and A^2.
"""

from typing import NamedTuple

import numpy as np

from .._jit import kernel
from ..random.philox import philox, unit

OUT, IN, SOLD = 0, 1, 2
EFFORT, FIRST, SECOND, PAID, COST, INNOVATORS, IMITATORS, ACTIVE = 0, 1, 2, 3, 4, 5, 6, 7
INNOVATIVE = 8
"""First of the sums of e, lambda e, lambda^2 e and pay over innovators alone."""
SUMS = 12


class Terms(NamedTuple):
    """Prices of a period and what creators net; `once` where each sells a single time."""

    A: float
    scale: float
    flat: float
    k: float
    rent: float
    lump: float
    life: float
    first: float
    second: float
    once: bool


class Draws(NamedTuple):
    """Counters of a period's draws from creator `lane` on, an even number, and the chance to reconsider."""

    key: np.ndarray
    replicate: np.uint64
    step: np.uint64
    lane: int
    chance: float


@kernel
def period(draws, terms, loading, outside, state, sums):
    """Let creators reconsider with a chance, and add up those who take part: sums (SUMS,).

    loading, outside (n,); state (n,) uint8 is OUT, IN or SOLD and is renewed.
    """
    n = loading.size
    A, k = terms.A, terms.k
    key, replicate, step, lane, chance = draws
    u, spare = 1.0, 1.0
    for i in range(n):
        if i % 2 == 0:
            w0, w1, w2, w3 = philox(key[0], key[1], np.uint64((lane + i) >> 1), np.uint64(0), step, replicate)
            u, spare = unit(w0, w1), unit(w2, w3)
        else:
            u = spare
        lam = loading[i]
        y = 1.0 - lam * A
        p = terms.scale * y * y + terms.flat
        e = p / k
        cost = 0.5 * p * e
        net = terms.rent * cost + terms.lump * (
            terms.life * e * (1.0 - 2.0 * lam * terms.first + lam * lam * terms.second) - cost
        )
        if u <= chance and state[i] != SOLD:
            state[i] = IN if net >= outside[i] else OUT
        if state[i] == IN:
            sums[EFFORT] += e
            sums[FIRST] += lam * e
            sums[SECOND] += lam * lam * e
            sums[PAID] += net + cost
            sums[COST] += cost
            if lam < 0.5:
                sums[INNOVATORS] += net - outside[i]
                sums[INNOVATIVE] += e
                sums[INNOVATIVE + 1] += lam * e
                sums[INNOVATIVE + 2] += lam * lam * e
                sums[INNOVATIVE + 3] += net + cost
            else:
                sums[IMITATORS] += net - outside[i]
            sums[ACTIVE] += 1.0
            if terms.once:
                state[i] = SOLD
