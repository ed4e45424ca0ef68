"""Time steps of the interacting particle system of the collapse flow (MODEL 2.4).

dX = -sigma [(1-rho) grad U(X) + rho (1-delta)(X - m)] dt + sigma kappa f(X) dt + sqrt(2 sigma (1-rho)) dB

Positions are x (d, n). The normals of a pair of particles, HALF apart in the same chunk, come from one counter:
lane = pair, block = coordinate, step, replicate.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.copies import copy_rows
from ..numerics.elementary import exp
from ..numerics.sums import fold
from ..random.normals import normal_pair
from .potential import DOUBLE_WELL, gradient

CHUNK = 1024  # particles whose scratch stays in the first-level cache; divides a block of lanes
HALF = 512


class Noise(NamedTuple):
    """Counters of a block's normals: its key, replicate, first pair and first step."""

    key: np.ndarray
    replicate: np.uint64
    lane: np.uint64
    step: np.uint64


class Scratch(NamedTuple):
    """Work space of a kick of a chunk: two gradients, a trial point, and that of the gradient itself."""

    g: np.ndarray
    g2: np.ndarray
    trial: np.ndarray
    work: np.ndarray


@inner
def draw(key, lane, block, step, replicate, n, z):
    """Normals z[:n] of a chunk of n <= CHUNK particles whose first pair is `lane`."""
    k0, k1 = key[0], key[1]
    for i in range(min(n, HALF)):
        z[i], z[HALF + i] = normal_pair(k0, k1, lane + np.uint64(i), block, step, replicate)


@kernel
def start(key, replicate, lane, mean, s, x):
    """Initial positions x (d, n) ~ N(mean, s^2 I), drawn on step 0 of a key of their own."""
    z = np.empty(CHUNK)
    for begin in range(0, x.shape[1], CHUNK):
        n = min(CHUNK, x.shape[1] - begin)
        pair = lane + np.uint64(begin // 2)
        for k in range(x.shape[0]):
            draw(key, pair, np.uint64(k), np.uint64(0), replicate, n, z)
            xk = x[k, begin : begin + n]
            for i in range(n):
                xk[i] = mean[k] + s * z[i]


@inline
def reflection(x, low, high):
    """Image of x in [low, high] under reflection at both walls, however far outside it lies."""
    width = high - low
    y = abs(x - low)
    y = y - 2.0 * width * np.floor(y / (2.0 * width))
    return low + (2.0 * width - y if y > width else y)


@inline
def linear(c, shift, s, z, x, sums):
    """x <- c x + shift + s z for a chunk of particles x (n,), which is added to the running sums."""
    for i in range(x.size):
        x[i] = c * x[i] + (shift + s * z[i])
        sums[i] += x[i]


@inner
def descend(potential, length, n, y, scratch):
    """Flow of dy/dt = -grad U over `length`, in place: exact for a double well (a Bernoulli equation), else Heun's."""
    kind, shape = potential
    g, g2, trial, work = scratch
    if kind == DOUBLE_WELL:
        iw2 = shape[0, 1]
        growth = exp(4.0 * shape[0, 0] * iw2 * length)
        spread = (growth * growth - 1.0) * iw2
        y0 = y[0]
        for i in range(n):
            y0[i] = y0[i] * growth / np.sqrt(1.0 + y0[i] * y0[i] * spread)
        fade = exp(-length)
        for k in range(1, y.shape[0]):
            yk = y[k]
            for i in range(n):
                yk[i] *= fade
        return
    gradient(potential, y, n, g, work)
    for k in range(y.shape[0]):
        yk, gk, tk = y[k], g[k], trial[k]
        for i in range(n):
            tk[i] = yk[i] - length * gk[i]
    gradient(potential, trial, n, g2, work)
    for k in range(y.shape[0]):
        yk, gk, hk = y[k], g[k], g2[k]
        for i in range(n):
            yk[i] -= 0.5 * length * (gk[i] + hk[i])


@kernel
def advance(noise, rows, potential, walls, force, mean, x, out):
    """Positions x (d, n) after one time step for each row of `rows`, in place, and the sums of their coordinates.

    A row is (c, a, s, pre, push, post):
        y = c x + a m + s z - pre grad U(x) + push f        linear part, noise and explicit drift
        x = flow of -grad U from y over `post`             the kick of the splitting step
    `force` f (d, n) is read where push is not 0. mean (d,) holds m; with several rows x must be the whole population,
    and mean is renewed after every row. out[k] = sum of x_k after the last step.
    """
    key, replicate, lane, first_step = noise
    low, high = walls
    d = x.shape[0]
    z = np.empty((d, CHUNK))
    y = np.empty((d, CHUNK))
    g = np.empty((d, CHUNK))
    trial = np.empty((d, CHUNK))
    work = np.empty((2, CHUNK))
    scratch = Scratch(g, np.empty((d, CHUNK)), trial, work)
    lanes = np.empty((d, min(CHUNK, x.shape[1])))
    for j in range(rows.shape[0]):
        c, a, s, pre, push, post = rows[j, 0], rows[j, 1], rows[j, 2], rows[j, 3], rows[j, 4], rows[j, 5]
        step = first_step + np.uint64(j)
        plain = pre == 0.0 and push == 0.0 and post == 0.0 and low >= high
        lanes[:] = 0.0
        for begin in range(0, x.shape[1], CHUNK):
            n = min(CHUNK, x.shape[1] - begin)
            pair = lane + np.uint64(begin // 2)
            old = x[:, begin : begin + n]
            if plain:
                for k in range(d):
                    draw(key, pair, np.uint64(k), step, replicate, n, z[0])
                    linear(c, a * mean[k], s, z[0], old[k], lanes[k])
                continue
            for k in range(d):
                zk, yk, xk = z[k], y[k], old[k]
                draw(key, pair, np.uint64(k), step, replicate, n, zk)
                shift = a * mean[k]
                for i in range(n):
                    yk[i] = c * xk[i] + (shift + s * zk[i])
            if pre != 0.0:
                copy_rows(old, trial[:, :n])  # contiguous rows: what LLVM vectorises
                gradient(potential, trial, n, g, work)
                for k in range(d):
                    yk, gk = y[k], g[k]
                    for i in range(n):
                        yk[i] -= pre * gk[i]
            if push != 0.0:
                for k in range(d):
                    yk, fk = y[k], force[k, begin : begin + n]
                    for i in range(n):
                        yk[i] += push * fk[i]
            if post != 0.0:
                descend(potential, post, n, y, scratch)
            if low < high:
                for k in range(d):
                    yk = y[k]
                    for i in range(n):
                        yk[i] = reflection(yk[i], low, high)
            for k in range(d):
                yk, xk, sums = y[k], old[k], lanes[k]
                for i in range(n):
                    xk[i] = yk[i]
                    sums[i] += yk[i]
        for k in range(d):
            out[k] = fold(lanes[k])
        if rows.shape[0] > 1:
            for k in range(d):
                mean[k] = out[k] / x.shape[1]


@kernel
def kick(potential, length, walls, x, out):
    """Flow of -grad U over `length` from x (d, n), in place and reflected at the walls; out[k] = sum of x_k."""
    low, high = walls
    d = x.shape[0]
    y = np.empty((d, CHUNK))
    scratch = Scratch(np.empty((d, CHUNK)), np.empty((d, CHUNK)), np.empty((d, CHUNK)), np.empty((2, CHUNK)))
    lanes = np.zeros((d, min(CHUNK, x.shape[1])))
    for begin in range(0, x.shape[1], CHUNK):
        n = min(CHUNK, x.shape[1] - begin)
        copy_rows(x[:, begin : begin + n], y[:, :n])
        descend(potential, length, n, y, scratch)
        for k in range(d):
            yk, xk, sums = y[k], x[k, begin : begin + n], lanes[k]
            for i in range(n):
                xk[i] = reflection(yk[i], low, high) if low < high else yk[i]
                sums[i] += xk[i]
    for k in range(d):
        out[k] = fold(lanes[k])


@kernel
def reflect(walls, x, out):
    """Reflection of every coordinate of x (d, n) at the walls, in place; out[k] = sum of x_k."""
    low, high = walls
    for k in range(x.shape[0]):
        lanes = np.zeros(min(CHUNK, x.shape[1]))
        for begin in range(0, x.shape[1], CHUNK):
            n = min(CHUNK, x.shape[1] - begin)
            xk = x[k, begin : begin + n]
            for i in range(n):
                xk[i] = reflection(xk[i], low, high) if low < high else xk[i]
                lanes[i] += xk[i]
        out[k] = fold(lanes)


@kernel
def scatter(mean, x, out):
    """Scatter out[0] = sum |x - mean|^2 of the columns of x (d, n), and out[1] = sum |x|^2."""
    about = np.zeros(min(CHUNK, x.shape[1]))
    square = np.zeros(min(CHUNK, x.shape[1]))
    for k in range(x.shape[0]):
        m = mean[k]
        for begin in range(0, x.shape[1], CHUNK):
            n = min(CHUNK, x.shape[1] - begin)
            xk = x[k, begin : begin + n]
            for i in range(n):
                about[i] += (xk[i] - m) * (xk[i] - m)
                square[i] += xk[i] * xk[i]
    out[0] = fold(about)
    out[1] = fold(square)


@kernel
def decays(x, out):
    """Decay factors out[i] = exp(-x[i]) for x >= 0, the coefficients of the splitting step, without libm."""
    for i in range(x.size):
        out[i] = exp(-x[i])


@kernel
def direct_pairs(precision, targets, sources, out):
    """Mean Gaussian-kernel force of all sources on each target by all pairs, O(N^2).

    out[k, i] = mean_j precision (x_i - y_j)_k exp(-precision |x_i - y_j|^2 / 2), precision = 1 / length^2.
    """
    d = targets.shape[0]
    count = sources.shape[1]
    size = 256
    square = np.empty(size)
    for begin in range(0, targets.shape[1], size):
        n = min(size, targets.shape[1] - begin)
        x = targets[:, begin : begin + n]
        f = out[:, begin : begin + n]
        f[:] = 0.0
        for j in range(count):
            square[:n] = 0.0
            for k in range(d):
                xk = x[k]
                yj = sources[k, j]
                for i in range(n):
                    square[i] += (xk[i] - yj) * (xk[i] - yj)
            for i in range(n):
                square[i] = exp(-0.5 * precision * square[i])
            for k in range(d):
                xk, fk = x[k], f[k]
                yj = sources[k, j]
                for i in range(n):
                    fk[i] += (xk[i] - yj) * square[i]
        for k in range(d):
            fk = f[k]
            for i in range(n):
                fk[i] *= precision / count
