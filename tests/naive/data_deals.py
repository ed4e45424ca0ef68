"""Slow twins of the kernels of data deals: a formula at a time, NumPy and SciPy only."""

import math

import numpy as np
from naive.creators import market, precision


def chain(a, loading, law):
    """A chain from its uniforms: (information, value, lineage, share, repricing), efforts by a root finder."""
    n = 2 + int((1.0 - a[0]) * 11)
    v, tau = 10.0 ** (2.0 * a[1] - 1.0), 10.0 ** (2.0 * a[2] - 1.0)
    loading = loading[:n]
    effort = market(loading, v, 2.0, 1.0)[0][2]
    m = max(1, math.ceil((0.3 + 0.7 * a[3]) * n))
    sub = slice(m)
    held = precision(loading[sub], effort[sub], v)
    trained = held * (1.0 - 0.5 * a[4])
    sampled = trained * (1.0 - 0.5 * a[5])
    alone = np.mean([precision(loading[i : i + 1], effort[i : i + 1], v) for i in range(n)])
    w = effort[sub] / effort[sub].sum()
    covariance = np.diag(1.0 / effort[sub]) + v * np.outer(loading[sub], loading[sub])
    pooled = 1.0 / (w @ covariance @ w)
    hold = np.array([precision(loading, effort, v), held, trained, sampled])
    use = np.array([alone, pooled, trained, sampled])
    reach = np.cumprod([1.0, *(law.most_reach ** a[6:9])])
    outside, other = law.most_outside * a[12], law.most_outside * a[13]
    return (
        0.5 * np.log1p(hold / tau),
        reach * use / (tau + use),
        1.0 - (1.0 - law.least_lineage) * a[9:12],
        outside + law.most_bargaining * a[14:18] * (1.0 - outside - other),
        1.0 - (1.0 - law.least_repricing) * a[18],
    )


def logistic(f, x):
    return f.low + f.span / (1.0 + np.exp(-f.steepness * (x - f.midpoint)))


def around(loop, r):
    return logistic(loop.R, logistic(loop.Y, logistic(loop.G, r)))


def crosses(loop, start, saddle, h=0.1):
    """Runge-Kutta until the path is above or below the saddle in every coordinate."""

    def f(x):
        return np.array([logistic(loop.G, x[2]) - x[0], logistic(loop.Y, x[0]) - x[1],
                         logistic(loop.R, x[1]) - loop.dep * x[2]])  # fmt: skip

    x = np.array(start, dtype=float)
    while True:
        if (x > saddle).all() or (x < saddle).all():
            return bool((x > saddle).all())
        a = f(x)
        b = f(x + h / 2 * a)
        c = f(x + h / 2 * b)
        d = f(x + h * c)
        x = x + h / 6 * (a + 2 * b + 2 * c + d)
