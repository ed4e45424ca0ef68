"""Reference distributions of a studentised slope that hold under autocorrelation and under runs of unequal weight.

`Persistent`: one run cannot tell how persistent its errors are, and the usual lag windows are far too short for
persistent ones. The largest AR(1) coefficient f that the residuals do not speak against (their lag-one autocorrelation
would be as small with a probability of 0.1, exactly, for the design at hand) bounds the persistence; the critical value
is the largest that AR(1) normal errors of any coefficient up to f give for that design. Both tails are those of
quadratic forms, P(z' (u u' - c^2 A) z > 0); beyond 128 observations their first moments serve. Coefficients end
at 0.98: a random walk is not told from it, and not covered.

`Heterogeneous`: the mean of q slopes, one a run, over its standard error, where runs have normal slopes of unequal and
unknown variances. The least favourable variances are k equal ones and q - k zeros (Bakirov & Szekely 2005); at levels
from 0.917 on that is Student's t with q - 1 degrees of freedom (Ibragimov & Mueller 2010).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.inference.chi_square_sums import positive_probability
from mfsolve.inference.estimate import student_exceedance, student_quantile
from mfsolve.inference.studentised_slope import Studentised

LARGEST_COEFFICIENT = 0.98
# Probability that the autocorrelation of residuals falls as low as measured at the bound of the coefficient.
_TAIL = 0.1
# Coefficients tried beside 0, as shares of the bound.
_SHARES = (0.4, 0.7, 0.85, 0.95, 1.0)
# Observations up to which the quadratic forms are decomposed.
_EXACT = 128


@dataclass(frozen=True, eq=False)
class Persistent:
    """Distribution of a slope over its Newey-West standard error under the least favourable AR(1) errors.

    Attributes
    ----------
    columns : ndarray, shape (n, k)
        Regressors, that of interest first.
    label : ndarray of int, shape (n,)
        Run of each observation, ascending; errors of different runs are independent.
    lags : int
        Lags of the Bartlett kernel of the standard error.
    white : Studentised
        The distribution under independent errors.
    coefficient : float
        Bound of the AR(1) coefficient, in [0, 0.98].
    """

    columns: Floats
    label: NDArray[np.intp]
    lags: int
    white: Studentised
    coefficient: float

    @classmethod
    def of_residuals(
        cls, columns: Floats, label: NDArray[np.intp], lags: int, white: Studentised, residual: Floats
    ) -> "Persistent":
        """Bound the coefficient by the residuals of a fit."""
        if residual.size > _EXACT:
            measured = _autocorrelation(label, residual)
            # Bias of the least-squares autocorrelation beside a trend, and its large-sample error.
            mended = measured + (2 + 5 * measured) / residual.size
            bound = mended + 1.2816 * math.sqrt(max(1 - mended**2, 0.0) / residual.size)
        else:
            bound = autocorrelation_bound(columns, label, residual)
        return cls(columns, label, lags, white, float(np.clip(bound, 0.0, LARGEST_COEFFICIENT)))

    def exceedance(self, statistic: float) -> float:
        """Two-sided tail probability P(|slope / standard error| > |statistic|), the largest over coefficients."""
        if self.label.size > _EXACT:
            return self.white.exceedance(statistic / self._stretch)
        tails = [self.white.exceedance(statistic)]
        for u, form in self._forms:
            tails.append(_tail(u, form, statistic))
        return max(tails)

    def critical(self, level: float) -> float:
        """Return the c with P(|slope / standard error| <= c) = level, for level in (0, 1)."""
        from scipy.optimize import brentq

        start = self.white.critical(level)
        if self.label.size > _EXACT:
            return start * self._stretch
        largest = start
        for u, form in self._forms:

            def excess(statistic: float, u: Floats = u, form: Floats = form) -> float:
                return _tail(u, form, statistic) - (1 - level)

            top = largest
            while excess(top) > 0:
                top *= 2
            if top > largest:
                largest = float(brentq(excess, top / 2, top, rtol=1e-8))
        return largest

    @cached_property
    def _forms(self) -> list[tuple[Floats, Floats]]:
        """The slope's weights and the form of its squared standard error, in white noise, for each coefficient."""
        count, parameters = self.columns.shape
        apart = _apart(self.label)
        weights = self.columns @ np.linalg.inv(self.columns.T @ self.columns)[:, 0]
        kernel = np.maximum(1 - apart / (self.lags + 1), 0.0) * np.outer(weights, weights)
        clear = _residual_maker(self.columns)
        form = clear @ kernel @ clear * count / (count - parameters)
        found: list[tuple[Floats, Floats]] = []
        for share in _SHARES:
            root = np.linalg.cholesky((share * self.coefficient) ** apart)
            found.append((np.asarray(root.T @ weights), np.asarray(root.T @ form @ root)))
        return found if self.coefficient > 0 else []

    @cached_property
    def _stretch(self) -> float:
        """Factor by which a long series widens the statistic over white noise, by its two variances."""
        weights = self.columns @ np.linalg.inv(self.columns.T @ self.columns)[:, 0]
        length = int(np.bincount(self.label).max())
        products = np.zeros(length)
        for run in np.unique(self.label):
            mine = weights[self.label == run]
            transform = np.fft.rfft(mine, 2 * mine.size)
            products[: mine.size] += np.fft.irfft(transform * transform.conj(), 2 * mine.size)[: mine.size]
        lag = np.arange(length)
        window = np.maximum(1 - lag / (self.lags + 1), 0.0)
        double = np.where(lag > 0, 2.0, 1.0) * products
        ratios = [1.0]
        for share in _SHARES:
            decay = (share * self.coefficient) ** lag
            ratios.append(float(double @ decay) / float((double * window) @ decay))
        return math.sqrt(max(ratios))


@dataclass(frozen=True)
class Heterogeneous:
    """Distribution of the t statistic of q independent normal values under the least favourable variances."""

    runs: int

    def exceedance(self, statistic: float) -> float:
        """Two-sided tail probability, the largest over k = 2..q values of equal variance among constants."""
        square = statistic**2
        tails = [float(square < 1)]
        for k in range(2, self.runs + 1):
            # S^2 / Q of the values' sum and sum of squares is the same number for every k, and at most k.
            room = k * (self.runs - 1) - (self.runs - k) * square
            inner = math.sqrt((k - 1) * self.runs * square / room) if room > 0 else math.inf
            tails.append(student_exceedance(inner, k - 1))
        return max(tails)

    def critical(self, level: float) -> float:
        """Return the smallest c with P(|statistic| > c) <= 1 - level whatever the variances."""
        squares = [1.0]
        for k in range(2, self.runs + 1):
            square = student_quantile(level, k - 1) ** 2
            squares.append(k * (self.runs - 1) * square / (self.runs * (k - 1) + (self.runs - k) * square))
        return math.sqrt(max(squares))


def _tail(u: Floats, form: Floats, statistic: float) -> float:
    """P(|u' z| > statistic * sqrt(z' form z)) for standard normals z."""
    eigenvalues = np.linalg.eigvalsh(np.outer(u, u) - statistic**2 * form)
    return positive_probability(np.asarray(eigenvalues, np.float64))


def _apart(label: NDArray[np.intp]) -> Floats:
    """Steps between observations of one run, infinite between runs."""
    place = np.arange(label.size)
    apart = np.abs(np.subtract.outer(place, place)).astype(np.float64)
    apart[np.not_equal.outer(label, label)] = np.inf
    return apart


def _residual_maker(columns: Floats) -> Floats:
    basis = np.linalg.qr(columns)[0]
    return np.asarray(np.eye(len(columns)) - basis @ basis.T)


def _autocorrelation(label: NDArray[np.intp], residual: Floats) -> float:
    """Lag-one autocorrelation within runs."""
    together = label[1:] == label[:-1]
    return float(residual[1:][together] @ residual[:-1][together]) / float(residual @ residual)


def autocorrelation_bound(columns: Floats, label: NDArray[np.intp], residual: Floats) -> float:
    """Coefficient in [0, 0.98] at which residuals are as little autocorrelated as measured with a probability of 0.1.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Regressors that the residuals are free of; n is at most a few hundred.
    label : ndarray of int, shape (n,)
        Run of each observation, ascending.
    residual : ndarray, shape (n,)
        Not all 0; where they are, nothing bounds the coefficient.
    """
    from scipy.optimize import brentq

    if not residual.any() or columns.shape[1] >= label.size:
        return LARGEST_COEFFICIENT
    measured = _autocorrelation(label, residual)
    apart, clear = _apart(label), _residual_maker(columns)
    form = clear @ (np.where(apart == 1, 0.5, 0.0) - measured * np.eye(label.size)) @ clear

    def excess(coefficient: float) -> float:
        root = np.linalg.cholesky(coefficient**apart)
        return 1 - positive_probability(np.asarray(np.linalg.eigvalsh(root.T @ form @ root), np.float64)) - _TAIL

    if excess(LARGEST_COEFFICIENT) >= 0:
        return LARGEST_COEFFICIENT
    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, LARGEST_COEFFICIENT, xtol=1e-6))
