"""Times of contenders that are called in turn, the fitted exponent of their cost, and the state of the machine."""

import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from benchmarks.row import Contender, Maker

SHORTEST = 2e-3
"""Seconds that a timing lasts at least: a shorter call is repeated."""
ROUNDS = (3, 25)
"""Fewest and most rounds."""
LONGEST = 1.0
"""Seconds of one call beyond which the exponent is not followed."""


class Times(NamedTuple):
    """Seconds for the whole work, round by round, and what the first call returned."""

    seconds: list[float]
    returned: Any


class Exponent(NamedTuple):
    """Cost grows as size^value; its standard error, by least squares on logarithms."""

    value: float
    standard_error: float


Meter = Callable[[Contender, int], float]
"""What a call of a contender costs, as a mean over several in a row."""


def clock(wall: bool) -> Meter:
    """Seconds by the wall clock; or by the processor's, by which other processes do not count."""
    now = time.perf_counter if wall else time.process_time

    def meter(contender: Contender, count: int) -> float:
        start = now()
        for _ in range(count):
            contender.call()
        return (now() - start) / count

    return meter


def counter(contender: Contender, count: int) -> float:
    """What the call itself says that it cost, such as evaluations; one call is one problem."""
    return float(contender.call().cost)


def in_turn(contenders: Sequence[Contender], seconds: float, meter: Meter) -> list[Times]:
    """Times of each contender, warm, called in turn so that a machine that slows down slows all of them.

    Rounds go on for about so many seconds. The first call, which compiles, goes uncounted.
    """
    returned, repeats = [], []
    for contender in contenders:
        returned.append(contender.call())
        repeats.append(_repeats(contender, meter))
    times: list[list[float]] = [[] for _ in contenders]
    end = time.perf_counter() + seconds
    for round_ in range(ROUNDS[1]):
        if round_ >= ROUNDS[0] and time.perf_counter() > end:
            break
        for own, contender, count in zip(times, contenders, repeats):
            own.append(meter(contender, count) / contender.share)
    return [Times(own, found) for own, found in zip(times, returned)]


def _repeats(contender: Contender, meter: Meter) -> int:
    return 1 if meter is counter else math.ceil(SHORTEST / max(meter(contender, 1), 1e-9))


def exponent(make: Maker, sizes: Sequence[int], threads: int, meter: Meter) -> Exponent | None:
    """The fitted exponent of the cost of a maker's contenders; None with fewer than three sizes within the time."""
    found: list[tuple[int, float]] = []
    for size in sorted(sizes):
        contender = make(size, threads)
        contender.call()
        once = meter(contender, 1)
        count = math.ceil(SHORTEST / max(once, 1e-9))
        best = min(meter(contender, count) for _ in range(3)) if once < LONGEST / 4 else once
        found.append((size, best / contender.share))
        if once > LONGEST:
            break
    return fitted(found)


def fitted(points: Sequence[tuple[float, float]]) -> Exponent | None:
    """Slope of log time on log size with its standard error; None with fewer than three points."""
    if len(points) < 3:
        return None
    x, y = np.log(np.array(points, dtype=np.float64)).T
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    rest = y - slope * x
    return Exponent(slope, float(math.sqrt(rest @ rest / (len(points) - 2) / (x @ x))))


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def pinned(threads: int) -> None:
    """Keep this process on as many cores as it has threads, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-threads:]))
