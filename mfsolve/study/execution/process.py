"""A process beside this one that carries out orders, and what the two say to one another."""

import contextlib
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mfsolve.study.execution.child_messages import Told
from mfsolve.study.execution.cleanup import PROCESSES

TICK = 0.2
"""Seconds between looks at the clock and at a request to stop."""
LEAVE = 5.0
"""Seconds that a process has to vanish once it is ended; one that hangs in the system is left behind."""
IDLE = 60.0
"""Seconds without an order after which a process ends by itself."""
READY = "ready"
"""What a process says first."""


class Idle(NamedTuple):
    """Calls that a process makes while it has nothing to do; one may return a list of calls to be made next."""

    calls: Sequence[Callable[[], Any]]


class Value(NamedTuple):
    """The value of a call, pickled."""

    packed: bytes


class Process:
    """A process that carries out orders, one at a time: `python -m mfsolve.study.execution.child`.

    Raises
    ------
    OSError
        Where the system starts none.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mfsolve.study.execution.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        PROCESSES.add(self._process)
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._free = time.monotonic()
        self.ready = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Put answers where `receive` finds them, and an error of their stream behind the last one; repeat the rest."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            try:
                while True:
                    found = pickle.load(stream)
                    if isinstance(found, Told):
                        with contextlib.suppress(Exception):  # who cannot hear it does not stop the work
                            found.repeat()
                    else:
                        self._answers.put(found)
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
        return how_it_ended(code)


def how_it_ended(code: int | None) -> str:
    """A clause on an exit code of a process that nobody asked to end."""
    if code is None:
        return "broke the connection to its process"
    if code >= 0:
        return f"ended its process with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"ended its process by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"
