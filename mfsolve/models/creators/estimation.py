"""The estimation game: signals drawn, the best estimate formed, its error held against 1/Phi (MODEL 4.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.kernels import signals
from mfsolve.kernels.philox import stream_key
from mfsolve.kernels.sums import total

from ..blocks import run_blocks
from ..model import seed_word
from .populations import Array
from .static import check_scalars, loadings, require

MOST_DENSE = 4096


def blue(loading: ArrayLike, effort: ArrayLike, bias_variance: float) -> Array:
    """Weights (n,) of the best linear unbiased estimate of theta, by Sherman-Morrison (MODEL 4.1)."""
    x, e, A, phi = weighting(loading, effort, bias_variance)
    return np.asarray(e * (1.0 - x * A) / phi)


def weighting(loading: ArrayLike, effort: ArrayLike, v: float) -> tuple[Array, Array, float, float]:
    """Loadings, efforts, and the two numbers A and Phi that stand for the weights."""
    check_scalars(v, 2.0, 1.0)
    x = loadings(loading)
    e = np.ascontiguousarray(effort, dtype=np.float64)
    require(e.shape == x.shape, "effort", e.shape, f"a vector {x.shape} as loading")
    require(((x >= 0.0) & (x < np.inf)).all(), "loading", float(x.min()), "finite, >= 0")
    require(((e >= 0.0) & (e < np.inf)).all(), "effort", float(e.min()), "finite, >= 0")
    require(e.max() > 0.0, "effort", 0.0, "at least one above 0")
    A = float(total(x * e) / (1.0 / v + total(x * x * e)))
    y = 1.0 - x * A
    return (
        x,
        e,
        A,
        A * A / v + float(total(e * y * y)),
    )  # Phi for any efforts: the planner's identity without its optimality


def mean_squared_error(weight: Array, loading: Array, effort: Array, bias_variance: float) -> float:
    """Error of any unbiased linear estimate, v (sum w l)^2 + sum w^2 / e.

    It is also the worst case over all laws of the common factor with second moment at most v: the reading of
    Lemma 12 of Creators, under which the same weights are minimax.
    """
    on = effort > 0.0
    require(bool((weight[~on] == 0.0).all()), "weight", "non-zero", "0 where effort is 0")
    return bias_variance * float(total(weight * loading)) ** 2 + float(total(weight[on] ** 2 / effort[on]))


def minimax_weights(loading: ArrayLike, effort: ArrayLike, bias_variance: float) -> Array:
    """Weights (n,) that minimise the worst case, from the dense optimality system: not by way of `blue`.

    For at most 4096 creators, all with effort: min w'(diag(1/e) + v l l')w subject to sum w = 1.
    """
    x, e, _, _ = weighting(loading, effort, bias_variance)
    require(
        x.size <= MOST_DENSE and e.min() > 0.0,
        "effort",
        x.size,
        f"at most {MOST_DENSE} creators, all above 0",
    )
    system = np.zeros((x.size + 1, x.size + 1))
    system[:-1, :-1] = np.diag(1.0 / e) + bias_variance * np.outer(x, x)
    system[:-1, -1] = system[-1, :-1] = 1.0
    target = np.zeros(x.size + 1)
    target[-1] = 1.0
    return np.asarray(np.linalg.solve(system, target)[:-1])


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


def simulate_estimation(
    loading: ArrayLike,
    effort: ArrayLike,
    bias_variance: float,
    questions: int,
    seed: int,
    assumed_bias_variance: float | None = None,
    two_valued: bool = False,
    theta: float = 0.0,
    level: float = 0.95,
    replicate: int = 0,
    threads: int = 1,
) -> Estimation:
    """Draw signals on independent questions, estimate each, and compare the error with the bound (MODEL 4.1).

    Parameters
    ----------
    loading, effort : array (n,)
        Finite and >= 0; signal i has noise variance 1/effort_i, none is sent without effort.
    bias_variance : float
        True variance v > 0 of the common factor.
    questions : int
        Independent draws of the common factor and all signals, [2, 2^32 - 1].
    seed, replicate : int
        The draws are a function of both.
    assumed_bias_variance : float, optional
        Variance that the weights assume, if not the true one.
    two_valued : bool
        Common factor +- sqrt(v) instead of normal: an adversary's choice, which should change nothing (Lemma
        12).
    theta : float
        The truth: it must not matter.
    level : float
        Of the interval: exact (chi-square) where errors are normal, Student's t on squared errors otherwise.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    from scipy.special import chdtri, stdtrit

    require(2 <= questions < 2**32, "questions", questions, "[2, 4294967295]")
    require(0.0 < level < 1.0, "level", level, "(0, 1)")
    require(np.isfinite(theta), "theta", theta, "finite")
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    x, e, _, precision = weighting(loading, effort, bias_variance)
    assumed = bias_variance if assumed_bias_variance is None else assumed_bias_variance
    _, _, A, phi = weighting(x, e, assumed)
    error = draw(x, e, A, phi, bias_variance, questions, seed, word, two_valued, theta, threads) - theta
    square = error**2
    mse = float(total(square)) / questions
    se = float(square.std(ddof=1) / np.sqrt(questions))
    if two_valued:
        reach = se * float(stdtrit(questions - 1, 0.5 + level / 2))
        low, high = mse - reach, mse + reach
    else:
        low = mse * questions / float(chdtri(questions, 0.5 - level / 2))
        high = mse * questions / float(chdtri(questions, 0.5 + level / 2))
    return Estimation(
        questions=questions,
        precision=precision,
        mean_squared_error=mse,
        standard_error=se,
        attained=mse * precision,
        interval=(low * precision, high * precision),
        predicted=mean_squared_error(blue(x, e, assumed), x, e, bias_variance) * precision,
        bias=float(error.mean()),
        bias_error=float(error.std(ddof=1) / np.sqrt(questions)),
    )


def draw(
    x: Array,
    e: Array,
    A: float,
    phi: float,
    v: float,
    questions: int,
    seed: int,
    replicate: np.uint64,
    two_valued: bool,
    theta: float,
    threads: int,
) -> NDArray[np.float64]:
    """Estimates (questions,) of theta."""
    keys = (stream_key(seed, "creators.bias"), stream_key(seed, "creators.noise"))
    shape = signals.TWO_VALUED if two_valued else signals.NORMAL
    out = np.empty(questions)

    def work(index: int, start: int, stop: int) -> None:
        here = (shape, float(np.sqrt(v)), float(theta), x, e, A, phi, out[start:stop])
        signals.estimates(*keys, np.uint64(start), replicate, *here)

    run_blocks(work, questions, threads)
    return out
