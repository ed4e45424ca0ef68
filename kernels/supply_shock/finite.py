"""Finite populations of the supply shock: the pollution that the adopters among N producers agree on (MODEL 5.1)."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log1p
from ..numerics.search import lower_bound
from .economy import AI, RATE, WEIGHT, adopter_volume, ai_profit
from .market import pollution_bound
from .segments import OPTIONS, segmentation


@inline
def pollution_made(p, B, volume, skill, cut, option):
    """Pollution beta ln(1 + eta v n_A / N) that the n_A adopters among the skills (N,) make when they face B."""
    n = segmentation(p, B, ai_profit(0.0, B, p), cut, option)
    count = 0
    for i in range(n):
        if option[i] == AI:
            end = lower_bound(skill, 0, skill.size, cut[i + 1]) if i + 1 < n else skill.size
            count += end - lower_bound(skill, 0, skill.size, cut[i])
    return p[WEIGHT] * log1p(p[RATE] * volume * count / skill.size)


@kernel
def finite_pollution(p, skill, cells):
    """Least pollution at which the adopters among the sorted skills (N,) make no more than they face.

    The map from pollution faced to pollution made is a step function. Where it jumps across the diagonal one producer
    is indifferent, and the pollution of the jump, located to rounding, leaves that one out.
    """
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    volume = adopter_volume(p)
    high = pollution_bound(p, volume)
    if pollution_made(p, 0.0, volume, skill, cut, option) <= 0.0:
        return 0.0
    low = 0.0
    top = high
    for j in range(1, cells):
        x = top * (j * j) / (cells * cells)
        if x >= pollution_made(p, x, volume, skill, cut, option):
            high = x
            break
        low = x
    while True:
        x = 0.5 * (low + high)
        if x <= low or x >= high:
            return high
        if x >= pollution_made(p, x, volume, skill, cut, option):
            high = x
        else:
            low = x
