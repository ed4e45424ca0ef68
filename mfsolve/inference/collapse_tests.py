"""Tests of the collapse law that are exact for independent normal errors at any number of observations (MODEL 8.10).

A law that contains the line, or replaces it, moves the losses along a direction near the line: one more term in a
linear model, whose F test depends on no unknown number. A rival's own number, found on the data, has no such test at
few observations.
"""

import math
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.collapse_paths import Paths, starts
from mfsolve.inference.persistence import autocorrelation_bound

_NOISELESS = 1e-20
"""Sum of squares of logarithms below which nothing is left to explain."""
_ALIKE = 1e-9
"""Share of a direction's square that the line must leave for the two to be told apart."""
_MOST = 128
"""Observations up to which the autocorrelation is bounded exactly; of more, whole runs or the first ones are taken."""


class LineTests(NamedTuple):
    """P-values for independent errors, and what the residuals say of that.

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
        np.asarray((measured.time > 0) * 1.0), np.asarray(x**2), np.asarray(x * np.log(np.where(x > 0, x, 1.0))),
    ]  # fmt: skip
    if changes and measured.grid is not None:
        grid = measured.grid
        step = grid.share**2 * np.log(np.where(grid.share > 0, grid.share, 1.0))
        total = np.cumsum(step)
        found.append((total - total[starts(grid.run)][grid.run])[grid.place])
    return found


def line_tests(measured: Paths, changes: bool) -> LineTests:
    """Test the collapse law on paths; `changes` where contamination does, so that its exponent can be told."""
    root = np.sqrt(measured.weight)
    loss = root * measured.since_start(measured.loss)
    line = root * measured.since_start(measured.exposure)
    terms = [root * measured.since_start(values) for values in directions(measured, changes)]
    jump = terms[0]
    used = [cleared for values in terms if (cleared := _clear(values, line)) is not None]
    freedom = int(measured.observed.sum()) - int((~measured.exact).sum()) - 2
    if freedom < 1 or not used or _clear(line, np.zeros_like(line)) is None:
        return LineTests(math.nan, math.nan, _bound(measured, root, [line], loss))
    left = _left(loss, line)
    p_values = [_p_value(left, values, freedom) for values in used]
    best = used[int(np.argmin(p_values))]
    slope = _clear(line, jump)
    constant = math.nan if slope is None else _p_value(_left(loss, jump), slope, freedom)
    bound = _bound(measured, root, [line, best], loss)
    return LineTests(min(1.0, len(used) * min(p_values)), constant, bound)


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

    without = max(float(left @ left), _NOISELESS)
    both = max(float(left @ left) - float(left @ term) ** 2 / float(term @ term), _NOISELESS)
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
