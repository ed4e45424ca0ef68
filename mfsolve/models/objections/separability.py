"""Separability of welfare: parts optimised alone, Shapley values of the parts, analysis of variance (MODEL 7.8)."""

from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.optimal_policy import Program
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.response import best_response
from mfsolve.models.collapse.welfare import decompose

PARTS = ("producers", "consumers", "collapse", "information")
"""Parts of welfare, each with its sign: surplus of producers less the policy's cost, of consumers, and two losses."""
TIED = 1e-12
"""Difference of two sums up to which they are equal but for rounding, over the largest size of their parts."""


class Surface(NamedTuple):
    """Parts of one generation's welfare (4, n, n) over subsidies (n,) and strengths of the watermark (n,)."""

    parts: Floats
    subsidies: Floats
    marks: Floats


def surface(parameters: Parameters, places: int) -> Surface:
    """Parts of welfare with producers in equilibrium, the first generator held, over a lattice of the two levers."""
    program = Program(parameters, Gaussian.human(parameters))
    levels = np.linspace(0.0, 1.0, places)
    parts = np.empty((len(PARTS), places, places))
    for i, s in enumerate(levels):
        for j, w in enumerate(levels):
            levers = program.levers(float(s), float(w))
            rho = program.equilibrium(levers)
            loss, slope = program.loss(rho)
            held = best_response(parameters, program.target(levers, rho))
            found = decompose(parameters, levers, held, parameters.data_value * slope, rho, loss)
            parts[:, i, j] = (
                found.welfare_producers - found.policy_cost, found.welfare_consumers,
                -found.loss_collapse, -found.loss_information,
            )  # fmt: skip
    return Surface(parts, levels, levels)


class Separability(NamedTuple):
    """Distance of welfare from a sum of parts that can be optimised one by one (MODEL 7.8).

    A part may have many best levers. Where one pair of them has to be named or valued, it is that of `sparing_levers`.

    Attributes
    ----------
    joint : (2,) levers that maximise all parts together.
    alone : (4, 2) levers that maximise each part alone.
    least : (4,) welfare that each part's own levers forgo against the joint ones, at the best of them for welfare.
    most : (4,) the same at the worst of them for welfare.
    misses : (4,) True where none of a part's own levers maximises all parts together.
    shapley : (4,) Shapley value of each part's being looked after, in welfare.
    synergy : welfare gained by looking after all, less the sum of the gains by looking after one alone.
    gain : welfare of the joint levers above that of none.
    """

    joint: Floats
    alone: Floats
    least: Floats
    most: Floats
    misses: np.ndarray
    shapley: Floats
    synergy: float
    gain: float


def maximisers(parts: Floats) -> np.ndarray:
    """True where the sum of parts (k, ...) is at its maximum, to 1e-12 of their largest size (MODEL 7.8)."""
    values = parts.sum(axis=0)
    return np.asarray(values >= values.max() - TIED * np.abs(parts).max())


def separability(at: Surface) -> Separability:
    """Measure separability on a surface: a planner who looks after some parts maximises their sum (MODEL 7.8).

    Nothing depends on the order of the lattice's places.
    """
    total = at.parts.sum(axis=0)
    whole = maximisers(at.parts)
    nothing = float(total[np.argmin(at.subsidies), np.argmin(at.marks)])
    worth: dict[frozenset[int], float] = {frozenset(): 0.0}
    chosen: dict[frozenset[int], tuple[int, int]] = {}
    everyone = range(len(PARTS))
    for size in range(1, len(PARTS) + 1):
        for group in map(frozenset, combinations(everyone, size)):
            chosen[group] = sparing_levers(at, maximisers(at.parts[sorted(group)]))
            worth[group] = float(total[chosen[group]]) - nothing

    def levers(group: frozenset[int]) -> tuple[float, float]:
        i, j = chosen[group]
        return float(at.subsidies[i]), float(at.marks[j])

    everything, singles = frozenset(everyone), [frozenset({k}) for k in everyone]
    own = [maximisers(part[None]) for part in at.parts]
    return Separability(
        np.array(levers(everything)),
        np.array([levers(single) for single in singles]),
        np.array([total.max() - total[best].max() for best in own]),
        np.array([total.max() - total[best].min() for best in own]),
        np.array([not (best & whole).any() for best in own]),
        shapley(worth),
        worth[everything] - sum(worth[single] for single in singles),
        worth[everything],
    )


def sparing_levers(at: Surface, best: np.ndarray) -> tuple[int, int]:
    """Place of the levers that a planner sets to whom all those marked, (n, n), are equally good (MODEL 7.8).

    No lever is moved further than it has to be: neither of the two could be lower without the other being higher. Of
    such pairs it is the one of most welfare; of several with as much that of the least subsidy.
    """
    i, j = np.nonzero(best)
    order = np.lexsort((at.marks[j], at.subsidies[i]))
    i, j = i[order], j[order]
    below = np.minimum.accumulate(np.append(np.inf, at.marks[j]))[:-1]
    i, j = i[at.marks[j] < below], j[at.marks[j] < below]
    first = int(np.argmax(maximisers(at.parts[:, i, j])))
    return int(i[first]), int(j[first])


def shapley(worth: dict[frozenset[int], float]) -> Floats:
    """Shapley values (n,) of a game given by the worth of every coalition of 0..n-1."""
    players = sorted(frozenset().union(*worth))
    n, value = len(players), np.zeros(len(players))
    for group, v in worth.items():
        for k in group:
            weight = factorial(len(group) - 1) * factorial(n - len(group)) / factorial(n)
            value[k] += weight * (v - worth[group - {k}])
    return value


def interaction(values: Floats) -> float:
    """Share of the variance of a function on a lattice (n, m) that no sum of functions of one lever has; 0 to 1.

    A constant function has none: 0.
    """
    mean = values.mean()
    rows, columns = values.mean(axis=1, keepdims=True) - mean, values.mean(axis=0, keepdims=True) - mean
    total = float(np.mean((values - mean) ** 2))
    left = float(np.mean((values - mean - rows - columns) ** 2))
    return left / total if total > 1e-30 else 0.0
