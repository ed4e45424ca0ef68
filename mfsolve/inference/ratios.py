"""Ratio of two means: the expanded BCa bootstrap, and Fieller's closed form beside it."""

import dataclasses
import math
import warnings
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.inference.estimate import (
    Estimate,
    FloatArray,
    Method,
    check_probability,
    finite_vector,
    moments,
    normal_exceedance,
    same_length,
    satterthwaite,
    student_quantile,
)

# Indices held at once by the bootstrap: 8 MB, whatever the numbers of samples and resamples.
_INDEX_BUDGET = 1 << 20
# Resamples expected beyond the two ends together, and the most drawn to get them.
_DRAWS_OUTSIDE = 20
_MOST_DRAWS = 1_000_000


def ratio(
    numerator: ArrayLike,
    denominator: ArrayLike,
    level: float = 0.95,
    seed: int = 0,
    *,
    paired: bool = True,
    resamples: int = 9999,
    method: Method = Method.BCA,
) -> Estimate:
    """Ratio of two means, by default with a bias-corrected and accelerated bootstrap interval (MODEL 8).

    The bootstrap knows the spread of n replicates as if it were exact and divides by n, not n - 1, so it is
    narrow for few replicates; its level is therefore expanded to that of sqrt(n/(n-1)) times the t quantile
    (Hesterberg 2015). Measured coverage at a nominal 95 %, paired replicates, 4000 to 20 000 repetitions:

    ============================  =====  =====  =====
    replicates                       8     16     64
    ============================  =====  =====  =====
    normal, plain BCa             0.887  0.922  0.941
    normal, expanded BCa          0.940  0.950  0.951
    normal, Fieller               0.953  0.956  0.952
    exponential, plain BCa        0.857  0.901  0.927
    exponential, expanded BCa     0.920  0.926  0.939
    exponential, Fieller          0.950  0.952  0.947
    ============================  =====  =====  =====

    Parameters
    ----------
    numerator, denominator : array_like, shapes (n,) and (m,)
        Replicates; n = m when paired.
    level : float
        Confidence level in (0, 1).
    seed : int
        Seed of the resampling, >= 0: the same call gives the same bits.
    paired : bool
        Whether replicates with one index belong together and are resampled together.
    resamples : int
        Bootstrap resamples, >= 1; more are drawn, up to a million, where the level needs them.
    method : Method
        `Method.BCA` or `Method.FIELLER`; the latter assumes means near normal and draws nothing.

    Returns
    -------
    Estimate
        The standard error is that of the linearised ratio (delta method). The interval is NaN where the
        denominator's own t interval contains zero, as Fieller's confidence set is then unbounded, and where
        the bootstrap has no resample far enough out for the level (at 95 %, fewer than 5 replicates).

    Raises
    ------
    ValueError
        If a sample is empty or not finite, the lengths differ while `paired`, the denominator's mean is
        zero, `level` is outside (0, 1), `resamples` < 1 or `method` is another one.

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals, JASA 82. Fieller (1954), Some problems in interval
    estimation, JRSS B 16. Hesterberg (2015), What teachers should know about the bootstrap, Am. Stat. 69.
    """
    check_probability("level", level)
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    if method not in (Method.BCA, Method.FIELLER):
        raise ValueError(f"method must be Method.BCA or Method.FIELLER, got {method!r}")
    top, bottom = finite_vector("numerator", numerator), finite_vector("denominator", denominator)
    if paired:
        same_length("numerator", top, "denominator", bottom)
    mean_top, mean_bottom = moments(top)[0], moments(bottom)[0]
    if mean_bottom == 0:
        raise ValueError("denominator must not have a mean of zero")
    value = mean_top / mean_bottom
    replicates = min(top.size, bottom.size)
    if replicates == 1:
        return Estimate(value, math.nan, math.nan, math.nan, level, 1, method)
    spread = _Spread.of(top, bottom, value, paired)
    low, high = math.nan, math.nan
    if spread.residual == 0:
        low, high = value, value
    else:
        quantile = student_quantile(level, spread.freedom)
        bounded = mean_bottom**2 - quantile**2 * spread.bottom
        if bounded > 0 and method is Method.FIELLER:
            # The roots d of (d mean_bottom)^2 = quantile^2 Var(mean of top - (value + d) bottom).
            shift = -(quantile**2) * spread.cross
            root = math.sqrt(shift**2 + bounded * quantile**2 * spread.residual)
            low, high = value + (shift - root) / bounded, value + (shift + root) / bounded
        elif bounded > 0:
            outside = normal_exceedance(quantile * math.sqrt(replicates / (replicates - 1)))
            low, high = _bca(top, bottom, outside, seed, paired, resamples)
    error = math.sqrt(spread.residual) / abs(mean_bottom)
    return Estimate(value, error, low, high, level, replicates, method, spread.freedom)


def gain(
    numerator: ArrayLike,
    denominator: ArrayLike,
    level: float = 0.95,
    seed: int = 0,
    *,
    paired: bool = True,
    resamples: int = 9999,
    method: Method = Method.BCA,
) -> Estimate:
    """Relative gain, the ratio of means minus one; arguments, errors and interval as for `ratio`."""
    of = ratio(numerator, denominator, level, seed, paired=paired, resamples=resamples, method=method)
    return dataclasses.replace(of, value=of.value - 1, low=of.low - 1, high=of.high - 1)


@dataclass(frozen=True)
class _Spread:
    """Variances of the means of `top - value * bottom` and of `bottom`, and their covariance."""

    residual: float
    bottom: float
    cross: float
    freedom: float

    @classmethod
    def of(cls, top: FloatArray, bottom: FloatArray, value: float, paired: bool) -> Self:
        of_bottom = moments(bottom)[1] / bottom.size
        if not paired:
            of_top = moments(top)[1] / top.size
            scaled = value**2 * of_bottom
            freedom = satterthwaite(of_top, top.size, scaled, bottom.size)
            return cls(of_top + scaled, of_bottom, -value * of_bottom, freedom)
        residual = top - value * bottom
        rounding = 8 * np.finfo(float).eps * float(np.abs(top).max() + np.abs(value * bottom).max())
        if np.abs(residual).max() <= rounding:
            return cls(0.0, of_bottom, 0.0, top.size - 1)
        matrix = np.cov(residual, bottom) / top.size
        return cls(float(matrix[0, 0]), of_bottom, float(matrix[0, 1]), top.size - 1)


def _bca(
    top: FloatArray, bottom: FloatArray, outside: float, seed: int, paired: bool, resamples: int
) -> tuple[float, float]:
    """Ends that leave `outside` of the resamples out; NaN where too few resamples lie that far out."""
    from scipy import stats

    draws = max(resamples, math.ceil(_DRAWS_OUTSIDE / max(outside, 1 / _MOST_DRAWS)))
    distinct = top.size * math.log(top.size) + (0 if paired else bottom.size * math.log(bottom.size))
    if draws > max(resamples, _MOST_DRAWS) or math.log(2 / max(outside, 1 / _MOST_DRAWS)) > distinct:
        return math.nan, math.nan

    def ratio_of_means(top: FloatArray, bottom: FloatArray, axis: int = -1) -> FloatArray:
        return np.asarray(top.mean(axis=axis) / bottom.mean(axis=axis))

    with warnings.catch_warnings():
        # A bootstrap distribution on too few points gives a NaN interval, which says so itself.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap(
            (top, bottom),
            ratio_of_means,
            paired=paired,
            vectorized=True,
            method="BCa",
            confidence_level=1 - outside,
            n_resamples=draws,
            batch=max(1, _INDEX_BUDGET // max(top.size, bottom.size)),
            random_state=np.random.default_rng(seed),
        )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
