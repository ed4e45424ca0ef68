"""Minimising movements of the flow in quantile coordinates, in one dimension (MODEL 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.flow.gauss_transform import line_pairs
from mfsolve.kernels.flow.jko import Step, minimise, quantile_functionals
from mfsolve.kernels.flow.potential import Walls
from mfsolve.kernels.numerics import sums
from mfsolve.models.arguments import instance, number, whole

from . import functionals
from .cells import initial_masses
from .diverged_error import DivergedError
from .energies import GaussianKernel, NegativeDistance
from .outputs import labelled
from .parameters import Parameters, checked_times, refuse_many_steps
from .potentials import compiled, human

if TYPE_CHECKING:
    import xarray as xr

MOST_STEPS = 100_000


def jko(parameters: Parameters, quantiles: int, tau: float, times: ArrayLike) -> xr.Dataset:
    """Solve the flow by JKO steps: each minimises W2^2(mu, before)/(2 tau) + F(mu) over quantile functions (MODEL 2.6).

    Unconditionally stable, first order in tau; the free energy falls at every step (constant contamination).
    Where tau is too long for the step to be convex (a double well), the concave part is linearised; so is a
    Gaussian pair energy.

    Parameters
    ----------
    parameters : dimension 1; any potential, interaction and domain.
    quantiles : number M of quantiles, at levels (i + 1/2)/M, in [8, 2^20]; the error falls as 1/M.
    tau : longest step, > 0, so that there are at most 10^5; intervals between output times are cut into equal steps.
    times : (n,) increasing, >= 0.

    Returns
    -------
    Dataset over `time`: position(time, level), mean, variance, w2_drift, kl, free_energy, dissipation (W2^2 of the last
    step over its length squared; nan at time 0), contamination, steps.

    Raises
    ------
    ValueError : an argument out of its range, or dimension > 1.
    DivergedError : a step whose minimisation did not converge.
    """
    instance("parameters", parameters, Parameters)
    at = checked_times(parameters, times)
    if parameters.dimension != 1:
        raise ValueError(f"dimension: {parameters.dimension} given; allowed for jko: 1")
    m = whole("quantiles", quantiles, 8, 2**20)
    refuse_many_steps("tau", number("tau", tau, "(0, inf)"), at[-1] / tau, MOST_STEPS)
    levels = (np.arange(m) + 0.5) / m
    x = initial_quantiles(parameters, levels)
    kept: dict[str, list[Any]] = {}
    now, steps, rate = 0.0, 0, np.nan
    for time in at:
        if time > now:
            count = max(1, int(np.ceil((time - now) / tau - 1e-9)))
            length = (time - now) / count
            for k in range(count):
                before = x.copy()
                step(parameters, length, float(parameters.rho(now + (k + 1) * length)), x)
                rate = float(np.mean((x - before) ** 2)) / length**2
            now, steps = float(time), steps + count
        shot = state_of(parameters, float(parameters.rho(now)), x)
        shot |= {"position": x.copy(), "dissipation": rate, "steps": steps}
        for name, value in shot.items():
            kept.setdefault(name, []).append(value)
    arrays = {name: np.array(part) for name, part in kept.items()}
    arrays["contamination"] = parameters.rho(at)
    return labelled(at, arrays, parameters, {"level": levels}, solver="jko", quantiles=m, tau=tau)


def step(parameters: Parameters, tau: float, rho: float, x: Floats) -> None:
    """One minimising movement of length tau from the quantiles x (M,), in place."""
    sigma, heat, pull = parameters.diffusivity, 1.0 - rho, rho * (1.0 - parameters.variance_ratio)
    form = compiled(parameters.potential, 1)
    linear = np.zeros(x.size)
    a = 1.0 / tau
    interaction = parameters.interaction
    if isinstance(interaction, NegativeDistance):
        linear = -sigma * interaction.strength * (2.0 * np.arange(x.size) + 1.0 - x.size) / x.size
    elif isinstance(interaction, GaussianKernel):
        _, force = gaussian_pairs(interaction.length, x)
        linear = -sigma * interaction.strength * force
        a += 2.0 * sigma * abs(interaction.strength) / interaction.length**2  # bound of its second derivative
    concave = sigma * heat * max(0.0, -form.convexity)
    if a <= 1.01 * concave:
        a += concave
    walls = Walls(*(parameters.domain or (0.0, 0.0)))
    if minimise(Step(a, sigma, heat, pull, linear), form.potential, walls, x) < 0:
        raise DivergedError(
            f"tau: {tau:g} given: a step of {x.size} quantiles did not converge; try tau = {0.25 * tau:.3g}"
        )


def state_of(parameters: Parameters, rho: float, x: Floats) -> dict[str, Any]:
    """Mean, variance, divergence, free energy and distance to the human distribution of quantiles x (M,)."""
    form = compiled(parameters.potential, 1)
    table = human(parameters.potential, parameters.domain)
    walls = Walls(*(parameters.domain or (0.0, 0.0)))
    pull = rho * (1.0 - parameters.variance_ratio)
    found = quantile_functionals(1.0 - rho, pull, form.potential, walls, table.log_z, x)
    energy = found.energy
    interaction = parameters.interaction
    if isinstance(interaction, NegativeDistance):
        energy -= interaction.strength * mean_gap(x) / 2.0
    elif isinstance(interaction, GaussianKernel):
        close, _ = gaussian_pairs(interaction.length, x)
        energy += interaction.strength * sums.total(close) / (2.0 * x.size)
    return {
        "mean": np.array([found.mean]),
        "variance": found.variance,
        "w2_drift": functionals.w2_to_human(parameters, functionals.quantiles_of_sample(x)),
        "kl": found.kl,
        "free_energy": parameters.diffusivity * energy,
    }


def gaussian_pairs(length: float, x: Floats) -> tuple[Floats, Floats]:
    """Means over all x_j (M,) of exp(-r^2 / (2 length^2)), and of r / length^2 times that, r = x_i - x_j: each (M,)."""
    close, force = np.empty(x.size), np.empty(x.size)
    line_pairs(length, x, close, force)
    return close, force


def mean_gap(x: Floats) -> float:
    """Mean of |x_i - x_j| over all pairs of ascending x (M,): an item's rank says how often it is the larger one."""
    m = x.size
    rank = 2.0 * np.arange(m) + 1.0 - m
    return float(2.0 * sums.total(rank * (x - sums.total(x) / m)) / m**2)


def initial_quantiles(parameters: Parameters, levels: Floats) -> Floats:
    """Quantiles (M,) of the initial law at the levels."""
    if parameters.initial == "human":
        return human(parameters.potential, parameters.domain).quantile(levels)
    if parameters.domain is not None:
        low, high = parameters.domain
        n = 2**15
        mass = initial_masses(parameters, low, (high - low) / n, n, np.zeros(n), 0)
        edges = np.linspace(low, high, n + 1)
        return np.asarray(np.interp(levels, np.concatenate(([0.0], np.cumsum(mass))), edges))
    from scipy.special import ndtri

    return np.asarray(float(parameters.mean_vector[0]) + np.sqrt(parameters.initial_variance) * ndtri(levels))
