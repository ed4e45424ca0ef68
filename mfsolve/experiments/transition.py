"""The transition of the supply shock on a grid and by finite populations: paths, trough, rest (MODEL 5.2)."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments import _transition_solvers as solvers
from mfsolve.experiments._transition_solvers import PATH, Particles
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT, support_of
from mfsolve.models.transition.grid import before_ai, mean_field
from mfsolve.models.transition.outputs import NAMES
from mfsolve.models.transition.parameters import MOST_CELLS, Parameters
from mfsolve.models.transition.particles import check_step, simulate
from mfsolve.models.transition.pigouvian_tax import rest_state
from mfsolve.models.transition.policies import LaissezFaire
from mfsolve.models.transition.population import Resolution

SHARED = "density of skill"
BEFORE_CELLS = 400
HUMAN_AT_REST = Output(PATH, "share of creators who work by hand at rest", support=UNIT)
RECOVERED_AT_REST = Output(PATH, "share of the fall recovered at rest")
DENSITY_BEFORE = Output(("time", "skill"), "before AI", panel=SHARED, lowest=0.0)
DENSITY = Output(("time", "skill"), "at the end", panel=SHARED, lowest=0.0)


class Grid(Frozen):
    """Infinitely many creators, on cells of skill."""

    cells: int = Field(200, ge=8, le=MOST_CELLS, description="cells of skill")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


class Times(solvers.OutputTimes):
    """Times at which the transition is put out, and its reference."""

    times: solvers.Times = Field(
        tuple(float(t) for t in range(0, 61, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(400, ge=8, le=MOST_CELLS, description="cells of the grid that is the reference")
    reference_dt: float = Field(0.0625, gt=0.0, description="time step of the reference")


class Record(Frozen):
    """Densities that are kept beside the paths."""

    bins: int = Field(0, ge=0, le=400, description="bins of the density of skill, before AI and at the end; 0: none")


def paths_of(case: Case) -> dict[str, Output]:
    """Outputs along a path that a solver gives, the density of skill at the end included."""
    found = {name: Output(PATH, text, support=support_of(text)) for name, text in NAMES.items()}
    found |= {"recovered_at_rest": RECOVERED_AT_REST}
    return found | ({"density": DENSITY} if case.record.bins else {})


def constants_of(case: Case) -> dict[str, Output]:
    """Outputs that no path changes: the share at rest, the density before AI."""
    return {"human_at_rest": HUMAN_AT_REST} | ({"density_before": DENSITY_BEFORE} if case.record.bins else {})


def coordinates(case: Case) -> Arrays:
    """Times, and centres of the bins of skill."""
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if case.record.bins:
        found["skill"] = (np.arange(case.record.bins) + 0.5) / case.record.bins
    return found


@lru_cache(maxsize=64)
def _at_rest(parameters: Parameters, cells: int) -> tuple[float, float]:
    """Shares who work by hand when AI begins, and at rest."""
    first = float(mean_field(parameters, cells, [0.0])["human"][0])
    return first, rest_state(parameters, cells=cells)["human"]


def _recovery(case: Case, paths: Mapping[str, Floats], cells: int) -> Arrays:
    """Paths, with the share of the fall so far that is made good at rest."""
    first, last = _at_rest(case.parameters, cells)
    lost = paths["fall"] * first
    back = np.divide(last - first + lost, lost, out=np.zeros(lost.size), where=lost > 0.0)
    return {name: np.asarray(paths[name]) for name in NAMES} | {"recovered_at_rest": back}


def bin_averages(density: Floats, bins: int) -> Floats:
    """Averages (bins,) of a density on even cells, by its distribution function."""
    cumulated = np.concatenate([[0.0], np.cumsum(density) / density.size])
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.asarray(np.diff(np.interp(edges, np.linspace(0.0, 1.0, density.size + 1), cumulated)) * bins)


def _binned(densities: Floats, bins: int) -> Arrays:
    return {"density": np.stack([bin_averages(row, bins) for row in densities])} if bins else {}


def solve_constants(case: Case, threads: int) -> Arrays:
    """The share who work by hand at rest and the density before AI, repeated along the path."""
    steps, bins = len(case.population.times), case.record.bins
    found: Arrays = {"human_at_rest": np.full(steps, _at_rest(case.parameters, case.population.reference_cells)[1])}
    if bins:
        start = before_ai(case.parameters, BEFORE_CELLS)
        before = bin_averages(start.mass.sum(axis=1) / start.grid.h, bins)
        found["density_before"] = np.broadcast_to(before, (steps, before.size)).copy()
    return found


def solve_grid(case: Case, threads: int) -> Arrays:
    """The deterministic path, on the arm's grid."""
    solver, population = case.arm, case.population
    data = solvers.on_grid(mean_field, case.parameters, population.times, solver.cells, solver.dt)
    paths = _recovery(case, {name: data[name].values for name in NAMES}, population.reference_cells)
    return paths | _binned(data["density"].values, case.record.bins) | solve_constants(case, threads)


def draw_particles(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The path of a finite population."""
    solver, population, bins = case.arm, case.population, case.record.bins
    data = simulate(
        case.parameters,
        solver.creators,
        population.times,
        seed,
        replicate,
        resolution=Resolution(solver.dt, bins),
        threads=threads,
    )
    paths = _recovery(case, {name: data[name].values for name in NAMES}, population.reference_cells)
    return paths | (_binned(data["density"].values, bins) if bins else {})


def check_particles(case: Case) -> None:
    """Refuse a step at which occupations would swing about."""
    check_step(case.parameters, LaissezFaire(), case.population.times[-1], case.arm.dt)


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    population: Times = case.population
    cells, dt = population.reference_cells, population.reference_dt
    data = solvers.on_grid(mean_field, case.parameters, population.times, cells, dt)
    at_rest = np.full(len(population.times), _at_rest(case.parameters, cells)[1])
    return _recovery(case, {name: data[name].values for name in NAMES}, cells) | {"human_at_rest": at_rest}


FINER_GRID = Reference(lambda case: (*NAMES, "recovered_at_rest", "human_at_rest"), reference)
PREDICTED = ("human", "ai", "ai_volume", "fall", "trough_time", "recovered", "peak_recovered", "recovered_at_rest")
EXPERIMENT = Experiment(
    name="transition",
    title="supply shock in transition: creators with search, revision and re-skilling, grid and particles",
    parameters=Parameters,
    arms={
        "grid": Arm(
            Grid, solve=solve_grid, solved=lambda case: paths_of(case) | constants_of(case), coordinates=coordinates,
            reference=FINER_GRID,
        ),
        "particles": Arm(
            Particles, draw=draw_particles, drawn=paths_of, solve=solve_constants, solved=constants_of,
            coordinates=coordinates, reference=FINER_GRID, check=check_particles, toy={"creators": 200},
        ),
    },
    population=Times,
    record=Record,
    section=solvers.SECTION,
    word=solvers.WORD,
    path="time",
    predictions={name: solvers.at_the_end(reference, name) for name in PREDICTED},
    finer_downward=solvers.FINER,
    views=Views(paths=("human", "ai", "reskilling", "human_skill"), overlaid=True, limit="mean field"),
    toy={"population.times": [0, 60], "population.reference_cells": 200, "population.reference_dt": 0.25},
)  # fmt: skip
