"""Sobol indices of an output from a Saltelli design, with intervals (MODEL 8.13)."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import Estimate, Method, check_probability, student_quantile

FEWEST_POINTS = 32
"""Fewest base points whose indices have an interval: fewer cover the cube too badly."""
VARIANCE_ERROR = 0.25
"""Relative standard error of the output's variance beyond which a note says that few base points dominate it."""
SURELY = -math.log(0.025)
"""Expected number of base points of which there is one at 97.5 %."""
UNKNOWN_NOISE = "includes the noise of single replicates, which is not known: at least 2 replicates"


class Indices(NamedTuple):
    """Sobol's indices of one setting: shares of the variance that it makes alone, and with all others."""

    first: Estimate
    total: Estimate


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
        NaN where the output does not vary, and of a setting of whose values one is not finite; without an interval for
        fewer than 32 base points, where moving a setting changes nothing, where one base point makes all of the
        variance, and where an error is not known, so that the noise counts as interaction. Where few base points
        dominate an index, as for rare events, its interval covers too little, and a note says so: where they are fewer
        than 16 (kurtosis - 1) of the output, so that its variance is not known to a quarter; and, of first indices,
        fewer than 3.7 times the kurtosis of the output times that of its change, so that there may be none at which
        both are large.
    """
    check_probability("level", level)
    known = np.isfinite(values)
    if not known.all():
        return [_of_some(values, errors, level, i) for i in range(values.shape[0] - 2)]
    if np.isnan(errors).any():
        raw = sobol_indices(values, np.zeros_like(errors), level)
        return [Indices(*(of_unknown_noise(share) for share in index)) for index in raw]
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


def _of_some(values: Floats, errors: Floats, level: float, setting: int) -> Indices:
    """Indices of one setting where some values are not finite: of its own rows where these are, else none."""
    own = [0, 1, 2 + setting]
    if np.isfinite(values[own]).all():
        return sobol_indices(values[own], errors[own], level)[0]
    return Indices(*2 * (undefined(np.isfinite(values), values.shape[1], level, Method.JACKKNIFE),))


def undefined(known: NDArray[np.bool_], count: int, level: float, method: Method) -> Estimate:
    """A number that does not exist, since the output is finite at the points `known` only; from so many base points."""
    note = f"not a finite number at {np.count_nonzero(~known)} of {known.size} points"
    return Estimate(math.nan, math.nan, math.nan, math.nan, level, count, method, note=note)


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


def of_unknown_noise(found: Estimate) -> Estimate:
    """A number without an interval; as it is where nothing changed, so that there is no noise in it."""
    if found.value == 0.0 or math.isnan(found.value) or UNKNOWN_NOISE in (found.note or ""):
        return found
    earlier = found.note if math.isnan(found.low) else None
    note = "; ".join(filter(None, (earlier, UNKNOWN_NOISE)))
    return replace(found, standard_error=math.nan, low=math.nan, high=math.nan, note=note)


def _half_square(apart: Floats, error: Floats, other: Floats) -> Floats:
    """Half the squared difference, less what noise adds to it: nothing between two rows that are one point."""
    return 0.5 * np.where(apart == 0.0, 0.0, apart**2 - error**2 - other**2)


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
        return replace(blank, note="the output never changes with this setting, which gives no bound")
    rest = bottom.sum() - bottom
    if rest.min() <= 1e-9 * bottom.sum():
        return replace(blank, note="one base point contributes all of the variance, which gives no bound")
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
