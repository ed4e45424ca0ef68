"""Slow twins of the kernels of the flow: plain NumPy, one formula after the other."""

from itertools import pairwise

import numpy as np
from naive import random as naive

CHUNK, HALF = 1024, 512


def chunk_normals(key, lane, block, step, replicate, n):
    """N(0, 1) of n particles whose first pair is `lane`: particles 512 apart in a chunk of 1024 share a counter."""
    z = np.empty(n)
    for begin in range(0, n, CHUNK):
        lanes = lane + begin // 2 + np.arange(HALF)
        first, second = naive.normal_pair(key, lanes, block, step, replicate)
        both = np.concatenate([first, second])[: n - begin]
        z[begin : begin + both.size] = both
    return z


def gradient(kind, shape, x):
    """grad U of x (d, n)."""
    if kind == 1:
        g = x.copy()
        b, iw2 = shape[0]
        g[0] = 4 * b * iw2 * x[0] * (x[0] ** 2 * iw2 - 1)
        return g
    if kind == 2:
        logs = np.array([row[0] - 0.5 * row[1] * np.sum((x - row[2:, None]) ** 2, axis=0) for row in shape])
        weight = np.exp(logs - logs.max(axis=0))
        weight /= weight.sum(axis=0)
        return sum(w * row[1] * (x - row[2:, None]) for w, row in zip(weight, shape))
    if kind == 3:
        nodes = shape[0, 0] + shape[0, 1] * np.arange(int(shape[0, 2]))
        return np.interp(x, nodes, shape[1])
    return x.copy()


def value(kind, shape, x):
    """U at the columns of x (d, n), for one potential after the other."""
    rest = 0.5 * np.sum(x[1:] ** 2, axis=0)
    if kind == 1:
        b, iw2 = shape[0]
        return b * (x[0] ** 2 * iw2 - 1) ** 2 + rest
    if kind == 2:
        d = x.shape[0]
        logs = [row[0] - 0.5 * row[1] * np.sum((x - row[2:, None]) ** 2, axis=0) for row in shape]
        return 0.5 * d * np.log(2 * np.pi) - np.logaddexp.reduce(logs, axis=0)
    if kind == 3:  # U at the nearest node to the left, and Simpson's rule from there: exact for a linear slope
        nodes = shape[0, 0] + shape[0, 1] * np.arange(int(shape[0, 2]))
        left = np.clip(np.searchsorted(nodes, x[0], side="right") - 1, 0, nodes.size - 1)
        slopes = [np.interp(at, nodes, shape[1]) for at in (nodes[left], 0.5 * (nodes[left] + x[0]), x[0])]
        return shape[2, left] + (x[0] - nodes[left]) * (slopes[0] + 4 * slopes[1] + slopes[2]) / 6
    return 0.5 * x[0] ** 2 + rest


def deposit(origin, per_h, x, nodes):
    """Cubic B-splines centred on particles x (m,), summed at the nodes."""
    gap = np.abs((x[:, None] - origin) * per_h - np.arange(nodes))
    near = (4 - 6 * gap**2 + 3 * gap**3) / 6
    far = np.maximum(2 - gap, 0) ** 3 / 6
    return np.where(gap < 1, near, far)


def reflect(x, low, high):
    """Fold into [low, high] by reflecting one end at a time."""
    x = x.copy()
    while np.any((x < low) | (x > high)):
        x = np.where(x < low, 2 * low - x, x)
        x = np.where(x > high, 2 * high - x, x)
    return x


def descend(kind, shape, length, x):
    """Flow of -grad U: the double well's closed form, else Heun."""
    if kind == 1:
        b, iw2 = shape[0]
        y = x * np.exp(-length)
        growth = np.exp(4 * b * iw2 * length)
        y[0] = x[0] * growth / np.sqrt(1 + x[0] ** 2 * iw2 * (growth**2 - 1))
        return y
    g = gradient(kind, shape, x)
    return x - 0.5 * length * (g + gradient(kind, shape, x - length * g))


def advance(noise, row, potential, walls, force, mean, x):
    """Positions after one step of langevin.advance."""
    key, replicate, lane, step = noise
    kind, shape = potential
    low, high = walls
    c, a, s, pre, push, post = row
    z = np.array([chunk_normals(key, lane, k, step, replicate, x.shape[1]) for k in range(x.shape[0])])
    y = c * x + a * mean[:, None] + s * z - pre * gradient(kind, shape, x) + push * force
    if post:
        y = descend(kind, shape, post, y)
    return reflect(y, low, high) if low < high else y


def direct_pairs(precision, targets, sources):
    """Mean Gaussian-kernel force."""
    gap = targets[:, :, None] - sources[:, None, :]
    return np.mean(precision * gap * np.exp(-0.5 * precision * np.sum(gap**2, axis=0)), axis=2)


def generator(sigma, t, pull, cells, mu):
    """Dense generator Q (n, n) of the fitted finite volumes, d mu/dt = Q mu, frozen at mu."""
    x, h, u, w = cells
    n = mu.size
    v = t * u + 0.5 * pull * (x - x @ mu) ** 2
    if w.size:
        v = v + np.array([sum(w[abs(i - j)] * mu[j] for j in range(n)) for i in range(n)])
    q = np.zeros((n, n))
    for i in range(n - 1):
        z = (v[i + 1] - v[i]) / t
        right, left = (1.0, 1.0) if z == 0.0 else (z / np.expm1(z), -z / np.expm1(-z))
        for source, goal, rate in ((i, i + 1, right), (i + 1, i, left)):
            q[goal, source] += sigma * t / h**2 * rate
            q[source, source] -= sigma * t / h**2 * rate
    return q


def implicit(dt, sigma, t, pull, cells, mu):
    """One implicit Euler step of the masses."""
    return np.linalg.solve(np.eye(mu.size) - dt * generator(sigma, t, pull, cells, mu), mu)


def quantile_gap(u, left, right, v, low, high):
    """W2^2 of piecewise-linear quantile functions, segment by segment with Simpson's rule (exact for squares)."""
    knots = np.union1d(u, v)
    total = 0.0
    for a, b in pairwise(knots):
        i = min(np.searchsorted(u, 0.5 * (a + b)) - 1, left.size - 1)
        j = min(np.searchsorted(v, 0.5 * (a + b)) - 1, low.size - 1)

        def gap(s, i=i, j=j):
            p = left[i] + (right[i] - left[i]) * (s - u[i]) / (u[i + 1] - u[i])
            return p - (low[j] + (high[j] - low[j]) * (s - v[j]) / (v[j + 1] - v[j]))

        total += (b - a) * (gap(a) ** 2 + 4 * gap(0.5 * (a + b)) ** 2 + gap(b) ** 2) / 6
    return total


def jko_objective(x, step, value, before):
    """Objective of a JKO step, times M, on the unbounded line; value(x) = U."""
    a, sigma, t, pull, linear = step
    gaps = np.diff(x)
    if np.any(gaps <= 0):
        return np.inf
    entropy = -np.sum(np.log(gaps))
    spread = 0.5 * pull * np.sum((x - x.mean()) ** 2)
    return 0.5 * a * np.sum((x - before) ** 2) + sigma * (t * (np.sum(value(x)) + entropy) + spread) + linear @ x


def coupled(key, lane, start, rows, particles, potential):
    """One sample of the fine and coarse systems: (mean, second moment, variance) of both."""
    mean, s = start
    fine_rows, coarse_rows = rows
    kind, shape = potential

    def draw(step):
        pairs = [naive.normal_pair(key, [lane], p, step, 0) for p in range(particles // 2)]
        return np.ravel(pairs)

    def move(row, x, z):
        return row[0] * x + row[1] * x.mean() + row[2] * z - row[3] * gradient(kind, shape, x[None])[0]

    def seen(x):
        return np.array([x.mean(), np.mean(x**2), x.var(ddof=1)])

    x = mean + s * draw(0)
    before = x
    parts = [x[: particles // 2], x[particles // 2 :]]
    for step, row in enumerate(fine_rows):
        z = draw(step + 1)
        x = move(row, x, z)
        if step % 2:
            joined = (before + z) / np.sqrt(2)
            halves = joined[: particles // 2], joined[particles // 2 :]
            parts = [move(coarse_rows[step // 2], part, half) for part, half in zip(parts, halves)]
        before = z
    return seen(x), 0.5 * (seen(parts[0]) + seen(parts[1]))
