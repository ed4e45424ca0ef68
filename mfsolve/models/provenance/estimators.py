"""Estimators of the contamination of a pool, each with its standard error and interval (MODEL 3.2)."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.kernels.provenance import likelihood
from mfsolve.models.arguments import instance, number, vector

TOLERANCE = 1e-13
EM_PASSES = 100_000
NO_WEIGHTS: Floats = np.empty(0)


class Method(enum.StrEnum):
    """Estimator of the contamination."""

    MLE = "mle"
    ONE_STEP = "one_step"
    MOMENT = "moment"
    EM = "em"


@dataclass(frozen=True)
class Estimate:
    """Estimated contamination, its uncertainty, and the information of an item (MODEL 3.2).

    Attributes
    ----------
    value : float
        rho in [0, 1]; NaN where the items carry no information (p and q agree on all of them).
    standard_error : float
        From the observed information, or from the sample variance for the moment estimator. At 0 and 1 it describes the
        curvature of the likelihood only; the interval is the better guide there.
    interval : tuple of float
        Ends in [0, 1], at `level`: likelihood ratio for the likelihood-based methods, clipped Student t for the moment
        estimator.
    fisher_information : float
        Observed information per item at the estimate.
    efficiency : float
        (1 / (n I)) / Var, the constant behind "up to constants". I is the model's information where it is given or the
        calibration has reference items, and the observed one elsewhere; Var is the sandwich variance of the items'
        scores, or the variance of the moment estimate. With the observed information the efficiency of the
        likelihood-based methods is 1, since -dS/d rho = S^2 item by item, and that of the moment estimate is the
        squared correlation of contrast and score. NaN where a likelihood-based estimate is at 0 or 1.
    items : float
        Number of items n (the sum of the weights).
    level : float
        Level of the interval, in (0, 1).
    method : Method
        Estimator.
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
    """Mean contrasts (q - p) / (q + p) of human and of synthetic items: calibration of the moment estimator.

    `variance_*` is the variance of one item's contrast, `items_*` the number of reference items behind the mean (inf:
    it is exact), `references` their contrasts, human and synthetic, where they are kept (MODEL 3.2).
    """

    human: float
    synthetic: float
    variance_human: float = 0.0
    variance_synthetic: float = 0.0
    items_human: float = math.inf
    items_synthetic: float = math.inf
    references: tuple[Floats, Floats] | None = field(default=None, repr=False, compare=False)

    def information(self, contamination: float) -> float | None:
        """Fisher information per item, E[S^2] over the reference items; None where there are none."""
        if self.references is None:
            return None
        theta, total = 2.0 * contamination - 1.0, 0.0
        for weight, t in zip((1.0 - contamination, contamination), self.references):
            if weight > 0.0:
                total += weight * float(np.mean((2.0 * t / np.maximum(1.0 + theta * t, 1e-150)) ** 2))
        return total


def calibrate(log_ratio_human: ArrayLike, log_ratio_synthetic: ArrayLike) -> Calibration:
    """Calibrate the moment estimator with reference items of known origin (MODEL 3.2).

    Parameters
    ----------
    log_ratio_human, log_ratio_synthetic
        Log likelihood ratios ln(q / p) of human and of synthetic items, vectors (n,) and (k,) of finite numbers.

    Returns
    -------
    Calibration
        Mean contrasts, in [-1, 1], with their variances and the number of items of each origin.

    Raises
    ------
    ValueError
        For ratios that are no vector of finite numbers, or none at all.
    """
    parts = [np.tanh(0.5 * vector(name, values, "(-inf, inf)")) for name, values in (
        ("log_ratio_human", log_ratio_human), ("log_ratio_synthetic", log_ratio_synthetic))]  # fmt: skip
    (a, b), (va, vb) = (t.mean() for t in parts), (_contrast_variance(t, float(t.var()), t.size) for t in parts)
    return Calibration(float(a), float(b), va, vb, parts[0].size, parts[1].size, (parts[0], parts[1]))


def estimate(
    log_human: ArrayLike,
    log_synthetic: ArrayLike,
    method: Method | str = Method.MLE,
    level: float = 0.95,
    *,
    weights: ArrayLike | None = None,
    calibration: Calibration | None = None,
    information: Callable[[float], float] | float | None = None,
) -> Estimate:
    """Estimate the share of synthetic items in a pool, from log likelihoods under human and synthetic content.

    MODEL 3.2.

    Parameters
    ----------
    log_human, log_synthetic
        ln p(x_j) and ln q(x_j), vectors (n,), up to a constant of each item that both share; -inf where an item is
        impossible under one of them.
    method
        `"mle"` (safeguarded Newton), `"one_step"` (one scoring step from a root-n-consistent start: the calibrated
        moment, or the MLE of n^(3/4) items), `"moment"` (calibrated classifier; needs `calibration`), `"em"`.
    level
        Level of the interval in (0, 1).
    weights
        Multiplicities of the items (n,), positive, such as token counts.
    calibration
        Mean contrasts of human and of synthetic items, from `calibrate` or exact.
    information
        Fisher information per item by the model, positive, or a function of the contamination that returns it: the
        yardstick of the efficiency. By default that of the calibration's reference items.

    Returns
    -------
    Estimate
        Value in [0, 1], standard error, interval, information per item and efficiency.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range; also for an item that is impossible under both.
    """
    instance("calibration", calibration, Calibration | None)
    chosen, level = _method(method), number("level", level, "(0, 1)")
    t = contrasts(log_human, log_synthetic)
    same_labels(log_human=log_human, weights=weights)
    c = NO_WEIGHTS if weights is None else vector("weights", weights, "(-inf, inf)")
    if c.size and (c.size != t.size or c.min() <= 0.0):
        raise ValueError(f"weights: {c.size} values, least {c.min():g} given; allowed: {t.size} positive numbers")
    n = float(c.sum()) if c.size else float(t.size)
    sums = np.empty(3)
    if chosen is Method.MOMENT:
        if calibration is None:
            raise ValueError("calibration: None given; allowed: a Calibration, which method 'moment' needs")
        return _moment(t, c, n, level, calibration, information)
    if not np.any(t):
        return Estimate(math.nan, math.inf, (0.0, 1.0), 0.0, math.nan, n, level, chosen)
    best, _ = likelihood.maximum(t, c, TOLERANCE, sums)
    if chosen is Method.MLE:
        theta = best
    elif chosen is Method.EM:
        theta, _ = likelihood.expectation_maximisation(t, c, 0.0, TOLERANCE, EM_PASSES)
    else:
        theta = likelihood.one_step(t, c, _preliminary(t, c, calibration), sums)
    likelihood.score_sums(theta, t, c, sums)
    observed, value = 4.0 * float(sums[1]) / n, 0.5 + 0.5 * theta
    efficiency = math.nan
    if abs(best) < 1.0:
        sandwich = (observed - (2.0 * float(sums[0]) / n) ** 2) / (n * observed * observed)
        model = _model_information(information, calibration, value)
        efficiency = 1.0 / (n * (model or observed)) / sandwich
    interval = likelihood_interval(t, c, best, level)
    return Estimate(value, math.sqrt(1.0 / (n * observed)), interval, observed, efficiency, n, level, chosen)


def _model_information(
    information: Callable[[float], float] | float | None, calibration: Calibration | None, contamination: float
) -> float | None:
    if information is None:
        return None if calibration is None else calibration.information(contamination)
    found = information(contamination) if callable(information) else information
    return number("information", found, "(0, inf]")


def contrasts(log_human: ArrayLike, log_synthetic: ArrayLike) -> Floats:
    """Contrasts (q - p) / (q + p) of items (n,) with the given log likelihoods; raises as `estimate` does."""
    same_labels(log_human=log_human, log_synthetic=log_synthetic)
    a, b = vector("log_human", log_human, "[-inf, inf)"), vector("log_synthetic", log_synthetic, "[-inf, inf)")
    if a.size != b.size:
        raise ValueError(f"log_synthetic: {b.size} values given; allowed: {a.size}, as many as log_human has")
    t = np.empty(a.size)
    bad = likelihood.contrasts(a, b, t)
    if bad >= 0:
        raise ValueError(f"log_human[{bad}]: -inf given, and log_synthetic too; allowed: one of them finite")
    return t


def likelihood_interval(t: Floats, c: Floats, theta: float, level: float) -> tuple[float, float]:
    """Likelihood-ratio interval of the contamination, valid also where the maximum theta is at -1 or 1 (MODEL 3.2)."""
    from scipy.special import chdtri

    drop = 0.5 * float(chdtri(1, 1.0 - level))
    top = likelihood.log_likelihood(theta, t, c)
    ends = [0.5 + 0.5 * likelihood.deviance_bound(t, c, theta, top, drop, side, 1e-12) for side in (-1, 1)]
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


def _moment(
    t: Floats,
    c: Floats,
    n: float,
    level: float,
    known: Calibration,
    information: Callable[[float], float] | float | None,
) -> Estimate:
    from scipy.special import stdtrit

    gap = known.synthetic - known.human
    if not abs(gap) > 0.0:
        raise ValueError(f"calibration: means {known.human:g} and {known.synthetic:g} given; allowed: different ones")
    out, sums = np.empty(2), np.empty(3)
    likelihood.moment(t, c, known.human, known.synthetic, out)
    raw, own = float(out[0]), _contrast_variance(t, float(out[1]) * gap**2, n) / n
    reference = (1.0 - raw) ** 2 * known.variance_human / known.items_human
    reference += raw**2 * known.variance_synthetic / known.items_synthetic
    error = math.sqrt(own + reference) / abs(gap)
    half = float(stdtrit(n - 1.0, 0.5 + 0.5 * level)) * error if n > 1.0 else math.inf
    value, low, high = (min(max(x, 0.0), 1.0) for x in (raw, raw - half, raw + half))
    best, _ = likelihood.maximum(t, c, TOLERANCE, sums)
    observed = 4.0 * float(sums[1]) / n
    model = _model_information(information, known, value)
    if model is None:
        efficiency = _squared_correlation(t, c, best) * own / (own + reference)
    else:
        efficiency = 1.0 / (n * model) / error**2
    return Estimate(value, error, (low, high), observed, efficiency, n, level, Method.MOMENT)


def _contrast_variance(t: Floats, variance: float, n: float) -> float:
    """Unbiased variance of contrasts t; where all are equal, the largest that contrasts of that mean can have."""
    if n > 1.0 and np.ptp(t) > 0.0:
        return variance * n / (n - 1.0)
    return 1.0 - float(t[0]) ** 2  # Bhatia & Davis (2000)


def _squared_correlation(t: Floats, c: Floats, theta: float) -> float:
    """Squared correlation of contrast and score at theta: (1 / I) / (Var(t) / Cov(t, S)^2)."""
    with np.errstate(divide="ignore"):
        score = t / (1.0 + theta * t)
    if not np.isfinite(score).all() or not (np.ptp(t) > 0.0 and np.ptp(score) > 0.0):
        return math.nan
    table = np.cov(t, score, aweights=c if c.size else None)
    return float(table[0, 1] ** 2 / (table[0, 0] * table[1, 1]))
