"""Tasks in processes of their own: one that does not end, or ends its process, is tried anew and then given up.

A worker, here or elsewhere, starts such processes and ends them; neither it nor the run has to end for that. A command
has one beside it that imports what the report needs while replicates are computed, and then shares the report's work.
"""

import contextlib
import datetime
import logging
import math
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar, cast

from mfsolve.study.execution.process import READY, TICK, Idle, Process, Value
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

LOG = logging.getLogger(__name__)

K = TypeVar("K")
T = TypeVar("T")

START = 120.0
"""Seconds that a process has to import what it needs."""

_limit: float | None = None


class Ended(NamedTuple):
    """An order without an outcome; a clause says what its last process did."""

    why: str


class _NoAnswerError(Exception):
    """The process is gone, and no answer will come."""


@contextlib.contextmanager
def task_time_limit(seconds: float | None) -> Iterator[None]:
    """Limit the seconds that a task may take in executions of the block; None sets no limit."""
    global _limit
    before, _limit = _limit, seconds
    try:
        yield
    finally:
        _limit = before


def limit() -> float | None:
    """Seconds that a task may take; None without a limit."""
    return _limit


class Processes:
    """Processes that have nothing to do, for those who need one."""

    def __init__(self) -> None:
        self._free: list[Process] = []
        self._all: set[Process] = set()
        self._lock = threading.Lock()
        self.closed = False

    def take(self) -> Process:
        """One that waits, or a new one."""
        while True:
            with self._lock:
                found = self._free.pop() if self._free else None
            if found is None:
                found = Process()
                self._all.add(found)
                return found
            if found.waits():
                return found
            self.drop(found)

    def put(self, process: Process) -> None:
        """Keep one for the next task."""
        process.rest()
        with self._lock:
            self._free.append(process)

    def drop(self, process: Process) -> str:
        """End one; a clause on the way it ended, where it was gone already."""
        self._all.discard(process)
        return process.end()

    def add(self, process: Process) -> None:
        """Take one in that has nothing to do."""
        self._all.add(process)
        self._free.append(process)

    def without_work(self) -> list[Process]:
        """Give those away that have nothing to do."""
        with self._lock:
            found, self._free = self._free, []
        self._all.difference_update(found)
        return found

    def close(self) -> None:
        """End all of them, those at work too."""
        self.closed = True
        for process in list(self._all):
            process.leave()  # all of them end at the same time
        for process in list(self._all):
            self.drop(process)


_processes = Processes()
_shared: Process | None = None


def dismiss() -> None:
    """End the processes that tasks of this process were carried out in; nobody waits for those that still are.

    Within a block of `beside` those stay that have nothing to do.
    """
    global _processes
    before, _processes = _processes, Processes()
    for process in before.without_work() if _shared is not None else []:
        _processes.add(process)
    before.close()


@contextlib.contextmanager
def beside(*idle: Callable[[], Any]) -> Iterator[None]:
    """Have a process beside this one that shares its work, and makes these calls while there is none (`Idle`)."""
    global _shared
    try:
        process = Process()
    except OSError:  # the system starts none: all is done in this one
        yield
        return
    process.send(pickle.dumps(Idle(idle)))
    _processes.add(process)
    _shared = process
    try:
        yield
    finally:
        _shared = None
        dismiss()


def shared() -> bool:
    """True where a process beside this one shares its work."""
    return _shared is not None


class Begun(Generic[T]):
    """A call that a process beside this one makes, where there is one (`beside`).

    Parameters
    ----------
    call
        What can be pickled, such as a `functools.partial` of plain arguments; its value, too.
    here
        What makes the same value in this process; by default the call itself.
    """

    def __init__(self, call: Callable[[], T], here: Callable[[], T] | None = None) -> None:
        self._call, self._processes = here or call, _processes
        self._process: Process | None = None
        if _shared is not None:
            with contextlib.suppress(OSError):
                self._process = _processes.take()
                self._process.send(pickle.dumps(call))

    def value(self) -> T:
        """Wait for the value. Where there is no process, where it ends, or where the call raises, it is made here."""
        found = self.found()
        return self._call() if found is None else cast(T, pickle.loads(found.packed))

    def found(self) -> Value | None:
        """Wait for the value, pickled; None where it has to be made here."""
        if self._process is None:
            return None
        try:
            found = _answered(self._process, math.inf, lambda: False)
        except (TimeoutError, _NoAnswerError) as error:
            LOG.debug("a process beside this one %s", self._processes.drop(self._process) or error)
            return None
        self._processes.put(self._process)
        if isinstance(found, Value):
            return found
        LOG.debug("a process beside this one failed, and its part is done in this one: %s", found.failure)
        return None


def share(here: Callable[[K], T], elsewhere: Callable[[K], T], items: Sequence[K]) -> list[T]:
    """Values for items, each made here or by the process beside this one, where there is one: by who is free first.

    Parameters
    ----------
    here, elsewhere
        Functions of an item that say the same; the second one travels to the other process (`Begun`).
    items
        What to make values of; the result has their order.
    """
    todo, values = deque(enumerate(items)), dict[int, T]()

    def hand_out() -> None:
        with contextlib.suppress(IndexError):  # nothing is left
            while True:
                place, item = todo.popleft()
                found = Begun(partial(elsewhere, item)).found()
                if found is None:
                    todo.appendleft((place, item))
                    return
                values[place] = pickle.loads(found.packed)

    other = threading.Thread(target=hand_out, daemon=True)
    if _shared is not None and len(items) > 1:
        other.start()
    while len(values) < len(items):
        with contextlib.suppress(IndexError):
            while True:
                place, item = todo.popleft()
                values[place] = here(item)
        if other.ident is not None:
            other.join()  # what it could not do comes back
    return [values[place] for place in range(len(items))]


def answer(order: TaskOrder, seconds: float, stopping: Callable[[], bool], tries: int) -> Outcome | Ended | None:
    """Have an order carried out in a process of its own, and anew in a fresh one where that ends or is too slow.

    Parameters
    ----------
    order : Order
    seconds : float
        Time that a process has, > 0; infinity where it may take any. Time in which this process was suspended does
        not count, nor does the start of a process; compiling does.
    stopping
        Says whether a stop is asked for. The process is told, and nothing is tried anew.
    tries : int
        Processes that the order may end, or be too slow in, >= 1.

    Returns
    -------
    Outcome, Ended or None
        The word of the process. None after a request to stop, where there is no outcome.

    Raises
    ------
    OSError
        Where the system starts no process.
    """
    processes, packed, why = _processes, pickle.dumps(order), ""
    for _ in range(tries):
        if stopping() or processes.closed:
            return None
        process = processes.take()
        try:
            found = _asked(process, packed, seconds, stopping)
        except TimeoutError as late:
            processes.drop(process)
            why = str(late)
        except _NoAnswerError:
            why = processes.drop(process)
        else:
            processes.put(process)
            return found
    return None if processes.closed else Ended(why)


def _asked(process: Process, order: bytes, seconds: float, stopping: Callable[[], bool]) -> Outcome:
    """The answer of a process to an order; TimeoutError or _NoAnswerError where there is none."""
    process.send(order)
    return cast(Outcome, _answered(process, seconds, stopping))


def _answered(process: Process, seconds: float, stopping: Callable[[], bool]) -> Any:
    """The answer of a process to what was sent to it."""
    if not process.ready:
        try:
            process.ready = bool(_heard(process, START, lambda: False) == READY)
        except TimeoutError:
            raise TimeoutError(f"found no process within {START:g} seconds") from None
    return _heard(process, seconds, stopping)


def _heard(process: Process, seconds: float, stopping: Callable[[], bool]) -> Any:
    spent, seen, told = 0.0, time.monotonic(), False
    while True:
        if stopping() and not told:
            process.send(None)
            told = True
        try:
            found = process.receive(TICK)
        except queue.Empty:
            now = time.monotonic()
            spent, seen = spent + min(now - seen, 2.0 * TICK), now  # no more where this process was suspended
            if spent > seconds:
                raise TimeoutError(f"took longer than {datetime.timedelta(seconds=seconds)}") from None
            continue
        if isinstance(found, Exception):
            raise _NoAnswerError
        return found
