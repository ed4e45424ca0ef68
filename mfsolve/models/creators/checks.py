"""Arguments of the creator market, checked at the border: one line that names argument, value and range (MODEL 9)."""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Kind = TypeVar("Kind")
LOADINGS = "[0, 1e50]"
"""Fourth powers of many still add up."""
EFFORTS = "[0, 1e100]"
VARIANCES = "[1e-300, 1e300]"
"""Of the common factor: their reciprocals are numbers too."""


def require(condition: bool | np.bool_, name: str, value: object, allowed: str) -> None:
    """Raise a one-line ValueError unless the condition holds (it does not for NaN)."""
    if not condition:
        shown = value.item() if isinstance(value, np.generic) else value
        raise ValueError(f"{name}: {shown!r} given; allowed: {allowed}")


@cache
def ends(allowed: str) -> tuple[float, float, bool, bool]:
    """An interval as it is written, such as `(0, inf)`: its ends, and whether they belong to it."""
    low, high = allowed[1:-1].split(",")
    return float(low), float(high), allowed[0] == "[", allowed[-1] == "]"


def inside(values: Array | np.float64, allowed: str) -> NDArray[np.bool_]:
    """Which values lie in an interval; NaN does not."""
    low, high, closed, closed_above = ends(allowed)
    above = values >= low if closed else values > low
    return np.asarray(above & (values <= high if closed_above else values < high))


def number(name: str, value: float, allowed: str) -> float:
    """Return a number as a float; ValueError unless it is one and lies in the interval."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real:
        raise ValueError(f"{name}: {described(value)} given; allowed: a number in {allowed}")
    require(bool(inside(np.float64(value), allowed)), name, value, allowed)
    return float(value)


def whole(name: str, value: int, low: int, high: int) -> int:
    """Return a count as an int; ValueError unless it is a whole number in [low, high]."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real:
        raise ValueError(f"{name}: {described(value)} given; allowed: whole numbers in [{low}, {high}]")
    require(bool(low <= value <= high), name, value, f"[{low}, {high}]")
    require(int(value) == value, name, value, f"whole numbers in [{low}, {high}]")
    return int(value)


def numbers(name: str, values: ArrayLike, allowed: str) -> Array:
    """Return an array of float64; ValueError unless all are numbers in the interval."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {described(values)} given; allowed: numbers in {allowed}") from None
    good = inside(array, allowed)
    if not good.all():
        require(False, name, float(array[~good].flat[0]), allowed)
    return array


def vector(name: str, values: ArrayLike, allowed: str, size: int | None = None) -> Array:
    """Return a contiguous vector (n,), n >= 1, of float64; ValueError naming the first element that is out of range."""
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: not a vector of numbers; allowed: {allowed}") from None
    fits = np.ndim(values) == 1 and array.size > 0 and size in (None, array.size)
    require(fits, name, np.shape(values), "a vector (n,) with n >= 1" if size is None else f"a vector ({size},)")
    good = inside(array, allowed)
    if not good.all():
        wrong = int(np.flatnonzero(~good)[0])
        raise ValueError(f"{name}: {float(array[wrong])!r} given at index {wrong}; allowed: {allowed}")
    return array


def instance(name: str, value: object, kind: type[Kind]) -> Kind:
    """Return the value; ValueError unless it is of the kind."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}: {described(value)} given; allowed: a {kind.__name__}")
    return value


def described(value: object) -> str:
    """A value that is none of what was expected, short enough for a line."""
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else type(value).__name__


def thread_count(threads: int) -> int:
    """Return the number of threads; ValueError unless it is a whole number from 1 on."""
    return whole("threads", threads, 1, 1024)
