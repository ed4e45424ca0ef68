"""Progress of a run: a bar on a terminal, a line every few seconds elsewhere; always on standard error."""

import math
import sys
import time
from typing import Any, NoReturn, Self

from tqdm import tqdm

from mfsolve.commands.messages import quiet, say
from mfsolve.study.execution.task_orders import Outcome

QUIET_SECONDS = 5.0


def in_notebook() -> bool:
    """True in a Jupyter kernel, whose standard error is no terminal and shows bars all the same."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def bar() -> Any:
    """The class of progress bars: widgets in a notebook, text elsewhere."""
    if not in_notebook():
        return tqdm
    from tqdm.auto import tqdm as widget

    return widget


class Meter:
    """Things done, rate and time left."""

    def __init__(self, total: int, done: int, unit: str) -> None:
        self._terminal = sys.stderr.isatty() or in_notebook()
        shown = self._terminal and not quiet()
        self._bar: tqdm[NoReturn] = bar()(total=total, initial=done, unit=unit, disable=not shown, dynamic_ncols=True)
        self._total, self._done, self._begun = total, 0, time.monotonic()
        self._already, self._last = done, time.monotonic()
        self._unit, self._text = unit, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()
        if not self._terminal and self._done:
            self._line()

    def advance(self, count: int, text: str = "") -> None:
        """Count what was done and show it, with a text behind it."""
        self._done += count
        self._bar.update(count)
        self._text = text
        if text:
            self._bar.set_postfix_str(text, refresh=False)
        if not self._terminal and time.monotonic() - self._last > QUIET_SECONDS:
            self._line()

    def _line(self) -> None:
        self._last = time.monotonic()
        elapsed = self._last - self._begun
        total = max(self._total, self._already + self._done)
        done = self._already + self._done
        meter = tqdm.format_meter(done, total, elapsed, initial=self._already, unit=self._unit)
        say(f"{meter.strip()} {self._text}".rstrip())


class Progress(Meter):
    """Replicates done, and the half-width so far of the watched figure's interval.

    It is called with every outcome.
    """

    def __init__(self, total: int, done: int, level: float, watched: str | None) -> None:
        super().__init__(total, done, "rep")
        self._level, self._watched = level, watched
        self._count, self._mean, self._scatter = 0, 0.0, 0.0

    def __call__(self, outcome: Outcome) -> None:
        """Count an outcome and show it."""
        new = len(outcome.watched)
        if new:
            mean = math.fsum(outcome.watched) / new
            gap, before = mean - self._mean, self._count
            self._count += new
            self._mean += gap * new / self._count
            self._scatter += (
                math.fsum((x - mean) ** 2 for x in outcome.watched) + gap * gap * before * new / self._count
            )
        self.advance(outcome.replicates, self._half_width())

    def _half_width(self) -> str:
        if self._watched is None or self._count < 2:
            return ""
        from mfsolve.inference.estimate import student_quantile

        error = math.sqrt(self._scatter / (self._count - 1) / self._count)
        new = " (new replicates only)" if self._already else ""
        return f"{self._watched} ± {student_quantile(self._level, self._count - 1) * error:.2g}{new}"
