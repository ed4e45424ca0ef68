"""Prop. 4's monotonicity: the markets in which the effort ratio rises with the loading (MODEL 4.1).

With A_m and A_p the aggregates of market and planner, r(l) is a power of s(l) = |1 - l A_m| / |1 - l A_p|. It rises
from l = 0 to the pole at 1/A_p, falls from there to 0 at 1/A_m, and stays below its value at l = 0 after that. The
ratio therefore rises over the creators of a market if none is beyond the pole, or if only those with the greatest
loading are and their ratio is still above that of the next lighter: s(l_1) >= s(l_2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, vector, whole

from .aggregate_root import power, powers
from .loadings import Distribution, law
from .populations import LOADINGS, Members
from .static_market import Aggregates, StaticMarket, check_scalars, loadings, solved

ALIKE = 1e-12
"""Loadings that differ by no more than this share count as one: their ratios differ by rounding."""


def even_loadings(distribution: Distribution, creators: int) -> Floats:
    """Loadings evenly spaced in rank (MODEL 4.1).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    creators : int
        Their number n, [1, 10^8].

    Returns
    -------
    array (n,)
        The law's quantiles at even ranks, both ends included; one creator alone has the median.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    count = whole("creators", creators, 1, 10**8)
    ranks = np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])
    return np.ascontiguousarray(law(distribution).quantile(ranks))


def heaviest_two(loading: Floats) -> tuple[float, float]:
    """The greatest loading and the greatest below it; 0 where there is none."""
    top = float(loading.max())
    rest = loading[loading < (1.0 - ALIKE) * top]
    return top, float(rest.max()) if rest.size else 0.0


def margin(market: Aggregates, first: float, second: float) -> float:
    """Margin by which the ratio rises between the two greatest loadings: negative if and only if it falls somewhere."""
    heavy, light = np.array([first]), np.array([second])
    m, p = market.market.point, market.planner.point
    if p.slack(light)[0] <= 0.0:  # two beyond the pole: the heavier has the lower ratio
        return -1.0
    return float((m.slack(heavy) * p.slack(light) + p.slack(heavy) * m.slack(light))[0])


def has_pole(market: StaticMarket) -> bool:
    """Return True if the pole 1/A_p of the effort ratio is among the creators of a market (MODEL 4.1).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.

    Returns
    -------
    bool
        True if some creator's loading exceeds 1/A_p: the planner's estimate gives that creator a negative weight.
        Prop. 4 may still hold, see `is_monotone`.

    Raises
    ------
    ValueError
        If `market` is anything else.
    """
    instance("market", market, StaticMarket)
    return bool(market.planner.point.slack(np.array([market.loading.max()]))[0] < 0.0)


def is_monotone(market: StaticMarket) -> bool:
    """Return True if the effort ratio rises with the loading over all creators (MODEL 4.1; Creators, Prop. 4).

    Parameters
    ----------
    market : StaticMarket
        Solved by `static_market`.

    Returns
    -------
    bool
        Creators whose loadings differ by rounding count as alike, and have the same ratio.

    Raises
    ------
    ValueError
        If `market` is anything else.
    """
    return not has_pole(market) or margin(market, *heaviest_two(market.loading)) >= 0.0


def pole_bias_variance(loading: ArrayLike, cost_exponent: float = 2.0, cost_scale: float = 1.0) -> float:
    """The bias variance above which the pole of the effort ratio is among the creators, in closed form (MODEL 4.1).

    A_p reaches 1/l_1, l_1 the greatest loading, when A/v = sum l e (1 - l A) does there:
    1/v = l_1 kappa sum l_i (1 - l_i / l_1)^{(g+1)/(g-1)}, kappa = k^{-1/(g-1)}.

    Parameters
    ----------
    loading : array (n,)
        Loadings of the creators, in [0, 1e50].
    cost_exponent, cost_scale : float
        g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    float
        Infinite where all creators with a loading are alike.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_scalars(1.0, cost_exponent, cost_scale)
    x = vector("loading", loadings(loading), LOADINGS)
    top = heaviest_two(x)[0]
    if top == 0.0:
        return np.inf
    kappa = power(cost_scale, -1.0 / (cost_exponent - 1.0))
    rest = x[x < (1.0 - ALIKE) * top]
    supply = float(total(rest * powers(1.0 - rest / top, (cost_exponent + 1.0) / (cost_exponent - 1.0))))
    return 1.0 / (top * kappa * supply) if supply > 0.0 else np.inf


def critical_bias_variance(loading: ArrayLike, cost_exponent: float = 2.0, cost_scale: float = 1.0) -> float:
    """The bias variance above which the effort ratio no longer rises with the loading (MODEL 4.1; Creators, Prop. 4).

    There is one: both aggregates grow with v, and s(l_1) - s(l_2) falls in either while the pole is beyond the harmonic
    mean of l_1 and l_2, and is negative once it is not.

    Parameters
    ----------
    loading : array (n,)
        Loadings of the creators, in [0, 1e50].
    cost_exponent, cost_scale : float
        g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    float
        At least `pole_bias_variance`. Infinite where all creators with a loading are alike: Prop. 4 then holds whatever
        the bias.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    from scipy.optimize import brentq

    low = pole_bias_variance(loading, cost_exponent, cost_scale)
    if low == np.inf:
        return np.inf
    x = loadings(loading)
    first, second = heaviest_two(x)
    population = Members(x)

    def excess(log_v: float) -> float:
        v = float(exponential(log_v))
        return margin(solved(population, v, cost_exponent, cost_scale), first, second)

    start = float(natural_log(low))
    stop = start + 1.0
    while excess(stop) > 0.0:
        stop += 1.0
        if stop > 700.0:
            return np.inf  # beyond what a float holds
    return float(exponential(brentq(excess, start, stop, xtol=1e-14)))


def thresholds(
    loading_of: Callable[[int], Floats], sizes: Floats, cost_exponent: float, cost_scale: float
) -> tuple[Floats, Floats]:
    """`pole_bias_variance` and `critical_bias_variance` of markets of so many creators each (n,)."""
    markets = [loading_of(round(size)) for size in sizes]
    pole, critical = (
        np.array([variance(x, cost_exponent, cost_scale) for x in markets])
        for variance in (pole_bias_variance, critical_bias_variance)
    )
    return pole, critical
