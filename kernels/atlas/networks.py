"""Models that train on one another's items: one generation of all of them, replicates side by side (MODEL 9.11).

Model i takes the share W_ij of its items from model j and the share 1 - sum_j W_ij from human content N(0, 1). Rows of
W stand in compressed form: the sources of model i are sources[begin[i]:begin[i + 1]].
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..random.normals import normal_pair
from ..random.philox import philox, unit

SOURCES = np.uint64(1)  # lowest bit of a block: a draw of sources, not of items


class Rows(NamedTuple):
    """Rows of W: begin (n + 1,) int64, sources (edges,) int64, weights (edges,) and their sums along each row."""

    begin: np.ndarray
    sources: np.ndarray
    weights: np.ndarray
    upto: np.ndarray


class Draw(NamedTuple):
    """Counters of a generation: key (2,) uint64, first replicate, block and step, uint64 each."""

    key: np.ndarray
    first: np.uint64
    block: np.uint64
    step: np.uint64


@inline
def read(rows, i, theta, out):
    """out (R,) becomes sum_j W_ij theta_j of theta (n, R)."""
    for r in range(out.size):
        out[r] = 0.0
    for e in range(rows.begin[i], rows.begin[i + 1]):
        weight, source = rows.weights[e], theta[rows.sources[e]]
        for r in range(out.size):
            out[r] += weight * source[r]


@inline
def linear(draw, rows, spread, theta, start, stop, out):
    """theta' = W theta + spread z, models start to stop, start even: theta, out (n, R), spread (n,)."""
    k0, k1 = draw.key[0], draw.key[1]
    R = theta.shape[1]
    one, two = np.empty(R), np.empty(R)
    for i in range(start, stop, 2):
        for r in range(R):
            one[r], two[r] = normal_pair(k0, k1, np.uint64(i // 2), draw.block, draw.step, draw.first + np.uint64(r))
        read(rows, i, theta, out[i])
        for r in range(R):
            out[i, r] += spread[i] * one[r]
        if i + 1 < stop:
            read(rows, i + 1, theta, out[i + 1])
            for r in range(R):
                out[i + 1, r] += spread[i + 1] * two[r]


@kernel
def linear_step(draw, rows, spread, theta, start, stop, out):
    """One generation of linear models start to stop, start even (see `linear`)."""
    linear(draw, rows, spread, theta, start, stop, out)


@kernel
def linear_squares(draw, rows, spread, at, theta, squares):
    """Sums over models of theta_i^2, mean over R replicates, at generations at (k,), ascending: squares (k,).

    theta (n, R) is the start; it is overwritten.
    """
    n, R = theta.shape
    other = np.empty((n, R))
    done = 0
    for t in range(at[at.size - 1]):
        now = Draw(draw.key, draw.first, draw.block, np.uint64(t))
        linear(now, rows, spread, theta, 0, n, other)
        theta, other = other, theta
        if t + 1 == at[done]:
            total = 0.0
            for i in range(n):
                for r in range(R):
                    total += theta[i, r] * theta[i, r]
            squares[done] = total / R
            done += 1


@kernel
def gaussian_step(draw, rows, items, now, start, stop, after):
    """Refit models start to stop to `items` items: mean and unbiased variance of `now` and `after`, arrays (n, R).

    An item's source is j with the chance W_ij, or human; from model j it is mean_j + sqrt(variance_j) z. The source is
    found by counting the running sums below a uniform, which needs no branch.
    """
    mean, variance = now
    out_mean, out_variance = after
    k0, k1 = draw.key[0], draw.key[1]
    half = (items + 1) // 2
    z, u = np.empty(2 * half), np.empty(2 * half)
    first_z, second_z, first_u, second_u = z[:half], z[half:], u[:half], u[half:]
    most = 0
    for i in range(start, stop):
        most = max(most, rows.begin[i + 1] - rows.begin[i])
    centre, spread = np.empty(most + 1), np.empty(most + 1)
    place = np.empty(items, np.int64)
    for i in range(start, stop):
        begin, end = rows.begin[i], rows.begin[i + 1]
        lane = np.uint64(i)
        for r in range(mean.shape[1]):
            replicate = draw.first + np.uint64(r)
            for k in range(half):
                block = np.uint64(2 * k)
                first_z[k], second_z[k] = normal_pair(k0, k1, lane, block, draw.step, replicate)
            for k in range(half):
                block = np.uint64(2 * k) | SOURCES
                w0, w1, w2, w3 = philox(k0, k1, lane, block, draw.step, replicate)
                first_u[k] = unit(w0, w1)
                second_u[k] = unit(w2, w3)
            for k in range(items):
                place[k] = 0
            for e in range(begin, end):
                centre[e - begin] = mean[rows.sources[e], r]
                spread[e - begin] = np.sqrt(variance[rows.sources[e], r])
                edge = rows.upto[e]
                for k in range(items):
                    place[k] += 1 if u[k] > edge else 0
            centre[end - begin], spread[end - begin] = 0.0, 1.0  # human items
            total = 0.0
            for k in range(items):
                z[k] = centre[place[k]] + spread[place[k]] * z[k]
                total += z[k]
            m = total / items
            squares = 0.0
            for k in range(items):
                squares += (z[k] - m) * (z[k] - m)
            out_mean[i, r] = m
            out_variance[i, r] = squares / (items - 1)


@kernel
def running_sums(begin, weights, human, upto):
    """Sums of weights along each row, up to and with each edge; 1 at the end of a row without human items."""
    for i in range(human.size):
        total = 0.0
        for e in range(begin[i], begin[i + 1]):
            total += weights[e]
            upto[e] = total
        if human[i] == 0.0:
            upto[begin[i + 1] - 1] = 1.0


@kernel
def means(x, out):
    """Means out (R,) over the models of x (n, R)."""
    n, R = x.shape
    out[:] = 0.0
    for i in range(n):
        for r in range(R):
            out[r] += x[i, r]
    for r in range(R):
        out[r] /= n


@kernel
def summary(theta, out):
    """Of theta (n, R): out[0] mean of theta_i^2, out[1] square of the mean, out[2] variance around the mean."""
    n, R = theta.shape
    means(theta, out[1])
    out[0] = 0.0
    out[2] = 0.0
    for i in range(n):
        for r in range(R):
            gap = theta[i, r] - out[1, r]
            out[0, r] += theta[i, r] * theta[i, r]
            out[2, r] += gap * gap
    for r in range(R):
        out[0, r] /= n
        out[1, r] *= out[1, r]
        out[2, r] /= n
