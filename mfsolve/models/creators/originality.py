"""The originality penalty of a market: effort ratios by loading, and what becomes of heavy imitators (MODEL 4.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, require, vector, whole

from .aggregate_root import power
from .loadings import Distribution, law
from .monotonicity import even_loadings, is_monotone, thresholds
from .populations import LOADINGS, Array
from .static_market import StaticMarket, check_scalars, loadings, static_market

if TYPE_CHECKING:
    import xarray as xr


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
    """What Prop. 4 leaves out: who is beyond the pole and what becomes of them (MODEL 4.1).

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


def monotonicity_map(
    distribution: Distribution,
    sizes: tuple[int, ...],
    bias_variances: tuple[float, ...],
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
) -> "xr.Dataset":
    """Where Prop. 4 holds, over the number of creators (evenly spaced loadings) and the bias variance (MODEL 4.1).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    sizes : tuple of int
        Numbers of creators, [1, 10^8].
    bias_variances : tuple of float
        Values of v > 0.
    cost_exponent, cost_scale : float
        g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    Dataset (creators, bias_variance)
        `monotone`: whether the effort ratio rises with the loading; `reach` = l_max A of the planner: the pole is among
        the creators above 1; `precision_gap` (Prop. 3), `beyond_pole` and `above_planner` (shares of creators),
        `least_ratio`, `largest_ratio`, `negative_weight`; (creators): `critical_bias_variance`, up to which the
        ratio rises, and `pole_bias_variance`, up to which no creator is beyond the pole.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    import xarray as xr

    law(distribution)
    counts = counted(sizes)
    require(len(bias_variances) > 0, "bias_variances", bias_variances, "one or more values")
    dims = ("creators", "bias_variance")
    rows: dict[str, list[float]] = {}
    for size in counts:
        x = even_loadings(distribution, size)
        for v in bias_variances:
            market = static_market(x, v, cost_exponent, cost_scale)
            heavy = heavy_imitators(market)
            row = {
                "monotone": is_monotone(market),
                "reach": float(x.max()) * market.aggregate_planner,
                "precision_gap": market.precision_gap,
                "beyond_pole": heavy.share,
                "above_planner": heavy.above_planner,
                "least_ratio": float(market.effort_ratio.min()),
                "largest_ratio": heavy.largest_ratio,
                "negative_weight": heavy.negative_weight,
            }
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
    shape = (len(counts), len(bias_variances))
    pole, critical = thresholds(lambda n: even_loadings(distribution, n), np.array(counts), cost_exponent, cost_scale)
    return xr.Dataset(
        {
            **{name: (dims, np.array(values).reshape(shape)) for name, values in rows.items()},
            "critical_bias_variance": (dims[:1], critical),
            "pole_bias_variance": (dims[:1], pole),
        },
        coords={"creators": counts, "bias_variance": list(bias_variances)},
        attrs={"distribution": str(distribution), "cost_exponent": cost_exponent, "cost_scale": cost_scale},
    )


def counted(sizes: tuple[int, ...]) -> list[int]:
    """Numbers of creators, checked."""
    require(len(sizes) > 0, "sizes", sizes, "one or more numbers of creators")
    return [whole("sizes", size, 1, 10**8) for size in sizes]


def by_loading(market: StaticMarket, loading: Array) -> dict[str, Array]:
    """What a hypothetical creator with a given loading (n,) would do in a market: the curves of `ratio_curves`."""
    effort = market.planner.efforts(loading)
    weight = market.creators * effort * market.planner.point.slack(loading)
    return {
        "effort_ratio": market.ratio(loading),
        "weight": weight / market.precision_planner if market.precision_planner > 0.0 else np.zeros_like(weight),
        "effort_market": market.market.efforts(loading),
        "effort_planner": effort,
    }


def ratio_curves(
    distribution: Distribution,
    sizes: tuple[int, ...],
    loading: ArrayLike,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
) -> "xr.Dataset":
    """The figure that explains Prop. 4: effort ratio, efforts and weight by loading, for each N (MODEL 4.1).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings, evenly spaced.
    sizes : tuple of int
        Numbers of creators N, [1, 10^8].
    loading : array (m,)
        Loadings of hypothetical creators, too small to move the market, in [0, 1e50].
    bias_variance, cost_exponent, cost_scale : float
        v > 0, g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    Dataset (creators, loading)
        `effort_ratio` (infinite at the pole), `effort_market`, `effort_planner`, `weight` (N x weight in the planner's
        estimate); (creators): `pole` = 1/A of the planner, beyond which the weight is negative, and `monotone`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    import xarray as xr

    grid = vector("loading", loadings(loading), LOADINGS)
    counts = counted(sizes)
    markets = [static_market(even_loadings(distribution, n), bias_variance, cost_exponent, cost_scale) for n in counts]
    curves = [by_loading(market, grid) for market in markets]
    low, high = ratio_limits(cost_exponent)
    return xr.Dataset(
        {
            **{name: (("creators", "loading"), np.array([curve[name] for curve in curves])) for name in curves[0]},
            "pole": ("creators", [heavy_imitators(market).pole for market in markets]),
            "monotone": ("creators", [is_monotone(market) for market in markets]),
        },
        coords={"creators": counts, "loading": grid},
        attrs={"innovator_limit": low, "homogeneous_limit": high, "bias_variance": bias_variance},
    )
