"""A power law fitted to errors themselves, where noise biases their logarithms, by its profile (MODEL 8.7)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import student_exceedance
from mfsolve.inference.minima import lowest


class Profile(NamedTuple):
    """Order with its interval and the p-values behind it; `log_prefactor` is that of the best fit.

    The interval is NaN where no order is excluded.
    """

    order: float
    interval: tuple[float, float]
    log_prefactor: float
    tail: "ProfileTail"


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
    shape, _ = _scaled_shape(sizes, spread, order)
    scaled = errors / spread
    return max(float(scaled @ scaled - (shape @ scaled) ** 2 / (shape @ shape)), 0.0)


def _scaled_shape(sizes: Floats, spread: Floats, order: float) -> tuple[Floats, float]:
    """Power of the sizes over its largest value, in standard errors, and the logarithm of that value."""
    log_shape = -order * np.log(sizes)
    top = float(log_shape.max())
    return np.exp(log_shape - top) / spread, top


def profile(sizes: Floats, errors: Floats, spread: Floats, level: float, noise_freedom: float) -> Profile:
    """Fit error = prefactor * size^-order by weighted squares of the errors, with the orders not rejected at a level.

    Parameters
    ----------
    sizes, errors, spread : ndarray, shape (k,)
        Sizes, errors and their standard errors; all positive, k >= 3.
    level : float
        In (0, 1).
    noise_freedom : float
        Degrees of freedom of the standard errors.
    """
    unit = float(errors.max())  # squares of errors and of standard errors must be numbers
    errors, spread = errors / unit, spread / unit
    grid = np.linspace(-10.0, 40.0, 501)
    order = lowest(lambda x: weighted_squares(sizes, errors, spread, x), grid)
    least = weighted_squares(sizes, errors, spread, order)
    tail = ProfileTail(sizes, errors, spread, least, math.sqrt(least / (sizes.size - 2)), noise_freedom)
    low, high = _ends(tail, np.sort([*grid, order]), level)
    interval = (math.nan, math.nan) if math.isinf(low) and math.isinf(high) else (low, high)
    shape, top = _scaled_shape(sizes, spread, order)
    size = float(shape @ (errors / spread)) / float(shape @ shape)
    return Profile(order, interval, math.log(unit * size) - top, tail)


def _ends(tail: ProfileTail, places: Floats, level: float) -> tuple[float, float]:
    """Ends of the orders that are not rejected; infinite where the first or last of ascending places is one of them."""
    from scipy.optimize import brentq

    def excess(order: float) -> float:
        return tail(order) - (1 - level)

    inside = np.flatnonzero([excess(place) >= 0 for place in places])
    first, last = int(inside[0]), int(inside[-1])
    low = float(brentq(excess, places[first - 1], places[first])) if first > 0 else -math.inf
    high = float(brentq(excess, *places[last : last + 2])) if last + 1 < places.size else math.inf
    return low, high
