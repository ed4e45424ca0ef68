"""Regression of one series on another over generations, and the collapse law that rests on it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.inference.estimate import finite_vector, same_length
from mfsolve.inference.least_squares import (
    Covariance,
    Critical,
    ErrorModel,
    Regression,
    fit_line,
    labels,
    newey_west_lags,
)

__all__ = [
    "Covariance",
    "Critical",
    "Regression",
    "collapse_law",
    "newey_west_lags",
    "through_origin",
    "with_intercept",
]


def through_origin(
    regressor: ArrayLike,
    response: ArrayLike,
    *,
    run: ArrayLike | None = None,
    response_error: ArrayLike | None = None,
    lags: int | None = None,
    covariance: Covariance | None = None,
    critical: Critical | None = None,
    level: float = 0.95,
) -> Regression:
    """Least-squares line through the origin with autocorrelation-robust errors (MODEL 1.6, 8).

    One run has Newey-West errors, and a critical value that allows for errors as persistent as its residuals allow
    (`persistence`). Several runs are independent, so that no product crosses them. Three and more that weigh alike in
    the slope are clusters, which needs no assumption about the errors inside a run. Otherwise, where a clustered error
    would rest on one or two runs, the slope is the mean of the runs' own slopes, with a t interval over them whatever
    their variances (Ibragimov & Mueller 2010); runs too short for a slope of their own are refused. Two runs leave one
    degree of freedom, and the note says so.

    Measured coverage at a nominal 95 % stands in `COVERAGE.md`. Critical values of white noise (`Critical.FIXED_B`),
    which are exact for the design under independent normal errors, cover as follows with ten generations of the
    collapse law's regressor, errors AR(1) with coefficient f, 20 000 repetitions (the default: 4000):

    ================================  =====  =======  =======  ===========
    interval                          f = 0  f = 0.5  f = 0.8  random walk
    ================================  =====  =======  =======  ===========
    one run, Newey-West, Student t    0.583    0.468    0.346        0.188
    one run, Newey-West, fixed-b      0.951    0.915    0.890        0.876
    one run, the default              0.971    0.962    0.949        0.942
    three runs, clustered             0.949    0.950    0.952        0.950
    twenty runs, clustered            0.953    0.954    0.953        0.951
    ================================  =====  =======  =======  ===========

    One run cannot be told from one whose errors are a random walk, which the default need not cover (a trend with
    intercept: 0.91 at 20 observations, 0.86 at 100); the note says where this is so. Several runs cover it.

    Parameters
    ----------
    regressor, response : array_like, shape (n,)
        Observations, in order of time within each run; n >= 3.
    run : array_like of int or str, shape (n,), optional
        Which run each observation belongs to; rows of different runs may be interleaved. Default: one run.
    response_error : array_like, shape (n,), optional
        Standard errors of the response, > 0: observations are weighted by their inverse squares.
    lags : int, optional
        Lags of the Bartlett kernel, 0 <= lags < shortest run. Default: `newey_west_lags` of the longest run.
    covariance : Covariance, optional
        Overrides the rule above.
    critical : Critical, optional
        Overrides the rule above: `Critical.STUDENT` is the textbook quantile, n - k degrees of freedom, or runs - 1
        with clusters. `Critical.PERSISTENT` goes with Newey-West errors, `Critical.HETEROGENEOUS` with runs' slopes.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Regression

    Raises
    ------
    ValueError
        If arrays differ in length, hold fewer than 3 or non-finite numbers, `regressor` is all zero
        (constant, with an intercept), `response` lies exactly on a line so that no error can be
        estimated, `response_error` is not positive, a run of several has no slope of its own where it needs one, or
        `lags`, `covariance`, `critical` or `level` cannot be had.

    References
    ----------
    Newey & West (1987, 1994); Kiefer & Vogelsang (2005), A new asymptotic theory for heteroskedasticity-
    autocorrelation robust tests, Econometric Theory 21; Liang & Zeger (1986) for clusters, with exact
    degrees of freedom for the design in the manner of Bell & McCaffrey (2002). Ibragimov & Mueller (2010), t-statistic
    based correlation and heterogeneity robust inference, JBES 28.
    """
    return fit_line(regressor, response, False, run, response_error, ErrorModel(lags, covariance, critical, level))


def with_intercept(
    regressor: ArrayLike,
    response: ArrayLike,
    *,
    run: ArrayLike | None = None,
    response_error: ArrayLike | None = None,
    lags: int | None = None,
    covariance: Covariance | None = None,
    critical: Critical | None = None,
    level: float = 0.95,
) -> Regression:
    """Least-squares line with an intercept; everything else as for `through_origin`."""
    return fit_line(regressor, response, True, run, response_error, ErrorModel(lags, covariance, critical, level))


def collapse_law(
    generation: ArrayLike,
    contamination: ArrayLike,
    log_quality: ArrayLike,
    run: ArrayLike | None = None,
    *,
    log_quality_error: ArrayLike | None = None,
    **options: Any,
) -> Regression:
    """Slope of the loss of log quality on cumulated squared contamination (MODEL 1.1, 1.6).

    Regresses -(ln Q_t - ln Q_0) on sum_{s=1..t} rho_s^2 through the origin, over the generations after
    the first. The first one of each run is the point (0, 0) itself: it has no error and adds nothing to
    the slope, so it is not counted among the observations.

    Parameters
    ----------
    generation : array_like of int, shape (n,)
        Consecutive within each run, in any order of rows.
    contamination : array_like, shape (n,)
        Synthetic share of the pool rho_t, in [0, 1].
    log_quality : array_like, shape (n,)
        ln Q_t.
    log_quality_error : array_like, shape (n,), optional
        Standard errors of ln Q_t, > 0 after the first generation: observations are weighted by their inverse
        squares. That of ln Q_0 is common to the run and takes no part.
    run, **options
        As for `through_origin`: `lags`, `covariance`, `critical`, `level`.

    Returns
    -------
    Regression

    Raises
    ------
    ValueError
        As for `through_origin`, or if a run's generations are not consecutive integers or a contamination is
        outside [0, 1].
    """
    time = finite_vector("generation", generation)
    share = finite_vector("contamination", contamination)
    quality = finite_vector("log_quality", log_quality)
    same_length("contamination", share, "generation", time)
    same_length("log_quality", quality, "generation", time)
    if share.min() < 0 or share.max() > 1:
        raise ValueError("contamination must lie in [0, 1]")
    error = None
    if log_quality_error is not None:
        error = finite_vector("log_quality_error", log_quality_error)
        same_length("log_quality_error", error, "generation", time)
    _, label = labels(run, time.size)
    order = np.lexsort((time, label))
    time, share, quality, label = time[order], share[order], quality[order], label[order]
    first = np.diff(label, prepend=-1) != 0
    if np.any(np.diff(time)[~first[1:]] != 1):
        raise ValueError("generation must be consecutive integers within each run")
    regressor, loss = np.empty_like(share), np.empty_like(quality)
    for start, stop in zip(np.flatnonzero(first), [*np.flatnonzero(first)[1:], time.size], strict=True):
        regressor[start:stop] = np.cumsum(share[start:stop] ** 2) - share[start] ** 2
        loss[start:stop] = quality[start] - quality[start:stop]
    keep = ~first
    if error is not None:
        error = error[order][keep]
        if error.size and error.min() <= 0:
            raise ValueError("log_quality_error must be positive after the first generation")
    return fit_line(regressor[keep], loss[keep], False, label[keep], error, ErrorModel(**options))
