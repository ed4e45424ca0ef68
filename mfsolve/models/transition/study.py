"""The transition as studies see it: grid and finite populations, their paths and their trough (MODEL 5.2)."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.model import Arrays, Case, Frozen, Model, Variable

from .grid import before_ai, mean_field
from .parameters import Floats, Parameters
from .particles import simulate
from .records import NAMES

if TYPE_CHECKING:
    import xarray as xr

PATH = ("time",)
SHARED = "density of skill"


class Grid(Frozen):
    """Infinitely many creators, on cells of skill."""

    cells: int = Field(200, ge=8, le=2**14, description="cells of skill")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


class Particles(Frozen):
    """Finitely many creators."""

    creators: int = Field(10_000, ge=2, le=2**28, description="creators N")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


SOLVERS: Mapping[str, type[Frozen]] = {"grid": Grid, "particles": Particles}


class Times(Frozen):
    """When the transition is looked at."""

    times: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(
        tuple(float(t) for t in range(0, 61, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(400, ge=8, le=2**14, description="cells of the grid that is the reference")
    reference_dt: float = Field(0.0625, gt=0.0, description="time step of the reference")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase")
        return self


class Record(Frozen):
    """What is kept beside the paths."""

    bins: int = Field(0, ge=0, le=400, description="bins of the density of skill, before AI and at the end; 0: none")


def variables(case: Case) -> Mapping[str, Variable]:
    """Paths, and the density of skill before AI and at the end."""
    found = {name: Variable(PATH, text) for name, text in NAMES.items()}
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


@lru_cache(maxsize=32)
def _on_grid(parameters: Parameters, times: tuple[float, ...], cells: int, dt: float) -> "xr.Dataset":
    """A grid's path, once for all replicates."""
    return mean_field(parameters, cells, times, dt=dt)


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    p, solver, times = case.parameters, case.policy, case.population.times
    if isinstance(solver, Grid):
        data = _on_grid(p, times, solver.cells, solver.dt)
    else:
        bins = case.record.bins
        data = simulate(p, solver.creators, times, seed, replicate, dt=solver.dt, threads=threads, bins=bins)
    found: Arrays = {name: data[name].values for name in NAMES}
    if case.record.bins:
        start = before_ai(p, 400)
        before = _binned(start.mass.sum(axis=1) / start.h, case.record.bins)
        found["density_before"] = np.broadcast_to(before, (len(times), before.size)).copy()
        density = data["density"].values
        found["density"] = np.stack([_binned(row, case.record.bins) for row in density])
    return found


def _binned(density: Floats, bins: int) -> Floats:
    """Averages (bins,) of a density on even cells, by its distribution function."""
    cumulated = np.concatenate([[0.0], np.cumsum(density) / density.size])
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.asarray(np.diff(np.interp(edges, np.linspace(0.0, 1.0, density.size + 1), cumulated)) * bins)


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    population: Times = case.population
    data = _on_grid(case.parameters, population.times, population.reference_cells, population.reference_dt)
    return {name: data[name].values for name in NAMES}


def _at_the_end(name: str) -> Callable[[Case], float]:
    return lambda case: float(reference(case)[name][-1])


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
    predictions={name: _at_the_end(name) for name in ("human", "ai", "ai_volume", "fall", "trough_time", "recovered")},
    section="solvers",
    path="time",
    refined_downward=frozenset({"solvers.dt"}),
    panels=("human", "ai", "reskilling", "human_skill"),
)
