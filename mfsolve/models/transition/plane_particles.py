"""Two skills by particles: a finite population of creators on the unit square (MODEL 5.2)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels import langevin, niches, philox, skill_flow
from mfsolve.models.blocks import blocks, run_blocks
from mfsolve.models.flow.checks import increasing, positive, whole
from mfsolve.models.model import seed_word

from .parameters import Floats
from .plane import PlaneParameters, Square, conditions, labelled, steps_between, summary

if TYPE_CHECKING:
    import xarray as xr


def plane_simulate(
    parameters: PlaneParameters,
    creators: int,
    times: ArrayLike,
    seed: int,
    replicate: int = 0,
    *,
    dt: float = 0.125,
    threads: int = 1,
    start_cells: int = 60,
    bins: int = 0,
) -> "xr.Dataset":
    """Simulate a population of creators with two skills by reflected Euler-Maruyama, the pull of talent split off.

    Parameters
    ----------
    parameters : the economy.
    creators : N in [2, 2^28].
    times : (n,) increasing, >= 0.
    seed, replicate : a path is a pure function of both (and of N, dt, times); seed in [0, 2^64), replicate
        in [0, 2^32).
    dt : largest time step, > 0; weak order 1.
    threads : threads; the result does not depend on it.
    start_cells : cells of the grid whose rest point without AI the creators are drawn from.
    bins : where > 0, density(time, technical, creative) in bins x bins is kept.

    Returns
    -------
    Dataset over `time`: the variables of plane.NAMES.

    Raises
    ------
    ValueError : an argument out of its range.
    """
    at, dt = increasing(times), positive("dt", dt)
    n = whole("creators", creators, 2, 2**28)
    crowd = _Crowd(
        parameters, Square(parameters, whole("start_cells", start_cells, 8, 2**11)), n, seed, replicate, threads
    )
    edges = np.linspace(0.0, 1.0, whole("bins", bins, 0, 2000) + 1)
    rows, densities, now = [], [], 0.0
    for time in at.tolist():
        for begin, step in steps_between(now, time, dt):
            crowd.step(step, conditions(parameters, np.array([begin]))[0])
        now = time
        answer = crowd.respond(conditions(parameters, np.array([time]))[0])
        rows.append(summary(answer, crowd.D, crowd.s, np.full(n, 1.0 / n)))
        densities.append(
            np.histogram2d(crowd.s[0], crowd.s[1], bins=[edges, edges])[0] * (bins * bins / n) if bins else edges[:0]
        )
    extra = {"density": (("time", "technical", "creative"), np.array(densities))} if bins else {}
    middle = 0.5 * (edges[1:] + edges[:-1])
    place = {"technical": middle, "creative": middle} if bins else {}
    return labelled(at, rows, extra, place, solver="particles", creators=n, dt=dt)


class _Crowd:
    """Skills (2, n) of one replicate; everything it draws is a function of seed, replicate and place."""

    def __init__(self, p: PlaneParameters, start: Square, n: int, seed: int, replicate: int, threads: int) -> None:
        self.p, self.n, self.threads = p, n, threads
        self.replicate = seed_word("replicate", replicate, 32)
        seed = int(seed_word("seed", seed, 64))
        self.noise = philox.stream_key(seed, "plane skill")
        key, zero = philox.stream_key(seed, "plane start"), np.uint64(0)
        uniforms = np.empty(4 * n)
        philox.uniforms(key, zero, zero, self.replicate, zero, uniforms)
        cumulated = np.cumsum(start.mass.ravel())
        cell = np.searchsorted(cumulated[:-1] / cumulated[-1], uniforms[::4])
        self.s = np.stack([cell // start.n + 1.0 - uniforms[1::4], cell % start.n + 1.0 - uniforms[2::4]]) * start.h
        self.answer, self.force = np.empty((6, n)), np.empty((2, n))
        self.sums = np.empty((len(blocks(n)), 2))
        self.D, self.taken = np.zeros(2), 0

    def respond(self, rows: Floats) -> Floats:
        """Pollution of the population itself, and everybody's choices and slopes (6, n) under it."""
        p = self.p
        w, tau = p.technical_weight, p.temperature
        niches.volumes(p.economy, rows, w, tau, self.s, np.empty(0), self.D)
        run_blocks(
            lambda _, i, j: niches.respond(self.D, p.economy, rows, w, tau, self.s[:, i:j], self.answer[:, i:j]),
            self.n, self.threads,
        )  # fmt: skip
        return self.answer

    def step(self, dt: float, rows: Floats) -> None:
        """Pull of talent, drift at the pollution of the moment, then the step of the skills."""
        p, when = self.p, np.uint64(self.taken)
        low, high = (2.0 * p.diffusion * (shape - 1.0) * dt for shape in (p.market.skill_a, p.market.skill_b))
        for k in range(2):
            skill_flow.towards_talent(low, high, self.s[k])
        answer = self.respond(rows)
        crowding = p.diffusion * p.budget * (self.s[0] + self.s[1])
        for k in range(2):
            self.force[k] = p.learning * answer[4 + k] - crowding
        motion = np.array([[1.0, 0.0, float(np.sqrt(2.0 * p.diffusion * dt)), 0.0, dt, 0.0]])
        nothing, still = np.zeros((1, 1)), np.zeros(2)

        def move(block: int, i: int, j: int) -> None:
            langevin.advance(
                self.noise, self.replicate, np.uint64(i // 2), when, motion, 0, nothing, 0.0, 1.0,
                self.force[:, i:j], float(self.n), still, self.s[:, i:j], self.sums[block],
            )  # fmt: skip

        run_blocks(move, self.n, self.threads)
        self.taken += 1
