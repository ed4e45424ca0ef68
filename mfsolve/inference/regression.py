"""Regression of one series on another over generations, and the collapse law that rests on it."""

from typing import Any

from numpy.typing import ArrayLike

from mfsolve.inference.collapse_paths import Paths, Start, paths
from mfsolve.inference.fitted_line import Covariance, Critical, ErrorModel, Regression
from mfsolve.inference.least_squares import fit_line, newey_west_lags

__all__ = [
    "Covariance",
    "Critical",
    "Regression",
    "Start",
    "collapse_law",
    "newey_west_lags",
    "slope_of",
    "through_origin",
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
        Lags of the Bartlett kernel, 0 <= lags < shortest run. Default: `newey_west_lags` of the longest run, at most
        one less than the length of the shortest.
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
        If arrays differ in length, hold fewer than 3 or non-finite numbers, `regressor` is zero at all observations but
        one (constant, with an intercept), `response` lies exactly on a line so that no error can be estimated,
        `response_error` is not positive, a run of several has no slope of its own where it needs one, or
        `lags`, `covariance`, `critical` or `level` cannot be had.

    References
    ----------
    Newey & West (1987, 1994); Kiefer & Vogelsang (2005), A new asymptotic theory for heteroskedasticity-
    autocorrelation robust tests, Econometric Theory 21; Liang & Zeger (1986) for clusters, with exact
    degrees of freedom for the design in the manner of Bell & McCaffrey (2002). Ibragimov & Mueller (2010), t-statistic
    based correlation and heterogeneity robust inference, JBES 28.
    """
    return fit_line(regressor, response, False, run, response_error, ErrorModel(lags, covariance, critical, level))


def collapse_law(
    generation: ArrayLike,
    contamination: ArrayLike,
    log_quality: ArrayLike,
    run: ArrayLike | None = None,
    *,
    log_quality_error: ArrayLike | None = None,
    start: Start = Start.MEASURED,
    **options: Any,
) -> Regression:
    """Slope of the loss of log quality on cumulated squared contamination (MODEL 1.1, 1.6, 8.10).

    Regresses -ln Q_t on sum_{s=1..t} rho_s^2. The quality that a run starts from is measured like the others: its error
    is common to all losses since, so every run has an intercept, and the first generation is an observation. Where it
    is exact (`start`, or a standard error of 0) the line starts from it, and the first generation is none.

    Parameters
    ----------
    generation : array_like of int, shape (n,)
        Consecutive within each run, in any order of rows.
    contamination : array_like, shape (n,)
        Synthetic share of the pool rho_t, in [0, 1].
    log_quality : array_like, shape (n,)
        ln Q_t.
    log_quality_error : array_like, shape (n,), optional
        Standard errors of ln Q_t, > 0, and 0 allowed at the first generation: observations are weighted by their
        inverse squares.
    start : Start
        What is known of ln Q_0.
    run, **options
        As for `through_origin`: `lags`, `covariance`, `critical`, `level`.

    Returns
    -------
    Regression
        With one run, `intercept` is -ln Q_0 as fitted; with several, each has its own, and R^2 is within runs.

    Raises
    ------
    ValueError
        As for `through_origin`, or if a run's generations are not consecutive integers or a contamination is
        outside [0, 1].
    """
    return slope_of(paths(generation, contamination, log_quality, run, log_quality_error, start), **options)


def slope_of(measured: Paths, **options: Any) -> Regression:
    """Return the slope of the collapse law on paths; options as for `through_origin`."""
    model = ErrorModel(**options)
    keep = measured.observed
    error = None if measured.error is None else measured.error[keep]
    x, y, run = measured.exposure, measured.loss, measured.run
    if measured.exact.size == 1 and not measured.exact.all():
        return fit_line(x, y, True, run, error, model)
    x, y = measured.since_start(x)[keep], measured.since_start(y)[keep]
    return fit_line(x, y, False, run[keep], error, model)
