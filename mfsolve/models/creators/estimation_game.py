"""The estimation game: the best estimate from drawn signals, its error held against 1/Phi (MODEL 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from mfsolve.arrays import Floats, same_labels
from mfsolve.kernels.creators import signals as kernels
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, require, seed_word, thread_count, vector, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks
from mfsolve.models.result_repr import legible

from .static_market import VARIANCES, signals


def blue_weights(loading: ArrayLike, effort: ArrayLike, bias_variance: float) -> Floats:
    """Weights of the best linear unbiased estimate of theta, by Sherman-Morrison (MODEL 4.1).

    Parameters
    ----------
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100], some effort above 0: signal i has noise variance 1/effort_i.
    bias_variance : float
        v > 0.

    Returns
    -------
    array (n,)
        They add to 1; negative where loading x A > 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    w = weighting(loading, effort, bias_variance)
    return np.asarray(w.effort * (1.0 - w.loading * w.aggregate) / w.precision)


@legible
class Weighting(NamedTuple):
    """Loadings and efforts (n,), and the two numbers A and Phi that stand for the weights of the estimate."""

    loading: Floats
    effort: Floats
    aggregate: float
    precision: float


def weighting(loading: ArrayLike, effort: ArrayLike, v: float) -> Weighting:
    """Check loadings and efforts, and form A and Phi at a bias variance v."""
    number("bias_variance", v, VARIANCES)
    x, e = signals(loading, effort)
    require(e.max() > 0.0, "effort", 0.0, "at least one above 0")
    A = float(total(x * e) / (1.0 / v + total(x * x * e)))
    y = 1.0 - x * A
    # Phi for any efforts: the planner's identity without its optimality
    return Weighting(x, e, A, A * A / v + float(total(e * y * y)))


def mean_squared_error(weight: ArrayLike, loading: ArrayLike, effort: ArrayLike, bias_variance: float) -> float:
    """Error of any unbiased linear estimate, v (sum w l)^2 + sum w^2 / e (MODEL 4.1).

    It is also the worst case over all laws of the common factor with second moment at most v: the reading of
    Lemma 12 of Creators, under which the same weights are minimax.

    Parameters
    ----------
    weight : array (n,)
        Weights that add to 1, 0 where effort is 0.
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100].
    bias_variance : float
        v > 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    x, e = signals(loading, effort)
    same_labels(weight=weight, loading=loading, effort=effort)
    w = vector("weight", weight, "(-inf, inf)", x.size)
    v, on = number("bias_variance", bias_variance, VARIANCES), e > 0.0
    require(bool((w[~on] == 0.0).all()), "weight", "non-zero", "0 where effort is 0")
    return v * float(total(w * x)) ** 2 + float(total(w[on] ** 2 / e[on]))


@dataclass(frozen=True)
class Estimation:
    """Simulated accuracy of the estimate.

    `attained` is the simulated mean squared error times `precision` (Phi under the true variance), with
    `interval`: 1 where the Cramer-Rao bound is attained. `predicted` is what it should be, above 1 for
    wrongly assumed weights. `bias` and `bias_error` are the mean error and its standard error.
    """

    questions: int
    precision: float
    mean_squared_error: float
    standard_error: float
    attained: float
    interval: tuple[float, float]
    predicted: float
    bias: float
    bias_error: float


class EstimationRules(Frozen):
    """Variations of the estimation game: what the estimate assumes, what the adversary does, what must not matter."""

    assumed_bias_variance: float | None = Field(
        None, gt=0.0, le=1e300, description="variance assumed by the weights; default: the true one"
    )
    two_valued: bool = Field(
        False, description="common factor +-sqrt(v) instead of normal: a choice of the adversary that changes nothing"
    )
    theta: float = Field(0.0, description="the truth, which must not matter")
    level: float = Field(
        0.95, gt=0.0, lt=1.0, description="of the interval: chi-square where errors are normal, else Student's t"
    )


PLAIN = EstimationRules()


def simulate_estimation(
    loading: ArrayLike,
    effort: ArrayLike,
    bias_variance: float,
    questions: int,
    seed: int,
    rules: EstimationRules = PLAIN,
    replicate: int = 0,
    threads: int = 1,
) -> Estimation:
    """Draw signals on independent questions, estimate each, and compare the error with the bound (MODEL 4.1).

    Parameters
    ----------
    loading, effort : array (n,)
        In [0, 1e50] and [0, 1e100]; signal i has noise variance 1/effort_i, none is sent without effort.
    bias_variance : float
        True variance v > 0 of the common factor.
    questions : int
        Independent draws of the common factor and all signals, [2, 2^32 - 1].
    seed, replicate : int
        The draws are a function of both.
    rules : EstimationRules
        Assumed variance, law of the common factor (Lemma 12), truth, and level of the interval.
    threads : int
        Threads; the results do not depend on it.

    Returns
    -------
    Estimation

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    from scipy.special import chdtri, stdtrit

    questions = whole("questions", questions, 2, 2**32 - 1)
    threads, level = thread_count(threads), instance("rules", rules, EstimationRules).level
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    assumed = bias_variance if rules.assumed_bias_variance is None else rules.assumed_bias_variance
    right, used = weighting(loading, effort, bias_variance), weighting(loading, effort, assumed)
    source = kernels.Source(
        bias_key=stream_key(seed, "creators.bias"),
        noise_key=stream_key(seed, "creators.noise"),
        replicate=word,
        shape=kernels.TWO_VALUED if rules.two_valued else kernels.NORMAL,
        sigma=float(np.sqrt(bias_variance)),
        theta=float(rules.theta),
    )
    error = estimates(source, used, questions, threads) - rules.theta
    square = error**2
    mse = float(total(square)) / questions
    se = float(square.std(ddof=1) / np.sqrt(questions))
    if rules.two_valued:
        reach = se * float(stdtrit(questions - 1, 0.5 + level / 2))
        low, high = mse - reach, mse + reach
    else:
        low = mse * questions / float(chdtri(questions, 0.5 - level / 2))
        high = mse * questions / float(chdtri(questions, 0.5 + level / 2))
    x, e, precision = right.loading, right.effort, right.precision
    return Estimation(
        questions=questions,
        precision=precision,
        mean_squared_error=mse,
        standard_error=se,
        attained=mse * precision,
        interval=(low * precision, high * precision),
        predicted=mean_squared_error(blue_weights(x, e, assumed), x, e, bias_variance) * precision,
        bias=float(error.mean()),
        bias_error=float(error.std(ddof=1) / np.sqrt(questions)),
    )


def estimates(source: kernels.Source, used: Weighting, questions: int, threads: int) -> Floats:
    """Estimates (questions,) of theta, in blocks of questions."""
    out = np.empty(questions)

    def work(index: int, start: int, stop: int) -> None:
        kernels.estimates(source, np.uint64(start), *used, out[start:stop])

    run_blocks(work, questions, threads)
    return out
