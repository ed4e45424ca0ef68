"""Levels of the flow for multilevel Monte Carlo: time step and population refined together (MODEL 2.9, 8)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.flow.multilevel import WIDTH, Rows, Start, samples
from mfsolve.kernels.random import philox
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.parallel import run_blocks

from .diverged_error import DivergedError
from .parameters import Parameters, checked_times
from .particles import refuse_unstable, step_rows
from .potentials import compiled

OBSERVABLES = ("mean", "second_moment", "variance")


@dataclass(frozen=True)
class FlowLevels:
    """Sampler of the levels of E[observable at `time`], for `mfsolve.inference.multilevel` (MODEL 2.9).

    Level l has particles * 2^l particles and steps * 2^l Euler steps; its coarse partner is level l - 1 as
    the average of two systems of half the particles, driven by the same noise.

    Attributes
    ----------
    parameters : dimension 1, no pair energy, no domain, Gaussian start.
    time : > 0.
    observable : `mean`, `second_moment` or `variance` (divisor N - 1) of the population.
    particles : of level 0, even, >= 4.
    steps : of level 0, >= 1.
    seed, replicate : decide every draw.
    threads : threads; results do not depend on it.
    """

    parameters: Parameters
    time: float
    observable: Literal["mean", "second_moment", "variance"] = "second_moment"
    particles: int = 8
    steps: int = 4
    seed: int = 0
    replicate: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        p = self.parameters
        number("time", self.time, "(0, inf)")
        checked_times(p, [self.time])
        if p.dimension != 1 or p.interaction is not None or p.domain is not None or p.initial != "gaussian":
            raise ValueError("parameters: allowed for mlmc: dimension 1, no interaction, no domain, gaussian start")
        if self.observable not in OBSERVABLES:
            raise ValueError(f"observable: {self.observable!r} given; allowed: {', '.join(OBSERVABLES)}")
        if whole("particles", self.particles, 4, 2**20) % 2:
            raise ValueError(f"particles: {self.particles} given; allowed: an even number")
        whole("steps", self.steps, 1, 2**20)
        seed_word("seed", self.seed, 64)
        seed_word("replicate", self.replicate, 32)
        refuse_unstable(p, self.time / self.steps, np.array([self.time]))

    def cost(self, level: int) -> float:
        """Particle steps of one sample, fine and coarse."""
        fine = float(self.particles * self.steps * 4**level)
        return fine if level == 0 else 1.5 * fine

    def single_cost(self, level: int) -> float:
        """Particle steps of one sample of the fine system alone."""
        return float(self.particles * self.steps * 4**level)

    def __call__(self, level: int, first: int, count: int) -> NDArray[np.float64]:
        """Fine and coarse observable (count, 2) of the samples first, first + 1, ...; coarse is 0 on level 0."""
        begin, end = first // WIDTH * WIDTH, -(-(first + count) // WIDTH) * WIDTH
        coarse_rows = self._rows(self.steps * 2 ** (level - 1)) if level else np.zeros((0, 6))
        rows = Rows(self._rows(self.steps * 2**level), coarse_rows)
        form = compiled(self.parameters.potential, 1)
        key = philox.stream_key(self.seed, f"flow level {level} of replicate {self.replicate}")
        fine, coarse = np.empty((end - begin, 3)), np.empty((end - begin, 3))
        law = Start(float(self.parameters.mean_vector[0]), float(np.sqrt(self.parameters.initial_variance)))
        population = self.particles * 2**level

        def work(_: int, start: int, stop: int) -> None:
            lane = np.uint64(begin + start)
            samples(key, lane, law, rows, population, form.potential, fine[start:stop], coarse[start:stop])

        run_blocks(work, end - begin, self.threads)
        place = OBSERVABLES.index(self.observable)
        both = np.stack([fine[:, place], coarse[:, place]], axis=1)[first - begin : first - begin + count]
        if not np.all(np.isfinite(both)):
            raise DivergedError(
                f"steps: {self.steps} given: level {level} diverged with {population} particles and dt = "
                f"{self.time / (self.steps * 2**level):.3g}; try steps = {4 * self.steps}"
            )
        return both

    def _rows(self, steps: int) -> NDArray[np.float64]:
        h = self.time / steps
        return step_rows(self.parameters, "euler", np.asarray((np.arange(steps) + 0.5) * h, dtype=np.float64), h)
