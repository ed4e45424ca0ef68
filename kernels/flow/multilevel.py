"""Coupled fine and coarse particle systems of the flow on the line, for multilevel Monte Carlo (MODEL 2.9, 8).

Lanes are independent samples. The fine system has N particles and steps of h; the coarse one the same particles as two
systems of N/2 (antithetic splitting) with steps of 2 h driven by the same noise (Haji-Ali & Tempone 2018).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inner, kernel
from ..random.normals import normal_pair
from .potential import gradient

WIDTH = 64  # samples side by side


class Start(NamedTuple):
    """Initial law N(mean, s^2) of every particle."""

    mean: float
    s: float


class Rows(NamedTuple):
    """Coefficients of the Euler steps, as in langevin.advance; without coarse rows there is no coarse system."""

    fine: np.ndarray  # (steps, 6)
    coarse: np.ndarray  # (steps / 2, 6)


class Scratch(NamedTuple):
    """Work space of the particles of one place: gradient (1, WIDTH) and its own (2, WIDTH)."""

    g: np.ndarray
    work: np.ndarray


@inner
def means(x, first, last, m):
    """Means m[lane] over the particles first <= p < last."""
    for i in range(WIDTH):
        m[i] = 0.0
    for p in range(first, last):
        for i in range(WIDTH):
            m[i] += x[0, p * WIDTH + i]
    for i in range(WIDTH):
        m[i] /= last - first


@inner
def euler_step(row, potential, first, last, x, z, m, scratch):
    """One Euler step of the particles first <= p < last, attracted by their mean m[lane], with noise z."""
    g, work = scratch
    c, a, s, pre = row[0], row[1], row[2], row[3]
    for p in range(first, last):
        here = x[:, p * WIDTH : (p + 1) * WIDTH]
        noise = z[p * WIDTH : (p + 1) * WIDTH]
        if pre != 0.0:
            gradient(potential, here, WIDTH, g, work)
        else:
            g[0, :] = 0.0
        for i in range(WIDTH):
            here[0, i] = c * here[0, i] + a * m[i] + s * noise[i] - pre * g[0, i]


@inner
def observe(x, first, last, weight, m, square, out):
    """Add to out (WIDTH, 3) the mean, second moment and variance (divisor: size - 1) of the systems, times a weight."""
    means(x, first, last, m)
    for i in range(WIDTH):
        square[i] = 0.0
    for p in range(first, last):
        for i in range(WIDTH):
            gap = x[0, p * WIDTH + i] - m[i]
            square[i] += gap * gap
    count = last - first
    for i in range(WIDTH):
        out[i, 0] += weight * m[i]
        out[i, 1] += weight * (square[i] / count + m[i] * m[i])
        out[i, 2] += weight * square[i] / (count - 1)


@kernel
def samples(key, lane, start, rows, particles, potential, fine, coarse):
    """Mean, second moment and variance of independent samples, fine (n, 3) and coarse (n, 3); WIDTH divides n.

    Counters: lane = sample, block = pair of particles, step 0 = start.
    """
    mean, s = start
    fine_rows, coarse_rows = rows
    k0, k1 = key[0], key[1]
    size = particles * WIDTH
    x = np.empty((1, size))
    y = np.empty((1, size))
    z = np.empty(size)
    joined = np.zeros(size)
    m = np.empty(WIDTH)
    square = np.empty(WIDTH)
    scratch = Scratch(np.empty((1, WIDTH)), np.empty((2, WIDTH)))
    coupled = coarse_rows.shape[0] > 0
    half = particles // 2
    zero = np.uint64(0)
    fine[:] = 0.0
    coarse[:] = 0.0
    for begin in range(0, fine.shape[0], WIDTH):
        base = lane + np.uint64(begin)
        for step in range(fine_rows.shape[0] + 1):
            for p in range(half):
                a = z[2 * p * WIDTH : (2 * p + 1) * WIDTH]
                b = z[(2 * p + 1) * WIDTH : (2 * p + 2) * WIDTH]
                for i in range(WIDTH):
                    a[i], b[i] = normal_pair(k0, k1, base + np.uint64(i), np.uint64(p), np.uint64(step), zero)
            if step == 0:
                for i in range(size):
                    x[0, i] = mean + s * z[i]
                    y[0, i] = x[0, i]
                continue
            means(x, 0, particles, m)
            euler_step(fine_rows[step - 1], potential, 0, particles, x, z, m, scratch)
            if coupled:
                if step % 2 == 1:
                    for i in range(size):
                        joined[i] = z[i]
                else:
                    for i in range(size):
                        joined[i] = (joined[i] + z[i]) * 0.70710678118654752440
                    row = coarse_rows[step // 2 - 1]
                    means(y, 0, half, m)
                    euler_step(row, potential, 0, half, y, joined, m, scratch)
                    means(y, half, particles, m)
                    euler_step(row, potential, half, particles, y, joined, m, scratch)
        observe(x, 0, particles, 1.0, m, square, fine[begin : begin + WIDTH])
        if coupled:
            observe(y, 0, half, 0.5, m, square, coarse[begin : begin + WIDTH])
            observe(y, half, particles, 0.5, m, square, coarse[begin : begin + WIDTH])
