"""The retreat from technical to creative work as studies see it (MODEL 5.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.frozen import Frozen
from mfsolve.models.transition.grid_two_skills import NAMES, TwoSkillParameters, two_skill_mean_field
from mfsolve.models.transition.particles_two_skills import two_skill_simulate

from . import _transition_solvers as solvers
from ._transition_solvers import PATH, Particles

if TYPE_CHECKING:
    import xarray as xr

CHANGES = {
    "technical_change": "change of the mean technical skill of those who work by hand",
    "creative_change": "change of their mean creative skill",
}


class Grid(Frozen):
    """Infinitely many creators, on cells of the unit square."""

    cells: int = Field(40, ge=8, le=2**11, description="cells along either skill")
    dt: float = Field(0.25, gt=0.0, description="largest time step")


SOLVERS: Mapping[str, type[Frozen]] = {"grid": Grid, "particles": Particles}


class Times(solvers.Looked):
    """When the retreat is looked at."""

    times: solvers.Times = Field(
        tuple(float(t) for t in range(0, 41, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(60, ge=8, le=2**11, description="cells of the grid that is the reference")


class Record(Frozen):
    """What is kept beside the paths."""

    bins: int = Field(0, ge=0, le=200, description="bins of the density of skills, each way, at the end; 0: none")


def _variables(case: Case) -> Mapping[str, Variable]:
    bins, solver = case.record.bins, case.policy
    if bins and isinstance(solver, Grid) and solver.cells % bins:
        raise ValueError(f"bins: {bins} given; allowed: a divisor of the grid's {solver.cells} cells")
    found = {name: Variable(PATH, text, exact=isinstance(solver, Grid)) for name, text in (NAMES | CHANGES).items()}
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
        data = solvers.on_grid(two_skill_mean_field, p, times, solver.cells, solver.dt)
    else:
        data = two_skill_simulate(p, solver.creators, times, seed, replicate, dt=solver.dt, threads=threads, bins=bins)
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


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    population: Times = case.population
    return _paths(
        solvers.on_grid(two_skill_mean_field, case.parameters, population.times, population.reference_cells, 0.125)
    )


MODEL = Model(
    name="retreat",
    title="supply shock with two skills: the retreat from technical to creative work (MODEL 5.2)",
    parameters=TwoSkillParameters,
    alternatives=SOLVERS,
    population=Times,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=reference,
    predictions={name: solvers.at_the_end(reference, name) for name in CHANGES},
    section=solvers.SECTION,
    path="time",
    refined_downward=solvers.FINER,
    panels=("technical_by_hand", "creative_by_hand", "survivors_technical", "survivors_creative"),
)
