"""Statistics of replicates as moments: the value, and the share of each replicate in its error (its influence)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import EstimateError, check_probability, moments


@dataclass(frozen=True)
class Moment:
    """A statistic of R replicates.

    `influence` (R,) has mean zero; to first order the value is its expectation plus the influence's mean, so that
    cov(influence) is the covariance of one replicate and cov(influence) / R that of the value.
    """

    value: float
    influence: Floats


def mean(samples: Floats) -> Moment:
    """Mean of a figure per replicate (R,)."""
    value = moments(samples)[0]
    return Moment(value, samples - value)


def gain(samples: Floats, against: Floats) -> Moment:
    """Ratio of two means of paired replicates (R,), less one.

    Raises
    ------
    ValueError
        Where the mean of `against` is zero.
    """
    below = moments(against)[0]
    if below == 0.0:
        raise EstimateError("against must not have a mean of zero")
    ratio = moments(samples)[0] / below
    return Moment(ratio - 1.0, (samples - ratio * against) / below)


def quantile(samples: Floats, probability: float) -> Moment:
    """Median-unbiased sample quantile; its influence steps at the quantile, scaled to the error of Maritz and Jarrett.

    The density there, which the textbook influence divides by, is thus estimated by order statistics.
    """
    from scipy import stats

    check_probability("probability", probability)
    value = float(np.quantile(samples, probability, method="median_unbiased"))
    step = (samples > value).astype(np.float64)
    step -= step.mean()
    scatter = float(np.sqrt((step * step).sum() / max(1, samples.size - 1)))
    if scatter == 0.0:
        return Moment(value, np.zeros_like(samples))
    error = float(np.asarray(stats.mstats.mjci(samples, prob=[probability]))[0])
    return Moment(value, step * (error * np.sqrt(samples.size) / scatter))


def slope_of_mean_path(x: Floats, y: Floats) -> Moment:
    """Slope through the origin of the mean path of y (R, T) on that of x (R, T).

    Raises
    ------
    ValueError
        Where the mean path of x is zero throughout.
    """
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    power = float((mean_x * mean_x).sum())
    if power == 0.0:
        raise EstimateError("x is zero throughout")
    slope = float((mean_x * mean_y).sum()) / power
    off_x, off_y = x - mean_x, y - mean_y
    return Moment(slope, (off_y * mean_x + off_x * (mean_y - 2.0 * slope * mean_x)).sum(axis=1) / power)


def slopes_of_paths(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Slope through the origin and centred R^2 of each replicate's own path, y on x (R, T); both (R,).

    Raises
    ------
    ValueError
        Where x is zero, or y constant, throughout a path.
    """
    power = (x * x).sum(axis=1)
    total = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    if not (power.all() and total.all()):
        raise EstimateError("x is zero, or y constant, throughout a path")
    slope = (x * y).sum(axis=1) / power
    return slope, 1.0 - ((y - slope[:, None] * x) ** 2).sum(axis=1) / total


def covariance(parts: list[Moment]) -> Floats:
    """Covariance (k, k) of one replicate's contributions to k moments; zero for a single replicate."""
    rows = np.stack([part.influence for part in parts])
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(np.array([[(a * b).sum() for a in rows] for b in rows]) / max(1, rows.shape[1] - 1))
