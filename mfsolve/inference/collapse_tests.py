"""Tests of the collapse law under errors as autocorrelated as the residuals allow, at few observations (MODEL 8.10).

A law that contains the line, or replaces it, moves the losses along a direction near the line: one more term in a
linear model, whose F test depends on no unknown number. A rival's own number, found on the data, has no such test at
few observations. Errors are AR(1) within runs: for a known coefficient generalised least squares (Prais & Winsten 1954)
have an exact F test too, and the largest p-value counts of all coefficients up to the bound that residuals set.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.collapse_paths import Paths, starts
from mfsolve.inference.persistence import autocorrelation_bound

NOISELESS = 1e-20
"""Sum of squares of logarithms below which nothing is left to explain."""
_ALIKE = 1e-9
"""Share of a direction's square that the line must leave for the two to be told apart."""
_MOST = 128
"""Observations up to which the autocorrelation is bounded exactly; of more, whole runs or the first ones are taken."""
_SHARES = (0.0, 0.25, 0.5, 0.7, 0.85, 0.95, 1.0)
"""Coefficients that are tried, as shares of the bound."""


class LineTests(NamedTuple):
    """P-values, each the largest for AR(1) errors of any coefficient up to the bound that residuals set.

    Attributes
    ----------
    lack_of_fit : float
        Of the line, against another curve: the least of the directions, times their number (Bonferroni); NaN where the
        observations are too few.
    constant : float
        Of the same loss after the first generation, against the line in addition; NaN where they cannot be told apart.
    autocorrelation : float
        Bound (at 0.9) of the AR(1) coefficient of what line and best direction leave, in [0, 0.98].
    """

    lack_of_fit: float
    constant: float
    autocorrelation: float


def directions(measured: Paths, changes: bool) -> list[Floats]:
    """Terms (n,) that laws beside the line add to it: a jump, the squared exposure, and derivatives in exponents.

    A jump after the first generation leads to the constant law; x^2 to a bounded and a logarithmic one; x ln x is the
    derivative of x^k at k = 1, and the cumulated share^2 ln share that of the exponent, where contamination `changes`.
    """
    top = float(measured.exposure.max()) or 1.0
    x = measured.exposure / top
    found: list[Floats] = [
        np.asarray((measured.time > 0) * 1.0),
        np.asarray(x**2),
        np.asarray(x * np.log(np.where(x > 0, x, 1.0))),
    ]
    if changes and measured.grid is not None:
        grid = measured.grid
        share = np.where(np.isnan(grid.share), 0.0, grid.share)
        step = share**2 * np.log(np.where(share > 0, share, 1.0))
        total = np.cumsum(step)
        found.append((total - total[starts(grid.run)][grid.run])[grid.place])
    return found


def line_tests(measured: Paths, changes: bool) -> LineTests:
    """Test the collapse law on paths; `changes` where contamination does, so that its exponent can be told."""
    root = np.sqrt(measured.weight)
    loss = root * measured.since_start(measured.loss)
    line = root * measured.since_start(measured.exposure)
    terms = [root * measured.since_start(values) for values in directions(measured, changes)]
    used = [cleared for values in terms if (cleared := _clear(values, line)) is not None]
    freedom = _freedom(measured)
    if freedom < 1 or not used or _clear(line, np.zeros_like(line)) is None:
        return LineTests(math.nan, math.nan, _bound(measured, root, [line], loss))
    left = _left(loss, line)
    best = min(used, key=lambda values: _p_value(left, values, freedom))
    bound = _bound(measured, root, [line, best], loss)
    tests = [under_coefficient(measured, changes, share * bound) for share in _SHARES]
    lack, constant = np.max(tests, axis=0)  # NaN where a coefficient has none
    return LineTests(float(lack), float(constant), bound)


def under_coefficient(measured: Paths, changes: bool, coefficient: float) -> tuple[float, float]:
    """P-values of the lack of fit and of the constant law for errors of a known AR(1) coefficient in [0, 1)."""
    freedom, clear = _freedom(measured), _whitened(measured, coefficient)
    loss, line = clear(measured.loss), clear(measured.exposure)
    terms = [clear(values) for values in directions(measured, changes)]
    used = [cleared for values in terms if (cleared := _clear(values, line)) is not None]
    left = _left(loss, line)
    lack = min(1.0, len(used) * min((_p_value(left, values, freedom) for values in used), default=1.0))
    slope = _clear(line, terms[0])
    return lack, math.nan if slope is None else _p_value(_left(loss, terms[0]), slope, freedom)


def term_test(measured: Paths, values: Floats) -> float:
    """P-value of a term (n,) beside the line, the largest for errors of any coefficient that the residuals allow.

    NaN where the measurements are too few, or the term is none beside the line.
    """
    root, freedom = np.sqrt(measured.weight), _freedom(measured)
    line, term = (root * measured.since_start(x) for x in (measured.exposure, values))
    if freedom < 1 or _clear(term, line) is None or _clear(line, np.zeros_like(line)) is None:
        return math.nan
    bound = _bound(measured, root, [line, term], root * measured.since_start(measured.loss))
    largest = 0.0
    for share in _SHARES:
        clear = _whitened(measured, share * bound)
        line = clear(measured.exposure)
        cleared = _clear(clear(values), line)
        if cleared is None:
            return math.nan
        largest = max(largest, _p_value(_left(clear(measured.loss), line), cleared, freedom))
    return largest


def _whitened(measured: Paths, coefficient: float) -> Callable[[Floats], Floats]:
    """Transformation of values (n,) that makes AR(1) errors of the observations independent and clears intercepts."""
    keep, runs = measured.observed, measured.exact.size
    run, root = measured.run[keep], np.sqrt(measured.weight[keep])
    first = starts(run)

    def differences(values: Floats) -> Floats:
        found = root * values[keep]
        found[1:] -= np.where(first[1:], 0.0, coefficient * found[:-1])
        found[first] *= math.sqrt(1.0 - coefficient**2)
        return np.asarray(found)

    intercept = differences(np.asarray(~measured.exact[measured.run], np.float64))
    size = np.bincount(run, intercept**2, minlength=runs)

    def clear(values: Floats) -> Floats:
        found = differences(values - np.where(measured.exact, values[measured.first], 0.0)[measured.run])
        total = np.bincount(run, intercept * found, minlength=runs)
        return np.asarray(found - np.divide(total, size, out=np.zeros(runs), where=size > 0)[run] * intercept)

    return clear


def _freedom(measured: Paths) -> int:
    """Degrees of freedom of the residuals beside intercepts, the line and a term."""
    return int(measured.observed.sum()) - int((~measured.exact).sum()) - 2


def _left(values: Floats, other: Floats) -> Floats:
    """Residual of values in a regression on another column."""
    size = float(other @ other)
    return np.asarray(values - (float(values @ other) / size * other if size > 0 else 0.0))


def _clear(values: Floats, other: Floats) -> Floats | None:
    """Values cleared of another column; None where nothing is left."""
    left = _left(values, other)
    return left if float(left @ left) > _ALIKE * float(values @ values) else None


def _p_value(left: Floats, term: Floats, freedom: int) -> float:
    """F test of a term in what the column that it is cleared of leaves; `freedom` of the residuals with both."""
    from scipy.stats import f

    without = max(float(left @ left), NOISELESS)
    both = max(float(left @ left) - float(left @ term) ** 2 / float(term @ term), NOISELESS)
    return float(f.sf((without - both) * freedom / both, 1, freedom))


def _bound(measured: Paths, root: Floats, terms: list[Floats], loss: Floats) -> float:
    """Bound of the errors' AR(1) coefficient by what terms and intercepts leave."""
    keep = measured.observed
    run = measured.run[keep]
    inside = np.arange(run.size) < _MOST
    if run.size > _MOST and run[0] != run[_MOST]:
        inside = run < run[_MOST]
    label, rows = run[inside], np.flatnonzero(keep)[inside]
    own = [root[rows] * (label == one) for one in np.unique(label) if not measured.exact[one]]
    columns = np.column_stack([*(term[rows] for term in terms), *own])
    size = np.sqrt((columns**2).sum(axis=0))
    basis, scale, _ = np.linalg.svd(columns / np.where(size > 0, size, 1.0), full_matrices=False)
    basis = basis[:, scale > 1e-9]
    residual = loss[rows] - basis @ (basis.T @ loss[rows])
    return autocorrelation_bound(basis, label, residual)
