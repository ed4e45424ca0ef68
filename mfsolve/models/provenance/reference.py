"""Contamination where p and q are themselves known from reference samples only (MODEL 3.2)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.models.provenance.checks import Floats, vector, within
from mfsolve.models.provenance.estimators import Estimate, Method
from mfsolve.models.provenance.profile import Profile

SMOOTHING = 0.5
LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class GoodnessOfFit:
    """Whether some mixture of p and q explains the pool: generalised chi-square distance, its degrees, its p-value."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True)
class ReferenceEstimate:
    """A contamination from counts, with what the reference samples add to its variance.

    `variance_pool` is 1 / (n I), `variance_reference` what finite human and synthetic samples add to it; the standard
    error and the interval of `estimate` hold both. `same_source` is the p-value of references that do not differ.
    """

    estimate: Estimate
    variance_pool: float
    variance_reference: float
    goodness_of_fit: GoodnessOfFit
    same_source: float


def estimate_from_counts(
    pool: ArrayLike, human: ArrayLike, synthetic: ArrayLike, level: float = 0.95
) -> ReferenceEstimate:
    """Contamination of counted items, from counts of human and of synthetic reference items in the same cells.

    Parameters
    ----------
    pool, human, synthetic
        Items per cell, vectors (k,), k >= 2, non-negative, each with a positive sum.
    level
        Level of the interval in (0, 1).

    Returns
    -------
    ReferenceEstimate
        Maximum of the profile likelihood, in which both sources are estimated too, and its likelihood-ratio interval:
        unbiased, and covering, where references are small. The information is that of the references' frequencies
        less what their noise adds to it.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    level = within("level", level, 0.0, 1.0, closed=False)
    counts = [_counts(name, values) for name, values in (("pool", pool), ("human", human), ("synthetic", synthetic))]
    o, a, b = counts
    if not o.size == a.size == b.size >= 2:
        raise ValueError(
            f"pool, human, synthetic: {o.size}, {a.size}, {b.size} cells given; allowed: equal, at least 2"
        )
    n, profile = float(o.sum()), Profile(o, a, b)
    rho, _ = profile.best
    p, q = profile.sources(rho)
    pi = (1.0 - rho) * p + rho * q
    fit, apart = _goodness(rho, o, a, b, _frequencies(a), _frequencies(b)), profile.same_source()
    information = _information(a, b, pi)
    if not information > 0.0:
        nothing = Estimate(math.nan, math.inf, (0.0, 1.0), 0.0, math.nan, n, level, Method.MLE)
        return ReferenceEstimate(nothing, math.inf, math.nan, fit, apart)
    score = (q - p) / pi
    spread_p = float(np.sum(p * score**2) - np.sum(p * score) ** 2)
    spread_q = float(np.sum(q * score**2) - np.sum(q * score) ** 2)
    own = 1.0 / (n * information)
    added = float(((1.0 - rho) ** 2 * spread_p / a.sum() + rho**2 * spread_q / b.sum()) / information**2)
    error, interval = math.sqrt(own + added), profile.interval(level)
    result = Estimate(rho, error, interval, information, own / (own + added), n, level, Method.MLE)
    return ReferenceEstimate(result, own, added, fit, apart)


def _information(a: Floats, b: Floats, pi: Floats) -> float:
    """Fisher information per item, sum (q - p)^2 / pi, of the references' frequencies less the bias of their noise."""
    f, g = a / a.sum(), b / b.sum()
    noise = f * (1.0 - f) / max(a.sum() - 1.0, 1.0) + g * (1.0 - g) / max(b.sum() - 1.0, 1.0)
    return float(np.sum(((g - f) ** 2 - noise) / pi))


def _counts(name: str, values: ArrayLike) -> Floats:
    array = vector(name, values)
    if array.min() < 0.0 or array.sum() <= 0.0:
        raise ValueError(f"{name}: least {array.min():g}, sum {array.sum():g} given; allowed: counts >= 0, sum > 0")
    return array


def _frequencies(counts: Floats) -> Floats:
    smoothed = counts + SMOOTHING
    return np.asarray(smoothed / smoothed.sum(), dtype=np.float64)


def _goodness(rho: float, o: Floats, a: Floats, b: Floats, p: Floats, q: Floats) -> GoodnessOfFit:
    """Distance of the pool from the line of mixtures, in the metric of all three samples' noise.

    Cells are merged until each is expected to hold a few items of the pool; the distance is minimised over rho.
    """
    from scipy.special import chdtrc

    n, na, nb = o.sum(), a.sum(), b.sum()
    pi = (1.0 - rho) * p + rho * q
    order = np.argsort(-pi * min(n, na, nb))
    cell = np.cumsum(pi[order][::-1])[::-1] * n
    kept = min(int(np.count_nonzero((pi[order] * min(n, na, nb) >= LEAST_EXPECTED) & (cell >= LEAST_EXPECTED))), 500)
    group = np.empty(o.size, np.int64)
    group[order] = np.minimum(np.arange(o.size), kept)
    k = int(group.max()) + 1
    oo, pp, qq = (np.bincount(group, x / x.sum(), k) for x in (o, a, b))
    if k < 3:
        return GoodnessOfFit(math.nan, 0, math.nan)
    mix = (1.0 - rho) * pp + rho * qq
    covariance = np.zeros((k, k))
    for weight, f in ((1.0 / n, mix), ((1.0 - rho) ** 2 / na, pp), (rho**2 / nb, qq)):
        covariance += weight * (np.diag(f) - np.outer(f, f))
    residual, direction = (oo - pp)[:-1], (qq - pp)[:-1]
    solved = np.linalg.lstsq(covariance[:-1, :-1], np.stack([residual, direction], 1), rcond=1e-13)[0]
    explained = (direction @ solved[:, 0]) ** 2 / (direction @ solved[:, 1]) if np.any(direction) else 0.0
    statistic = float(residual @ solved[:, 0] - explained)
    return GoodnessOfFit(statistic, k - 2, float(chdtrc(k - 2, max(statistic, 0.0))))


def kernel_log_density(points: ArrayLike, sample: ArrayLike, bandwidth: float | None = None) -> Floats:
    """Log of a Gaussian kernel density estimate on the line, at cost n + G log G (linear binning, G = 16384 cells).

    Parameters
    ----------
    points
        Where to evaluate, vector (n,).
    sample
        Reference sample, vector (k,), k >= 2.
    bandwidth
        Standard deviation > 0 of the kernel; default Silverman's 0.9 min(s, IQR / 1.34) k^(-1/5).

    Returns
    -------
    ndarray (n,)
        Log density; never below that of one reference item at 8 bandwidths.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    from scipy.signal import fftconvolve

    x, data = vector("points", points), vector("sample", sample)
    if data.size < 2 or data.min() == data.max():
        raise ValueError(f"sample: {data.size} values, all equal or too few, given; allowed: at least 2 distinct ones")
    if bandwidth is None:
        quartiles = np.quantile(data, [0.25, 0.75])
        spread = min(data.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34) or data.std(ddof=1)
        bandwidth = float(0.9 * spread * data.size**-0.2)
    h = within("bandwidth", bandwidth, 0.0, math.inf, closed=False)
    low, high = data.min() - 9.0 * h, data.max() + 9.0 * h
    cells = max(2**14, min(2**20, math.ceil((high - low) / h * 8.0)))
    step = (high - low) / cells
    place = (data - low) / step
    left = place.astype(np.int64)
    part = place - left
    mass = np.bincount(left, 1.0 - part, cells + 2) + np.bincount(left + 1, part, cells + 2)
    reach = math.ceil(9.0 * h / step)
    z = np.arange(-reach, reach + 1) * (step / h)
    weight = np.exp(-0.5 * z * z)
    density = fftconvolve(mass, weight / (weight.sum() * step * data.size), mode="same")
    floor = math.exp(-32.0) / (data.size * h * math.sqrt(2.0 * math.pi))
    grid = low + step * np.arange(cells + 2)
    return np.asarray(np.interp(x, grid, np.log(np.maximum(density, floor))), dtype=np.float64)
