"""PMIR's market at rest, and the scatter that a finite number of items keeps it in: theory (MODEL 1.4, 3.3)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import pmir_round as rounds
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.equilibria import Generator, equilibria
from mfsolve.models.collapse.parameters import Parameters

from .information_gaussian import gaussian_information
from .pmir import RULE, Rest, at_rest, cleared

GRID = 2049
MOST_ROUNDS = 10_000
STEP = 1e-5


@dataclass(frozen=True)
class Settled:
    """A market at rest: contamination, the content fitted there, an item's information, and residuals all around.

    `slope` is that of the residual rho - BRmap(rho) at rest, whose absolute values stand in `residuals` on `grid`.
    """

    contamination: float
    content: Gaussian
    information: float
    slope: float
    grid: Floats
    residuals: Floats

    def residual(self, contamination: Floats) -> Floats:
        """|rho - BRmap(rho)|."""
        return np.asarray(np.interp(contamination, self.grid, self.residuals))


@lru_cache(maxsize=16)
def settled(parameters: Parameters) -> Settled:
    """Where PMIR's market rests under the closed-form subsidy."""
    (rest,) = equilibria(parameters, RULE, generator=Generator.REST)
    rho, market = rest.contamination, at_rest(parameters)
    grid = np.linspace(0.0, 1.0, GRID)
    residuals = np.abs([market.at(float(x)).residual for x in grid])
    content = market.content(rho)
    assert isinstance(content, Gaussian)
    information = gaussian_information(rho, variance=content.generator_variance, dimension=parameters.dimension)
    slope = Rest.of(parameters).slope(max(0.0, rho - 1e-3), min(1.0, rho + 1e-3))
    return Settled(rho, content, information, slope, grid, residuals)


def after_a_round(parameters: Parameters, contamination: float, variance: float, error: float) -> tuple[float, float]:
    """Contamination and fitted variance a round later, where the regulator sees the variance with an error."""
    mean = np.zeros(parameters.dimension)
    content, seen = (Gaussian(mean, v, parameters.variance_ratio) for v in (variance, variance + error))
    revised = cleared(parameters, contamination, content, RULE.levers(parameters, seen.divergence()).subsidy)
    return revised, content.contaminated(revised).variance


def rounds_to_settle(parameters: Parameters, within: float) -> int:
    """Rounds after which the contamination, started at rest with v_0 = 1, stays within a distance of rest.

    Raises
    ------
    ValueError
        Where it does not within 10 000 rounds.
    """
    rest = settled(parameters)
    state, last = (rest.contamination, 1.0), 0
    for k in range(MOST_ROUNDS):
        if abs(state[0] - rest.contamination) > within:
            last = k + 1
        elif k - last > 50 + last:
            return last
        state = after_a_round(parameters, *state, 0.0)
    raise ValueError("parameters: a market that does not come to rest given; allowed: one that does")


@lru_cache(maxsize=16)
def scatter(parameters: Parameters) -> tuple[float, float]:
    """N I Var of the market's contamination about rest, and of rho_hat, as n grows: errors of q_hat and of rho_hat.

    To first order: an error e of the fitted variance moves the subsidy, with it the market, x' = A x + B e of
    x = (rho, v), and next round's estimate, by `shift` for each unit of s2 besides; rho_hat adds 1 / (n I) of its own.
    """
    from scipy.linalg import solve_discrete_lyapunov

    rest, d = settled(parameters), parameters.dimension
    at = np.array([rest.contamination, rest.content.variance, 0.0])
    steps = np.diag([STEP, STEP, STEP])
    up, down = (np.array([after_a_round(parameters, *(at + sign * h)) for h in steps]) for sign in (1.0, -1.0))
    jacobian = ((up - down) / (2.0 * STEP)).T
    a, b = jacobian[:, :2], jacobian[:, 2]
    rho, s2 = rest.contamination, rest.content.generator_variance
    theory = np.empty(5)
    rounds.expectations(rho, s2, d, theory)
    spread = ((1.0 - rho) + rho * s2 * s2) * (d + 2.0) / d - rest.content.variance**2  # of |x|^2 / d over items
    market = solve_discrete_lyapunov(a, spread * np.outer(b, b))
    moved = (a @ market @ a.T)[0, 0] + (b[0] + float(theory[4]) * parameters.variance_ratio) ** 2 * spread
    return float(rest.information * market[0, 0]), 1.0 + float(rest.information * moved)
