"""Economies drawn around a given one, each tested for the paper's claims (MODEL 5.1)."""

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays, Floats
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import require, seed_word, whole
from mfsolve.models.frozen import closed_range

from .critical_weights import CAREFUL, best_costs, many_thresholds
from .many_economies import COLUMNS, ORDERS, economy_rows, scan
from .parameters import Parameters
from .static_market import fixed_points

VARIED = tuple(name for name in COLUMNS if name != "ai_available")
COSTS = 60
RANGE = 20.0
BEYOND = 1.001
SAME = 1e-14
"""Welfare is a sum of a few terms of order 1: smaller differences are rounding."""


def draw_economies(parameters: Parameters, economies: int, spread: float, seed: int, replicate: int = 0) -> Floats:
    """Economies (n, 15): every parameter times a factor of its own, uniform on [1 - spread, 1 + spread].

    What falls beyond the range of a parameter, such as a shape of the skill density below 1, is set to its end.

    Raises
    ------
    ValueError
        For economies or a replicate outside [1, 2^32 - 1] and [0, 2^32 - 1], a spread outside [0, 1), a seed outside
        [0, 2^64 - 1].
    """
    whole("economies", economies, 1, 2**32 - 1)
    require(0.0 <= spread < 1.0, "spread", spread, "[0, 1)")
    key = stream_key(int(seed_word("seed", seed, 64)), "supply_shock.economy")
    number = seed_word("replicate", replicate, 32)
    table = np.repeat(economy_rows(parameters), economies, axis=0)
    lanes = np.empty((economies, 2 * len(VARIED)))
    zero = np.uint64(0)
    for i in range(economies):
        uniforms(key, np.uint64(i), zero, number, zero, lanes[i])
    table[:, : len(VARIED)] *= 1.0 + spread * (2.0 * lanes[:, : len(VARIED)] - 1.0)
    for place, name in enumerate(VARIED):
        low, high = closed_range(Parameters, name)
        table[:, place] = np.clip(table[:, place], low, high)
    return table


def economy_properties(table: Floats, threads: int = 1) -> Arrays:
    """Claims of the paper that hold in each economy of a table (n, 15): arrays (n,) of 0 and 1, and the thresholds.

    Costs run from the reference cost of the economy down to a twentieth of it. Where nobody adopts in that range, both
    thresholds are 0, and no claim on welfare with pollution holds. A weight is moderate at the geometric mean of onset
    and beta*.

    Raises
    ------
    ValueError
        Where an economy has no pollution rate.
    """
    columns = dict(zip(COLUMNS, table.T))
    if not (columns["pollution_rate"] > 0.0).all():
        raise ValueError("pollution_rate: 0 given; allowed: (0, 1000000]")
    here = scan(Parameters(), columns, threads=threads)
    three = here.order == ORDERS.index("exit ai human")
    dearest = columns["reference_cost"]
    found = many_thresholds(table, dearest / RANGE, dearest, threads, CAREFUL)
    onset, decline = found[:, 0], found[:, 1]
    some = np.isfinite(decline)
    costs = dearest[:, None] * np.geomspace(1.0, 1.0 / RANGE, COSTS)
    best, _ = best_costs(table, dearest / RANGE, dearest, threads)
    adoption = np.minimum(dearest, found[:, 4])

    def steps(weight: Floats) -> Floats:
        """Changes of welfare from cost to cheaper cost (n, COSTS - 1) at pollution weights (n,)."""
        wide = {name: values[:, None] for name, values in columns.items()}
        wide |= {"ai_cost": costs, "pollution_weight": weight[:, None]}
        return np.diff(scan(Parameters(), wide, threads=threads).welfare.reshape(costs.shape), axis=1)

    several = [len(fixed_points(_economy(row))) > 1 for row in table]
    return {
        "three_segments": three,
        "hollow": three & (columns["human_capacity"] * here.upper_cutoff > columns["ai_quality"]),
        "two_cutoffs": here.order < 7,
        "several_fixed_points": np.array(several),
        "falling_map": here.map_slope <= 0.0,
        "monotone_without_pollution": np.asarray(np.all(steps(np.zeros(len(table))) >= -SAME, axis=1)),
        "monotone": np.asarray(some & np.all(steps(columns["pollution_weight"]) >= -SAME, axis=1)),
        "inverted_u": some & (best > dearest / RANGE * 1.001) & (best < adoption * 0.999),
        "inverted_u_moderate": some & rises_then_falls(steps(np.where(some, np.sqrt(onset * decline), 0.0))),
        "falls_beyond": np.asarray(some & np.all(steps(np.where(some, decline, 0.0) * BEYOND) <= SAME, axis=1)),
        "adopters": some,
        "decline": np.where(some, decline, 0.0),
        "onset": np.where(some, onset, 0.0),
    }


def rises_then_falls(steps: Floats) -> NDArray[np.bool_]:
    """Mask of the rows (m,) of changes with rises and falls, all rises before all falls: one peak, inside."""
    up, down = steps > SAME, steps < -SAME
    count = steps.shape[1]
    last_up, first_down = count - 1 - np.argmax(up[:, ::-1], axis=1), np.argmax(down, axis=1)
    return np.asarray(up.any(axis=1) & down.any(axis=1) & (last_up < first_down))


def _economy(row: Floats) -> Parameters:
    values = dict(zip(COLUMNS, row.tolist()))
    return Parameters(**{**values, "ai_available": bool(values["ai_available"])})
