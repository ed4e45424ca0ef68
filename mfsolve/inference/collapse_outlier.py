"""The row of a log that lies farthest from the collapse law's line, where that is beyond chance (MODEL 8.10)."""

import math
from typing import NamedTuple

import numpy as np

from mfsolve.inference.collapse_paths import Paths
from mfsolve.inference.estimate import student_quantile

ROUNDING = 1e-9
"""Residuals below this part of the losses are their rounding."""


class Outlier(NamedTuple):
    """An observation by its place, its studentised residual, and what the largest of so many stays below."""

    place: int
    residual: float
    bound: float


def outlier(measured: Paths, error: float) -> Outlier | None:
    """Find the largest residual from the line, studentised without its own row; None where that is no surprise.

    The line has one slope, and an intercept for every run whose start is measured.

    Parameters
    ----------
    measured : Paths
    error : float
        Chance in (0, 1), at most, that one of n rows with independent normal errors is named (Bonferroni).
    """
    place = np.flatnonzero(measured.observed)
    run, free = measured.run[place], ~measured.exact[measured.run[place]]
    root = np.sqrt(measured.weight[place])
    x, y = (np.where(free, v[place], measured.since_start(v)[place]) for v in (measured.exposure, measured.loss))
    runs = measured.exact.size
    total = np.bincount(run, root**2, runs)
    x, y = (v - np.where(free, (np.bincount(run, root**2 * v, runs) / total)[run], 0.0) for v in (x, y))
    x, y = root * x, root * y
    freedom = place.size - 1 - int(np.count_nonzero(~measured.exact)) - 1
    if freedom < 1 or not float(x @ x) > 0.0:
        return None
    residual = y - x * float(x @ y) / float(x @ x)
    left = 1.0 - np.where(free, root**2 / total[run], 0.0) - x**2 / float(x @ x)
    squares = float(residual @ residual)
    if squares <= ROUNDING**2 * float(y @ y):
        return None
    own = np.where(left > ROUNDING, residual**2 / np.maximum(left, ROUNDING), 0.0)
    worst = int(np.argmax(own))
    rest = (squares - own[worst]) / freedom
    found = math.sqrt(own[worst] / rest) if rest > ROUNDING**2 * squares else math.inf
    bound = student_quantile(1.0 - error / place.size, freedom)
    return Outlier(int(place[worst]), math.copysign(found, residual[worst]), bound) if found > bound else None
