"""Slope of the collapse law where the contamination of some generations is not known (MODEL 8.10).

Between two measurements only the sum of squared contamination counts: it is anything from 0 to the number of unknown
generations there, beside what is known. The slope N / D is a ratio of a linear and a quadratic function of these sums.
Its largest value has no local rival (a concave over a convex function); its least one lies at a corner, which is
searched from many starts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.collapse_laws import Comparison, compare
from mfsolve.inference.collapse_paths import Paths, starts
from mfsolve.inference.collapse_tests import LineTests
from mfsolve.inference.estimate import EstimateError
from mfsolve.inference.fitted_line import Covariance, Regression
from mfsolve.inference.least_squares import ExactLine
from mfsolve.inference.regression import slope_of

_CORNERS = 8
"""Unknown sums of which every corner is a start of the search."""
_CUTS = 8
"""Places at which starts of the search go from 0 to 1 and back, of more unknown sums."""


@dataclass(frozen=True)
class SlopeWithin:
    """A slope, and what unknown contamination makes of it.

    Attributes
    ----------
    fit : Regression
        With unknown contamination between that of the generations beside it; its interval holds whatever it was.
    slopes : (float, float)
        Least and largest slope.
    interval : (float, float)
        Interval of the fit were its contamination known.
    others : tuple of Regression
        Fits with other contamination, the least and the largest slope among them.
    filled : tuple of Paths
        What they were fitted to.
    """

    fit: Regression
    slopes: tuple[float, float]
    interval: tuple[float, float]
    others: tuple[Regression, ...] = ()
    filled: tuple[Paths, ...] = ()

    def p_value(self, slope: float) -> float:
        """Largest p-value of a slope, whatever the unknown contamination was."""
        if self.others and self.slopes[0] <= slope <= self.slopes[1]:
            return 1.0
        found = [fit.p_value(slope) for fit in (self.fit, *self.others)]
        return max((p for p in found if not math.isnan(p)), default=math.nan)


def slope_within(measured: Paths, **options: Any) -> SlopeWithin:
    """Fit the collapse law, and join its intervals over what unknown contamination may have been.

    Parameters
    ----------
    measured : Paths
    **options
        As for `regression.through_origin`.

    Raises
    ------
    ValueError
        As `regression.slope_of` does for the measurements as they are filled in, but for those that lie exactly on the
        line: their fit has no error and no interval (NaN).
    """
    fit = _fitted(measured, options)
    filled = extremes(measured, fit.covariance)
    if not filled:
        return SlopeWithin(fit, (fit.slope, fit.slope), (fit.low, fit.high))
    try:
        others = tuple(_fitted(paths, options) for paths in filled)
    except EstimateError:  # without the unknown contamination there is none, and the slope has no bound
        everything = (-math.inf, math.inf)
        return SlopeWithin(replace(fit, low=-math.inf, high=math.inf), everything, (fit.low, fit.high), (fit,))
    each = (fit, *others)
    slopes, exact = [one.slope for one in each], [math.isnan(one.standard_error) for one in each]
    low = min(one.slope if none else one.low for one, none in zip(each, exact))
    high = max(one.slope if none else one.high for one, none in zip(each, exact))
    return SlopeWithin(
        replace(fit, low=low, high=high), (min(slopes), max(slopes)), (fit.low, fit.high), others, filled
    )


def _fitted(measured: Paths, options: dict[str, Any]) -> Regression:
    try:
        return slope_of(measured, **options)
    except ExactLine as exact:
        return exact.fit


def compare_within(measured: Paths, filled: Sequence[Paths]) -> Comparison:
    """Compare laws on the measurements as they are filled in; its tests have the largest p-value of all fillings."""
    laws = compare(measured)
    tests, chi = [laws.tests], laws.chi_square_p_value
    for paths in filled:
        other = compare(paths)
        tests.append(other.tests)
        if chi is not None and other.chi_square_p_value is not None:
            chi = max(chi, other.chi_square_p_value)
    largest = LineTests(*(max(values) for values in zip(*tests, strict=True)))
    return replace(laws, tests=largest, chi_square_p_value=chi)


def extremes(measured: Paths, covariance: Covariance) -> tuple[Paths, ...]:
    """The same with unknown contamination 0, 1, of the least and the largest slope, and of the best fit; or none.

    `covariance` says whether the slope is that of all runs or the mean of their own.
    """
    grid = measured.grid
    if grid is None or grid.unknown is None or not grid.unknown.any():
        return ()
    sums = _Sums(measured, covariance is Covariance.RUNS)
    targets = (sums.slope, lambda z: _negative(sums.slope(z)), sums.unexplained)
    found = [_least(target, sums.count, sums.between) for target in targets]
    return tuple(sums.filled(z) for z in (np.zeros(sums.count.size), sums.count, *found))


def _negative(found: tuple[float, Floats]) -> tuple[float, Floats]:
    return -found[0], -found[1]


class _Sums:
    """Unknown sums of squared contamination between measurements, and what the slope is for given ones."""

    def __init__(self, measured: Paths, by_run: bool) -> None:
        grid = measured.grid
        assert grid is not None
        assert grid.unknown is not None
        self._measured, self._grid = measured, grid
        unknown = grid.unknown & ~starts(grid.run)
        after = np.searchsorted(
            grid.place, np.arange(grid.share.size)
        )  # the measurement that a generation comes before
        inside = after < measured.run.size
        count = np.bincount(after[unknown & inside], minlength=measured.run.size).astype(np.float64)
        self._at = np.flatnonzero(count)
        self.count: Floats = count[self._at]
        self._unknown, self._after = unknown & inside, after
        known = replace(grid, share=np.where(unknown, 0.0, grid.share))
        self._known = known.exposure(2.0)
        squares = np.where(self._unknown, grid.share, 0.0) ** 2
        between = np.bincount(after[inside], squares[inside], minlength=measured.run.size)
        self.between = np.asarray(between[self._at], np.float64)
        self._group = measured.run if by_run else np.zeros(measured.run.size, np.intp)
        self._loss = measured.since_start(measured.loss)

    def _terms(self, z: Floats) -> tuple[Floats, Floats, Floats, Callable[[Floats], Floats]]:
        """Numerators and denominators by group, the term less its start, and derivatives by z of those by the term."""
        measured, weight = self._measured, self._measured.weight
        added = np.zeros(measured.run.size)
        added[self._at] = z
        total = np.cumsum(added)
        first = np.flatnonzero(measured.first)
        x = measured.since_start(self._known + total - total[first][measured.run])
        groups = int(self._group[-1]) + 1
        numerator, denominator = (
            np.asarray(np.bincount(self._group, weight * x * values, minlength=groups), np.float64)
            for values in (self._loss, x)
        )

        def by_sum(by_term: Floats) -> Floats:
            """Sums of derivatives from a measurement to the end of its run."""
            back = np.cumsum(by_term[::-1])[::-1]
            last = np.append(first[1:], by_term.size) - 1
            return np.asarray((back - back[last][measured.run] + by_term[last][measured.run])[self._at])

        return numerator, denominator, x, by_sum

    def slope(self, z: Floats) -> tuple[float, Floats]:
        """Slope, or mean of the runs' slopes, and its derivatives."""
        n, d, x, by_sum = self._terms(z)
        if not np.all(d > 0.0):
            return 0.0, np.zeros(z.size)
        own, group = n / d, self._group
        by_term = self._measured.weight * (self._loss - 2.0 * own[group] * x) / d[group] / d.size
        return float(own.mean()), by_sum(by_term)

    def unexplained(self, z: Floats) -> tuple[float, Floats]:
        """Less the sum of squares that the line explains, and its derivatives."""
        n, d, x, by_sum = self._terms(z)
        if not np.all(d > 0.0):
            return 0.0, np.zeros(z.size)
        own = (n / d)[self._group]
        return -float((n * n / d).sum()), by_sum(-2.0 * own * self._measured.weight * (self._loss - own * x))

    def filled(self, z: Floats) -> Paths:
        """Paths with these sums, spread evenly over the unknown generations of each."""
        share = np.zeros(self._measured.run.size)
        share[self._at] = np.sqrt(z / self.count)
        held = self._after[self._unknown]
        values = self._grid.share.copy()
        values[self._unknown] = share[held]
        grid = replace(self._grid, share=values)
        return replace(self._measured, grid=grid, exposure=grid.exposure(2.0))


def _least(target: Callable[[Floats], tuple[float, Floats]], top: Floats, between: Floats) -> Floats:
    """Place (k,) in the box from 0 to `top` where a function with derivatives is least."""
    from scipy.optimize import minimize

    scale = max(abs(target(begin)[0]) for begin in (between, top)) or 1.0

    def scaled(unit: Floats) -> tuple[float, Floats]:
        value, slope = target(unit * top)
        return value / scale, slope * top / scale

    k = top.size
    if k <= _CORNERS:
        corners = [np.array(corner) for corner in product((0.0, 1.0), repeat=k)]
    else:
        cuts = np.unique(np.linspace(0, k, _CUTS + 2).astype(int))
        corners = [np.where((np.arange(k) < cut) == first, 1.0, 0.0) for cut in cuts for first in (True, False)]
    best, least = between / top, scaled(between / top)[0]
    for begin in (between / top, *corners):
        found = minimize(scaled, begin, jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * k)
        for place in (begin, np.clip(found.x, 0.0, 1.0)):
            value = scaled(place)[0]
            if value < least:
                best, least = place, value
    return np.asarray(best * top)
