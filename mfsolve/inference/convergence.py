"""Order of convergence: the slope of log error on log size, or between its ends, with an interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, same_labels
from mfsolve.inference.estimate import Estimate, EstimateError, Method, check_probability, finite_vector, same_length
from mfsolve.inference.power_laws import fit_power_law
from mfsolve.inference.ratios import ratio
from mfsolve.inference.verdicts import p_value


@dataclass(frozen=True)
class Order:
    """A fitted law error = prefactor * size**(-order).

    Attributes
    ----------
    order, standard_error : float
        Order and its standard error, scaled up by sqrt(chi_square / degrees_of_freedom) where that exceeds 1.
    low, high, level : float
        Interval of the order at `level`.
    prefactor, prefactor_low, prefactor_high : float
        Prefactor and its interval.
    chi_square, degrees_of_freedom : float, int
        Weighted sum of squared residuals, and the number of sizes minus 2.
    prediction : float or None
        The order that theory gives.
    unscaled_error : float
        Standard error of the straight line's slope from the stated errors alone.
    lack_of_fit : float
        P-value of the straight line through all sizes: chance of a larger `chi_square` under the stated errors.
    left_out : int
        Coarsest sizes that the order does not rest on.
    note : str or None
        What a reader must know of the fit.
    tail : callable
        P-value of an order, the largest over the fits that the interval spans.
    """

    order: float
    standard_error: float
    low: float
    high: float
    level: float
    prefactor: float
    prefactor_low: float
    prefactor_high: float
    chi_square: float
    degrees_of_freedom: int
    prediction: float | None
    unscaled_error: float
    lack_of_fit: float
    left_out: int
    note: str | None
    tail: Callable[[float], float] = field(repr=False, compare=False)

    def p_value(self, order: float | None = None) -> float:
        """Two-sided p-value of the hypothesis that the order is `order`, by default the prediction.

        Raises
        ------
        ValueError
            If neither `order` nor a prediction is given.
        """
        if order is None:
            order = self.prediction
        if order is None:
            raise EstimateError("order must be given where there is no prediction")
        return self.tail(order)

    def estimate(self, replicates: int) -> Estimate:
        """Return the order as an `Estimate`, with the p-values of its own."""
        ends = (self.low, self.high, self.level)
        return Estimate(
            self.order, self.standard_error, *ends, replicates, Method.LOG_LOG, note=self.note, tail=self.tail
        )


def fit_order_of_means(
    size: ArrayLike,
    error: ArrayLike,
    standard_error: ArrayLike,
    level: float = 0.95,
    prediction: float | None = None,
    *,
    replicates: int | None = None,
) -> Order:
    """Order of convergence from errors with known standard errors (MODEL 8).

    Three fits are made by weighted least squares on logarithms: the straight line through all sizes; and, from four
    sizes on, the line with the next term of the expansion, as a size^-1 in the logarithm and as log(1 + a size^-1). Of
    these two, which stand for whatever follows, the coarsest sizes are left out one by one while the chi-square of the
    residuals speaks against them (p < 0.05) and four sizes remain. The interval spans all three, without the straight
    line where the next term is beyond doubt (four standard errors, and the curved fit holds) or the errors are without
    noise. A fit's own interval is the normal one, or the t interval scaled by sqrt(chi_square / degrees_of_freedom)
    where that is wider.

    The next term is taken to be one power of the size beyond the first. Where it is not, as in h^0.5 + h or
    h + 3 h^1.5, or where there are logarithms, the interval covers too little (0.02 to 0.9 of cases). A note says where
    a next term half a power or two beyond fits too and gives an order outside the interval; noise can hide that.

    Where an error is not four times its standard error its logarithm is biased: the interval then holds the orders
    whose power law fits the errors themselves nearly as well as the best, and is unbounded, or NaN, where the errors do
    not tell. `COVERAGE.md` has the measured coverage of the whole rule, e.g. of h + h^2 / 2.

    Parameters
    ----------
    size : array_like, shape (k,)
        Positive and distinct, k >= 3.
    error, standard_error : array_like, shape (k,)
        Positive errors and their standard errors.
    level : float
        Confidence level in (0, 1).
    prediction : float, optional
        The order that theory gives.
    replicates : int, optional
        Replicates behind each standard error, where these are estimated: t quantiles for normal ones. Below 8 a
        standard error says too little: all sizes then have the mean of the relative ones, weigh alike, and the
        interval rests on how well the points lie on a line.

    Returns
    -------
    Order

    Raises
    ------
    ValueError
        If an argument is not finite, not positive or of another length, sizes repeat, or k < 3.
    """
    check_probability("level", level)
    same_labels(size=size, error=error, standard_error=standard_error)
    sizes = _positive("size", size)
    errors, spread = _positive("error", error), _positive("standard_error", standard_error)
    same_length("error", errors, "size", sizes)
    same_length("standard_error", spread, "size", sizes)
    if sizes.size < 3 or np.unique(sizes).size < sizes.size:
        raise EstimateError(f"size: {sizes.tolist()} given; allowed: at least 3 distinct sizes")
    arranged = np.argsort(sizes)
    found = fit_power_law(sizes[arranged], errors[arranged], spread[arranged], level, replicates)
    prefactor, prefactor_low, prefactor_high = found.prefactor
    low, high = found.order_interval
    return Order(
        order=found.order,
        standard_error=found.standard_error,
        low=low,
        high=high,
        level=level,
        prefactor=prefactor,
        prefactor_low=prefactor_low,
        prefactor_high=prefactor_high,
        chi_square=found.line.chi_square,
        degrees_of_freedom=found.line.freedom,
        prediction=prediction,
        unscaled_error=found.line.error,
        lack_of_fit=found.line.lack_of_fit,
        left_out=found.left_out,
        note=found.note,
        tail=found.tail,
    )


def _positive(name: str, values: ArrayLike) -> Floats:
    vector = finite_vector(name, values)
    if vector.min() <= 0:
        raise EstimateError(f"{name}: {vector.min()} given; allowed: (0, inf)")
    return vector


def mean_order(coarse: ArrayLike, fine: ArrayLike, refinement: float, level: float = 0.95, seed: int = 0) -> Estimate:
    """Mean order over a range of sizes: ln(mean of coarse / mean of fine) / ln refinement (MODEL 8.7).

    It is the power by which a mean falls from one end of the range to the other, whatever law it follows in between.
    Its interval is that of the ratio of two independent means (`ratios.ratio`), in logarithms, so that it covers as
    that one does.

    Parameters
    ----------
    coarse, fine : array_like, shapes (n,) and (m,)
        Replicates at both ends; of one replicate each there is no interval.
    refinement : float
        Ratio of the sizes, > 1.
    level : float
        Confidence level in (0, 1).
    seed : int
        Seed of the ratio's resampling, >= 0.

    Raises
    ------
    ValueError
        If `refinement` is not above 1, or as `ratios.ratio`.
    """
    if not 1.0 < refinement < math.inf:
        raise EstimateError(f"refinement: {refinement} given; allowed: (1, inf)")
    of = ratio(coarse, fine, level, seed, paired=False)
    power = PowerOf(math.log(refinement))
    error = of.standard_error / abs(of.value) / power.unit if of.value else math.nan
    low, high = power(of.low), power(of.high)
    note = of.note if of.value > 0.0 else "means of both signs, or of zero, have no order"
    return replace(
        of, value=power(of.value), standard_error=error, low=low, high=high, note=note, tail=PowerTail(of, power)
    )


@dataclass(frozen=True)
class PowerOf:
    """Power of a refinement, whose logarithm is the `unit`, that a ratio of means is; NaN of NaN and negative ones."""

    unit: float

    def __call__(self, of: float) -> float:
        """Return the power; minus infinity of zero."""
        if not of >= 0.0:
            return math.nan
        return math.log(of) / self.unit if 0.0 < of < math.inf else (of or -math.inf)


@dataclass(frozen=True)
class PowerTail:
    """P-value of a mean order: that of the ratio that it is the logarithm of."""

    of: Estimate
    power: PowerOf

    def __call__(self, hypothesis: float) -> float:
        """Return the two-sided p-value."""
        at = math.exp(min(hypothesis * self.power.unit, 700.0))
        return p_value(self.of, at, at)
