"""An end by the clock: a run stops by itself before a batch system takes its allocation away."""

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator

from mfsolve.study.execution.execute import OVER, STOP

MARGIN = 60.0
"""Seconds before the end of an allocation at which no replicate is begun any more."""


def seconds(text: str) -> float:
    """A span of time as batch systems write it: `90` (minutes), `MM:SS`, `HH:MM:SS`, `DAYS-HH:MM:SS`.

    Raises
    ------
    ValueError
        For anything else.
    """
    match = re.fullmatch(r"(?:(\d{1,3})-)?(\d{1,4})(?::(\d{1,2}))?(?::(\d{1,2}))?", text)
    if match is None:
        raise ValueError(f"{text!r}: a span of time is needed, such as 90 (minutes) or 1:30:00")
    days, first, second, third = (int(part) if part else 0 for part in match.groups())
    if match[1] or match[4]:
        return 86400.0 * days + 3600.0 * first + 60.0 * second + third
    return 60.0 * first + second


def seconds_left(limit: float | None) -> float | None:
    """Seconds until a run has to stop: `limit`, or what SLURM has said of the allocation; None without an end."""
    given = os.environ.get("SLURM_JOB_END_TIME", "")
    ends = [limit] if limit is not None else []
    if given.isdigit():
        ends.append(int(given) - time.time() - MARGIN)
    return min(ends, default=None)


@contextlib.contextmanager
def stopping(after: float | None) -> Iterator[None]:
    """Ask every execution in the block to stop after some seconds; never where that is None."""
    if after is None:
        yield
        return

    def ask() -> None:
        OVER.set()
        STOP.set()

    timer = threading.Timer(min(max(after, 0.0), threading.TIMEOUT_MAX), ask)
    timer.daemon = True
    ask() if after <= 0.0 else timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if timer.is_alive():  # it may be asking just now, which has to be over before it is taken back
            timer.join()
        OVER.clear()
