"""Models of one parameter, their mean, refitted to their own samples: paths of many replicates (MODEL 9.13).

A refit needs the sum of a sample alone, and that has a law of its own: gamma, Poisson, or binomial.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.elementary import log_in_range
from ..numerics.special import deviance
from ..random.variates import binomial, poisson
from .draws import LANES, chi_squares_and_normals
from .gaussian import PARTS, SMALLEST, add_up
from .kept import EXPONENTIAL, POISSON

MEAN, RISK, VARIANCE, LOG_MEAN, DIVERGENCE, DEAD, LOST, STILL = range(8)
MEASURES = 8
SYNTHETIC = np.uint64(0)
HUMAN = np.uint64(1)


class Rules(NamedTuple):
    """A law by its number, human mean theta, and the data of a generation: all so far where `pooled`; with `weight`
    w > 0, n fresh human items have weight w and n / ratio synthetic ones 1 - w."""

    kind: int
    theta: float
    pooled: bool
    weight: float
    ratio: float


class Marks(NamedTuple):
    """Risk above which a model is lost, and the generation whose lost models are followed."""

    lost: float
    half: int


@inline
def variance_of(kind, theta):
    """Variance of an item whose mean is theta."""
    if kind == EXPONENTIAL:
        return theta * theta
    return theta if kind == POISSON else theta * (1.0 - theta)


@inline
def sample_means(key, place, kind, n, theta, room, out):
    """out[i] is the mean of n items with mean theta[i], replicate first + i; place (lane, step, first), room (2, R)."""
    k0, k1 = key[0], key[1]
    lane, step, first = place
    if kind == EXPONENTIAL:
        chi_squares_and_normals(k0, k1, lane, step, first, 2.0 * n, room[0], room[1])
        for i in range(out.size):
            out[i] = theta[i] * room[0, i] / (2.0 * n)
    else:
        for i in range(out.size):
            replicate = first + np.uint64(i)
            if kind == POISSON:
                out[i] = poisson(k0, k1, lane, step, replicate, n * theta[i]) / n
            else:
                out[i] = binomial(k0, k1, lane, step, replicate, n, theta[i]) / n


@kernel
def family_paths(rules, sizes, key, first, theta):
    """Fill theta[1:] (T, R), means of the models; theta[0] is the human one, sizes (T,) the items of generations 1..T.

    Row r of a generation is replicate first + r.
    """
    R = theta.shape[1]
    room = np.empty((2, R))
    human, synthetic = np.empty(R), np.empty(R)
    begin = np.uint64(first)
    for t in range(1, theta.shape[0]):
        n = sizes[t - 1]
        step = np.uint64(t)
        mixed = rules.weight > 0.0 and t > 1
        size = np.floor(n / rules.ratio) if mixed else n
        sample_means(key, (SYNTHETIC, step, begin), rules.kind, size, theta[t - 1], room, synthetic)
        if mixed:
            sample_means(key, (HUMAN, step, begin), rules.kind, n, theta[0], room, human)
        for r in range(R):
            if rules.pooled:
                theta[t, r] = theta[t - 1, r] + (synthetic[r] - theta[t - 1, r]) / t
            elif mixed:
                theta[t, r] = rules.weight * human[r] + (1.0 - rules.weight) * synthetic[r]
            else:
                theta[t, r] = synthetic[r]


@kernel
def measure_families(kind, theta, marks, sums):
    """Add the measures of models with means theta (T + 1, R) to sums (T + 1, MEASURES).

    Risk is the squared error of the mean over the human variance; divergence KL(model || human).
    """
    x, parts = np.zeros((MEASURES, LANES)), np.zeros(PARTS)
    then = np.zeros(LANES)
    human = theta[0, 0]
    spread = variance_of(kind, human)
    for start in range(0, theta.shape[1], LANES):
        count = min(LANES, theta.shape[1] - start)
        x[:] = 0.0
        then[:] = 0.0
        for t in range(theta.shape[0]):
            for i in range(count):
                now = theta[t, start + i]
                left = variance_of(kind, now)
                ratio = now / human
                x[MEAN, i] = now
                x[RISK, i] = (now - human) * (now - human) / spread
                x[VARIANCE, i] = left / spread
                x[LOG_MEAN, i] = log_in_range(max(ratio, SMALLEST))
                if kind == EXPONENTIAL:
                    x[DIVERGENCE, i] = deviance(1.0, max(ratio, SMALLEST))
                elif kind == POISSON:
                    x[DIVERGENCE, i] = deviance(now, human) if now > 0.0 else human
                else:
                    x[DIVERGENCE, i] = deviance(now, human) if now > 0.0 else human
                    x[DIVERGENCE, i] += deviance(1.0 - now, 1.0 - human) if now < 1.0 else 1.0 - human
                x[DEAD, i] = 0.0 if left > 0.0 else 1.0
                x[LOST, i] = 1.0 if x[RISK, i] > marks.lost else 0.0
                if t == marks.half:
                    then[i] = x[LOST, i]
                x[STILL, i] = x[LOST, i] * then[i]
            for place in range(MEASURES):
                add_up(x[place], parts, sums[t], place)
