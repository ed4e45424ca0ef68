"""Slow twin of recursive linear regression: NumPy's solver on the items themselves, one fit at a time."""

import numpy as np
from naive.random import normal_pair, unit, words


def normals(key, step, replicate, count):
    return np.concatenate(normal_pair(key, np.arange((count + 1) // 2), 0, step, replicate))[:count]


def uniforms(key, step, replicate, count):
    w = words(key, np.arange((count + 1) // 2), 1, step, replicate)
    return 1.0 - np.column_stack([unit(w[0], w[1]), unit(w[2], w[3])]).ravel()[:count]


def path(key, replicate, refit):
    """Risks of one replicate, and fitted coefficients along the human ones (T, 2)."""
    w, s, ridge, keep, fresh, human = refit
    d, fitted, data, rows = w.size, w, [], []
    for t, n in enumerate(fresh):
        z = normals(key, t, replicate, n * (d + 1)).reshape(n, d + 1)
        teacher = np.where(np.arange(n)[:, None] < human[t], w, fitted)
        data.append(np.column_stack([z[:, :d], (z[:, :d] * teacher).sum(axis=1) + s * z[:, d]]))
        pool = np.concatenate(data) if keep else data[-1]
        if keep == 2:
            order = list(range(len(pool)))
            for i, u in enumerate(uniforms(key, t, replicate, fresh[0])):
                j = i + int(u * (len(pool) - i))
                order[i], order[j] = order[j], order[i]
            pool = pool[order[: fresh[0]]]
        x, y = pool[:, :d], pool[:, d]
        fitted = np.linalg.solve(x.T @ x + ridge * len(pool) * np.eye(d), x.T @ y)
        rows.append((((fitted - w) ** 2).sum(), fitted @ w))
    return np.array(rows)
