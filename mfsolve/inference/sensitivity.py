"""Sensitivity of an output to the settings of a design: Sobol indices, Morris effects, intervals (MODEL 8.13)."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, Method, check_probability

RESAMPLES = 999


class Indices(NamedTuple):
    """Sobol's indices of one setting: shares of the variance that it makes alone, and with all others."""

    first: Estimate
    total: Estimate


class Effects(NamedTuple):
    """Morris's effects of one setting: mean of their sizes, mean, and standard deviation over the trajectories."""

    size: Estimate
    mean: Estimate
    spread: Estimate


def sobol_indices(values: Floats, errors: Floats, level: float = 0.95, seed: int = 1) -> list[Indices]:
    """Sobol's indices from a Saltelli design (Saltelli et al. 2010, first order; Jansen 1999, total; MODEL 8.13).

    The noise of values that are means over replicates is subtracted, so that it is no interaction.

    Parameters
    ----------
    values : ndarray, shape (d + 2, n)
        The output at rows A and B, then at A with one column of B, column by column.
    errors : ndarray, shape (d + 2, n)
        Standard errors of the values, independent of each other; 0 for what is exact.
    level, seed
        Level in (0, 1) of the bootstrap intervals over the n base points, and their seed.

    Returns
    -------
    list of d Indices
        NaN where the output does not vary.
    """
    check_probability("level", level)
    a, b, mixed = values[0], values[1], values[2:]
    centre = 0.5 * (a.mean() + b.mean())
    a, b, mixed = a - centre, b - centre, mixed - centre
    variance = _half_square(a - b, errors[0], errors[1])
    found = []
    for i, column in enumerate(mixed):
        alone = b * (column - a)
        whole = _half_square(a - column, errors[0], errors[2 + i])
        found.append(Indices(*(_ratio(top, variance, level, seed) for top in (alone, whole))))
    return found


def _half_square(apart: Floats, error: Floats, other: Floats) -> Floats:
    """Half the squared difference, less what noise adds to it: nothing between two rows that are one point."""
    return 0.5 * np.where(apart == 0.0, 0.0, apart**2 - error**2 - other**2)


def morris_effects(values: Floats, points: Floats, level: float = 0.95, seed: int = 1) -> list[Effects]:
    """Elementary effects from a Morris design (Morris 1991; mean size: Campolongo et al. 2007; MODEL 8.13).

    Parameters
    ----------
    values : ndarray, shape (r, d + 1)
        The output along r trajectories.
    points : ndarray, shape (r, d + 1, d)
        Their points in the unit cube, of which every step moves one coordinate.
    level, seed
        As for `sobol_indices`; resampled are trajectories.

    Returns
    -------
    list of d Effects
        In units of the output, over the whole range of a setting.
    """
    check_probability("level", level)
    steps = np.diff(points, axis=1)
    moved = np.argmax(np.abs(steps), axis=2)
    size = np.take_along_axis(steps, moved[:, :, None], axis=2)[:, :, 0]
    effects = np.empty((values.shape[0], points.shape[2]))
    np.put_along_axis(effects, moved, np.diff(values, axis=1) / size, axis=1)
    return [
        Effects(
            *(
                _resampled(lambda x, axis=-1, make=make: make(x, axis), (column,), level, seed)
                for make in (_mean_size, _mean, _deviation)
            )
        )
        for column in effects.T
    ]


def _mean_size(x: Floats, axis: int) -> Floats:
    return np.asarray(np.abs(x).mean(axis=axis))


def _mean(x: Floats, axis: int) -> Floats:
    return np.asarray(x.mean(axis=axis))


def _deviation(x: Floats, axis: int) -> Floats:
    return np.asarray(x.std(axis=axis, ddof=1))


def _ratio(top: Floats, bottom: Floats, level: float, seed: int) -> Estimate:
    if not bottom.mean() > 0.0:
        nan = math.nan
        return Estimate(nan, nan, nan, nan, level, top.size, Method.RESAMPLED, note="the output does not vary")

    def statistic(x: Floats, y: Floats, axis: int = -1) -> Floats:
        return np.asarray(x.mean(axis=axis) / y.mean(axis=axis))

    return _resampled(statistic, (top, bottom), level, seed)


def _resampled(statistic: Callable[..., Floats], data: tuple[Floats, ...], level: float, seed: int) -> Estimate:
    """A statistic of base points with its percentile bootstrap interval."""
    from scipy.stats import bootstrap

    count, value = data[0].size, float(statistic(*data))
    if count < 2:
        return Estimate(value, math.nan, math.nan, math.nan, level, count, Method.RESAMPLED)
    found = bootstrap(
        data, statistic, n_resamples=RESAMPLES, paired=True, vectorized=True, confidence_level=level,
        method="percentile", random_state=np.random.default_rng(seed),
    )  # fmt: skip
    interval = found.confidence_interval
    error = float(found.standard_error)
    return Estimate(value, error, float(interval.low), float(interval.high), level, count, Method.RESAMPLED)
