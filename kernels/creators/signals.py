"""Signals drawn and the estimate formed from them, never more than two sums held (MODEL 4.1, 4.2).

Signal i is X_i = theta + lambda_i b + eps_i, eps_i ~ N(0, 1/e_i). The best linear unbiased estimate with
precision Phi = sum e - A sum lambda e is (sum e_i X_i - A sum lambda_i e_i X_i) / Phi (Sherman-Morrison), and
any weights w_i give an error b sum w_i lambda_i + sum w_i eps_i. theta itself cancels from an unbiased
estimate's error.
"""

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from ..random.normals import normal_pair
from ..random.philox import philox, unit

ZERO = np.uint64(0)
TWO_LANES = 2 * LANES
NORMAL = 0
TWO_VALUED = 1


@inline
def common(k0, k1, shape, spread, question, replicate):
    """The common factor b of a question: N(0, v), or +- sqrt(v) with equal chances; spread = sqrt(v)."""
    z, _ = normal_pair(k0, k1, ZERO, ZERO, question, replicate)
    if shape == TWO_VALUED:
        return spread if z > 0.0 else -spread
    return spread * z


@kernel
def signals(bias_key, noise_key, question, replicate, lane, shape, spread, theta, loading, effort, out):
    """out (n,) = the signals of creators `lane`.. about one question; a creator without effort sends 0."""
    b = common(bias_key[0], bias_key[1], shape, spread, question, replicate)
    for i in range(out.size):
        z, _ = normal_pair(noise_key[0], noise_key[1], lane + np.uint64(i), ZERO, question, replicate)
        e = effort[i]
        noise = z / np.sqrt(e) if e > 0.0 else 0.0
        out[i] = theta + loading[i] * b + noise if e > 0.0 else 0.0


@kernel
def estimates(bias_key, noise_key, start, replicate, shape, spread, theta, loading, effort, A, phi, out):
    """out (questions,) = estimates of theta from independent sets of signals, each formed and forgotten.

    A and phi stand for the weights: those of the true variance, or of one wrongly assumed.
    """
    n = loading.size
    k0, k1 = noise_key[0], noise_key[1]
    root = np.empty(n)
    for i in range(n):
        root[i] = np.sqrt(effort[i])
    first = np.empty(LANES)
    second = np.empty(LANES)
    for question in range(out.size):
        step = start + np.uint64(question)
        b = common(bias_key[0], bias_key[1], shape, spread, step, replicate)
        first[:] = 0.0
        second[:] = 0.0
        for block in range(0, n, LANES):
            lam, e, r = (
                loading[block : block + LANES],
                effort[block : block + LANES],
                root[block : block + LANES],
            )
            for i in range(e.size):
                z, _ = normal_pair(k0, k1, np.uint64(block + i), ZERO, step, replicate)
                weighted = e[i] * (theta + lam[i] * b) + r[i] * z  # e_i X_i
                first[i] += weighted
                second[i] += lam[i] * weighted
        out[question] = (fold(first) - A * fold(second)) / phi


@kernel
def group_errors(key, step, replicate, lane, questions, spread, w0, w1, lam0, lam1, sd0, sd1):
    """Sum over questions of squared errors of an estimate from two groups' pooled signals.

    A group of creators with one loading and total effort K sends, in law, one signal of precision K: error
    b (w0 lam0 + w1 lam1) + w0 eps0 + w1 eps1 with sd_j = K_j^{-1/2}. Question `lane` + i is a lane of its
    own.
    """
    k0, k1 = key[0], key[1]
    pull = spread * (w0 * lam0 + w1 * lam1)
    a0, a1 = w0 * sd0, w1 * sd1
    sums = np.zeros(TWO_LANES)
    for block in range(0, questions, TWO_LANES):
        for i in range(min(TWO_LANES, questions - block)):
            z0, z1 = normal_pair(k0, k1, lane + np.uint64(block + i), ZERO, step, replicate)
            z2, _ = normal_pair(k0, k1, lane + np.uint64(block + i), np.uint64(1), step, replicate)
            error = a0 * z0 + a1 * z1 + pull * z2
            sums[i] += error * error
    return fold(sums)


@kernel
def thresholds(key, replicate, elasticity, out):
    """out (n,) = the price at which each creator starts to take part: U^{1/x}, a supply of P^x on [0, 1]."""
    for i in range(out.size):
        w0, w1, _, _ = philox(key[0], key[1], np.uint64(i), ZERO, ZERO, replicate)
        out[i] = exp(log(unit(w0, w1)) / elasticity)
