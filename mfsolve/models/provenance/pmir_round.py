"""A round of PMIR: items that a precision takes, estimates from them, and the market's answer (MODEL 3.3)."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import pmir_round, stochastic_newton
from mfsolve.kernels.provenance.stochastic_newton import Gains
from mfsolve.models.arguments import instance, number
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.equilibria import Generator, Market
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.collapse.policies import ClosedForm
from mfsolve.models.collapse.response import best_response, target

MOST = 2**31 - 1
"""Most items of a round."""
ENOUGH = 1024
"""Fewest items of a round of its own choice: from there on the interval's third-order expansion is accurate."""
FARTHEST = 0.25
"""Largest squared error of the generator's mean, in its variances, up to which its effect is quadratic in it."""
RULE = ClosedForm()


def rest_market(parameters: Parameters) -> Market:
    """Market that pays the closed-form subsidy, with content at its rest point for any given contamination."""
    return Market(parameters, RULE, 0.0, Generator.REST)


def best_response_map(parameters: Parameters, contamination: float) -> float:
    """Best-response map BRmap(rho) of the market at rest (MODEL 1.4, 3.3).

    Synthetic share that producers choose under the closed-form subsidy where content is at its rest point for the
    contamination rho in [0, 1].

    Parameters
    ----------
    parameters : Parameters
        The economy.
    contamination : float
        rho, in [0, 1].

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    instance("parameters", parameters, Parameters)
    number("contamination", contamination, "[0, 1]")
    return contamination + rest_market(parameters).residual(contamination)


@lru_cache(maxsize=1024)
def multiples(k: int, alpha: float, dimension: int) -> tuple[float, float]:
    """Multiple z of the standard error in the interval of round k, and the squared error of a unit normal in R^d.

    Both are exceeded with probability alpha / ((k + 1) (k + 2)), which sums to alpha over k = 0, 1, ...
    """
    from scipy.special import chdtri, ndtr, ndtri

    z = float(ndtri(1.0 - 0.5 * alpha / ((k + 1) * (k + 2))))
    return z, float(chdtri(dimension, 2.0 * float(ndtr(-z))))


class Precision(NamedTuple):
    """Standard error wanted, its multiple z in the interval, and the largest squared error of a unit normal in R^d."""

    error: float
    multiple: float
    spread: float


class Expected(NamedTuple):
    """Expectations over the items of a round, at the contamination and the generator assumed.

    `rate` (3,) preconditions the estimator's gains (`kernels.provenance.stochastic_newton.Gains`), `information` is the
    Fisher information of an item. `shift` = d rho_hat / d s2 is the effect of an error of the generator's variance s2,
    and an error e of its mean moves rho_hat by `bend` |e|^2.
    """

    rate: Floats
    information: float
    shift: float
    bend: float


def expected(contamination: float, generator: Gaussian) -> Expected:
    """Expectations at a contamination in [0, 1] and a generator (MODEL 3.3)."""
    out = np.empty(6)
    pmir_round.expectations(contamination, generator.generator_variance, generator.mean.size, out)
    return Expected(out[:3], *out[3:].tolist())


def required_items(wanted: Precision, theory: Expected, generator: Gaussian, noise: tuple[float, float]) -> int:
    """Items for a standard error, of which the estimated generator takes at most half the variance and half the rest.

    `noise` is the standard error of the generator variance s2, and the largest squared error of its mean. The items of
    this round are also those that the next generator is fitted to: its mean is to be known well enough.
    """
    reach, bend = wanted.multiple * wanted.error, max(abs(theory.bend), 1e-300)
    error = max(reach - abs(theory.bend) * noise[1], 0.5 * reach) / wanted.multiple
    left = max(error * error - (noise[0] * theory.shift) ** 2, 0.5 * error * error)
    closest = max(min(0.5 * FARTHEST * generator.generator_variance, 0.25 * reach / bend), 1e-300)
    items = max(1.0 / max(left * theory.information, 1e-300), wanted.spread * generator.variance / closest)
    return max(ENOUGH, int(min(math.ceil(items), MOST)))


class RoundEstimate(NamedTuple):
    """Estimates from the items of a round: rho_hat, not projected, and the refit q_hat, with their uncertainty.

    `information` and `third` are derivatives of the log likelihood per item, `noise` is the standard error of the
    refitted generator's variance s2.
    """

    estimate: float
    information: float
    third: float
    refit: Gaussian
    noise: float


def observe(
    stream: pmir_round.Stream,
    rho: float,
    source: Gaussian,
    source_hat: Gaussian,
    gains: Gains,
    n: int,
    start: float,
) -> RoundEstimate:
    """Draw n items of the pool; estimate rho by averaged stochastic Newton and scoring steps; refit the items."""
    mean, out, delta = np.empty(source.mean.size), np.empty(6), source.variance_ratio
    pool = pmir_round.Pool(rho, source.mean, math.sqrt(source.generator_variance))
    guess = pmir_round.Generator(source_hat.mean, source_hat.generator_variance)
    pmir_round.draw_and_estimate(tuple(stream), tuple(pool), tuple(guess), tuple(gains), n, start, mean, out)
    estimate, information, third, _, variance, error = out.tolist()
    refit = Gaussian(mean, max(variance, 1e-12), delta)
    return RoundEstimate(estimate, max(information, 1e-300), third, refit, delta * error)


@dataclass(frozen=True)
class RestResidual:
    """Residual rho - BRmap(rho) of an economy at rest, by a fast kernel that agrees with `best_response_map` to 1e-6.

    `point` holds the economy as a row of `kernels.collapse.equilibria.scan`.
    """

    point: Floats
    dimension: int

    @classmethod
    def of(cls, parameters: Parameters) -> "RestResidual":
        """Residual of the economy under the closed-form subsidy."""
        p = parameters
        point = (p.cost_curvature, np.nan, p.verified_share, 0.0, p.cost_spread, 0.0, p.variance_ratio, p.data_value)
        return cls(np.array(point), p.dimension)

    def on_interval(self, seen: RoundEstimate, n: int, square: float) -> list[float]:
        """Interval of the contamination, then the residuals at its lower end, at the estimate and at its upper end.

        The interval is that of the deviance of an error with the given square, valid also at 0 and 1.
        """
        ends, drop = np.empty(2), square * n * seen.information
        stochastic_newton.interval(seen.estimate, seen.information, seen.third, n, drop, ends)
        low, high = ends.tolist()
        return [low, high, *self._at(low, min(max(seen.estimate, 0.0), 1.0), high)]

    def slope(self, low: float, high: float) -> float:
        """Mean slope of the residual between two contaminations, >= 1 up to rounding."""
        first, last = self._at(low, high)
        return (last - first) / (high - low)

    def _at(self, *contaminations: float) -> list[float]:
        rho = np.array(contaminations)
        pmir_round.rest_residuals(rho, self.point, self.dimension, rho)
        found: list[float] = rho.tolist()
        return found


def clear_market(parameters: Parameters, contamination: float, content: Gaussian, subsidy: float) -> float:
    """Contamination after producers have revised towards their best response to the subsidy and to this content."""
    gain = 0.0
    if parameters.verified_share > 0.0:
        gain = parameters.verified_share * (parameters.data_value * content.mixture(contamination)[1])
    aim = target(subsidy, gain, parameters.cost_curvature)
    moving = min(1.0, parameters.innovation + parameters.imitation * contamination)
    revised = contamination + moving * (1.0 - best_response(parameters, aim).share - contamination)
    return min(max(revised, 0.0), 1.0)
