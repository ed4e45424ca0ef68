"""The market, period by period: finite populations of agents, and the sample that stands for infinitely many."""

import queue
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.agents import qlearning as kernels
from mfsolve.kernels.numerics import sums as fixed_order
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.parallel import blocks, run_blocks

from .parameters import Parameters

SHOPPING = ("technical shopping", "creative shopping")
Counts = NDArray[np.int64]
Sums = NDArray[np.float64]


@dataclass
class Agents:
    """Creators lane by lane, their offers and sales slot by slot; a consumer takes no memory.

    A creator takes 81 bytes: two skills, four action values, action and focus, its offer, sales and revenue.
    """

    parameters: Parameters
    seed: int
    replicate: np.uint64
    threads: int
    creators: int
    firms: int
    consumers: int
    technical: NDArray[np.float64] = field(init=False)
    creative: NDArray[np.float64] = field(init=False)
    values: NDArray[np.float64] = field(init=False)
    state: NDArray[np.uint8] = field(init=False)
    weight: NDArray[np.float32] = field(init=False)
    sales: NDArray[np.int32] = field(init=False)
    revenue: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        p, n = self.parameters, self.creators
        self.technical, self.creative, self.revenue = np.empty(n), np.empty(n), np.empty(n)
        self.values = np.tile(p.opening_values(), (n, 1))
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

    @property
    def technical_consumers(self) -> int:
        """Consumers who want technical quality: the first ones."""
        return round(self.parameters.technical_demand * self.consumers)


@dataclass(frozen=True)
class Period:
    """What a period depends on: its number, and the time-varying of the rules; `unit` is the opening profit."""

    step: int
    exploration: float
    unit: float
    learning_rate: float
    ai_weight: NDArray[np.float32]


class Market(Protocol):
    """Carries out a period: adds to counts (11,), sets sums (6,); see `kernels.qlearning`."""

    def __call__(self, period: Period, counts: Counts, sums: Sums) -> None: ...  # noqa: D102


@dataclass
class OneBlock:
    """A market small enough for one call of a kernel a period."""

    agents: Agents

    def __post_init__(self) -> None:
        self.rules = self.agents.parameters.rules()
        self.keys = [self.agents.key(purpose) for purpose in ("action", *SHOPPING)]

    def __call__(self, period: Period, counts: Counts, sums: Sums) -> None:
        """Choose, offer, shop, learn."""
        a = self.agents
        kernels.period(
            self.rules, *self.keys, np.uint64(period.step), a.replicate, period.exploration, period.unit,
            period.learning_rate, period.ai_weight, a.firms, a.parameters.consideration, a.technical_consumers,
            a.consumers, a.state, a.technical, a.creative, a.values, a.weight, a.sales, a.revenue, counts, sums,
        )  # fmt: skip


@dataclass
class ManyBlocks:
    """The same market in blocks of creators and of consumers, worked on by several threads: the same bits."""

    agents: Agents

    def __post_init__(self) -> None:
        self.rules = self.agents.parameters.rules()
        self.act, *self.shopping = (self.agents.key(purpose) for purpose in ("action", *SHOPPING))
        self.first = np.zeros(len(blocks(self.agents.creators)) + 1, np.int64)

    def __call__(self, period: Period, counts: Counts, sums: Sums) -> None:
        """Choose, offer, shop, learn."""
        self.choose(period, counts)
        self.offer(period)
        sums[kernels.SURPLUS] = self.shop(period)
        self.learn(period, counts, sums)
        self.count_firms(counts)

    @property
    def sellers(self) -> int:
        """Creators in the market."""
        return int(self.first[-1])

    def choose(self, period: Period, counts: Counts) -> None:
        """Actions, and the first slot of every block: those in the market stand in the order of their lanes."""
        a = self.agents
        rows = np.zeros((self.first.size - 1, counts.size), np.int64)

        def work(index: int, start: int, stop: int) -> None:
            if period.step == 0:
                rows[index, kernels.STAY] = stop - start
                return
            kernels.choose(
                self.act, np.uint64(period.step), a.replicate, np.uint64(start), period.exploration,
                a.values[start:stop], a.state[start:stop], rows[index],
            )  # fmt: skip

        run_blocks(work, a.creators, a.threads)
        np.cumsum(rows[:, : kernels.EXIT].sum(axis=1), out=self.first[1:])
        counts += rows.sum(axis=0)

    def offer(self, period: Period) -> None:
        """Re-skilling and offers."""
        a, (ai_technical, ai_creative) = self.agents, period.ai_weight

        def work(index: int, start: int, stop: int) -> None:
            slots = slice(self.first[index], self.first[index + 1])
            kernels.offer(
                self.rules, ai_technical, ai_creative, a.state[start:stop], a.technical[start:stop],
                a.creative[start:stop], a.weight[0, slots], a.weight[1, slots],
            )  # fmt: skip

        run_blocks(work, a.creators, a.threads)
        a.weight[:, self.sellers : self.sellers + a.firms] = period.ai_weight[:, None]

    def shop(self, period: Period) -> float:
        """Sales to technical and creative demand; returns the sum of log surplus."""
        technical = self.agents.technical_consumers
        return self.serve(0, technical, period) + self.serve(1, self.agents.consumers - technical, period)

    def serve(self, demand: int, consumers: int, period: Period) -> float:
        """Sales to one kind of demand, every thread counting into an array of its own."""
        a, n = self.agents, self.sellers
        rows = np.zeros((max(1, len(blocks(consumers))), 1))
        counters: list[NDArray[np.int32]] = []
        idle: queue.SimpleQueue[NDArray[np.int32]] = queue.SimpleQueue()

        def work(index: int, start: int, stop: int) -> None:
            try:
                sales = idle.get_nowait()
            except queue.Empty:
                sales = np.zeros(n + a.firms + 1, np.int32)
                counters.append(sales)
            rows[index] = kernels.shop(
                self.shopping[demand], np.uint64(period.step), a.replicate, np.uint64(start), stop - start,
                a.weight[demand], n, a.firms, self.rules.visibility, a.parameters.consideration, sales,
            )  # fmt: skip
            idle.put(sales)

        run_blocks(work, consumers, a.threads)
        a.sales[demand] = 0
        for sales in counters:
            a.sales[demand, : sales.size] += sales
        fixed_order.merge_rows(rows)
        return float(rows[0, 0])

    def learn(self, period: Period, counts: Counts, sums: Sums) -> None:
        """Rewards, learning, and the median revenue."""
        a = self.agents
        totals = np.zeros((self.first.size - 1, counts.size), np.int64)
        rows = np.zeros((self.first.size - 1, sums.size))

        def work(index: int, start: int, stop: int) -> None:
            slots = slice(self.first[index], self.first[index + 1])
            kernels.learn(
                self.rules, period.unit, period.learning_rate, a.state[start:stop], a.technical[start:stop],
                a.creative[start:stop], a.sales[0, slots], a.sales[1, slots], a.values[start:stop], a.revenue[slots],
                totals[index], rows[index],
            )  # fmt: skip

        run_blocks(work, a.creators, a.threads)
        counts += totals.sum(axis=0)
        fixed_order.merge_rows(rows)
        sums[: kernels.SURPLUS] = rows[0, : kernels.SURPLUS]
        sums[kernels.MEDIAN] = np.median(a.revenue[: self.sellers]) if self.sellers else 0.0

    def count_firms(self, counts: Counts) -> None:
        """Sales of AI firms."""
        firms = slice(self.sellers, self.sellers + self.agents.firms)
        kernels.tally_firms(self.agents.sales[0, firms] + self.agents.sales[1, firms], counts)
