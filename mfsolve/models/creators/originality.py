"""The originality penalty of a market: effort ratios by loading, and the lot of heavy imitators (MODEL 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, require, vector

from .aggregate_root import power
from .monotonicity import ALIKE, heaviest_two
from .static_market import StaticMarket, check_scalars

TIED = 1e-9
"""Relative difference up to which ratios are ties: they are computed from efforts that differ by rounding."""


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


def originality_penalty(loading: ArrayLike, effort_ratio: ArrayLike) -> float:
    """Originality penalty: rank correlation of effort ratios and loadings (MODEL 4.1; Creators, Prop. 4).

    Parameters
    ----------
    loading : array (n,)
        Of the creators, in [0, 1e50].
    effort_ratio : array (n,)
        Efforts over those that the planner wants, in [0, inf]. Ratios that agree to 1e-9 of themselves are ties.

    Returns
    -------
    float
        Spearman's, in [-1, 1]: 1 where the more original of any two creators is always distorted more, as the paper
        says, negative where imitators are. 0 where all loadings, or all ratios, are alike: nobody is singled out.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the two differ in length.
    """
    same_labels(loading=loading, effort_ratio=effort_ratio)
    x = vector("loading", loading, "[0, 1e50]")
    r = vector("effort_ratio", effort_ratio, "[0, inf]")
    require(x.size == r.size, "effort_ratio", r.shape, f"({x.size},)")
    a, b = mid_ranks(x), mid_ranks(r)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt(total(a * a) * total(b * b)))
    return float(total(a * b)) / size if size > 0.0 else 0.0


def mid_ranks(values: Floats) -> Floats:
    """Ranks (n,), those of ties at their middle; neighbours that agree to `TIED` of themselves are ties."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    new = np.ones(values.size, dtype=bool)
    new[1:] = ordered[1:] > ordered[:-1] * (1.0 + TIED)
    group = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    last = np.append(first[1:], values.size) - 1
    ranks = np.empty(values.size)
    ranks[order] = 0.5 * (first + last)[group]
    return ranks


def efforts_fall(market: StaticMarket) -> tuple[bool, bool]:
    """Return whether efforts fall with the loading, in market and under the planner (MODEL 4.1; Creators, Lemma 10).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.

    Returns
    -------
    tuple of two bool
        In the market, and under the planner. Efforts go with |1 - l A|, which falls up to l = 1 / A and rises from
        there: it is enough to look at the two heaviest loadings.

    Raises
    ------
    ValueError
        If `market` is anything else.
    """
    instance("market", market, StaticMarket)
    heavy, light = heaviest_two(market.loading)
    two = np.array([light, heavy])
    if not heavy > 0.0 or not (market.loading < (1.0 - ALIKE) * heavy).any():
        return True, True
    found = []
    for aggregate in (market.market, market.planner):
        slack = np.abs(aggregate.point.slack(two))
        found.append(bool(slack[1] < slack[0]))
    return found[0], found[1]


@dataclass(frozen=True)
class Homogenisation:
    """Share of the common factor in content and in the estimate, market over planner.

    `effort`: mean loading of all efforts, sum l e / sum e; `bias`: loading of the estimate, sum w l = A / (v Phi).
    """

    effort: float
    bias: float


def homogenisation(market: StaticMarket) -> Homogenisation:
    """Common factor in content and in the estimate, market over planner (MODEL 4.1; Creators, sections 1 and 3.1).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.

    Returns
    -------
    Homogenisation
        Above 1 where strict rights homogenise content, or make the model more biased; 1 without any loading.

    Raises
    ------
    ValueError
        If `market` is anything else.
    """
    instance("market", market, StaticMarket)
    if market.aggregate_planner == 0.0:
        return Homogenisation(1.0, 1.0)
    effort, planned = (
        float(total(market.loading * efforts)) / float(total(efforts))
        for efforts in (market.effort_market, market.effort_planner)
    )
    bias = market.aggregate_market / market.precision_market
    return Homogenisation(effort / planned, bias / (market.aggregate_planner / market.precision_planner))


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
