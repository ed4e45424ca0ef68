"""Minimising movements of the collapse flow in quantile coordinates (Jordan, Kinderlehrer & Otto 1998; MODEL 2.6).

X_i, i < M, are the quantiles at levels (i + 1/2)/M. One step minimises, times M,

    a/2 sum (X_i - Y_i)^2 + sigma { T [sum U(X_i) - sum ln(X_{i+1} - X_i)] + pull/2 sum (X_i - mean X)^2 } + sum l_i X_i

with Y the quantiles before, a = 1/tau plus whatever makes it convex. Its Hessian is tridiagonal less a rank-one term.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import TINY, log
from ..numerics.sums import LANES, fold, total
from .potential import line_terms


class Step(NamedTuple):
    """Coefficients of one minimising movement."""

    a: float  # 1 / tau, plus whatever makes the objective convex
    sigma: float
    t: float  # T = 1 - rho
    pull: float  # rho (1 - delta)
    linear: np.ndarray  # l (M,), the linearised pair energy


class Functionals(NamedTuple):
    """Functionals of a measure on the line; `energy` is F / sigma without a pair energy."""

    kl: float
    mean: float
    variance: float
    energy: float


@inner
def objective(step, potential, walls, before, x):
    """Objective of a step at the quantiles x (M,), times M; infinite where they do not increase."""
    a, sigma, t, pull, linear = step
    low, high = walls
    m = x.size
    mean = total(x) / m
    lanes = np.zeros(LANES)
    for i in range(m):
        u, _, _ = line_terms(potential, x[i])
        gap = x[i] - before[i]
        about = x[i] - mean
        value = 0.5 * a * gap * gap + sigma * (t * u + 0.5 * pull * about * about) + linear[i] * x[i]
        if i + 1 < m and t > 0.0:
            width = x[i + 1] - x[i]
            if not width > 0.0:
                return np.inf
            value -= sigma * t * log(width)
        lanes[i % LANES] += value
    value = fold(lanes)
    if low < high and t > 0.0:
        if not (x[0] > low and x[m - 1] < high):
            return np.inf
        value -= 0.5 * sigma * t * (log(2.0 * (x[0] - low)) + log(2.0 * (high - x[m - 1])))
    return value


@inline
def newton_direction(diagonal, off, gradient, weight, ones, direction):
    """Solve (A - weight 1 1^T) direction = -gradient, all (M,), A tridiagonal and symmetric with off[i] = A[i, i + 1].

    Two tridiagonal solves, with right-hand sides -gradient and 1, then Sherman-Morrison. `diagonal` and the room `ones`
    are overwritten. Returns the decrement -gradient . direction.
    """
    m = gradient.size
    for i in range(m):
        factor = off[i - 1] / diagonal[i - 1] if i > 0 else 0.0
        if i > 0:
            diagonal[i] -= factor * off[i - 1]
        direction[i] = -gradient[i] - (factor * direction[i - 1] if i > 0 else 0.0)
        ones[i] = 1.0 - (factor * ones[i - 1] if i > 0 else 0.0)
    for k in range(m):
        i = m - 1 - k
        direction[i] = (direction[i] - (off[i] * direction[i + 1] if k > 0 else 0.0)) / diagonal[i]
        ones[i] = (ones[i] - (off[i] * ones[i + 1] if k > 0 else 0.0)) / diagonal[i]
    lift = weight * total(direction) / (1.0 - weight * total(ones))
    decrement = 0.0
    for i in range(m):
        direction[i] += lift * ones[i]
        decrement -= gradient[i] * direction[i]
    return decrement


@kernel
def minimise(step, potential, walls, x):
    """Minimise a step's objective from the quantiles x (M,), in place, by damped Newton.

    Returns the number of Newton iterations, or -1 where they did not converge.
    """
    a, sigma, t, pull, linear = step
    low, high = walls
    m = x.size
    before = x.copy()
    gradient = np.empty(m)
    diagonal = np.empty(m)
    off = np.zeros(m)
    ones = np.empty(m)
    trial = np.empty(m)
    value = objective(step, potential, walls, before, x)
    heat = sigma * t
    for iteration in range(200):
        mean = total(x) / m
        for i in range(m):
            _, g, c = line_terms(potential, x[i])
            gradient[i] = a * (x[i] - before[i]) + sigma * (t * g + pull * (x[i] - mean)) + linear[i]
            diagonal[i] = a + sigma * (t * c + pull)
        if heat > 0.0:
            for i in range(m - 1):
                inverse = 1.0 / (x[i + 1] - x[i])
                gradient[i] += heat * inverse
                gradient[i + 1] -= heat * inverse
                diagonal[i] += heat * inverse * inverse
                diagonal[i + 1] += heat * inverse * inverse
                off[i] = -heat * inverse * inverse
            if low < high:
                left, right = 0.5 / (x[0] - low), 0.5 / (high - x[m - 1])
                gradient[0] -= heat * left
                gradient[m - 1] += heat * right
                diagonal[0] += 2.0 * heat * left * left
                diagonal[m - 1] += 2.0 * heat * right * right
        decrement = newton_direction(diagonal, off, gradient, sigma * pull / m, ones, trial)
        length = 1.0
        if heat > 0.0:
            for i in range(m - 1):
                closing = trial[i] - trial[i + 1]
                if closing > 0.0:
                    length = min(length, 0.95 * (x[i + 1] - x[i]) / closing)
            if low < high:
                if trial[0] < 0.0:
                    length = min(length, 0.95 * (low - x[0]) / trial[0])
                if trial[m - 1] > 0.0:
                    length = min(length, 0.95 * (high - x[m - 1]) / trial[m - 1])
        if decrement <= 1e-13 * (m + abs(value)) and length == 1.0:  # quadratic convergence: one full step more
            for i in range(m):
                x[i] += trial[i]
            return iteration
        for i in range(m):
            gradient[i] = x[i]
        found = False
        for _ in range(60):
            for i in range(m):
                x[i] = gradient[i] + length * trial[i]
            after = objective(step, potential, walls, before, x)
            if after <= value - 1e-4 * length * decrement:
                found = True
                break
            length *= 0.5
        if not found:  # no decrease left that rounding lets us see
            for i in range(m):
                x[i] = gradient[i]
            return iteration if decrement <= 1e-9 * (m + abs(value)) else -1
        value = after
    return -1


@kernel
def quantile_functionals(t, pull, potential, walls, log_z, x):
    """KL(mu || p), mean, variance and F / sigma of the measure with quantiles x (M,), p = exp(-U - log_z)."""
    low, high = walls
    m = x.size
    mean = total(x) / m
    kl = np.zeros(LANES)
    square = np.zeros(LANES)
    for i in range(m):
        u, _, _ = line_terms(potential, x[i])
        value = u + log_z
        if i + 1 < m:
            value -= log(max(m * (x[i + 1] - x[i]), TINY))
        kl[i % LANES] += value / m
        square[i % LANES] += (x[i] - mean) * (x[i] - mean) / m
    divergence = fold(kl)
    if low < high:
        divergence -= 0.5 / m * (log(max(2.0 * m * (x[0] - low), TINY)) + log(max(2.0 * m * (high - x[m - 1]), TINY)))
    variance = fold(square)
    return Functionals(divergence, mean, variance, t * divergence + 0.5 * pull * variance)
