"""Checks of arguments at the border of the public functions.

A refusal is a ValueError of one line: the argument's name, the value that was given, and what is allowed. Ranges are
written as intervals, such as "(0, 1]"; NaN lies in none.
"""

import math
from collections.abc import Iterable
from enum import Enum
from functools import cache
from itertools import pairwise
from numbers import Real
from types import UnionType
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real

Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=Enum)
MOST_THREADS = 1024


def require(condition: bool | np.bool_, name: str, value: object, allowed: str) -> None:
    """Raise a one-line ValueError unless the condition holds."""
    if not condition:
        raise ValueError(f"{name}: {shown(value)} given; allowed: {allowed}")


def shown(value: object) -> str:
    """A value as a message shows it: its repr where that is short, its type elsewhere."""
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:  # a whole number of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 and "\n" not in text else type(value).__name__


@cache
def ends(allowed: str) -> tuple[float, float, bool, bool]:
    """Ends of an interval such as "(0, inf)", and whether each of them belongs to it."""
    low, high = allowed[1:-1].split(",")
    return float(low), float(high), allowed[0] == "[", allowed[-1] == "]"


def inside(values: Floats | np.float64, allowed: str) -> NDArray[np.bool_]:
    """Mask of the values that lie in an interval; NaN does not."""
    low, high, closed_below, closed_above = ends(allowed)
    above = values >= low if closed_below else values > low
    return np.asarray(above & (values <= high if closed_above else values < high))


def _real(value: object) -> bool:
    """True for a single real number; neither a bool nor text is one."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is not None:
        return kind in "iuf" and getattr(value, "ndim", 0) == 0
    return isinstance(value, Real) and not isinstance(value, bool)


def number(name: str, value: float, allowed: str) -> float:
    """Return a number as a float; ValueError unless it is a number in the interval."""
    require(_real(value), name, value, f"a number in {allowed}")
    try:
        found = float(value)
    except OverflowError:  # a whole number beyond every float
        found = math.nan
    require(bool(inside(np.float64(found), allowed)), name, value, allowed)
    return found


def whole(name: str, value: int, low: int, high: int) -> int:
    """Return a count as an int; ValueError unless it is a whole number in [low, high]."""
    good = _real(value) and bool(low <= value <= high) and int(value) == value
    require(good, name, value, f"whole numbers in [{low}, {high}]")
    return int(value)


def seed_word(name: str, value: int, bits: int) -> np.uint64:
    """Return an integer as the word of a counter or key; ValueError unless it fits into so many bits."""
    good = isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value < 2**bits
    require(good, name, value, f"whole numbers in [0, 2^{bits} - 1]")
    return np.uint64(value)


def replicate_range(replicates: range, most: int = 2**32) -> range:
    """Return a range of consecutive replicates, one at least and `most` at most; ValueError unless it is one."""
    good = isinstance(replicates, range) and replicates.step == 1 and 0 < len(replicates) <= most
    allowed = f"a range of consecutive numbers from 0 on, such as range(100), at least one and at most {most}"
    require(good, "replicates", replicates, allowed)
    seed_word("replicates", replicates[0], 32), seed_word("replicates", replicates[-1], 32)
    return replicates


def thread_count(threads: int) -> int:
    """Return the number of threads; ValueError unless it is a whole number in [1, 1024]."""
    return whole("threads", threads, 1, MOST_THREADS)


def numbers(name: str, values: ArrayLike, allowed: str, *, own: bool = False) -> Floats:
    """Return an array of float64, a copy with `own`; ValueError unless all are numbers in the interval."""
    array = real(name, values, f"numbers in {allowed}", own=own)
    good = inside(array, allowed)
    if not good.all():
        require(False, name, float(array[~good].flat[0]), allowed)
    return array


def vector(name: str, values: ArrayLike, allowed: str, size: int | None = None, *, own: bool = False) -> Floats:
    """Return a contiguous vector (n,), n >= 1, a copy with `own`; ValueError naming the first element out of bounds."""
    array = real(name, values, f"a vector of numbers in {allowed}", own=own)
    fits = np.ndim(values) == 1 and array.size > 0 and size in (None, array.size)
    given = np.shape(values) or values
    require(fits, name, given, "a vector (n,) with n >= 1" if size is None else f"a vector ({size},)")
    good = inside(array, allowed)
    if not good.all():
        wrong = int(np.flatnonzero(~good)[0])
        raise ValueError(f"{name}: {float(array[wrong])!r} given at index {wrong}; allowed: {allowed}")
    return array


def increasing(name: str, values: ArrayLike, allowed: str = "[0, inf)") -> Floats:
    """Return one number or several as a vector (n,); ValueError unless they increase strictly, in the interval."""
    array = vector(name, np.atleast_1d(numbers(name, values, allowed, own=True)), allowed)
    require(bool(np.all(np.diff(array) > 0.0)), name, values, f"strictly increasing numbers in {allowed}")
    return array


def ascending(values: tuple[int, ...], least: int, count: int) -> tuple[int, ...]:
    """Return whole numbers of a setting; ValueError unless at least `count`, strictly ascending from `least` on."""
    if len(values) < count or min(values) < least or any(a >= b for a, b in pairwise(values)):
        raise ValueError(f"{shown(values)} given; allowed: at least {count} ascending whole numbers from {least} on")
    return values


def optional_number(name: str, value: float | None, allowed: str) -> float | None:
    """Return None, or a number as a float; ValueError unless it is a number in the interval."""
    return None if value is None else number(name, value, allowed)


@overload
def instance(name: str, value: object, kind: type[Kind]) -> Kind: ...
@overload
def instance(name: str, value: object, kind: Any) -> Any: ...
def instance(name: str, value: object, kind: Any) -> Any:
    """Return the value; ValueError unless it is of the kind, or of one of several."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}: {shown(value)} given; allowed: {_called(kind)}")
    return value


def _called(kind: type | UnionType) -> str:
    """A kind by its package and name, several by theirs."""
    if isinstance(kind, UnionType):
        return " or ".join(map(_called, kind.__args__))
    if kind.__module__ == "builtins":
        return "None" if kind is type(None) else kind.__name__
    return ".".join([*kind.__module__.split(".")[-2:-1], kind.__name__])


def instances(name: str, values: object, kind: type[Kind]) -> list[Kind]:
    """Return several values as a list; ValueError unless all are of the kind."""
    listed = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else None
    require(listed is not None, name, values, f"a sequence of {_called(kind)}")
    return [instance(name, value, kind) for value in listed or []]


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return the value; ValueError unless it is one of the names."""
    names = tuple(allowed)
    require(isinstance(value, str) and value in names, name, value, ", ".join(names))
    return value


def member(name: str, value: object, kind: type[Choice]) -> Choice:
    """Return the member of an enumeration that a value names; ValueError unless there is one."""
    try:
        return kind(value)
    except ValueError:
        options = ", ".join(str(choice.value) for choice in kind)
        raise ValueError(f"{name}: {shown(value)} given; allowed: {options}") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """End of a message on an unknown name: the known one that resembles it, or all of them."""
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"


def two_axes(first: tuple[str, ArrayLike], second: tuple[str, ArrayLike]) -> tuple[Floats, Floats]:
    """Values of a map's two axes as vectors; ValueError where both are one parameter."""
    for axis, given in (("first", first), ("second", second)):
        pair = isinstance(given, tuple | list) and len(given) == 2 and isinstance(given[0], str)
        require(pair, axis, given, "a pair (name of a parameter, values)")
    if first[0] == second[0]:
        raise ValueError(f"second: {second[0]!r} given twice; allowed: a parameter other than the first axis's")
    x, y = (np.atleast_1d(real(name, values, own=True)) for name, values in (first, second))
    return x, y
