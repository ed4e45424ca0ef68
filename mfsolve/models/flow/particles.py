"""Interacting particles of the flow, the McKean-Vlasov system with N particles (MODEL 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.flow import langevin
from mfsolve.kernels.flow.potential import Walls
from mfsolve.kernels.numerics.sums import merge_rows
from mfsolve.kernels.random import philox
from mfsolve.models.arguments import instance, number, seed_word, thread_count, whole
from mfsolve.models.parallel import BLOCK, blocks, run_blocks

from .diverged_error import DivergedError
from .energies import Gaussian
from .outputs import labelled
from .pair_forces import pair_force
from .parameters import Parameters, checked_times
from .potentials import compiled
from .snapshots import Snapshots, Work, distribution, draw_human, moments

if TYPE_CHECKING:
    import xarray as xr

Stepper = Literal["euler", "splitting"]
BATCH = 512  # steps of a one-block population between looks at whether it is still finite


def simulate(
    parameters: Parameters,
    particles: int,
    dt: float,
    times: ArrayLike | Snapshots,
    seed: int,
    replicate: int = 0,
    *,
    stepper: Stepper = "euler",
    threads: int = 1,
) -> xr.Dataset:
    """Simulate the McKean-Vlasov particle system and keep its moments at the given times (MODEL 2.4).

    Parameters
    ----------
    parameters : any potential, interaction, domain and contamination.
    particles : N in [2, 2^32].
    dt : largest time step, > 0; every interval between output times is cut into equal steps no longer than dt.
    times : (n,) increasing, >= 0; or `Snapshots`, which also say what else is kept.
    seed, replicate : a path is a pure function of both (and of N, dt, times); seed in [0, 2^64), replicate
        in [0, 2^32).
    stepper : `euler` (Euler-Maruyama, weak order 1) or `splitting` (Ornstein-Uhlenbeck part exact, kicks by Heun's
        rule, Strang: weak order 2; exact in dt for a Gaussian potential; order 1 with an interaction or a domain).
    threads : threads; the result does not depend on it.

    Returns
    -------
    Dataset over `time`: mean, variance, second_moment, potential_energy, w2_drift (dimension 1: exact, of the empirical
    measure; Gaussian potential in higher dimension: of the fitted Gaussian), contamination, and what was asked for.

    Raises
    ------
    ValueError : an argument out of its range; a dt beyond the stability limit of the stepper.
    DivergedError : positions that left the floating-point range, with the step, the count and a smaller dt.
    """
    instance("parameters", parameters, Parameters)
    thread_count(threads)
    snapshots = times if isinstance(times, Snapshots) else Snapshots(times)
    at = checked_times(parameters, snapshots.times)
    n = whole("particles", particles, 2, 2**32)
    number("dt", dt, "(0, inf)")
    if stepper not in ("euler", "splitting"):
        raise ValueError(f"stepper: {stepper!r} given; allowed: euler, splitting")
    snapshots.check(parameters)
    refuse_unstable(parameters, dt, at, stepper)
    population = _Population(parameters, n, seed, replicate, threads)
    kept: dict[str, list[Floats]] = {}
    for x, mean in population.path(at, dt, stepper):
        shot = moments(parameters, x, mean, threads) | distribution(parameters, x, snapshots)
        for name, value in shot.items():
            kept.setdefault(name, []).append(value)
    arrays = {name: np.array(values) for name, values in kept.items()}
    arrays["contamination"] = parameters.rho(at)
    attributes = {"solver": "particles", "particles": n, "dt": dt, "stepper": stepper}
    return labelled(at, arrays, parameters, snapshots.coordinates(), **attributes)


def refuse_unstable(parameters: Parameters, dt: float, times: Floats, stepper: Stepper = "euler") -> None:
    """Refuse, with a ValueError, a step that is unstable at the stiffest mode of the human distribution, or skips it.

    Splitting steps are exact for a Gaussian potential and refused nothing there; elsewhere only the kicks count.
    """
    if stepper == "splitting" and isinstance(parameters.potential, Gaussian):
        return
    rho = parameters.rho(np.union1d(times, np.linspace(0.0, times[-1], 257)))
    stiffness = compiled(parameters.potential, parameters.dimension).stiffness
    pull = rho * (1.0 - parameters.variance_ratio) if stepper == "euler" else 0.0
    rate = parameters.diffusivity * float(np.max((1.0 - rho) * stiffness + pull))
    if rate > 0.0 and dt * rate >= 2.0:
        raise ValueError(f"dt: {dt!r} given; allowed with the {stepper} stepper: (0, {2.0 / rate:g})")


def step_rows(parameters: Parameters, stepper: Stepper, middle: Floats, h: float) -> Floats:
    """Coefficients (n, 6) of `kernels.flow.langevin.advance` for steps of length h with mid-points `middle` (n,)."""
    sigma, delta = parameters.diffusivity, parameters.variance_ratio
    human_rate = sigma * (1.0 - parameters.rho(middle))
    pull = sigma * parameters.rho(middle) * (1.0 - delta)
    gaussian = isinstance(parameters.potential, Gaussian)
    interaction = parameters.interaction
    strength = 0.0 if interaction is None or isinstance(interaction, str) else interaction.strength
    rows = np.zeros((middle.size, 6))
    rows[:, 4] = sigma * strength * h
    if stepper == "euler":
        rows[:, 0] = 1.0 - h * pull - (h * human_rate if gaussian else 0.0)
        rows[:, 1] = h * pull
        rows[:, 2] = np.sqrt(2.0 * human_rate * h)
        rows[:, 3] = 0.0 if gaussian else h * human_rate
        return rows
    rate = pull + human_rate if gaussian else pull
    fade, fade_mean, fade_twice = np.empty_like(rate), np.empty_like(rate), np.empty_like(rate)
    langevin.decays(rate * h, fade)
    langevin.decays(human_rate * h if gaussian else np.zeros_like(rate), fade_mean)
    langevin.decays(2.0 * rate * h, fade_twice)
    slow = 2.0 * rate * h < 1e-5  # (1 - exp(-y)) / y to 1e-17 by its series
    y = np.where(slow, 1.0, 2.0 * rate * h)
    averaged = np.where(slow, 1.0 - rate * h * (1.0 - rate * h * 2.0 / 3.0), (1.0 - fade_twice) / y)
    rows[:, 0] = fade
    rows[:, 1] = fade_mean - fade
    rows[:, 2] = np.sqrt(2.0 * human_rate * h * averaged)
    rows[:, 5] = 0.0 if gaussian else h * human_rate
    return rows


class _Population:
    """Positions and mean of one replicate; every draw is a function of seed, replicate and place."""

    def __init__(self, parameters: Parameters, n: int, seed: int, replicate: int, threads: int) -> None:
        self.parameters, self.n, self.threads = parameters, n, threads
        self.form = compiled(parameters.potential, parameters.dimension)
        self.replicate = seed_word("replicate", replicate, 32)
        seed = int(seed_word("seed", seed, 64))
        self.noise = philox.stream_key(seed, "flow noise")
        self.walls = Walls(*(parameters.domain or (0.0, 0.0)))
        self.sums = np.empty((len(blocks(n)), parameters.dimension))
        self.mean = np.empty(parameters.dimension)
        self.force = pair_force(parameters, threads)
        self.forces = np.zeros((parameters.dimension, n if self.force else 0))
        self.x = np.empty((parameters.dimension, n))
        self.taken = 0
        if parameters.initial == "human":
            draw_human(parameters, philox.stream_key(seed, "flow human start"), self.replicate, self.x)
        else:
            key = philox.stream_key(seed, "flow start")
            deviation = float(np.sqrt(parameters.initial_variance))
            centre = parameters.mean_vector
            self.blocks(
                lambda b, i, j: langevin.start(
                    key, self.replicate, np.uint64(i // 2), centre, deviation, self.x[:, i:j]
                )
            )
        self.blocks(lambda b, i, j: langevin.reflect(self.walls, self.x[:, i:j], self.sums[b]))
        self.renew_mean()

    def blocks(self, work: Work) -> None:
        """Call work(block, start, stop) for every block of particles."""
        run_blocks(work, self.n, self.threads)

    def renew_mean(self) -> None:
        """Mean of the population from the sums of its blocks."""
        merge_rows(self.sums)
        self.mean[:] = self.sums[0] / self.n

    def path(self, times: Floats, dt: float, stepper: Stepper) -> Iterator[tuple[Floats, Floats]]:
        """Positions and mean at each of the times."""
        now = 0.0
        for time in times:
            if time > now:
                steps = max(1, int(np.ceil((time - now) / dt - 1e-9)))
                self.interval(now, (time - now) / steps, steps, stepper)
            now = float(time)
            yield self.x, self.mean

    def interval(self, begin: float, h: float, steps: int, stepper: Stepper) -> None:
        """Advance by `steps` steps of length h; in the splitting, with half a kick at either end."""
        if self.taken + steps >= 2**32:
            raise ValueError(f"dt: {h:g} given; allowed: at most 2^32 steps")
        one_block = self.n <= BLOCK and self.force is None
        batch = BATCH if one_block else 1
        for first in range(0, steps, batch):
            last = min(first + batch, steps)
            middles = np.asarray(begin + (np.arange(first, last + 1) + 0.5) * h, dtype=np.float64)
            rows = step_rows(self.parameters, stepper, middles, h)
            if stepper == "splitting":  # neighbouring half kicks are one kick
                kicks = rows[:, 5].copy()
                if first == 0:
                    self.half_kick(kicks[0])
                rows[:-1, 5] = 0.5 * (kicks[:-1] + (kicks[1:] if last < steps else np.append(kicks[1:-1], 0.0)))
            rows = rows[:-1]
            self.advance(rows, h)

    def half_kick(self, length: float) -> None:
        """Flow of -grad U over half a step's length."""
        if length != 0.0:
            potential = self.form.potential
            self.blocks(
                lambda b, i, j: langevin.kick(potential, 0.5 * length, self.walls, self.x[:, i:j], self.sums[b])
            )
            self.renew_mean()

    def advance(self, rows: Floats, h: float) -> None:
        """One step for each row of coefficients; DivergedError where the mean is not finite afterwards."""
        if self.force is not None:
            self.force(self.x, self.forces)
        first = np.uint64(self.taken)

        def work(block: int, start: int, stop: int) -> None:
            noise = langevin.Noise(self.noise, self.replicate, np.uint64(start // 2), first)
            x, forces = self.x[:, start:stop], self.forces[:, start:stop]
            langevin.advance(noise, rows, self.form.potential, self.walls, forces, self.mean, x, self.sums[block])

        self.blocks(work)
        self.taken += rows.shape[0]
        self.renew_mean()
        if not np.all(np.isfinite(self.mean)):
            bad = int(self.n - np.count_nonzero(np.all(np.isfinite(self.x), axis=0)))
            raise DivergedError(
                f"dt: {h:g} given: the run diverged by step {self.taken}, {bad} of {self.n} particles "
                f"are not finite; try dt = {0.25 * h:.3g}"
            )
