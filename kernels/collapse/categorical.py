"""Categorical content: tokens emitted and counted, sampling at a temperature, exact functionals (MODEL 1.7)."""

from typing import NamedTuple

import numpy as np

from .._jit import inner, kernel
from ..numerics.elementary import TINY, exp, log, log1p
from ..numerics.special import mixture_loss
from ..numerics.sums import LANES, fold
from ..random.alias import alias_index
from ..random.philox import philox, unit
from .gaussian_pool import LITTLE, log_mixture
from .producers import label


class AliasTables(NamedTuple):
    """Alias tables (accept, other) of human content p and of the generator q."""

    human_accept: np.ndarray
    human_other: np.ndarray
    model_accept: np.ndarray
    model_other: np.ndarray


@kernel
def emit_tokens(key, step, replicate, lane, share, items, tables, counts):
    """Emit `items` tokens of each producer and add them to counts (K,) int64; returns how many are human.

    A token is drawn from p with probability h_i, else from q. Counter: token j from block j, its origin from word 0,
    the token itself from words 1 and 2.
    """
    k0, k1 = key[0], key[1]
    human_accept, human_other, model_accept, model_other = tables
    n_human = 0
    for i in range(share.size):
        for j in range(items):
            w0, w1, w2, _ = philox(k0, k1, lane + np.uint64(i), np.uint64(j), step, replicate)
            u = 1.0 - unit(w1, w2)
            if label(w0, share[i]) != 0.0:
                n_human += 1
                counts[alias_index(u, human_accept, human_other)] += 1
            else:
                counts[alias_index(u, model_accept, model_other)] += 1
    return n_human


@kernel
def temper(f, delta, q):
    """Sample fitted frequencies f (K,) at temperature delta: q (K,) proportional to f^(1 / delta), zeros stay zero."""
    top = 0.0
    for i in range(f.size):
        top = max(top, f[i])
    lanes = np.zeros(LANES)
    for start in range(0, f.size, LANES):
        for i in range(min(LANES, f.size - start)):
            ratio = f[start + i] / top
            value = exp(log(max(ratio, TINY)) / delta) if ratio > 0.0 else 0.0
            q[start + i] = value
            lanes[i] += value
    norm = fold(lanes)
    for i in range(f.size):
        q[i] /= norm


@inner
def small_categorical_functionals(rho, p, q, out):
    """Loss and slope of `categorical_functionals` to rounding relative to themselves, as sums that do not cancel."""
    loss = np.zeros(LANES)
    slope = np.zeros(LANES)
    for start in range(0, p.size, LANES):
        for i in range(min(LANES, p.size - start)):
            pi = p[start + i]
            gap = q[start + i] - pi
            t = rho * (gap / pi)
            loss[i] += pi * mixture_loss(t) if t > -1.0 else pi
            slope[i] += gap * log1p(t) if t > -1.0 else 0.0
    out[0] = fold(loss)
    out[1] = fold(slope)


@kernel
def categorical_functionals(rho, p, q, out):
    """Functionals of the contaminated pool (1 - rho) p + rho q as exact sums; p must be positive, q may hold zeros.

    out[0] = KL(pool || p), out[1] = its derivative in rho, out[2] = I(rho), out[3] = KL(q || p),
    out[4] = total variation of q and p, out[5] = entropy of q. The first two are accurate relative to themselves.
    """
    sums = np.zeros((6, LANES))
    for start in range(0, p.size, LANES):
        for i in range(min(LANES, p.size - start)):
            pi = p[start + i]
            qi = q[start + i]
            lr = log(max(qi, TINY)) - log(pi)
            ln_g = log_mixture(rho, lr)
            pool = (1.0 - rho) * pi + rho * qi
            gap = qi - pi
            sums[0, i] += pool * ln_g
            sums[1, i] += gap * ln_g
            sums[2, i] += gap * gap / max(pool, TINY)
            sums[3, i] += qi * lr
            sums[4, i] += 0.5 * abs(gap)
            sums[5, i] -= qi * (lr + log(pi))
    for k in range(6):
        out[k] = fold(sums[k])
    if min(out[0], out[1]) < LITTLE * (1.0 + out[1]):
        small_categorical_functionals(rho, p, q, out)
