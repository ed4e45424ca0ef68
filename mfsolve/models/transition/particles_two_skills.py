"""Two skills by particles: a finite population of creators on the unit square (MODEL 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.random import philox
from mfsolve.kernels.transition import niches
from mfsolve.models.arguments import increasing, instance, thread_count, whole

from .grid_two_skills import NAMES, TwoSkillParameters, UnitSquare, conditions, steps_between, summary
from .outputs import path_dataset
from .population import Resolution, SkillParticles, counter_words, draw_cells

if TYPE_CHECKING:
    import xarray as xr

LONGEST_STEP = 0.125
START_CELLS = 60
"""Cells, along either skill, of the grid whose rest point without AI the creators are drawn from."""


def two_skill_simulate(
    parameters: TwoSkillParameters,
    creators: int,
    times: ArrayLike,
    seed: int,
    replicate: int = 0,
    *,
    resolution: Resolution = Resolution(LONGEST_STEP),  # noqa: B008  (frozen)
    threads: int = 1,
) -> xr.Dataset:
    """Simulate a population of creators with two skills by reflected Euler-Maruyama, the pull of talent split off.

    MODEL 5.2.

    Parameters
    ----------
    parameters
        The economy.
    creators
        N in [2, 2^28].
    times
        (n,) increasing, >= 0.
    seed, replicate
        A path is a pure function of both (and of N, dt, times); seed in [0, 2^64), replicate in [0, 2^32).
    resolution
        Time step, and bins, at most 2000 each way, of density(time, technical, creative).
    threads
        Threads, in [1, 2^16]; the result does not depend on it.

    Returns
    -------
    Dataset
        Over `time`: the variables of `grid_two_skills.NAMES`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, TwoSkillParameters)
    instance("resolution", resolution, Resolution)
    at, resolution = increasing("times", times), resolution.checked(2000)
    dt, bins = resolution.dt, resolution.bins
    n = whole("creators", creators, 2, 2**28)
    thread_count(threads)
    start = UnitSquare(parameters, START_CELLS)
    population = _Creators(parameters, start, n, *counter_words(seed, replicate), threads)
    edges = np.linspace(0.0, 1.0, bins + 1)
    rows, densities, now = [], [], 0.0
    for time in at.tolist():
        for begin, step in steps_between(now, time, dt):
            population.step(step, conditions(parameters, np.array([begin]))[0])
        now = time
        answer = population.respond(conditions(parameters, np.array([time]))[0])
        s = population.s
        rows.append(summary(answer, population.D, s, np.full(n, 1.0 / n)))
        densities.append(np.histogram2d(s[0], s[1], bins=[edges, edges])[0] * (bins * bins / n) if bins else edges[:0])
    extra = {"density": (("time", "technical", "creative"), np.array(densities))} if bins else {}
    middle = 0.5 * (edges[1:] + edges[:-1])
    place = {"technical": middle, "creative": middle} if bins else {}
    return path_dataset(at, rows, NAMES, extra, place, solver="particles", creators=n, dt=dt)


class _Creators(SkillParticles):
    """Skills (2, n) of one replicate; everything it draws is a function of seed, replicate and place."""

    def __init__(
        self, p: TwoSkillParameters, start: UnitSquare, n: int, seed: int, replicate: np.uint64, threads: int
    ) -> None:
        cell, within = draw_cells(start.mass, n, 4, philox.stream_key(seed, "plane start"), replicate)
        place = np.stack([cell // start.n, cell % start.n])
        super().__init__((place + (1.0 - within[:2])) * start.h, seed, "plane skill", replicate, threads)
        self.p, self.answer, self.D = p, np.empty((6, n)), np.zeros(2)

    def respond(self, rows: Floats) -> Floats:
        """Pollution of the population itself, and everybody's choices and slopes (6, n) under it."""
        p = self.p
        w, tau = p.technical_weight, p.temperature
        niches.ai_volumes(p.economy, rows, w, tau, self.s, np.empty(0), self.D)
        self.blocks(
            lambda _, i, j: niches.responses(self.D, p.economy, rows, w, tau, self.s[:, i:j], self.answer[:, i:j])
        )
        return self.answer

    def step(self, dt: float, rows: Floats) -> None:
        """Pull of talent, drift at the pollution of the moment, then the step of the skills."""
        p = self.p
        self.blocks(lambda _, i, j: self.pull(dt, p.diffusion, (p.market.skill_a, p.market.skill_b), i, j))
        answer = self.respond(rows)
        self.force[:] = p.learning * answer[4:] - p.diffusion * p.budget * (self.s[0] + self.s[1])
        self.walk(dt, p.diffusion)
