"""Populations of producers: who revises, what share of their items is human (MODEL 1.2, 1.7).

Three populations share one set of methods: the infinite one, one that is kept producer by producer, and one that is
kept as cohorts of equal producers, whose size costs nothing.
"""

from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.collapse import producers as kernels
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.random import variates
from mfsolve.models.parallel import blocks, run_blocks

from .content import Content, Draws
from .parameters import Parameters, Population, Sampling
from .welfare import ShareMoments

C = TypeVar("C", bound=Content)


class Producers(Protocol):
    """A population of producers with human shares."""

    def revise(self, step: int, probability: float, target: float) -> None:
        """Let each producer move, with the probability, to clip(target - c_i / (2 kappa))."""
        ...

    def moments(self) -> ShareMoments:
        """Moments of human shares and costs over the population."""
        ...

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """One generation's pool: its contamination, and the content refitted to it."""
        ...

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """`content` as a refit of `items` items of its pool sees it; 0 items: as it is."""
        ...


def inspect(content: C, source: C, contamination: float, items: int, step: int, draws: Draws) -> C:
    """Refit to `items` further items of a pool of human items and of `source`'s; statistics drawn from their law."""
    if items == 0:
        return content
    human = np.empty(1)
    counts, share = np.array([float(items)]), np.array([1.0 - contamination])
    key = draws.keys["inspection"]
    variates.binomials(key, np.uint64(step), draws.replicate, np.uint64(0), counts, share, human)
    own = Draws({"content": draws.keys["inspected"]}, draws.replicate, draws.threads)
    return source.drawn(float(human[0]), items - float(human[0]), np.uint64(step), own)


def best_response(parameters: Parameters, target: float) -> ShareMoments:
    """Moments of h = clip(target - c / (2 kappa)), c uniform on [-cost_spread, cost_spread], in closed form.

    h = target + w, w uniform on [-half, half], where w is between `low` and `high`; h = 1 above, 0 below. Written in
    w, so that nothing cancels however small the spread.
    """
    kappa, spread = parameters.cost_curvature, parameters.cost_spread
    if spread == 0.0:
        h = min(1.0, max(0.0, target))
        return ShareMoments(h, h * h, 0.0)
    half = spread / (2.0 * kappa)
    low, high = (min(half, max(-half, edge - target)) for edge in (0.0, 1.0))
    inside, above = (high - low) / (2.0 * half), (half - high) / (2.0 * half)
    mean, square = 0.5 * (low + high), (low * low + low * high + high * high) / 3.0  # of w inside
    return ShareMoments(
        inside * (target + mean) + above,
        inside * (target * target + 2.0 * target * mean + square) + above,
        -2.0 * kappa * (inside * (target * mean + square) + above * 0.5 * (high + half)),
    )


@dataclass
class MeanField:
    """Infinitely many producers."""

    parameters: Parameters
    state: ShareMoments

    @classmethod
    def initial(cls, parameters: Parameters) -> Self:
        """Everyone at the initial human share."""
        h = 1.0 - parameters.initial_contamination
        return cls(parameters, ShareMoments(h, h * h, 0.0))

    def revise(self, step: int, probability: float, target: float) -> None:
        """The moving fraction takes the moments of the best response."""
        new, old, w = best_response(self.parameters, target), self.state, probability
        self.state = ShareMoments(
            old.share + w * (new.share - old.share),
            old.square + w * (new.square - old.square),
            old.cost + w * (new.cost - old.cost),
        )

    def moments(self) -> ShareMoments:
        """The state itself."""
        return self.state

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """The exact pool."""
        rho = 1.0 - self.state.share
        return rho, content.contaminated(rho)

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """The content itself: infinitely many items tell all."""
        return content


@dataclass
class Individuals:
    """Producers one by one: four bytes each, the human share in fixed point."""

    parameters: Parameters
    size: Population
    draws: Draws
    share: NDArray[np.uint32]

    @classmethod
    def initial(cls, parameters: Parameters, size: Population, draws: Draws) -> Self:
        """Everyone at the initial human share."""
        h = 1.0 - parameters.initial_contamination
        return cls(parameters, size, draws, np.full(size.producers, round(h * 2**31), np.uint32))

    @property
    def _spread(self) -> float:
        return self.parameters.cost_spread / (2.0 * self.parameters.cost_curvature)

    def revise(self, step: int, probability: float, target: float) -> None:
        """Each producer's own clock and own best response."""
        keys, replicate = self.draws.keys, self.draws.replicate

        def work(index: int, start: int, stop: int) -> None:
            kernels.revise(
                keys["revision"], keys["cost"], np.uint64(step), replicate, np.uint64(start),
                probability, target, self._spread, self.share[start:stop],
            )  # fmt: skip

        if probability > 0.0:
            run_blocks(work, self.share.size, self.draws.threads)

    def moments(self) -> ShareMoments:
        """Averages over producers, in a fixed order."""
        rows = np.zeros((len(blocks(self.share.size)), 3))

        def work(index: int, start: int, stop: int) -> None:
            kernels.share_moments(
                self.draws.keys["cost"], self.draws.replicate, np.uint64(start), self._spread,
                self.share[start:stop], rows[index],
            )  # fmt: skip

        run_blocks(work, self.share.size, self.draws.threads)
        sums.merge_rows(rows)
        h, hh, eh = (float(value) / self.share.size for value in rows[0])
        return ShareMoments(h, hh, self.parameters.cost_spread * eh)

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """Item by item, or human counts producer by producer and the rest from its law."""
        items, total = self.size.items, float(self.size.producers) * self.size.items
        if self.size.sampling is Sampling.ITEMS:
            human, refit = content.emitted(self.share, items, np.uint64(step), self.draws)
            return 1.0 - human / total, refit
        counts = np.zeros(len(blocks(self.share.size)))

        def work(index: int, start: int, stop: int) -> None:
            counts[index] = kernels.count_human(
                self.draws.keys["label"], np.uint64(step), self.draws.replicate, np.uint64(start),
                self.share[start:stop], items,
            )  # fmt: skip

        run_blocks(work, self.share.size, self.draws.threads)
        human = float(counts.sum())
        return 1.0 - human / total, content.drawn(human, total - human, np.uint64(step), self.draws)

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """A sample of the pool, drawn apart from what retraining sees."""
        return inspect(content, source, contamination, items, step, self.draws)


@dataclass
class Cohorts:
    """Producers without cost differences: those who last revised in the same generation are equal.

    The population is the number of producers in each cohort and their common share. Movers out of a cohort are
    binomial, and so are its human items: exactly the law of `Individuals`, at a cost that does not depend on N or M.
    """

    parameters: Parameters
    size: Population
    draws: Draws
    count: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def initial(cls, parameters: Parameters, size: Population, draws: Draws) -> Self:
        """One cohort."""
        count = np.array([float(size.producers)])
        return cls(parameters, size, draws, count, np.array([1.0 - parameters.initial_contamination]))

    def _binomials(
        self, purpose: str, step: int, n: NDArray[np.float64], p: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        out = np.empty(n.size)
        variates.binomials(self.draws.keys[purpose], np.uint64(step), self.draws.replicate, np.uint64(0), n, p, out)
        return out

    def revise(self, step: int, probability: float, target: float) -> None:
        """The movers of every cohort found a new one."""
        movers = self._binomials("revision", step, self.count, np.full(self.count.size, probability))
        share = best_response(self.parameters, target).share
        self.count = np.append(self.count - movers, movers.sum())
        self.share = np.append(self.share, share)
        alive = self.count > 0.0
        self.count, self.share = self.count[alive], self.share[alive]

    def moments(self) -> ShareMoments:
        """Averages over cohorts."""
        h = float(sums.total(self.count * self.share)) / self.size.producers
        hh = float(sums.total(self.count * self.share * self.share)) / self.size.producers
        return ShareMoments(h, hh, 0.0)

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """Human items of each cohort, then the pool's statistics from their law."""
        items = self.count * self.size.items
        human, total = float(self._binomials("label", step, items, self.share).sum()), float(items.sum())
        return 1.0 - human / total, content.drawn(human, total - human, np.uint64(step), self.draws)

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """A sample of the pool, drawn apart from what retraining sees."""
        return inspect(content, source, contamination, items, step, self.draws)


def finite_population(parameters: Parameters, size: Population, draws: Draws) -> Individuals | Cohorts:
    """The cheapest population with the asked law."""
    cohorts = size.sampling is Sampling.STATISTICS and parameters.cost_spread == 0.0
    return (Cohorts if cohorts else Individuals).initial(parameters, size, draws)
