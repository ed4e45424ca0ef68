"""The record of a fitted line, and the choices of how its errors are found (MODEL 8.5)."""

import enum
import math
from dataclasses import dataclass, field, fields

from mfsolve.inference.estimate import Estimate, Method, student_quantile
from mfsolve.inference.persistence import Heterogeneous, Persistent
from mfsolve.inference.studentised_slope import Studentised

FARTHEST = 1e140
"""Standard errors between a slope and a hypothesis that are told apart."""


class Covariance(enum.StrEnum):
    """Which products of scores enter the variance of the slope."""

    HAC = "Newey-West within runs"
    CLUSTER = "clustered by run"
    RUNS = "slopes of the runs"


class Critical(enum.StrEnum):
    """Which distribution the studentised slope is held against."""

    PERSISTENT = "fixed-b under the most persistent AR(1) errors that the residuals allow"
    HETEROGENEOUS = "t of the runs' slopes, whatever their variances"
    FIXED_B = "fixed-b, exact for the design under independent normal errors"
    STUDENT = "Student t"


@dataclass(frozen=True)
class ErrorModel:
    """Choices of how the errors of a slope are found; `regression.through_origin` says what they mean."""

    lags: int | None = None
    covariance: Covariance | None = None
    critical: Critical | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Regression:
    """Fitted line with the errors of its slope.

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
    coefficient : float or None
        Bound of the errors' AR(1) coefficient that the critical value rests on.
    note : str or None
        What a reader must know of the interval.
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
    reference: Studentised | Persistent | Heterogeneous = field(repr=False, compare=False)
    coefficient: float | None = None
    note: str | None = None

    def p_value(self, slope: float) -> float:
        """Two-sided p-value of the hypothesis that the slope is `slope`; 1 - level at the interval's ends.

        A slope farther than `FARTHEST` standard errors counts as one at that distance: squares must be numbers. NaN
        where the slope has no error.
        """
        if math.isnan(self.standard_error):
            return math.nan
        if self.standard_error == 0:
            return float(slope == self.slope)
        return self.reference.exceedance(min(abs(self.slope - slope) / self.standard_error, FARTHEST))

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Return the fields but the reference distribution, as JSON types: NaN becomes None."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "reference"}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}

    def estimate(self) -> Estimate:
        """Return the slope as an `Estimate`, whose p-values are those of `p_value`.

        Its degrees of freedom make `critical_value` a t quantile, for those who read the record alone: at other levels
        that t is not the reference distribution.
        """
        from scipy.special import stdtridf

        methods = {Covariance.CLUSTER: Method.CLUSTER, Covariance.RUNS: Method.RUNS, Covariance.HAC: Method.HAC}
        replicates = self.observations if self.covariance is Covariance.HAC else self.runs
        normal = self.critical_value <= student_quantile(self.level, math.inf)
        freedom = math.inf if normal else float(stdtridf((1 + self.level) / 2, self.critical_value))
        ends = (self.low, self.high, self.level)
        method = methods[self.covariance]
        tail = None if self.standard_error == 0 else self.p_value
        return Estimate(self.slope, self.standard_error, *ends, replicates, method, freedom, note=self.note, tail=tail)
