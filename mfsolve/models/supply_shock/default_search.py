"""The search that found the default parameters, over a lattice of round numbers; it can be run again (MODEL 5.1).

Quality, money and the penalty's scale are normalised: thbar = alpha = eta = 1, and volume is inverse in cost, x = 1.
Everything else runs over `LATTICE`, and the reference cost is the least multiple of 0.05 at which nobody adopts, so
that AI enters within the range of costs. An economy is kept if

1. at every cost of `FRACTIONS` of the reference cost the order is exit, AI, human, or exit, human where none adopts;
2. at the cost that is best for welfare among them, each of the three segments holds 15 % of the producers at least;
3. welfare there is 5 % or more above that at either end of the range (the inverted U);
4. before AI the density of quality has its mode inside: the most common skill is active;
5. it does not stand on a knife's edge: when any one parameter moves by 5 %, 1 still holds, each segment keeps 5 % of
   the producers, the hollow stays open, and welfare is still greatest inside the range.

Of those the economy wins whose hollow, at that cost, was home to the largest share of the producers before AI. Seven
economies with larger hollows fail the fifth condition: the picture of the three segments is not a robust one.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics import special
from mfsolve.models.arguments import instance, thread_count

from .many_economies import COLUMNS, ORDERS, economy_rows, scan
from .parameters import Parameters

LATTICE: Mapping[str, tuple[float, ...]] = {
    "skill_a": (2.0, 3.0, 4.0),
    "skill_b": (2.0, 3.0, 4.0),
    "human_efficiency": (1.5, 2.0),
    "ai_quality": (0.35, 0.4, 0.45, 0.5, 0.55, 0.6),
    "adoption_skill_cost": (0.01, 0.02, 0.03, 0.05),
    "adoption_cost": (0.0, 0.01),
    "outside_option": (0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1),
    "pollution_weight": (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02),
}
FRACTIONS = np.array([1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05])
REFERENCES = np.arange(1, 17) * 0.05
LEAST_SHARE = 0.15
LEAST_GAIN = 0.05
MOVE = 0.05
LEFT_SHARE = 0.05


@dataclass(frozen=True)
class Candidate:
    """An economy that the search kept: its parameters, and the share of the producers its hollow was home to."""

    parameters: Parameters
    hollow_share: float


def search(lattice: Mapping[str, tuple[float, ...]] = LATTICE, threads: int = 1) -> tuple[Candidate, ...]:
    """Economies of the lattice that meet the criterion, the best first; the whole lattice takes a minute (MODEL 5.1).

    Parameters
    ----------
    lattice
        Values of parameters other than the costs and ai_available, which the search sets itself; parameters that are
        not named keep their defaults.
    threads
        Threads, in [1, 1024]; the result does not depend on it.

    Returns
    -------
    tuple of Candidate
        In descending order of `hollow_share`; empty where no economy meets the criterion.

    Raises
    ------
    ValueError
        For an empty lattice, a name that cannot be varied, no value or one outside its range.
    """
    instance("lattice", lattice, Mapping)
    allowed = [name for name in COLUMNS if name not in ("ai_cost", "reference_cost", "ai_available")]
    if not lattice or not set(lattice) <= set(allowed):
        raise ValueError(f"lattice: {', '.join(lattice) or 'nothing'} given; allowed: {', '.join(allowed)}")
    for name, values in lattice.items():
        if not np.size(values):
            raise ValueError(f"lattice: no value of {name} given; allowed: one or more")
        economy_rows(Parameters(), {name: values})
    thread_count(threads)
    points = np.array(list(itertools.product(*lattice.values())))
    columns = dict(zip(lattice, points.T))
    reference, entry = _reference(columns, threads)
    a, b = (columns.get(name, np.float64(getattr(Parameters(), name))) for name in ("skill_a", "skill_b"))
    kept = np.flatnonzero(np.isfinite(reference) & ((a - 1.0) / (a + b - 2.0) > entry))
    columns = {name: values[kept] for name, values in columns.items()}
    reference, entry = reference[kept], entry[kept]
    wide = {name: values[:, None] for name, values in columns.items()}
    costs = reference[:, None] * FRACTIONS
    found = scan(Parameters(), {**wide, "ai_cost": costs, "reference_cost": reference[:, None]}, threads=threads)
    welfare, order = found.welfare.reshape(costs.shape), found.order.reshape(costs.shape)
    every, best = np.arange(len(costs)), np.argmax(welfare, axis=1)
    peak = welfare[every, best]
    shares = np.stack([s.reshape(costs.shape) for s in (found.exit_share, found.ai_share, found.human_share)])
    good = (
        np.isin(order, [ORDERS.index("exit ai human"), ORDERS.index("exit human")]).all(axis=1)
        & (shares[:, every, best].min(axis=0) >= LEAST_SHARE)
        & (peak >= (1.0 + LEAST_GAIN) * np.maximum(welfare[:, 0], welfare[:, -1]))
    )
    upper = found.upper_cutoff.reshape(costs.shape)[every, best]
    candidates = [_candidate(columns, i, reference[i], costs[i, best[i]], entry[i], upper[i]) for i in every[good]]
    return tuple(sorted((c for c in candidates if is_robust(c.parameters)), key=lambda c: -c.hollow_share))


def _reference(columns: Mapping[str, Floats], threads: int) -> tuple[Floats, Floats]:
    """The least multiple of 0.05 at which nobody adopts and some work (NaN if none), and the skill of entry there."""
    wide = {name: values[:, None] for name, values in columns.items()}
    found = scan(Parameters(), {**wide, "ai_cost": REFERENCES}, threads=threads)
    shape = (len(next(iter(columns.values()))), REFERENCES.size)
    none = (found.order == ORDERS.index("exit human")).reshape(shape)
    first = np.argmax(none, axis=1)
    entry = found.lower_cutoff.reshape(shape)[np.arange(len(first)), first]
    return np.where(none.any(axis=1), REFERENCES[first], np.nan), entry


def _candidate(
    columns: Mapping[str, Floats], i: int, reference: float, cost: float, entry: float, upper: float
) -> Candidate:
    values = {name: float(values[i]) for name, values in columns.items()}
    parameters = Parameters(**values, ai_cost=float(cost), reference_cost=float(reference))
    ends = np.array([max(entry, parameters.ai_quality), max(upper, parameters.ai_quality), entry])
    below = np.empty(3)
    special.beta_shares(ends, parameters.skill_a, parameters.skill_b, below)
    return Candidate(parameters, float((below[1] - below[0]) / (1.0 - below[2])))


def is_robust(parameters: Parameters) -> bool:
    """True if the segments, the hollow and the inverted U survive a move of any one parameter by 5 %."""
    names = [name for name in COLUMNS if name != "ai_available"]
    factors = np.ones((len(names), 2, len(names)))
    for i in range(len(names)):
        factors[i, :, i] = 1.0 - MOVE, 1.0 + MOVE
    centre = np.array([getattr(parameters, name) for name in names])
    moved = dict(zip(names, (centre * factors).reshape(-1, len(names)).T))
    here = scan(parameters, moved)
    hollow = moved["human_capacity"] * here.upper_cutoff - moved["ai_quality"]
    sweep = {name: values[:, None] for name, values in moved.items()}
    sweep["ai_cost"] = parameters.reference_cost * FRACTIONS * sweep["ai_cost"] / parameters.ai_cost
    along = scan(parameters, sweep)
    welfare = along.welfare.reshape(-1, FRACTIONS.size)
    return bool(
        np.isin(along.order, [ORDERS.index("exit ai human"), ORDERS.index("exit human")]).all()
        and min(here.exit_share.min(), here.ai_share.min(), here.human_share.min()) >= LEFT_SHARE
        and (hollow > 0.0).all()
        and (welfare.max(axis=1) > np.maximum(welfare[:, 0], welfare[:, -1])).all()
    )
