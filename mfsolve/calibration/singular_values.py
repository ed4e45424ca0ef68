"""Intervals of the singular values of C D: both the derivative D and the covariance in C are estimates (MODEL 8.11).

C'C is the inverse of Omega, which is estimated with n degrees of freedom, and D has an error of its own. For normal
moments both are independent. Given D, the i-th squared singular value of k moments is n / chi-square_{n - k + i}
times the true one (the inverse of a Wishart matrix), so that it is too large by n / (n - k + i - 2) on average. The
errors of D add their mean square to it, and are as large where a direction moves nothing: what is left without them
has the variance 4 s^2 u'Nu + 2 tr N^2 of a noncentral chi-square form. N is the covariance of C D v, of whose k
coordinates what lies along larger singular values is taken out. Both intervals are joined by the method of variance
estimates recovery (Zou & Donner 2008).
"""

import math
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import student_quantile

LEVEL = 0.95


@dataclass(frozen=True)
class Strengths:
    """Singular values (p,) without their bias, descending, and their intervals; 0 beyond the number of moments."""

    values: Floats
    low: Floats
    high: Floats


def strengths(whitened: Floats, parts: Floats, moments: int, freedom: float) -> Strengths:
    """Singular values of a whitened derivative C D with intervals at 95 %.

    Parameters
    ----------
    whitened : ndarray, shape (k, p)
        The estimate of C D.
    parts : ndarray, shape (g, k, p)
        The same C with the derivative of all replicates but one group of equally many each.
    moments : int
        Moments with a weight; the others' rows are 0.
    freedom : float
        Degrees of freedom n of Omega, infinite where it is known; at least `moments` + 1.5.
    """
    p, groups = whitened.shape[1], parts.shape[0]
    errors = math.sqrt((groups - 1) / groups) * (parts - parts.mean(axis=0))
    left, found, right = np.linalg.svd(whitened, full_matrices=False)
    reach = student_quantile(LEVEL, groups - 1.0)
    ends = np.zeros((3, p))
    for i in range(min(moments, found.size)):
        known = left[:, :i]
        rest = errors - known @ (known.T @ errors)
        rest = rest - (rest @ right[:i].T) @ right[:i]  # what larger singular values leave
        beside = left[:, i] @ rest
        beside = beside - np.outer(beside @ right[i], right[i])
        mean, double = _noise(np.hstack([rest @ right[i], beside]), moments + p - 2 * i - 1)
        along = float(((errors @ right[i] @ left[:, i]) ** 2).sum())
        shrink, low, high = _scale(freedom - moments + i + 1, freedom)
        value = found[i] ** 2 - mean
        all_mean, all_double = _noise(rest.reshape(groups, -1), (moments - i) * (p - i))
        moves = float((found[i:] ** 2).sum()) - all_mean > reach * math.sqrt(2.0 * all_double)
        half = reach * math.sqrt((reach * 2.0 * along) ** 2 + max(4.0 * along * value + 2.0 * double, 0.0))
        middle = value + 2.0 * reach**2 * along
        bottom = value - math.hypot(value - (middle - half), value * (1.0 - low))
        top = value + math.hypot(middle + half - value, value * (high - 1.0))
        ends[:, i] = shrink * np.array([value, bottom if moves else 0.0, top])
    return Strengths(*np.sqrt(np.maximum(ends, 0.0)))


def _scale(chi_freedom: float, freedom: float) -> tuple[float, float, float]:
    """Factor that takes the bias of n / chi-square, and the interval of chi-square / n over that factor."""
    if math.isinf(freedom):
        return 1.0, 1.0, 1.0
    from scipy.stats import chi2

    shrink = (chi_freedom - 2.0) / freedom
    low, high = (float(chi2.ppf(end, chi_freedom)) for end in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    return shrink, low / freedom / shrink, high / freedom / shrink


def _noise(errors: Floats, dimensions: int) -> tuple[float, float]:
    """Traces of a covariance and of its square, unbiased, from errors (g, m) whose sum of squares it is."""
    freedom = errors.shape[0] - 1.0
    gram = errors @ errors.T
    trace = float(np.trace(gram))
    raw = float((gram**2).sum())
    double = (raw - trace**2 / freedom) * freedom**2 / max((freedom - 1.0) * (freedom + 2.0), 1.0)
    return trace, min(max(double, trace**2 / dimensions), trace**2)
