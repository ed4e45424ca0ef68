"""Ensembles of simulated pools, drawn and estimated one by one: no item outlives its data set (MODEL 3.1, 3.2).

Items of a data set are exchangeable, so the number of synthetic ones is drawn first (binomial) and they come first.
Data set k is a pure function of (key, step, k): counter (lane of the pair of items, block of the coordinate, step, k).
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import TINY, exp, log
from ..numerics.float32 import FARTHEST
from ..numerics.sums import running
from ..random.alias import alias_index
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from ..random.shuffle import partner
from ..random.variates import binomial, multinomial
from .likelihood import contrast, expectation_maximisation, log_likelihood, maximum, moment, one_step, score_sums
from .stochastic_newton import LARGEST, ROOM, STATE, begin, finish, read

LABEL = np.uint64(2**32 - 1)  # lane of a data set's binomial variate; pairs of items use lanes below 2^31
ZERO = np.uint64(0)
HALF = 512  # pairs of items drawn at a time
LARGEST_RATIO = float(np.float32(np.exp(FARTHEST)))  # of q / p - 1, as of `expm1_singles`
COLUMNS = 12  # of an estimated data set, see `estimate_set`


class GaussianPool(NamedTuple):
    """Law of a pool's items: (1 - rho) N(0, I_d) + rho N(m e_0, s2 I_d), with a watermark score where w > 0.

    The score is N(w, 1) where an item is synthetic and its mark not stripped (probability strip), else N(0, 1).
    """

    rho: float
    m: float
    s2: float
    d: int
    w: float
    strip: float


class TokenPool(NamedTuple):
    """Law of a pool of n tokens without a mark: frequencies (1 - rho) p + rho q, vectors (K,)."""

    rho: float
    p: np.ndarray
    q: np.ndarray
    n: int


class MarkedTokenPool(NamedTuple):
    """Law of a pool of tokens with a watermark score each, as in `GaussianPool`.

    ratio (K,) = ln(q / p); `human` and `model` are alias tables (accept, other) of p and q.
    """

    rho: float
    ratio: np.ndarray
    human: tuple[np.ndarray, np.ndarray]
    model: tuple[np.ndarray, np.ndarray]
    w: float
    strip: float


class Estimation(NamedTuple):
    """Settings of the estimators of a data set.

    mean_p and mean_q are the mean contrasts under p and q, which calibrate the moment estimator; em_limit is the
    largest number of EM passes (0: no EM), tolerance the largest error of theta.
    """

    mean_p: float
    mean_q: float
    em_limit: int
    tolerance: float


@inline
def watermark_ratio(z, w, strip):
    """Log likelihood ratio of a watermark score z: ln of (strip N(0, 1) + (1 - strip) N(w, 1)) / N(0, 1)."""
    a = w * z - 0.5 * w * w
    top = max(a, 0.0)
    return top + log(max(strip * exp(-top) + (1.0 - strip) * exp(a - top), TINY))


@inner
def draw_gaussian(key, step, replicate, pool, t):
    """Draw the contrasts t (n,) of a `GaussianPool`; returns the number of synthetic items."""
    rho, m, s2, d, w, strip = pool.rho, pool.m, pool.s2, pool.d, pool.w, pool.strip
    k0, k1 = key[0], key[1]
    synthetic = int(binomial(k0, k1, LABEL, step, replicate, float(t.size), rho))
    s = np.sqrt(s2)
    shift = -0.5 * d * log(s2)
    half_gap = 0.5 - 0.5 / s2
    first = np.empty(HALF)
    second = np.empty(HALF)
    for start in range(0, t.size, 2 * HALF):
        n = min(2 * HALF, t.size - start)
        pairs = (n + 1) // 2
        lane = np.uint64(start // 2)
        a_end = synthetic - start
        b_end = a_end - pairs
        for i in range(pairs):
            a, b = normal_pair(k0, k1, lane + np.uint64(i), ZERO, step, replicate)
            xa = m + s * a if i < a_end else a
            xb = m + s * b if i < b_end else b
            za = (xa - m) / s
            zb = (xb - m) / s
            first[i] = 0.5 * (xa * xa - za * za) + shift
            second[i] = 0.5 * (xb * xb - zb * zb) + shift
        for k in range(1, d):
            for i in range(pairs):
                a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(k), step, replicate)
                first[i] += half_gap * (a * a) * (s2 if i < a_end else 1.0)
                second[i] += half_gap * (b * b) * (s2 if i < b_end else 1.0)
        if w > 0.0:
            for i in range(pairs):
                a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(d), step, replicate)
                w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(i), np.uint64(d + 1), step, replicate)
                a += w if i < a_end and unit(w0, w1) > strip else 0.0
                b += w if i < b_end and unit(w2, w3) > strip else 0.0
                first[i] += watermark_ratio(a, w, strip)
                second[i] += watermark_ratio(b, w, strip)
        for i in range(pairs):
            t[start + i] = contrast(first[i])
        for i in range(n - pairs):
            t[start + pairs + i] = contrast(second[i])
    return synthetic


@inner
def estimate_set(t, c, rho, estimation, row):
    """Apply every estimator to one data set, whose true contamination is rho: row (COLUMNS,).

    0 MLE, 1 one step from the clipped moment estimate, 2 moment (not clipped), 3 its variance per item, 4 EM (NaN
    where em_limit is 0), 5 information per item at the MLE, 6 log likelihood at the MLE less that at the true rho,
    7 passes of Newton, 8 passes of EM, 9 score at the MLE (0 inside (0, 1)), 10 log likelihood at the MLE, 11 score at
    the true rho.
    """
    tolerance, em_limit = estimation.tolerance, estimation.em_limit
    sums = np.empty(3)
    n = float(t.size) if c.size == 0 else running(c)
    theta, passes = maximum(t, c, tolerance, sums)
    row[0] = 0.5 + 0.5 * theta
    row[5] = 4.0 * sums[1] / n
    row[7] = passes
    row[9] = 2.0 * sums[0]
    row[10] = log_likelihood(theta, t, c)
    row[6] = row[10] - log_likelihood(2.0 * rho - 1.0, t, c)
    moment(t, c, estimation.mean_p, estimation.mean_q, row[2:4])
    row[1] = 0.5 + 0.5 * one_step(t, c, min(max(2.0 * row[2] - 1.0, -1.0), 1.0), sums)
    score_sums(2.0 * rho - 1.0, t, c, sums)
    row[11] = 2.0 * sums[0]
    row[4] = np.nan
    row[8] = 0.0
    if em_limit > 0:
        fixed, passes = expectation_maximisation(t, c, 0.0, tolerance, em_limit)
        row[4] = 0.5 + 0.5 * fixed
        row[8] = passes


@kernel
def gaussian_ensemble(key, step, first, pool, estimation, t, out):
    """Draw data sets first, first + 1, ... of a `GaussianPool`, and estimate each: out (sets, COLUMNS).

    t (n,) is workspace for one data set.
    """
    none = np.empty(0)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), pool, t)
        estimate_set(t, none, pool.rho, estimation, out[k])


@kernel
def gaussian_mle(key, step, first, pool, tolerance, t, out):
    """Maximum-likelihood estimates alone, of the data sets of `gaussian_ensemble`, to an error of `tolerance` in theta.

    out (sets, 2) = estimate of rho, information per item at it.
    """
    none = np.empty(0)
    sums = np.empty(3)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), pool, t)
        theta, _ = maximum(t, none, tolerance, sums)
        out[k, 0] = 0.5 + 0.5 * theta
        out[k, 1] = 4.0 * sums[1] / t.size


@kernel
def gaussian_stochastic(key, step, first, pool, start, gains, t, out):
    """PMIR's estimator from `start`, of the data sets of `gaussian_ensemble`: out (sets, 2) as `gaussian_mle`."""
    u, state, room, found = np.empty(LARGEST, np.float32), np.empty(STATE), np.empty(ROOM), np.empty(4)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), pool, t)
        shuffle_items(key, step, np.uint64(first + k), t)
        begin(start, state)
        for begun in range(0, t.size, LARGEST):
            size = min(LARGEST, t.size - begun)
            for j in range(size):
                u[j] = np.float32(min(2.0 * t[begun + j] / (1.0 - t[begun + j]), LARGEST_RATIO))
            read(u[:size], gains, state, room)
        finish(t.size, state, found)
        out[k, 0] = min(max(found[0], 0.0), 1.0)
        out[k, 1] = found[1]


@inner
def shuffle_items(key, step, replicate, t):
    """Fisher-Yates shuffle of t, for estimators that read items in turn."""
    lane = np.uint64(2**31)
    for j in range(t.size - 1, 0, -1):
        w0, w1, _, _ = philox(key[0], key[1], lane + np.uint64(j), ZERO, step, replicate)
        i = partner(1.0 - unit(w0, w1), 0, j + 1)
        t[i], t[j] = t[j], t[i]


@kernel
def categorical_ensemble(key, step, first, tokens, estimation, out):
    """Draw data sets of a `TokenPool` as counts, at a cost independent of n, and estimate each."""
    rho, p, q, n = tokens.rho, tokens.p, tokens.q, tokens.n
    t = np.empty(p.size)
    pool = np.empty(p.size)
    for i in range(p.size):
        t[i] = (q[i] - p[i]) / (q[i] + p[i]) if p[i] + q[i] > 0.0 else 0.0
        pool[i] = (1.0 - rho) * p[i] + rho * q[i]
    counts = np.empty(p.size)
    for k in range(out.shape[0]):
        counts[:] = 0.0
        multinomial(key, step, np.uint64(first + k), ZERO, float(n), pool, counts)
        estimate_set(t, counts, rho, estimation, out[k])


@inner
def draw_tokens(key, step, replicate, pool, t):
    """Draw the contrasts t (n,) of a `MarkedTokenPool`; returns the number of synthetic tokens.

    Counter: lane of the token; the token itself from block 0, its score from blocks 1 and 2.
    """
    rho, ratio, human, model, w, strip = pool.rho, pool.ratio, pool.human, pool.model, pool.w, pool.strip
    k0, k1 = key[0], key[1]
    synthetic = int(binomial(k0, k1, LABEL, step, replicate, float(t.size), rho))
    for j in range(t.size):
        lane = np.uint64(j)
        w0, w1, _, _ = philox(k0, k1, lane, ZERO, step, replicate)
        u = 1.0 - unit(w0, w1)
        k = alias_index(u, model[0], model[1]) if j < synthetic else alias_index(u, human[0], human[1])
        z, _ = normal_pair(k0, k1, lane, np.uint64(1), step, replicate)
        w0, w1, _, _ = philox(k0, k1, lane, np.uint64(2), step, replicate)
        z += w if j < synthetic and unit(w0, w1) > strip else 0.0
        t[j] = contrast(ratio[k] + watermark_ratio(z, w, strip))
    return synthetic


@kernel
def token_ensemble(key, step, first, pool, estimation, t, out):
    """Draw data sets of a `MarkedTokenPool` and estimate each, as `gaussian_ensemble`."""
    none = np.empty(0)
    for k in range(out.shape[0]):
        draw_tokens(key, step, np.uint64(first + k), pool, t)
        estimate_set(t, none, pool.rho, estimation, out[k])
