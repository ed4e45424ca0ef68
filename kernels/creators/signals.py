"""Signals drawn, and the estimate formed from them with only two sums in memory (MODEL 4.1, 4.2).

Signal i is X_i = theta + lambda_i b + eps_i, eps_i ~ N(0, 1/e_i). The best linear unbiased estimate with
precision Phi = sum e - A sum lambda e is (sum e_i X_i - A sum lambda_i e_i X_i) / Phi (Sherman-Morrison), and
any weights w_i give an error b sum w_i lambda_i + sum w_i eps_i. theta itself cancels from an unbiased
estimate's error.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import inline, inner, kernel
from ..numerics.elementary import exp, log
from ..numerics.sums import LANES, fold
from ..random.normals import normal_pair
from ..random.philox import philox, unit

ZERO = np.uint64(0)
TWO_LANES = 2 * LANES
NORMAL = 0
TWO_VALUED = 1


class Source(NamedTuple):
    """The truth theta and the law of the common factor b, with the counters that both sorts of noise are drawn from.

    The factor is N(0, sigma^2) if `shape` is NORMAL, and +-sigma with equal chances if it is TWO_VALUED.
    """

    bias_key: NDArray[np.uint64]
    noise_key: NDArray[np.uint64]
    replicate: np.uint64
    shape: int
    sigma: float
    theta: float


class TwoGroups(NamedTuple):
    """Two groups of creators: weights w_j in the estimate, loadings, standard deviations s_j = K_j^{-1/2} of the noise.

    `sigma` is the standard deviation of the common factor.
    """

    sigma: float
    w_o: float
    w_c: float
    lam_o: float
    lam_c: float
    s_o: float
    s_c: float


@inline
def common_factor(source, question):
    """Common factor b of a question: N(0, sigma^2), or +-sigma with equal chances."""
    z, _ = normal_pair(source.bias_key[0], source.bias_key[1], ZERO, ZERO, question, source.replicate)
    if source.shape == TWO_VALUED:
        return source.sigma if z > 0.0 else -source.sigma
    return source.sigma * z


@kernel
def estimates(source, start, loading, effort, A, phi, out):
    """Estimates (sum e_i X_i - A sum lambda_i e_i X_i) / Phi of theta on independent questions, into out (questions,).

    Signals of a question are drawn, summed and forgotten. A and phi stand for the weights: those of the true variance,
    or of one wrongly assumed.
    """
    n = loading.size
    k0, k1, replicate, theta = source.noise_key[0], source.noise_key[1], source.replicate, source.theta
    root = np.empty(n)
    for i in range(n):
        root[i] = np.sqrt(effort[i])
    first = np.empty(LANES)
    second = np.empty(LANES)
    for question in range(out.size):
        step = start + np.uint64(question)
        b = common_factor(source, step)
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


@inner
def squared_errors(key, step, replicate, lane, questions, groups):
    """Sum over questions of squared errors of an estimate from two groups' pooled signals.

    A group of creators with one loading and total effort K sends, in law, one signal of precision K: the error is
    b (w_o lam_o + w_c lam_c) + w_o eps_o + w_c eps_c. Question `lane` + i is a lane of its own.
    """
    k0, k1 = key[0], key[1]
    pull = groups.sigma * (groups.w_o * groups.lam_o + groups.w_c * groups.lam_c)
    a0, a1 = groups.w_o * groups.s_o, groups.w_c * groups.s_c
    sums = np.zeros(TWO_LANES)
    for block in range(0, questions, TWO_LANES):
        for i in range(min(TWO_LANES, questions - block)):
            z0, z1 = normal_pair(k0, k1, lane + np.uint64(block + i), ZERO, step, replicate)
            z2, _ = normal_pair(k0, k1, lane + np.uint64(block + i), np.uint64(1), step, replicate)
            error = a0 * z0 + a1 * z1 + pull * z2
            sums[i] += error * error
    return fold(sums)


@kernel
def entry_prices(key, replicate, x, out):
    """Price U^{1/x} from which each creator takes part, U uniform: a supply of P^x on [0, 1]; into out (n,)."""
    for i in range(out.size):
        w0, w1, _, _ = philox(key[0], key[1], np.uint64(i), ZERO, ZERO, replicate)
        out[i] = exp(log(unit(w0, w1)) / x)
