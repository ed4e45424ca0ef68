"""The transition of infinitely many creators, on a grid of skill (MODEL 5.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.kernels import choice, occupations, skill_flow
from mfsolve.kernels.fokker_planck import TINY
from mfsolve.models.flow.checks import increasing, positive, whole

from . import records
from .parameters import Floats, Parameters, skill_grid
from .policies import Laissez, Policy, conditions
from .standing import settled

if TYPE_CHECKING:
    import xarray as xr

MOST_CELLS = 2**14
LONGEST_STEP = 1.0 / 16.0
OPTIONS = np.array([occupations.HUMAN, occupations.ADOPTER, occupations.EXITED], dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Cells:
    """Masses (n, jobs) on cells of skill with centres s: one column for instant choice, seven with frictions.

    `ai_volume` is where the AI volume comes from, with instant choice.
    """

    s: Floats
    h: float
    log_talent: Floats
    mass: Floats
    ai_volume: float = 0.0

    @property
    def instant(self) -> bool:
        """Whether occupations follow profits at once."""
        return bool(self.mass.shape[1] == 1)


def before_ai(parameters: Parameters, cells: int) -> Cells:
    """The rest point without AI: where a transition begins."""
    return _before_ai(parameters.changed(ramp=0.0), whole("cells", cells, 8, MOST_CELLS))


@lru_cache(maxsize=64)
def _before_ai(parameters: Parameters, cells: int) -> Cells:
    s, h, log_talent = skill_grid(parameters, cells)
    row = conditions(parameters, Laissez(), np.zeros(1))[0]
    row[choice.OPEN] = 0.0
    if parameters.choice == "instant":
        mass = np.empty((cells, 1))
        skill_flow.gibbs(0.0, parameters.economy, row, parameters.motion, s, log_talent, mass)
    else:
        knowing = np.empty((cells, occupations.REST_JOBS))
        occupations.stationary(0.0, parameters.economy, row, parameters.motion, s, h, log_talent, knowing)
        mass = np.full((cells, occupations.JOBS), TINY)
        mass[:, :3] = np.maximum(knowing[:, [0, 2, 3]], TINY)
    mass.flags.writeable = False
    return Cells(s, h, log_talent, mass)


def mean_field(
    parameters: Parameters,
    cells: int = 400,
    times: ArrayLike = (0.0, 10.0, 20.0, 40.0, 60.0),
    *,
    dt: float = LONGEST_STEP,
    policy: Policy = Laissez(),  # noqa: B008  (frozen)
    initial: ArrayLike | None = None,
    initial_volume: float = 0.0,
) -> "xr.Dataset":
    """Solve the transition on even cells: positive, mass to rounding, second order in the cell width and in dt.

    With instant choice the discrete Gibbs density f exp(nu V / sigma) at its own AI volume is at rest, exactly.

    Parameters
    ----------
    parameters : the economy.
    cells : cells of skill, in [8, 2^14].
    times : (n,) increasing, >= 0.
    dt : largest time step, > 0; every interval between output times is cut into equal steps no longer than dt.
    policy : in force from time 0; the transition begins at the rest point without AI and without policy.
    initial, initial_volume : with instant choice, another density of skill at the cell centres (cells,) to begin with,
        and the AI volume from which choices begin: where they allow several, it decides.

    Returns
    -------
    Dataset over `time`: the variables of `records.NAMES`, density(time, skill) of everybody, human_density(time, skill)
    of those who work by hand, mass(time).

    Raises
    ------
    ValueError : an argument out of its range.
    """
    at, policy = increasing(times), settled(parameters, policy)
    start = before_ai(parameters, cells)
    if initial is not None:
        start = _with_density(start, initial, initial_volume)
    rows, densities, humans, masses = [], [], [], []
    for time, state in path(parameters, start, at, positive("dt", dt), policy):
        row = conditions(parameters, policy, np.array([time]))[0]
        D, job, weight = spread(parameters, row, state)
        rows.append(records.summary(parameters, row, D, np.tile(state.s, weight.shape[0]), job, weight.ravel()))
        densities.append(state.mass.sum(axis=1) / state.h)
        humans.append(sum(w for w, k in zip(weight, job[:: state.s.size]) if k in records.HUMANS) / state.h)
        masses.append(float(state.mass.sum()))
    extra = {
        "density": (("time", "skill"), np.array(densities)),
        "human_density": (("time", "skill"), np.array(humans)),
        "mass": (("time",), np.array(masses)),
    }
    return records.labelled(at, rows, extra, {"skill": start.s}, solver="grid", cells=cells, dt=dt)


def path(
    parameters: Parameters, start: Cells, times: Floats, dt: float, policy: Policy
) -> Iterator[tuple[float, Cells]]:
    """Masses at each of the times; the same array moves on."""
    mass, D = start.mass.copy(), start.ai_volume
    p, now = parameters, 0.0
    for time in times.tolist():
        if time > now:
            steps = max(1, int(np.ceil((time - now) / dt - 1e-9)))
            step = (time - now) / steps
            rows = conditions(p, policy, np.asarray(now + 0.5 * step * np.arange(2 * steps), dtype=np.float64))
            if start.instant:
                grid = (start.s, start.h, start.log_talent)
                D = skill_flow.march(step, *p.motion[:3], p.economy, rows, *grid, D, mass)
            else:
                occupations.march(step, p.economy, rows, p.motion, start.s, start.h, start.log_talent, mass)
        now = time
        yield time, replace(start, mass=mass, ai_volume=D)


def spread(parameters: Parameters, row: Floats, state: Cells) -> tuple[float, NDArray[np.uint8], Floats]:
    """AI volume, and masses by occupation: job (jobs n,) and weight (jobs, n)."""
    n = state.s.size
    if not state.instant:
        D = float(row[choice.VOLUME] * state.mass[:, occupations.ADOPTER].sum())
        return D, np.repeat(np.arange(occupations.JOBS, dtype=np.uint8), n), np.ascontiguousarray(state.mass.T)
    weight = np.ascontiguousarray(state.mass[:, 0])
    tau = parameters.temperature
    D = skill_flow.volume(parameters.economy, row, tau, state.s, weight, state.ai_volume)
    share = np.empty((3, n))
    skill_flow.options(D, parameters.economy, row, tau, state.s, share)
    return D, np.repeat(OPTIONS, n), share * weight


def _with_density(start: Cells, initial: ArrayLike, ai_volume: float) -> Cells:
    density = np.asarray(initial, dtype=float)
    if not start.instant:
        raise ValueError("initial: given with frictions; allowed: with choice = 'instant'")
    if density.shape != start.s.shape or np.any(density < 0.0) or not density.sum() > 0.0:
        raise ValueError(f"initial: allowed: {start.s.size} densities >= 0 with a positive sum")
    mass = np.maximum(density / density.sum(), TINY)
    return Cells(start.s, start.h, start.log_talent, mass[:, None].copy(), float(ai_volume))
