"""The transition as studies see it: grid and finite populations, their paths and their trough (MODEL 5.2)."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.frozen import Frozen
from mfsolve.models.transition.grid import before_ai, mean_field
from mfsolve.models.transition.outputs import NAMES
from mfsolve.models.transition.parameters import MOST_CELLS, Parameters
from mfsolve.models.transition.particles import check_step, simulate
from mfsolve.models.transition.pigouvian_tax import rest_state
from mfsolve.models.transition.policies import LaissezFaire

from . import _transition_solvers as solvers
from ._transition_solvers import PATH, Particles

SHARED = "density of skill"
AT_REST = {
    "human_at_rest": "share of creators who work by hand at rest",
    "recovered_at_rest": "share of the fall that is made good at rest",
}


class Grid(Frozen):
    """Infinitely many creators, on cells of skill."""

    cells: int = Field(200, ge=8, le=MOST_CELLS, description="cells of skill")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


SOLVERS: Mapping[str, type[Frozen]] = {"grid": Grid, "particles": Particles}


class Times(solvers.Looked):
    """When the transition is looked at."""

    times: solvers.Times = Field(
        tuple(float(t) for t in range(0, 61, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(400, ge=8, le=MOST_CELLS, description="cells of the grid that is the reference")
    reference_dt: float = Field(0.0625, gt=0.0, description="time step of the reference")


class Record(Frozen):
    """What is kept beside the paths."""

    bins: int = Field(0, ge=0, le=400, description="bins of the density of skill, before AI and at the end; 0: none")


def variables(case: Case) -> Mapping[str, Variable]:
    """Paths, what stands at rest, and the density of skill before AI and at the end."""
    exact = isinstance(case.policy, Grid)
    if not exact:
        check_step(case.parameters, LaissezFaire(), case.population.times[-1], case.policy.dt)
    found = {name: Variable(PATH, text, exact=exact) for name, text in NAMES.items()}
    found["human_at_rest"] = Variable(PATH, AT_REST["human_at_rest"], exact=True)
    found["recovered_at_rest"] = Variable(PATH, AT_REST["recovered_at_rest"], exact=exact)
    if case.record.bins:
        found["density_before"] = Variable(("time", "skill"), "before AI", panel=SHARED)
        found["density"] = Variable(("time", "skill"), "at the end", panel=SHARED)
    return found


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


def _paths(case: Case, paths: Mapping[str, Floats], cells: int) -> Arrays:
    """Paths, and what of the fall so far is made good at rest."""
    first, last = _at_rest(case.parameters, cells)
    lost = paths["fall"] * first
    back = np.divide(last - first + lost, lost, out=np.zeros(lost.size), where=lost > 0.0)
    return {name: np.asarray(paths[name]) for name in NAMES} | {
        "human_at_rest": np.full(lost.size, last),
        "recovered_at_rest": back,
    }


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    p, solver, times, bins = case.parameters, case.policy, case.population.times, case.record.bins
    if isinstance(solver, Grid):
        data = solvers.on_grid(mean_field, p, times, solver.cells, solver.dt)
    else:
        data = simulate(p, solver.creators, times, seed, replicate, dt=solver.dt, threads=threads, bins=bins)
    found = _paths(case, {name: data[name].values for name in NAMES}, case.population.reference_cells)
    if bins:
        start = before_ai(p, 400)
        before = _binned(start.mass.sum(axis=1) / start.grid.h, bins)
        found["density_before"] = np.broadcast_to(before, (len(times), before.size)).copy()
        found["density"] = np.stack([_binned(row, bins) for row in data["density"].values])
    return found


def _binned(density: Floats, bins: int) -> Floats:
    """Averages (bins,) of a density on even cells, by its distribution function."""
    cumulated = np.concatenate([[0.0], np.cumsum(density) / density.size])
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.asarray(np.diff(np.interp(edges, np.linspace(0.0, 1.0, density.size + 1), cumulated)) * bins)


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    population: Times = case.population
    cells, dt = population.reference_cells, population.reference_dt
    data = solvers.on_grid(mean_field, case.parameters, population.times, cells, dt)
    return _paths(case, {name: data[name].values for name in NAMES}, cells)


PREDICTED = ("human", "ai", "ai_volume", "fall", "trough_time", "recovered", "peak_recovered", "recovered_at_rest")
MODEL = Model(
    name="transition",
    title="supply shock in transition: creators with search, revision and re-skilling, grid and particles (MODEL 5.2)",
    parameters=Parameters,
    alternatives=SOLVERS,
    population=Times,
    record=Record,
    variables=variables,
    coordinates=coordinates,
    simulate=_simulate,
    mean_field=reference,
    predictions={name: solvers.at_the_end(reference, name) for name in PREDICTED},
    section=solvers.SECTION,
    path="time",
    refined_downward=solvers.FINER,
    panels=("human", "ai", "reskilling", "human_skill"),
)
