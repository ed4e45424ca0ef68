"""Method of simulated moments: inference on parameters from the gap between simulated moments and targets (MODEL 8.9).

Notation: k moments, p parameters, R replicates, g = target - simulated mean (k,), D (k, p) the derivative of the
simulated moments, W (k, k) the weighting matrix, Omega (k, k) the covariance of g under the truth:

    Omega = V + Sigma / R + rounding^2 / 3

Sigma is the covariance of one replicate's moments, V that of the targets: the square of a target's standard error
where its source gives one, else Sigma itself: the source is then taken to have measured one economy like a replicate.
Without any given error Omega = (1 + 1/R) Sigma, the classical factor of simulation.

References
----------
McFadden (1989), A method of simulated moments, Econometrica 57. Pakes & Pollard (1989), Simulation and the asymptotics
of optimization estimators, Econometrica 57. Hansen (1982), Large sample properties of GMM estimators, Econometrica 50.
Rao (1959), Some problems involving linear hypotheses in multivariate analysis, Biometrika 46: what an estimated
covariance does to J and to standard errors. Sinha (1985), Unbiased estimation of the variance of the Graybill-Deal
estimator of the common mean of several normal populations, Canadian Journal of Statistics 13.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.calibration.targets import Targets, Weighting, Weights, weights
from mfsolve.inference.estimate import Estimate, Method, student_quantile


@dataclass(frozen=True)
class Identification:
    """Local identification: how well the moments tell the parameters apart.

    The singular values (p,) are those of the moments' change, in standard errors, as parameters go through their
    whole range. `rank` counts those above 1: fewer than p means that some combination of parameters can go through
    its range without a change that the targets could show. `weakest` (p,) is the combination that shows least.
    """

    singular_values: Floats
    rank: int
    condition: float
    weakest: Floats


@dataclass(frozen=True)
class Fit:
    """Inference at an estimate: covariance of the parameters, the J test and residuals.

    Attributes
    ----------
    covariance : ndarray, shape (p, p)
        Of the parameters; NaN for those at a bound and those the moments do not identify.
    freedom : float
        Degrees of freedom of the parameters' t intervals.
    statistic, degrees_of_freedom, p_value : float, int, float
        J and its test, against Hotelling's T^2 (chi-square where Omega is known); NaN when exactly identified.
    omega : ndarray, shape (k, k)
        Covariance of target - simulated at given parameters.
    error : ndarray, shape (k,)
        Standard error of target - simulated: that of Omega, or what remains after the fit where that is larger, as it
        is for moments that were not fitted.
    t : ndarray, shape (k,)
        target - simulated over the error that the fit leaves; NaN where the fit leaves none.
    step : ndarray, shape (p,)
        What a Gauss-Newton step would still add to the parameters, in standard errors.
    identification : Identification
    beyond : Fit or None
        Where a parameter is at a bound: the fit with none taken as given, whose step leads to the estimates that a
        range without bounds would have.
    """

    covariance: Floats
    freedom: float
    statistic: float
    degrees_of_freedom: int
    p_value: float
    omega: Floats
    error: Floats
    t: Floats
    step: Floats
    identification: Identification
    beyond: "Fit | None" = None

    @property
    def standard_error(self) -> Floats:
        """Standard errors of the parameters (p,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def estimate(self, index: int, value: float, level: float, replicates: int, logarithmic: bool = False) -> Estimate:
        """A parameter as an `Estimate` with its t interval, symmetric in its logarithm where asked.

        While another parameter is at a bound it reaches as far as the interval without bounds too, which holds wherever
        the truth of the other is: taken as given where it is not, the other would make it too short.
        """
        error = float(self.standard_error[index])
        half = student_quantile(level, self.freedom) * error
        low, high, note = -half, half, None
        if self.beyond is not None and math.isfinite(error):
            wide = float(self.beyond.standard_error[index])
            step = float(self.beyond.step[index]) * wide
            reach = student_quantile(level, self.beyond.freedom) * wide
            note = "a parameter is at a bound; the interval is valid both there and without the bound"
            if not math.isfinite(reach):
                note = "a parameter is at a bound; the interval is valid only there"
            low, high = (min(low, step - reach), max(high, step + reach)) if math.isfinite(reach) else (low, high)
        ends = (value + low, value + high)
        if logarithmic:
            ends = (value * math.exp(low / value), value * math.exp(high / value))
        return Estimate(value, error, *ends, level, replicates, Method.SIMULATED_MOMENTS, self.freedom, note=note)


def fit(
    targets: Targets,
    simulated: Floats,
    covariance: Floats,
    jacobian: Floats,
    weighting: Weights,
    rule: Weighting = Weighting.EFFICIENT,
    *,
    interior: NDArray[np.bool_] | None = None,
    width: Floats | None = None,
) -> Fit:
    """Standard errors by the sandwich formula, J, residuals and identification at an estimate.

    Parameters
    ----------
    targets : Targets
    simulated, covariance : ndarray, shapes (k,) and (k, k)
        Mean of the simulated moments and the covariance of one replicate, at the estimate.
    jacobian : ndarray, shape (k, p)
        Derivative of the simulated moments.
    weighting, rule : Weights, Weighting
        The weights in use, and whether they are an estimated inverse covariance.
    interior : ndarray of bool, shape (p,), optional
        Parameters away from their bounds; the others count as given, not as estimated.
    width : ndarray, shape (p,), optional
        Width of the parameters' ranges, by default 1.

    Notes
    -----
    With Omega estimated from n + 1 replicates and W its inverse, the plug-in covariance of the parameters is too small;
    it is multiplied by (n - 1) / (n - 1 - q) * n / (n - q), q = k - p, and J is held against T^2 with n degrees of
    freedom: both exact for normal moments that are linear in the parameters (Rao 1959).

    With W its estimated inverse diagonal, the variance of a parameter is multiplied by 1 + (4 / n) sum_i s_i (1 - h_i):
    s_i is the share of it that moment i brings, h_i the leverage of the moment. With one parameter and independent
    moments that is the estimate of the variance of a mean weighted by estimated variances (Sinha 1985).
    """
    parameters = jacobian.shape[1]
    inside = np.ones(parameters, bool) if interior is None else interior
    span = np.ones(parameters) if width is None else width
    gap, fitted, omega = targets.value - simulated, targets.fitted, targets.error(covariance)
    freedom = targets.freedom(covariance)
    slope, w = jacobian[:, inside], weighting.matrix
    bread, lost = _inverse(slope.T @ w @ slope)
    gain = bread @ slope.T @ w  # what a unit of each moment adds to the parameters
    over = int(fitted.sum()) - int(inside.sum()) + lost.rank
    inflation = 1.0
    if rule is Weighting.EFFICIENT and math.isfinite(freedom) and over > 0:
        if freedom - over < 1.5:  # the variance of the estimate has no mean below 1
            raise ValueError(
                f"replicates: {targets.replicates} are too few to weight {fitted.sum()} moments efficiently"
            )
        inflation = (freedom - 1.0) / (freedom - 1.0 - over) * freedom / (freedom - over)
    spread = np.full((parameters, parameters), math.nan)
    if rule is Weighting.DIAGONAL and math.isfinite(freedom) and over > 0:
        shares = gain**2 * np.diag(omega)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        factor = np.sqrt(1.0 + 4.0 / freedom * shares @ np.clip(1.0 - np.diag(slope @ gain), 0.0, 1.0))
        gain_spread = np.outer(factor, factor) * (gain @ omega @ gain.T)
    else:
        gain_spread = inflation * (gain @ omega @ gain.T)
    known = np.flatnonzero(inside)[~lost.touched]
    spread[np.ix_(known, known)] = gain_spread[np.ix_(~lost.touched, ~lost.touched)]
    keep, left = _residual(slope, w, omega)
    statistic, p_value = _over_identification(keep @ gap, left, fitted, over, freedom)
    own, after = np.diag(omega), np.maximum(np.diag(left), 0.0)
    exact = after < 1e-9 * own
    step = np.full(parameters, math.nan)
    step[known] = (gain @ gap)[~lost.touched] / np.sqrt(np.diag(spread)[known])
    return Fit(
        covariance=spread,
        freedom=max(1.0, freedom - over) if rule is Weighting.EFFICIENT else freedom,
        statistic=statistic,
        degrees_of_freedom=over,
        p_value=p_value,
        omega=omega,
        error=np.sqrt(np.maximum(own, after)),
        t=np.where(exact, math.nan, gap / np.sqrt(np.where(exact, 1.0, after))),
        step=step,
        identification=_identification(jacobian * span, omega, fitted),
        beyond=None if inside.all() else fit(targets, simulated, covariance, jacobian, weighting, rule, width=width),
    )


def without_each(
    targets: Targets,
    simulated: Floats,
    covariance: Floats,
    jacobian: Floats,
    weighting: Weights,
    found: Fit,
) -> Floats:
    """J and its p-value (k, 2) were one fitted moment at a time left out, to first order.

    NaN for moments that are not fitted, and throughout where no degree of freedom would be left. A moment that may be
    met by a shift of its own is as good as left out.
    """
    gap, fitted, freedom = targets.value - simulated, targets.fitted, targets.freedom(covariance)
    result = np.full((gap.size, 2), math.nan)
    for j in np.flatnonzero(fitted) if found.degrees_of_freedom > 1 else ():
        keep, left = _residual(np.column_stack([jacobian, np.eye(gap.size)[j]]), weighting.matrix, found.omega)
        result[j] = _over_identification(keep @ gap, left, fitted, found.degrees_of_freedom - 1, freedom)
    return result


@dataclass(frozen=True)
class _NullSpace:
    """A null space: its dimension, and the coordinates that it involves."""

    rank: int
    touched: NDArray[np.bool_]


def _inverse(matrix: Floats) -> tuple[Floats, _NullSpace]:
    """Generalised inverse of a symmetric matrix, after scaling it to a unit diagonal."""
    scale = np.sqrt(np.where(np.diag(matrix) > 0.0, np.diag(matrix), 1.0))
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    null = values <= 1e-10 * max(1.0, float(values[-1]) if values.size else 1.0)
    inverse = (vectors[:, ~null] / values[~null]) @ vectors[:, ~null].T / np.outer(scale, scale)
    touched = (np.abs(vectors[:, null]) > 1e-6).any(axis=1)
    return np.asarray(inverse), _NullSpace(int(null.sum()), touched)


def _residual(slope: Floats, w: Floats, omega: Floats) -> tuple[Floats, Floats]:
    """The matrix (k, k) that maps a gap to the residual of its fit, and the covariance of that residual."""
    keep = np.eye(omega.shape[0]) - slope @ _inverse(slope.T @ w @ slope)[0] @ slope.T @ w
    return keep, keep @ omega @ keep.T


def _over_identification(
    gap: Floats, left: Floats, fitted: NDArray[np.bool_], over: int, freedom: float
) -> tuple[float, float]:
    """J over the q = `over` dimensions that the fit leaves free, and its p-value."""
    from scipy.special import chdtrc, fdtrc

    if over <= 0:
        return math.nan, math.nan
    part = left[np.ix_(fitted, fitted)]
    scale = np.sqrt(np.where(np.diag(part) > 0.0, np.diag(part), 1.0))
    values, vectors = np.linalg.eigh(part / np.outer(scale, scale))
    values, vectors = values[-over:], vectors[:, -over:]
    share = vectors.T @ (gap[fitted] / scale)
    usable = values > 0.0
    statistic = float((share[usable] ** 2 / values[usable]).sum())
    if math.isinf(freedom):
        return statistic, float(chdtrc(over, statistic))
    below = freedom - over + 1.0
    if below <= 0.0:
        return statistic, math.nan
    return statistic, float(fdtrc(over, below, statistic * below / (freedom * over)))


def _identification(range_jacobian: Floats, omega: Floats, fitted: NDArray[np.bool_]) -> Identification:
    part = omega[np.ix_(fitted, fitted)]
    root = weights(part, np.ones(part.shape[0])).root()
    _, values, rows = np.linalg.svd(root @ range_jacobian[fitted], full_matrices=True)
    whole = np.zeros(range_jacobian.shape[1])
    whole[: values.size] = values[: whole.size]
    condition = float(whole[0] / whole[-1]) if whole[-1] > 0.0 else math.inf
    weakest = rows[-1] * np.sign(rows[-1][np.argmax(np.abs(rows[-1]))])
    return Identification(whole, int((whole > 1.0).sum()), condition, weakest)
