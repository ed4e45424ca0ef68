"""The retreat from technical to creative work, on a grid and by finite populations (MODEL 5.2)."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments import _transition_solvers as solvers
from mfsolve.experiments._transition_solvers import PATH, Particles
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.frozen import Frozen
from mfsolve.models.transition.grid_two_skills import NAMES, TwoSkillParameters, two_skill_mean_field
from mfsolve.models.transition.particles_two_skills import two_skill_simulate
from mfsolve.models.transition.population import Resolution

if TYPE_CHECKING:
    import xarray as xr

CHANGES = {
    "technical_change": "change of the mean technical skill of those who work by hand",
    "creative_change": "change of their mean creative skill",
}
REFERENCE_DT = 0.125
PLANE = ("time", "creative", "technical")


class Grid(Frozen):
    """Infinitely many creators, on cells of the unit square."""

    cells: int = Field(40, ge=8, le=2**11, description="cells along either skill")
    dt: float = Field(0.25, gt=0.0, description="largest time step")


class Times(solvers.OutputTimes):
    """Times at which the retreat is put out, and its reference."""

    times: solvers.Times = Field(
        tuple(float(t) for t in range(0, 41, 2)), min_length=1, description="output times, increasing"
    )
    reference_cells: int = Field(60, ge=8, le=2**11, description="cells of the grid that is the reference")


class Record(Frozen):
    """Densities that are kept beside the paths."""

    bins: int = Field(0, ge=0, le=200, description="bins of the density of skills, each way, at the end; 0: none")


def outputs(case: Case) -> dict[str, Output]:
    """Paths, and the density of skills at the end."""
    found = {name: Output(PATH, text) for name, text in (NAMES | CHANGES).items()}
    if case.record.bins:
        found["density"] = Output(PLANE, "density of skills at the end")
        found["gained"] = Output(PLANE, "density of skills gained since the arrival of AI")
    return found


def coordinates(case: Case) -> Arrays:
    """Times, and centres of the bins of either skill."""
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if case.record.bins:
        middle = (np.arange(case.record.bins) + 0.5) / case.record.bins
        found |= {"technical": middle, "creative": middle}
    return found


def check_grid(case: Case) -> None:
    """Refuse bins that cells do not fill evenly, and too many steps."""
    solvers.check_steps(case)
    bins, cells = case.record.bins, case.arm.cells
    if bins and cells % bins:
        raise ValueError(f"bins: {bins} given; allowed: a divisor of the grid's {cells} cells")


def _paths(data: "xr.Dataset") -> Arrays:
    paths: Arrays = {name: data[name].values for name in NAMES}
    for skill in ("technical", "creative"):
        of_survivors = paths[f"survivors_{skill}"]
        paths[f"{skill}_change"] = of_survivors - of_survivors[0]
    return paths


def _binned(density: Floats, bins: int) -> Arrays:
    """Averages over bins of densities (time, technical, creative), and what they gained since the first."""
    if not bins:
        return {}
    density = density.swapaxes(1, 2)
    size = density.shape[1] // bins
    density = density.reshape(-1, bins, size, bins, size).mean(axis=(2, 4))
    return {"density": density, "gained": density - density[0]}


def solve_grid(case: Case, threads: int) -> Arrays:
    """The deterministic path, on the arm's grid."""
    solver, times = case.arm, case.population.times
    data = solvers.on_grid(two_skill_mean_field, case.parameters, times, solver.cells, solver.dt)
    return _paths(data) | _binned(data["density"].values, case.record.bins)


def draw_particles(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The path of a finite population."""
    solver, times, bins = case.arm, case.population.times, case.record.bins
    data = two_skill_simulate(
        case.parameters,
        solver.creators,
        times,
        seed,
        replicate,
        resolution=Resolution(solver.dt, bins),
        threads=threads,
    )
    return _paths(data) | (_binned(data["density"].values, bins) if bins else {})


def reference(case: Case) -> Arrays:
    """The deterministic path, on a finer grid."""
    population: Times = case.population
    cells = population.reference_cells
    return _paths(solvers.on_grid(two_skill_mean_field, case.parameters, population.times, cells, REFERENCE_DT))


FINER_GRID = Reference(lambda case: tuple(NAMES | CHANGES), reference)
EXPERIMENT = Experiment(
    name="retreat",
    title="supply shock with two skills: the retreat from technical to creative work",
    parameters=TwoSkillParameters,
    arms={
        "grid": Arm(
            Grid, solve=solve_grid, solved=outputs, coordinates=coordinates, reference=FINER_GRID, check=check_grid,
            toy={"cells": 12},
        ),
        "particles": Arm(
            Particles, draw=draw_particles, drawn=outputs, coordinates=coordinates, reference=FINER_GRID,
            check=solvers.check_steps, toy={"creators": 200},
        ),
    },
    population=Times,
    record=Record,
    section=solvers.SECTION,
    word=solvers.WORD,
    path="time",
    predictions={name: solvers.at_the_end(reference, name) for name in CHANGES},
    finer_downward=solvers.FINER,
    views=Views(
        paths=("technical_by_hand", "creative_by_hand", "survivors_technical", "survivors_creative"), overlaid=True,
        limit="mean field",
    ),
    toy={"population.reference_cells": 12, "record.bins": 12},
)  # fmt: skip
