"""Tasks in processes of their own: one that does not end, or ends its process, is tried anew and then given up.

A worker, here or elsewhere, starts such processes and ends them; neither it nor the run has to end for that.
"""

import contextlib
import datetime
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

from mfsolve.study.cleanup import PROCESSES
from mfsolve.study.task_orders import Outcome, TaskOrder

TICK = 0.2
"""Seconds between looks at the clock and at a request to stop."""
START = 120.0
"""Seconds that a process has to import what it needs."""
LEAVE = 5.0
"""Seconds that a process has to vanish once it is ended; one that hangs in the system is left behind."""
IDLE = 60.0
"""Seconds without an order after which a process ends by itself."""
READY = "ready"
"""What a process says first."""

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


class Process:
    """A process that carries out orders, one at a time: `python -m mfsolve.study.child`.

    Raises
    ------
    OSError
        Where the system starts none.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mfsolve.study.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        PROCESSES.add(self._process)
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._free = time.monotonic()
        self.ready = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Put answers where `receive` finds them, and an error of their stream behind the last one."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            try:
                while True:
                    self._answers.put(pickle.load(stream))
            except Exception as error:
                self._answers.put(error)

    def send(self, order: bytes | None) -> None:
        """Hand an order over, or None: a request to stop."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # one that is gone does not answer, either
            pickle.dump(order, self._process.stdin)
            self._process.stdin.flush()

    def receive(self, timeout: float) -> Any:
        """Wait for its next answer; queue.Empty after a timeout, an exception as a value where the process is gone."""
        return self._answers.get(timeout=timeout)

    def waits(self) -> bool:
        """True while the process is alive and waits for an order."""
        return self._process.poll() is None and time.monotonic() - self._free < IDLE / 2

    def rest(self) -> None:
        """Note that it has nothing to do from now on."""
        self._free = time.monotonic()

    def leave(self) -> None:
        """Tell it that no more orders will come, so that it can end."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def end(self) -> str:
        """Kill it; returns a clause on how it ended where it had ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=TICK)
        code = self._process.poll()
        if code is None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=LEAVE)
        PROCESSES.discard(self._process)
        self.leave()
        return _words(code)


def _words(code: int | None) -> str:
    """A clause on an exit code of a process that nobody asked to end."""
    if code is None:
        return "broke the connection to its process"
    if code >= 0:
        return f"ended its process with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"ended its process by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"


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

    def close(self) -> None:
        """End all of them, those at work too."""
        self.closed = True
        for process in list(self._all):
            process.leave()  # all of them end at the same time
        for process in list(self._all):
            self.drop(process)


_processes = Processes()


def dismiss() -> None:
    """End the processes that tasks of this process were carried out in; nobody waits for those that still are."""
    global _processes
    before, _processes = _processes, Processes()
    before.close()


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
    if not process.ready:
        try:
            process.ready = bool(_heard(process, START, lambda: False) == READY)
        except TimeoutError:
            raise TimeoutError(f"found no process within {START:g} seconds") from None
    return cast(Outcome, _heard(process, seconds, stopping))


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
