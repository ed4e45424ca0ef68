"""Arguments that the flow's solvers share, checked at the border, and the error of a run that left it."""

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats


def increasing(times: ArrayLike) -> Floats:
    """Output times (n,) as an array; refuse those that do not increase from 0 or later."""
    at = np.atleast_1d(np.asarray(times, dtype=float))
    if at.ndim != 1 or at.size == 0 or not np.all(np.isfinite(at)) or at[0] < 0.0 or np.any(np.diff(at) <= 0.0):
        raise ValueError(f"times: {times!r} given; allowed: one or more increasing times in [0, inf)")
    return at


def positive(name: str, value: float) -> float:
    """Refuse a step or tolerance that is not a positive number."""
    if not (np.isfinite(value) and value > 0.0):
        raise ValueError(f"{name}: {value!r} given; allowed: (0, inf)")
    return float(value)


def whole(name: str, value: int, low: int, high: int) -> int:
    """Refuse a count outside [low, high]."""
    if isinstance(value, bool) or int(value) != value or not low <= value <= high:
        raise ValueError(f"{name}: {value!r} given; allowed: [{low}, {high}]")
    return int(value)


class DivergedError(ArithmeticError):
    """A run whose positions left the floating-point range: the step, the particles and a smaller dt to try."""
