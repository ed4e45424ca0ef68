"""Arguments of the static market, checked at the border (MODEL 5.1)."""

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats

from .parameters import Parameters


def floats(values: ArrayLike) -> Floats:
    """Values as a float64 array."""
    return np.asarray(values, dtype=np.float64)


def economy(parameters: Parameters) -> Parameters:
    """Return the parameters; ValueError for anything else."""
    if not isinstance(parameters, Parameters):
        raise ValueError(f"parameters: {parameters!r} given; allowed: supply_shock.Parameters")
    return parameters


def whole(name: str, value: int, low: int, high: int) -> int:
    """Return the value as an int; ValueError unless it is a whole number in [low, high]."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not low <= value <= high or int(value) != value:
        raise ValueError(f"{name}: {value!r} given; allowed: whole numbers in [{low}, {high}]")
    return int(value)


def within(name: str, values: ArrayLike, low: float, high: float) -> Floats:
    """Return the values as a float64 array; ValueError unless all lie in [low, high] and are finite."""
    array = floats(values)
    bad = ~(np.isfinite(array) & (array >= low) & (array <= high))
    if bad.any():
        right = f"{high:g}]" if high < np.inf else "inf)"
        raise ValueError(f"{name}: {array[bad].flat[0]:g} given; allowed: [{low:g}, {right}")
    return array


def thread_count(value: int) -> int:
    """Return the number of threads; ValueError unless it is a whole number from 1 on."""
    return whole("threads", value, 1, 1024)


def pair(first: tuple[str, ArrayLike], second: tuple[str, ArrayLike]) -> tuple[Floats, Floats]:
    """Values of a map's two axes as vectors; ValueError where both are one parameter."""
    if first[0] == second[0]:
        raise ValueError(f"second: {second[0]!r} given twice; allowed: a parameter other than the first axis's")
    return np.atleast_1d(floats(first[1])), np.atleast_1d(floats(second[1]))
