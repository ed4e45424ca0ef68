"""Least squares with standard errors that allow for autocorrelation: the fit behind `regression`."""

import enum
import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.inference.estimate import (
    Estimate,
    FloatArray,
    Method,
    check_probability,
    finite_vector,
    same_length,
    student_exceedance,
)
from mfsolve.inference.studentised import Studentised, of_design

# From this many runs on, clustering by run is the default: see `regression.through_origin`.
_CLUSTERS = 3


class Covariance(enum.StrEnum):
    """Which products of scores enter the variance of the slope."""

    HAC = "Newey-West within runs"
    CLUSTER = "clustered by run"


class Critical(enum.StrEnum):
    """Which distribution the studentised slope is held against."""

    FIXED_B = "fixed-b, exact for the design under independent normal errors"
    STUDENT = "Student t"


@dataclass(frozen=True)
class Regression:
    """A fitted line.

    Attributes
    ----------
    slope, standard_error, low, high, level : float
        Slope, its robust standard error and its interval at `level`.
    intercept, intercept_standard_error : float or None
        None for a line through the origin.
    r_squared : float
        Centred: 1 - residual / total sum of squares about the mean of the response; negative when a line
        through the origin does worse than that mean, NaN for a constant response.
    r_squared_uncentered : float
        About zero instead, the usual figure for a line through the origin.
    observations, runs : int
    lags : int
        Lags of the Bartlett kernel; with clustering, which uses them all, the longest run's length - 1.
    covariance : Covariance
    critical : Critical
    critical_value : float
        Half-width over standard error.
    """

    slope: float
    standard_error: float
    low: float
    high: float
    level: float
    intercept: float | None
    intercept_standard_error: float | None
    r_squared: float
    r_squared_uncentered: float
    observations: int
    lags: int
    runs: int
    covariance: Covariance
    critical: Critical
    critical_value: float
    reference: Studentised = field(repr=False, compare=False)

    def p_value(self, slope: float) -> float:
        """Two-sided p-value of the hypothesis that the slope is `slope`; 1 - level at the interval's ends."""
        if self.standard_error == 0:
            return float(slope == self.slope)
        return self.reference.exceedance((self.slope - slope) / self.standard_error)

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Return the fields but the reference distribution, as JSON types: NaN becomes None."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "reference"}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}

    def estimate(self) -> Estimate:
        """Return the slope as an `Estimate`; its degrees of freedom make `critical_value` a t quantile."""
        from scipy.optimize import brentq

        def excess(log_freedom: float) -> float:
            return student_exceedance(self.critical_value, math.exp(log_freedom)) - (1 - self.level)

        method = Method.CLUSTER if self.covariance is Covariance.CLUSTER else Method.HAC
        replicates = self.runs if self.covariance is Covariance.CLUSTER else self.observations
        freedom = math.inf if excess(30) >= 0 else math.exp(brentq(excess, -20, 30))
        ends = (self.low, self.high, self.level)
        return Estimate(self.slope, self.standard_error, *ends, replicates, method, freedom)


def newey_west_lags(length: int) -> int:
    """Rule-of-thumb number of lags floor(4 (length/100)^(2/9)) (Newey & West 1994), at most length - 1."""
    return min(int(4 * (length / 100) ** (2 / 9)), length - 1)


def labels(run: ArrayLike | None, size: int) -> tuple[int, NDArray[np.intp]]:
    """Return the number of runs and each observation's run, numbered from 0."""
    if run is None:
        return 1, np.zeros(size, dtype=np.intp)
    names, label = np.unique(np.asarray(run), return_inverse=True)
    if label.shape != (size,):
        raise ValueError(f"run must have one entry for each of {size} observations, got shape {label.shape}")
    return names.size, label


def fit_line(
    regressor: ArrayLike,
    response: ArrayLike,
    intercept: bool,
    run: ArrayLike | None,
    response_error: ArrayLike | None,
    lags: int | None,
    covariance: Covariance | None,
    critical: Critical,
    level: float,
) -> Regression:
    """Fit a line; `regression.through_origin` says what the arguments mean."""
    from statsmodels.regression.linear_model import OLS

    check_probability("level", level)
    x, y = finite_vector("regressor", regressor), finite_vector("response", response)
    same_length("response", y, "regressor", x)
    if x.size < 3:
        raise ValueError(f"regressor must hold at least 3 observations, got {x.size}")
    runs, label = labels(run, x.size)
    lengths = np.bincount(label)
    if covariance is None:
        covariance = Covariance.CLUSTER if runs >= _CLUSTERS else Covariance.HAC
    if covariance is Covariance.CLUSTER and runs < 2:
        raise ValueError("covariance cannot be clustered: there is one run")
    if lags is None:
        lags = min(newey_west_lags(int(lengths.max())), int(lengths.min()) - 1)
    if not 0 <= lags < lengths.min():
        raise ValueError(f"lags must lie in 0..{lengths.min() - 1}, below the shortest run, got {lags}")
    root_weight = np.ones(x.size)
    if response_error is not None:
        spread = finite_vector("response_error", response_error)
        same_length("response_error", spread, "regressor", x)
        if spread.min() <= 0:
            raise ValueError("response_error must be positive")
        root_weight = spread.min() / spread

    order = np.argsort(label, kind="stable")
    x, y, label, root_weight = x[order], y[order], label[order], root_weight[order]
    columns = np.column_stack([x, np.ones(x.size)] if intercept else [x]) * root_weight[:, np.newaxis]
    target = y * root_weight
    extent = np.ptp(x) if intercept else np.abs(x).max()
    if extent <= 8 * np.finfo(float).eps * np.abs(x).max():
        raise ValueError(f"regressor must not be {'constant' if intercept else 'zero everywhere'}")
    if covariance is Covariance.CLUSTER:
        lags = int(lengths.max()) - 1
        options: dict[str, Any] = {"cov_type": "cluster", "cov_kwds": {"groups": label}}
    elif runs == 1:
        options = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}}
    else:
        keywords = {"groups": label, "maxlags": lags, "use_correction": "hac"}
        options = {"cov_type": "hac-panel", "cov_kwds": keywords}
    fitted = OLS(target, columns).fit(**options)
    residual = np.asarray(fitted.resid)
    if np.abs(residual).max() <= 64 * np.finfo(float).eps * np.abs(target).max():
        raise ValueError("response lies exactly on a line: there is no error to estimate")

    parameters = columns.shape[1]
    if critical is Critical.STUDENT:
        clustered = covariance is Covariance.CLUSTER
        reference = Studentised.student(runs - 1 if clustered else x.size - parameters)
    else:
        reference = _fixed_b(columns, label, lags, covariance)
    critical_value = reference.critical(level)
    slope, error = float(fitted.params[0]), float(fitted.bse[0])
    centre = (root_weight @ target) / (root_weight @ root_weight)
    about_mean = float(((target - root_weight * centre) ** 2).sum())
    unexplained = float(residual @ residual)
    return Regression(
        slope=slope,
        standard_error=error,
        low=slope - critical_value * error,
        high=slope + critical_value * error,
        level=level,
        intercept=float(fitted.params[1]) if intercept else None,
        intercept_standard_error=float(fitted.bse[1]) if intercept else None,
        r_squared=1 - unexplained / about_mean if about_mean > 0 else math.nan,
        r_squared_uncentered=1 - unexplained / float(target @ target),
        observations=x.size,
        lags=lags,
        runs=runs,
        covariance=covariance,
        critical=critical,
        critical_value=critical_value,
        reference=reference,
    )


def _fixed_b(columns: FloatArray, label: NDArray[np.intp], lags: int, covariance: Covariance) -> Studentised:
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
