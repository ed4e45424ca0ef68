"""Morris's elementary effects, with intervals that know what noise the values have (MODEL 8.13)."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, Method, all_equal, check_probability, student_quantile
from mfsolve.inference.means import mean_of
from mfsolve.inference.sobol_indices import of_unknown_noise, undefined

FEWEST_SPREAD = 5
"""Fewest values whose standard deviation has an interval."""
NEGLIGIBLE = 0.1
"""Share of half an interval below which what noise adds to a mean size or a spread is not worth a note."""

METHODS = (Method.STUDENT, Method.STUDENT, Method.LOG_VARIANCE)
"""Methods behind the three numbers of a setting, where these are not known."""


class Effects(NamedTuple):
    """Morris's effects of one setting: mean of their sizes, mean, and standard deviation over the trajectories."""

    size: Estimate
    mean: Estimate
    spread: Estimate


def morris_effects(
    values: Floats, points: Floats, level: float = 0.95, *, errors: Floats | None = None
) -> list[Effects]:
    """Elementary effects from a Morris design (Morris 1991; mean size: Campolongo et al. 2007; MODEL 8.13).

    Noise of the values is in the mean size and the spread: sizes know no sign by which it could cancel.

    Parameters
    ----------
    values : ndarray, shape (r, d + 1)
        The output along r trajectories.
    points : ndarray, shape (r, d + 1, d)
        Their points in the unit cube, of which every step moves one coordinate.
    level : float
        Level in (0, 1) of the intervals: those of `means.mean` over the r trajectories, and of `spread`.
    errors : ndarray, shape (r, d + 1), optional
        Standard errors of the values, independent of each other; NaN for what is not known. Default: exact values.

    Returns
    -------
    list of d Effects
        In units of the output, over the whole range of a setting. A note says what noise alone would give where it may
        add more to the mean size, or adds more to the spread, than a tenth of half their interval; neither has an
        interval where an error is not known. Intervals of the mean and the mean size are wider where trajectories meet
        at points, whose noise is then one and the same; without known errors the mean has none there. Effects of which
        one is not a finite number have no mean: all three are NaN, with a note.

    Raises
    ------
    ValueError
        If `level` is outside (0, 1).
    """
    check_probability("level", level)
    columns = elementary_effects(np.where(np.isfinite(values), values, np.nan), points).T
    whole = [bool(np.isfinite(column).all()) for column in columns]
    if all(whole):
        return _of_columns(columns, points, level, errors)
    blank = Effects(*(undefined(np.isfinite(values), values.shape[0], level, method) for method in METHODS))
    clean = np.where(np.isfinite(columns), columns, 0.0)
    return [one if known else blank for one, known in zip(_of_columns(clean, points, level, errors), whole)]


def _of_columns(columns: Floats, points: Floats, level: float, errors: Floats | None) -> list[Effects]:
    """Effects of every setting from its elementary effects (d, r), which are finite."""
    found = [Effects(mean_of(np.abs(x), level), mean_of(x, level), spread(x, level)) for x in columns]
    if errors is None or not errors.any():
        return found
    variances = np.where(columns == 0.0, 0.0, _variances_of_effects(errors, points).T)
    shared = [
        Effects(_widened(effects.size, of_size), _widened(effects.mean, of_mean), effects.spread)
        for effects, of_size, of_mean in zip(
            found,
            _variance_of_meetings(errors, points, np.sign(columns)),
            _variance_of_meetings(errors, points, np.ones_like(columns)),
        )
    ]
    return [
        _with_noise(effects, noise) if noise.any() else plain for effects, noise, plain in zip(shared, variances, found)
    ]


def _widened(found: Estimate, more: float) -> Estimate:
    """A mean over trajectories whose variance is larger by so much; without an interval where that is not known."""
    if math.isnan(more):
        return of_unknown_noise(found)
    if not (more > 0.0 and found.standard_error > 0.0):
        return found
    error = math.hypot(found.standard_error, math.sqrt(more))
    by, value = error / found.standard_error, found.value
    low, high = value - by * (value - found.low), value + by * (found.high - value)
    return replace(found, standard_error=error, low=low, high=high, tail=None)


def _variance_of_meetings(errors: Floats, points: Floats, signs: Floats) -> Floats:
    """Variance (d,) that noise adds to means of signed effects (d, r) beyond that of trajectories which never meet."""
    count, places, d = points.shape
    moved, size = _steps(points)
    _, point = np.unique(points.reshape(-1, d).round(9), axis=0, return_inverse=True)
    point, more = point.reshape(count, places), np.empty(d)
    noise = np.zeros(point.max() + 1)
    noise[point] = errors**2
    for i in range(d):
        step = moved == i
        weight = signs[i] / (count * size[step])
        ends = np.concatenate([point[:, 1:][step], point[:, :-1][step]])
        met = np.bincount(ends, np.concatenate([weight, -weight]), noise.size)
        alone = np.bincount(ends, np.concatenate([weight, weight]) ** 2, noise.size)
        apart = met**2 - alone
        more[i] = apart @ np.where(np.abs(apart) > 1e-12 * alone, noise, 0.0)
    return np.where(np.isnan(more), more, np.maximum(more, 0.0))


def _with_noise(effects: Effects, variances: Floats) -> Effects:
    """Effects of one setting with notes on what the noise of each, of these variances (r,), adds to them."""
    if np.isnan(variances).any():
        size, spread_ = (of_unknown_noise(found) for found in (effects.size, effects.spread))
        return Effects(size, effects.mean, spread_)
    of_size = math.sqrt(2.0 / math.pi) * float(np.sqrt(variances).mean())
    of_spread, value = math.sqrt(float(variances.mean())), effects.spread.value
    added = value - math.sqrt(max(0.0, value**2 - of_spread**2))
    return Effects(
        _with_its_noise(effects.size, of_size, of_size), effects.mean, _with_its_noise(effects.spread, of_spread, added)
    )


def _with_its_noise(found: Estimate, alone: float, added: float) -> Estimate:
    if not (math.isnan(found.half_width) or added > NEGLIGIBLE * found.half_width):
        return found
    said = f"includes the noise of replicates, which alone would give {alone:.2g}"
    return replace(found, note="; ".join(filter(None, (found.note, said))))


def elementary_effects(values: Floats, points: Floats) -> Floats:
    """Change of the output over that of the coordinate which a step moves; shape (r, d), arguments as above."""
    moved, size = _steps(points)
    effects = np.empty((values.shape[0], points.shape[2]))
    np.put_along_axis(effects, moved, np.diff(values, axis=1) / size, axis=1)
    return effects


def _variances_of_effects(errors: Floats, points: Floats) -> Floats:
    """Variances (r, d) that values of these standard errors give the elementary effects."""
    moved, size = _steps(points)
    variances = np.empty((errors.shape[0], points.shape[2]))
    np.put_along_axis(variances, moved, (errors[:, 1:] ** 2 + errors[:, :-1] ** 2) / size**2, axis=1)
    return variances


def _steps(points: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The coordinate that each step of a trajectory moves, and by how much; both (r, d)."""
    steps = np.diff(points, axis=1)
    moved = np.argmax(np.abs(steps), axis=2)
    return moved, np.take_along_axis(steps, moved[:, :, None], axis=2)[:, :, 0]


def spread(values: Floats, level: float) -> Estimate:
    """Standard deviation of independent values that need not be normal (Bonett 2006; MODEL 8.13).

    The logarithm of the variance is as good as normal, with a standard error by the fourth moment about a trimmed mean;
    a factor n / (n - z) makes up for the skewness of few values.

    Parameters
    ----------
    values : ndarray, shape (n,)
    level : float
        In (0, 1).

    Returns
    -------
    Estimate
        Without an interval for fewer than 5 values, and where all are equal.
    """
    count = values.size
    value = float(values.std(ddof=1)) if count > 1 else math.nan
    blank = Estimate(value, math.nan, math.nan, math.nan, level, count, Method.LOG_VARIANCE)
    if count < FEWEST_SPREAD:
        return replace(blank, note=f"too few trajectories for a spread: at least {FEWEST_SPREAD}")
    if all_equal(values):
        return replace(blank, note="all effects are equal, which gives no bound")
    from scipy.stats import trim_mean  # which takes most of a second to import

    z = student_quantile(level, math.inf)
    if count <= z:
        return replace(blank, note=f"too few trajectories for a spread at this level: at least {math.floor(z) + 1}")
    apart = values - values.mean()
    apart /= np.abs(apart).max()  # fourth powers must be numbers
    trimmed = float(trim_mean(apart, 0.5 / math.sqrt(count - 4)))
    kurtosis = count * float(((apart - trimmed) ** 4).sum()) / float((apart**2).sum()) ** 2
    factor = count / (count - z)
    error = factor * math.sqrt((kurtosis - (count - 3) / count) / (count - 1))
    low, high = (value * math.sqrt(factor) * math.exp(0.5 * side * z * error) for side in (-1.0, 1.0))
    return replace(blank, standard_error=0.5 * value * error, low=low, high=high)
