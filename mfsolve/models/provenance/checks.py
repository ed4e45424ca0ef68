"""Checks of arguments and the threads of an ensemble, shared by the functions of this package."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats

SETS = 64
"""Data sets per unit of work of a thread; a data set's numbers do not depend on it."""


def within(name: str, value: float, low: float, high: float, *, closed: bool = True) -> float:
    """Return the value as a float.

    Raises
    ------
    ValueError
        Unless it is a number in [low, high], or in (low, high) where `closed` is false.
    """
    number = _number(value)
    if not (low <= number <= high if closed else low < number < high):
        left, right = ("[" if closed and low > -math.inf else "("), ("]" if closed and high < math.inf else ")")
        raise ValueError(f"{name}: {value!r} given; allowed: {left}{low:g}, {high:g}{right}")
    return number


def whole(name: str, value: int, low: int, high: int) -> int:
    """Return the value as an int; ValueError unless it is a whole number in [low, high]."""
    number = _number(value)
    if isinstance(value, bool) or not math.isfinite(number) or number != int(number) or not low <= int(value) <= high:
        raise ValueError(f"{name}: {value!r} given; allowed: whole numbers in [{low}, {high}]")
    return int(value)  # of an int its own digits: a float has 53 bits


def _number(value: object) -> float:
    """The value as a float; NaN where it is no number."""
    if isinstance(value, bool | str):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def vector(name: str, values: ArrayLike, *, infinite: bool = False) -> Floats:
    """Return a non-empty float64 vector; NaN and +inf are refused, -inf too unless `infinite`."""
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {type(values).__name__} given; allowed: a vector of numbers") from None
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: shape {array.shape} given; allowed: a vector of at least one number")
    bad = np.flatnonzero(np.isnan(array) | (array == np.inf) | ((array == -np.inf) & (not infinite)))
    if bad.size:
        allowed = "numbers or -inf" if infinite else "finite numbers"
        raise ValueError(f"{name}[{bad[0]}]: {array[bad[0]]:g} given; allowed: {allowed}")
    return array


def ascending(values: tuple[int, ...], least: int, count: int) -> tuple[int, ...]:
    """Return the values; ValueError unless they are at least so many, ascend, and begin at `least` or above."""
    if len(values) < count or min(values) < least or any(a >= b for a, b in pairwise(values)):
        raise ValueError(f"ascending numbers from {least} on are needed, at least {count}")
    return values


def run_sets(work: Callable[[int, int], None], sets: int, threads: int) -> None:
    """Call work(start, stop) for blocks of data sets; each writes to rows of its own and releases the GIL."""
    spans = [(start, min(start + SETS, sets)) for start in range(0, sets, SETS)]
    if threads <= 1 or len(spans) == 1:
        for span in spans:
            work(*span)
        return
    with ThreadPoolExecutor(min(threads, len(spans))) as pool:
        for done in [pool.submit(work, *span) for span in spans]:
            done.result()
