"""The retreat from technical to creative work as studies see it (MODEL 5.2)."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.model import Arrays, Case, Frozen, Model, Variable

from .plane import NAMES, PlaneParameters, plane_field
from .plane_particles import plane_simulate

if TYPE_CHECKING:
    import xarray as xr

PATH = ("time",)
CHANGES = {
    "technical_change": "change of the mean technical skill of those who work by hand",
    "creative_change": "change of their mean creative skill",
}


class Grid(Frozen):
    """Infinitely many creators, on cells of the unit square."""

    cells: int = Field(40, ge=8, le=2**11, description="cells along either skill")
    dt: float = Field(0.25, gt=0.0, description="largest time step")


class Particles(Frozen):
    """Finitely many creators."""

    creators: int = Field(10_000, ge=2, le=2**28, description="creators N")
    dt: float = Field(0.125, gt=0.0, description="largest time step")


SOLVERS: Mapping[str, type[Frozen]] = {"grid": Grid, "particles": Particles}


class Times(Frozen):
    """When the retreat is looked at."""

    times: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(
        tuple(float(t) for t in range(0, 41, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(60, ge=8, le=2**11, description="cells of the grid that is the reference")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase")
        return self


class Record(Frozen):
    """What is kept beside the paths."""

    bins: int = Field(0, ge=0, le=200, description="bins of the density of skills, each way, at the end; 0: none")


def _variables(case: Case) -> Mapping[str, Variable]:
    bins, solver = case.record.bins, case.policy
    if bins and isinstance(solver, Grid) and solver.cells % bins:
        raise ValueError(f"bins: {bins} given; allowed: a divisor of the grid's {solver.cells} cells")
    found = {name: Variable(PATH, text) for name, text in (NAMES | CHANGES).items()}
    if bins:
        found["density"] = Variable(("time", "creative", "technical"), "density of skills at the end")
        found["gained"] = Variable(
            ("time", "creative", "technical"), "density of skills gained since the arrival of AI"
        )
    return found


def _coordinates(case: Case) -> Arrays:
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if case.record.bins:
        middle = (np.arange(case.record.bins) + 0.5) / case.record.bins
        found |= {"technical": middle, "creative": middle}
    return found


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    p, solver, times, bins = case.parameters, case.policy, case.population.times, case.record.bins
    if isinstance(solver, Grid):
        data = _on_grid(p, times, solver.cells, solver.dt)
    else:
        data = plane_simulate(p, solver.creators, times, seed, replicate, dt=solver.dt, threads=threads, bins=bins)
    found = _paths(data)
    if bins:
        density = data["density"].values.swapaxes(1, 2)
        size = density.shape[1] // bins
        density = density.reshape(-1, bins, size, bins, size).mean(axis=(2, 4))
        found |= {"density": density, "gained": density - density[0]}
    return found


def _paths(data: "xr.Dataset") -> Arrays:
    paths: Arrays = {name: data[name].values for name in NAMES}
    for skill in ("technical", "creative"):
        of_survivors = paths[f"survivors_{skill}"]
        paths[f"{skill}_change"] = of_survivors - of_survivors[0]
    return paths


@lru_cache(maxsize=16)
def _on_grid(parameters: PlaneParameters, times: tuple[float, ...], cells: int, dt: float) -> "xr.Dataset":
    """A grid's path, once for all replicates."""
    return plane_field(parameters, cells, times, dt=dt)


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    return _paths(_on_grid(case.parameters, case.population.times, case.population.reference_cells, 0.125))


def _at_the_end(name: str) -> Callable[[Case], float]:
    return lambda case: float(reference(case)[name][-1])


MODEL = Model(
    name="retreat",
    title="supply shock with two skills: the retreat from technical to creative work (MODEL 5.2)",
    parameters=PlaneParameters,
    alternatives=SOLVERS,
    population=Times,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=reference,
    predictions={name: _at_the_end(name) for name in CHANGES},
    section="solvers",
    path="time",
    refined_downward=frozenset({"solvers.dt"}),
    panels=("technical_by_hand", "creative_by_hand", "survivors_technical", "survivors_creative"),
)
