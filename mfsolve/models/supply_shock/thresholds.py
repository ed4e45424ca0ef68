"""Cheaper AI and welfare: where more of it stops paying, and the pollution beyond which it never does (MODEL 5.1).

Welfare rises as AI gets cheaper while the pollution weight beta stays below a critical weight that depends on the AI
cost. The least critical weight over a range of costs is the onset: up to it gains are monotone. The greatest is
beta*: beyond it every fall of the cost costs welfare. Between the two welfare is greatest at a cost in between.

beta* belongs to the economy: it is decided by the first adopters where the range reaches up to them. The onset belongs
to the range: the last gains of ever cheaper AI vanish with its cost, while its volume, and with it ln(1 + eta D_A),
keeps growing, so that the onset lies at the cheapest cost and tends to 0 with it.
"""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.supply_shock import economy
from mfsolve.models.arguments import instance, number, thread_count

from .critical_weights import (
    LEAST,
    MOST,
    THOROUGH,
    WEIGHTS,
    bisect_weights,
    many_thresholds,
    weight_scale,
    welfare_slopes,
)
from .many_economies import economy_rows
from .parameters import Parameters

EXAMINED = 1000
WIDTH = 1e-7
ATTEMPTS = 4


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
    entry_cost
        Cost at which the first producers adopt where there is no pollution; the range ends there if it reaches so far.
    onset_bracket, decline_bracket
        (low, high), 1e-7 of the value to either side, with the sign of d welfare / d cost evaluated at both ends: the
        extreme's cost is a witness of the inner one; from the outer one on there is none among 1200 costs (a thousand
        over the range, a hundred on either side of the extreme's, down to 1e-12 of it) at 25 weights. NaN where that
        cannot be had: for an onset of 0, and where human work vanishes as its profit touches that of AI, so that the
        slope is unbounded and slivers of costs too narrow to be found decide.
    """

    onset: float
    decline: float
    onset_cost: float
    decline_cost: float
    entry_cost: float
    onset_bracket: tuple[float, float] = (np.nan, np.nan)
    decline_bracket: tuple[float, float] = (np.nan, np.nan)


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
        Threads, in [1, 1024]; the result does not depend on it.

    Returns
    -------
    Thresholds
        Located to 1e-6 of their value where the bracket is not NaN; all NaN where nobody adopts in the range.

    Raises
    ------
    ValueError
        Unless 0 < cheapest < dearest, without AI or without a pollution rate, or for threads outside their range.
    """
    require_pollution(parameters)
    low, high = cost_range(parameters, cheapest, dearest)
    table, range_ = economy_rows(parameters), (np.array([low]), np.array([high]))
    (found,) = many_thresholds(table, *range_, thread_count(threads), THOROUGH)
    onset, decline, onset_cost, decline_cost, adoption = map(float, found)
    costs = low, min(high, adoption * (1.0 - 1e-12))
    onset, onset_cost, below = _confirm(table, onset, onset_cost, costs, threads, least=True)
    decline, decline_cost, above = _confirm(table, decline, decline_cost, costs, threads, least=False)
    return Thresholds(onset, decline, onset_cost, decline_cost, adoption, below, above)


def _confirm(
    table: Floats, weight: float, cost: float, costs: tuple[float, float], threads: int, *, least: bool
) -> tuple[float, float, tuple[float, float]]:
    """A least or greatest critical weight, its cost and its bracket, starting from a candidate.

    As long as an examined cost turns welfare further out than the candidate, the farthest takes its place.
    """
    unknown = np.nan, np.nan
    if np.isnan(weight):
        return weight, cost, unknown
    scale = float(weight_scale(table)[0])
    inwards, outwards = (1.0 + WIDTH, 1.0 - WIDTH) if least else (1.0 - WIDTH, 1.0 + WIDTH)
    for _ in range(ATTEMPTS):
        near = np.geomspace(1e-12, 0.1, EXAMINED // 10)
        around = np.clip(cost * np.concatenate([1.0 - near, 1.0 + near]), *costs)
        at = np.unique(np.concatenate([np.geomspace(*costs, EXAMINED), around]))
        wide = np.repeat(table, at.size, axis=0)
        wide[:, economy.COST] = at
        end = weight * outwards
        weights = np.geomspace(end, min(end, LEAST * scale) if least else max(end, MOST * scale), WEIGHTS)
        grid = np.broadcast_to(weights, (at.size, WEIGHTS))
        turns = welfare_slopes(wide, grid, threads) > 0.0 if least else welfare_slopes(wide, grid, threads) < 0.0
        if not turns.any():
            witness = table.copy()
            witness[:, economy.COST] = cost
            slope = float(welfare_slopes(witness, np.array([[weight * inwards]]), threads)[0, 0])
            bracket = min(weight * inwards, end), max(weight * inwards, end)
            return weight, cost, bracket if (slope > 0.0 if least else slope < 0.0) else unknown
        found = np.flatnonzero(turns.any(axis=1))
        last = WEIGHTS - 1 - np.argmax(turns[found, ::-1], axis=1)
        if last.max() == WEIGHTS - 1:  # it turns as far out as one looks
            break
        ends = np.column_stack([weights[last], weights[last + 1]])
        farther = bisect_weights(
            wide[found], np.sort(ends, axis=1), np.zeros(found.size, np.intp), threads, THOROUGH.halvings
        )
        best = np.argmin(farther) if least else np.argmax(farther)
        weight, cost = float(farther[best]), float(at[found[best]])
    return weight, cost, unknown


def require_pollution(parameters: Parameters) -> None:
    """Refuse an economy whose welfare no pollution weight can turn.

    Raises
    ------
    ValueError
        Without AI or without a pollution rate.
    """
    if not instance("parameters", parameters, Parameters).ai_available:
        raise ValueError("ai_available: False given; allowed: True")
    if parameters.pollution_rate == 0.0:
        raise ValueError("pollution_rate: 0.0 given; allowed: (0, 1000000]")


def cost_range(parameters: Parameters, cheapest: float | None, dearest: float | None) -> tuple[float, float]:
    """The range of AI costs: by default from a twentieth of the reference cost to the reference cost.

    Raises
    ------
    ValueError
        Unless 0 < cheapest < dearest.
    """
    low = instance("parameters", parameters, Parameters).reference_cost / 20.0
    low = low if cheapest is None else number("cheapest", cheapest, "(0, inf)")
    high = parameters.reference_cost if dearest is None else number("dearest", dearest, "(0, inf)")
    if not 0.0 < low < high < np.inf:
        raise ValueError(f"cheapest, dearest: {low!r}, {high!r} given; allowed: 0 < cheapest < dearest")
    return low, high
