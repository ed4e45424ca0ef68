"""A helper process that shares the work of a command: it imports and compiles beforehand, and makes values.

It imports what the report needs while replicates are computed, and then shares the report's work.
"""

import contextlib
import logging
import math
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from mfsolve.study.execution import processes
from mfsolve.study.execution.process import Idle, Process, Value
from mfsolve.study.execution.processes import NoAnswerError

LOG = logging.getLogger(__name__)

K = TypeVar("K")
T = TypeVar("T")


@contextlib.contextmanager
def helper_process(*idle: Callable[[], Any]) -> Iterator[None]:
    """Have a process that shares the work of this one, and makes these calls while there is none (`Idle`)."""
    try:
        process = Process()
    except OSError:  # the system starts none: all is done in this one
        yield
        return
    process.send(pickle.dumps(Idle(idle)))
    with processes.kept(process):
        yield


def helped() -> bool:
    """True where a helper process shares the work of this one."""
    return processes.keeps()


class Made(NamedTuple, Generic[T]):
    """A value that another process has made, which may be None."""

    value: T


def _packed(call: Callable[[], Any]) -> bytes | None:
    """A call as it travels; None where it cannot."""
    try:
        return pickle.dumps(call)
    except Exception as error:  # of a class, whatever it is
        LOG.debug("a call stays in this process, as it cannot be pickled: %s", error)
        return None


class Begun(Generic[T]):
    """A call that a helper process makes, where there is one (`helper_process`).

    Parameters
    ----------
    call
        What can be pickled, such as a `functools.partial` of plain arguments; its value, too.
    here
        What makes the same value in this process; by default the call itself.
    """

    def __init__(self, call: Callable[[], T], here: Callable[[], T] | None = None) -> None:
        self._call, self._processes = here or call, processes.current()
        self._process: Process | None = None
        if helped() and (packed := _packed(call)) is not None:
            with contextlib.suppress(OSError):
                self._process = self._processes.take()
                self._process.send(packed)

    def value(self) -> T:
        """Wait for the value. Where there is no process, where it ends, or where the call raises, it is made here, as
        it is where call or value cannot travel."""
        found = self.found()
        return self._call() if found is None else found.value

    def found(self) -> "Made[T] | None":
        """Wait for the value; None where it has to be made here."""
        if self._process is None:
            return None
        try:
            found = processes.answered(self._process, math.inf, lambda: False)
        except (TimeoutError, NoAnswerError) as error:
            LOG.debug("the helper process %s", self._processes.drop(self._process) or error)
            return None
        self._processes.put(self._process)
        if isinstance(found, Value):
            try:
                return Made(pickle.loads(found.packed))
            except Exception as error:  # of a class, whatever it is
                LOG.debug("a value of the helper process cannot be read, and is made in this one: %s", error)
                return None
        LOG.debug("the helper process failed, and its part is done in this one: %s", found.failure)
        return None


def share(here: Callable[[K], T], elsewhere: Callable[[K], T], items: Sequence[K]) -> list[T]:
    """Values for items, each made here or by the helper process, where there is one: by who is free first.

    Parameters
    ----------
    here, elsewhere
        Functions of an item that say the same; the second one travels to the other process (`Begun`).
    items
        What to make values of; the result has their order.
    """
    todo, values = deque(enumerate(items)), dict[int, T]()

    def following() -> tuple[int, K] | None:
        try:
            return todo.popleft()
        except IndexError:  # nothing is left
            return None

    def hand_out() -> None:
        while (taken := following()) is not None:
            found = None
            try:
                found = Begun(partial(elsewhere, taken[1])).found()
            finally:
                if found is None:
                    todo.appendleft(taken)
            if found is None:
                return
            values[taken[0]] = found.value

    other = threading.Thread(target=hand_out, daemon=True)
    if helped() and len(items) > 1:
        other.start()
    while len(values) < len(items):
        while (taken := following()) is not None:
            values[taken[0]] = here(taken[1])
        if other.ident is not None:
            other.join()  # what it could not do comes back
    return [values[place] for place in range(len(items))]
