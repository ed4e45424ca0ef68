"""Slow twins of networks of models: dense matrices, one model and one item at a time."""

import numpy as np
from naive.random import normal_pair, unit, words


def noise(key, step, replicate, models, block=0):
    """A normal for every model: two of each counter."""
    pairs = normal_pair(key, np.arange((models + 1) // 2), block, step, replicate)
    return np.column_stack(pairs).ravel()[:models]


def linear(key, replicate, W, spread, generations, block=0):
    """Values (T, n) of linear models from zero."""
    theta, found = np.zeros(len(W)), []
    for t in range(generations):
        theta = W @ theta + spread * noise(key, t, replicate, len(W), block)
        found.append(theta)
    return np.array(found)


def gaussian(key, step, replicate, W, mean, variance, items):
    """Means and unbiased variances (n,) of the next generation."""
    half = (items + 1) // 2
    after = []
    for i in range(len(W)):
        z = np.concatenate([[normal_pair(key, [i], 2 * k, step, replicate)[s][0] for k in range(half)] for s in (0, 1)])
        w = np.array([words(key, [i], 2 * k + 1, step, replicate)[:, 0] for k in range(half)])
        u = np.concatenate([unit(w[:, 0], w[:, 1]), unit(w[:, 2], w[:, 3])])
        x = []
        for k in range(items):
            sources, total = np.flatnonzero(W[i]), 0.0
            origin = None
            for j in sources:
                total += W[i, j]
                if origin is None and (u[k] <= total or (j == sources[-1] and W[i].sum() > 1.0 - 1e-12)):
                    origin = j
            x.append(z[k] if origin is None else mean[origin] + np.sqrt(variance[origin]) * z[k])
        after.append((np.mean(x), np.var(x, ddof=1)))
    return np.array(after).T


def collapses(W, human):
    """Closed classes without human data by reachability: no path leads from some model to one with human data."""
    n = len(W)
    reach = np.linalg.matrix_power(np.eye(n) + (W > 0.0), n) > 0.0
    return not (reach & (human > 0.0)).any(axis=1).all()
