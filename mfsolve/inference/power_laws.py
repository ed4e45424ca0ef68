"""Fits of error = prefactor * size^-order, straight and with the next term, on which `convergence` rests."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import normal_exceedance, student_exceedance, student_quantile

# Replicates below which standard errors say too little to weigh sizes by.
FEW_REPLICATES = 8
# Relative standard error beyond which the logarithm of an error is biased.
_BIASED = 0.25
# Relative standard error below which errors are taken to be without noise.
_NOISELESS = 1e-8
_DOUBT = 0.05


@dataclass(frozen=True)
class Fit:
    """A weighted least-squares fit on logarithms.

    Attributes
    ----------
    order, error : float
        Order and its standard error from the stated errors alone.
    log_prefactor, log_prefactor_error : float
    bend, bend_error : float
        Coefficient of the next term, relative to the coarsest size in use; zero for a straight line.
    chi_square, freedom : float, int
    scaled : bool
        Whether the t interval that the residuals give counts beside the normal one.
    noise_freedom : float
        Degrees of freedom of the stated errors; infinite where they are known.
    """

    order: float
    error: float
    log_prefactor: float
    log_prefactor_error: float
    bend: float
    bend_error: float
    chi_square: float
    freedom: int
    scaled: bool
    noise_freedom: float

    @property
    def lack_of_fit(self) -> float:
        """P-value of the residuals under the stated errors, which are themselves estimates."""
        from scipy.stats import chi2

        df = self.noise_freedom
        shrink = max(df - 2, 0.0) / df if math.isfinite(df) else 1.0
        return float(chi2.sf(self.chi_square * shrink, self.freedom))

    @property
    def _dispersion(self) -> float:
        return math.sqrt(self.chi_square / self.freedom)

    def reach(self, level: float) -> float:
        """Half-width of the interval over `error`."""
        known = student_quantile(level, self.noise_freedom)
        return max(known, student_quantile(level, self.freedom) * self._dispersion) if self.scaled else known

    def p_value(self, order: float) -> float:
        """Two-sided p-value of an order."""
        statistic = (self.order - order) / self.error
        p = student_exceedance(statistic, self.noise_freedom)
        if not self.scaled:
            return p
        if self._dispersion == 0:
            return max(p, float(statistic == 0))
        return max(p, student_exceedance(statistic / self._dispersion, self.freedom))


@dataclass(frozen=True)
class PowerLaw:
    """Joint result of the fits."""

    line: Fit
    order: float
    standard_error: float
    order_interval: tuple[float, float]
    prefactor: tuple[float, float, float]
    left_out: int
    note: str | None
    tail: Callable[[float], float]


@dataclass(frozen=True)
class LargestPValue:
    """P-value of an order: the largest over several fits."""

    fits: tuple[Fit, ...]

    def __call__(self, order: float) -> float:
        """Return the p-value of the hypothesis."""
        return max(fit.p_value(order) for fit in self.fits)


def fit_power_law(sizes: Floats, errors: Floats, spread: Floats, level: float, replicates: int | None) -> PowerLaw:
    """Fit a power law to errors at ascending sizes, with standard errors; see `convergence.fit_order_of_means`."""
    noise = math.inf if replicates is None or replicates < FEW_REPLICATES else float(replicates - 1)
    line = _fit(sizes, errors, spread, None, noise)
    relative = float((spread / errors).max())
    few = replicates is not None and replicates < FEW_REPLICATES
    if relative > _BIASED and not few:
        return _profile(sizes, errors, spread, level, line)
    if sizes.size < 4 or few:
        note = "three sizes do not show whether the line bends" if sizes.size < 4 else None
        if few:
            note = f"too few replicates for errors of their own: at least {FEW_REPLICATES}; all sizes weigh alike"
        return _together(line, (line,), line, 0, note, level)
    additive, multiplicative, left_out = _bent(sizes, errors, spread, noise)
    certain_bend = abs(additive.bend) > 4 * additive.bend_error and additive.lack_of_fit >= _DOUBT
    straight = not (certain_bend or relative <= _NOISELESS)
    chosen = line if straight and abs(additive.bend) < 2 * additive.bend_error else multiplicative
    fits = (line, additive, multiplicative) if straight else (additive, multiplicative)
    return _together(
        line,
        fits,
        chosen,
        left_out,
        _note(line, max(additive.lack_of_fit, multiplicative.lack_of_fit), relative, left_out),
        level,
    )


def _note(line: Fit, bent: float, relative: float, left_out: int) -> str | None:
    """Note on the p-values of the straight and of the better bent fit."""
    if relative > _NOISELESS and bent < _DOUBT:
        return f"no power law fits, not even with its next term (p = {bent:.2g})"
    said = []
    if relative > _NOISELESS and line.lack_of_fit < _DOUBT:
        said.append(f"a straight line does not fit (p = {line.lack_of_fit:.2g}): the next term is allowed for")
    if left_out:
        said.append(f"the {left_out} coarsest size{'s are' if left_out > 1 else ' is'} left out")
    return "; ".join(said) or None


def _bent(sizes: Floats, errors: Floats, spread: Floats, noise: float) -> tuple[Fit, Fit, int]:
    """Both fits with a next term, and how many of the coarsest sizes they leave out."""
    for left_out in range(sizes.size - 3):
        part = slice(left_out, None)
        additive = _fit(sizes[part], errors[part], spread[part], 0.0, noise)
        multiplicative = _fit(
            sizes[part], errors[part], spread[part], _factor(sizes[part], errors[part], spread[part]), noise
        )
        if max(additive.lack_of_fit, multiplicative.lack_of_fit) >= _DOUBT:
            break
    return additive, multiplicative, left_out


def _columns(sizes: Floats, factor: float | None) -> Floats:
    columns = [-np.log(sizes), np.ones(sizes.size)]
    if factor is not None:
        step = sizes[0] / sizes
        columns.append(step / (1 + factor * step))
    return np.column_stack(columns)


def _fit(sizes: Floats, errors: Floats, spread: Floats, factor: float | None, noise: float) -> Fit:
    """Fit with the next term at its value `factor`: 0 is the additive form, None the straight line."""
    columns, weight = _columns(sizes, factor), errors / spread
    target = np.log(errors)
    if factor:
        step = sizes[0] / sizes
        target = target - np.log1p(factor * step) + factor * step / (1 + factor * step)
    inverse = np.linalg.pinv(weight[:, np.newaxis] * columns)
    coefficients = inverse @ (weight * target)
    covariance = inverse @ inverse.T
    residual = weight * (target - columns @ coefficients)
    chi_square, freedom = float(residual @ residual), sizes.size - columns.shape[1]
    bent = factor is not None
    deviations = np.sqrt(np.diagonal(covariance))
    fit = Fit(
        order=float(coefficients[0]),
        error=float(deviations[0]),
        log_prefactor=float(coefficients[1]),
        log_prefactor_error=float(deviations[1]),
        bend=float(coefficients[2]) if bent else 0.0,
        bend_error=float(deviations[2]) if bent else 0.0,
        chi_square=chi_square,
        freedom=freedom,
        scaled=True,
        noise_freedom=noise,
    )
    # One degree of freedom says next to nothing of the scale: it counts only where it speaks against the stated errors.
    if bent and freedom == 1 and fit.lack_of_fit >= 0.2:
        return Fit(**{**fit.__dict__, "scaled": False})
    return fit


def _factor(sizes: Floats, errors: Floats, spread: Floats) -> float:
    """Least-squares a of error = prefactor * size^-order * (1 + a step)."""
    from scipy.optimize import minimize_scalar

    step = sizes[0] / sizes
    weight = errors / spread
    weight = weight / weight.max()
    columns = weight[:, np.newaxis] * _columns(sizes, None)
    projector = np.eye(sizes.size) - columns @ np.linalg.pinv(columns)

    def misfit(log_factor: float) -> float:
        residual = projector @ (weight * (np.log(errors) - np.log1p(math.expm1(log_factor) * step)))
        return float(residual @ residual)

    # 1 + a from 0.05 to 50: a next term of up to fifty times the first at the coarsest size.
    grid = np.linspace(math.log(0.05), math.log(50.0), 40)
    best = int(np.argmin([misfit(x) for x in grid]))
    ends = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    found = minimize_scalar(misfit, bounds=ends, method="bounded", options={"xatol": 1e-10})
    return math.expm1(float(found.x)) or 1e-12


def _together(line: Fit, fits: tuple[Fit, ...], chosen: Fit, left_out: int, note: str | None, level: float) -> PowerLaw:
    reaches = [fit.reach(level) for fit in fits]
    low = min(fit.order - reach * fit.error for fit, reach in zip(fits, reaches))
    high = max(fit.order + reach * fit.error for fit, reach in zip(fits, reaches))
    bottom = min(fit.log_prefactor - reach * fit.log_prefactor_error for fit, reach in zip(fits, reaches))
    top = max(fit.log_prefactor + reach * fit.log_prefactor_error for fit, reach in zip(fits, reaches))
    return PowerLaw(
        line=line,
        order=chosen.order,
        standard_error=chosen.error * max(1.0, chosen._dispersion if chosen.scaled else 1.0),
        order_interval=(low, high),
        prefactor=(math.exp(chosen.log_prefactor), _exp(bottom), _exp(top)),
        left_out=left_out,
        note=note,
        tail=LargestPValue(fits),
    )


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


@dataclass(frozen=True)
class ProfileTail:
    """P-value of an order by the weighted squares of the errors themselves that its best power law leaves."""

    sizes: Floats
    errors: Floats
    spread: Floats
    least: float
    dispersion: float
    noise_freedom: float

    def cost(self, order: float) -> float:
        """Return the weighted sum of squares at the best prefactor."""
        return weighted_squares(self.sizes, self.errors, self.spread, order)

    def __call__(self, order: float) -> float:
        """Return the p-value of the hypothesis."""
        statistic = math.sqrt(max(self.cost(order) - self.least, 0.0))
        p = student_exceedance(statistic, self.noise_freedom)
        scaled = statistic / self.dispersion if self.dispersion > 0 else math.inf
        return max(p, student_exceedance(scaled, self.sizes.size - 2))


def weighted_squares(sizes: Floats, errors: Floats, spread: Floats, order: float) -> float:
    """Weighted squares that the power law of this order and the best prefactor leaves."""
    log_shape = -order * np.log(sizes)
    shape = np.exp(log_shape - log_shape.max()) / spread
    scaled = errors / spread
    return max(float(scaled @ scaled - (shape @ scaled) ** 2 / (shape @ shape)), 0.0)


def _profile(sizes: Floats, errors: Floats, spread: Floats, level: float, line: Fit) -> PowerLaw:
    """Power law fitted to the errors themselves, where their logarithms are biased by noise."""
    from scipy.optimize import brentq, minimize_scalar

    farthest = 40.0
    grid = np.linspace(-10.0, farthest, 501)
    values = [weighted_squares(sizes, errors, spread, order) for order in grid]
    best = int(np.argmin(values))
    ends = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    order = float(
        minimize_scalar(
            lambda x: weighted_squares(sizes, errors, spread, x), bounds=ends, method="bounded", options={"xatol": 1e-9}
        ).x
    )
    least = weighted_squares(sizes, errors, spread, order)
    tail = ProfileTail(sizes, errors, spread, least, math.sqrt(least / (sizes.size - 2)), line.noise_freedom)
    inside = [p for p in grid if tail(p) >= 1 - level]
    low, high = -math.inf, math.inf
    if inside and inside[0] > grid[0]:
        low = float(brentq(lambda x: tail(x) - (1 - level), inside[0] - 0.1, inside[0]))
    if inside and inside[-1] < grid[-1]:
        high = float(brentq(lambda x: tail(x) - (1 - level), inside[-1], inside[-1] + 0.1))
    if not inside:
        around = (order - 0.1, order + 0.1)
        low, high = (float(brentq(lambda x: tail(x) - (1 - level), order, end)) for end in around)
    note = "errors are not four times their standard errors: fitted themselves, not their logarithms"
    none = normal_exceedance(math.sqrt(max(float(((errors / spread) ** 2).sum()) - least, 0.0)))
    if none > 1 - level or (math.isinf(low) and math.isinf(high)):
        note, low, high = "the errors are not told from zero: more replicates are needed", math.nan, math.nan
    shape = sizes**-order / spread
    size = float(shape @ (errors / spread)) / float(shape @ shape)
    reach = (high - low) / 2 / max(student_quantile(level, math.inf), 1e-300)
    return PowerLaw(
        line=line,
        order=order,
        standard_error=reach if math.isfinite(reach) else math.nan,
        order_interval=(low, high),
        prefactor=(size, math.nan, math.nan),
        left_out=0,
        note=note,
        tail=tail,
    )
