"""Searches over weights and costs for many economies: where the welfare of cheaper AI turns (MODEL 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.supply_shock import economy, market
from mfsolve.models.arguments import instance

from .many_economies import economy_rows, solve_markets
from .parameters import Parameters

FINER = 12
WEIGHTS = 25
LEAST, MOST = 1e-5, 1e1
BELOW = 1.0 - 1e-9


@dataclass(frozen=True)
class Search:
    """Fineness of a search for extremes: AI costs of the first round, rounds of refinement, halvings of weights.

    Weights that are searched lie a factor of 1.8 apart: 12 halvings locate a change of sign to 1e-4, 34 to 1e-10.
    """

    costs: int
    rounds: int
    halvings: int


SWIFT, CAREFUL, THOROUGH = Search(24, 1, 12), Search(100, 6, 34), Search(100, 12, 34)
"""For maps, for samples of economies, and for one economy."""


def adoption_ceiling(parameters: Parameters, columns: Mapping[str, ArrayLike] | None = None) -> Floats:
    """AI cost (n,) at and above which nobody adopts, whatever the pollution; 0 where nobody ever does (MODEL 5.1).

    Parameters
    ----------
    parameters, columns
        Economies as in `scan`.

    Returns
    -------
    ndarray (n,)
        Costs of AI above which nobody adopts.

    Raises
    ------
    ValueError
        As in `scan`.
    """
    instance("columns", columns, Mapping | None)
    return _adoption_ceiling(economy_rows(parameters, columns))


def _adoption_ceiling(table: Floats) -> Floats:
    """The ceiling by bisection, where the first adopters pollute nothing."""
    table = table.copy()
    table[:, economy.WEIGHT] = 0.0
    low, high = np.zeros(len(table)), table[:, economy.SIZE].copy()  # at c_A = thbar nobody buys
    for _ in range(64):
        table[:, economy.COST] = 0.5 * (low + high)
        adopted = solve_markets(table, 1)[:, market.AI_SHARE] > 0.0
        low = np.where(adopted, table[:, economy.COST], low)
        high = np.where(adopted, high, table[:, economy.COST])
    return low


def critical_weights(table: Floats, threads: int = 1, halvings: int = CAREFUL.halvings) -> tuple[Floats, Floats]:
    """Least and greatest pollution weight (n,) at which welfare stops rising as AI gets cheaper.

    Signs of d welfare / d cost on 25 weights from 1e-5 to 10 times the greatest willingness to pay for AI content over
    eta, then bisection. NaN where the sign never changes, as without a pollution rate.

    Parameters
    ----------
    table
        Economies (n, 15) as from `economy_rows`; their own weight does not matter.
    halvings
        Steps of the bisection.
    """
    grid = weight_scale(table)[:, None] * np.geomspace(LEAST, MOST, WEIGHTS)
    falls = (
        welfare_slopes(table, grid, threads) >= 0.0
    )  # 0 where so much pollution leaves no adopter that rounding sees
    changes = ~falls[:, :-1] & falls[:, 1:]
    none = ~changes.any(axis=1)
    first = np.argmax(changes, axis=1)
    last = WEIGHTS - 2 - np.argmax(changes[:, ::-1], axis=1)
    least = bisect_weights(table, grid, first, threads, halvings)
    most = np.where(first == last, least, np.nan)
    again = np.flatnonzero(first != last)
    if again.size:
        most[again] = bisect_weights(table[again], grid[again], last[again], threads, halvings)
    return np.where(none, np.nan, least), np.where(none, np.nan, most)


def welfare_slopes(table: Floats, weights: Floats, threads: int) -> Floats:
    """d welfare / d cost (n, m) of n economies at m pollution weights each."""
    wide = np.repeat(table, weights.shape[1], axis=0)
    wide[:, economy.WEIGHT] = weights.ravel()
    return solve_markets(wide, threads=threads)[:, market.WELFARE_SLOPE].reshape(weights.shape)


def weight_scale(table: Floats) -> Floats:
    """Weight (n,) at which a unit of pollution rate takes all that anybody would pay for AI content."""
    rate = table[:, economy.RATE]
    return np.asarray(table[:, economy.SIZE] * table[:, economy.QUALITY] / np.where(rate > 0.0, rate, 1.0))


def bisect_weights(table: Floats, grid: Floats, place: NDArray[np.intp], threads: int, halvings: int) -> Floats:
    """Weight between grid places `place` and the next at which the slope of welfare changes sign."""
    table, every = table.copy(), np.arange(len(table))
    low, high = grid[every, place], grid[every, place + 1]
    for _ in range(halvings):
        middle = np.sqrt(low * high)
        table[:, economy.WEIGHT] = middle
        falls = solve_markets(table, threads=threads)[:, market.WELFARE_SLOPE] >= 0.0
        low, high = np.where(falls, low, middle), np.where(falls, middle, high)
    return np.sqrt(low * high)


def many_thresholds(
    table: Floats,
    cheapest: Floats,
    dearest: Floats,
    threads: int = 1,
    search: Search = SWIFT,
    extremes: tuple[int, ...] = (0, 1),
) -> Floats:
    """The numbers of `thresholds.Thresholds` for many economies: (n, 5), in the order of its fields, brackets left out.

    Critical weights at costs spaced geometrically over the range; then either extreme is sought again, round by round,
    at 12 costs between the neighbours of the best one. A smooth extreme is found to the square of the last spacing; one
    at a cost where an option appears or vanishes, and the critical weight jumps, to the spacing itself.

    Parameters
    ----------
    table
        Economies (n, 15).
    cheapest, dearest
        Range of AI costs (n,); above the adoption ceiling nothing changes, so the range ends just below it.
    search
        How finely.
    extremes
        Which of onset (0) and beta* (1) are sought; the other is NaN.
    """
    ceiling = _adoption_ceiling(table)
    top = np.minimum(dearest, ceiling * BELOW)
    out = np.full((len(table), 5), np.nan)
    out[:, 4] = ceiling
    some = np.flatnonzero(top > cheapest)
    if not some.size:
        return out
    whole = _spaced(cheapest[some], top[some], search.costs)
    both = _critical_at(table[some], whole, threads, search.halvings)
    for column in extremes:
        sign = (1.0, -1.0)[column]
        places, weights = whole, both[column]
        for finer in range(search.rounds + 1):
            best = np.argmin(np.where(np.isnan(weights), np.inf, sign * weights), axis=1)
            every = np.arange(len(best))
            if finer == search.rounds:
                break
            low, high = places[every, np.maximum(best - 1, 0)], places[every, np.minimum(best + 1, places.shape[1] - 1)]
            places = _spaced(low, high, FINER)
            weights = _critical_at(table[some], places, threads, search.halvings)[column]
        out[some, column], out[some, 2 + column] = weights[every, best], places[every, best]
    return out


def _spaced(low: Floats, high: Floats, count: int) -> Floats:
    """Geometrically spaced places (n, count) that contain both ends to the bit."""
    places = np.exp(np.linspace(np.log(low), np.log(high), count, axis=1))
    places[:, 0], places[:, -1] = low, high
    return places


def _critical_at(table: Floats, costs: Floats, threads: int, halvings: int) -> tuple[Floats, Floats]:
    """`critical_weights` (n, m) of n economies at m costs each."""
    wide = np.repeat(table, costs.shape[1], axis=0)
    wide[:, economy.COST] = costs.ravel()
    least, most = critical_weights(wide, threads, halvings)
    return least.reshape(costs.shape), most.reshape(costs.shape)


def best_costs(table: Floats, cheapest: Floats, dearest: Floats, threads: int = 1) -> tuple[Floats, Floats]:
    """AI costs (n,) at which welfare is greatest over [cheapest, dearest], and that welfare (n,).

    Welfare on 24 costs, refined four times as in `many_thresholds`; then, where the slope of welfare changes its sign
    there, its root by bisection: welfare itself is too flat to say more than half of the digits.
    """
    costs = _spaced(cheapest, dearest, 24)
    every = np.arange(len(table))
    for finer in range(5):
        wide = np.repeat(table, costs.shape[1], axis=0)
        wide[:, economy.COST] = costs.ravel()
        found = solve_markets(wide, threads=threads)
        best = np.argmax(found[:, market.WELFARE].reshape(costs.shape), axis=1)
        left, right = np.maximum(best - 1, 0), np.minimum(best + 1, costs.shape[1] - 1)
        low, high = costs[every, left], costs[every, right]
        if finer < 4:
            costs = _spaced(low, high, FINER)
    slope = found[:, market.WELFARE_SLOPE].reshape(costs.shape)
    peak = (slope[every, left] > 0.0) & (slope[every, right] < 0.0)
    at = table.copy()
    for _ in range(CAREFUL.halvings):
        at[:, economy.COST] = np.sqrt(low * high)
        below = solve_markets(at, threads=threads)[:, market.WELFARE_SLOPE] > 0.0
        low, high = np.where(below, at[:, economy.COST], low), np.where(below, high, at[:, economy.COST])
    at[:, economy.COST] = np.where(peak, np.sqrt(low * high), costs[every, best])
    return at[:, economy.COST], solve_markets(at, threads=threads)[:, market.WELFARE]
