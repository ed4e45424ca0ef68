"""Messages of a child process beside its answers: its log, its warnings, and the kernels that it compiles.

They take the same way in the process that started it as if they had come up there.
"""

import logging
import logging.handlers
import pickle
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

LOG = logging.getLogger("mfsolve")


class Told(NamedTuple):
    """A function and its arguments: how the other process repeats what came up in this one."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]

    def repeat(self) -> None:
        """Let it come up here."""
        self.function(*self.arguments)


def forward(say: Callable[[Told], None]) -> None:
    """From now on, hand over what comes up in this process to a function that tells the other one."""
    LOG.addHandler(_Forward(say))
    LOG.setLevel(logging.DEBUG)
    LOG.propagate = False

    def warned(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        told = Told(_warn, (str(message), category, filename, lineno))
        try:
            pickle.dumps(told)
        except Exception:  # of a class that the other process does not have
            told = Told(_warn, (str(message), UserWarning, filename, lineno))
        say(told)

    warnings.showwarning = warned
    event: Any = import_module("numba.core.event")  # without annotations
    event.Listener.register(_Compiled)
    event.register("numba:compile", _Compiled(say))


class _Forward(logging.handlers.QueueHandler):
    """Hands records over, and marks them as printed for the handlers behind it."""

    def __init__(self, say: Callable[[Told], None]) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._say = say

    def enqueue(self, record: logging.LogRecord) -> None:
        """Hand over a record that can travel."""
        self._say(Told(_log, (record,)))

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over a record."""
        super().emit(record)
        record.printed = True


class _Compiled:
    """A listener of numba's that hands over when a kernel begins to be compiled, and when it ends."""

    def __init__(self, say: Callable[[Told], None]) -> None:
        self._say = say

    def notify(self, event: Any) -> None:
        """Take an event from numba."""
        self._say(Told(_compile, (event.is_start,)))


def _log(record: logging.LogRecord) -> None:
    if LOG.isEnabledFor(record.levelno):
        LOG.handle(record)


def _warn(message: str, category: type[Warning], filename: str, lineno: int) -> None:
    warnings.showwarning(category(message), category, filename, lineno)


def _compile(begins: bool) -> None:
    event: Any = sys.modules.get("numba.core.event")
    if event is not None:
        status = event.EventStatus.START if begins else event.EventStatus.END
        event.broadcast(event.Event("numba:compile", status))
