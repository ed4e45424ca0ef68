"""A cluster behind a virtual clock: workers join, die and answer late or twice as a seed says, and no time is waited.

Stands in for a Dask client, for `time.monotonic` and for the queue of `mfsolve.study.execution.completion`.
"""

import heapq
import queue
import random
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torture.processes import Shop

from mfsolve.study.execution.task_orders import Outcome


class Endless(AssertionError):
    """A wait that nothing ends."""


class Future:
    """A task on the cluster."""

    def __init__(self, world: "World", key: str, run: Callable[[Any], Any], order: Any, retries: int) -> None:
        self.world, self.key, self.run, self.order, self.left = world, key, run, order, retries
        self.status = "pending"
        self.waiting: list[Callable[[Future], None]] = []
        self.value: Any = None

    def add_done_callback(self, tell: Callable[["Future"], None]) -> None:
        if self.status == "pending":
            self.waiting.append(tell)
        else:  # one that is lost for now, too
            tell(self)

    def end(self, status: str, value: Any = None) -> None:
        """Reach a state, and tell those who wait."""
        self.status, self.value = status, value
        told, self.waiting = self.waiting, []
        for tell in told:
            tell(self)

    def result(self, timeout: float) -> Any:
        if self.status != "finished":
            self.world.pass_time(timeout)
            raise TimeoutError
        return self.value

    def exception(self, timeout: float) -> Any:
        return RuntimeError("the worker died while running the task")

    def release(self) -> None:
        self.world.released.add(self.key)


class World:
    """A scheduler and its workers, moved by events in virtual time; also the client that speaks to them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"schedule/{seed}")
        self.now = 0.0
        self.forever = 300_000.0
        """Virtual seconds after which a wait has no end."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self.shop: Shop | None = None
        """Processes that tasks with a limit run in."""
        self.status = "running"
        self.answers = True
        self.workers: dict[str, int] = {}
        self.running: dict[str, list[Future]] = {}
        self.queue: list[Future] = []
        self.futures: dict[str, Future] = {}
        self.released: set[str] = set()
        self.empty_since: float | None = 0.0
        self.longest_empty = 0.0
        self.most_in_flight = self.most_threads = 0
        self.forgetful = self.draw.choice((0.0, 0.1))
        self.slow = self.draw.choice((0.01, 1.0, 1.0, 30.0))
        self.scheduler = SimpleNamespace(ncores=None)

    # events

    def after(self, delay: float, do: Callable[[], None]) -> None:
        """Let something happen later."""
        self._count += 1
        heapq.heappush(self._events, (self.now + delay, self._count, do))

    def step(self, end: float) -> bool:
        """Let the next event happen, if there is one by then."""
        if not self._events or self._events[0][0] > end:
            self.now = max(self.now, end)
            return False
        self.now, _, do = heapq.heappop(self._events)
        do()
        return True

    def pass_time(self, seconds: float) -> None:
        """Let all happen that happens meanwhile."""
        end = self.now + seconds
        while self.step(end):
            pass

    # workers

    def join(self, threads: int) -> None:
        """A worker arrives."""
        if self.status == "closed":
            return
        self._count += 1
        name = f"worker {self._count}"
        self.workers[name], self.running[name] = threads, []
        self.most_threads = max(self.most_threads, sum(self.workers.values()))
        if self.empty_since is not None:
            self.longest_empty = max(self.longest_empty, self.now - self.empty_since)
            self.empty_since = None
        self.assign()

    def die(self) -> None:
        """A worker is gone, in the middle of its tasks or just before it has told their results."""
        if not self.workers:
            return
        name = self.draw.choice(sorted(self.workers))
        del self.workers[name]
        for future in self.running.pop(name):
            if self.draw.random() < 0.5 and self.shop is None:
                future.run(future.order)  # stored, but nobody was told
            self.again(future)
        if not self.workers:
            self.empty_since = self.now
        self.assign()

    def again(self, future: Future) -> None:
        """Hand a task to another worker, unless it has taken too many with it."""
        if future.left == 0:
            future.end("error")
        else:
            future.left -= 1
            self.queue.insert(self.draw.randrange(len(self.queue) + 1), future)

    def assign(self) -> None:
        """Begin tasks where threads are free, out of order."""
        for name, threads in self.workers.items():
            while self.queue and len(self.running[name]) < threads:
                self.begin(name, self.queue.pop(self.draw.randrange(min(3, len(self.queue)))))

    def begin(self, name: str, future: Future) -> None:
        """Run a task for a while."""
        self.running[name].append(future)
        kind = getattr(future.order, "experiment", "")
        if self.shop is not None:
            self.shop.now = self.now
            value = future.run(future.order)
            self.after(self.shop.now - self.now, lambda: self.finish(name, future, "guarded", value))
            return
        if kind == "hangs":
            return
        self.after(self.draw.expovariate(1.0) * self.slow, lambda: self.finish(name, future, kind))

    def finish(self, name: str, future: Future, kind: str, value: Any = None) -> None:
        """End a task, where its worker is still there and has it."""
        if future not in self.running.get(name, ()):
            return
        if kind == "kills":
            self.workers.pop(name)
            for other in self.running.pop(name):
                self.again(other)
            self.after(self.draw.expovariate(1.0), lambda: self.join(1))
            if not self.workers:
                self.empty_since = self.now
        else:
            self.running[name].remove(future)
            if kind != "guarded":
                value = future.run(future.order)
            self.after(self.draw.choice((0.0, 0.0, 0.5, 5.0)), lambda: self.report(future, value))
        self.assign()

    def report(self, future: Future, value: Any) -> None:
        """Tell the client of a result, which may be lost with its worker before the client has fetched it."""
        if future.status != "pending":
            return
        future.end("finished", value)  # which puts it into the queue; it is taken from there afterwards
        if future.key not in self.released and self.draw.random() < self.forgetful:
            future.status = "lost"
            self.after(self.draw.expovariate(1.0), lambda: self.recompute(future))

    def recompute(self, future: Future) -> None:
        """Let a task whose result was lost run once more."""
        if future.status == "lost":
            future.status = "pending"
            self.queue.append(future)
            self.assign()

    def lose(self, closed: bool, silent: bool) -> None:
        """The scheduler is gone: it forgets everything, or says nothing any more."""
        self.answers = False
        if closed:
            self.status = "closed"
        self.workers, self.running, self.queue = {}, {}, []
        if not silent:
            for future in self.futures.values():
                if future.status in ("pending", "lost"):
                    future.end("cancelled")

    # the client

    def nthreads(self) -> dict[str, int]:
        return dict(self.workers)

    def sync(self, ask: Any, callback_timeout: float) -> dict[str, int]:
        if not self.answers:
            self.pass_time(callback_timeout)
            raise OSError("no answer")
        return dict(self.workers)

    def submit(self, run: Callable[[Any], Any], order: Any, pure: bool, retries: int) -> Future:
        future = Future(self, str(len(self.futures)), run, order, retries)
        self.futures[future.key] = future
        self.most_in_flight = max(self.most_in_flight, len(self.futures) - len(self.released))
        if self.answers:
            self.queue.append(future)
            self.assign()
        return future

    def cancel(self, futures: list[Future]) -> None:
        for future in futures:
            future.status = "cancelled"


class Queue:
    """A queue whose waits move the clock."""

    def __init__(self, world: World) -> None:
        self._world, self._held = world, []

    def put(self, thing: Any) -> None:
        self._held.append(thing)

    def get(self, timeout: float) -> Any:
        if self._world.now > self._world.forever:
            raise Endless(f"still waiting after {self._world.forever:.0f} s")
        end = self._world.now + timeout
        while not self._held and self._world.step(end):
            pass
        if not self._held:
            raise queue.Empty
        return self._held.pop(0)


def interrupt() -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


def outcome(order: Any, stored: list[Any]) -> Outcome:
    """What a worker makes of a task."""
    if order.experiment == "fails":
        return Outcome(0, 0.0, failure=f"{order.part.said}: ZeroDivisionError: always")
    if order.experiment == "full":
        return Outcome(0, 0.0, failure="No space left on device", cannot_store=True)
    if order.experiment == "unfit":
        return Outcome(0, 0.0, refused="the worker sees another folder")
    stored.append((order.key, order.start, order.stop))
    return Outcome(order.stop - order.start, 0.1)
