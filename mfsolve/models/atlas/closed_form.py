"""Closed forms of Gaussian models that are refitted to their own samples (MODEL 9.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, psi

from mfsolve.arrays import Floats
from mfsolve.models.arguments import instance, number, require, vector, whole

from .workflows import Mixed, check_synthetic, synthetic_items

MOST_ITEMS = 10**9
MOST_DIMENSIONS = 10**6
MOST_GENERATIONS = 10**4


class Moments(NamedTuple):
    """Expectations over replicates at generations 0..T, each (T + 1,); NaN where no closed form is known.

    `variance` E s2_t, `log_variance` E ln s2_t, `mean_square` E m_t^2, `w2` E W2(N(m_t, s2_t), N(0, 1))^2, `risk`
    E KL(N(0, 1) || N(m_t, s2_t)); infinite where the expectation is.
    """

    variance: Floats
    log_variance: Floats
    mean_square: Floats
    w2: Floats
    risk: Floats


def whole_sizes(sizes: ArrayLike, allowed: str) -> Floats:
    """Sizes of samples (T,); ValueError unless all are whole numbers in an interval."""
    n = vector("sizes", sizes, allowed)
    wrong = np.flatnonzero(n != np.floor(n))
    require(wrong.size == 0, "sizes", float(n[wrong[0]]) if wrong.size else 0, f"whole numbers in {allowed}")
    return n


def _border(items: int, generations: int) -> None:
    whole("items", items, 2, MOST_ITEMS)
    whole("generations", generations, 1, MOST_GENERATIONS)


def _path(first: float, later: NDArray[Any]) -> Floats:
    """A path from its start and generations 1..T."""
    return np.asarray(np.concatenate([[first], later]), dtype=np.float64)


def sampled_closed_form(sizes: Floats, unbiased: bool = True, temperature: float = 1.0, dimension: int = 1) -> Moments:
    """Exact expectations where generation t is fitted to n_t items of generation t - 1.

    Parameters
    ----------
    sizes : (T,)
        Items n_t of generations 1..T, from 2 on. The human items are those of generation 1.
    unbiased : bool
        Scatter over n - 1 (True) or over n.
    temperature : float
        Temperature T of sampling, from generation 2 on: variance is multiplied by it.
    dimension : int
        Dimensions d of the content; models are isotropic.

    Returns
    -------
    Moments
        Of MODEL 9.3. The risk is infinite from the first generation on whose scatter has two degrees (n - 1) d, or one.

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    n = whole_sizes(sizes, f"[2, {MOST_ITEMS}]")
    number("temperature", temperature, "(0, 10]")
    d = float(whole("dimension", dimension, 1, MOST_DIMENSIONS))
    tempered = np.where(np.arange(n.size) > 0, temperature, 1.0)
    divisor = n - 1.0 if unbiased else n
    degrees = (n - 1.0) * d
    root = np.sqrt(2.0 * tempered / (d * divisor)) * np.exp(gammaln((degrees + 1.0) / 2.0) - gammaln(degrees / 2.0))
    log_variance = _path(0.0, np.cumsum(psi(degrees / 2.0) + np.log(2.0 * tempered / (d * divisor))))
    with np.errstate(over="ignore", invalid="ignore"):  # heated, variances go beyond floats
        variance = _path(1.0, np.cumprod(tempered * (n - 1.0) / divisor))
        mean_square = _path(0.0, d * np.cumsum(variance[:-1] * tempered / n))
        w2 = mean_square + d * (1.0 + variance - 2.0 * _path(1.0, np.cumprod(root)))
    inverse = np.full(n.size, np.inf)
    np.divide(d * divisor, tempered * (degrees - 2.0), out=inverse, where=degrees > 2.0)
    precision, distance = np.ones(n.size + 1), np.zeros(n.size + 1)  # E 1 / s2_t and E |m_t|^2 / s2_t
    for t in range(n.size):
        precision[t + 1] = precision[t] * inverse[t]
        distance[t + 1] = (distance[t] + d * tempered[t] / n[t]) * inverse[t]
    risk = 0.5 * (d * (precision - 1.0 + log_variance) + distance)
    return Moments(variance, log_variance, mean_square, w2, risk)


def replace_closed_form(items: int, generations: int, unbiased: bool = True) -> Moments:
    """Exact expectations under `replace`: n items of the newest generation.

    Unbiased: E s2_t = 1, Var m_t = t / n, E ln s2_t = t (psi((n - 1) / 2) - ln((n - 1) / 2)), E W2^2 = t / n + 2 -
    2 c4(n)^t. Scatter over n: E s2_t = (1 - 1/n)^t = 1 - E m_t^2 (MODEL 9.3).

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].
    generations : int
        T, in [1, 10^4].
    unbiased : bool
        Scatter over n - 1 (True) or over n.

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For fewer than 2 items, or generations outside [1, 10^4].
    """
    _border(items, generations)
    return sampled_closed_form(np.full(generations, float(items)), unbiased)


def accumulate_closed_form(items: int, generations: int, unbiased: bool = True) -> Moments:
    """Exact E s2_t and E m_t^2 under `accumulate`: n items of every generation so far.

    E s2_t = prod_{i = 1..t} (1 - 1 / (n i^2)) with the scatter over n t, prod_{i = 2..t} (1 - 1 / (i (n i - 1))) with
    it over n t - 1; E m_t^2 = sum_{i = 1..t} E s2_{i - 1} / (n i^2), which is 1 - E s2_t in the first case (MODEL 9.3).

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].
    generations : int
        T, in [1, 10^4].
    unbiased : bool
        Scatter over n - 1 (True) or over n.

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For fewer than 2 items, or generations outside [1, 10^4].
    """
    _border(items, generations)
    i = np.arange(1.0, generations + 1.0)
    factor = 1.0 - 1.0 / (items * i * i)
    if unbiased:
        factor = np.where(i > 1.0, 1.0 - 1.0 / (i * (items * i - 1.0)), 1.0)
    variance = _path(1.0, np.cumprod(factor))
    mean_square = _path(0.0, np.cumsum(variance[:-1] / (items * i * i)))
    unknown = np.full(generations + 1, np.nan)
    return Moments(variance, unknown, mean_square, unknown, unknown)


def accumulate_limit(items: int) -> float:
    """Limit of E s2_t under `accumulate` with the scatter over n t: sin(pi / sqrt n) / (pi / sqrt n).

    It is approached from above at rate 1 / (n t) of itself.

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].

    Returns
    -------
    float
        In human variances.

    Raises
    ------
    ValueError
        For fewer than 2 items.
    """
    whole("items", items, 2, MOST_ITEMS)
    x = np.pi / np.sqrt(items)
    return float(np.sin(x) / x)


class Weighting(NamedTuple):
    """Long run of `mixed`: the optimal weight of human items, and the variance n E m^2 under a given weight."""

    optimal_weight: float
    variance: float


def weighting_closed_form(ratio: float, weight: float) -> Weighting:
    """Optimal weight w* = (sqrt(k^2 + 4 k) - k) / 2, and the limit (w^2 + k (1 - w)^2) / (2 w - w^2) of n Var m_t.

    n fresh human items and n / k synthetic ones have weights w and 1 - w. The weight w* is the golden ratio's 0.618 at
    k = 1. At weight 0 the variance has no limit: it is infinite.

    Parameters
    ----------
    ratio : float
        Human items per synthetic one, k, in (0, inf).
    weight : float
        Weight w of the human items, in [0, 1].

    Returns
    -------
    Weighting
        The optimal weight, and n Var m_t in the long run under the given one.

    Raises
    ------
    ValueError
        For a ratio outside (0, inf) or a weight outside [0, 1].
    """
    k, w = number("ratio", ratio, "(0, inf)"), number("weight", weight, "[0, 1]")
    best = (np.sqrt(k * k + 4.0 * k) - k) / 2.0
    variance = (w * w + k * (1.0 - w) ** 2) / (2.0 * w - w * w) if w > 0.0 else np.inf
    return Weighting(float(best), float(variance))


def mixed_closed_form(items: int, generations: int, workflow: Mixed, unbiased: bool = True) -> Moments:
    """Exact E s2_t and E m_t^2 under `mixed`, generation by generation (MODEL 9.3).

    E m_t^2 = w^2 / n + (1 - w)^2 (E m_{t-1}^2 + E s2_{t-1} / m) from generation 2 on, m = floor(n / k).

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].
    generations : int
        T, in [1, 10^4].
    workflow : Mixed
        Human items per synthetic one, and their weight.
    unbiased : bool
        Scatter over n - 1 (True) or over n.

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For fewer than 2 items, human or synthetic, or generations outside [1, 10^4].
    """
    instance("workflow", workflow, Mixed)
    _border(items, generations)
    check_synthetic(workflow, items, 2)
    m, w = synthetic_items(items, workflow.ratio), workflow.human_weight
    human = 1.0 if unbiased else 1.0 - 1.0 / items
    synthetic = 1.0 if unbiased else 1.0 - 1.0 / m
    variance, square = [1.0, human], [0.0, 1.0 / items]
    for _ in range(generations - 1):
        square.append(w * w / items + (1.0 - w) ** 2 * (square[-1] + variance[-1] / m))
        variance.append(w * human + (1.0 - w) * synthetic * variance[-1])
    unknown = np.full(generations + 1, np.nan)
    return Moments(np.array(variance), unknown, np.array(square), unknown, unknown)


def temperature_closed_form(items: int, generations: int, temperature: float, unbiased: bool = True) -> Moments:
    """Exact expectations under `temperature`: p_t ~ p_0^(T^-(t - 1)), and the noise of n items on it.

    Generation 1 is fitted to human items, so that t - 1 temperings are behind generation t: E s2_t = T^(t - 1) where
    the refit is unbiased.

    Parameters
    ----------
    items : int
        Items n of a generation, in [2, 10^9].
    generations : int
        T, in [1, 10^4].
    temperature : float
        Temperature T of sampling, in (0, 10].
    unbiased : bool
        Scatter over n - 1 (True) or over n.

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    _border(items, generations)
    return sampled_closed_form(np.full(generations, float(items)), unbiased, temperature)


def curation_closed_form(generations: int, reward_variance: float) -> Floats:
    """Variance (T + 1,) under `curated` for infinitely many items.

    Precision grows by 1 / q a generation and is 1 + (t - 1) / q. The mean stays 0. With n items E s2_t differs from it
    by an order of 1 / n (MODEL 9.3).

    Parameters
    ----------
    generations : int
        T, in [1, 10^4].
    reward_variance : float
        Width q of the reward in human variances, in (0, inf).

    Returns
    -------
    ndarray (T + 1,)
        Variances at generations 0, ..., T, in human variances.

    Raises
    ------
    ValueError
        For a reward's variance that is not positive, or generations outside [1, 10^4].
    """
    whole("generations", generations, 1, MOST_GENERATIONS)
    number("reward_variance", reward_variance, "(0, inf)")
    t = np.arange(generations + 1.0)
    return np.asarray(1.0 / (1.0 + np.maximum(t - 1.0, 0.0) / reward_variance), dtype=np.float64)
