"""A process that works for another one: `python -m mfsolve.study.execution.child`.

It reads pickled tasks or calls on standard input, or a request to stop, and writes what they return; what is logged,
warned of or compiled meanwhile it tells beside. It ends with the process that has started it, or when there was nothing
to do for a while.
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from mfsolve.paths import hiding
from mfsolve.study.execution import child_messages as told
from mfsolve.study.execution.execute import STOP, carry_out
from mfsolve.study.execution.process import IDLE, READY, Idle, Value
from mfsolve.study.execution.task_orders import Outcome


def main() -> None:
    """Carry out orders until no more come."""
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever has started it decides when it ends
        signal.signal(number, signal.SIG_IGN)
    answers = _Answers(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what a model prints is no answer
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, orders), daemon=True).start()
    answers.say(READY)
    told.forward(answers.say)
    idle: list[Callable[[], Any]] = []
    while True:
        try:
            packed = orders.get(timeout=0.0 if idle else IDLE)
        except queue.Empty:
            if not idle:
                return
            with contextlib.suppress(Exception):  # who needs it will say what is wrong with it
                more = idle.pop(0)()
                idle[:0] = more if isinstance(more, list) else []
            continue
        found = _carried_out(packed)
        if isinstance(found, Idle):
            idle += found.calls
        else:
            answers.say(found)


class _Answers:
    """The stream of answers, which several threads write to."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def say(self, what: Any) -> None:
        """Write an object, whole; where nobody listens any more, this process has no purpose."""
        packed = pickle.dumps(what)
        with self._lock:
            try:
                self._stream.write(packed)
                self._stream.flush()
            except OSError:
                os._exit(0)


def _carried_out(packed: bytes) -> Any:
    """The outcome of a task or the value of a call; a failure where it raises, or cannot even be loaded."""
    try:
        order = pickle.loads(packed)
        if isinstance(order, Idle):
            return order
        return Value(pickle.dumps(order())) if callable(order) else carry_out(order)
    except Exception:
        return Outcome(0, 0.0, failure=traceback.format_exc())


def _read(stream: BinaryIO, orders: "queue.SimpleQueue[bytes]") -> None:
    """Take in orders; the end of the stream is the end of whoever gives them."""
    try:
        with contextlib.suppress(EOFError):
            while True:
                what = pickle.load(stream)
                if what is None:
                    STOP.set()
                else:
                    orders.put(what)
    finally:
        os._exit(0)


def serve() -> None:
    """Carry out orders, and end without waiting for the thread that reads them, which holds standard input."""
    try:
        main()
    except Exception:
        if hiding() is None:  # else the process that has started this one says so
            raise
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    serve()
