"""Solvers of the collapse flow compared: particles, grid, JKO steps, lazy retraining, multilevel (MODEL 2)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments._flow_checks import (
    check_dimension,
    check_grid,
    check_jko,
    check_lazy,
    check_particles,
    check_times,
    refuse_snapshots,
)
from mfsolve.experiments._flow_reference import DISTANCES, deterministic, deterministic_names, human_density
from mfsolve.experiments._flow_settings import Grid, Jko, Lazy, Mlmc, Particles, Record, Times
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.flow.energies import Gaussian
from mfsolve.models.flow.grid import fokker_planck
from mfsolve.models.flow.jko import jko
from mfsolve.models.flow.lazy_retraining import lazy_retraining
from mfsolve.models.flow.multilevel import FlowLevels
from mfsolve.models.flow.outputs import NAMES
from mfsolve.models.flow.parameters import Parameters
from mfsolve.models.flow.particles import simulate
from mfsolve.models.flow.snapshots import Snapshots
from mfsolve.models.frozen import Frozen

if TYPE_CHECKING:
    import xarray as xr

PATH = ("time",)
CLOUD = ("mean", "variance", *DISTANCES, "second_moment", "potential_energy")
DENSITY = (
    "mean", "variance", *DISTANCES, "kl", "free_energy", "dissipation", "energy_balance", "modes", "mass", "steps",
)  # fmt: skip
QUANTILES = ("mean", "variance", *DISTANCES, "kl", "free_energy", "steps")
LONG = {name: long_name for name, (_, long_name) in NAMES.items()} | {
    "w2_squared": "squared Wasserstein-2 distance to the human distribution",
    "energy_balance": "free energy lost less the time integral of the dissipation",
}


def check_mlmc(case: Case) -> None:
    """Refuse what the level sampler cannot sample, and snapshots."""
    check_times(case)
    if not LIMIT.names(case):
        check_dimension(case, "1, 2")
    levels(case, 0, 0, 1)
    refuse_snapshots(case)


def edges(record: Record) -> Floats:
    """Bin edges (bins + 1,) of the densities that are kept."""
    return np.linspace(-record.bin_range, record.bin_range, record.bins + 1)


def path_names(case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
    """Outputs along the time: beyond the line, only particles of Gaussian content have a distance to the human law."""
    if case.parameters.dimension == 1 or (names == CLOUD and isinstance(case.parameters.potential, Gaussian)):
        return names
    return tuple(name for name in names if name not in DISTANCES)


def outputs(case: Case, names: tuple[str, ...]) -> Outputs:
    """Outputs along the time, and densities where snapshots are asked for."""
    found = {name: Output(PATH, LONG[name]) for name in path_names(case, names)}
    if case.record.snapshots:
        found["content"] = Output(("snapshot", "bin"), "density of the content")
    return found


def coordinates(case: Case) -> Arrays:
    """Output times, and snapshots with their bins."""
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if case.record.snapshots:
        grid = edges(case.record)
        found |= {"snapshot": np.array(sorted(case.record.snapshots)), "bin": 0.5 * (grid[1:] + grid[:-1])}
    return found


def paths(case: Case, data: "xr.Dataset", names: tuple[str, ...]) -> Arrays:
    """Paths of a solver's dataset; of a mean in several dimensions, its norm."""
    found: Arrays = {}
    for name in path_names(case, names):
        if name == "w2_squared":
            found[name] = data["w2_drift"].values ** 2
        elif name == "energy_balance":
            found[name] = energy_balance(data)
        else:
            values = np.asarray(data[name].values, dtype=float)
            found[name] = values if values.ndim == 1 else np.sqrt((values**2).sum(axis=1))
    return found


def energy_balance(data: "xr.Dataset") -> Floats:
    """F(t_0) - F(t) - int_{t_0}^t D by Simpson's rule on the output times."""
    from scipy.integrate import cumulative_simpson

    time, free, fall = (data[name].values for name in ("time", "free_energy", "dissipation"))
    if time.size < 3:
        return np.full(time.size, np.nan)
    return np.asarray(free[0] - free - cumulative_simpson(fall, x=time, initial=0.0))


def at_snapshots(case: Case, data: "xr.Dataset", name: str) -> Any:
    """Rows of a dataset's variable at the snapshots."""
    return data[name].values[np.searchsorted(np.array(case.population.times), np.sort(case.record.snapshots))]


def bin_density(grid: Floats, x: Floats, density: Floats) -> Floats:
    """Average in each bin of a density that is constant on even cells, by its distribution function."""
    h = x[1] - x[0]
    cumulated = np.concatenate([[0.0], np.cumsum(density) * h])
    return np.asarray(np.diff(np.interp(grid, np.append(x - 0.5 * h, x[-1] + 0.5 * h), cumulated)) / np.diff(grid))


def draw_particles(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One population of interacting particles."""
    arm = case.arm
    bins = edges(case.record).tolist() if case.record.snapshots else []
    times = Snapshots(case.population.times, histogram=bins)
    data = simulate(
        case.parameters, arm.particles, arm.dt, times, seed, replicate, stepper=arm.stepper, threads=threads
    )
    found = paths(case, data, CLOUD)
    if case.record.snapshots:
        found["content"] = at_snapshots(case, data, "histogram")
    return found


def solve_grid(case: Case, threads: int) -> Arrays:
    """The Fokker-Planck equation on a grid."""
    data = fokker_planck(case.parameters, case.arm.cells, case.population.times, tolerance=case.arm.tolerance)
    found = paths(case, data, DENSITY)
    if case.record.snapshots:
        grid, x = edges(case.record), data["x"].values
        found["content"] = np.stack([bin_density(grid, x, row) for row in at_snapshots(case, data, "density")])
    return found


def solve_jko(case: Case, threads: int) -> Arrays:
    """Minimising movements of the quantiles."""
    data = jko(case.parameters, case.arm.quantiles, case.arm.tau, case.population.times)
    found = paths(case, data, QUANTILES)
    if case.record.snapshots:
        rows, grid = at_snapshots(case, data, "position"), edges(case.record)
        mass = np.full(rows.shape[1], 1.0 / rows.shape[1])
        found["content"] = np.stack([np.histogram(row, grid, weights=mass)[0] / np.diff(grid) for row in rows])
    return found


def solve_lazy(case: Case, threads: int) -> Arrays:
    """Mean and variance of a lazily retrained pool."""
    return dict(lazy_retraining(case.parameters, case.arm.tau, case.population.times))


def levels(case: Case, seed: int, replicate: int, threads: int) -> FlowLevels:
    """The level sampler of a multilevel case; ValueError for what it cannot sample."""
    arm, time = case.arm, case.population.times[-1]
    return FlowLevels(case.parameters, time, arm.observable, arm.particles, arm.steps, seed, replicate, threads)


def draw_mlmc(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One multilevel estimate of an expectation at the last time, its error and its cost."""
    from mfsolve.inference.multilevel import multilevel

    rmse = case.arm.rmse
    result = multilevel(levels(case, seed, replicate, threads), rmse)
    values = {
        "estimate": result.value,
        "rmse_achieved": result.rmse,
        "squared_error_share": ((result.value - expectation(case)["estimate"]) / rmse) ** 2,
        "cost": result.cost,
        "plain_cost": result.single_cost,
        "levels": len(result.samples),
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def last_time(case: Case) -> Arrays:
    """The time of the expectation."""
    return {"time": np.array(case.population.times[-1:], dtype=float)}


def drawn_mlmc(case: Case) -> Outputs:
    """Numbers that one multilevel estimate reports."""
    return {
        "estimate": Output((), "multilevel estimate of the observable"),
        "rmse_achieved": Output((), "root-mean-square error as the estimate itself reports it"),
        "squared_error_share": Output((), "squared error over the requested one squared"),
        "cost": Output((), "particle steps of the multilevel estimate"),
        "plain_cost": Output((), "particle steps plain Monte Carlo would take for the same error"),
        "levels": Output((), "levels in use"),
    }


def expectation(case: Case) -> Arrays:
    """The observable of a multilevel case at the last time."""
    return {"estimate": deterministic(case)[case.arm.observable][-1]}


def at_the_end(name: str) -> Callable[[Case], float]:
    """An entry of the deterministic path at the last time; NaN where there is none."""
    return lambda case: float(deterministic(case).get(name, [np.nan])[-1])


def solver(
    settings: type[Frozen],
    solve: Callable[[Case, int], Arrays],
    names: tuple[str, ...],
    check: Callable[[Case], None],
    **toy: int,
) -> Arm:
    """An arm without randomness, whose paths have these names; its settings, such as `cells`, at toy size."""
    return Arm(
        settings, solve=solve, solved=partial(outputs, names=names), coordinates=coordinates, reference=LIMIT,
        check=check, toy=toy,
    )  # fmt: skip


LIMIT = Reference(deterministic_names, deterministic)

EXPERIMENT = Experiment(
    name="flow",
    title="collapse flow: particles, Fokker-Planck grid and JKO solvers of one Wasserstein gradient flow",
    parameters=Parameters,
    arms={
        "particles": Arm(
            Particles, draw=draw_particles, drawn=partial(outputs, names=CLOUD), coordinates=coordinates,
            reference=LIMIT, check=check_particles, toy={"particles": 500},
        ),
        "grid": solver(Grid, solve_grid, DENSITY, check_grid, cells=200),
        "jko": solver(Jko, solve_jko, QUANTILES, check_jko, quantiles=200),
        "lazy": solver(Lazy, solve_lazy, ("mean", "variance"), check_lazy),
        "mlmc": Arm(
            Mlmc, draw=draw_mlmc, drawn=drawn_mlmc, reference=Reference(lambda case: ("estimate",), expectation),
            coordinates=last_time, check=check_mlmc,
        ),
    },
    population=Times,
    record=Record,
    section="solvers",
    word="solver",
    path="time",
    predictions={name: at_the_end(name) for name in ("mean", "variance", "second_moment", "w2_drift")},
    finer_downward=frozenset({"solvers.dt", "solvers.tau", "solvers.rmse"}),
    views=Views(paths=("free_energy", "variance", "mean", "w2_drift"), human=human_density, overlaid=True,
                limit="continuous flow"),
    toy={"population.reference_cells": 400},
)  # fmt: skip
