"""Fits of error = prefactor * size^-order, straight and with the next term, on which `convergence` rests."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import student_exceedance, student_quantile
from mfsolve.inference.minima import lowest
from mfsolve.inference.power_law_profile import profile

# Replicates below which standard errors say too little to weigh sizes by.
FEW_REPLICATES = 8
# Relative standard error beyond which the logarithm of an error is biased.
_BIASED = 0.25
# Relative standard error of a mean that replicates of one sign cannot exceed.
_OF_ONE_SIGN = 1.0 + 1e-9
# Relative standard error below which errors are taken to be without noise.
_NOISELESS = 1e-8
_DOUBT = 0.05
# Powers of the size that the next term may be apart by, beside 1.
_OTHER_POWERS = (0.5, 2.0)


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
        Degrees of freedom of the stated errors, above 2; infinite where they are known.
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

        return float(chi2.sf(self.chi_square * (1 - 2 / self.noise_freedom), self.freedom))

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
        if not self.scaled or self._dispersion == 0:
            return p
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
    few = replicates is not None and replicates < FEW_REPLICATES
    lost = few and bool((spread / errors).max() > _OF_ONE_SIGN)
    if few:
        spread = errors * float(np.mean(spread / errors))
    line = _fit(sizes, errors, spread, None, noise)
    relative = float((spread / errors).max())
    if lost:
        return _unknown(line)
    if relative > _BIASED and not few:
        return _profiled(sizes, errors, spread, level, line)
    if sizes.size < 4 or few:
        note = "three sizes cannot show curvature" if sizes.size < 4 else None
        if few:
            note = f"too few replicates for separate errors: at least {FEW_REPLICATES}; all sizes have equal weight"
        return _together(line, (line,), line, 0, note, level)
    additive, multiplicative, left_out = _bent(sizes, errors, spread, noise)
    certain_bend = abs(additive.bend) > 4 * additive.bend_error and additive.lack_of_fit >= _DOUBT
    straight = not (certain_bend or relative <= _NOISELESS)
    no_bend = straight and left_out == 0 and abs(additive.bend) < 2 * additive.bend_error
    fits = (line, additive, multiplicative) if straight else (additive, multiplicative)
    note = _note(line, max(additive.lack_of_fit, multiplicative.lack_of_fit), relative, left_out)
    found = _together(line, fits, line if no_bend else multiplicative, left_out, note, level)
    part = sizes[left_out:], errors[left_out:], spread[left_out:]
    rest = min(additive.chi_square, multiplicative.chi_square)
    for power, other in _others(*part, noise, bent=not no_bend):
        fits_too = other.chi_square < rest if relative <= _NOISELESS else other.lack_of_fit >= _DOUBT
        if fits_too and not found.order_interval[0] <= other.order <= found.order_interval[1]:
            said = f"a further term with the power {power:g} instead of 1 fits too, with an order of {other.order:.3g}"
            return replace(found, note="; ".join(filter(None, (note, said))))
    return found


def _others(sizes: Floats, errors: Floats, spread: Floats, noise: float, *, bent: bool) -> Iterator[tuple[float, Fit]]:
    """Fits with a next term whose power is another: additive ones, and where the line bends multiplicative ones too."""
    for power in _OTHER_POWERS:
        for factor in (0.0, _factor(sizes, errors, spread, power)) if bent else (0.0,):
            yield power, _fit(sizes, errors, spread, factor, noise, power)


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
        part = sizes[left_out:], errors[left_out:], spread[left_out:]
        additive, multiplicative = _fit(*part, 0.0, noise), _fit(*part, _factor(*part), noise)
        if max(additive.lack_of_fit, multiplicative.lack_of_fit) >= _DOUBT:
            break
    return additive, multiplicative, left_out


def _columns(sizes: Floats, factor: float | None, power: float = 1.0) -> Floats:
    columns = [-np.log(sizes), np.ones(sizes.size)]
    if factor is not None:
        step = (sizes[0] / sizes) ** power
        columns.append(step / (1 + factor * step))
    return np.column_stack(columns)


def _fit(sizes: Floats, errors: Floats, spread: Floats, factor: float | None, noise: float, power: float = 1.0) -> Fit:
    """Fit with the next term at its value `factor`: 0 is the additive form, None the straight line."""
    columns, weight = _columns(sizes, factor, power), errors / spread
    target = np.log(errors)
    bent = factor is not None
    if bent:
        step = (sizes[0] / sizes) ** power
        target = target - np.log1p(factor * step) + factor * step / (1 + factor * step)
    inverse = np.linalg.pinv(weight[:, np.newaxis] * columns)
    coefficients = inverse @ (weight * target)
    covariance = inverse @ inverse.T
    residual = weight * (target - columns @ coefficients)
    chi_square, freedom = float(residual @ residual), sizes.size - columns.shape[1]
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
        return replace(fit, scaled=False)
    return fit


def _factor(sizes: Floats, errors: Floats, spread: Floats, power: float = 1.0) -> float:
    """Least-squares a of error = prefactor * size^-order * (1 + a step)."""
    step, weight = (sizes[0] / sizes) ** power, errors / spread
    columns = weight[:, np.newaxis] * _columns(sizes, None)
    projector = np.eye(sizes.size) - columns @ np.linalg.pinv(columns)

    def misfit(log_factor: float) -> float:
        residual = projector @ (weight * (np.log(errors) - np.log1p(math.expm1(log_factor) * step)))
        return float(residual @ residual)

    # 1 + a from 0.05 to 50: a next term of up to fifty times the first at the coarsest size.
    return math.expm1(lowest(misfit, np.linspace(math.log(0.05), math.log(50.0), 40)))


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
        prefactor=(_exp(chosen.log_prefactor), _exp(bottom), _exp(top)),
        left_out=left_out,
        note=note,
        tail=LargestPValue(fits),
    )


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


@dataclass(frozen=True)
class NothingExcluded:
    """P-value where no order can be excluded."""

    def __call__(self, order: float) -> float:
        """Return 1, the p-value of any hypothesis."""
        return 1.0


def _unknown(line: Fit) -> PowerLaw:
    """No interval: means of replicates of both signs level off where noise exceeds them, whatever their order."""
    return PowerLaw(
        line=line,
        order=line.order,
        standard_error=math.nan,
        order_interval=(math.nan, math.nan),
        prefactor=(_exp(line.log_prefactor), math.nan, math.nan),
        left_out=0,
        note=f"the errors cannot be distinguished from zero: at least {FEW_REPLICATES} replicates are needed",
        tail=NothingExcluded(),
    )


def _profiled(sizes: Floats, errors: Floats, spread: Floats, level: float, line: Fit) -> PowerLaw:
    """Power law fitted to the errors themselves, where their logarithms are biased by noise."""
    found = profile(sizes, errors, spread, level, line.noise_freedom)
    low, high = found.interval
    note = "errors are smaller than four standard errors: the fit uses the errors, not their logarithms"
    if math.isnan(low):
        note = "the errors cannot be distinguished from zero: use more replicates"
    reach, quantile = (high - low) / 2, student_quantile(level, math.inf)
    return PowerLaw(
        line=line,
        order=found.order,
        standard_error=reach / quantile if math.isfinite(reach) and quantile > 0 else math.nan,
        order_interval=found.interval,
        prefactor=(_exp(found.log_prefactor), math.nan, math.nan),
        left_out=0,
        note=note,
        tail=found.tail,
    )
