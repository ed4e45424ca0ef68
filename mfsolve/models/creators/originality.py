"""The originality penalty of a market: effort ratios by loading, and the lot of heavy imitators (MODEL 4.1)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance

from .aggregate_root import power
from .static_market import StaticMarket, check_scalars


def ratio_limits(cost_exponent: float = 2.0) -> tuple[float, float]:
    """Prop. 4's limits of the effort ratio, market over planner (MODEL 4.1; Creators).

    Parameters
    ----------
    cost_exponent : float
        g in (1, 1000].

    Returns
    -------
    tuple of two float
        An innovator's, g^{-1/(g-1)}, and one imitator's among very many alike, g^{-1/(g+1)}: 1/2 and 2^{-1/3} at g = 2.

    Raises
    ------
    ValueError
        If g is out of its range.
    """
    check_scalars(1.0, cost_exponent, 1.0)
    g = cost_exponent
    return power(g, -1.0 / (g - 1.0)), power(g, -1.0 / (g + 1.0))


@dataclass(frozen=True)
class HeavyImitators:
    """Creators beyond the planner's pole, loading > 1/A.

    `share` of all; `negative_weight`, the sum of their weights in the planner's estimate; `above_planner`,
    the share of all creators whose market effort exceeds the planner's; `interval`, the loadings between
    which that is so (an interval about the pole; NaN if empty of creators' possible loadings);
    `largest_ratio`, the greatest effort ratio.
    """

    pole: float
    share: float
    negative_weight: float
    above_planner: float
    interval: tuple[float, float]
    largest_ratio: float


def heavy_imitators(market: StaticMarket) -> HeavyImitators:
    """Heavy imitators of a market, whom Prop. 4 leaves out: creators beyond the planner's pole (MODEL 4.1).

    Market effort exceeds the planner's where |1 - l A_m| > sqrt(g) |1 - l A_p|, that is for
    (sqrt g - 1)/(sqrt g A_p - A_m) < l < (sqrt g + 1)/(sqrt g A_p + A_m).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.

    Returns
    -------
    HeavyImitators

    Raises
    ------
    ValueError
        If `market` is anything else.
    """
    instance("market", market, StaticMarket)
    m, p, root = market.aggregate_market, market.aggregate_planner, float(np.sqrt(market.cost_exponent))
    if p == 0.0:
        return HeavyImitators(np.inf, 0.0, 0.0, 0.0, (np.inf, np.inf), float(market.effort_ratio.max()))
    beyond = market.planner.point.slack(market.loading) < 0.0
    return HeavyImitators(
        pole=1.0 / p,
        share=float(beyond.mean()),
        negative_weight=float(total(market.weight_planner[beyond])),
        above_planner=float((market.effort_market > market.effort_planner).mean()),
        interval=((root - 1.0) / (root * p - m), (root + 1.0) / (root * p + m)),
        largest_ratio=float(market.effort_ratio.max()),
    )


def by_loading(market: StaticMarket, loading: Floats) -> dict[str, Floats]:
    """Efforts, effort ratio and weight (times N) of hypothetical creators with given loadings (n,) in a market."""
    effort = market.planner.efforts(loading)
    weight = market.creators * effort * market.planner.point.slack(loading)
    return {
        "effort_ratio": market.ratio(loading),
        "weight": weight / market.precision_planner if market.precision_planner > 0.0 else np.zeros_like(weight),
        "effort_market": market.market.efforts(loading),
        "effort_planner": effort,
    }
