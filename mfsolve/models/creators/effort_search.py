"""Efforts found by search instead of by first-order conditions: what closed forms are held against (MODEL 4.1)."""

from collections.abc import Callable

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import exponential, natural_log

from .static_market import StaticMarket

GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
STEPS = 60
SEARCHED = 1e-6
"""Share of its scale that a number may owe to the efforts it is taken at being searched: they are to about 1e-8."""


def best_efforts(objective: Callable[[Floats], Floats], top: Floats) -> Floats:
    """Efforts (n,) in [0, top] at which concave objectives, one per creator, are greatest: golden sections.

    Parameters
    ----------
    objective : callable
        Values (n,) at efforts (n,).
    top : array (n,)
        Upper ends, >= 0.

    Returns
    -------
    array (n,)
    """
    low, high = np.zeros_like(top), np.array(top, dtype=np.float64)
    for _ in range(STEPS):
        width = GOLDEN * (high - low)
        left, right = high - width, low + width
        better = objective(left) >= objective(right)
        low, high = np.where(better, low, left), np.where(better, right, high)
    return np.asarray(0.5 * (low + high))


def searched_ratio(market: StaticMarket, loading: float) -> float:
    """Effort of one more creator, market over planner, each found by search with the others' efforts as they are.

    The planner weighs the precision that the creator adds against its cost c(e); the buyer against what calls forth an
    effort e, a price of c'(e).

    Parameters
    ----------
    market : StaticMarket
        The other creators, solved.
    loading : float
        The creator's own, >= 0.

    Returns
    -------
    float
        To about 1e-8; at a loading of 0 it is Prop. 4's ratio of an innovator.
    """
    g, k = market.cost_exponent, market.cost_scale
    top = np.array([4.0 * (1.0 / k) ** (1.0 / (g - 1.0))])  # nobody is worth a marginal cost above 1

    def best(others: Floats, paid: float) -> float:
        def gain(effort: Floats) -> Floats:
            power = float(exponential(g * natural_log(float(effort[0]))))  # a single effort is searched
            return added_precision(market, others, loading, effort) - paid * k * power / g

        return float(best_efforts(gain, top)[0])

    return best(market.effort_market, g) / best(market.effort_planner, 1.0)


def added_precision(market: StaticMarket, others: Floats, loading: float, effort: Floats) -> Floats:
    """Precision that a creator of this loading adds to efforts (n,) of the others, at efforts (m,) of its own."""
    slope = float((market.loading * others).sum())
    curvature = 1.0 / market.bias_variance + float((market.loading**2 * others).sum())
    common = (slope + loading * effort) ** 2 / (curvature + loading**2 * effort)
    return np.asarray(effort - (common - slope**2 / curvature))
