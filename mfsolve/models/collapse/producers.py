"""Populations of producers: revision of their human shares, and emission of their items (MODEL 1.2, 1.7).

Three populations share one set of methods: an infinite one, one that is held producer by producer, and one that is
held as cohorts of equal producers, at a cost that does not depend on its size.
"""

from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.collapse import producers as kernels
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.random import variates
from mfsolve.models.parallel import blocks, run_blocks

from .content import Content
from .draws import Draws
from .parameters import Parameters, Population, Sampling
from .response import ShareMoments, best_response

C = TypeVar("C", bound=Content)


class Producers(Protocol):
    """A population of producers with human shares."""

    def revise(self, step: int, probability: float, target: float) -> None:
        """Let each producer move to clip(target - c_i / (2 kappa)) with the given probability."""
        ...

    def moments(self) -> ShareMoments:
        """Moments of human shares and costs over the population."""
        ...

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """Emit one generation's pool: its contamination, and the content refitted to it."""
        ...

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """Content as it appears from a refit of `items` items of its pool; the content itself for 0 items."""
        ...


def inspect(content: C, source: C, contamination: float, items: int, step: int, draws: Draws) -> C:
    """Refit content to `items` further items of its pool, human ones and those of `source`, drawn by their law."""
    if items == 0:
        return content
    human = np.empty(1)
    counts, share = np.array([float(items)]), np.array([1.0 - contamination])
    key = draws.keys["inspection"]
    variates.binomials(key, np.uint64(step), draws.replicate, np.uint64(0), counts, share, human)
    own = Draws({"content": draws.keys["inspected"]}, draws.replicate, draws.threads)
    return source.drawn(float(human[0]), items - float(human[0]), np.uint64(step), own)


@dataclass
class MeanField:
    """Infinitely many producers, known by the moments of their human shares."""

    parameters: Parameters
    state: ShareMoments

    @classmethod
    def initial(cls, parameters: Parameters) -> Self:
        """Population in which every producer has the initial human share."""
        h = 1.0 - parameters.initial_contamination
        return cls(parameters, ShareMoments(h, h * h, 0.0))

    def revise(self, step: int, probability: float, target: float) -> None:
        """Give the revising fraction the moments of the best response."""
        new, old, w = best_response(self.parameters, target), self.state, probability
        self.state = ShareMoments(
            old.share + w * (new.share - old.share),
            old.square + w * (new.square - old.square),
            old.cost + w * (new.cost - old.cost),
        )

    def moments(self) -> ShareMoments:
        """Moments of human shares and costs over all producers."""
        return self.state

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """Contamination of the exact pool, and the content refitted to it."""
        rho = 1.0 - self.state.share
        return rho, content.contaminated(rho)

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """Content itself, since infinitely many items reveal it."""
        return content


@dataclass
class Individuals:
    """Producers held one by one, in four bytes each: the human share in fixed point."""

    parameters: Parameters
    size: Population
    draws: Draws
    share: NDArray[np.uint32]

    @classmethod
    def initial(cls, parameters: Parameters, size: Population, draws: Draws) -> Self:
        """Population in which every producer has the initial human share."""
        h = 1.0 - parameters.initial_contamination
        return cls(parameters, size, draws, np.full(size.producers, round(h * 2**31), np.uint32))

    @property
    def _spread(self) -> float:
        return self.parameters.cost_spread / (2.0 * self.parameters.cost_curvature)

    def revise(self, step: int, probability: float, target: float) -> None:
        """Let each producer revise by a clock and towards a best response of its own."""
        keys, replicate = self.draws.keys, self.draws.replicate
        revision = kernels.Revision(float(probability), float(target), self._spread)

        def work(index: int, start: int, stop: int) -> None:
            kernels.revise(
                keys["revision"], keys["cost"], np.uint64(step), replicate, np.uint64(start),
                revision, self.share[start:stop],
            )  # fmt: skip

        if probability > 0.0:
            run_blocks(work, self.share.size, self.draws.threads)

    def moments(self) -> ShareMoments:
        """Averages over producers, added in a fixed order."""
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
        """Emit item by item, or draw human counts producer by producer and other statistics from their law."""
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
        """Content refitted to a sample of the pool that is drawn apart from the items of retraining."""
        return inspect(content, source, contamination, items, step, self.draws)


@dataclass
class Cohorts:
    """Producers without cost differences, so that those who last revised in the same generation are equal.

    The population is the number of producers in each cohort and their common share. The number that leave a cohort is
    binomial, and so are its human items: exactly the law of `Individuals`, at a cost that does not depend on N or M.
    """

    parameters: Parameters
    size: Population
    draws: Draws
    count: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def initial(cls, parameters: Parameters, size: Population, draws: Draws) -> Self:
        """Population of a single cohort at the initial human share."""
        count = np.array([float(size.producers)])
        return cls(parameters, size, draws, count, np.array([1.0 - parameters.initial_contamination]))

    def _binomials(
        self, purpose: str, step: int, n: NDArray[np.float64], p: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        out = np.empty(n.size)
        variates.binomials(self.draws.keys[purpose], np.uint64(step), self.draws.replicate, np.uint64(0), n, p, out)
        return out

    def revise(self, step: int, probability: float, target: float) -> None:
        """Let the producers of every cohort that revise found a new one."""
        movers = self._binomials("revision", step, self.count, np.full(self.count.size, probability))
        share = best_response(self.parameters, target).share
        self.count = np.append(self.count - movers, movers.sum())
        self.share = np.append(self.share, share)
        alive = self.count > 0.0
        self.count, self.share = self.count[alive], self.share[alive]

    def moments(self) -> ShareMoments:
        """Averages over cohorts, weighted by their size."""
        h = float(sums.total(self.count * self.share)) / self.size.producers
        hh = float(sums.total(self.count * self.share * self.share)) / self.size.producers
        return ShareMoments(h, hh, 0.0)

    def emit(self, content: C, step: int) -> tuple[float, C]:
        """Draw the human items of each cohort, then the pool's statistics from their law."""
        items = self.count * self.size.items
        human, total = float(self._binomials("label", step, items, self.share).sum()), float(items.sum())
        return 1.0 - human / total, content.drawn(human, total - human, np.uint64(step), self.draws)

    def seen(self, content: C, source: C, contamination: float, items: int, step: int) -> C:
        """Content refitted to a sample of the pool that is drawn apart from the items of retraining."""
        return inspect(content, source, contamination, items, step, self.draws)


def finite_population(parameters: Parameters, size: Population, draws: Draws) -> Individuals | Cohorts:
    """Population with the law of the given size and sampling, in its cheapest representation."""
    cohorts = size.sampling is Sampling.STATISTICS and parameters.cost_spread == 0.0
    return (Cohorts if cohorts else Individuals).initial(parameters, size, draws)
