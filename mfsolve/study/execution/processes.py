"""Tasks in processes of their own: one that does not end, or ends its process, is tried anew and then given up.

A worker, here or elsewhere, starts such processes and ends them; neither it nor the run has to end for that.
"""

import contextlib
import datetime
import pickle
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

from mfsolve.study.execution.process import READY, TICK, Process
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

START = 120.0
"""Seconds that a process has to import what it needs."""

_limit: float | None = None


class Ended(NamedTuple):
    """An order without an outcome; a clause says what its last process did."""

    why: str


class NoAnswerError(Exception):
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
_kept = False


def dismiss() -> None:
    """End the processes that tasks of this process were carried out in; nobody waits for those that still are.

    Within a block of `kept` those stay that have nothing to do.
    """
    global _processes
    before, _processes = _processes, Processes()
    for process in before.without_work() if _kept else []:
        _processes.add(process)
    before.close()


@contextlib.contextmanager
def kept(process: Process) -> Iterator[None]:
    """Keep what has nothing to do beyond executions of the block, this process first."""
    global _kept
    _processes.add(process)
    _kept = True
    try:
        yield
    finally:
        _kept = False
        dismiss()


def keeps() -> bool:
    """True within a block of `kept`."""
    return _kept


def current() -> Processes:
    """The processes of this moment."""
    return _processes


def answer(order: TaskOrder, seconds: float, stopping: Callable[[], bool], tries: int) -> Outcome | Ended | None:
    """Have an order carried out in a process of its own, and anew in a fresh one where that ends or is too slow.

    Parameters
    ----------
    order : TaskOrder
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
        except NoAnswerError:
            why = processes.drop(process)
        else:
            processes.put(process)
            return found
    return None if processes.closed else Ended(why)


def _asked(process: Process, order: bytes, seconds: float, stopping: Callable[[], bool]) -> Outcome:
    """The answer of a process to an order; TimeoutError or NoAnswerError where there is none."""
    process.send(order)
    return cast(Outcome, answered(process, seconds, stopping))


def answered(process: Process, seconds: float, stopping: Callable[[], bool]) -> Any:
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
            raise NoAnswerError
        return found
