"""Fokker-Planck equation of the flow on a grid, in one and two dimensions (MODEL 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.flow.fokker_planck import Cells, Coefficients, dissipation, free_energy, march
from mfsolve.kernels.numerics.elementary import TINY
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.arguments import instance, number, whole

from . import functionals
from .cells import FINEST_LINE, FINEST_PLANE, grid_range, initial_masses, refuse_coarse
from .grid_2d import fokker_planck_plane
from .outputs import labelled
from .parameters import Parameters, checked_times
from .potentials import compiled
from .schedule import Schedule

if TYPE_CHECKING:
    import xarray as xr

FINEST = 1e-10
"""Least error of a time step that rounding leaves room for."""


def fokker_planck(
    parameters: Parameters, cells: int, times: ArrayLike, *, tolerance: float = 1e-5, first_step: float = 1e-3
) -> xr.Dataset:
    """Solve the Fokker-Planck equation of the flow on even cells (MODEL 2.5).

    Positive always, mass to rounding, free energy never rising for a constant contamination, steady state equal to the
    discrete Gibbs density, second order in the cell width and (locally extrapolated) in time.

    Parameters
    ----------
    parameters : dimension 1 or 2. Without a domain the grid covers the human distribution and the initial one, to
        densities of e^-40 of the mode; in dimension 2 no pair energy.
    cells : cells along each axis, in [8, 2^20] (2^12 in dimension 2); at least 8 of them hold human content.
    times : (n,) increasing, >= 0.
    tolerance : error of one step in total variation, >= 1e-10.
    first_step : first trial step, > 0.

    Returns
    -------
    Dataset over `time`: density(time, x[, y]), mean, variance, w2_drift (dimension 1), kl, free_energy, dissipation (of
    the discrete flow: its time integral is the loss of free_energy), modes, mass, contamination, steps.

    Raises
    ------
    ValueError : an argument out of its range, or a dimension other than 1 and 2.
    """
    instance("parameters", parameters, Parameters)
    at = checked_times(parameters, times)
    number("tolerance", tolerance, f"[{FINEST:g}, inf)")
    number("first_step", first_step, "(0, inf)")
    if parameters.dimension > 2:
        raise ValueError(f"dimension: {parameters.dimension} given; allowed on a grid: 1, 2")
    n = whole("cells", cells, 8, FINEST_LINE if parameters.dimension == 1 else FINEST_PLANE)
    refuse_coarse(parameters, n)
    if parameters.dimension == 2:
        return fokker_planck_plane(parameters, n, at, tolerance, first_step)
    low, high = grid_range(parameters, 0)
    h = (high - low) / n
    x: Floats = np.asarray(low + (np.arange(n) + 0.5) * h, dtype=np.float64)
    u = compiled(parameters.potential, 1).on_line(x)[0]
    u += np.log(np.sum(np.exp(u.min() - u)) * h) - u.min()  # exp(-u) has mass 1 on the grid
    mu = initial_masses(parameters, low, h, n, u, 0)
    w = np.zeros(0)
    if parameters.interaction is not None and not isinstance(parameters.interaction, str):
        w = functionals.pair_kernel(parameters.interaction, np.asarray(np.arange(n) * h, dtype=np.float64))
    coefficients = flow_coefficients(parameters)
    line = Cells(x, h, u, w)
    sigma, delta = coefficients.sigma, coefficients.delta
    kept: dict[str, list[Any]] = {}
    now, dt, steps = 0.0, first_step, 0
    for time, rho in zip(at, parameters.rho(at)):
        if time > now:
            dt, taken, _ = march(now, time, dt, tolerance, coefficients, line, mu)
            now, steps = float(time), steps + taken
        heat, pull = 1.0 - rho, rho * (1.0 - delta)
        mean = float(total(mu * x))
        density = mu / h
        shot = {
            "density": density,
            "mean": np.array([mean]),
            "variance": float(total(mu * (x - mean) ** 2)),
            "w2_drift": functionals.w2_to_human(parameters, functionals.quantiles_of_density(x, density)),
            "kl": float(total(mu * (np.log(np.maximum(density, TINY)) + u))),
            "free_energy": free_energy(sigma, heat, pull, line, mu),
            "dissipation": dissipation(sigma, heat, pull, line, mu),
            "modes": functionals.density_modes(density),
            "mass": float(total(mu)),
            "steps": steps,
        }
        for name, value in shot.items():
            kept.setdefault(name, []).append(value)
    arrays = {name: np.array(part) for name, part in kept.items()}
    arrays["contamination"] = parameters.rho(at)
    return labelled(at, arrays, parameters, {"x": x}, solver="grid", cells=n, tolerance=tolerance)


def flow_coefficients(parameters: Parameters) -> Coefficients:
    """Coefficients of the flow as the kernels read them."""
    times, rhos = np.zeros(1), np.array([parameters.contamination])
    if isinstance(parameters.contamination, Schedule):
        times, rhos = np.array(parameters.contamination.times), np.array(parameters.contamination.values)
    return Coefficients(parameters.diffusivity, parameters.variance_ratio, times, rhos)
