"""Lemma 12's reading of the estimate: best against the worst law of the common factor (MODEL 4.1; Creators)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import exponential
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import optional_number, seed_word, whole

from .estimation_game import blue_weights, weighting

FINEST = -13.815510557964274  # natural logarithm of 1e-6
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Saddle:
    """Distance of an estimate from a saddle point of its error, by search on either side; in units of 1 / Phi.

    `worst` is the greatest error that a searched adversary inflicts on it, `best` the least that searched weights have
    against the least favourable adversary, b^2 = v. Were the estimate not minimax, `gap` = worst - best would exceed
    `rounding`, a bound on the rounding error of the two.
    """

    worst: float
    best: float
    gap: float
    rounding: float


def saddle_point(
    loading: ArrayLike,
    effort: ArrayLike,
    bias_variance: float,
    alternatives: int = 64,
    seed: int = 0,
    assumed_bias_variance: float | None = None,
    replicate: int = 0,
) -> Saddle:
    """Search for adversaries and for weights that do better than the saddle point of Lemma 12 (MODEL 4.1; Creators).

    Adversaries choose the law of the common factor b with E b^2 <= v: certain biases between -sqrt(v) and sqrt(v), and
    laws on two values with any chances. Their competitors choose unbiased weights: down the gradient of the
    error, and in random directions, by steps from 1 to 1e-6 of the estimate's noise.

    Parameters
    ----------
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100], some effort above 0.
    bias_variance : float
        v > 0.
    alternatives : int
        Adversaries of either kind, and weights of either kind, [2, 10^6].
    seed, replicate : int
        The alternatives are a function of both.
    assumed_bias_variance : float, optional
        Variance that the estimate's weights assume, if not v: then there is a gap.

    Returns
    -------
    Saddle

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    x, e, _, phi = weighting(loading, effort, bias_variance)
    count = whole("alternatives", alternatives, 2, 10**6)
    seed_word("seed", seed, 64)
    word, zero = seed_word("replicate", replicate, 32), np.uint64(0)
    draws = np.empty(count * (x.size + 3))
    uniforms(stream_key(seed, "creators.saddle"), zero, zero, word, zero, draws)
    assumed = optional_number("assumed_bias_variance", assumed_bias_variance, "[1e-300, 1e300]")
    w = blue_weights(x, e, bias_variance if assumed is None else assumed)
    x, e, w = x[e > 0.0], e[e > 0.0], w[e > 0.0]
    noise, pull = float(total(w * w / e)), float(total(w * x))
    second = moments(draws[: 3 * count].reshape(3, count), bias_variance)
    worst = noise + float(second.max()) * pull * pull

    directions = draws[3 * count :].reshape(count, -1)[:, : x.size] - 0.5
    directions = directions * np.sqrt(e * (noise / total(e)))
    slope = bias_variance * pull * x + w / e
    directions[::2] = e * (slope - total(e * slope) / total(e))
    directions -= e * (directions.sum(axis=1, keepdims=True) / total(e))  # unbiased: changes of weights add to 0
    steps = np.array([float(exponential(s)) for s in np.linspace(0.0, FINEST, count)])[:, None]
    tried = np.concatenate([w[None], w - steps * directions, w + steps * directions])
    errors = bias_variance * (tried * x).sum(axis=1) ** 2 + (tried * tried / e).sum(axis=1)
    best = float(errors.min())
    size = float(np.abs(w).sum())
    bound = noise + bias_variance * float(np.abs(w * x).sum()) ** 2
    return Saddle(worst * phi, best * phi, (worst - best) * phi, 8.0 * (x.size + 8) * EPS * (size + bound * phi))


def moments(draws: Floats, v: float) -> Floats:
    """E b^2 of adversaries: n certain biases, from -sqrt(v) to sqrt(v), and n laws on two values, from draws (3, n).

    The values of a law are scaled so that its second moment is a share of v, every other one of them all of it.
    """
    count = draws.shape[1]
    certain = np.linspace(-1.0, 1.0, count) * np.sqrt(v)
    values, chance = np.stack([draws[0] - 0.5, 4.0 * (draws[1] - 0.5)]), draws[2]
    spread = (1.0 - chance) * values[0] ** 2 + chance * values[1] ** 2
    share = np.where(np.arange(count) % 2 == 0, 1.0, draws[0])
    values = values * np.sqrt(v * share / spread)
    return np.append(certain**2, (1.0 - chance) * values[0] ** 2 + chance * values[1] ** 2)
