"""Slow twins of the creator-market kernels: a formula at a time, NumPy and SciPy only."""

import itertools
import math

import numpy as np
from scipy.optimize import brentq, minimize

HALF = 256


def precision(loading, effort, v):
    """Phi by the definition: 1' Sigma^{-1} 1 with the full covariance matrix of the signals that exist."""
    on = effort > 0
    if not on.any():
        return 0.0
    sigma = np.diag(1.0 / effort[on]) + v * np.outer(loading[on], loading[on])
    ones = np.ones(on.sum())
    return float(ones @ np.linalg.solve(sigma, ones))


def market(loading, v, g, k):
    """[(A, Phi, efforts)] of market and planner: brentq on the fixed point, tolerance at rounding."""
    out = []
    for mk in (g * k, k):

        def effort(A, mk=mk):
            return (np.abs(1 - loading * A) ** 2 / mk) ** (1 / (g - 1))

        def f(A, effort=effort):
            return A / v - np.sum(loading * effort(A) * (1 - loading * A))

        high = 1.0
        while f(high) < 0:
            high *= 2
        A = brentq(f, 0.0, high, xtol=1e-300, rtol=8.9e-16, maxiter=1000)
        e = effort(A)
        out.append((A, np.sum(e) - np.sum(loading * e) ** 2 / (1 / v + np.sum(loading**2 * e)), e))
    return out


def brute_force(loading, v, g, k, m, start=None):
    """Efforts that maximise Phi - m sum k e^g / g over the orthant, from Phi's definition (SLSQP)."""

    def value(e):
        s0, s1, s2 = e.sum(), (loading * e).sum(), (loading**2 * e).sum()
        return -(s0 - s1**2 / (1 / v + s2) - m * k * np.sum(e**g) / g)

    def slope(e):
        A = (loading * e).sum() / (1 / v + (loading**2 * e).sum())
        return -((1 - loading * A) ** 2 - m * k * e ** (g - 1))

    e0 = np.full(loading.size, 0.1) if start is None else start
    bounds, options = [(0, None)] * loading.size, {"ftol": 1e-16, "maxiter": 1000}
    return minimize(value, e0, jac=slope, bounds=bounds, method="SLSQP", options=options)


def powers(x, c):
    d = x - c
    terms = [x, x * d, x * d**2, x * d**3, d**2, d**3, d**4]
    return np.array([math.fsum(t) for t in terms])


def response(x, y, q):
    p = np.abs(y) ** q
    return np.array([math.fsum(t) for t in (x * p * y, x * x * p, p * y * y)])


def uniform_stream(uniforms, key, replicate, n, low, width):
    """Loadings of `kernels.effort.fill`: creators j and j + 256 of a chunk of 512 share lane 256 q + j."""
    lanes = HALF * -(-n // (2 * HALF))
    pairs = np.empty(2 * lanes)
    zero = np.uint64(0)
    uniforms(key, zero, zero, replicate, zero, pairs)
    u = pairs.reshape(-1, HALF, 2).transpose(0, 2, 1).ravel()[:n]
    return low + width * (1.0 - u)


def phi(loading, effort, v):
    """Phi of a coalition from its three sums."""
    s0, s1, s2 = effort.sum(), (loading * effort).sum(), (loading**2 * effort).sum()
    return s0 - s1**2 / (1 / v + s2)


def shapley(loading, effort, v):
    """Exact Shapley values of Phi by all coalitions."""
    n = loading.size
    value = np.zeros(n)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        for size in range(n):
            share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for coalition in itertools.combinations(others, size):
                without = list(coalition)
                with_i = [*without, i]
                value[i] += share * (
                    phi(loading[with_i], effort[with_i], v) - phi(loading[without], effort[without], v)
                )
    return value
