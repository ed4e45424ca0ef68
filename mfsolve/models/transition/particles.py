"""The transition of finitely many creators (MODEL 5.2)."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.kernels import choice, langevin, occupations, philox, skill_flow
from mfsolve.kernels.sums import merge_rows
from mfsolve.models.blocks import blocks, run_blocks
from mfsolve.models.flow.checks import increasing, positive, whole
from mfsolve.models.model import seed_word

from . import records
from .grid import LONGEST_STEP, MOST_CELLS, OPTIONS, Cells, before_ai
from .parameters import Floats, Parameters
from .policies import Laissez, Policy, conditions
from .standing import settled

if TYPE_CHECKING:
    import xarray as xr


def simulate(
    parameters: Parameters,
    creators: int,
    times: ArrayLike,
    seed: int,
    replicate: int = 0,
    *,
    dt: float = LONGEST_STEP,
    policy: Policy = Laissez(),  # noqa: B008  (frozen)
    threads: int = 1,
    start_cells: int = 400,
    bins: int = 0,
) -> "xr.Dataset":
    """Simulate a population of creators: skill by reflected Euler-Maruyama, occupations by their hazards.

    The pull of talent, singular at the walls, is split off and exact. Pollution is that of the population itself. With
    instant choice creators have no occupation of their own: each counts in every option with its probability.

    Parameters
    ----------
    parameters : the economy.
    creators : N in [2, 2^28].
    times : (n,) increasing, >= 0.
    seed, replicate : a path is a pure function of both (and of N, dt, times); seed in [0, 2^64), replicate
        in [0, 2^32).
    dt : largest time step, > 0; weak order 1.
    policy : in force from time 0.
    threads : threads; the result does not depend on it.
    start_cells : cells of the grid whose rest point without AI the creators are drawn from.
    bins : where > 0, density(time, skill) of everybody in so many bins is kept.

    Returns
    -------
    Dataset over `time`: the variables of `records.NAMES`.

    Raises
    ------
    ValueError : an argument out of its range.
    """
    at, policy = increasing(times), settled(parameters, policy)
    n = whole("creators", creators, 2, 2**28)
    crowd = _Crowd(
        parameters, before_ai(parameters, whole("start_cells", start_cells, 8, MOST_CELLS)), n, seed, replicate, threads
    )
    edges = np.linspace(0.0, 1.0, whole("bins", bins, 0, 10_000) + 1)
    rows, densities = [], []
    for time in crowd.path(at, positive("dt", dt), policy):
        row = conditions(parameters, policy, np.array([time]))[0]
        D, skill, job, weight = crowd.spread(row)
        rows.append(records.summary(parameters, row, D, skill, job, weight))
        densities.append(np.histogram(crowd.s[0], edges)[0] * bins / n if bins else edges[:0])
    extra = {"density": (("time", "skill"), np.array(densities))} if bins else {}
    place = {"skill": 0.5 * (edges[1:] + edges[:-1])} if bins else {}
    return records.labelled(at, rows, extra, place, solver="particles", creators=n, dt=dt)


class _Crowd:
    """Skill and occupation of one replicate; everything it draws is a function of seed, replicate and place."""

    def __init__(self, p: Parameters, start: Cells, n: int, seed: int, replicate: int, threads: int) -> None:
        self.parameters, self.n, self.threads = p, n, threads
        self.replicate = seed_word("replicate", replicate, 32)
        seed = int(seed_word("seed", seed, 64))
        self.noise, self.fate = (philox.stream_key(seed, f"transition {what}") for what in ("skill", "occupation"))
        self.s, self.force = np.empty((1, n)), np.empty((1, n))
        self.job = np.zeros(n, dtype=np.uint8)
        self.counts = np.zeros((len(blocks(n)), occupations.JOBS))
        self.sums = np.empty((len(blocks(n)), 1))
        self.D, self.taken = 0.0, 0
        self.instant = start.instant
        self._draw(start, philox.stream_key(seed, "transition start"))

    def _draw(self, start: Cells, key: NDArray[np.uint64]) -> None:
        """Creators from the masses of a grid, uniform within a cell."""
        uniforms, zero = np.empty(2 * self.n), np.uint64(0)
        philox.uniforms(key, zero, zero, self.replicate, zero, uniforms)
        cumulated = np.cumsum(start.mass.ravel())
        cell = np.searchsorted(cumulated[:-1] / cumulated[-1], uniforms[::2])
        self.s[0] = (cell // start.mass.shape[1] + (1.0 - uniforms[1::2])) * start.h
        if not self.instant:
            self.job[:] = cell % start.mass.shape[1]
            self.counts[0] = np.bincount(self.job, minlength=occupations.JOBS)

    def blocks(self, work: Callable[[int, int, int], None]) -> None:
        run_blocks(work, self.n, self.threads)

    def path(self, times: Floats, dt: float, policy: Policy) -> Iterator[float]:
        """Move to each of the times."""
        now = 0.0
        for time in times.tolist():
            if time > now:
                steps = max(1, int(np.ceil((time - now) / dt - 1e-9)))
                step = (time - now) / steps
                at = np.asarray(now + step * np.arange(steps), dtype=np.float64)
                for row in conditions(self.parameters, policy, at):
                    self.step(step, row)
            now = time
            yield time

    def step(self, dt: float, row: Floats) -> None:
        """Pull of talent, occupations and drift at the pollution of the moment, then the step of the skill."""
        p, when = self.parameters, np.uint64(self.taken)
        sigma, nu, tau = p.motion[:3]
        low, high = (2.0 * sigma * (shape - 1.0) * dt for shape in p.shape)
        self.D = self.volume(row)

        def choose(block: int, i: int, j: int) -> None:
            s, force = self.s[0, i:j], self.force[0, i:j]
            skill_flow.towards_talent(low, high, s)
            if self.instant:
                skill_flow.drift(self.D, nu, p.economy, row, tau, s, force)
            else:
                occupations.decide(
                    self.fate, self.replicate, np.uint64(i), when, dt, p.economy, row, p.motion, self.D, s,
                    self.job[i:j], force, self.counts[block],
                )  # fmt: skip

        motion = np.array([[1.0, 0.0, float(np.sqrt(2.0 * sigma * dt)), 0.0, dt, 0.0]])
        nothing, still = np.zeros((1, 1)), np.zeros(1)

        def move(block: int, i: int, j: int) -> None:
            langevin.advance(
                self.noise, self.replicate, np.uint64(i // 2), when, motion, 0, nothing, 0.0, 1.0,
                self.force[:, i:j], float(self.n), still, self.s[:, i:j], self.sums[block],
            )  # fmt: skip

        self.blocks(choose)
        merge_rows(self.counts)
        self.blocks(move)
        self.taken += 1

    def volume(self, row: Floats) -> float:
        """AI volume of the population."""
        if not self.instant:
            return float(row[choice.VOLUME] * self.counts[0, occupations.ADOPTER] / self.n)
        p = self.parameters
        return float(skill_flow.volume(p.economy, row, p.temperature, self.s[0], np.empty(0), self.D))

    def spread(self, row: Floats) -> tuple[float, Floats, NDArray[np.uint8], Floats]:
        """AI volume, and skill, occupation and weight of everybody; three of each with instant choice."""
        D = self.volume(row)
        if not self.instant:
            return D, self.s[0], self.job, np.full(self.n, 1.0 / self.n)
        share = np.empty((3, self.n))
        skill_flow.options(D, self.parameters.economy, row, self.parameters.temperature, self.s[0], share)
        return D, np.tile(self.s[0], 3), np.repeat(OPTIONS, self.n), share.ravel() / self.n
