"""Propositions 3 and 4 examined: where the effort ratio rises with the loading, and where not (MODEL 4.1).

With A the planner's aggregate, r(l) has a pole at l = 1/A. Prop. 4's monotonicity holds if and only if no
creator's loading exceeds 1/A; beyond it the planner's estimate gives heavy imitators *negative* weight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels.sums import total

from .distributions import Distribution
from .populations import Array, Members
from .roots import power, powers
from .static import StaticMarket, check_scalars, loadings, require, static_market
from .streamed import drawn_loadings

if TYPE_CHECKING:
    import xarray as xr


def ratio_limits(cost_exponent: float = 2.0) -> tuple[float, float]:
    """Prop. 4's effort ratios: innovator, g^{-1/(g-1)}; one imitator among very many, g^{-1/(g+1)}."""
    check_scalars(1.0, cost_exponent, 1.0)
    g = cost_exponent
    return power(g, -1.0 / (g - 1.0)), power(g, -1.0 / (g + 1.0))


def even_loadings(distribution: Distribution, creators: int) -> Array:
    """Quantiles of the law at evenly spaced ranks, both ends included; one creator alone has the median."""
    require(1 <= creators <= 10**8, "creators", creators, "[1, 100000000]")
    ranks = np.linspace(0.0, 1.0, creators) if creators > 1 else np.array([0.5])
    return np.ascontiguousarray(distribution.quantile(ranks))


def critical_bias_variance(loading: ArrayLike, cost_exponent: float = 2.0, cost_scale: float = 1.0) -> float:
    """The bias variance above which Prop. 4's monotonicity fails, in closed form.

    The planner's A reaches 1/l_max when A/v = sum l e (1 - l A) does there:
    1/v = l_max kappa sum l_i (1 - l_i / l_max)^{(g+1)/(g-1)}. Infinite where all creators with a loading are
    alike.
    """
    check_scalars(1.0, cost_exponent, cost_scale)
    x = loadings(loading)
    Members(x).powers(0.0)  # checks the loadings
    top = float(x.max())
    if top == 0.0:
        return np.inf
    kappa = power(cost_scale, -1.0 / (cost_exponent - 1.0))
    supply = float(total(x * powers(1.0 - x / top, (cost_exponent + 1.0) / (cost_exponent - 1.0))))
    return 1.0 / (top * kappa * supply) if supply > 0.0 else np.inf


def is_monotone(market: StaticMarket) -> bool:
    """Whether the effort ratio rises with the loading over all creators of a market."""
    return float(market.loading.max()) * market.aggregate_planner < 1.0


def first_failure(
    distribution: Distribution,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = 10**6,
) -> int | None:
    """The least N at which evenly spaced loadings break Prop. 4, or None up to `most`.

    Checks every N to 64, then doubles and bisects: beyond 64 the critical variance falls with N.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)

    def fails(n: int) -> bool:
        return critical_bias_variance(even_loadings(distribution, n), cost_exponent, cost_scale) < bias_variance

    for n in range(1, min(64, most) + 1):
        if fails(n):
            return n
    return least(fails, min(64, most), most)


def least(fails: Callable[[int], bool], low: int, most: int) -> int | None:
    """The least N in (low, most] that fails, or None: doubling and bisection; beyond `low` failure stays."""
    high = low
    while not fails(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return high


def first_failure_drawn(
    distribution: Distribution,
    seed: int,
    replicate: int = 0,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    most: int = 10**6,
) -> int | None:
    """The least N at which the first N of a sequence of drawn creators break Prop. 4, or None up to `most`.

    Once broken it stays so: a creator who comes short of the pole moves it to lighter loadings, and one from beyond
    the pole stays beyond it.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)

    def fails(n: int) -> bool:
        drawn = drawn_loadings(distribution, n, seed, replicate)
        return critical_bias_variance(drawn, cost_exponent, cost_scale) < bias_variance

    return least(fails, 1, most)


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
    """
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
    """Where Prop. 4 holds, over the number of creators (evenly spaced quantiles) and the bias variance.

    Returns
    -------
    Dataset (creators, bias_variance)
        `reach` = l_max A of the planner (monotone below 1), `monotone`, `precision_gap` (Prop. 3),
        `beyond_pole` and `above_planner` (shares of creators), `least_ratio`, `largest_ratio`,
        `negative_weight`; (creators): `critical_bias_variance`.
    """
    import xarray as xr

    dims = ("creators", "bias_variance")
    shape = (len(sizes), len(bias_variances))
    names = (
        "reach",
        "precision_gap",
        "beyond_pole",
        "above_planner",
        "least_ratio",
        "largest_ratio",
        "negative_weight",
    )
    values = {name: np.empty(shape) for name in names}
    critical = np.empty(len(sizes))
    for i, size in enumerate(sizes):
        x = even_loadings(distribution, size)
        critical[i] = critical_bias_variance(x, cost_exponent, cost_scale)
        for j, v in enumerate(bias_variances):
            market = static_market(x, v, cost_exponent, cost_scale)
            heavy = heavy_imitators(market)
            row = (
                float(x.max()) * market.aggregate_planner,
                market.precision_gap,
                heavy.share,
                heavy.above_planner,
                float(market.effort_ratio.min()),
                heavy.largest_ratio,
                heavy.negative_weight,
            )
            for name, value in zip(names, row, strict=True):
                values[name][i, j] = value
    return xr.Dataset(
        {
            **{name: (dims, array) for name, array in values.items()},
            "monotone": (dims, values["reach"] < 1.0),
            "critical_bias_variance": (dims[:1], critical),
        },
        coords={"creators": list(sizes), "bias_variance": list(bias_variances)},
        attrs={"distribution": str(distribution), "cost_exponent": cost_exponent, "cost_scale": cost_scale},
    )


def ratio_curves(
    distribution: Distribution,
    sizes: tuple[int, ...],
    loading: ArrayLike,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
) -> "xr.Dataset":
    """The figure that explains it: effort ratio, efforts and sign of the weight by loading, for each N.

    The curves are those of a hypothetical creator in a market of evenly spaced loadings; `pole` (creators)
    marks where the planner's effort vanishes.
    """
    import xarray as xr

    grid = loadings(loading)
    rows: dict[str, list[Array]] = {
        name: [] for name in ("effort_ratio", "effort_market", "effort_planner", "weight_sign")
    }
    poles = []
    for size in sizes:
        market = static_market(even_loadings(distribution, size), bias_variance, cost_exponent, cost_scale)
        e_m, e_p = market.market.efforts(grid), market.planner.efforts(grid)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows["effort_ratio"].append(np.where(e_p > 0.0, e_m / e_p, np.inf))
        rows["effort_market"].append(e_m)
        rows["effort_planner"].append(e_p)
        rows["weight_sign"].append(np.sign(market.planner.point.slack(grid)))
        poles.append(1.0 / market.aggregate_planner if market.aggregate_planner > 0.0 else np.inf)
    low, high = ratio_limits(cost_exponent)
    return xr.Dataset(
        {
            **{name: (("creators", "loading"), np.array(curves)) for name, curves in rows.items()},
            "pole": ("creators", poles),
        },
        coords={"creators": list(sizes), "loading": grid},
        attrs={"innovator_limit": low, "homogeneous_limit": high, "bias_variance": bias_variance},
    )
