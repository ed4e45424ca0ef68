"""Fisher information about the contamination in one item of Gaussian content, marked or not (MODEL 3.1)."""

import math

import numpy as np

from mfsolve.kernels import mixture
from mfsolve.models.provenance.checks import Floats, whole, within


def gaussian_information(
    contamination: float,
    *,
    distance: float = 0.0,
    variance: float = 1.0,
    dimension: int = 1,
    watermark: float = 0.0,
    stripping: float = 0.0,
) -> float:
    """I(rho) for p = N(0, I_d), q = N(m, s2 I_d), with a watermark score where `watermark` > 0 (MODEL 3.1).

    Parameters
    ----------
    contamination
        rho in [0, 1].
    distance
        |m| >= 0 in human standard deviations.
    variance
        s2 > 0 in human variances.
    dimension
        d in [1, 100000].
    watermark
        Mean w >= 0 of the score of a marked synthetic item; N(0, 1) for a human or stripped one.
    stripping
        Probability in [0, 1] that the mark is stripped.

    Returns
    -------
    float
        Joint information of content and score, relative error about 1e-9; infinite where it diverges.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    rho = within("contamination", contamination, 0.0, 1.0)
    m = within("distance", distance, 0.0, 1e6)
    s2 = within("variance", variance, 0.0, math.inf, closed=False)
    d = whole("dimension", dimension, 1, 100_000)
    w, strip = within("watermark", watermark, 0.0, 30.0), within("stripping", stripping, 0.0, 1.0)
    if w == 0.0 or strip == 1.0:
        if rho in (0.0, 1.0):
            return _chi_square(m, s2, d) if rho == 0.0 else _chi_square(m / math.sqrt(s2), 1.0 / s2, d)
        out = np.empty(3)
        mixture.gaussian_functionals(rho, m, s2, d, out)
        return float(out[2])
    if (rho == 0.0 and s2 >= 2.0) or (rho == 1.0 and s2 <= 0.5):
        return math.inf
    ratio, mass = content_nodes(m, s2, d)
    z = np.arange(-12.0, w + 12.0 + 0.05, 0.05)
    score = np.exp(-0.5 * z * z) * (0.05 / math.sqrt(2.0 * math.pi))
    marked = np.logaddexp(w * z - 0.5 * w * w + math.log1p(-strip), math.log(strip) if strip else -np.inf)
    total = 0.0
    for lr, p in zip(ratio, mass):
        both = lr + marked
        top = np.maximum(both, 0.0)
        gap, pool = np.exp(both - top) - np.exp(-top), (1.0 - rho) * np.exp(-top) + rho * np.exp(both - top)
        total += p * float(np.sum(score * gap * gap / np.maximum(pool, 1e-300) * np.exp(np.minimum(top, 600.0))))
    return total


def _chi_square(m: float, s2: float, d: int) -> float:
    """chi2(N(m, s2 I_d) || N(0, I_d))."""
    if s2 >= 2.0:
        return math.inf
    power = m * m / (2.0 - s2) - 0.5 * d * math.log(s2 * (2.0 - s2))
    return math.expm1(power) if power < 709.0 else math.inf


def content_nodes(m: float, s2: float, d: int) -> tuple[Floats, Floats]:
    """Nodes of a trapezoid rule for content: log likelihood ratio ln(q / p), and mass under p."""
    s = math.sqrt(s2)
    reach = 13.0 * max(1.0, s) + m
    y = np.arange(-math.asinh(reach / s), math.asinh(reach / s), 1.0 / 24.0)
    x = m + s * np.sinh(y)
    line = 0.5 * (x * x - np.sinh(y) ** 2) - math.log(s)
    weight = np.exp(-0.5 * x * x) * s * np.cosh(y) / 24.0 / math.sqrt(2.0 * math.pi)
    if d == 1:
        return line, weight
    from scipy.stats import chi

    low, high = (chi(d - 1).ppf(1e-18) or 1e-9), chi(d - 1).isf(1e-30)
    u = np.linspace(math.log(1e-3 * min(1.0, s) * low), math.log(high * max(1.0, s)), 600)
    r = np.exp(u)
    radial = chi(d - 1).pdf(r) * r * (u[1] - u[0])
    lr = 0.5 * r * r * (1.0 - 1.0 / s2) - (d - 1) * math.log(s)
    ratio, mass = np.add.outer(line, lr).ravel(), np.multiply.outer(weight, radial).ravel()
    kept = np.maximum(mass, mass * np.exp(np.minimum(ratio, 600.0))) > 1e-18
    return ratio[kept], mass[kept]
