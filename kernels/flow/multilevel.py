"""Coupled fine and coarse particle systems of the flow on the line, for multilevel Monte Carlo (MODEL 8).

Lanes are independent samples. The fine system has N particles and steps of h; the coarse one the same particles as two
systems of N/2 (antithetic splitting) with steps of 2 h driven by the same noise (Haji-Ali & Tempone 2018).
"""

import numpy as np

from .._jit import inline, kernel
from ..random.normals import normal_pair
from .potential import gradient

WIDTH = 64  # samples side by side


@inline
def means(x, first, last, m):
    """m[lane] = mean over the particles first <= p < last."""
    for i in range(WIDTH):
        m[i] = 0.0
    for p in range(first, last):
        for i in range(WIDTH):
            m[i] += x[0, p * WIDTH + i]
    for i in range(WIDTH):
        m[i] /= last - first


@inline
def move(row, kind, shape, first, last, x, z, m, g, work):
    """One Euler step of the particles first <= p < last towards their mean m[lane], noise z."""
    c, a, s, pre = row[0], row[1], row[2], row[3]
    for p in range(first, last):
        here = x[:, p * WIDTH : (p + 1) * WIDTH]
        noise = z[p * WIDTH : (p + 1) * WIDTH]
        if pre != 0.0:
            gradient(kind, shape, here, WIDTH, g, work)
        else:
            g[0, :] = 0.0
        for i in range(WIDTH):
            here[0, i] = c * here[0, i] + a * m[i] + s * noise[i] - pre * g[0, i]


@inline
def observe(x, first, last, weight, m, square, out):
    """Add to out (WIDTH, 3), with a weight, the systems' mean, second moment and variance (divisor: size - 1)."""
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
def samples(key, lane, mean, s, fine_rows, coarse_rows, particles, kind, shape, fine, coarse):
    """Observables of independent samples: fine (n, 3), coarse (n, 3); n is a multiple of WIDTH.

    fine_rows (steps, 6), coarse_rows (steps / 2, 6) are the coefficients of langevin.advance (Euler); with no coarse
    rows there is no coarse system. Counters: lane = sample, block = pair of particles, step 0 = start.
    """
    k0, k1 = key[0], key[1]
    size = particles * WIDTH
    x = np.empty((1, size))
    y = np.empty((1, size))
    z = np.empty(size)
    joined = np.zeros(size)
    m = np.empty(WIDTH)
    square = np.empty(WIDTH)
    g = np.empty((1, WIDTH))
    work = np.empty((2, WIDTH))
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
            move(fine_rows[step - 1], kind, shape, 0, particles, x, z, m, g, work)
            if coupled:
                if step % 2 == 1:
                    for i in range(size):
                        joined[i] = z[i]
                else:
                    for i in range(size):
                        joined[i] = (joined[i] + z[i]) * 0.70710678118654752440
                    row = coarse_rows[step // 2 - 1]
                    means(y, 0, half, m)
                    move(row, kind, shape, 0, half, y, joined, m, g, work)
                    means(y, half, particles, m)
                    move(row, kind, shape, half, particles, y, joined, m, g, work)
        observe(x, 0, particles, 1.0, m, square, fine[begin : begin + WIDTH])
        if coupled:
            observe(y, 0, half, 0.5, m, square, coarse[begin : begin + WIDTH])
            observe(y, half, particles, 0.5, m, square, coarse[begin : begin + WIDTH])
