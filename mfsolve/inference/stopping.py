"""Interval that may be looked at after every replicate, so that a study stops at a target half-width."""

import math
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.inference.estimate import Estimate, EstimateError, Method, all_equal, check_probability, finite_vector
from mfsolve.inference.skewness import too_skewed

EQUAL = "all replicates are equal so far: future values are unbounded"


def mixture_weight(replicates: float, level: float) -> float:
    """Weight c^2 that makes the anytime-valid interval shortest near that many replicates.

    Minimises the large-sample half-width, (1 + c^2/n) ln((n + c^2) / (c^2 (1 - level)^2)), by Lambert's W.
    """
    from scipy.special import lambertw

    share = -float(lambertw(-((1 - level) ** 2) / math.e, -1).real) - 1
    return replicates / share


def anytime_reach(replicates: int, level: float, weight: float) -> float:
    """Half-width of the anytime-valid interval over the standard error; infinite while too few."""
    if replicates < 2:
        return math.inf
    total = replicates + weight
    log_bound = math.log(total / weight) - 2 * math.log(1 - level)
    shrink = -math.expm1(-log_bound / replicates)
    room = replicates / total - shrink
    return math.sqrt((replicates - 1) * shrink / room) if room > 0 else math.inf


def anytime_p_value(statistic: float, replicates: int, weight: float) -> float:
    """P-value of a t statistic that is valid at any stopping time: one over the likelihood ratio."""
    total = replicates + weight
    share = replicates / total * statistic**2 / (replicates - 1 + statistic**2)
    return min(1.0, math.exp(0.5 * (math.log(total / weight) + replicates * math.log1p(-share))))


class AnytimeMean:
    """Mean of replicates with an interval that is valid whenever one stops (MODEL 8).

    With probability at least `level` the intervals after 2, 3, 4, ... replicates *all* contain the mean, so
    that any rule may decide when to stop. This is exact for independent, identically normal replicates of
    unknown variance: it inverts the scale-invariant likelihood-ratio martingale with a N(0, 1/c^2) mixture
    over mean / standard deviation (Lai 1976; Wang & Ramdas 2023). For other replicates with a finite variance
    it tends to the asymptotic confidence sequence of Waudby-Smith et al. (2021): the guarantee then sets in
    as `first`, the number of replicates before which nothing is said, grows. Measured share of 4000 studies
    in which any of the intervals up to 1000 replicates missed the mean, at a nominal 5 %:

    ================================  =====  =====  =====  =====
    first                                 2     16     32     64
    ================================  =====  =====  =====  =====
    normal                            0.032  0.031  0.028  0.023
    exponential                       0.100  0.092  0.068  0.047
    log-normal, log-s.d. 1            0.187  0.173  0.134  0.092
    rare event, probability 0.05      0.114  0.114  0.114  0.114
    ================================  =====  =====  =====  =====

    Skewed replicates thus need a `first` well beyond the default, and have a note while there are fewer than 25 times
    their squared skewness (Cochran 1977). A study that stops at a half-width of a quarter of a standard deviation looks
    at one of these intervals: it missed in 0.002, 0.017, 0.067 and 0.016 of studies (a t interval stopped by its own
    half-width: 0.053, 0.123, 0.156 and 0.049). Replicates must be taken in an order fixed before they are seen: one
    that finishes sooner must not count sooner.

    Parameters
    ----------
    level : float
        Confidence level in (0, 1).
    expected_replicates : int
        Number of replicates near which the interval is to be shortest, >= 2; any value is valid.
    first : int
        No interval is given before this many replicates, >= 2.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """

    def __init__(self, level: float = 0.95, expected_replicates: int = 64, first: int = 16) -> None:
        check_probability("level", level)
        check_counts(expected_replicates, first)
        self._level = level
        self._first = first
        self._weight = mixture_weight(expected_replicates, level)
        self._replicates = 0
        self._mean = 0.0
        self._square = 0.0
        self._cube, self._unit = 0.0, 0.0  # third powers, in a unit that keeps them numbers
        self._least, self._greatest, self._scale = math.inf, -math.inf, 0.0

    def update(self, samples: ArrayLike, scale: float = 0.0) -> Self:
        """Take further replicates, shape (n,) or a scalar; the bits do not depend on how they are batched.

        `scale` is the size of the numbers whose differences they are: those differ by its rounding at least.

        Raises
        ------
        ValueError
            If `samples` is not finite.
        """
        for sample in finite_vector("samples", np.atleast_1d(np.asarray(samples))).tolist():
            self._replicates += 1
            step = sample - self._mean
            self._add_cube(step)
            self._mean += step / self._replicates
            self._square += step * (sample - self._mean)
            self._least, self._greatest = min(self._least, sample), max(self._greatest, sample)
        self._scale = max(self._scale, scale)
        return self

    def _add_cube(self, step: float) -> None:
        """Sum of cubed deviations with one more replicate, before its square is added (Pébay 2008)."""
        if step == 0.0:
            return
        unit = 2.0 ** min(1023, max(-1000, math.frexp(step)[1]))
        if unit > self._unit:
            self._cube, self._unit = self._cube * (self._unit / unit) ** 3, unit
        n, d = self._replicates, step / self._unit
        self._cube += d**3 * (n - 1) * (n - 2) / n**2 - 3.0 * d / n * (self._square / self._unit / self._unit)

    def _skewness(self) -> float:
        square = self._square / self._unit / self._unit if self._unit else 0.0
        return self._cube * math.sqrt(self._replicates / square) / square if square > 0.0 else 0.0

    def estimate(self) -> Estimate:
        """Return the mean so far; the interval is NaN while nothing can be said, and the note says why.

        That includes samples that are all equal, to rounding: a rare event not seen yet must not stop a study.

        Raises
        ------
        ValueError
            If there are no samples yet.
        """
        count = self._replicates
        if count == 0:
            raise EstimateError("samples must be given by update before there is an estimate")
        error = math.sqrt(self._square / (count - 1) / count) if count > 1 else math.nan
        reach = anytime_reach(count, self._level, self._weight)
        equal = all_equal(np.array([self._least, self._greatest]), self._scale)
        silence = why_silent(count, self._first, reach)
        if silence is None and equal:
            silence = EQUAL
        half = math.nan if silence else reach * error
        return Estimate(
            value=self._mean,
            standard_error=error,
            low=self._mean - half,
            high=self._mean + half,
            level=self._level,
            replicates=count,
            method=Method.ANYTIME,
            prior_replicates=self._weight,
            note=silence or too_skewed(self._skewness(), count),
        )


def why_silent(replicates: int, first: int, reach: float) -> str | None:
    """Say that replicates are too few for an anytime-valid interval; None where they are not."""
    if replicates < first:
        return f"too few replicates for an interval at any stopping time: at least {first}"
    return "too few replicates for an interval at any stopping time at this level" if math.isinf(reach) else None


def check_counts(expected_replicates: int, first: int) -> None:
    """Raise ValueError unless an interval is asked for from the second replicate on, or later."""
    if first < 2:
        raise EstimateError(f"first: {first} given; allowed: at least 2")
    if expected_replicates < 2:
        raise EstimateError(f"expected_replicates: {expected_replicates} given; allowed: at least 2")
