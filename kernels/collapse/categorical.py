"""Categorical content: emission of tokens, refit at a temperature, exact functionals (MODEL 1.7)."""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from ..random.philox import philox, unit
from .gaussian_pool import log_mixture
from .producers import label


@kernel
def alias_table(p, accept, other):
    """Walker's alias table of probabilities p (K,), by Vose's algorithm: accept (K,) float64, other (K,) int64."""
    size = p.size
    small = np.empty(size, np.int64)
    large = np.empty(size, np.int64)
    n_small = 0
    n_large = 0
    for i in range(size):
        accept[i] = p[i] * size
        other[i] = i
        if accept[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        low = small[n_small]
        high = large[n_large - 1]
        other[low] = high
        accept[high] -= 1.0 - accept[low]
        if accept[high] < 1.0:
            n_large -= 1
            small[n_small] = high
            n_small += 1
    # what rounding leaves over is 1 up to rounding, but a token of probability 0 must never be drawn
    for i in range(n_small):
        if p[small[i]] > 0.0:
            accept[small[i]] = 1.0
    for i in range(n_large):
        accept[large[i]] = 1.0


@inline
def token(u, accept, other):
    """The token of a uniform u in [0, 1): its column, or the column's alias."""
    x = u * accept.size
    column = min(int(x), accept.size - 1)
    return column if x - column < accept[column] else other[column]


@kernel
def emit_tokens(key, step, replicate, lane, share, items, human_accept, human_other, model_accept, model_other, counts):
    """Emit `items` tokens of each producer and count them: counts (K,) int64 is added to.

    A token is drawn from the human table with probability h_i, else from the model's; returns how many are human.
    Counter: item j from block j, its label from word 0, its token from words 1 and 2.
    """
    k0, k1 = key[0], key[1]
    n_human = 0
    for i in range(share.size):
        for j in range(items):
            w0, w1, w2, _ = philox(k0, k1, lane + np.uint64(i), np.uint64(j), step, replicate)
            u = 1.0 - unit(w1, w2)
            if label(w0, share[i]) != 0.0:
                n_human += 1
                counts[token(u, human_accept, human_other)] += 1
            else:
                counts[token(u, model_accept, model_other)] += 1
    return n_human


@kernel
def temper(f, delta, q):
    """q (K,) proportional to f^(1 / delta): sampling a fitted distribution at temperature delta. Zeros stay zero."""
    top = 0.0
    for i in range(f.size):
        top = max(top, f[i])
    lanes = np.zeros(LANES)
    for start in range(0, f.size, LANES):
        for i in range(min(LANES, f.size - start)):
            ratio = f[start + i] / top
            value = exp(log(max(ratio, 1e-300)) / delta) if ratio > 0.0 else 0.0
            q[start + i] = value
            lanes[i] += value
    norm = fold(lanes)
    for i in range(f.size):
        q[i] /= norm


@kernel
def categorical_functionals(rho, p, q, out):
    """Exact sums over the vocabulary; p must be positive, q may hold zeros.

    out[0] = KL(pool || p), out[1] = its derivative in rho, out[2] = I(rho), out[3] = KL(q || p),
    out[4] = total variation of q and p, out[5] = entropy of q; pool = (1 - rho) p + rho q.
    """
    sums = np.zeros((6, LANES))
    for start in range(0, p.size, LANES):
        for i in range(min(LANES, p.size - start)):
            pi = p[start + i]
            qi = q[start + i]
            lr = log(max(qi, 1e-300)) - log(pi)
            ln_g = log_mixture(rho, lr)
            pool = (1.0 - rho) * pi + rho * qi
            gap = qi - pi
            sums[0, i] += pool * ln_g
            sums[1, i] += gap * ln_g
            sums[2, i] += gap * gap / max(pool, 1e-300)
            sums[3, i] += qi * lr
            sums[4, i] += 0.5 * abs(gap)
            sums[5, i] -= qi * (lr + log(pi))
    for k in range(6):
        out[k] = fold(sums[k])
