"""Tail of a weighted sum of chi-squares at zero, for weights of both signs.

Two laws rest on it: a random convex combination of points with Dirichlet(1, ..., 1) weights lies above m exactly where
sum_i (x_i - m) E_i > 0 with independent exponentials E_i (chi-squares of two degrees of freedom, halved), and a ratio
of quadratic forms in normals lies above r exactly where e'(A - r B)e > 0.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

# Terms beyond which the saddlepoint formula replaces the integral: it is then within three per cent of the tail.
_MOST_TERMS = 1000
# The integral ends where its integrand has fallen by e^24, to 4e-11: far out where few weights are large, many small.
_FALLEN = 24.0
# Ratio of two weights beyond which the smaller one is next to nothing: products with it must be numbers.
_FARTHEST = 1e200
# Intervals of the rule at first and at most, and the relative change at which it ends; the error is about its square.
_COARSE, _FINE = 40, 2**16
_CHANGE = 1e-5


def positive_probability(weights: Floats, freedom: float = 1.0) -> float:
    """Return P(sum_i weights_i chi2_i > 0), chi-squares independent with `freedom` degrees of freedom each.

    The inversion integral of the moment generating function M along the vertical line through the saddlepoint s of
    M(z) / z, P = 1/pi int_0^inf Re[M(s + iy) / (s + iy)] dy, by the trapezoidal rule in u, y = c sinh u, which
    converges exponentially: the step is halved until nothing changes. Relative error below 1e-6, far tails included.
    Beyond 1000 weights: the saddlepoint formula of Lugannani & Rice (1980).

    Parameters
    ----------
    weights : ndarray, shape (m,)
        Finite; zeros take no part.
    freedom : float
        Degrees of freedom of each chi-square, > 0.
    """
    weights = weights[weights != 0]
    if not (weights > 0).any():
        return 0.0
    if (weights > 0).all():
        return 1.0
    # The smaller tail is the one that is computed, so that no digits are lost.
    larger = bool(weights.sum() > 0)
    with np.errstate(over="ignore"):
        scaled = np.maximum(weights / (weights.min() if larger else weights.max()), -_FARTHEST)
    tail = _upper_tail(scaled, freedom)
    return 1.0 - tail if larger else tail


def _upper_tail(weights: Floats, freedom: float) -> float:
    """P(sum > 0) for weights of which the largest is 1 and whose sum is at most zero; s lies in (0, 1/2)."""
    from scipy.optimize import brentq

    half = freedom / 2
    many = weights.size > _MOST_TERMS

    def shrunk_at(s: float) -> Floats:
        return np.asarray(2 * weights / (1 - 2 * weights * s))

    def slope(s: float) -> float:
        """Derivative of the cumulant function, less that of log s where the integral is taken."""
        return float(half * shrunk_at(s).sum()) - (0.0 if many else 1 / s)

    low, high = 1e-14, 0.5 - 1e-14
    s = float(brentq(slope, low, high, xtol=1e-15)) if slope(low) < 0 else low
    shrunk = shrunk_at(s)
    curvature = float(half * (shrunk**2).sum())
    value = float(-half * np.log1p(-2 * weights * s).sum())
    if many:
        return _lugannani_rice(s, value, curvature, float(2 * half * (shrunk**3).sum()))
    width = curvature**-0.5

    def log_ratio(y: Floats) -> Any:
        """Logarithm of M(s + iy) / M(s)."""
        return -half * np.log(1 - 1j * np.multiply.outer(y, shrunk)).sum(axis=-1)

    def integrand(u: Floats) -> Floats:
        y = width * np.sinh(u)
        return np.asarray(np.real(np.exp(log_ratio(y)) / (s + 1j * y)) * width * np.cosh(u))

    reach = next(u for u in itertools.count() if log_ratio(width * np.sinh(u)).real < -_FALLEN)
    return math.exp(value) * _trapezoidal(integrand, reach) / math.pi


def _trapezoidal(integrand: Callable[[Floats], Floats], reach: float) -> float:
    """Integral from 0 to where the integrand has vanished; every halving of the step squares the error."""
    count, step, last = _COARSE, reach / _COARSE, math.inf
    values = integrand(np.arange(count, dtype=np.float64) * step)
    integral = float(values.sum() - 0.5 * values[0]) * step
    while abs(integral - last) > _CHANGE * abs(integral) and count < _FINE:
        last, middle = integral, float(integrand((np.arange(count, dtype=np.float64) + 0.5) * step).sum()) * step
        integral, count, step = 0.5 * (last + middle), 2 * count, 0.5 * step
    return integral


def _lugannani_rice(s: float, value: float, curvature: float, third: float) -> float:
    """The formula, from the cumulant function and its derivatives at s; what it tends to where s is next to zero."""
    from scipy.special import ndtr

    root, steepness = math.sqrt(max(-2 * value, 0.0)), s * math.sqrt(curvature)
    difference = 1 / steepness - 1 / root if root > 1e-4 else -third / curvature**1.5 / 6
    return float(ndtr(-root)) + math.exp(-0.5 * root**2) / math.sqrt(2 * math.pi) * difference
