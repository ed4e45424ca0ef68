"""A stop at any moment: one line on standard error, and the exit code of the signal.

Files appear whole or not at all, so the process may end between any two instructions of it.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from types import FrameType

from mfsolve.study.execution.cleanup import clean_up

CHILDREN: "set[subprocess.Popen[str]]" = set()
"""Processes that end with this one."""
LOGS: set[int] = set()
"""Descriptors of log files, which get a last line."""
LINE = b"stopped; what was stored is kept, run the same command again to go on\n"


def exit_on_signals() -> Callable[[], None]:
    """Let Ctrl-C and SIGTERM end this process at once; returns a function that puts the handlers before back."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = {number: signal.signal(number, exit_now) for number in (signal.SIGINT, signal.SIGTERM)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return put_back


def exit_now(number: int, frame: FrameType | None) -> None:
    """End the process at once, without waiting for buffers, threads or children."""
    for also in (signal.SIGINT, signal.SIGTERM):
        signal.signal(also, signal.SIG_IGN)
    for child in list(CHILDREN):
        child.terminate() if os.name == "nt" else child.send_signal(number)
    clean_up()
    with contextlib.suppress(OSError):
        os.write(2, b"\r" + LINE if os.isatty(2) else LINE)
    for log in list(LOGS):  # the logger may be in the middle of a line, and hold its lock
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with contextlib.suppress(OSError):
            os.write(log, f"{now} {os.getpid()} WARNING {signal.Signals(number).name}: ".encode() + LINE)
    os._exit(128 + number)
