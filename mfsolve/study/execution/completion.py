"""Outcomes of tasks as they come from a Dask client, with an end to every wait: no worker, no scheduler, no answer."""

import contextlib
import datetime
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from mfsolve.study.execution.workers import within

RETRIES = 3
"""Runs of a task whose worker died under it, after the first."""
WINDOW = 4
"""Tasks per thread that are handed out at any time, so that memory stays flat."""
TICK = 0.2
"""Seconds between looks at a request to stop."""
ASK = 2.0
"""Seconds between questions to a silent scheduler."""
PATIENCE = 60.0
"""Seconds that a scheduler may be without an answer, and a cluster without workers unless a user says otherwise."""
GRACE = 30.0
"""Seconds that replicates have to finish in this process once a stop is asked for."""

Order = TypeVar("Order")

_patience: float | None = None


@contextlib.contextmanager
def waiting(seconds: float | None) -> Iterator[None]:
    """Wait so many seconds for workers of a cluster in executions of the block; None stands for a minute."""
    global _patience
    before, _patience = _patience, seconds
    try:
        yield
    finally:
        _patience = before


class ClusterLostError(Exception):
    """The cluster is gone, or no longer does anything; the message is a clause that says which."""


class UnfinishedError(Exception):
    """Tasks of this process are still running although a stop was requested some time ago."""


class Failed(NamedTuple):
    """A task without a result: its worker died under it again and again, or cannot even load it."""

    why: str


@dataclass(frozen=True)
class Connection:
    """A client, and how it is used: whether its workers are elsewhere, the request to stop, and whether it is urgent.

    Nobody waits for a run that stops by itself, such as one without space.
    """

    client: Any
    attached: bool
    stopping: Callable[[], bool]
    urgent: Callable[[], bool] = lambda: True


def completed(
    connection: Connection, run: Callable[[Order], Any], orders: Iterable[Order]
) -> Iterator[tuple[Order, Any]]:
    """Orders with what `run` returned for them, or with `Failed`, each released as it completes.

    Once a stop is asked for, workers of this process are waited for, which see the request themselves; those of a
    cluster are told and left alone.

    Raises
    ------
    ClusterLostError
        Where a cluster has no workers or no scheduler for a minute (or as long as `waiting` says), or has forgotten its
        tasks.
    UnfinishedError
        Where a task of this process does not end within half a minute of an urgent stop.
    """
    flight = _Flight(connection, run, orders)
    silence = _Silence(connection)
    flight.feed(silence.threads())
    asked = None
    while flight.pending:
        if connection.stopping():
            if connection.attached:
                flight.abandon()
                return
            if connection.urgent():
                asked = asked or time.monotonic()
                if time.monotonic() - asked > GRACE:
                    raise UnfinishedError
        try:
            future = flight.done.get(timeout=TICK)
        except queue.Empty:
            flight.feed(silence.threads())
            flight.look_again()
            continue
        if future.status == "lost":
            flight.lost.append(future)
            continue
        order, result = flight.take(future)
        silence.broken()
        yield order, result
        flight.feed(silence.known)


class _Flight:
    """Tasks that are handed out and not yet back."""

    def __init__(self, connection: Connection, run: Callable[[Any], Any], orders: Iterable[Any]) -> None:
        self.connection, self._run, self._waiting = connection, run, iter(orders)
        self.pending: dict[str, tuple[Any, Any]] = {}
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.lost: list[Any] = []
        """Tasks whose result has gone with its worker, before it was fetched: a cluster runs them again by itself."""

    def feed(self, threads: int) -> None:
        """Hand out tasks until every thread has a few."""
        if self.connection.stopping():
            return
        for order in islice(self._waiting, max(0, WINDOW * max(1, threads) - len(self.pending))):
            future = self.connection.client.submit(self._run, order, pure=False, retries=RETRIES)
            self.pending[future.key] = order, future
            future.add_done_callback(self.done.put)

    def take(self, future: Any) -> tuple[Any, Any]:
        """The order of a future that is done, and its result."""
        order, _ = self.pending.pop(future.key)
        if future.status == "error":
            return order, Failed(str(future.exception(timeout=PATIENCE)))
        if future.status != "finished":
            raise ClusterLostError("has been restarted, or has ended")
        try:
            result = future.result(timeout=PATIENCE)
        except Exception as error:
            raise ClusterLostError(f"does not hand over a result ({type(error).__name__})") from None
        future.release()
        return order, result

    def look_again(self) -> None:
        """Recognise lost results that have reappeared."""
        for future in self.lost:
            if future.status != "lost":
                self.done.put(future) if future.status != "pending" else future.add_done_callback(self.done.put)
        self.lost = [future for future in self.lost if future.status == "lost"]

    def abandon(self) -> None:
        """Cancel the tasks of a cluster, which may no longer answer."""
        futures = [future for _, future in self.pending.values()]
        try:
            within(ASK, lambda: self.connection.client.cancel(futures))
        except Exception:
            return


class _Silence:
    """Seconds since a cluster had workers, or its scheduler an answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard = self._asked = time.monotonic()
        self._why = "has no workers"
        self.known = 0

    def broken(self) -> None:
        """Note that a task came back."""
        self._heard = time.monotonic()

    def threads(self) -> int:
        """Number of threads of all workers, asked for every few seconds.

        Raises
        ------
        ClusterLostError
            Where there have been none for too long.
        """
        if not self._connection.attached:
            self.known = self.known or sum(self._connection.client.nthreads().values())
            return self.known
        now = time.monotonic()
        if self.known and now - self._asked < ASK:
            return self.known
        self._asked = now
        client = self._connection.client
        try:
            self.known = sum(client.sync(client.scheduler.ncores, callback_timeout=ASK).values())
            self._why = "has no workers"
        except Exception:
            self.known, self._why = 0, "does not answer"
        if self.known:
            self._heard = now
        elif client.status == "closed":
            raise ClusterLostError("has ended")
        elif now - self._heard > (patience := PATIENCE if _patience is None else _patience):
            raise ClusterLostError(f"{self._why} for {datetime.timedelta(seconds=round(patience))}")
        return self.known
