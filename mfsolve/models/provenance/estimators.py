"""Estimators of the contamination of a pool, each with its standard error and interval (MODEL 3.2)."""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels import likelihood
from mfsolve.models.provenance.checks import Floats, vector, within

TOLERANCE = 1e-13
EM_PASSES = 100_000
NO_WEIGHTS: Floats = np.empty(0)


class Method(enum.StrEnum):
    """How the contamination is estimated."""

    MLE = "mle"
    ONE_STEP = "one_step"
    MOMENT = "moment"
    EM = "em"


@dataclass(frozen=True)
class Estimate:
    """A contamination, its uncertainty, and how much an item says.

    Attributes
    ----------
    value : float
        rho in [0, 1]; NaN where the items say nothing (p and q agree on all of them).
    standard_error : float
        From the observed information, or from the sample variance for the moment estimator. At the boundary it
        describes the curvature there, and the interval is the better guide.
    interval : tuple of float
        Ends in [0, 1], at `level`: likelihood ratio for the likelihood-based methods, clipped normal for the moment.
    fisher_information : float
        Observed information per item at the estimate.
    efficiency : float
        (1 / (n I)) / Var: 1 for the methods that reach the bound for large n, below 1 for the moment estimator.
    items : float
        Items n (the sum of weights).
    level : float
    method : Method
    """

    value: float
    standard_error: float
    interval: tuple[float, float]
    fisher_information: float
    efficiency: float
    items: float
    level: float
    method: Method


@dataclass(frozen=True)
class Calibration:
    """Mean contrast (q - p) / (q + p) of human and of synthetic items: what the moment estimator interpolates.

    `variance_*` is that of one item, `items_*` the reference items behind the mean (inf: known exactly).
    """

    human: float
    synthetic: float
    variance_human: float = 0.0
    variance_synthetic: float = 0.0
    items_human: float = math.inf
    items_synthetic: float = math.inf


def calibrate(log_ratio_human: ArrayLike, log_ratio_synthetic: ArrayLike) -> Calibration:
    """Calibration from reference items of known origin, by their log likelihood ratios ln(q / p) (vectors)."""
    parts = [np.tanh(0.5 * vector(name, values)) for name, values in (
        ("log_ratio_human", log_ratio_human), ("log_ratio_synthetic", log_ratio_synthetic))]  # fmt: skip
    (a, b), (va, vb) = (t.mean() for t in parts), (t.var() for t in parts)
    return Calibration(float(a), float(b), float(va), float(vb), parts[0].size, parts[1].size)


def estimate(
    log_human: ArrayLike,
    log_synthetic: ArrayLike,
    method: Method | str = Method.MLE,
    level: float = 0.95,
    *,
    weights: ArrayLike | None = None,
    calibration: Calibration | None = None,
) -> Estimate:
    """Share of synthetic items in a pool, from the items' log likelihoods under human and synthetic content.

    Parameters
    ----------
    log_human, log_synthetic
        ln p(x_j) and ln q(x_j), vectors (n,), up to a common constant per item; -inf where an item is impossible under
        one of them.
    method
        `"mle"` (safeguarded Newton), `"one_step"` (one scoring step from a root-n-consistent start: the calibrated
        moment, or the MLE of n^(3/4) items), `"moment"` (calibrated classifier; needs `calibration`), `"em"`.
    level
        Level of the interval in (0, 1).
    weights
        Numbers of equal items (n,), positive, such as token counts.
    calibration
        Mean contrasts of the two origins, from `calibrate` or exact.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Naming the argument, the value and the range; also for an item that is impossible under both.
    """
    how, level = _method(method), within("level", level, 0.0, 1.0, closed=False)
    t = contrasts(log_human, log_synthetic)
    c = NO_WEIGHTS if weights is None else vector("weights", weights)
    if c.size and (c.size != t.size or c.min() <= 0.0):
        raise ValueError(f"weights: {c.size} values, least {c.min():g} given; allowed: {t.size} positive numbers")
    n = float(c.sum()) if c.size else float(t.size)
    sums = np.empty(3)
    if how is Method.MOMENT:
        if calibration is None:
            raise ValueError("calibration: None given; allowed: a Calibration, which method 'moment' needs")
        return _moment(t, c, n, level, calibration)
    if not np.any(t):
        return Estimate(math.nan, math.inf, (0.0, 1.0), 0.0, math.nan, n, level, how)
    best, _ = likelihood.maximum(t, c, TOLERANCE, sums)
    if how is Method.MLE:
        theta = best
    elif how is Method.EM:
        theta, _ = likelihood.expectation_maximisation(t, c, 0.0, TOLERANCE, EM_PASSES)
    else:
        theta = likelihood.one_step(t, c, _preliminary(t, c, calibration), sums)
    likelihood.score_sums(theta, t, c, sums)
    information = 4.0 * sums[1] / n
    interval = likelihood_interval(t, c, best, level)
    error = math.sqrt(1.0 / (n * information))
    return Estimate(0.5 + 0.5 * theta, error, interval, float(information), 1.0, n, level, how)


def contrasts(log_human: ArrayLike, log_synthetic: ArrayLike) -> Floats:
    """(q - p) / (q + p) of each item (n,); errors as `estimate`."""
    a, b = vector("log_human", log_human, infinite=True), vector("log_synthetic", log_synthetic, infinite=True)
    if a.size != b.size:
        raise ValueError(f"log_synthetic: {b.size} values given; allowed: {a.size}, as many as log_human has")
    t = np.empty(a.size)
    bad = likelihood.contrasts(a, b, t)
    if bad >= 0:
        raise ValueError(f"log_human[{bad}]: -inf given, and log_synthetic too; allowed: one of them finite")
    return t


def likelihood_interval(
    t: Floats, c: Floats, theta: float, level: float, inflation: float = 1.0
) -> tuple[float, float]:
    """Contaminations whose deviance is below the chi-square quantile; safe where the maximum is at 0 or 1.

    `inflation` >= 1 multiplies the quantile: the variance that p and q, themselves estimated, add.
    """
    from scipy.special import chdtri

    drop = 0.5 * float(chdtri(1, 1.0 - level)) * inflation
    inside = likelihood.log_likelihood(theta, t, c)
    ends = [0.5 + 0.5 * likelihood.deviance_bound(t, c, theta, inside, drop, side, 1e-12) for side in (-1, 1)]
    return float(ends[0]), float(ends[1])


def _method(method: Method | str) -> Method:
    try:
        return Method(method)
    except ValueError:
        raise ValueError(f"method: {method!r} given; allowed: {', '.join(Method)}") from None


def _preliminary(t: Floats, c: Floats, calibration: Calibration | None) -> float:
    if calibration is not None:
        out = np.empty(2)
        likelihood.moment(t, c, calibration.human, calibration.synthetic, out)
        return float(min(max(2.0 * out[0] - 1.0, -1.0), 1.0))
    stride = max(1, round(t.size**0.25))
    some = np.ascontiguousarray(t[::stride])
    return float(likelihood.maximum(some, np.ascontiguousarray(c[::stride]), TOLERANCE, np.empty(3))[0])


def _moment(t: Floats, c: Floats, n: float, level: float, known: Calibration) -> Estimate:
    from scipy.special import ndtri

    gap = known.synthetic - known.human
    if not abs(gap) > 0.0:
        raise ValueError(f"calibration: means {known.human:g} and {known.synthetic:g} given; allowed: different ones")
    out, sums = np.empty(2), np.empty(3)
    likelihood.moment(t, c, known.human, known.synthetic, out)
    raw = float(out[0])
    reference = (
        (1.0 - raw) ** 2 * known.variance_human / known.items_human
        + raw**2 * known.variance_synthetic / known.items_synthetic
    ) / gap**2
    error = math.sqrt(out[1] / n + reference)
    half = float(ndtri(0.5 + 0.5 * level)) * error
    value, low, high = (min(max(x, 0.0), 1.0) for x in (raw, raw - half, raw + half))
    likelihood.score_sums(2.0 * value - 1.0, t, c, sums)
    information = 4.0 * float(sums[1]) / n
    efficiency = 1.0 / (n * information) / error**2 if information > 0.0 and error > 0.0 else math.nan
    return Estimate(value, error, (low, high), information, efficiency, n, level, Method.MOMENT)
