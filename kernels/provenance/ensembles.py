"""Ensembles of pools drawn and estimated in one go: no item is kept beyond its data set (MODEL 3.1, 3.2).

Items of a data set are exchangeable, so the number of synthetic ones is drawn first (binomial) and they stand first.
Data set k is a pure function of (key, step, k): counter (lane of the pair of items, block of the coordinate, step, k).
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..random.alias import alias_index
from ..random.normals import normal_pair
from ..random.philox import philox, unit
from ..random.variates import binomial, multinomial
from .likelihood import contrast, expectation_maximisation, log_likelihood, maximum, moment, one_step, score_sums
from .stochastic_newton import LARGEST, STATE, begin, finish, read

LABEL = np.uint64(2**32 - 1)  # the lane of a data set's binomial; pairs of items use lanes below 2^31
ZERO = np.uint64(0)
HALF = 512
COLUMNS = 12  # of an estimated data set, see `estimate_set`


@inline
def watermark_ratio(z, w, strip):
    """ln of the density ratio of a watermark score z: (strip N(0,1) + (1 - strip) N(w,1)) / N(0,1)."""
    a = w * z - 0.5 * w * w
    top = max(a, 0.0)
    return top + log(max(strip * exp(-top) + (1.0 - strip) * exp(a - top), 1e-300))


@kernel
def draw_gaussian(key, step, replicate, rho, m, s2, d, w, strip, t):
    """Contrasts t (n,) of a pool of (1 - rho) N(0, I_d) + rho N(m e_0, s2 I_d); returns its synthetic items.

    w > 0 adds a watermark score per item: N(w, 1) where synthetic and not stripped (probability strip), else N(0, 1).
    """
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


@kernel
def estimate_set(t, c, rho, mean_p, mean_q, em_limit, tolerance, row):
    """Every estimator of one data set; row (COLUMNS,).

    0 mle, 1 one step from the clipped moment estimate, 2 moment (not clipped), 3 its variance per item, 4 EM (NaN
    where em_limit is 0), 5 information per item at the mle, 6 log likelihood at the mle less at the true rho,
    7 passes of Newton, 8 passes of EM, 9 score at the mle (0 inside), 10 log likelihood at the mle, 11 score at the
    true rho.
    """
    sums = np.empty(3)
    n = float(t.size) if c.size == 0 else np.sum(c)
    theta, passes = maximum(t, c, tolerance, sums)
    row[0] = 0.5 + 0.5 * theta
    row[5] = 4.0 * sums[1] / n
    row[7] = passes
    row[9] = 2.0 * sums[0]
    row[10] = log_likelihood(theta, t, c)
    row[6] = row[10] - log_likelihood(2.0 * rho - 1.0, t, c)
    moment(t, c, mean_p, mean_q, row[2:4])
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
def gaussian_ensemble(key, step, first, rho, m, s2, d, w, strip, means, em_limit, tolerance, t, out):
    """Draw and estimate data sets first, first + 1, ...: out (sets, COLUMNS); t (n,) is room for one.

    means (2,) = mean contrast under p and q, the calibration of the moment estimator.
    """
    none = np.empty(0)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), rho, m, s2, d, w, strip, t)
        estimate_set(t, none, rho, means[0], means[1], em_limit, tolerance, out[k])


@kernel
def gaussian_mle(key, step, first, rho, m, s2, d, w, strip, tolerance, t, out):
    """The same data sets, maximum likelihood alone: out (sets, 2) = mle of rho, information per item at it."""
    none = np.empty(0)
    sums = np.empty(3)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), rho, m, s2, d, w, strip, t)
        theta, _ = maximum(t, none, tolerance, sums)
        out[k, 0] = 0.5 + 0.5 * theta
        out[k, 1] = 4.0 * sums[1] / t.size


@kernel
def gaussian_stochastic(key, step, first, rho, m, s2, d, w, strip, start, rate, power, t, out):
    """The same data sets, PMIR's estimator from `start`: out (sets, 2) as `gaussian_mle`; `rate` as `scoring` wants."""
    u, state, scores, found = np.empty(LARGEST, np.float32), np.empty(STATE), np.empty(3), np.empty(4)
    for k in range(out.shape[0]):
        draw_gaussian(key, step, np.uint64(first + k), rho, m, s2, d, w, strip, t)
        shuffle(key, step, np.uint64(first + k), t)
        batch, passes = begin(t.size, start, state)
        for begun in range(0, t.size, LARGEST):
            size = min(LARGEST, t.size - begun)
            for j in range(size):
                u[j] = np.float32(2.0 * t[begun + j] / (1.0 - t[begun + j]))
            read(u[:size], batch, passes, rate, power, state, scores)
        finish(t.size, state, found)
        out[k, 0] = min(max(found[0], 0.0), 1.0)
        out[k, 1] = found[1]


@kernel
def shuffle(key, step, replicate, t):
    """Fisher-Yates: for estimators that read items in turn."""
    lane = np.uint64(2**31)
    for j in range(t.size - 1, 0, -1):
        w0, w1, _, _ = philox(key[0], key[1], lane + np.uint64(j), ZERO, step, replicate)
        i = min(int((1.0 - unit(w0, w1)) * (j + 1)), j)
        t[i], t[j] = t[j], t[i]


@kernel
def categorical_ensemble(key, step, first, rho, p, q, n, means, em_limit, tolerance, out):
    """Data sets of n tokens with frequencies (1 - rho) p + rho q as counts: a cost that does not depend on n."""
    t = np.empty(p.size)
    pool = np.empty(p.size)
    for i in range(p.size):
        t[i] = (q[i] - p[i]) / (q[i] + p[i]) if p[i] + q[i] > 0.0 else 0.0
        pool[i] = (1.0 - rho) * p[i] + rho * q[i]
    counts = np.empty(p.size)
    for k in range(out.shape[0]):
        counts[:] = 0.0
        multinomial(key, step, np.uint64(first + k), ZERO, float(n), pool, counts)
        estimate_set(t, counts, rho, means[0], means[1], em_limit, tolerance, out[k])


@kernel
def draw_tokens(key, step, replicate, rho, ratio, human, model, w, strip, t):
    """Contrasts t (n,) of a pool of tokens with a watermark score each; returns its synthetic tokens.

    `human` and `model` are alias tables (accept, other), ratio (K,) = ln(q / p); scores as in `draw_gaussian`. Counter:
    lane of the token, its own draw from block 0, its score from blocks 1 and 2.
    """
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
def token_ensemble(key, step, first, rho, ratio, human, model, w, strip, means, em_limit, tolerance, t, out):
    """Data sets of marked tokens, as `gaussian_ensemble`; content as `draw_tokens`."""
    none = np.empty(0)
    for k in range(out.shape[0]):
        draw_tokens(key, step, np.uint64(first + k), rho, ratio, human, model, w, strip, t)
        estimate_set(t, none, rho, means[0], means[1], em_limit, tolerance, out[k])
