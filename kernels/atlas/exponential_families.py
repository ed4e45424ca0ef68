"""Models of one parameter, their mean, refitted to their own samples: paths of many replicates (MODEL 9.13).

A refit needs the sum of a sample alone, and that has a law of its own: gamma, Poisson, or binomial.
"""

from typing import NamedTuple

import numpy as np

from .._jit import inline, kernel
from ..numerics.copies import copy
from ..numerics.elementary import exp, log, log_in_range
from ..numerics.special import deviance
from ..random.variates import binomial, poisson
from .draws import LANES, Place, chi_squares_and_normals
from .gaussian import FOLD, LARGEST, LOG_FOLD, PARTS, SMALLEST, add_up
from .law_numbers import BERNOULLI, EXPONENTIAL, POISSON
from .tails import poisson_entropy, poisson_tail

MEAN, RISK, VARIANCE, LOG_MEAN, DIVERGENCE, DEAD, LOST, STILL, TAIL, ENTROPY = range(10)
MEASURES = 10
SYNTHETIC = np.uint64(0)
HUMAN = np.uint64(1)


class Rules(NamedTuple):
    """A law by its number, human mean theta, and the data of a generation: all so far where `pooled`; with `weight`
    w > 0, n fresh human items have weight w and `synthetic` other ones 1 - w. Where `tilted`, items come from
    q^((1 - a) / T) p^(a / T) e^(-b x / T) instead of the model q."""

    kind: int
    theta: float
    pooled: bool
    weight: float
    synthetic: float
    tilted: bool
    a: float
    b: float
    temperature: float


class Marks(NamedTuple):
    """Risk above which a model is lost, the generation whose lost models are followed, and where tails begin: the
    human mass beyond them, of Poisson counts the last one that is not in them."""

    lost: float
    half: int
    mass: float
    edge: float


@inline
def variance_of(kind, theta):
    """Variance of an item whose mean is theta."""
    if kind == EXPONENTIAL:
        return theta * theta
    return theta if kind == POISSON else theta * (1.0 - theta)


@inline
def sample_means(key, place, kind, n, theta, room, out):
    """out[i] is the mean of n items with mean theta[i], replicate first + i; place (lane, step, first), room (4, R)."""
    k0, k1 = key[0], key[1]
    lane, step, first = place
    if kind == EXPONENTIAL:
        chi_squares_and_normals(Place(k0, k1, lane, step, first), 2.0 * n, room[0], room[1], room[2:])
        for i in range(out.size):
            out[i] = theta[i] * room[0, i] / (2.0 * n)
    else:
        for i in range(out.size):
            replicate = first + np.uint64(i)
            if kind == POISSON:
                out[i] = poisson(k0, k1, lane, step, replicate, n * theta[i]) / n
            else:
                out[i] = binomial(k0, k1, lane, step, replicate, n, theta[i]) / n


@inline
def scale_of(k):
    """2^(-512 k), 0 or inf beyond floats."""
    if k == 0.0:
        return 1.0
    if k == 1.0 or k == -1.0:
        return 1.0 / FOLD if k > 0.0 else FOLD
    return 0.0 if k > 0.0 else np.inf


@inline
def tilted(rules, theta, unit):
    """Mean of the tilted law of a model with mean theta, of an exponential both over `unit`, in the same family.

    Its natural parameter is ((1 - a) eta + a eta_0 - b) / T with eta = -1 / theta, ln theta (T = 1), or
    ln(theta / (1 - theta)). What is dead stays so.
    """
    a, b, human = rules.a, rules.b, rules.theta
    if theta <= 0.0:
        return 0.0
    if rules.kind == EXPONENTIAL:
        return rules.temperature / ((1.0 - a) / theta + (a / human + b) * unit)
    if rules.kind == POISSON:
        return exp((1.0 - a) * log_in_range(theta) + a * log_in_range(human) - b)
    if theta >= 1.0:
        return 1.0
    eta = (1.0 - a) * (log_in_range(theta) - log_in_range(1.0 - theta))
    eta += a * (log_in_range(human) - log_in_range(1.0 - human)) - b
    return 1.0 / (1.0 + exp(-eta / rules.temperature))


@kernel
def family_paths(rules, sizes, key, first, theta, folds):
    """Fill theta[1:] (T, R), means of the models; theta[0] is the human one, sizes (T,) the items of generations 1..T.

    Row r of a generation is replicate first + r. An exponential mean beyond 2^(+-512), where it goes on by factors, is
    kept as theta of theta 2^(-512 k), with k in folds (T + 1, R), which are 0 at first.
    """
    R = theta.shape[1]
    room = np.empty((4, R))
    human, synthetic, source = np.empty(R), np.empty(R), np.empty(R)
    begin = np.uint64(first)
    by_factors = rules.kind == EXPONENTIAL and not rules.pooled and rules.weight == 0.0
    for t in range(1, theta.shape[0]):
        n = sizes[t - 1]
        step = np.uint64(t)
        mixed = rules.weight > 0.0 and t > 1
        size = rules.synthetic if mixed else n
        copy(theta[t - 1], source)
        if rules.tilted and t > 1:
            for r in range(R):
                source[r] = tilted(rules, theta[t - 1, r], min(scale_of(folds[t - 1, r]), LARGEST))
        sample_means(key, (SYNTHETIC, step, begin), rules.kind, size, source, room, synthetic)
        if mixed:
            sample_means(key, (HUMAN, step, begin), rules.kind, n, theta[0], room, human)
        for r in range(R):
            if rules.pooled:
                theta[t, r] = theta[t - 1, r] + (synthetic[r] - theta[t - 1, r]) / t
            elif mixed:
                theta[t, r] = rules.weight * human[r] + (1.0 - rules.weight) * synthetic[r]
            else:
                theta[t, r] = synthetic[r]
        if by_factors:
            for r in range(R):
                now = theta[t, r]
                folds[t, r] = folds[t - 1, r] + (1.0 if now < 1.0 / FOLD else -1.0 if now > FOLD else 0.0)
                theta[t, r] = now * (FOLD if now < 1.0 / FOLD else 1.0 / FOLD if now > FOLD else 1.0)


@inline
def tail_of(kind, theta, human, marks):
    """Human tail that a model keeps, over the human one: the largest items, of two kinds the rarer; at most 1."""
    if theta <= 0.0 and kind != BERNOULLI:
        return 0.0
    if kind == EXPONENTIAL:
        return exp(min(0.0, log_in_range(marks.mass) * (human / theta - 1.0)))
    if kind == POISSON:
        return min(1.0, poisson_tail(marks.edge, theta) / marks.mass)
    return min(1.0, theta / human if human <= 0.5 else (1.0 - theta) / (1.0 - human))


@inline
def entropy_of(kind, theta, log_theta):
    """Entropy of an item in nats."""
    if kind == EXPONENTIAL:
        return 1.0 + log_theta
    if kind == POISSON:
        return poisson_entropy(theta)
    if theta <= 0.0 or theta >= 1.0:
        return 0.0
    return -theta * log_in_range(theta) - (1.0 - theta) * log_in_range(1.0 - theta)


@kernel
def measure_families(kind, theta, folds, marks, sums):
    """Add the measures of models with means theta, folds (T + 1, R), from `family_paths`, to sums (T + 1, MEASURES).

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
                now = theta[t, start + i] * scale_of(folds[t, start + i])
                left = variance_of(kind, now)
                ratio = now / human
                x[MEAN, i] = now
                x[RISK, i] = (now - human) * (now - human) / spread
                x[VARIANCE, i] = left / spread
                beyond = not (SMALLEST <= ratio <= LARGEST)
                log_theta = 0.0
                if beyond or kind == EXPONENTIAL:
                    log_theta = log(theta[t, start + i]) - LOG_FOLD * folds[t, start + i]
                if not beyond:
                    x[LOG_MEAN, i] = log_in_range(ratio)
                else:
                    x[LOG_MEAN, i] = log_theta - log_in_range(human)
                if kind == EXPONENTIAL:
                    if beyond:
                        x[DIVERGENCE, i] = ratio - 1.0 - x[LOG_MEAN, i]
                    else:
                        x[DIVERGENCE, i] = deviance(1.0, ratio)
                elif kind == POISSON:
                    x[DIVERGENCE, i] = deviance(now, human) if now > 0.0 else human
                else:
                    x[DIVERGENCE, i] = deviance(now, human) if now > 0.0 else human
                    x[DIVERGENCE, i] += deviance(1.0 - now, 1.0 - human) if now < 1.0 else 1.0 - human
                x[DEAD, i] = 0.0 if left > 0.0 or kind == EXPONENTIAL else 1.0
                x[LOST, i] = 1.0 if x[RISK, i] > marks.lost else 0.0
                if t == marks.half:
                    then[i] = x[LOST, i]
                x[STILL, i] = x[LOST, i] * then[i]
                x[TAIL, i] = tail_of(kind, now, human, marks)
                x[ENTROPY, i] = entropy_of(kind, now, log_theta)
            for place in range(MEASURES):
                add_up(x[place], parts, sums[t], place)
