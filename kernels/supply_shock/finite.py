"""Finite populations of the supply shock: the pollution at which N producers' choices agree with it (MODEL 5.1)."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log1p
from .market import adopters_profit, ceiling
from .segments import AI, COST, EXPONENT, OPTIONS, RATE, REFERENCE, WEIGHT, divide


@inline
def below(skill, x):
    """How many of the sorted skills (N,) are below x."""
    low = 0
    high = skill.size
    while low < high:
        middle = (low + high) // 2
        if skill[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@inline
def demand(p, B, volume, skill, cut, option):
    """Pollution that the adopters among skill (N,) make when they face pollution B."""
    n = divide(p, B, adopters_profit(p, B), cut, option)
    count = 0
    for i in range(n):
        if option[i] == AI:
            count += (below(skill, cut[i + 1]) if i + 1 < n else skill.size) - below(skill, cut[i])
    return p[WEIGHT] * log1p(p[RATE] * volume * count / skill.size)


@kernel
def finite_pollution(p, skill, cells):
    """The least pollution at which the adopters among the sorted skills (N,) make no more than they face.

    The map from pollution to pollution is a step function: where it jumps across the diagonal one producer is
    indifferent, and the pollution of the jump, located to rounding, leaves that one out.
    """
    cut = np.empty(OPTIONS + 1)
    option = np.empty(OPTIONS, np.int64)
    volume = exp(p[EXPONENT] * log(p[REFERENCE] / p[COST]))
    high = ceiling(p, volume)
    if demand(p, 0.0, volume, skill, cut, option) <= 0.0:
        return 0.0
    low = 0.0
    top = high
    for j in range(1, cells):
        x = top * (j * j) / (cells * cells)
        if x >= demand(p, x, volume, skill, cut, option):
            high = x
            break
        low = x
    while True:
        x = 0.5 * (low + high)
        if x <= low or x >= high:
            return high
        if x >= demand(p, x, volume, skill, cut, option):
            high = x
        else:
            low = x
