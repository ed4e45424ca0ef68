"""Laws of lost quality held against one another on the same paths (MODEL 8.10).

Every law is fitted by weighted least squares with an intercept for each run whose start is measured. What is not linear
in a law is one number, found on a grid and then by Brent's method.
"""

import enum
import math
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.collapse_paths import Paths, starts
from mfsolve.inference.collapse_tests import NOISELESS, LineTests, line_tests
from mfsolve.inference.minima import lowest

_GRID = 41


class Law(enum.StrEnum):
    """Growth of the lost log quality along a run."""

    COLLAPSE = "slope * sum of contamination^2"
    EXPONENT = "slope * sum of contamination^k"
    POWER = "slope * (sum of contamination^2)^k"
    BOUNDED = "bound * (1 - exp(-(sum of contamination^2) / k))"
    LOGARITHMIC = "slope * ln(1 + (sum of contamination^2) / k)"
    CONSTANT = "the same loss after the first generation"
    NONE = "no loss"


@dataclass(frozen=True)
class LawFit:
    """One law as fitted.

    Attributes
    ----------
    law : Law
    slope : float or None
        The number in front: loss per unit of the law's term.
    shape : float or None
        The law's own number k.
    r_squared : float
        Share of the variance within runs that it explains; negative where the mean does better.
    criterion : float
        Akaike's, corrected for few observations (AICc), for independent errors; infinite where the observations are
        too few for it.
    weight : float
        Akaike weight among the laws compared.
    """

    law: Law
    slope: float | None
    shape: float | None
    r_squared: float
    criterion: float
    weight: float = math.nan

    def to_dict(self) -> dict[str, float | str | None]:
        """Return the fields as JSON types."""
        numbers = {
            "slope": self.slope,
            "shape": self.shape,
            "r_squared": self.r_squared,
            "aicc": self.criterion,
            "weight": self.weight,
        }
        finite = {k: v if v is not None and math.isfinite(v) else None for k, v in numbers.items()}
        return {"law": self.law.name.lower(), "formula": self.law.value, **finite}


@dataclass(frozen=True)
class Comparison:
    """All laws on one set of paths.

    Attributes
    ----------
    laws : tuple of LawFit
        Best first.
    tests : LineTests
        Of the collapse law, for errors as autocorrelated as the residuals allow.
    chi_square_p_value : float or None
        Lack of fit against the given standard errors; None without them.
    """

    laws: tuple[LawFit, ...]
    tests: LineTests
    chi_square_p_value: float | None

    def of(self, law: Law) -> LawFit | None:
        """Return the fit of a law; None where it was not compared."""
        return next((fit for fit in self.laws if fit.law is law), None)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON types."""
        lack, constant, bound = (None if math.isnan(value) else value for value in self.tests)
        return {
            "laws": [fit.to_dict() for fit in self.laws],
            "p_value": lack,
            "constant_p_value": constant,
            "autocorrelation_at_most": bound,
            "chi_square_p_value": self.chi_square_p_value,
        }


@dataclass(frozen=True)
class _Fitted:
    slope: float | None
    shape: float | None
    unexplained: float
    parameters: int


def compare(measured: Paths) -> Comparison:
    """Fit all laws that the paths can tell apart, and test the collapse law.

    The free exponent needs a contamination that changes; a law with a number of its own needs three exposures or more.
    """
    count, lines = int(measured.observed.sum()), _Lines(measured)
    found = {law: _fit(measured, lines, law) for law in Law if _can_be_told(measured, law)}
    own = int((~measured.exact).sum()) + 1  # intercepts and the variance of the errors
    fits = []
    for law, fit in found.items():
        criterion = _aicc(fit.unexplained, count, own + fit.parameters)
        r_squared = 1.0 - fit.unexplained / lines.total if lines.total > 0 else math.nan
        fits.append(LawFit(law, fit.slope, fit.shape, r_squared, criterion))
    fits = _weighted(sorted(fits, key=lambda fit: fit.criterion))
    chi = _chi_square(measured, found[Law.COLLAPSE], count - own)
    return Comparison(tuple(fits), line_tests(measured, Law.EXPONENT in found), chi)


def term(measured: Paths, law: Law, shape: float | None) -> Floats:
    """Term (n,) that a law multiplies; 0 at the first generation."""
    x = measured.exposure
    if law is Law.EXPONENT and measured.grid is not None and shape is not None:
        return measured.grid.exposure(shape)
    if law is Law.NONE:
        return np.zeros(x.size)
    if law is Law.CONSTANT:
        return np.asarray((measured.time > 0) * 1.0)
    return curve(x, law, shape)


def curve(x: Floats, law: Law, shape: float | None) -> Floats:
    """Term of a law that depends on the exposure alone."""
    k = 1.0 if shape is None else shape
    if law is Law.POWER:
        return np.asarray(x**k)
    if law is Law.BOUNDED:
        return np.asarray(-np.expm1(-x / k))
    if law is Law.LOGARITHMIC:
        return np.asarray(np.log1p(x / k))
    return x


def _can_be_told(measured: Paths, law: Law) -> bool:
    if law in (Law.COLLAPSE, Law.CONSTANT, Law.NONE):
        return True
    if np.unique(measured.exposure).size < 4:
        return False
    if law is not Law.EXPONENT:
        return True
    if measured.grid is None:
        return False
    shares = measured.grid.share[~starts(measured.grid.run) & (measured.grid.share > 0)]
    return bool(shares.size and np.ptp(shares) > 0.02)


class _Lines:
    """Lines through the starts of runs on any term."""

    def __init__(self, measured: Paths) -> None:
        self._measured, self._loss = measured, measured.since_start(measured.loss)
        apart = measured.loss - measured.means(measured.loss)[measured.run]
        self.total = float(measured.weight @ apart**2)

    def fit(self, values: Floats) -> tuple[float, float]:
        """Slope on a term, and the weighted sum of squares that it leaves."""
        x, weight = self._measured.since_start(values), self._measured.weight
        size = float(weight @ x**2)
        slope = float(weight @ (x * self._loss)) / size if size > 0 else 0.0
        return slope, float(weight @ (self._loss - slope * x) ** 2)


def _fit(measured: Paths, lines: _Lines, law: Law) -> _Fitted:
    """Best number of a law, and the slope that goes with it."""
    if law in (Law.COLLAPSE, Law.CONSTANT, Law.NONE):
        slope, unexplained = lines.fit(term(measured, law, None))
        return _Fitted(None, None, unexplained, 0) if law is Law.NONE else _Fitted(slope, None, unexplained, 1)

    def left(shape: float) -> float:
        return lines.fit(term(measured, law, shape))[1]

    shape = lowest(left, _places(measured, law))
    return _Fitted(lines.fit(term(measured, law, shape))[0], shape, left(shape), 2)


def _places(measured: Paths, law: Law) -> Floats:
    if law is Law.EXPONENT:
        return np.linspace(0.0, 6.0, _GRID)
    if law is Law.POWER:
        return np.linspace(0.05, 4.0, _GRID)
    positive = measured.exposure[measured.exposure > 0]
    return np.geomspace(0.05 * positive.min(), 100.0 * positive.max(), _GRID)


def _aicc(unexplained: float, count: int, parameters: int) -> float:
    spare = count - parameters - 1
    if spare <= 0:
        return math.inf
    return count * math.log(max(unexplained, NOISELESS) / count) + 2 * parameters * (1 + (parameters + 1) / spare)


def _weighted(fits: list[LawFit]) -> list[LawFit]:
    """The same fits with their Akaike weights."""
    best = fits[0].criterion
    if not math.isfinite(best):
        return fits
    likelihood = [math.exp(-0.5 * (fit.criterion - best)) for fit in fits]
    return [
        LawFit(fit.law, fit.slope, fit.shape, fit.r_squared, fit.criterion, part / sum(likelihood))
        for fit, part in zip(fits, likelihood)
    ]


def _chi_square(measured: Paths, fit: _Fitted, freedom: int) -> float | None:
    from scipy.stats import chi2

    if measured.error is None or freedom < 1:
        return None
    return float(chi2.sf(fit.unexplained / float(measured.error[measured.observed].min()) ** 2, freedom))
