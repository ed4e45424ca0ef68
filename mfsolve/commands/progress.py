"""Progress of a run: a bar on a terminal, a line every few seconds elsewhere; always on standard error."""

import math
import sys
import time

from tqdm import tqdm

from mfsolve.study.execute import Outcome

QUIET_SECONDS = 5.0


class Progress:
    """Replicates done, rate, time left, and the half-width so far of the watched figure's interval.

    Call it with every outcome.
    """

    def __init__(self, total: int, done: int, level: float, watched: str | None) -> None:
        self._terminal = sys.stderr.isatty()
        self._bar = tqdm(total=total, initial=done, unit="rep", disable=not self._terminal, dynamic_ncols=True)
        self._total, self._done, self._begun = total, 0, time.monotonic()
        self._already, self._last = done, time.monotonic()
        self._level, self._watched = level, watched
        self._count, self._mean, self._scatter = 0, 0.0, 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()
        if not self._terminal and self._done:
            self._line()

    def __call__(self, outcome: Outcome) -> None:
        """Count an outcome and show it."""
        for value in outcome.watched:
            self._count += 1
            gap = value - self._mean
            self._mean += gap / self._count
            self._scatter += gap * (value - self._mean)
        self._done += outcome.replicates
        self._bar.update(outcome.replicates)
        if self._half_width():
            self._bar.set_postfix_str(self._half_width(), refresh=False)
        if not self._terminal and time.monotonic() - self._last > QUIET_SECONDS:
            self._line()

    def _half_width(self) -> str:
        if self._watched is None or self._count < 2:
            return ""
        from mfsolve.inference.estimate import student_quantile

        error = math.sqrt(self._scatter / (self._count - 1) / self._count)
        return f"{self._watched} ± {student_quantile(self._level, self._count - 1) * error:.2g}"

    def _line(self) -> None:
        self._last = time.monotonic()
        elapsed = self._last - self._begun
        meter = tqdm.format_meter(self._already + self._done, self._total, elapsed, initial=self._already, unit="rep")
        print(f"{meter.strip()} {self._half_width()}".rstrip(), file=sys.stderr, flush=True)
