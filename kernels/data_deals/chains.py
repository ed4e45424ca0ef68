"""Random chains from creators' signals to what is sold in the end (MODEL 6.2).

Creators' efforts are those of the monopsonist's market (MODEL 4.1). Every stage holds an estimate of theta whose
precision Phi_k never rises; what a user can do with it, phi_k, may rise:

    I_k = ln(1 + Phi_k / tau) / 2        V_k = reach_k phi_k / (tau + phi_k)
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..creators.effort import cubic_root
from ..numerics.elementary import exp, log
from ..random.philox import philox, unit

STAGES = 4
LINKS = 3
MOST = 12
"""Creators of a chain at most."""
BLOCKS = 10
"""Philox blocks of a chain's own numbers; loadings follow."""
INFORMATION, VALUE, LINEAGE, SHARE, REPRICING = 0, 4, 8, 11, 15
COLUMNS = 16


class ChainLaw(NamedTuple):
    """Ranges that chains are drawn from: least lineage, least repricing, greatest shares, growth of reach."""

    least_lineage: float
    least_repricing: float
    most_bargaining: float
    most_outside: float
    most_reach: float


@inline
def fill_positive_units(key, lane, replicate, first, blocks, out):
    """Fill out[: 2 blocks] with uniforms of a chain on (0, 1], never 0; those of `atlas.tokens` are on [0, 1)."""
    for b in range(blocks):
        w0, w1, w2, w3 = philox(key[0], key[1], lane, np.uint64(first + b), np.uint64(0), replicate)
        out[2 * b] = unit(w0, w1)
        out[2 * b + 1] = unit(w2, w3)


@inline
def market_efforts(loading, n, v, effort):
    """Efforts e = (1 - lambda A)^2 / 2 of the monopsonist's market, g = 2, k = 1, of n creators.

    Sums over a dozen creators, one after another; `creators.effort` sums millions side by side, in another order.
    """
    c = 0.0
    for i in range(n):
        c += loading[i]
    c /= n
    sums = np.zeros(4)
    for i in range(n):
        d = loading[i] - c
        sums[0] += loading[i]
        sums[1] += loading[i] * d
        sums[2] += loading[i] * d * d
        sums[3] += loading[i] * d * d * d
    A, u = cubic_root(sums, c, v, 0.5)
    for i in range(n):
        y = u - (loading[i] - c) * A
        effort[i] = 0.5 * y * y


@inline
def precision(loading, effort, n, v):
    """Phi = sum e - (sum lambda e)^2 / (1/v + sum lambda^2 e) of the first n creators."""
    s0, s1, s2 = 0.0, 0.0, 0.0
    for i in range(n):
        s0 += effort[i]
        s1 += loading[i] * effort[i]
        s2 += loading[i] * loading[i] * effort[i]
    return s0 - s1 * s1 / (1.0 / v + s2)


@inline
def single_precision(loading, effort, n, v):
    """Mean precision e / (1 + lambda^2 v e) of one signal."""
    found = 0.0
    for i in range(n):
        found += effort[i] / (1.0 + loading[i] * loading[i] * v * effort[i])
    return found / n


@inline
def pooled_precision(loading, effort, n, v):
    """Precision of a mean that counts every item of n creators alike, S^2 / (S + v (sum lambda e)^2), S = sum e."""
    whole, common = 0.0, 0.0
    for i in range(n):
        whole += effort[i]
        common += loading[i] * effort[i]
    return whole * whole / (whole + v * common * common)


@kernel
def draw_chains(key, replicate, first, law, out):
    """Draw chains first..first + n - 1: out (n, COLUMNS) = I_0..3, V_0..3, r_1..3, g_0..3, y.

    A stage holds everything, a bundle, weights trained on it, outputs; its user reads one signal, the mean of a
    bundle's items, the best estimate after training, the one after sampling. Shares are o_G + g (1 - o_G - o_A).
    """
    a = np.empty(2 * BLOCKS)
    loading, effort = np.empty(MOST), np.empty(MOST)
    for row in range(out.shape[0]):
        lane = np.uint64(first + row)
        fill_positive_units(key, lane, replicate, 0, BLOCKS, a)
        fill_positive_units(key, lane, replicate, BLOCKS, MOST // 2, loading)
        n = 2 + int((1.0 - a[0]) * (MOST - 1))
        v, tau = exp((2.0 * a[1] - 1.0) * 2.302585092994046), exp((2.0 * a[2] - 1.0) * 2.302585092994046)
        market_efforts(loading, n, v, effort)
        whole = precision(loading, effort, n, v)
        m = max(1, int(np.ceil((0.3 + 0.7 * a[3]) * n)))
        held = precision(loading, effort, m, v)
        trained = held * (1.0 - 0.5 * a[4])
        sampled = trained * (1.0 - 0.5 * a[5])
        information = (whole, held, trained, sampled)
        usable = (single_precision(loading, effort, n, v), pooled_precision(loading, effort, m, v), trained, sampled)
        reach = 1.0
        for k in range(STAGES):
            if k > 0:
                reach *= exp(a[5 + k] * log(law.most_reach))
            out[row, INFORMATION + k] = 0.5 * log(1.0 + information[k] / tau)
            out[row, VALUE + k] = reach * usable[k] / (tau + usable[k])
        for j in range(LINKS):
            out[row, LINEAGE + j] = 1.0 - (1.0 - law.least_lineage) * a[9 + j]
        outside, other = law.most_outside * a[12], law.most_outside * a[13]
        for k in range(STAGES):
            out[row, SHARE + k] = outside + law.most_bargaining * a[14 + k] * (1.0 - outside - other)
        out[row, REPRICING] = 1.0 - (1.0 - law.least_repricing) * a[18]
