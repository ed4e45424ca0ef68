"""Fokker-Planck equation of the flow in the plane, by implicit sweeps along either axis (MODEL 2.5).

Each sweep is a family of the line's implicit steps with the other coordinate frozen: an M-matrix, so positive and mass
conserving; the discrete Gibbs density has no flux along either axis, so it stays; each sweep lowers the free energy
whatever its length. Two half steps against a whole one control the step and give second order, as on the line.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import TINY
from mfsolve.kernels.numerics.finite_volume import face_fluxes, sweep
from mfsolve.kernels.numerics.sums import total

from . import functionals
from .cells import grid_range, initial_masses
from .outputs import labelled
from .parameters import Parameters
from .potentials import compiled

if TYPE_CHECKING:
    import xarray as xr


class _Plane:
    """State of the flow on a grid of the plane: centres, potential and masses mu (n, n)."""

    def __init__(self, parameters: Parameters, n: int) -> None:
        self.parameters = parameters
        ranges = [grid_range(parameters, axis) for axis in range(2)]
        self.h = [(high - low) / n for low, high in ranges]
        self.x = [low + (np.arange(n) + 0.5) * h for (low, _), h in zip(ranges, self.h)]
        points = np.stack([part.ravel() for part in np.meshgrid(*self.x, indexing="ij")])
        u = compiled(parameters.potential, 2).values(points).reshape(n, n)
        self.volume = self.h[0] * self.h[1]
        self.u = u + np.log(np.sum(np.exp(u.min() - u)) * self.volume) - u.min()
        self.u_turned = np.ascontiguousarray(self.u.T)
        if parameters.initial == "human":
            self.mu = np.exp(-self.u) * self.volume
        else:
            zero = np.zeros(n)
            one, two = (initial_masses(parameters, ranges[k][0], self.h[k], n, zero, k) for k in range(2))
            self.mu = np.outer(one, two)
        self.mu = np.maximum(self.mu, TINY)
        self.mu /= self.mu.sum()

    def mean(self, mu: Floats) -> Floats:
        """Mean (2,) of the masses."""
        return np.array([total(self.x[0] * mu.sum(axis=1)), total(self.x[1] * mu.sum(axis=0))])

    def scatter(self, mu: Floats, mean: Floats) -> float:
        """Sum of the variances of both coordinates."""
        return float(
            total((self.x[0] - mean[0]) ** 2 * mu.sum(axis=1)) + total((self.x[1] - mean[1]) ** 2 * mu.sum(axis=0))
        )

    def terms(self, time: float) -> tuple[float, float]:
        """Coefficients T = 1 - rho and pull = rho (1 - delta) at a time."""
        rho = float(self.parameters.rho(time))
        return 1.0 - rho, rho * (1.0 - self.parameters.variance_ratio)

    def kl(self, mu: Floats) -> float:
        """KL(mu || p) of the masses."""
        return float(total((mu * (np.log(np.maximum(mu, TINY) / self.volume) + self.u)).ravel()))

    def energy(self, mu: Floats, time: float) -> float:
        """Free energy F of the masses."""
        heat, pull = self.terms(time)
        return self.parameters.diffusivity * (heat * self.kl(mu) + 0.5 * pull * self.scatter(mu, self.mean(mu)))

    def implicit(self, mu: Floats, dt: float, time: float) -> Floats:
        """One implicit step: sweeps along the first, then the second axis, with the coefficients at `time`."""
        heat, pull = self.terms(time)
        sigma, mean = self.parameters.diffusivity, self.mean(mu)
        for axis, u in enumerate((self.u, self.u_turned)):
            x, h = self.x[axis], self.h[axis]
            tilt = pull * h * (0.5 * (x[:-1] + x[1:]) - mean[axis])
            mu = np.array(mu.T if axis else mu, order="C")
            sweep(dt * sigma / (h * h), heat, u, tilt, mu)
        return np.ascontiguousarray(mu.T)

    def dissipation(self, time: float) -> float:
        """Dissipation -dF/dt of the semi-discrete flow."""
        heat, pull = self.terms(time)
        mean, rate = self.mean(self.mu), 0.0
        for axis, (u, mu) in enumerate(((self.u, self.mu), (self.u_turned, np.ascontiguousarray(self.mu.T)))):
            x = self.x[axis] - mean[axis]
            v = heat * u + (0.5 * pull * x * x)[:, None]
            gibbs = np.diff(v, axis=0)
            slope = gibbs + heat * np.diff(np.log(mu), axis=0)
            change = np.zeros_like(mu)
            face_fluxes(self.parameters.diffusivity, heat, self.h[axis], gibbs, mu, change)
            rate -= total((slope * change[:-1]).ravel())
        return self.parameters.diffusivity * rate

    def march(self, begin: float, end: float, dt: float, tolerance: float) -> tuple[float, int]:
        """Advance adaptively from begin to end; returns the length of the next step and the number taken."""
        now, steps = begin, 0
        while now < end:
            last = now + dt >= end - 1e-14 * abs(end)
            step = end - now if last else dt
            whole = self.implicit(self.mu, step, now + step)
            half = self.implicit(self.implicit(self.mu, 0.5 * step, now + 0.5 * step), 0.5 * step, now + step)
            error = float(np.abs(half - whole).sum())
            ratio = 0.9 * np.sqrt(tolerance / max(error, 1e-3 * tolerance))
            if error > 2.0 * tolerance:
                dt = step * min(0.5, max(0.1, ratio))
                continue
            second = 2.0 * half - whole
            best = np.where(second > 0.1 * half, second, half)
            best *= self.mu.sum() / best.sum()
            if self.energy(best, now + step) > self.energy(self.mu, now + step):
                best = half
            self.mu = np.maximum(best, TINY)
            steps += 1
            now = end if last else now + step
            proposal = step * min(4.0, max(0.2, ratio))
            dt = max(dt, proposal) if last else proposal
        return dt, steps


def fokker_planck_plane(
    parameters: Parameters, cells: int, times: Floats, tolerance: float, first_step: float
) -> "xr.Dataset":
    """Solve the Fokker-Planck equation in the plane, for arguments that `fokker_planck` has checked."""
    if parameters.interaction is not None:
        raise ValueError(f"interaction: {parameters.interaction!r} given; allowed on a grid of dimension 2: none")
    plane = _Plane(parameters, cells)
    kept: dict[str, list[Any]] = {}
    now, dt, steps = 0.0, first_step, 0
    for time in times:
        if time > now:
            dt, taken = plane.march(now, float(time), dt, tolerance)
            now, steps = float(time), steps + taken
        mean = plane.mean(plane.mu)
        shot = {
            "density": plane.mu / plane.volume,
            "mean": mean,
            "variance": 0.5 * plane.scatter(plane.mu, mean),
            "kl": plane.kl(plane.mu),
            "free_energy": plane.energy(plane.mu, now),
            "dissipation": plane.dissipation(now),
            "modes": functionals.density_modes(plane.mu.sum(axis=1)),
            "mass": float(plane.mu.sum()),
            "steps": steps,
        }
        for name, value in shot.items():
            kept.setdefault(name, []).append(value)
    arrays = {name: np.array(part) for name, part in kept.items()}
    arrays["contamination"] = parameters.rho(times)
    grid = {"x": plane.x[0], "y": plane.x[1]}
    return labelled(times, arrays, parameters, grid, solver="grid", cells=cells, tolerance=tolerance)
