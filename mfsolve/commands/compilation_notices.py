"""Notices of compilation: said when it has taken two seconds, and how long it took in all."""

import contextlib
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from mfsolve.commands.messages import say

PATIENCE = 2.0
"""Seconds of compiling that nobody wonders about."""


class _Watch:
    """Seconds that this process compiles, kernels within kernels counted once; numba tells it of each."""

    def __init__(self) -> None:
        self.seconds, self.announced = 0.0, False
        self._depth = threading.local()
        self._lock = threading.Lock()

    def on_start(self, event: Any) -> None:
        """Note the start of a kernel; announce it where compiling takes long by now."""
        depth = getattr(self._depth, "value", 0)
        self._depth.value = depth + 1
        if depth == 0:
            self._depth.begun = time.monotonic()
            self._depth.timer = threading.Timer(max(0.0, PATIENCE - self.seconds), self._announce)
            self._depth.timer.daemon = True
            self._depth.timer.start()

    def on_end(self, event: Any) -> None:
        """Note the end of a kernel, unless it began before this watch."""
        depth = getattr(self._depth, "value", 0)
        self._depth.value = max(0, depth - 1)
        if depth == 1:
            self._depth.timer.cancel()
            with self._lock:
                self.seconds += time.monotonic() - self._depth.begun

    def notify(self, event: Any) -> None:
        """Take an event from numba."""
        (self.on_start if event.is_start else self.on_end)(event)

    def _announce(self) -> None:
        with self._lock:
            first, self.announced = not self.announced, True
        if first and _ACTIVE[-1:] == [self]:
            say("compiling kernels, once ...")


_ACTIVE: list[_Watch] = []


@contextlib.contextmanager
def noticed() -> Iterator[None]:
    """Say so where more than two seconds of the block go into compiling; a block within another says its own."""
    event: Any = import_module("numba.core.event")  # without annotations
    event.Listener.register(_Watch)
    watch = _Watch()
    _ACTIVE.append(watch)
    event.register("numba:compile", watch)
    try:
        yield
    finally:
        event.unregister("numba:compile", watch)
        _ACTIVE.remove(watch)
        for outer in _ACTIVE:
            outer.seconds -= watch.seconds
        if watch.seconds > PATIENCE:
            say(f"compiling kernels, once: {watch.seconds:.0f} s")
