"""Reference distribution of a slope divided by its own robust standard error.

A robust variance of a slope is a quadratic form in the residuals. Under independent normal errors it is
independent of the slope and distributed as a weighted sum of chi-squares whose weights follow from the
design alone, so the distribution of the studentised slope is exact for the regressor at hand. Under
autocorrelated errors it is what the studentised slope tends to when the lag window is a fixed share of the
sample (the fixed-b asymptotics of Kiefer & Vogelsang 2005; Bunzel & Vogelsang 2005 for trending regressors).
The usual t or normal quantile takes that share for zero, and the difference is large at ten generations.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.quadrature import gauss_legendre

# Designs up to this rank are decomposed exactly; beyond it two moments are matched (Satterthwaite), where
# at the default lags the two critical values agree to three digits after the point.
_EXACT_RANK = 512
_NODES = 200


@dataclass(frozen=True)
class Studentised:
    """Distribution of Z / sqrt(sum_i weight_i chi2_i), Z standard normal, all independent.

    Attributes
    ----------
    weights : tuple of k floats
        Positive weights.
    freedom : tuple of k floats
        Degrees of freedom of each chi-square, > 0.
    """

    weights: tuple[float, ...]
    freedom: tuple[float, ...]

    @classmethod
    def student(cls, degrees_of_freedom: float) -> "Studentised":
        """Return Student's t itself."""
        return cls((1 / degrees_of_freedom,), (float(degrees_of_freedom),))

    def exceedance(self, statistic: float) -> float:
        """Two-sided tail probability P(|statistic of the slope| > |statistic|).

        Given the chi-squares the tail is a normal one; Craig's formula (1991) for it,
        P(|Z| > x) = 2/pi int_0^{pi/2} exp(-x^2 / (2 sin^2 u)) du, lets the expectation over them be taken
        under the integral, which leaves a smooth positive integrand at every distance.
        """
        nodes, node_weights = gauss_legendre(_NODES)
        sine = np.sin(np.pi / 4 * (nodes + 1))
        scaled = np.multiply.outer(self.weights, (statistic / sine) ** 2)
        return float(node_weights @ np.exp(-0.5 * (np.array(self.freedom) @ np.log1p(scaled)))) / 2

    def critical(self, level: float) -> float:
        """Return the c with P(|statistic of the slope| <= c) = level, for level in (0, 1)."""
        from scipy.optimize import brentq

        def excess(log_statistic: float) -> float:
            return self.exceedance(float(np.exp(log_statistic))) - (1 - level)

        return float(np.exp(brentq(excess, -20.0, 60.0, xtol=1e-12)))


def of_design(basis: Floats, score: Floats, factor: Any, scale: float) -> Studentised:
    """Return the distribution of a slope over its robust standard error, for independent normal errors.

    The slope is score' e / (score' score) and its variance estimate
    scale * |factor' (score * residual)|^2 / (score' score)^2, so that the kernel is factor factor'.

    Parameters
    ----------
    basis : ndarray, shape (n, k)
        Orthonormal basis of the regressors.
    score : ndarray, shape (n,)
        The regressor of interest, orthogonal to the others.
    factor : scipy sparse array, shape (n, m)
        Square root of the kernel that weights products of scores at two times.
    scale : float
        Small-sample factor of the variance estimate.
    """
    from scipy import sparse

    spread = factor.multiply(score[:, np.newaxis]).tocsc() * np.sqrt(scale / (score @ score))
    fitted = spread.T @ basis
    rank = min(spread.shape)
    gram = spread.T @ spread
    if rank > _EXACT_RANK:
        first = float(spread.power(2).sum() - (fitted**2).sum())
        second = sparse.linalg.norm(gram) ** 2 - 2 * (fitted * (gram @ fitted)).sum()
        second += ((fitted.T @ fitted) ** 2).sum()
        freedom = float(first**2 / second)
        return Studentised((first / freedom,), (freedom,))
    if spread.shape[1] <= spread.shape[0]:
        form = gram.toarray() - fitted @ fitted.T
    else:
        rows = spread.toarray()
        rows = rows - basis @ fitted.T
        form = rows @ rows.T
    weights = np.linalg.eigvalsh(form)
    positive = tuple(weights[weights > 1e-12 * weights[-1]].tolist())
    return Studentised(positive, (1.0,) * len(positive))
