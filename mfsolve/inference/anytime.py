"""Intervals that may be looked at after every replicate: bets for bounded outputs, and a ratio (MODEL 8.4)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import (
    Estimate,
    EstimateError,
    Method,
    all_equal,
    check_probability,
    check_sizes,
    finite_vector,
    moments,
    same_length,
)
from mfsolve.inference.shares import check_trials
from mfsolve.inference.skewness import skewness, too_skewed
from mfsolve.inference.stopping import anytime_p_value, anytime_reach, check_counts, mixture_weight, why_silent

BETS = (0.99, 0.9, *(2.0**-k for k in range(1, 15)))
"""Shares of the capital that gamblers bet at every replicate; the interval rests on their mean capital."""
PROPORTIONAL = "numerator and denominator are proportional so far: future values are unbounded"


@dataclass(frozen=True)
class Wager:
    """Capital of gamblers who bet that the mean of outputs in [0, 1] is above, or below, a hypothesis m.

    Betting a share c on above, the capital is multiplied by 1 - c + c x / m at every replicate x; on below, x and m
    are replaced by 1 - x and 1 - m. Where m is the mean, the mean capital of gamblers is a martingale that starts at 1
    and stays below 1/alpha for ever with probability 1 - alpha at least (Ville 1939), whatever the distribution.

    Attributes
    ----------
    values, counts : ndarray, shape (k,)
        Distinct replicates in [0, 1], and how many there are of each.
    """

    values: Floats
    counts: Floats

    def log_capital(self, hypothesis: float, above: bool) -> float:
        """Logarithm of the mean capital of those who bet on one side of a hypothesis in (0, 1)."""
        return self._of_bets(above, hypothesis if above else 1.0 - hypothesis)

    def _of_bets(self, above: bool, m: float) -> float:
        """The same, where m is the distance of the hypothesis from the end of outputs that is bet against."""
        x = self.values if above else 1.0 - self.values
        logs = np.array([float(self.counts @ np.log1p(c * (x / m - 1.0))) for c in BETS])
        top = float(logs.max())
        return top + math.log(float(np.exp(logs - top).mean()))

    def end(self, centre: float, above: bool, log_bound: float) -> float:
        """The hypothesis on one side of the mean at which the capital reaches its bound; 0 or 1 where it never does.

        Or only within e^-30 of the mean's distance from there.
        """
        from scipy.optimize import brentq

        distance, share, lowest = centre if above else 1.0 - centre, 0.0, -30.0

        def excess(log_share: float) -> float:
            return self._of_bets(above, distance * math.exp(log_share)) - log_bound

        if distance > 0.0 and excess(lowest) > 0.0:
            share = distance * math.exp(float(brentq(excess, lowest, 0.0, xtol=1e-10)))
        return share if above else 1.0 - share


@dataclass(frozen=True)
class WagerTail:
    """Two-sided p-value of a mean of outputs in [low, high], valid at any stopping time."""

    wager: Wager
    centre: float
    low: float
    high: float

    def __call__(self, hypothesis: float) -> float:
        """Two-sided p-value of the hypothesis."""
        m = (hypothesis - self.low) / (self.high - self.low)
        if not 0.0 < m < 1.0:
            return float(m == self.centre)
        return min(1.0, 2.0 * math.exp(-self.wager.log_capital(m, above=m < self.centre)))


def bounded_mean(samples: ArrayLike, low: float, high: float, level: float = 0.95) -> Estimate:
    """Mean of bounded replicates with an interval that holds at whatever replicate one stops.

    With probability at least `level` the intervals after 1, 2, 3, ... replicates all contain the mean, for any
    distribution on [low, high]: rare events too. It inverts the capital of gamblers on either side (Waudby-Smith &
    Ramdas 2023, with bets that are fixed shares; MODEL 8.4).

    Parameters
    ----------
    samples : array_like, shape (n,)
        Replicates in [low, high], in an order fixed before they were seen.
    low, high : float
        Finite, low < high.
    level : float
        In (0, 1).

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_probability("level", level)
    values = finite_vector("samples", samples)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise EstimateError(f"low, high: {low} and {high} given; allowed: finite, low < high")
    if values.min() < low or values.max() > high:
        raise EstimateError(f"samples: {values.min():g} to {values.max():g} given; allowed: [{low:g}, {high:g}]")
    mean, variance = moments(values)
    distinct, counts = np.unique((values - low) / (high - low), return_counts=True)
    return _by_bets(Wager(distinct, counts.astype(float)), mean, math.sqrt(variance / values.size), (low, high), level)


def share(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Estimate:
    """Share of independent trials that succeed, with an interval that holds at whatever replicate one stops.

    Bets on every trial, as in `bounded_mean`: the capital depends on the counts alone, and replicates may have any
    numbers of trials.

    Parameters
    ----------
    successes, trials : array_like, shape (n,)
        Whole numbers per replicate, 0 <= successes <= trials.
    level : float
        In (0, 1).

    Returns
    -------
    Estimate
        `replicates` is the number of trials.

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no trial.
    """
    check_probability("level", level)
    k, n = check_trials(successes, trials)
    hits, total = float(k.sum()), float(n.sum())
    mean = hits / total
    wager = Wager(np.array([0.0, 1.0]), np.array([total - hits, hits]))
    return _by_bets(wager, mean, math.sqrt(mean * (1.0 - mean) / total), (0.0, 1.0), level)


def _by_bets(wager: Wager, mean: float, error: float, support: tuple[float, float], level: float) -> Estimate:
    """Interval of a mean by the capital of gamblers on outputs that were scaled from their support to [0, 1]."""
    (low, high), count = support, int(wager.counts.sum())
    centre = float(wager.counts @ wager.values) / count
    log_bound = math.log(2.0 / (1.0 - level))
    least, greatest = (low + (high - low) * wager.end(centre, above, log_bound) for above in (True, False))
    tail = WagerTail(wager, centre, low, high)
    return Estimate(mean, error, least, greatest, level, count, Method.BETTING, tail=tail)


def gain(a: ArrayLike, b: ArrayLike, level: float = 0.95, expected_replicates: int = 64, first: int = 16) -> Estimate:
    """Ratio of the means of paired replicates, less one, with an interval that holds at whatever replicate one stops.

    All ratios r at which the anytime-valid interval of the mean of a - r b contains zero: Fieller's construction with
    the reach of `AnytimeMean`, and its guarantee.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        Numerator and denominator of every replicate.
    level, expected_replicates, first
        As for `AnytimeMean`.

    Returns
    -------
    Estimate
        Without an interval (NaN) before `first`, where all ratios are equal, or where the denominator's own interval
        contains zero; a note says which, or that a - r b is too skewed for its mean to be near normal.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the denominator's mean is zero.
    """
    check_probability("level", level)
    check_counts(expected_replicates, first)
    a, b = finite_vector("a", a), finite_vector("b", b)
    same_length("a", a, "b", b)
    check_sizes(a, b)
    count, bottom = a.size, float(b.mean())
    if bottom == 0.0:
        raise EstimateError("the denominator's mean is zero: it has no ratio")
    ratio = float(a.mean()) / bottom
    apart = a - ratio * b
    error = float(apart.std(ddof=1)) / math.sqrt(count) / abs(bottom) if count > 1 else math.nan
    weight = mixture_weight(expected_replicates, level)
    reach = anytime_reach(count, level, weight)
    blank = Estimate(ratio - 1.0, error, math.nan, math.nan, level, count, Method.ANYTIME_RATIO)
    silence = why_silent(count, first, reach)
    if silence is None and all_equal(apart, float(np.abs(a).max())):
        silence = PROPORTIONAL
    if silence:
        return replace(blank, note=silence)
    # In steps d from the ratio: d^2 <= reach^2 / count times the variance of (apart - d b) / bottom.
    (s_aa, s_ab), (_, s_bb) = (reach**2 / count * np.cov(apart / bottom, b / bottom)).tolist()
    square = 1.0 - s_bb
    if square <= 0.0:
        return replace(blank, note="too few replicates to distinguish the denominator from zero")
    root = math.sqrt(s_ab**2 + square * s_aa)
    low, high = (ratio - 1.0 - (s_ab + side * root) / square for side in (1.0, -1.0))
    tail: Callable[[float], float] = RatioTail(a, b, weight)
    note = too_skewed(skewness(apart), count)
    return Estimate(ratio - 1.0, error, low, high, level, count, Method.ANYTIME_RATIO, note=note, tail=tail)


@dataclass(frozen=True)
class RatioTail:
    """Two-sided p-value of a gain, valid at any stopping time."""

    a: Floats
    b: Floats
    weight: float

    def __call__(self, hypothesis: float) -> float:
        """Two-sided p-value of the hypothesis."""
        apart, scale = self.a - (1.0 + hypothesis) * self.b, float(np.abs(self.a).max())
        if all_equal(apart, scale):
            return float(all_equal(np.append(apart, 0.0), scale))
        error = float(apart.std(ddof=1)) / math.sqrt(apart.size)
        return anytime_p_value(float(apart.mean()) / error, apart.size, self.weight)
