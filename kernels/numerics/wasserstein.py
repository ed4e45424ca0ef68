"""Optimal transport on the line: squared Wasserstein-2 distances by quantile functions (MODEL 2.7)."""

import numpy as np

from .._jit import inline, inner, kernel
from .elementary import exp
from .special import DENSITY_AT_0, normal_quantile
from .sums import BLOCK, HALF, LANES, LEVELS, ROWS, carried, carry, fold
from .vectors import load
from .vectors import total as vector_total


@inline
def block_gap(a, b, start, rows):
    """Sum of (a_i - b_i)^2 over the items from `start` on, `rows` rows of 64 interleaved sums, zeros beyond the end."""
    one = load(a, start) - load(b, start)
    two = load(a, start + HALF) - load(b, start + HALF)
    first, second = one * one, two * two
    for row in range(1, rows):
        one = load(a, start + row * LANES) - load(b, start + row * LANES)
        two = load(a, start + row * LANES + HALF) - load(b, start + row * LANES + HALF)
        first += one * one
        second += two * two
    return vector_total(first + second)


@kernel
def squared_gap(a, b):
    """W2^2 of two sorted samples of one size n: the mean of (a_i - b_i)^2, in a fixed order."""
    levels = np.empty(LEVELS)
    whole = a.size // BLOCK
    for block in range(whole):
        carry(levels, block, block_gap(a, b, block * BLOCK, ROWS))
    left = a.size - whole * BLOCK
    if left > 0:
        carry(levels, whole, block_gap(a, b, whole * BLOCK, (left + LANES - 1) // LANES))
    return carried(levels, (a.size + BLOCK - 1) // BLOCK, 0.0) / a.size


@kernel
def quantile_gap(u, left, right, v, low, high):
    """W2^2 of two measures on the line given by piecewise-linear quantile functions, exactly.

    The first function runs linearly from left[i] to right[i] over [u[i], u[i + 1]]; the second likewise with v, low,
    high. u and v rise from 0 to 1; empty pieces are allowed. A sample is n pieces with left = right = sorted values.
    """
    lanes = np.zeros(LANES)
    levels = np.empty(LEVELS)
    i = 0
    j = 0
    begin = 0.0
    piece = 0
    while i < left.size and j < low.size:
        end = min(u[i + 1], v[j + 1])
        length = end - begin
        if length > 0.0:
            du = u[i + 1] - u[i]
            dv = v[j + 1] - v[j]
            slope_a = (right[i] - left[i]) / du
            slope_b = (high[j] - low[j]) / dv
            p = (left[i] + slope_a * (begin - u[i])) - (low[j] + slope_b * (begin - v[j]))
            q = (left[i] + slope_a * (end - u[i])) - (low[j] + slope_b * (end - v[j]))
            lanes[piece % LANES] += length * (p * p + p * q + q * q) / 3.0
            piece += 1
            if piece % BLOCK == 0:
                carry(levels, piece // BLOCK - 1, fold(lanes))
                lanes[:] = 0.0
            begin = end
        step_a = u[i + 1] <= end
        step_b = v[j + 1] <= end
        i += 1 if step_a else 0
        j += 1 if step_b else 0
    return carried(levels, piece // BLOCK, fold(lanes))


@kernel
def project(direction, x, out):
    """Projections out[i] = direction . x[:, i] of the columns of x (d, n)."""
    out[:] = 0.0
    for k in range(x.shape[0]):
        xk = x[k]
        weight = direction[k]
        for i in range(out.size):
            out[i] += weight * xk[i]


@kernel
def normal_pieces(out):
    """Integrals out[i] of the standard normal quantile function over [i / n, (i + 1) / n], i < n; they sum to 0."""
    n = out.size
    below = 0.0
    for i in range(n):
        above = 0.0
        if i + 1 < n:
            z = normal_quantile((i + 1.0) / n)
            above = exp(-0.5 * z * z) * DENSITY_AT_0
        out[i] = below - above
        below = above


@inner
def gaussian_gap(sample, pieces, m, s):
    """W2^2 of N(m, s^2) and a sorted sample (n,) on the line, exactly; `pieces` from `normal_pieces`."""
    lanes = np.empty(LANES)
    levels = np.empty(LEVELS)
    for begin in range(0, sample.size, BLOCK):
        lanes[:] = 0.0
        for i in range(begin, min(begin + BLOCK, sample.size)):
            y = sample[i] - m
            lanes[i % LANES] += y * y / sample.size - 2.0 * s * y * pieces[i]
        carry(levels, begin // BLOCK, fold(lanes))
    return max(carried(levels, (sample.size + BLOCK - 1) // BLOCK, 0.0) + s * s, 0.0)


@kernel
def sliced_gaussian_gap(directions, samples, pieces, m, factor, out):
    """W2^2 out[i] of N(m, factor factor^T) and a sample (n, d), both projected on directions[i].

    samples (L, n) holds the projections of the sample, each sorted.
    """
    d = m.size
    for i in range(out.size):
        centre = 0.0
        square = 0.0
        for j in range(d):
            centre += directions[i, j] * m[j]
            length = 0.0
            for k in range(j, d):
                length += directions[i, k] * factor[k, j]
            square += length * length
        out[i] = gaussian_gap(samples[i], pieces, centre, np.sqrt(square))
