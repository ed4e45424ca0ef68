"""The market, period by period: finite populations of agents, and the sample that stands for infinitely many."""

import queue
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.agents import market_state
from mfsolve.kernels.agents import qlearning as kernels
from mfsolve.kernels.agents.market_state import Now, Schedule
from mfsolve.kernels.numerics import sums as fixed_order
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.parallel import blocks, run_blocks

from .parameters import Parameters, Scenario, Shock

Counts = NDArray[np.int64]


@dataclass
class Agents:
    """Creators lane by lane, their offers and sales slot by slot; a consumer takes no memory.

    The scenario says which actions are allowed: the values of others are -inf.

    A creator takes 81 bytes: two skills, four action values, action and focus, its offer, sales and revenue.
    """

    parameters: Parameters
    seed: int
    replicate: np.uint64
    threads: int
    creators: int
    firms: int
    consumers: int
    scenario: Scenario = field(default_factory=Shock)
    technical: Floats = field(init=False)
    creative: Floats = field(init=False)
    values: Floats = field(init=False)
    state: NDArray[np.uint8] = field(init=False)
    weight: NDArray[np.float32] = field(init=False)
    sales: NDArray[np.int32] = field(init=False)
    revenue: Floats = field(init=False)

    def __post_init__(self) -> None:
        p, n = self.parameters, self.creators
        self.technical, self.creative, self.revenue = np.empty(n), np.empty(n), np.empty(n)
        self.values = np.tile(np.where(self.scenario.allowed(), p.opening_values(), -np.inf), (n, 1))
        self.state = np.zeros(n, np.uint8)
        self.weight = np.empty((2, n + self.firms), np.float32)
        self.sales = np.zeros((2, n + self.firms + 1), np.int32)
        key = self.key("skill")

        def work(index: int, start: int, stop: int) -> None:
            kernels.endow(
                key, self.replicate, np.uint64(start), p.human_technical, p.human_creative, p.skill_spread,
                self.technical[start:stop], self.creative[start:stop],
            )  # fmt: skip

        run_blocks(work, n, self.threads)

    def key(self, purpose: str) -> NDArray[np.uint64]:
        """Philox key of a purpose."""
        key: NDArray[np.uint64] = stream_key(self.seed, f"agents/{purpose}")
        return key

    def rules(self) -> market_state.Rules:
        """The constants of the market under the scenario."""
        rules: market_state.Rules = self.parameters.rules()._replace(final=not self.scenario.returning)
        return rules

    def keys(self) -> market_state.Keys:
        """Keys of choices, and of technical and creative demand."""
        return market_state.Keys(self.key("action"), self.key("technical shopping"), self.key("creative shopping"))

    def mark_early(self) -> None:
        """Mark the creators who have re-skilled by choice so far."""
        self.state |= np.where(self.state & market_state.RESKILLED, market_state.EARLY, kernels.NEITHER)

    def block(self, start: int, stop: int) -> market_state.Creators:
        """The creators of a range of lanes, as kernels see them."""
        lanes = slice(start, stop)
        return market_state.Creators(self.state[lanes], self.technical[lanes], self.creative[lanes], self.values[lanes])

    @property
    def technical_consumers(self) -> int:
        """Consumers who want technical quality: the first ones."""
        return round(self.parameters.technical_demand * self.consumers)


class Market(Protocol):
    """Carries out periods: adds to counts (n, 14), sets sums (n, 6); see `kernels.agents.qlearning`."""

    def __call__(self, schedule: Schedule, counts: Counts, sums: Floats) -> None: ...  # noqa: D102


@dataclass
class OneBlock:
    """A market small enough for one call of a kernel."""

    agents: Agents

    def __post_init__(self) -> None:
        a = self.agents
        self.rules, self.keys = a.rules(), a.keys()
        self.demand = market_state.Demand(a.firms, a.parameters.consideration, a.technical_consumers, a.consumers)
        self.creators = a.block(0, a.creators)
        self.books = market_state.Books(a.weight, a.sales, a.revenue)

    def __call__(self, schedule: Schedule, counts: Counts, sums: Floats) -> None:
        """Choose, offer, shop, learn, period by period."""
        kernels.periods(self.rules, self.keys, schedule, self.demand, self.creators, self.books, counts, sums)


@dataclass
class ManyBlocks:
    """The same market in blocks of creators and of consumers, worked on by several threads: the same bits."""

    agents: Agents

    def __post_init__(self) -> None:
        self.rules, self.keys = self.agents.rules(), self.agents.keys()
        self.first = np.zeros(len(blocks(self.agents.creators)) + 1, np.int64)

    def __call__(self, schedule: Schedule, counts: Counts, sums: Floats) -> None:
        """Choose, offer, shop, learn, period by period."""
        first, replicate, exploration, unit, alpha, ai_weight = schedule
        for i, epsilon in enumerate(exploration):
            now = Now(np.uint64(first + i), replicate, float(epsilon), unit, alpha, ai_weight[i])
            self.period(now, counts[i], sums[i])

    def period(self, now: Now, counts: Counts, sums: Floats) -> None:
        """Choose, offer, shop, learn."""
        self.choose(now, counts)
        self.offer(now)
        sums[market_state.SURPLUS] = self.shop(now)
        self.learn(now, counts, sums)
        self.count_firms(counts)

    @property
    def sellers(self) -> int:
        """Creators in the market."""
        return int(self.first[-1])

    def choose(self, now: Now, counts: Counts) -> None:
        """Choose actions, and find the first slot of every block: creators in the market keep the order of lanes."""
        a = self.agents
        rows = np.zeros((self.first.size - 1, counts.size), np.int64)

        def work(index: int, start: int, stop: int) -> None:
            if now.step == 0:
                rows[index, market_state.STAY] = stop - start
                return
            stream = market_state.Stream(self.keys.action, now.step, now.replicate, np.uint64(start))
            kernels.choose(stream, now.epsilon, a.block(start, stop), rows[index])

        run_blocks(work, a.creators, a.threads)
        np.cumsum(rows[:, : market_state.EXIT].sum(axis=1), out=self.first[1:])
        counts += rows.sum(axis=0)

    def offer(self, now: Now) -> None:
        """Re-skill, and put offers into slots."""
        a, (ai_technical, ai_creative) = self.agents, now.ai_weight

        def work(index: int, start: int, stop: int) -> None:
            slots = slice(self.first[index], self.first[index + 1])
            block = a.block(start, stop)
            kernels.offer(self.rules, ai_technical, ai_creative, block, a.weight[0, slots], a.weight[1, slots])

        run_blocks(work, a.creators, a.threads)
        a.weight[:, self.sellers : self.sellers + a.firms] = now.ai_weight[:, None]

    def shop(self, now: Now) -> float:
        """Sell to technical and creative demand; returns the sum of log surplus."""
        technical = self.agents.technical_consumers
        return self.serve(0, technical, now) + self.serve(1, self.agents.consumers - technical, now)

    def serve(self, demand: int, consumers: int, now: Now) -> float:
        """Sell to one kind of demand, every thread counting into an array of its own; returns the log surplus."""
        a, n = self.agents, self.sellers
        key = (self.keys.technical, self.keys.creative)[demand]
        sellers = market_state.Sellers(n, a.firms, self.rules.visibility, a.parameters.consideration)
        rows = np.zeros((max(1, len(blocks(consumers))), 1))
        counters: list[NDArray[np.int32]] = []
        idle: queue.SimpleQueue[NDArray[np.int32]] = queue.SimpleQueue()

        def work(index: int, start: int, stop: int) -> None:
            try:
                sales = idle.get_nowait()
            except queue.Empty:
                sales = np.zeros(n + a.firms + 1, np.int32)
                counters.append(sales)
            stream = market_state.Stream(key, now.step, now.replicate, np.uint64(start))
            rows[index] = kernels.shop(stream, stop - start, sellers, a.weight[demand], sales)
            idle.put(sales)

        run_blocks(work, consumers, a.threads)
        a.sales[demand] = 0
        for sales in counters:
            a.sales[demand, : sales.size] += sales
        fixed_order.merge_rows(rows)
        return float(rows[0, 0])

    def learn(self, now: Now, counts: Counts, sums: Floats) -> None:
        """Reward creators, let them learn, and find the median revenue."""
        a = self.agents
        totals = np.zeros((self.first.size - 1, counts.size), np.int64)
        rows = np.zeros((self.first.size - 1, sums.size))

        def work(index: int, start: int, stop: int) -> None:
            slots = slice(self.first[index], self.first[index + 1])
            kernels.learn(
                self.rules, now, a.block(start, stop), a.sales[0, slots], a.sales[1, slots], a.revenue[slots],
                totals[index], rows[index],
            )  # fmt: skip

        run_blocks(work, a.creators, a.threads)
        counts += totals.sum(axis=0)
        fixed_order.merge_rows(rows)
        sums[: market_state.SURPLUS] = rows[0, : market_state.SURPLUS]
        sums[market_state.MEDIAN] = np.median(a.revenue[: self.sellers]) if self.sellers else 0.0

    def count_firms(self, counts: Counts) -> None:
        """Count the sales of AI firms."""
        firms = slice(self.sellers, self.sellers + self.agents.firms)
        kernels.tally_firms(self.agents.sales[0, firms] + self.agents.sales[1, firms], counts)
