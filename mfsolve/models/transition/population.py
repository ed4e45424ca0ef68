"""Shared steps of finite populations of creators: the draw from a grid, and the move of skills (MODEL 5.2)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.flow import langevin
from mfsolve.kernels.flow.potential import GAUSSIAN, Potential, Walls
from mfsolve.kernels.random import philox
from mfsolve.kernels.transition import skill_flow
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.parallel import blocks, run_blocks

Work = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Resolution:
    """Resolution of a finite population's path.

    Attributes
    ----------
    dt
        Largest time step, > 0; weak order 1. Every interval between output times is cut into equal steps no longer.
    bins
        Where > 0, the density of skill is kept in so many bins (along either skill, where there are two).
    """

    dt: float
    bins: int = 0

    def checked(self, most_bins: int) -> "Resolution":
        """Return the resolution; ValueError for a step that is not positive, or too many bins."""
        return Resolution(number("dt", self.dt, "(0, inf)"), whole("bins", self.bins, 0, most_bins))


def draw_cells(mass: Floats, n: int, uniforms_each: int, key: NDArray[np.uint64], replicate: np.uint64) -> tuple[
    NDArray[np.int64], Floats
]:  # fmt: skip
    """Cells (n,) drawn by their masses, and further uniforms (uniforms_each - 1, n); creator by creator."""
    uniforms, zero = np.empty(uniforms_each * n), np.uint64(0)
    philox.uniforms(key, zero, zero, replicate, zero, uniforms)
    cumulated = np.cumsum(mass.ravel())
    cell = np.searchsorted(cumulated[:-1] / cumulated[-1], uniforms[::uniforms_each])
    return cell, uniforms.reshape(n, uniforms_each).T[1:]


class SkillParticles:
    """Skills (d, n) of one replicate in the unit cube; what they draw is a function of seed, replicate and place."""

    def __init__(self, s: Floats, seed: int, purpose: str, replicate: np.uint64, threads: int) -> None:
        self.s, self.force = s, np.empty(s.shape)
        self.n, self.threads = s.shape[1], threads
        self.replicate = replicate
        self.noise = philox.stream_key(seed, purpose)
        self.sums = np.empty((len(blocks(self.n)), s.shape[0]))
        self.taken = 0

    def blocks(self, work: Work) -> None:
        """Call work(index, start, stop) for every block of creators."""
        run_blocks(work, self.n, self.threads)

    def pull(self, dt: float, sigma: float, shape: tuple[float, float], i: int, j: int) -> None:
        """Exact flow of the pull of talent, singular at the walls, for creators i to j."""
        low, high = (2.0 * sigma * (x - 1.0) * dt for x in shape)
        for skill in self.s:
            skill_flow.pull_to_talent(low, high, skill[i:j])

    def walk(self, dt: float, sigma: float) -> None:
        """One step of reflected Euler-Maruyama under `force`."""
        motion = np.array([[1.0, 0.0, float(np.sqrt(2.0 * sigma * dt)), 0.0, dt, 0.0]])
        free, walls = Potential(GAUSSIAN, np.zeros((1, 1))), Walls(0.0, 1.0)  # no human potential is read
        still, when = np.zeros(self.s.shape[0]), np.uint64(self.taken)

        def move(block: int, i: int, j: int) -> None:
            noise = langevin.Noise(self.noise, self.replicate, np.uint64(i // 2), when)
            langevin.advance(noise, motion, free, walls, self.force[:, i:j], still, self.s[:, i:j], self.sums[block])

        self.blocks(move)
        self.taken += 1


def counter_words(seed: int, replicate: int) -> tuple[int, np.uint64]:
    """Seed and replicate as the words of a counter.

    Raises
    ------
    ValueError
        For one outside its range.
    """
    return int(seed_word("seed", seed, 64)), seed_word("replicate", replicate, 32)
