"""The transition of infinitely many creators, on a grid of skill (MODEL 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real
from mfsolve.kernels.numerics.elementary import TINY
from mfsolve.kernels.transition import choice, occupations, rest_point, skill_flow
from mfsolve.models.arguments import increasing, instance, number, whole

from . import outputs
from .parameters import MOST_CELLS, Parameters, skill_grid
from .pigouvian_tax import with_rate
from .policies import LaissezFaire, Policy, conditions

if TYPE_CHECKING:
    import xarray as xr

LONGEST_STEP = 1.0 / 16.0
OPTIONS = np.array([occupations.HUMAN, occupations.ADOPTER, occupations.EXITED], dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Cells:
    """Masses on cells of skill.

    Attributes
    ----------
    grid
        Even cells of skill: centres, width, log reference density.
    mass
        Masses (n, jobs): one column for instant choice, seven with frictions.
    ai_volume
        AI volume from which choices begin, with instant choice.
    """

    grid: choice.Grid
    mass: Floats
    ai_volume: float = 0.0

    @property
    def instant(self) -> bool:
        """True if occupations follow profits at once."""
        return bool(self.mass.shape[1] == 1)


def before_ai(parameters: Parameters, cells: int) -> Cells:
    """The rest point without AI: where a transition begins."""
    return _before_ai(parameters.changed(ramp=0.0), whole("cells", cells, 8, MOST_CELLS))


@lru_cache(maxsize=64)
def _before_ai(parameters: Parameters, cells: int) -> Cells:
    grid = skill_grid(parameters, cells)
    row = conditions(parameters, LaissezFaire(), np.zeros(1))[0]
    row[choice.OPEN] = 0.0
    if parameters.choice == "instant":
        mass = np.empty((cells, 1))
        skill_flow.gibbs_density(0.0, parameters.motion, parameters.economy, row, grid, mass)
    else:
        knowing = np.empty((cells, rest_point.REST_JOBS))
        rest_point.stationary_masses(0.0, parameters.economy, row, parameters.motion, grid, knowing)
        mass = np.full((cells, occupations.JOBS), TINY)
        mass[:, :3] = np.maximum(knowing[:, [0, 2, 3]], TINY)
    mass.flags.writeable = False
    return Cells(grid, mass)


def mean_field(
    parameters: Parameters,
    cells: int = 400,
    times: ArrayLike = (0.0, 10.0, 20.0, 40.0, 60.0),
    *,
    dt: float = LONGEST_STEP,
    policy: Policy = LaissezFaire(),  # noqa: B008  (frozen)
    initial: ArrayLike | None = None,
    initial_volume: float = 0.0,
) -> xr.Dataset:
    """Solve the transition on even cells: positive, mass to rounding, second order in the cell width and in dt.

    MODEL 5.2.

    With instant choice the discrete Gibbs density f exp(nu V / sigma) at its own AI volume is at rest, exactly. The
    trough is looked for at every step.

    Parameters
    ----------
    parameters
        The economy.
    cells
        Cells of skill, in [8, 2^14].
    times
        (n,) increasing, >= 0.
    dt
        Largest time step, > 0; every interval between output times is cut into equal steps no longer than dt.
    policy
        In force from time 0; the transition begins at the rest point without AI and without policy.
    initial, initial_volume
        With instant choice, another density of skill at the cell centres (cells,) to begin with, and the AI volume
        >= 0 from which choices begin: where they allow several, it decides.

    Returns
    -------
    Dataset
        Over `time`: the variables of `outputs.NAMES`, density(time, skill) of everybody, human_density(time, skill)
        of those who work by hand, mass(time).

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    at, found = increasing("times", times), with_rate(parameters, policy)
    start = _initial_cells(before_ai(parameters, cells), initial, initial_volume)
    rows, densities, humans, masses = [], [], [], []
    _, job, weight = by_occupation(parameters, conditions(parameters, found, np.zeros(1))[0], start)
    trough = outputs.Trough(outputs.by_hand(job, weight.ravel()))
    for time, state, seen, human in path(parameters, start, at, number("dt", dt, "(0, inf)"), found):
        row = conditions(parameters, found, np.array([time]))[0]
        D, job, weight = by_occupation(parameters, row, state)
        here = outputs.summary(parameters, row, D, np.tile(state.grid.s, weight.shape[0]), job, weight.ravel())
        trough.see(np.append(seen, time), np.append(human, here["human"]))
        rows.append(here | trough.so_far())
        densities.append(state.mass.sum(axis=1) / state.grid.h)
        humans.append(sum(w for w, k in zip(weight, job[:: state.grid.s.size]) if k in outputs.HUMANS) / state.grid.h)
        masses.append(float(state.mass.sum()))
    extra = {
        "density": (("time", "skill"), np.array(densities)),
        "human_density": (("time", "skill"), np.array(humans)),
        "mass": (("time",), np.array(masses)),
    }
    return outputs.path_dataset(
        at, rows, outputs.NAMES, extra, {"skill": start.grid.s}, solver="grid", cells=cells, dt=dt
    )


def path(
    parameters: Parameters, start: Cells, times: Floats, dt: float, policy: Policy
) -> Iterator[tuple[float, Cells, Floats, Floats]]:
    """Masses at each of the times (the same array moves on), and steps since the last: when, and who works by hand."""
    mass, D = start.mass.copy(), start.ai_volume
    p, now = parameters, 0.0
    for time in times.tolist():
        seen, human = np.empty(0), np.empty(0)
        if time > now:
            steps = max(1, int(np.ceil((time - now) / dt - 1e-9)))
            step = (time - now) / steps
            rows = conditions(p, policy, np.asarray(now + 0.5 * step * np.arange(2 * steps), dtype=np.float64))
            human, begin = np.empty(steps), now + step * np.arange(steps)
            if start.instant:
                D = skill_flow.march(step, p.motion, p.economy, rows, start.grid, D, mass, human)
                seen = begin
            else:
                occupations.march(step, p.economy, rows, p.motion, start.grid, mass, human)
                seen = begin + step
        now = time
        yield time, replace(start, mass=mass, ai_volume=D), seen, human


def by_occupation(parameters: Parameters, row: Floats, state: Cells) -> tuple[float, NDArray[np.uint8], Floats]:
    """AI volume, and masses by occupation: job (jobs n,) and weight (jobs, n)."""
    s, n = state.grid.s, state.grid.s.size
    if not state.instant:
        D = float(row[choice.VOLUME] * state.mass[:, occupations.ADOPTER].sum())
        return D, np.repeat(np.arange(occupations.JOBS, dtype=np.uint8), n), np.ascontiguousarray(state.mass.T)
    weight = np.ascontiguousarray(state.mass[:, 0])
    tau = parameters.temperature
    D = skill_flow.ai_volume(parameters.economy, row, tau, s, weight, state.ai_volume)
    share = np.empty((3, n))
    skill_flow.choice_shares(D, parameters.economy, row, tau, s, share)
    return D, np.repeat(OPTIONS, n), share * weight


def _initial_cells(start: Cells, initial: ArrayLike | None, ai_volume: float) -> Cells:
    """The beginning, with another density where one is given."""
    number("initial_volume", ai_volume, "[0, inf)")
    if initial is None and ai_volume == 0.0:
        return start
    if initial is None:
        raise ValueError(f"initial_volume: {ai_volume!r} given without initial; allowed: together with it")
    density = real("initial", initial)
    if not start.instant:
        raise ValueError("initial: given with frictions; allowed: with choice = 'instant'")
    fine = density.shape == start.grid.s.shape and np.all(np.isfinite(density)) and np.all(density >= 0.0)
    if not fine or not density.sum() > 0.0:
        raise ValueError(f"initial: allowed: {start.grid.s.size} densities >= 0 with a positive sum")
    mass = np.maximum(density / density.sum(), TINY)
    return Cells(start.grid, mass[:, None].copy(), float(ai_volume))
