"""Workflows: the pool that a generator is trained on, formed from what producers emit (MODEL 1.9).

The newest items are a share `fresh` of synthetic ones of the law that the deployed generator's items have, and human
ones. A workflow turns them, and what it has kept of earlier generations, into the pool of the next generator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.kernels.random import variates

from .content import AnyContent
from .draws import Draws
from .parameters import Parameters, Population, Workflow
from .pooling import curated, deployed, law_of, merged
from .producers import Cohorts, Individuals, Producers

MOST_ITEMS = 2**24


class CollapseError(ArithmeticError):
    """Content of which nothing is left to refit: its variance is below what float64 can hold, or no item was kept."""


class Pool(NamedTuple):
    """Pool (1 - rho) p + rho q of a workflow: rho, the synthetic share of the newest items, q's law, and the refit."""

    contamination: float
    fresh: float
    source: AnyContent
    fitted: AnyContent


class Exact:
    """Pools of an infinite population: every share is its expectation."""

    total = 1.0

    def kept(self, counts: Floats, shares: Floats, step: int) -> Floats:
        """Expected numbers of items kept, counts times shares (k,)."""
        return counts * shares

    def refit(self, law: AnyContent, human: float, synthetic: float, step: int) -> AnyContent:
        """Content refitted to the exact pool."""
        return law.contaminated(synthetic / (human + synthetic))


@dataclass(frozen=True)
class Sampled:
    """Pools of a finite population, of `total` items a generation: numbers binomial, statistics from their law."""

    draws: Draws
    total: float

    def kept(self, counts: Floats, shares: Floats, step: int) -> Floats:
        """Binomial numbers of items kept (k,)."""
        out = np.empty(counts.size)
        key, replicate = self.draws.keys["selection"], self.draws.replicate
        variates.binomials(key, np.uint64(step), replicate, np.uint64(0), np.round(counts), shares, out)
        return out

    def refit(self, law: AnyContent, human: float, synthetic: float, step: int) -> AnyContent:
        """Content refitted to items drawn apart from those that producers emit."""
        own = Draws({"content": self.draws.keys["selected"]}, self.draws.replicate, self.draws.threads)
        return law.drawn(human, synthetic, np.uint64(step), own)


@dataclass
class Replace:
    """Only the newest generation's items, as producers emit them; the other workflows start from it."""

    parameters: Parameters
    producers: Producers
    content: AnyContent

    @property
    def sampler(self) -> Exact | Sampled:
        """Draws of further items, exact for infinitely many producers."""
        producers = self.producers
        if isinstance(producers, Individuals | Cohorts):
            return Sampled(producers.draws, float(producers.size.producers) * producers.size.items)
        return Exact()

    def published(self, content: AnyContent) -> AnyContent:
        """Content whose generator has the law of the synthetic items that reach the pool."""
        return content

    def form(self, content: AnyContent, step: int) -> Pool:
        """Pool of a generation whose published content is given."""
        rho, fitted = self.producers.emit(content, step)
        return Pool(rho, rho, content, fitted)

    def seen(self, content: AnyContent, pool: Pool, items: int, step: int) -> AnyContent:
        """Published content as it appears from `items` items of the pool; the content itself for 0 items."""
        return self.producers.seen(content, pool.source, pool.contamination, items, step)


class Recovered(Replace):
    """A workflow whose synthetic items are not those of a fitted generator: a refit is brought to its temperature."""

    def at_temperature(self, content: AnyContent, source: AnyContent, contamination: float) -> AnyContent:
        """Fit of the pool (1 - rho) p + rho q, whose generator is sampled at the market's own temperature."""
        return deployed(content, self.parameters.variance_ratio, source, contamination)

    def seen(self, content: AnyContent, pool: Pool, items: int, step: int) -> AnyContent:
        """Published content as it appears from a refit of items of the pool."""
        found = super().seen(content, pool, items, step)
        if found is content:
            return content
        return self.published(self.at_temperature(found, pool.source, pool.contamination))


@dataclass
class Accumulate(Recovered):
    """All items so far: a generation's worth of human content, known exactly, and every generation since."""

    generations: int = 1
    synthetic: float = 0.0
    law: "AnyContent | None" = field(default=None, repr=False)
    archive: AnyContent = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.archive = self.content

    def store(self, content: AnyContent, fresh: float) -> tuple[float, AnyContent]:
        """Add a generation to the archive: its contamination, and the law of its synthetic items."""
        newest, total = law_of(content), self.synthetic + fresh
        self.law = newest if self.law is None or total == 0.0 else merged(self.law, newest, fresh / total)
        self.synthetic, self.generations = total, self.generations + 1
        return total / self.generations, self.law

    def form(self, content: AnyContent, step: int) -> Pool:
        """The archive with the newest items, refitted from the sums of all its items."""
        fresh, newest = self.producers.emit(content, step)
        rho, law = self.store(content, fresh)
        self.archive = self.at_temperature(merged(self.archive, newest, 1.0 / self.generations), law, rho)
        return Pool(rho, fresh, law, self.archive)


@dataclass
class Subsample(Accumulate):
    """As many items as a generation has, drawn from all so far: the archive's shares and laws, and new noise."""

    def form(self, content: AnyContent, step: int) -> Pool:
        """A sample of the archive."""
        fresh, _ = self.producers.emit(content, step)
        share, law = self.store(content, fresh)
        sampler = self.sampler
        human = float(sampler.kept(np.array([sampler.total]), np.array([1.0 - share]), step)[0])
        rho = 1.0 - human / sampler.total
        fitted = sampler.refit(law, human, sampler.total - human, step)
        return Pool(rho, fresh, law, self.at_temperature(fitted, law, rho))


class Mixed(Recovered):
    """A weight on human items that are drawn anew each generation, the rest on what producers emit."""

    def form(self, content: AnyContent, step: int) -> Pool:
        """The newest items and fresh human ones, weighted."""
        fresh, newest = self.producers.emit(content, step)
        sampler, weight = self.sampler, human_weight(self.parameters)
        count = self.parameters.fresh_items * sampler.total
        human = sampler.refit(content, count if isinstance(sampler, Exact) else float(round(count)), 0.0, step)
        rho = (1.0 - weight) * fresh
        fitted = merged(newest, human, weight)
        return Pool(rho, fresh, content, self.at_temperature(fitted, content, rho))


class Growing(Replace):
    """Only the newest items, of which there are t^(1 + growth) times as many in generation t as in the first."""

    def form(self, content: AnyContent, step: int) -> Pool:
        """The newest items of a generation that has grown."""
        producers = self.producers
        if isinstance(producers, Individuals | Cohorts):
            first = producers.size
            producers.size = first.model_copy(update={"items": grown_items(self.parameters, first.items, step)})
            try:
                return super().form(content, step)
            finally:
                producers.size = first
        return super().form(content, step)


class Curated(Recovered):
    """Only the newest items, the synthetic ones kept for how human they look: of law q p^gamma."""

    def published(self, content: AnyContent) -> AnyContent:
        """Curated law of the generator's items."""
        return curated(law_of(content), self.parameters.curation)

    def form(self, content: AnyContent, step: int) -> Pool:
        """The newest items, curated."""
        rho, fitted = self.producers.emit(content, step)
        return Pool(rho, rho, content, self.at_temperature(fitted, content, rho))


class Verified(Replace):
    """Only the newest items that a verifier keeps: a share of the human ones, another of the synthetic ones."""

    def form(self, content: AnyContent, step: int) -> Pool:
        """The newest items that are kept.

        Raises
        ------
        CollapseError
            Where nothing is kept.
        """
        fresh, _ = self.producers.emit(content, step)
        sampler, p = self.sampler, self.parameters
        counts = sampler.total * np.array([1.0 - fresh, fresh])
        human, synthetic = map(float, sampler.kept(counts, np.array([p.keeps_human, p.keeps_synthetic]), step))
        if human + synthetic == 0.0:
            raise CollapseError(
                f"the verifier keeps no item of generation {step}: raise keeps_human or keeps_synthetic"
            )
        return Pool(synthetic / (human + synthetic), fresh, content, sampler.refit(content, human, synthetic, step))


WORKFLOWS: Mapping[Workflow, Callable[[Parameters, Producers, AnyContent], Replace]] = {
    Workflow.REPLACE: Replace,
    Workflow.ACCUMULATE: Accumulate,
    Workflow.SUBSAMPLE: Subsample,
    Workflow.MIXED: Mixed,
    Workflow.GROWING: Growing,
    Workflow.CURATED: Curated,
    Workflow.VERIFIED: Verified,
}


def workflow_of(parameters: Parameters, producers: Producers, content: AnyContent) -> Replace:
    """Workflow of an economy at the beginning of a path, with its human content."""
    return WORKFLOWS[parameters.workflow](parameters, producers, content)


def human_weight(parameters: Parameters) -> float:
    """Weight w on fresh human items: as given, or the one with least sampling noise, (sqrt(r^2 + 4r) - r) / 2.

    The second is optimal where every emitted item is synthetic and the generator is not narrower than its pool; r is
    the number of fresh human items per emitted one.
    """
    r = parameters.fresh_items
    if parameters.human_weight is not None:
        return parameters.human_weight
    return 2.0 / (1.0 + float(np.sqrt(1.0 + 4.0 / r)))  # without the difference, that cancels for large r


def grown_items(parameters: Parameters, items: int, step: int) -> int:
    """Items of a producer in generation t: round(M t^(1 + g))."""
    logarithm = (1.0 + parameters.growth) * float(natural_log(float(step)))
    return round(items * float(exponential(min(60.0, logarithm))))  # far beyond what is allowed, and finite


def check_workflow(parameters: Parameters, population: Population) -> Population:
    """Refuse pools that a finite population cannot form; returns the population at its largest.

    Raises
    ------
    ValueError
        For more than 2^24 grown items a producer, and for less than one fresh human item.
    """
    total = population.producers * population.items
    if parameters.workflow is Workflow.MIXED and round(parameters.fresh_items * total) < 1:
        raise ValueError(f"fresh_items: {parameters.fresh_items:g} given; allowed: at least 1 / {total}, one item")
    if parameters.workflow is not Workflow.GROWING:
        return population
    most = grown_items(parameters, population.items, population.generations)
    if most > MOST_ITEMS:
        raise ValueError(
            f"growth: {parameters.growth:g} given; allowed: items * generations^(1 + growth) at most 2^24 a producer"
        )
    return population.model_copy(update={"items": most})


def require_replace(parameters: Parameters) -> None:
    """Refuse other workflows where only the newest items' pool is built in.

    Raises
    ------
    ValueError
        For a workflow other than `"replace"`.
    """
    if parameters.workflow is not Workflow.REPLACE:
        raise ValueError(f"workflow: '{parameters.workflow}' given; allowed: 'replace'")
