"""The deterministic path that solvers of the collapse flow are held against (MODEL 2.3, 2.5)."""

from functools import lru_cache

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case
from mfsolve.models.flow.closed_form import gaussian_moments
from mfsolve.models.flow.energies import Gaussian
from mfsolve.models.flow.grid import fokker_planck
from mfsolve.models.flow.parameters import Parameters
from mfsolve.models.flow.potentials import human

DISTANCES = ("w2_drift", "w2_squared")


def has_closed_form(p: Parameters) -> bool:
    """True where Gaussian content stays Gaussian."""
    return isinstance(p.potential, Gaussian) and p.interaction is None and p.domain is None


def has_reference(p: Parameters) -> bool:
    """True where there is a closed form, or a grid: up to two dimensions."""
    return has_closed_form(p) or p.dimension <= 2


def deterministic_names(case: Case) -> tuple[str, ...]:
    """Names of the paths in `deterministic(case)`, known without computing them."""
    if not has_reference(case.parameters):
        return ()
    distances = DISTANCES if case.parameters.dimension == 1 or has_closed_form(case.parameters) else ()
    return ("mean", "variance", "second_moment", "kl", "free_energy", "dissipation", "energy_balance", *distances)


def deterministic(case: Case) -> Arrays:
    """The deterministic path: the closed form, or the reference grid where there is none; nothing beyond grids."""
    p: Parameters = case.parameters
    return dict(_path(p, case.population.times, case.population.reference_cells)) if has_reference(p) else {}


@lru_cache(maxsize=32)
def _path(p: Parameters, times: tuple[float, ...], cells: int) -> Arrays:
    """Deterministic path, solved once for all solvers and replicates that are held against it."""
    data = gaussian_moments(p, times) if has_closed_form(p) else fokker_planck(p, cells, times, tolerance=1e-7)
    mean = np.asarray(data["mean"].values, dtype=float)
    found: Arrays = {"mean": mean if mean.ndim == 1 else np.sqrt((mean**2).sum(axis=1))}
    for name in ("variance", "w2_drift", "kl", "free_energy", "dissipation"):
        if name in data:
            found[name] = data[name].values
    found["second_moment"] = p.dimension * found["variance"] + found["mean"] ** 2
    if "w2_drift" in found:
        found["w2_squared"] = found["w2_drift"] ** 2
    found["energy_balance"] = np.zeros(mean.shape[0])
    for values in found.values():
        values.flags.writeable = False
    return found


def human_density(case: Case, x: Floats) -> Floats:
    """Density of human content at x (n,), dimension 1."""
    p: Parameters = case.parameters
    table = human(p.potential, p.domain)
    return np.interp(x, 0.5 * (table.edges[1:] + table.edges[:-1]), np.diff(table.cumulated) / np.diff(table.edges))
