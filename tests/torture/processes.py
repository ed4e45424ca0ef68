"""Processes that tasks run in, behind the virtual clock: they hang, die, start late or not at all, as a seed says.

Stands in for `mfsolve.study.execution.processes.Processes`.
"""

import queue
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from mfsolve.study.execution import processes

FOREVER = 300_000.0
"""Seconds after which a wait has no end."""
SUSPENDED = 100.0
"""Seconds of a closed lid."""


def bad(order: Any) -> bool:
    """True where a task holds the replicate that gives it its kind, the first one that is a multiple of three."""
    return any(place % 3 == 0 for place in range(order.start, order.stop))


class Double:
    """A process: the order that it has, and what it will say when."""

    def __init__(self, shop: "Shop") -> None:
        self.shop, self.ready, self.order, self.begun = shop, False, None, None
        self.asleep = 0
        late = shop.draw.random() < shop.flaky
        self.due: float | None = shop.now + (2.0 * processes.START if late else shop.draw.choice((0.0, 1.0, 10.0)))
        self.word: Any = processes.READY

    def send(self, order: Any) -> None:
        """Take an order, to be begun once this process is there."""
        self.order = order
        if self.ready:
            self.begin()

    def begin(self) -> None:
        """Carry the order out, for as long as it takes."""
        shop, kind = self.shop, self.order.experiment if bad(self.order) else ""
        hangs = kind == "hangs" or shop.draw.random() < shop.flaky
        dies = kind == "kills" or shop.draw.random() < shop.flaky
        self.begun, self.word = shop.now, EOFError() if dies else self.order
        self.due = None if hangs else shop.now + shop.draw.expovariate(1.0) * shop.slow

    def receive(self, timeout: float) -> Any:
        """The next word, or none for a while; sometimes for a long while, in which nothing happens here either."""
        shop = self.shop
        assert shop.now < FOREVER, "still waiting for a process"
        if shop.draw.random() < 1e-3:
            shop.now += SUSPENDED
            self.asleep += 1
            self.begun = None if self.begun is None else self.begun + SUSPENDED
            self.due = None if self.due is None else self.due + SUSPENDED
        if self.due is None or self.due > shop.now + timeout:
            shop.now += timeout
            raise queue.Empty
        shop.now, word = max(shop.now, self.due), self.word
        if word == processes.READY:
            self.begin()
        return shop.done(word) if word is self.order else word


class Shop:
    """All processes of a worker, which are used one after another; its clock is its own."""

    closed = False

    def __init__(self, draw: random.Random, slow: float, done: Callable[[Any], Any]) -> None:
        self.draw, self.slow, self.done, self.now = draw, slow, done, 0.0
        self.flaky = draw.choice((0.0, 0.0, 0.05))
        self.free: list[Double] = []
        self.missed: Counter[int] = Counter()
        """Processes that every replicate has ended, or was too slow in."""
        self.wrong: list[str] = []

    def take(self) -> Double:
        return self.free.pop() if self.free else Double(self)

    def put(self, process: Double) -> None:
        self.free.append(process)

    def drop(self, process: Double) -> str:
        """End a process."""
        order, begun = process.order, process.begun
        self.missed.update(range(order.start, order.stop))
        least = (
            order.limit - (process.asleep + 0.01) * processes.TICK
        )  # a sleep counts for two looks at the clock, at most
        if begun is not None and not isinstance(process.word, EOFError) and self.now - begun < least:
            self.wrong.append(f"{order.part.said} had {self.now - begun:.1f} s of {order.limit}")
        return "ended its process"
