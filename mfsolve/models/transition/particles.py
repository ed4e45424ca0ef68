"""The transition of finitely many creators (MODEL 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import merge_rows
from mfsolve.kernels.random import philox
from mfsolve.kernels.transition import choice, occupations, skill_flow
from mfsolve.models.arguments import increasing, instance, thread_count, whole
from mfsolve.models.parallel import blocks

from . import outputs
from .grid import LONGEST_STEP, OPTIONS, Cells, before_ai
from .held_volume import option_table
from .parameters import Parameters
from .pigouvian_tax import with_rate
from .policies import LaissezFaire, Policy, conditions
from .population import Resolution, SkillParticles, counter_words, draw_cells

if TYPE_CHECKING:
    import xarray as xr

START_CELLS = 400
"""Cells of the grid whose rest point without AI the creators are drawn from."""


def simulate(
    parameters: Parameters,
    creators: int,
    times: ArrayLike,
    seed: int,
    replicate: int = 0,
    *,
    policy: Policy = LaissezFaire(),  # noqa: B008  (frozen)
    resolution: Resolution = Resolution(LONGEST_STEP),  # noqa: B008  (frozen)
    threads: int = 1,
) -> xr.Dataset:
    """Simulate a population of creators: skill by reflected Euler-Maruyama, occupations by their hazards (MODEL 5.2).

    The pull of talent, singular at the walls, is split off and exact. Pollution is that of the population itself. With
    instant choice creators have no occupation of their own: each counts in every option with its probability.

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
    policy
        In force from time 0.
    resolution
        Time step, and bins, at most 10 000, of density(time, skill) of everybody. Occupations answer to the pollution
        of the moment, so where it weighs much on choices, as under a steep congestion fee, only short steps are
        stable: longer ones are refused.
    threads
        Threads, in [1, 2^16]; the result does not depend on it.

    Returns
    -------
    Dataset
        Over `time`: the variables of `outputs.NAMES`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    instance("resolution", resolution, Resolution)
    at, found = increasing("times", times), with_rate(parameters, policy)
    n, resolution = whole("creators", creators, 2, 2**28), resolution.checked(10_000)
    dt, bins = resolution.dt, resolution.bins
    thread_count(threads)
    check_step(parameters, found, float(at[-1]), dt)
    start = before_ai(parameters, START_CELLS)
    population = _Creators(parameters, start, n, *counter_words(seed, replicate), threads)
    edges = np.linspace(0.0, 1.0, bins + 1)
    rows, densities = [], []
    trough = outputs.Trough(population.by_hand(conditions(parameters, found, np.zeros(1))[0]))
    for time, seen, human in population.path(at, dt, found):
        row = conditions(parameters, found, np.array([time]))[0]
        state = outputs.summary(parameters, row, *population.by_occupation(row))
        trough.see(np.append(seen, time), np.append(human, state["human"]))
        rows.append(state | trough.so_far())
        densities.append(np.histogram(population.s[0], edges)[0] * bins / n if bins else edges[:0])
    extra = {"density": (("time", "skill"), np.array(densities))} if bins else {}
    place = {"skill": 0.5 * (edges[1:] + edges[:-1])} if bins else {}
    return outputs.path_dataset(at, rows, outputs.NAMES, extra, place, solver="particles", creators=n, dt=dt)


def check_step(parameters: Parameters, policy: Policy, horizon: float, dt: float) -> None:
    """Refuse a step at which occupations would swing about."""
    if dt >= (most := longest_step(parameters, policy, horizon)):
        raise ValueError(f"dt: {dt!r} given; allowed: (0, {most:.3g}), so that occupations do not swing about")


@lru_cache(maxsize=256)
def longest_step(parameters: Parameters, policy: Policy, horizon: float) -> float:
    """The step below which occupations that follow the pollution of the moment do not swing about; inf where any.

    In one step a share rho = 1 - exp(-revision dt) revises, and adoption falls by g per unit of itself: stable while
    rho (1 + g) < 2. By the logit, g <= volume (fee volume + B'/2) / (4 tau), B' = beta eta. Where that is too much, g
    is measured, with skills as before AI.
    """
    if parameters.choice == "instant":
        return np.inf
    rows = conditions(parameters, policy, np.linspace(0.0, horizon, 16))
    beta, eta = parameters.market.pollution_weight, parameters.market.pollution_rate
    volume, fee = rows[:, choice.VOLUME], rows[:, choice.FEE]
    g = float(np.max(volume * (fee * volume + 0.5 * beta * eta))) / (4.0 * parameters.temperature)
    if g > 1.0:
        start = before_ai(parameters, 200)
        weight = start.mass.sum(axis=1)
        g = max(float(_answer(parameters, row, start.grid.s, weight).max()) for row in rows)
    return np.inf if g <= 1.0 else float(-np.log1p(-2.0 / (1.0 + g)) / parameters.revision)


def _answer(parameters: Parameters, row: Floats, s: Floats, weight: Floats) -> Floats:
    """-dF/dD (65,) over AI volumes, of creators with masses weight (n,) who choose at once."""
    volumes = np.linspace(0.0, row[choice.VOLUME], 65)
    table = option_table(parameters, row, volumes, s)
    chance, value = np.empty(table.worth.shape), np.empty(table.worth.shape[1:])
    skill_flow.logit_choices(table.worth, parameters.temperature, row[choice.OPEN], chance, value)
    decline = (chance * table.falling).sum(axis=0)
    swings = (weight * chance[1] * (table.falling[1] - decline)).sum(axis=1) / parameters.temperature
    return np.asarray(row[choice.VOLUME] * swings)


class _Creators(SkillParticles):
    """Skill and occupation of one replicate; everything it draws is a function of seed, replicate and place."""

    def __init__(self, p: Parameters, start: Cells, n: int, seed: int, replicate: np.uint64, threads: int) -> None:
        cell, (within,) = draw_cells(start.mass, n, 2, philox.stream_key(seed, "transition start"), replicate)
        jobs = start.mass.shape[1]
        super().__init__(
            ((cell // jobs + (1.0 - within)) * start.grid.h)[None], seed, "transition skill", replicate, threads
        )
        self.parameters, self.instant = p, start.instant
        self.fate = philox.stream_key(seed, "transition occupation")
        self.job = np.zeros(n, dtype=np.uint8)
        self.counts = np.zeros((len(blocks(n)), occupations.JOBS))
        self.D = 0.0
        if not self.instant:
            self.job[:] = cell % jobs
            self.counts[0] = np.bincount(self.job, minlength=occupations.JOBS)

    def path(self, times: Floats, dt: float, policy: Policy) -> Iterator[tuple[float, Floats, Floats]]:
        """Move to each of the times: the time, and the steps in between with the share that works by hand at each."""
        now = 0.0
        for time in times.tolist():
            at, human = np.empty(0), np.empty(0)
            if time > now:
                steps = max(1, int(np.ceil((time - now) / dt - 1e-9)))
                step = (time - now) / steps
                at = np.asarray(now + step * np.arange(steps), dtype=np.float64)
                human = np.empty(steps)
                for k, row in enumerate(conditions(self.parameters, policy, at)):
                    human[k] = self.by_hand(row)
                    self.step(step, row)
            now = time
            yield time, at, human

    def step(self, dt: float, row: Floats) -> None:
        """Pull of talent, occupations and drift at the pollution of the moment, then the step of the skill."""
        p, when = self.parameters, np.uint64(self.taken)
        sigma, nu, tau = p.motion.sigma, p.motion.nu, p.motion.tau
        self.D = self.volume(row)

        def choose(block: int, i: int, j: int) -> None:
            self.pull(dt, sigma, p.shape, i, j)
            s, force = self.s[0, i:j], self.force[0, i:j]
            if self.instant:
                skill_flow.drift(self.D, nu, p.economy, row, tau, s, force)
            else:
                counter = occupations.Counter(self.fate, self.replicate, np.uint64(i), when)
                creators = occupations.Creators(s, self.job[i:j], force)
                occupations.decide(counter, dt, p.economy, row, p.motion, self.D, creators, self.counts[block])

        self.blocks(choose)
        merge_rows(self.counts)
        self.walk(dt, sigma)

    def volume(self, row: Floats) -> float:
        """AI volume of the population."""
        if not self.instant:
            return float(row[choice.VOLUME] * self.counts[0, occupations.ADOPTER] / self.n)
        p = self.parameters
        return float(skill_flow.ai_volume(p.economy, row, p.temperature, self.s[0], np.empty(0), self.D))

    def by_hand(self, row: Floats) -> float:
        """Share of the population that works by hand."""
        if not self.instant:
            return float(self.counts[0, list(outputs.HUMANS)].sum() / self.n)
        p = self.parameters
        return float(skill_flow.human_share(self.volume(row), p.economy, row, p.temperature, self.s[0]))

    def by_occupation(self, row: Floats) -> tuple[float, Floats, NDArray[np.uint8], Floats]:
        """AI volume, and skill, occupation and weight of everybody; three of each with instant choice."""
        D = self.volume(row)
        if not self.instant:
            return D, self.s[0], self.job, np.full(self.n, 1.0 / self.n)
        share = np.empty((3, self.n))
        skill_flow.choice_shares(D, self.parameters.economy, row, self.parameters.temperature, self.s[0], share)
        return D, np.tile(self.s[0], 3), np.repeat(OPTIONS, self.n), share.ravel() / self.n
