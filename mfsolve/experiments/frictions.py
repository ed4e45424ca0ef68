"""Factorials of the transition: what its frictions, removed one by one and together, change (MODEL 5.2).

A replicate is a finite population, or an economy drawn around the given one; all combinations of the factors see the
same random numbers. The outcomes of every combination make main effects and interactions, replicate by replicate.
"""

from typing import Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments._transition_solvers import Particles
from mfsolve.experiments.experiment import Arm, Case, Experiment, Views
from mfsolve.inference.factorial import cells, effects, subsets
from mfsolve.models.supply_shock.static_market import segments
from mfsolve.models.transition.grid import mean_field
from mfsolve.models.transition.outputs import TROUGH
from mfsolve.models.transition.parameters import Parameters
from mfsolve.models.transition.particles import check_step, simulate
from mfsolve.models.transition.pigouvian_tax import rest_state
from mfsolve.models.transition.policies import LaissezFaire
from mfsolve.models.transition.population import Resolution
from mfsolve.models.transition.random_economies import draw_economy

from ._friction_design import (
    OUTCOMES,
    Design,
    Grids,
    Rests,
    key_of,
    path_coordinates,
    path_outputs,
    rest_coordinates,
    rest_outputs,
)


def _analysed(design: Design, outcomes: dict[str, Floats]) -> Arrays:
    """Outcomes as things are, and their effects, of outcomes (2^k,) under every combination."""
    k = len(design.factors)
    found: Arrays = {name: np.asarray(values[0]) for name, values in outcomes.items()}
    for name, values in outcomes.items():
        for chosen, effect in zip(subsets(design.names), effects(values, k)):
            found[f"{name}_{'_'.join(chosen)}"] = np.asarray(effect)
    return found


def _paths(design: Design, data: list[Any]) -> Arrays:
    """Everything that the paths under every combination say."""
    outcomes = {name: np.array([float(path[name].values[-1]) for path in data]) for name in OUTCOMES if name in TROUGH}
    outcomes["regained"] = outcomes["fall"] * outcomes["peak_recovered"]
    outcomes["welfare_gain"] = np.array(
        [float(path["welfare"].values[-1] - path["welfare"].values[0]) for path in data]
    )
    found = _analysed(design, outcomes)
    for cell, path in zip(cells(len(design.factors)), data):
        found[f"human_{key_of(cell)}"] = np.asarray(path["human"].values)
    for name in ("fall", "regained"):
        found[f"effects_on_{name}"] = effects(outcomes[name], len(design.factors))
    return found


def draw_populations(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One finite population, under every combination of the factors."""
    design, solver = case.population, case.arm
    return _paths(
        design,
        [
            simulate(
                here, solver.creators, design.times, seed, replicate, resolution=Resolution(solver.dt), threads=threads
            )
            for here in design.economies(case.parameters)
        ],
    )


def draw_economies(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One economy, under every combination of the factors."""
    design, solver = case.population, case.arm
    base = draw_economy(case.parameters, solver.spread, seed, replicate)
    data = [mean_field(here, solver.cells, design.times, dt=solver.dt) for here in design.economies(base)]
    return _paths(design, data)


def draw_rests(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The rest points of one economy, under every combination of the factors, and its static market."""
    design, solver = case.population, case.arm
    base = draw_economy(case.parameters, solver.spread, seed, replicate)
    economies = design.economies(base)
    markets = [base.market.model_copy(update={"ai_available": on}) for on in (False, True)]
    before, after = (
        np.array([rest_state(here.changed(market=market), cells=solver.cells)["welfare"] for here in economies])
        for market in markets
    )
    found = _analysed(design, {"before": before, "after": after, "gain": after - before})
    static = np.array([segments(market).welfare for market in markets])
    gain = static[1] - static[0]
    numbers = {
        "static_before": static[0],
        "static_after": static[1],
        "static_gain": gain,
        "gap": after[0] - before[0] - gain,
        "gap_removed": np.abs(after[-1] - before[-1] - gain),
    }
    k = len(design.factors)
    in_turn = [2**k - 2 ** (k - j) for j in range(k + 1)]  # the first j factors changed
    ladder = {"before": before[in_turn], "after": after[in_turn]}
    ladder |= {name: np.full(k + 1, numbers[name]) for name in ("static_before", "static_after")}
    return found | {n: np.asarray(v) for n, v in numbers.items()} | {f"{n}_removed": v for n, v in ladder.items()}


def check_populations(case: Case) -> None:
    """Refuse a step at which occupations would swing about, or that does not resolve the time of re-skilling."""
    check_resolved(case)
    for here in case.population.economies(case.parameters):
        check_step(here, LaissezFaire(), case.population.times[-1], case.arm.dt)


def check_resolved(case: Case) -> None:
    """Refuse a step longer than re-skilling takes: everybody who begins it stays for a step."""
    check_choice(case)
    shortest = min(here.lag for here in case.population.economies(case.parameters))
    if case.arm.dt > shortest:
        raise ValueError(f"dt: {case.arm.dt!r} given; allowed: (0, {shortest:g}], the least lag")


def check_choice(case: Case) -> None:
    """Refuse choices at once, which have no frictions to remove."""
    if case.parameters.choice != "frictional":
        raise ValueError(f"choice: {case.parameters.choice!r} given; allowed: 'frictional'")


EXPERIMENT = Experiment(
    name="frictions",
    title="supply shock in transition: a factorial of its frictions, with main effects and interactions",
    parameters=Parameters,
    arms={
        "populations": Arm(
            Particles, draw=draw_populations, drawn=path_outputs, coordinates=path_coordinates, check=check_populations,
            toy={"creators": 100},
        ),
        "economies": Arm(
            Grids, draw=draw_economies, drawn=path_outputs, coordinates=path_coordinates, check=check_resolved,
            toy={"cells": 16},
        ),
        "rests": Arm(
            Rests, draw=draw_rests, drawn=rest_outputs, coordinates=rest_coordinates, check=check_choice,
            toy={"cells": 16},
        ),
    },
    population=Design,
    section="arms",
    word="arm",
    views=Views(
        bars=(
            ("gap", 1.0, "welfare gained by AI, at rest less in the static market"),
            ("gain", 1.0, "gain at rest, transition"),
            ("static_gain", -1.0, "less the gain in the static market"),
        ),
    ),
    toy={"population.times": [0, 10, 20]},
)  # fmt: skip
