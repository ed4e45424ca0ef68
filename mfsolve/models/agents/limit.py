"""Infinitely many agents: the market's deterministic limit, a sample of creators under exact demand (MODEL 5.3).

The same demand is what creators answer to who choose by best response instead of experience, however many they are.
"""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.agents import demand, market_state
from mfsolve.kernels.agents.market_state import Now, Stream
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.numerics.elementary import exponential, exponentials
from mfsolve.models.parallel import blocks, run_blocks

from .market import Agents, Counts, ManyBlocks
from .parameters import Parameters

BINS = 2048


@dataclass
class Grid:
    """Skills and places s of the Laplace transform, and exp(-s w) at both."""

    scale: float
    weight: Floats
    s: Floats
    table: Floats

    @classmethod
    def of(cls, p: Parameters) -> "Grid":
        """A grid that holds every skill a creator can have: re-skilling never adds to the sum of both."""
        skill = np.linspace(0.0, p.highest_skill, BINS)
        burden = p.rules().burden
        utility = p.quality_weight * skill - burden
        weight = np.array([exponential(float(v)) for v in utility])
        low = -24.0 - max(0.0, utility[-1], p.highest_ai_utility)  # what lies below adds less than e^-24
        s = np.empty(int((4.0 - low) / demand.STEP) + 1)
        demand.nodes(low, s)
        return cls((BINS - 1) / p.highest_skill, weight, s, decays(s, weight))


def decays(s: Floats, w: Floats) -> Floats:
    """Table (k, b) of exp(-s w) at places s (k,) and weights w (b,)."""
    table = np.empty((s.size, w.size))
    exponentials(-np.multiply.outer(s, w).ravel(), table.reshape(-1))
    return table


class Foreseen(ManyBlocks):
    """A market in which the expected demand for every offer is known; creators may respond to it."""

    def __init__(self, agents: Agents) -> None:
        super().__init__(agents)
        self.grid = Grid.of(agents.parameters)
        self.buyers = self.surplus = 0.0
        self.expected: demand.Expected | None = None

    def choose(self, now: Now, counts: Counts) -> None:
        """Choose by the values learned, or by those of the last period's market as it would stand still."""
        a, expected = self.agents, self.expected
        if a.scenario.choice == "best_response" and expected is not None:

            def work(index: int, start: int, stop: int) -> None:
                demand.assess(self.rules, now.unit, a.block(start, stop), expected)

            run_blocks(work, a.creators, a.threads)
        super().choose(now, counts)

    def foresee(self, now: Now) -> demand.Expected:
        """Expected demand for every offer, with the consumers who buy and the sum of log surplus."""
        a, grid = self.agents, self.grid
        firms = a.firms * self.rules.visibility
        technical = a.technical_consumers
        consumers = (technical, a.consumers - technical)
        seen, to_ai, to_own, surplus = np.zeros(2), np.zeros(2), np.zeros((2, BINS)), 0.0
        adopters = float(np.count_nonzero((a.state & market_state.ACTION) == market_state.ADOPT))
        looks = a.parameters.consideration
        self.buyers = 0.0
        for kind, offered in enumerate(self.offered()):
            if self.sellers + firms == 0.0:
                break
            w_ai = float(now.ai_weight[kind])
            laplace = np.empty(grid.s.size)
            demand.laplace_transform(grid.table, offered, grid.s, w_ai, adopters + firms, laplace)
            demand.purchase_chance(grid.table, grid.weight, grid.s, laplace, looks, to_own[kind])
            weight = np.array([w_ai])
            demand.purchase_chance(decays(grid.s, weight), weight, grid.s, laplace, looks, to_ai[kind : kind + 1])
            seen[kind] = consumers[kind] * looks / (self.sellers + firms)
            none, mean = demand.none_and_surplus(grid.s, laplace, looks)
            self.buyers += consumers[kind] * (1.0 - none)
            surplus += consumers[kind] * mean
        self.surplus = surplus
        self.expected = demand.Expected(seen, grid.scale, to_own[0], to_own[1], to_ai)
        return self.expected

    def offered(self) -> Floats:
        """Count creators who offer their own work, by technical and by creative skill (2, BINS)."""
        a = self.agents
        rows = np.zeros((len(blocks(a.creators)), 2 * BINS))

        def work(index: int, start: int, stop: int) -> None:
            technical, creative = rows[index, :BINS], rows[index, BINS:]
            demand.offers_by_skill(a.block(start, stop), self.grid.scale, technical, creative)

        run_blocks(work, a.creators, a.threads)
        sums.merge_rows(rows)
        return np.asarray(rows[0].reshape(2, BINS))


class Responding(Foreseen):
    """A finite market whose creators respond to the demand that was to be expected in the last period."""

    def shop(self, now: Now) -> float:
        """Sell to every consumer, and find the demand that the next choices answer to."""
        self.foresee(now)
        return super().shop(now)


class Continuum(Foreseen):
    """Consumers by their law: every creator of the sample sells what it would among infinitely many agents.

    Aggregates enter through the Laplace transform of the weights on offer only. With infinitely many creators it is
    deterministic; the sample's is off by the inverse square root of its size.
    """

    def __init__(self, agents: Agents) -> None:
        super().__init__(agents)
        self.selling = [agents.key("technical sales"), agents.key("creative sales")]

    def shop(self, now: Now) -> float:
        """Draw Poisson sales at the demand of infinitely many consumers; returns the sum of log surplus."""
        a, expected = self.agents, self.foresee(now)

        def work(index: int, start: int, stop: int) -> None:
            slots = slice(self.first[index], self.first[index + 1])
            streams = (Stream(key, now.step, now.replicate, np.uint64(start)) for key in self.selling)
            demand.sell(*streams, a.block(start, stop), expected, a.sales[0, slots], a.sales[1, slots])

        run_blocks(work, a.creators, a.threads)
        return self.surplus

    def count_firms(self, counts: Counts) -> None:
        """AI firms sell what all buyers have not bought from creators, each a Poisson number."""
        firms = self.agents.firms
        if firms:
            sold = max(0, round(self.buyers) - int(counts[market_state.OWN] + counts[market_state.ADOPTED]))
            counts[market_state.FIRM_SALES] = sold
            counts[market_state.FIRM_SQUARES] = round(sold * (sold / firms + 1.0))
