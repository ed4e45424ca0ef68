"""Slow twins of the collapse kernels: producers and their items, functionals of pools, tokens."""

import math
from itertools import pairwise

import numpy as np
from naive.random import fold, in_lanes, normal_pair, unit, words
from scipy import integrate


def cost_rank(cost_key, lanes, replicate):
    w = words(cost_key, lanes, 0, 0, replicate)
    return 1.0 - 2.0 * unit(w[0], w[1])


def revise(revision_key, cost_key, step, replicate, lane, probability, target, spread, share):
    lanes = lane + np.arange(share.size)
    w = words(revision_key, lanes, 0, step, replicate)
    best = np.clip(target - spread * cost_rank(cost_key, lanes, replicate), 0.0, 1.0)
    return np.where(unit(w[0], w[1]) <= probability, np.floor(best * 2**31 + 0.5).astype(np.uint32), share)


def share_moments(cost_key, replicate, lane, spread, share):
    h = share / 2.0**31
    e = cost_rank(cost_key, lane + np.arange(share.size), replicate) if spread else np.zeros(share.size)
    return [in_lanes(x, 512) for x in (h, h * h, e * h)]


def items(label_key, noise_key, step, replicate, lane, share, n_items, m, s, pair=normal_pair):
    """Every item: labels (M, n) bool, and y = x - m (M, n, d)."""
    lanes, d = lane + np.arange(share.size), len(m)
    w = [words(label_key, lanes, q, step, replicate) for q in range((n_items + 3) // 4)]
    human = np.concatenate(w)[:n_items] >> np.uint64(1) < share.astype(np.uint64)
    y = np.empty((n_items, share.size, d))
    for j in range(n_items):
        for k in range(d):
            z = pair(noise_key, lanes, (j // 2) * d + k, step, replicate)[j % 2]
            y[j, :, k] = np.where(human[j], z - m[k], s * z)
    return human, y


def statistics(human, y):
    """Number of human items, sum |y|^2, sum y."""
    return np.array([human.sum(), (y * y).sum(), *y.sum(axis=(0, 1))])


def statistics_in_order(human, y):
    """The same in the kernel's order of additions: pairs of items, 512 lanes, folded."""
    m_items, n, d = y.shape
    if m_items % 2:
        y = np.concatenate([y, np.zeros((1, n, d))])
    sums, square = np.zeros((d, 512)), np.zeros(512)
    for start in range(0, n, 512):
        part = y[:, start : start + 512]
        width = part.shape[1]
        for j in range(0, len(y), 2):
            for k in range(d):
                a, b = part[j, :, k], part[j + 1, :, k]
                sums[k, :width] += a + b
                square[:width] += a * a + b * b
    return np.array([float(human.sum()), fold(square), *(fold(row) for row in sums)])


def histogram(y, m, low, high, bins):
    x = (y[:, :, 0] + m[0]).ravel()
    x = x[(x >= low) & (x < high)]
    return np.bincount(np.minimum(((x - low) * (bins / (high - low))).astype(int), bins - 1), minlength=bins)


def gaussian_functionals(rho, m, s2, d=1, adaptive=True):
    """KL(pool || p), its slope and the information: adaptive quadrature (d = 1 only), or panels of Gauss-Legendre.

    Panels cut in three give the same to 1e-13, and so does adaptive quadrature on a line.
    """
    s = math.sqrt(s2)

    def integrands(x, r2, log_ring):
        """Three integrands at axial x and squared radius r2; log_ring is the log surface measure of the ring."""
        log_p = -0.5 * (x * x + r2) - 0.5 * d * np.log(2 * np.pi) + log_ring
        log_q = -0.5 * ((x - m) ** 2 + r2) / s2 - 0.5 * d * np.log(2 * np.pi * s2) + log_ring
        with np.errstate(divide="ignore"):
            log_pool = np.logaddexp(np.log1p(-rho) + log_p, np.log(rho) + log_q)
        p, q, pool = np.exp(log_p), np.exp(log_q), np.exp(log_pool)
        ln_g = log_pool - log_p
        info = (np.exp(log_q - 0.5 * log_pool) - np.exp(log_p - 0.5 * log_pool)) ** 2
        return np.array([pool * ln_g, (q - p) * ln_g, info])

    marks = sorted(
        {sign * w * c + at for w, at in ((1.0, 0.0), (s, m)) for c in (0, 1, 3, 6, 12, 24) for sign in (-1, 1)}
    )
    if d == 1 and adaptive:
        options = {"epsabs": 1e-14, "epsrel": 1e-12, "limit": 500}
        pieces = (integrate.quad_vec(lambda x: integrands(x, 0.0, 0.0), *ab, **options) for ab in pairwise(marks))
        return sum(value for value, _ in pieces)
    node, weight = np.polynomial.legendre.leggauss(24)

    def panels(edges):
        edges = np.array(edges)
        half = np.diff(edges) / 2
        return (edges[:-1, None] + half[:, None] * (node + 1)).ravel(), (half[:, None] * weight).ravel()

    x, wx = panels(marks)
    if d == 1:
        return integrands(x, 0.0, 0.0) @ wx
    radial = sorted({0.0, *(w * (math.sqrt(d - 1) + c) for w in (1.0, s) for c in (-9, -6, -3, -1, 0, 1, 3, 6, 9, 13))})
    r, wr = panels([e for e in radial if e >= 0.0])
    log_ring = math.log(2) + 0.5 * (d - 1) * math.log(math.pi) - math.lgamma(0.5 * (d - 1)) + (d - 2) * np.log(r)
    values = integrands(x[:, None], (r * r)[None, :], log_ring[None, :])
    return np.einsum("kij,i,j->k", values, wx, wr)


def temper(f, delta):
    with np.errstate(divide="ignore"):
        power = np.exp(np.log(f / f.max()) / delta)
    return power / power.sum()


def categorical_functionals(rho, p, q):
    pool = (1.0 - rho) * p + rho * q
    alive, on = pool > 0, q > 0
    ln_g = np.log(pool[alive] / p[alive])
    return np.array(
        [
            (pool[alive] * ln_g).sum(),
            ((q - p)[alive] * ln_g).sum(),
            ((q - p)[alive] ** 2 / pool[alive]).sum(),
            (q[on] * np.log(q[on] / p[on])).sum(),
            0.5 * np.abs(q - p).sum(),
            -(q[on] * np.log(q[on])).sum(),
        ]
    )


def emit_tokens(key, step, replicate, lane, share, n_items, human_table, model_table):
    counts, n_human = np.zeros(len(human_table[0]), np.int64), 0
    for j in range(n_items):
        w = words(key, lane + np.arange(share.size), j, step, replicate)
        human = w[0] >> np.uint64(1) < share.astype(np.uint64)
        n_human += int(human.sum())
        for mask, (accept, other) in ((human, human_table), (~human, model_table)):
            x = (1.0 - unit(w[1], w[2])[mask]) * len(accept)
            column = np.minimum(x.astype(int), len(accept) - 1)
            np.add.at(counts, np.where(x - column < accept[column], column, other[column]), 1)
    return n_human, counts
