"""Cheaper AI and welfare: where more of it stops paying, and the pollution beyond which it never does (MODEL 5.1).

Welfare rises as AI gets cheaper while the pollution weight beta stays below a critical weight that depends on the AI
cost. The least critical weight over a range of costs is the onset: up to it gains are monotone. The greatest is
beta*: beyond it every fall of the cost costs welfare. Between the two welfare is greatest at a cost in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.kernels import supply as kernels

from .parameters import Parameters
from .payoffs import floats
from .scan import rows, solve

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
COSTS = 24
FINER = 12
ROUNDS = 4
WEIGHTS = 25
LEAST, MOST = 1e-5, 1e1
HALVINGS = 34
BELOW = 1.0 - 1e-9


@dataclass(frozen=True)
class Thresholds:
    """Pollution weights that part what cheaper AI does to welfare over a range of AI costs.

    Attributes
    ----------
    onset
        Greatest weight up to which welfare rises with every fall of the cost.
    decline
        beta*: least weight from which on welfare falls with every fall of the cost.
    onset_cost, decline_cost
        The costs at which welfare first falls, and last rises.
    adoption_cost
        Cost at which the first producers adopt where there is no pollution; the range ends there if it reaches so far.
    """

    onset: float
    decline: float
    onset_cost: float
    decline_cost: float
    adoption_cost: float


def adoption_ceiling(parameters: Parameters, columns: Mapping[str, ArrayLike] | None = None) -> Floats:
    """AI cost (n,) at and above which nobody adopts, whatever the pollution; 0 where nobody ever does."""
    return _adoption_ceiling(rows(parameters, columns))


def _adoption_ceiling(table: Floats) -> Floats:
    """The ceiling by bisection: whether somebody adopts when the first adopters pollute nothing."""
    table = table.copy()
    table[:, kernels.WEIGHT] = 0.0
    low, high = np.zeros(len(table)), table[:, kernels.SIZE].copy()  # at c_A = thbar nobody buys
    for _ in range(64):
        table[:, kernels.COST] = 0.5 * (low + high)
        adopted = solve(table, 1)[:, kernels.AI_SHARE] > 0.0
        low = np.where(adopted, table[:, kernels.COST], low)
        high = np.where(adopted, high, table[:, kernels.COST])
    return low


def critical_weights(table: Floats, threads: int = 1) -> tuple[Floats, Floats]:
    """Least and greatest pollution weight (n,) at which welfare stops rising as AI gets cheaper.

    Signs of d welfare / d cost on 25 weights from 1e-5 to 10 times the greatest willingness to pay for AI content over
    eta, then bisection to 1e-10 of it. NaN where the sign never changes.

    Parameters
    ----------
    table
        Economies (n, 15) as from `scan.rows`; their own weight does not matter.
    """
    n = len(table)
    scale = table[:, kernels.SIZE] * table[:, kernels.QUALITY] / np.maximum(table[:, kernels.RATE], 1e-300)
    grid = scale[:, None] * np.geomspace(LEAST, MOST, WEIGHTS)
    wide = np.repeat(table, WEIGHTS, axis=0)
    wide[:, kernels.WEIGHT] = grid.ravel()
    falls = (solve(wide, threads=threads)[:, kernels.WELFARE_SLOPE] > 0.0).reshape(n, WEIGHTS)
    changes = ~falls[:, :-1] & falls[:, 1:]
    none = ~changes.any(axis=1)
    first = np.argmax(changes, axis=1)
    last = WEIGHTS - 2 - np.argmax(changes[:, ::-1], axis=1)
    least = _bisect(table, grid, first, threads)
    most = np.where(first == last, least, np.nan)
    again = np.flatnonzero(first != last)
    if again.size:
        most[again] = _bisect(table[again], grid[again], last[again], threads)
    return np.where(none, np.nan, least), np.where(none, np.nan, most)


def _bisect(table: Floats, grid: Floats, place: NDArray[np.intp], threads: int) -> Floats:
    """Weight between grid places `place` and the next at which the slope of welfare changes sign."""
    table, every = table.copy(), np.arange(len(table))
    low, high = grid[every, place], grid[every, place + 1]
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        table[:, kernels.WEIGHT] = middle
        falls = solve(table, threads=threads)[:, kernels.WELFARE_SLOPE] > 0.0
        low, high = np.where(falls, low, middle), np.where(falls, middle, high)
    return np.sqrt(low * high)


def thresholds_of(
    table: Floats, cheapest: Floats, dearest: Floats, threads: int = 1, costs: int = COSTS, rounds: int = ROUNDS
) -> Floats:
    """`Thresholds` of many economies: (n, 5), in the order of its fields.

    The critical weight on 24 costs, spaced geometrically over the range; each extreme is refined four times on 12 costs
    between the neighbours of the best one, so that a smooth extreme is found to 1e-8.

    Parameters
    ----------
    table
        Economies (n, 15).
    cheapest, dearest
        Range of AI costs (n,); above the adoption ceiling nothing changes, so the range ends just below it.
    costs, rounds
        Costs of the first round, and rounds of refinement after it, where others are wanted.
    """
    ceiling = _adoption_ceiling(table)
    top = np.minimum(dearest, ceiling * BELOW)
    out = np.full((len(table), 5), np.nan)
    out[:, 4] = ceiling
    some = np.flatnonzero(top > cheapest)
    if not some.size:
        return out
    whole = _spaced(cheapest[some], top[some], costs)
    both = _critical_at(table[some], whole, threads)
    for column, sign in ((0, 1.0), (1, -1.0)):
        places, weights = whole, both[column]
        for finer in range(rounds + 1):
            best = np.argmin(np.where(np.isnan(weights), np.inf, sign * weights), axis=1)
            every = np.arange(len(best))
            if finer == rounds:
                break
            low, high = places[every, np.maximum(best - 1, 0)], places[every, np.minimum(best + 1, places.shape[1] - 1)]
            places = _spaced(low, high, FINER)
            weights = _critical_at(table[some], places, threads)[column]
        out[some, column], out[some, 2 + column] = weights[every, best], places[every, best]
    return out


def _spaced(low: Floats, high: Floats, count: int) -> Floats:
    """Geometrically spaced places (n, count) that contain both ends to the bit."""
    places = np.exp(np.linspace(np.log(low), np.log(high), count, axis=1))
    places[:, 0], places[:, -1] = low, high
    return places


def _critical_at(table: Floats, costs: Floats, threads: int) -> tuple[Floats, Floats]:
    """`critical_weights` (n, m) of n economies at m costs each."""
    wide = np.repeat(table, costs.shape[1], axis=0)
    wide[:, kernels.COST] = costs.ravel()
    least, most = critical_weights(wide, threads)
    return least.reshape(costs.shape), most.reshape(costs.shape)


def best_costs(table: Floats, cheapest: Floats, dearest: Floats, threads: int = 1) -> tuple[Floats, Floats]:
    """AI costs (n,) at which welfare is greatest over [cheapest, dearest], and that welfare (n,).

    Welfare on 24 costs, refined as in `thresholds_of`.
    """
    costs = _spaced(cheapest, dearest, COSTS)
    every = np.arange(len(table))
    for finer in range(ROUNDS + 1):
        wide = np.repeat(table, costs.shape[1], axis=0)
        wide[:, kernels.COST] = costs.ravel()
        welfare = solve(wide, threads=threads)[:, kernels.WELFARE].reshape(costs.shape)
        best = np.argmax(welfare, axis=1)
        if finer < ROUNDS:
            low, high = costs[every, np.maximum(best - 1, 0)], costs[every, np.minimum(best + 1, costs.shape[1] - 1)]
            costs = _spaced(low, high, FINER)
    return costs[every, best], welfare[every, best]


def thresholds(
    parameters: Parameters, cheapest: float | None = None, dearest: float | None = None, threads: int = 1
) -> Thresholds:
    """Onset and beta* of an economy over a range of AI costs (MODEL 5.1).

    Parameters
    ----------
    parameters
        The economy; its own pollution weight and AI cost do not matter.
    cheapest, dearest
        Range of AI costs; a twentieth of the reference cost, and the reference cost, if not given.
    threads
        Threads; the result does not depend on it.

    Returns
    -------
    Thresholds
        Located to 1e-6 of their value; NaN where nobody adopts in the range.

    Raises
    ------
    ValueError
        Unless 0 < cheapest < dearest, or without AI or without a pollution rate.
    """
    low, high = cost_range(parameters, cheapest, dearest)
    if not parameters.ai_available:
        raise ValueError("ai_available: False given; allowed: True")
    if parameters.pollution_rate == 0.0:
        raise ValueError("pollution_rate: 0.0 given; allowed: (0, 1000000]")
    (found,) = thresholds_of(rows(parameters), np.array([low]), np.array([high]), threads)
    return Thresholds(*map(float, found))


def cost_range(parameters: Parameters, cheapest: float | None, dearest: float | None) -> tuple[float, float]:
    """The range of AI costs: by default from a twentieth of the reference cost to the reference cost."""
    low = parameters.reference_cost / 20.0 if cheapest is None else cheapest
    high = parameters.reference_cost if dearest is None else dearest
    if not 0.0 < low < high < np.inf:
        raise ValueError(f"cheapest, dearest: {low!r}, {high!r} given; allowed: 0 < cheapest < dearest")
    return low, high


def threshold_map(
    parameters: Parameters,
    first: tuple[str, ArrayLike],
    second: tuple[str, ArrayLike],
    cheapest: float | None = None,
    dearest: float | None = None,
    threads: int = 1,
) -> "xr.Dataset":
    """Onset and beta* over two parameters, to 1e-3 where they are decided inside the range of costs.

    Parameters
    ----------
    parameters, cheapest, dearest, threads
        As in `thresholds`; the range of costs stays where it is if the reference cost varies.
    first, second
        Name and values of the two axes.

    Returns
    -------
    xarray.Dataset
        The fields of `Thresholds` over (first, second).

    Raises
    ------
    ValueError
        For an unknown name or a value outside its range.
    """
    import xarray as xr

    (name_x, values_x), (name_y, values_y) = first, second
    x, y = np.atleast_1d(floats(values_x)), np.atleast_1d(floats(values_y))
    table = rows(parameters, {name_x: x[:, None], name_y: y[None, :]})
    low, high = cost_range(parameters, cheapest, dearest)
    found = thresholds_of(table, np.full(len(table), low), np.full(len(table), high), threads, costs=12, rounds=1)
    names = [field.name for field in fields(Thresholds)]
    shape = (x.size, y.size)
    return xr.Dataset(
        {name: ((name_x, name_y), column.reshape(shape)) for name, column in zip(names, found.T)},
        coords={name_x: x, name_y: y},
    )
