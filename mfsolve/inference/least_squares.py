"""Least squares with standard errors that allow for autocorrelation: the fit behind `regression`."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.estimate import EstimateError, check_probability, finite_vector, same_length
from mfsolve.inference.fitted_line import Covariance, Critical, ErrorModel, Regression
from mfsolve.inference.persistence import LARGEST_COEFFICIENT, Heterogeneous, Persistent
from mfsolve.inference.studentised_slope import Studentised, of_design

# From this many runs on, clustering by run is the default, if the runs weigh alike: see `regression.through_origin`.
_CLUSTERS = 3
# Effective over actual number of runs from which they do.
_BALANCED = 0.95
# Extent of a regressor, over its size, below which the products of its numbers do not determine a slope.
_DIGITS = 1e-7


class ExactLine(EstimateError):
    """Observations lie exactly on a line: `fit` has its slope, and no error (NaN)."""

    def __init__(self, fit: Regression) -> None:
        super().__init__("response lies exactly on a line: there is no error to estimate")
        self.fit = fit


def newey_west_lags(length: int) -> int:
    """Rule-of-thumb number of lags floor(4 (length/100)^(2/9)) (Newey & West 1994), at most length - 1."""
    return min(int(4 * (length / 100) ** (2 / 9)), length - 1)


def labels(run: ArrayLike | None, size: int) -> tuple[int, NDArray[np.intp]]:
    """Return the number of runs and each observation's run, numbered from 0."""
    if run is None:
        return 1, np.zeros(size, dtype=np.intp)
    try:
        names, label = np.unique(np.asarray(run), return_inverse=True)
    except TypeError:
        raise EstimateError("run must hold names or whole numbers of one kind, and None is neither") from None
    if label.shape != (size,):
        raise EstimateError(f"run: shape {label.shape} given; allowed: an entry for each of {size} observations")
    return names.size, label


class _Design(NamedTuple):
    """Weighted observations by run: columns (n, 1) or (n, 2) and target (n,), each in a unit that changes no digit."""

    columns: Floats  # the regressor, and the intercept where there is one
    target: Floats
    root_weight: Floats
    label: NDArray[np.intp]
    x_unit: float
    y_unit: float

    @property
    def runs(self) -> int:
        return int(self.label[-1]) + 1

    @property
    def intercept(self) -> bool:
        return bool(self.columns.shape[1] == 2)


def fit_line(
    regressor: ArrayLike,
    response: ArrayLike,
    intercept: bool,
    run: ArrayLike | None,
    response_error: ArrayLike | None,
    error_model: ErrorModel,
) -> Regression:
    """Fit a line by weighted least squares; `regression.through_origin` says what the arguments mean."""
    level = error_model.level
    check_probability("level", level)
    same_labels(regressor=regressor, response=response, run=run, response_error=response_error)
    x, y = finite_vector("regressor", regressor), finite_vector("response", response)
    same_length("response", y, "regressor", x)
    if x.size < 3:
        raise EstimateError(f"regressor: {x.size} observations given; allowed: at least 3")
    runs, label = labels(run, x.size)
    lengths = np.bincount(label)
    lags = _lags(error_model, lengths)
    design = _design(x, y, intercept, _root_weight(response_error, x), label)
    covariance, critical = _choice(error_model, design)
    if covariance is not Covariance.HAC:
        lags = int(lengths.max()) - 1
    coefficients, errors, residual = _least_squares(design, lags, covariance)
    columns, target, root_weight = design.columns, design.target, design.root_weight
    least = 64 * np.finfo(float).eps * float(np.abs(target).max())
    if np.abs(residual).max() <= least:
        raise ExactLine(_exact_line(design, coefficients, least, lags, covariance, critical, level))
    if covariance is Covariance.RUNS:
        coefficients, errors = _mean_of_runs(columns, target, design.label)
        residual = target - columns @ coefficients
    reference = _reference(columns, design.label, lags, covariance, critical, residual)
    critical_value = reference.critical(level)
    slope, error = (float(found[0]) / design.x_unit * design.y_unit for found in (coefficients, errors))
    bound = reference.coefficient if isinstance(reference, Persistent) else None
    centre = (root_weight @ target) / (root_weight @ root_weight)
    about_mean = float(((target - root_weight * centre) ** 2).sum())
    unexplained = float(residual @ residual)
    return Regression(
        slope=slope,
        standard_error=error,
        low=slope - critical_value * error,
        high=slope + critical_value * error,
        level=level,
        intercept=float(coefficients[1]) * design.y_unit if intercept else None,
        intercept_standard_error=float(errors[1]) * design.y_unit if intercept else None,
        r_squared=1 - unexplained / about_mean if about_mean > 0 else math.nan,
        r_squared_uncentered=1 - unexplained / float(target @ target),
        observations=x.size,
        lags=lags,
        runs=runs,
        covariance=covariance,
        critical=critical,
        critical_value=critical_value,
        reference=reference,
        coefficient=bound,
        note=_note(slope, error, runs, covariance, bound),
    )


def _lags(error_model: ErrorModel, lengths: NDArray[np.intp]) -> int:
    """Number of lags, as given or by rule, for runs of these lengths."""
    lags = error_model.lags
    if error_model.covariance in (Covariance.CLUSTER, Covariance.RUNS) and lengths.size < 2:
        raise EstimateError("covariance cannot be clustered: there is one run")
    if lags is None:
        lags = min(newey_west_lags(int(lengths.max())), int(lengths.min()) - 1)
    if not 0 <= lags < lengths.min():
        raise EstimateError(f"lags: {lags} given; allowed: 0..{lengths.min() - 1}, below the shortest run")
    return lags


def _root_weight(response_error: ArrayLike | None, x: Floats) -> Floats:
    """Roots of the weights, inverse to the errors of the response; the largest is 1."""
    if response_error is None:
        return np.ones(x.size)
    spread = finite_vector("response_error", response_error)
    same_length("response_error", spread, "regressor", x)
    if spread.min() <= 0:
        raise EstimateError("response_error must be positive")
    root_weight: Floats = spread.min() / spread
    if np.sort(root_weight)[-3] < _DIGITS:
        raise EstimateError(
            "response_error must leave weight on 3 observations: all but 2 are over 1e7 times the smallest"
        )
    return root_weight


def _design(x: Floats, y: Floats, intercept: bool, root_weight: Floats, label: NDArray[np.intp]) -> _Design:
    """Sort the observations by run, and check that the regressor determines a slope."""
    order = np.argsort(label, kind="stable")
    x, y, label, root_weight = x[order], y[order], label[order], root_weight[order]
    x_unit, y_unit = _unit(x), _unit(y)
    x, y = x / x_unit, y / y_unit
    extent = np.ptp(x) if intercept else np.sort(np.abs(x))[-2]
    if extent <= _DIGITS * np.abs(x).max():
        asked = "not be constant" if intercept else "differ from zero at two observations and more"
        raise EstimateError(f"regressor must {asked}, to seven digits")
    columns = np.column_stack([x, np.ones(x.size)] if intercept else [x]) * root_weight[:, np.newaxis]
    return _Design(columns, y * root_weight, root_weight, label, x_unit, y_unit)


def _choice(error_model: ErrorModel, design: _Design) -> tuple[Covariance, Critical]:
    """Covariance and critical value, as given or by rule."""
    covariance, critical = error_model.covariance, error_model.critical
    if covariance is None:
        several = design.runs > 1
        covariance = _of_runs(design.columns, design.label, design.runs) if several else Covariance.HAC
    if critical is None:
        defaults = {Covariance.HAC: Critical.PERSISTENT, Covariance.RUNS: Critical.HETEROGENEOUS}
        critical = defaults.get(covariance, Critical.FIXED_B)
    _check_pair(covariance, critical)
    return covariance, critical


def _least_squares(design: _Design, lags: int, covariance: Covariance) -> tuple[Floats, Floats, Floats]:
    """Coefficients, their standard errors, and residuals of the weighted fit."""
    from statsmodels.regression.linear_model import OLS

    options: dict[str, Any] = {"cov_type": "cluster", "cov_kwds": {}}
    if covariance is Covariance.HAC:
        options = {"cov_type": "hac-panel", "cov_kwds": {"maxlags": lags, "use_correction": "hac"}}
    options["cov_kwds"]["groups"] = design.label
    fitted = OLS(design.target, design.columns).fit(**options)
    return np.asarray(fitted.params), np.asarray(fitted.bse), np.asarray(fitted.resid)


def _exact_line(
    design: _Design,
    coefficients: Floats,
    least: float,
    lags: int,
    covariance: Covariance,
    critical: Critical,
    level: float,
) -> Regression:
    """The line through all observations, and no error; a slope that moves them by `least` at most is zero."""
    slope, nothing = float(coefficients[0]), math.nan
    if abs(slope) * np.abs(design.columns[:, 0]).max() <= least:
        slope = 0.0
    return Regression(
        slope=slope * (design.y_unit / design.x_unit),
        standard_error=nothing,
        low=nothing,
        high=nothing,
        level=level,
        intercept=float(coefficients[1]) * design.y_unit if design.intercept else None,
        intercept_standard_error=nothing if design.intercept else None,
        r_squared=1.0 if slope else nothing,
        r_squared_uncentered=1.0 if np.any(design.target) else nothing,
        observations=design.target.size,
        lags=lags,
        runs=design.runs,
        covariance=covariance,
        critical=critical,
        critical_value=nothing,
        reference=Studentised.student(1.0),
        note="the measurements lie exactly on the line: there is no error to estimate and no interval",
    )


def _unit(values: Floats) -> float:
    """1, or a power of two near the largest of numbers whose products leave the range of numbers; changes no digit."""
    largest = float(np.abs(values).max())
    return 1.0 if largest == 0.0 or 1e-70 < largest < 1e70 else 2.0 ** (math.frexp(largest)[1] - 1)


def _of_runs(columns: Floats, label: NDArray[np.intp], runs: int) -> Covariance:
    """Clustered where three and more runs weigh alike in the slope, else by the runs' own slopes."""
    basis = np.linalg.qr(columns[:, ::-1])[0][:, -1]
    weight = np.bincount(label, basis**2)
    balanced = runs >= _CLUSTERS and 1 / float(weight @ weight) >= _BALANCED * runs
    return Covariance.CLUSTER if balanced else Covariance.RUNS


def _mean_of_runs(columns: Floats, target: Floats, label: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Means over runs of each run's own coefficients, and their standard errors."""
    runs = int(label[-1]) + 1
    found = np.empty((runs, columns.shape[1]))
    for run in range(runs):
        mine = label == run
        if np.linalg.matrix_rank(columns[mine]) < columns.shape[1]:
            raise EstimateError(
                f"run {run + 1} of {runs} has no slope of its own, which runs of unequal weight need; "
                f"covariance=Covariance.CLUSTER pools them"
            )
        found[run] = np.linalg.lstsq(columns[mine], target[mine], rcond=None)[0]
    return found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(runs)


def _check_pair(covariance: Covariance, critical: Critical) -> None:
    persistent = critical is Critical.PERSISTENT and covariance is not Covariance.HAC
    if persistent or (critical is Critical.HETEROGENEOUS) != (covariance is Covariance.RUNS):
        raise EstimateError(f"critical {critical!r} does not go with covariance {covariance!r}")


def _note(slope: float, error: float, runs: int, covariance: Covariance, bound: float | None) -> str | None:
    if covariance is not Covariance.HAC and error <= 1e-12 * abs(slope):
        return "runs do not differ: identical runs count as one"
    if covariance is Covariance.RUNS and runs == 2:
        return "two runs: their slopes have one degree of freedom"
    if bound is not None and bound >= LARGEST_COEFFICIENT:
        return "the errors cannot be distinguished from a random walk, for which the interval may be invalid"
    return None


def _reference(
    columns: Floats,
    label: NDArray[np.intp],
    lags: int,
    covariance: Covariance,
    critical: Critical,
    residual: Floats,
) -> Studentised | Persistent | Heterogeneous:
    runs = int(label[-1]) + 1
    if critical is Critical.HETEROGENEOUS:
        return Heterogeneous(runs)
    if critical is Critical.STUDENT:
        clustered = covariance is Covariance.CLUSTER
        return Studentised.student(runs - 1 if clustered else label.size - columns.shape[1])
    white = _fixed_b(columns, label, lags, covariance)
    if critical is Critical.FIXED_B:
        return white
    return Persistent.of_residuals(columns, label, lags, white, residual)


def _fixed_b(columns: Floats, label: NDArray[np.intp], lags: int, covariance: Covariance) -> Studentised:
    from scipy import sparse

    count, parameters = columns.shape
    runs = int(label[-1]) + 1
    row = np.arange(count)
    if covariance is Covariance.CLUSTER:
        factor = sparse.csr_array((np.ones(count), (row, label)))
        scale = runs / (runs - 1) * (count - 1) / (count - parameters)
    else:
        # The Bartlett kernel is the overlap of two windows of lags + 1 steps; runs get columns of their own.
        window = np.add.outer(row + label * lags, np.arange(lags + 1))
        entries = np.full(window.size, 1 / math.sqrt(lags + 1))
        factor = sparse.csr_array((entries, (np.repeat(row, lags + 1), window.ravel())))
        scale = count / (count - parameters)
    basis = np.linalg.qr(columns[:, ::-1])[0]
    # The last basis vector is the regressor of interest, cleared of the intercept.
    score = basis[:, -1] * (basis[:, -1] @ columns[:, 0])
    return of_design(basis, score, factor, scale)
