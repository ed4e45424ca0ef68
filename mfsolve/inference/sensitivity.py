"""Sensitivity of an output to the settings of a design: Sobol indices, Morris effects, intervals (MODEL 8.13)."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, Method, all_equal, check_probability, student_quantile
from mfsolve.inference.means import mean_of

FEWEST_POINTS = 32
"""Fewest base points whose indices have an interval: fewer cover the cube too badly."""
VARIANCE_ERROR = 0.25
"""Relative standard error of the output's variance beyond which a note says that few base points dominate it."""
SURELY = -math.log(0.025)
"""Expected number of base points of which there is one at 97.5 %."""
FEWEST_SPREAD = 5
"""Fewest values whose standard deviation has an interval."""
UNKNOWN_NOISE = "includes the noise of single replicates, which is not known: at least 2 replicates"
NEGLIGIBLE = 0.1
"""Share of half an interval below which what noise adds to a mean size or a spread is not worth a note."""


class Indices(NamedTuple):
    """Sobol's indices of one setting: shares of the variance that it makes alone, and with all others."""

    first: Estimate
    total: Estimate


class Effects(NamedTuple):
    """Morris's effects of one setting: mean of their sizes, mean, and standard deviation over the trajectories."""

    size: Estimate
    mean: Estimate
    spread: Estimate


def sobol_indices(values: Floats, errors: Floats, level: float = 0.95) -> list[Indices]:
    """Sobol's indices from a Saltelli design (Saltelli et al. 2010, first order; Jansen 1999, total; MODEL 8.13).

    The noise of values that are means over replicates is subtracted, so that it is no interaction.

    Parameters
    ----------
    values : ndarray, shape (d + 2, n)
        The output at rows A and B, then at A with one column of B, column by column.
    errors : ndarray, shape (d + 2, n)
        Standard errors of the values, independent of each other; 0 for what is exact, NaN for what is not known.
    level : float
        Level in (0, 1) of the intervals: Student's t of the jackknife over the n base points, of the logarithm for
        total indices of exact values.

    Returns
    -------
    list of d Indices
        NaN where the output does not vary; without an interval for fewer than 32 base points, where moving a setting
        changes nothing, where one base point makes all of the variance, and where an error is not known, so that the
        noise counts as interaction. Where few base points dominate an index, as
        for rare events, its interval covers too little, and a note says so: where they are fewer than 16 (kurtosis - 1)
        of the output, so that its variance is not known to a quarter; and, of first indices, fewer than 3.7 times the
        kurtosis of the output times that of its change, so that there may be none at which both are large.
    """
    check_probability("level", level)
    if np.isnan(errors).any():
        raw = sobol_indices(values, np.zeros_like(errors), level)
        return [Indices(*(_of_unknown_noise(share) for share in index)) for index in raw]
    a, b, mixed = values[0], values[1], values[2:]
    centre = values.mean()
    a, b, mixed = a - centre, b - centre, mixed - centre
    variance = _half_square(a - b, errors[0], errors[1])
    both = _kurtosis(np.concatenate([a - a.mean(), b - b.mean()]))
    found = []
    for i, column in enumerate(mixed):
        moved = column - a
        whole = _half_square(moved, errors[0], errors[2 + i])
        first = _share(b * moved, variance, level)
        total = _share(whole, variance, level, positive=not errors.any())
        enough = (both - 1.0) / VARIANCE_ERROR**2
        found.append(Indices(_noted(first, max(enough, SURELY * both * _kurtosis(moved))), _noted(total, enough)))
    return found


def _kurtosis(values: Floats) -> float:
    """Mean fourth power over the squared mean square; 1 where all values are 0."""
    size = float(np.abs(values).max())
    if size == 0.0:
        return 1.0
    square = (values / size) ** 2  # squares of squares must be numbers
    return float((square**2).mean() / square.mean() ** 2)


def _noted(share: Estimate, needed: float) -> Estimate:
    """A share with a note where its base points are fewer than it takes."""
    if share.note or share.replicates >= needed:
        return share
    return replace(share, note=f"few base points dominate this index; at least {math.ceil(needed)} needed")


def _of_unknown_noise(found: Estimate) -> Estimate:
    """A number without an interval; as it is where nothing changed, so that there is no noise in it."""
    if found.value == 0.0 or math.isnan(found.value):
        return found
    earlier = found.note if math.isnan(found.low) else None
    note = "; ".join(filter(None, (earlier, UNKNOWN_NOISE)))
    return replace(found, standard_error=math.nan, low=math.nan, high=math.nan, note=note)


def _half_square(apart: Floats, error: Floats, other: Floats) -> Floats:
    """Half the squared difference, less what noise adds to it: nothing between two rows that are one point."""
    return 0.5 * np.where(apart == 0.0, 0.0, apart**2 - error**2 - other**2)


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
        interval where an error is not known.

    Raises
    ------
    ValueError
        If `level` is outside (0, 1).
    """
    check_probability("level", level)
    columns = elementary_effects(values, points).T
    found = [Effects(mean_of(np.abs(x), level), mean_of(x, level), spread(x, level)) for x in columns]
    if errors is None or not errors.any():
        return found
    variances = np.where(columns == 0.0, 0.0, _variances_of_effects(errors, points).T)
    return [_with_noise(effects, noise) if noise.any() else effects for effects, noise in zip(found, variances)]


def _with_noise(effects: Effects, variances: Floats) -> Effects:
    """Effects of one setting with notes on what the noise of each, of these variances (r,), adds to them."""
    if np.isnan(variances).any():
        size, spread_ = (_of_unknown_noise(found) for found in (effects.size, effects.spread))
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


def _share(top: Floats, bottom: Floats, level: float, *, positive: bool = False) -> Estimate:
    """Ratio of two means over the base points, with the t interval of its jackknife, or of its logarithm's."""
    count, below = top.size, float(bottom.mean())
    if not below > 0.0:
        nan = math.nan
        return Estimate(nan, nan, nan, nan, level, count, Method.JACKKNIFE, note="the output does not vary")
    value = float(top.mean()) / below
    blank = Estimate(value, math.nan, math.nan, math.nan, level, count, Method.JACKKNIFE, count - 1)
    if count < FEWEST_POINTS:
        return replace(blank, note=f"too few base points for an interval: at least {FEWEST_POINTS}")
    if not top.any():
        return replace(blank, note="the output is the same wherever this setting is moved, which gives no bound")
    rest = bottom.sum() - bottom
    if rest.min() <= 1e-9 * bottom.sum():
        return replace(blank, note="one base point makes all of the variance, which gives no bound")
    without = (top.sum() - top) / rest
    error = _jackknife_error(without)
    quantile = student_quantile(level, count - 1)
    if positive and without.min() > 0.0:
        factor = math.exp(quantile * _jackknife_error(np.log(without)))
        return replace(blank, standard_error=error, low=value / factor, high=value * factor)
    return replace(blank, standard_error=error, low=value - quantile * error, high=value + quantile * error)


def _jackknife_error(without: Floats) -> float:
    """Standard error of a statistic from its values without one base point each."""
    return math.sqrt((without.size - 1) / without.size * float(((without - without.mean()) ** 2).sum()))
