"""Models whose items are all kept, refitted to as many as at first, drawn from them without replacement (MODEL 9.12).

Samples of a pool share items: no sum stands for them, so that items are kept one by one.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from ..random.shuffle import partner
from ..random.variates import poisson
from .draws import LANES
from .gaussian import MEASURES as MEASURES
from .gaussian import measure
from .law_numbers import EXPONENTIAL, NORMAL, POISSON
from .tokens import SHUFFLED, fill_units

ZERO = np.uint64(0)


class Kept(NamedTuple):
    """A law of items, by its number, with mean theta; items n of a generation, dimensions d; the divisor n - offset."""

    kind: int
    theta: float
    n: int
    d: int
    offset: float


@inline
def bring_rows_forward(items, size, n, units):
    """`random.shuffle.bring_forward` for items of several coordinates, (N, d)."""
    for j in range(n):
        other = partner(units[j], j, size)
        for k in range(items.shape[1]):
            items[j, k], items[other, k] = items[other, k], items[j, k]


@inline
def emit_normal(k0, k1, step, replicate, mean, deviation, new):
    """Items new (n, d) of N(mean, deviation^2 I), mean (d,): two of each counter."""
    n, d = new.shape
    z = new.reshape(n * d)
    for pair in range(z.size // 2):
        z[2 * pair], z[2 * pair + 1] = normal_pair(k0, k1, np.uint64(pair), ZERO, step, replicate)
    if z.size % 2 == 1:
        z[z.size - 1], _ = normal_pair(k0, k1, np.uint64(z.size // 2), ZERO, step, replicate)
    for j in range(n):
        for k in range(d):
            new[j, k] = mean[k] + deviation * new[j, k]


@inline
def emit_family(k0, k1, step, replicate, kind, theta, new):
    """Items new (n, 1) of a law with one parameter, its mean theta: one of each counter."""
    for j in range(new.shape[0]):
        if kind == POISSON:
            new[j, 0] = poisson(k0, k1, np.uint64(j), step, replicate, theta)
        else:
            w0, w1, _, _ = philox(k0, k1, np.uint64(j), ZERO, step, replicate)
            u = unit(w0, w1)
            new[j, 0] = -theta * log(u) if kind == EXPONENTIAL else (1.0 if u <= theta else 0.0)


@inline
def fit(items, n, offset, mean):
    """Fill the mean (d,) of items[:n], and return the scatter of a coordinate over n - offset.

    Sums are taken from the first item on: the scatter of items that are all alike is exactly 0.
    """
    d = mean.size
    for k in range(d):
        total = 0.0
        for j in range(n):
            total += items[j, k] - items[0, k]
        mean[k] = items[0, k] + total / n
    scatter = 0.0
    for k in range(d):
        for j in range(n):
            gap = items[j, k] - mean[k]
            scatter += gap * gap
    return scatter / (d * (n - offset))


@kernel
def kept_paths(family, key, first, paths):
    """Fill paths (2, T + 1, R): the mean, in d > 1 dimensions its length, and the variance of items of the model.

    Row r is replicate first + r; generation 0 stands in paths already.
    """
    T = paths.shape[1] - 1
    n, d = family.n, family.d
    items = np.empty((n * T, d))
    units = np.empty(n + 2)
    mean = np.empty(d)
    for r in range(paths.shape[2]):
        replicate = np.uint64(first + r)
        for k in range(d):
            mean[k] = family.theta
        s2 = 1.0
        for t in range(1, T + 1):
            step = np.uint64(t)
            new = items[n * (t - 1) : n * t]
            if family.kind == NORMAL:
                emit_normal(key[0], key[1], step, replicate, mean, np.sqrt(s2), new)
            else:
                emit_family(key[0], key[1], step, replicate, family.kind, mean[0], new)
            if t > 1:
                fill_units(key, SHUFFLED, step, replicate, units, n)
                bring_rows_forward(items, n * t, n, units)
            s2 = fit(items, n, family.offset, mean)
            square = 0.0
            for k in range(d):
                square += mean[k] * mean[k]
            paths[0, t, r] = mean[0] if d == 1 else np.sqrt(square)
            paths[1, t, r] = s2


@kernel
def measure_paths(paths, marks, d, sums):
    """Add the measures of Gaussian models, paths (2, T + 1, R), to sums (T + 1, MEASURES)."""
    room = np.zeros((5, LANES))
    then, folds, scale = np.zeros(LANES), np.zeros(LANES), np.ones(LANES)
    for start in range(0, paths.shape[2], LANES):
        stop = min(start + LANES, paths.shape[2])
        room[:] = 0.0
        for t in range(paths.shape[1]):
            m, s2 = paths[0, t, start:stop], paths[1, t, start:stop]
            models = m, s2, folds[: stop - start], scale[: stop - start]
            measure(models, marks, then[: stop - start], sums[t], t, d, room)
