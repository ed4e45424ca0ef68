"""A process that carries out tasks for another one: `python -m mfsolve.study.child`.

It reads pickled orders on standard input, or a request to stop, and writes what it returns for them. It ends with the
process that has started it, or when there was nothing to do for a while.
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import Any, BinaryIO

from mfsolve.study import processes
from mfsolve.study.execute import STOP, carry_out
from mfsolve.study.task_orders import Outcome


def main() -> None:
    """Carry out orders until no more come."""
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever has started it decides when it ends
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model prints is no answer
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, orders), daemon=True).start()
    _say(processes.READY, answers)
    while True:
        try:
            order = orders.get(timeout=processes.IDLE)
        except queue.Empty:
            return
        _say(_carried_out(order), answers)


def _carried_out(packed: bytes) -> Outcome:
    """The outcome of an order; a failure where its model cannot even be loaded."""
    try:
        order = pickle.loads(packed)
    except Exception:
        return Outcome(0, 0.0, failure=traceback.format_exc())
    return carry_out(order)


def _say(what: Any, answers: BinaryIO) -> None:
    pickle.dump(what, answers)
    answers.flush()


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


if __name__ == "__main__":
    main()
