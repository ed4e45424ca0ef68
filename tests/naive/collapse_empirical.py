"""Slow twins of empirical content: every item held, densities by SciPy, expectations by brute quadrature."""

import numpy as np
from naive import random as naive
from scipy import stats
from scipy.special import logsumexp


def items(label_key, key, step, replicate, lane, share, n_items, rows, centres, factor):
    """Every item of every producer: labels (M, n) bool and x (M, n, d)."""
    lanes, d = lane + np.arange(share.size), rows.shape[1]
    w = [naive.words(label_key, lanes, q, step, replicate) for q in range((n_items + 3) // 4)]
    human = np.concatenate(w)[:n_items] >> np.uint64(1) < share.astype(np.uint64)
    x = np.empty((n_items, share.size, d))
    for j in range(n_items):
        block = j * (1 + (d + 1) // 2)
        pick = naive.words(key, lanes, block, step, replicate)
        u = 1.0 - naive.unit(pick[0], pick[1])
        z = np.empty((share.size, d + 1))
        for k in range(0, d, 2):
            z[:, k], z[:, k + 1] = naive.normal_pair(key, lanes, block + 1 + k // 2, step, replicate)
        made = centres[(u * len(centres)).astype(int)] + z[:, :d] @ factor.T
        x[j] = np.where(human[j][:, None], rows[(u * len(rows)).astype(int)], made)
    return human, x


def sums(human, x, m):
    """Number of human items, sums of y = x - m and of its products."""
    y = (x - m).reshape(-1, len(m))
    return np.concatenate([[human.sum()], y.sum(0), (y.T @ y)[np.tril_indices(len(m))]])


def log_density(x, centres, factor):
    """Equal mixture of Gaussian kernels, by SciPy's multivariate normal."""
    law = stats.multivariate_normal(np.zeros(centres.shape[1]), factor @ factor.T)
    return logsumexp([np.atleast_1d(law.logpdf(x - c)) for c in centres], axis=0) - np.log(len(centres))


def functionals(rho, log_p, log_q, volume):
    """KL(pool || p), its slope and I from log densities on a grid of cells of equal volume."""
    p, q = np.exp(log_p), np.exp(log_q)
    pool = (1 - rho) * p + rho * q
    ln_g = np.logaddexp(np.log1p(-rho) + log_p, np.log(rho) + log_q) - log_p
    inside = pool > 1e-300
    information = np.sum((q - p)[inside] ** 2 / pool[inside])
    return volume * np.array([np.sum(pool * ln_g), np.sum((q - p) * ln_g), information])


def w2_of_gaussian(sample, m, s, cells=4000):
    """W2^2 on the line by a midpoint rule in the quantile, the same number of cells for every point."""
    u = (np.arange(len(sample) * cells) + 0.5) / (len(sample) * cells)
    return np.mean((np.repeat(np.sort(sample), cells) - m - s * stats.norm.ppf(u)) ** 2)
