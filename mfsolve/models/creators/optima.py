"""Efforts that searches from random starts come to: whether market and planner have one optimum each (MODEL 4.1)."""

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import instance, seed_word, whole

from .aggregate_root import power, powers
from .effort_search import SEARCHED
from .static_market import StaticMarket

STEPS = 400
SETTLED = 1e-9
"""Step, as a share of the greatest effort, at which a search ends: near the pole efforts are steep in costs."""


def searched_optima(market: StaticMarket, planner: bool, searches: int, seed: int, replicate: int = 0) -> Floats:
    """Efforts that ascents of profit, or of welfare, come to from random starts (MODEL 4.1; Creators, Prop. 3).

    Every step moves the marginal cost m k e^(g-1) of every creator, m = g for the market and 1 for the planner, towards
    the marginal precision (1 - lambda A)^2 at the present efforts, by the share (g - 1)/g of the difference. Nothing is
    taken from the first-order conditions' one unknown, nor from there being one solution.

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`; its creators and cost count, not its solution.
    planner : bool
        Whether welfare is searched, or else the buyer's profit.
    searches : int
        Random starts, [1, 1000]: efforts whose marginal costs are uniform on (0, 4].
    seed, replicate : int
        The starts are a function of both.

    Returns
    -------
    array (searches, n)
        NaN in a search that has not come to rest.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    m, n = instance("market", market, StaticMarket), market.loading.size
    whole("searches", searches, 1, 1000)
    seed_word("seed", seed, 64), seed_word("replicate", replicate, 32)
    g, x, floor = m.cost_exponent, m.loading, 1.0 / m.bias_variance
    scale = m.cost_scale * (1.0 if planner else g)
    kappa, share = power(scale, -1.0 / (g - 1.0)), (g - 1.0) / g
    marginal, zero = np.empty(searches * n), np.uint64(0)
    uniforms(stream_key(seed, "creators.optima"), zero, zero, np.uint64(replicate), zero, marginal)
    marginal = 4.0 * marginal.reshape(searches, n)
    effort, moved = kappa * powers(marginal, 1.0 / (g - 1.0)), np.full(searches, np.inf)
    for _ in range(STEPS):
        slope, curvature = (x * effort).sum(axis=1), floor + (x * x * effort).sum(axis=1)
        marginal = marginal + share * ((1.0 - x * (slope / curvature)[:, None]) ** 2 - marginal)
        before, effort = effort, kappa * powers(marginal, 1.0 / (g - 1.0))
        moved = np.abs(effort - before).max(axis=1) / effort.max(axis=1)
        if moved.max() <= SETTLED:
            break
    return np.where((moved <= SETTLED)[:, None], effort, np.nan)


def one_optimum(market: StaticMarket, searches: int, seed: int, replicate: int = 0) -> bool:
    """Return whether all searches come to the same efforts, the buyer's and the planner's each (MODEL 4.1).

    Parameters
    ----------
    market, searches, seed, replicate
        As in `searched_optima`.

    Returns
    -------
    bool
        Efforts are the same where they differ by 1e-6 of the greatest, and no search has failed.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    found = (searched_optima(market, planner, searches, seed, replicate) for planner in (False, True))
    return all(bool(np.ptp(efforts, axis=0).max() <= SEARCHED * efforts.max()) for efforts in found)
