"""Kernel density estimates refitted to items of their own, a smoothed bootstrap (MODEL 9.14)."""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log, log_in_range
from ..random.normals import normal_pair
from .gaussian import LARGEST, SMALLEST
from .kept_items import bring_rows_forward, fit
from .tails import FARTHEST, upper_tail
from .tokens import SHUFFLED, fill_units

VARIANCE, LOG_VARIANCE, SQUARE, DIVERSITY, FOUNDERS, TAIL, LOST, STILL = range(8)
MEASURES = 8
NEWEST, ALL, SAMPLE = range(3)
ZERO = np.uint64(0)
CHOSEN = np.uint64(1)


class Smoothing(NamedTuple):
    """Items that are centres: the newest generation's, all so far, or n of all so far; and the bandwidth h, or, where
    `silverman`, s (4 / (3 N))^(1/5) of N centres with the unbiased variance s^2."""

    keep: int
    h: float
    silverman: bool


@inline
def fill_normals(key, step, replicate, out, n):
    """out[:n] are N(0, 1), two of each counter."""
    for j in range((n + 1) // 2):
        out[2 * j], out[2 * j + 1] = normal_pair(key[0], key[1], np.uint64(j), ZERO, step, replicate)


FINE, COARSE = 2.0**-60, 2.0**400
"""Variances of centres, the first in squares of their mean and 1, beyond which they are seen from their mean: places
rounded to 2^-53 still have all but 2^-23 of the deviation there."""


@inline
def tail_of(centres, h, edge, origin, scale):
    """Mass beyond edge, on both sides, of normal kernels of width h around origin + scale centres (N,), times N."""
    mass = 0.0
    for j in range(centres.size):
        x = abs(origin + scale * centres[j])
        if h > 0.0:
            near, far = (edge - x) / h, (edge + x) / h
            mass += upper_tail(near) if near < FARTHEST else 0.0
            mass += upper_tail(far) if far < FARTHEST else 0.0
        else:
            mass += 1.0 if x > edge else 0.0
    return mass


@inline
def measure(model, marks, t, then, founder, counts, row):
    """Add the measures of a model (variance, its log, mean, mass in the tails) with founders (N,) of its centres to row
    (MEASURES,); counts (n_1,) is room. Returns whether it was lost at half-time.

    Diversity is the chance that two draws of a centre have different founders, the human items that they descend from.
    """
    variance, log_variance, mean, tail = model
    counts[:] = 0.0
    for j in range(founder.size):
        counts[int(founder[j])] += 1.0
    square = some = 0.0
    for i in range(counts.size):
        square += counts[i] * counts[i]
        some += 1.0 if counts[i] > 0.0 else 0.0
    size = float(founder.size)
    lost = 1.0 if mean * mean > marks.lost else 0.0
    if t == marks.half:
        then = lost
    row[VARIANCE] += variance
    row[LOG_VARIANCE] += log_variance
    row[SQUARE] += mean * mean
    row[DIVERSITY] += 1.0 - square / (size * size)
    row[FOUNDERS] += some / counts.size
    row[TAIL] += min(1.0, tail / marks.mass)
    row[LOST] += lost
    row[STILL] += lost * then
    return then


@inline
def log_variance_of(variance, spread, h, log_scale):
    """ln(variance) = ln(spread + h^2) + 2 ln(scale), which may be beyond floats; -inf of centres all alike, h = 0."""
    if SMALLEST <= variance <= LARGEST:
        return log_in_range(variance)
    inner = spread + h * h
    return (log(inner) if inner >= SMALLEST else 2.0 * log(max(h, np.sqrt(spread)))) + 2.0 * log_scale


@inline
def seen_from(centres, mean, deviation):
    """Places of centres (N,) from their mean, in standard deviations."""
    for j in range(centres.size):
        centres[j] = (centres[j] - mean) / deviation


@kernel
def density_paths(rules, marks, sizes, key, first, replicates, sums):
    """Add the measures of replicates first, first + 1, ... at generations 0..T to sums (T + 1, MEASURES).

    sizes (T,) int64: items of generations 1..T, equal but under NEWEST. A model has the variance of its centres, over
    their number, and h^2. Under NEWEST places are origin + scale x: they are seen from their mean anew where they are
    so near to each other, or so far apart, that floats would lose them.
    """
    T = sizes.size
    total = most = 0
    for t in range(T):
        total += sizes[t]
        most = max(most, sizes[t])
    items = np.empty((total, 2))  # of each its place and its founder
    counts = np.empty(sizes[0])
    units, normals = np.empty(most + 2), np.empty(most + 2)
    mean = np.empty(1)
    for r in range(replicates):
        replicate = np.uint64(first + r)
        sums[0, VARIANCE] += 1.0
        sums[0, DIVERSITY] += 1.0
        sums[0, FOUNDERS] += 1.0
        sums[0, TAIL] += 1.0
        then = 0.0
        size = low = high = 0
        h = origin = log_scale = 0.0
        scale = 1.0
        for t in range(1, T + 1):
            step = np.uint64(t)
            n = sizes[t - 1]
            fill_normals(key, step, replicate, normals, n)
            fill_units(key, CHOSEN, step, replicate, units, n)
            for j in range(n):
                if t == 1:
                    items[j, 0], items[j, 1] = normals[j], float(j)
                else:
                    centre = low + min(int(units[j] * (high - low)), high - low - 1)
                    items[size + j, 0] = items[centre, 0] + h * normals[j]
                    items[size + j, 1] = items[centre, 1]
            size += n
            low, high = size - n if rules.keep == NEWEST else 0, size
            if rules.keep == SAMPLE:
                high = n
                if t > 1:
                    fill_units(key, SHUFFLED, step, replicate, units, n)
                    bring_rows_forward(items, size, n, units)
            count = float(high - low)
            spread = fit(items[low:high], high - low, 0.0, mean)
            h = rules.h / scale
            if rules.silverman:
                h = np.sqrt(spread * count / (count - 1.0) * exp(0.4 * log(4.0 / (3.0 * count))))
            centres = items[low:high, 0]
            tail = tail_of(centres, scale * h, marks.edge, origin, scale) / count
            variance = scale * scale * (spread + h * h)
            model = variance, log_variance_of(variance, spread, h, log_scale), origin + scale * mean[0], tail
            then = measure(model, marks, t, then, items[low:high, 1], counts, sums[t])
            far = spread < FINE * (1.0 + mean[0] * mean[0]) or spread > COARSE
            deviation = np.sqrt(spread) if spread > 0.0 else h
            if rules.keep == NEWEST and far and deviation > 0.0:
                seen_from(centres, mean[0], deviation)
                origin += scale * mean[0]
                log_scale += log(deviation)
                scale = min(exp(log_scale), LARGEST)
                h /= deviation
