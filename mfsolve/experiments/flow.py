"""The flow as studies see it: solvers to compare, what they report, and the deterministic reference."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.flow.closed_form import gaussian_moments
from mfsolve.models.flow.energies import Gaussian
from mfsolve.models.flow.grid import fokker_planck
from mfsolve.models.flow.jko import jko
from mfsolve.models.flow.lazy_retraining import lazy_retraining
from mfsolve.models.flow.multilevel import FlowLevels
from mfsolve.models.flow.outputs import NAMES
from mfsolve.models.flow.parameters import Parameters, checked_times
from mfsolve.models.flow.particles import refuse_unstable, simulate
from mfsolve.models.flow.potentials import human
from mfsolve.models.flow.settings import SOLVERS, Grid, Jko, Lazy, Mlmc, Particles, Record, Times
from mfsolve.models.flow.snapshots import Snapshots
from mfsolve.models.frozen import Frozen

if TYPE_CHECKING:
    import xarray as xr

PATH = ("time",)
MOMENTS = ("mean", "variance", "w2_drift", "w2_squared")
REPORTS: Mapping[type[Frozen], tuple[str, ...]] = {
    Particles: (*MOMENTS, "second_moment", "potential_energy"),
    Grid: (*MOMENTS, "kl", "free_energy", "dissipation", "energy_balance", "modes", "mass", "steps"),
    Jko: (*MOMENTS, "kl", "free_energy", "steps"),
    Lazy: ("mean", "variance"),
    Mlmc: ("estimate", "rmse_achieved", "squared_error_share", "cost", "plain_cost", "levels"),
}
LONG = {
    "w2_squared": "squared Wasserstein-2 distance to the human distribution",
    "energy_balance": "free energy lost less the time integral of the dissipation",
    "estimate": "multilevel estimate of the observable",
    "rmse_achieved": "root-mean-square error as the estimate itself reports it",
    "squared_error_share": "squared error over the requested one squared",
    "cost": "particle steps of the multilevel estimate",
    "plain_cost": "particle steps plain Monte Carlo would take for the same error",
    "levels": "levels in use",
}


def edges(record: Record) -> NDArray[np.float64]:
    """Bin edges (bins + 1,)."""
    return np.linspace(-record.bin_range, record.bin_range, record.bins + 1)


def check(case: Case) -> None:
    """Refuse combinations a solver does not have.

    Raises
    ------
    ValueError
        Naming the setting.
    """
    p: Parameters = case.parameters
    times = case.population.times
    checked_times(p, times)
    if isinstance(case.policy, Particles) and case.policy.stepper == "euler":
        refuse_unstable(p, case.policy.dt, np.array(times))
    if isinstance(case.policy, Mlmc):
        levels(case, 0, 0, 1)
    for snapshot in case.record.snapshots:
        if snapshot not in times:
            raise ValueError(f"snapshots: {snapshot:g} given; allowed: one of the times, {', '.join(map(str, times))}")
    if case.record.snapshots and (p.dimension != 1 or isinstance(case.policy, Lazy | Mlmc)):
        raise ValueError("snapshots: a density is kept in dimension 1 by particles, grid and jko")
    if isinstance(case.policy, Jko | Lazy | Mlmc) and p.dimension != 1:
        raise ValueError(f"dimension: {p.dimension} given; allowed with this solver: 1")
    if isinstance(case.policy, Grid) and p.dimension > 2:
        raise ValueError(f"dimension: {p.dimension} given; allowed on a grid: 1, 2")


def _path_names(case: Case) -> tuple[str, ...]:
    names = REPORTS[type(case.policy)]
    p: Parameters = case.parameters
    if p.dimension > 1:  # a path is a number for each time: of the mean, its norm
        hidden = () if isinstance(p.potential, Gaussian) and isinstance(case.policy, Particles) else MOMENTS[2:]
        names = tuple(name for name in names if name not in hidden)
    return names


def variables(case: Case) -> dict[str, Variable]:
    """Outputs of a case; the first dimension is always the time."""
    check(case)
    found = {name: Variable(PATH, LONG.get(name) or NAMES[name][1]) for name in _path_names(case) if name != "steps"}
    if "steps" in _path_names(case):
        found["steps"] = Variable(PATH, "time steps taken so far")
    if case.record.snapshots:
        found["content"] = Variable(("snapshot", "bin"), "density of the content")
    return found


def coordinates(case: Case) -> Arrays:
    """Times, and snapshots with their bins."""
    times = np.array(case.population.times, dtype=float)
    found: Arrays = {"time": times[-1:] if isinstance(case.policy, Mlmc) else times}
    if case.record.snapshots:
        grid = edges(case.record)
        found |= {"snapshot": np.array(sorted(case.record.snapshots)), "bin": 0.5 * (grid[1:] + grid[:-1])}
    return found


def _arrays(case: Case, data: "xr.Dataset") -> Arrays:
    """Paths and densities of a solver's dataset."""
    found: Arrays = {}
    for name in _path_names(case):
        if name == "w2_squared":
            found[name] = data["w2_drift"].values ** 2
        elif name == "energy_balance":
            found[name] = _energy_balance(data)
        else:
            values = np.asarray(data[name].values, dtype=float)
            found[name] = values if values.ndim == 1 else np.sqrt((values**2).sum(axis=1))
    return found


def _energy_balance(data: "xr.Dataset") -> NDArray[np.float64]:
    """F(t_0) - F(t) - int_{t_0}^t D by Simpson's rule on the output times."""
    from scipy.integrate import cumulative_simpson

    time, free, fall = (data[name].values for name in ("time", "free_energy", "dissipation"))
    if time.size < 3:
        return np.full(time.size, np.nan)
    return np.asarray(free[0] - free - cumulative_simpson(fall, x=time, initial=0.0))


def _at_snapshots(case: Case) -> NDArray[np.intp]:
    return np.searchsorted(np.array(case.population.times), np.sort(case.record.snapshots))


def _rebin(case: Case, points: NDArray[np.float64], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density in the record's bins of masses at points."""
    grid = edges(case.record)
    return np.histogram(points, grid, weights=mass)[0] / np.diff(grid)


def _particles(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    p, numerics = case.parameters, case.policy
    bins = edges(case.record).tolist() if case.record.snapshots else []
    times = Snapshots(case.population.times, histogram=bins)
    data = simulate(
        p, numerics.particles, numerics.dt, times, seed, replicate, stepper=numerics.stepper, threads=threads
    )
    found = _arrays(case, data)
    if case.record.snapshots:
        found["content"] = data["histogram"].values[_at_snapshots(case)]
    return found


def _grid(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    data = fokker_planck(case.parameters, case.policy.cells, case.population.times, tolerance=case.policy.tolerance)
    found = _arrays(case, data)
    if case.record.snapshots:
        x, density = data["x"].values, data["density"].values[_at_snapshots(case)]
        found["content"] = np.stack([_bin_density(edges(case.record), x, row) for row in density])
    return found


def _bin_density(grid: NDArray[np.float64], x: NDArray[np.float64], density: NDArray[np.float64]) -> Any:
    """Average density in each bin of a piecewise constant density on even cells, by its distribution function."""
    h = x[1] - x[0]
    cumulated = np.concatenate([[0.0], np.cumsum(density) * h])
    return np.diff(np.interp(grid, np.append(x - 0.5 * h, x[-1] + 0.5 * h), cumulated)) / np.diff(grid)


def _jko(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    data = jko(case.parameters, case.policy.quantiles, case.policy.tau, case.population.times)
    found = _arrays(case, data)
    if case.record.snapshots:
        rows = data["position"].values[_at_snapshots(case)]
        mass = np.full(rows.shape[1], 1.0 / rows.shape[1])
        found["content"] = np.stack([_rebin(case, row, mass) for row in rows])
    return found


def _lazy(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return dict(lazy_retraining(case.parameters, case.policy.tau, case.population.times))


def levels(case: Case, seed: int, replicate: int, threads: int) -> FlowLevels:
    """The level sampler of a multilevel case; refuses what it cannot sample."""
    numerics = case.policy
    return FlowLevels(
        case.parameters, case.population.times[-1], numerics.observable, numerics.particles, numerics.steps,
        seed, replicate, threads,
    )  # fmt: skip


def _mlmc(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    from mfsolve.inference.multilevel import multilevel

    numerics = case.policy
    result = multilevel(levels(case, seed, replicate, threads), numerics.rmse)
    return {
        "estimate": np.array([result.value]),
        "rmse_achieved": np.array([result.rmse]),
        "squared_error_share": ((result.value - reference(case)["estimate"]) / numerics.rmse) ** 2,
        "cost": np.array([result.cost]),
        "plain_cost": np.array([result.single_cost]),
        "levels": np.array([float(len(result.samples))]),
    }


RUN: Mapping[type[Frozen], Callable[[Case, int, int, int], Arrays]] = {
    Particles: _particles,
    Grid: _grid,
    Jko: _jko,
    Lazy: _lazy,
    Mlmc: _mlmc,
}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return RUN[type(case.policy)](case, seed, replicate, threads)


def reference(case: Case) -> Arrays:
    """What a solver's means are held against: the deterministic path, or its observable at the last time."""
    found = deterministic(case)
    return {"estimate": found[case.policy.observable][-1:]} if isinstance(case.policy, Mlmc) else found


def has_closed_form(p: Parameters) -> bool:
    """Whether Gaussian content stays Gaussian."""
    return isinstance(p.potential, Gaussian) and p.interaction is None and p.domain is None


def referenced(case: Case) -> tuple[str, ...]:
    """Names in `reference(case)`."""
    if isinstance(case.policy, Mlmc):
        return ("estimate",)
    distances = ("w2_drift", "w2_squared") if case.parameters.dimension == 1 or has_closed_form(case.parameters) else ()
    return ("mean", "variance", "second_moment", "kl", "free_energy", "dissipation", "energy_balance", *distances)


def deterministic(case: Case) -> Arrays:
    """The deterministic path: the closed form, or the reference grid where there is none."""
    p: Parameters = case.parameters
    if has_closed_form(p):
        data = gaussian_moments(p, case.population.times)
    else:
        data = fokker_planck(p, case.population.reference_cells, case.population.times, tolerance=1e-7)
    mean = np.asarray(data["mean"].values, dtype=float)
    found: Arrays = {"mean": mean if mean.ndim == 1 else np.sqrt((mean**2).sum(axis=1))}
    for name in ("variance", "w2_drift", "kl", "free_energy", "dissipation"):
        if name in data:
            found[name] = data[name].values
    found["second_moment"] = p.dimension * found["variance"] + found["mean"] ** 2
    if "w2_drift" in found:
        found["w2_squared"] = found["w2_drift"] ** 2
    found["energy_balance"] = np.zeros(mean.shape[0])
    return found


def human_density(case: Case, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of human content at x (n,), dimension 1."""
    p: Parameters = case.parameters
    table = human(p.potential, p.domain)
    return np.interp(x, 0.5 * (table.edges[1:] + table.edges[:-1]), np.diff(table.cumulated) / np.diff(table.edges))


def _at_the_end(name: str) -> Callable[[Case], float]:
    return lambda case: float(deterministic(case)[name][-1])


MODEL = Model(
    name="flow",
    title="collapse flow: particles, Fokker-Planck grid and JKO solvers of one Wasserstein gradient flow (MODEL 2)",
    parameters=Parameters,
    alternatives=SOLVERS,
    population=Times,
    record=Record,
    variables=variables,
    coordinates=coordinates,
    simulate=_simulate,
    mean_field=reference,
    referenced=referenced,
    predictions={name: _at_the_end(name) for name in ("mean", "variance", "second_moment", "w2_drift")},
    section="solvers",
    path="time",
    refined_downward=frozenset({"solvers.dt", "solvers.tau", "solvers.rmse"}),
    human=human_density,
    panels=("free_energy", "variance", "mean", "w2_drift"),
)
