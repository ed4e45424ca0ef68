"""PMIR's market at rest, and its stationary variance around rest with finitely many items (MODEL 1.4, 3.3)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.provenance import pmir_round
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.collapse.equilibria import Generator, equilibria
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.result_repr import legible

from .information_gaussian import gaussian_information
from .pmir_round import RULE, RestResidual, clear_market, rest_market

GRID = 2049  # contaminations at which the residual is tabulated
MOST_ROUNDS = 10_000
STEP = 1e-5  # of the difference quotients of the linearised market


@legible
@dataclass(frozen=True)
class RestPoint:
    """Rest point of PMIR's market: contamination, content fitted there, Fisher information of an item.

    `slope` is that of the residual rho - BRmap(rho) there; `residuals` (k,) are its absolute values on `grid` (k,).
    """

    contamination: float
    content: Gaussian
    information: float
    slope: float
    grid: Floats
    residuals: Floats

    def residual(self, contamination: Floats) -> Floats:
        """Residual |rho - BRmap(rho)| at contaminations in [0, 1], interpolated."""
        return np.asarray(np.interp(contamination, self.grid, self.residuals))


DECIDE = ("variance_ratio", "imitation", "cost_curvature")
"""Parameters on which the number of rest points depends most."""


@lru_cache(maxsize=16)
def rest_point(parameters: Parameters) -> RestPoint:
    """Rest point of PMIR's market under the closed-form subsidy (MODEL 1.4, 3.3).

    Raises
    ------
    ValueError
        Where there are several.
    """
    found = equilibria(parameters, RULE, generator=Generator.REST)
    if len(found) != 1:
        given = ", ".join(f"{name} = {getattr(parameters, name):g}" for name in DECIDE)
        raise ValueError(f"parameters: {given} given, with {len(found)} rest points; allowed: an economy with one")
    rest = found[0]
    rho, market = rest.contamination, rest_market(parameters)
    grid = np.linspace(0.0, 1.0, GRID)
    residuals = np.abs([market.residual(float(x)) for x in grid])
    content = market.content(rho)
    assert isinstance(content, Gaussian)
    information = gaussian_information(rho, variance=content.generator_variance, dimension=parameters.dimension)
    slope = RestResidual.of(parameters).slope(max(0.0, rho - 1e-3), min(1.0, rho + 1e-3))
    return RestPoint(rho, content, information, slope, grid, residuals)


def next_state(parameters: Parameters, contamination: float, variance: float, error: float) -> tuple[float, float]:
    """Contamination and fitted variance after a round in which the regulator observes the variance with an error."""
    mean = np.zeros(parameters.dimension)
    content, seen = (Gaussian(mean, v, parameters.variance_ratio) for v in (variance, variance + error))
    revised = clear_market(parameters, contamination, content, RULE.levers(parameters, seen.divergence()).subsidy)
    return revised, content.contaminated(revised).variance


def settling_rounds(parameters: Parameters, within: float) -> int:
    """Number of rounds after which the contamination stays within a distance of rest, started there with v_0 = 1.

    Raises
    ------
    ValueError
        Where the market does not settle within 10 000 rounds.
    """
    rest = rest_point(parameters)
    state, last = (rest.contamination, 1.0), 0
    for k in range(MOST_ROUNDS):
        if abs(state[0] - rest.contamination) > within:
            last = k + 1
        elif k - last > 50 + last:
            return last
        state = next_state(parameters, *state, 0.0)
    raise ValueError("parameters: a market that does not come to rest given; allowed: one that does")


@lru_cache(maxsize=16)
def stationary_variances(parameters: Parameters) -> tuple[float, float]:
    """Variances about rest, times n I, of the market's contamination and of rho_hat, for large n (MODEL 3.3).

    To first order an error e of the fitted variance moves the subsidy and with it the market, x' = A x + B e of
    x = (rho, v); it also moves the next estimate, by d rho_hat / d s2. The estimate adds a variance of its own,
    1 / (n I).
    """
    from scipy.linalg import solve_discrete_lyapunov

    rest, d = rest_point(parameters), parameters.dimension
    at = np.array([rest.contamination, rest.content.variance, 0.0])
    steps = np.diag([STEP, STEP, STEP])
    up, down = (np.array([next_state(parameters, *(at + sign * h)) for h in steps]) for sign in (1.0, -1.0))
    jacobian = ((up - down) / (2.0 * STEP)).T
    a, b = jacobian[:, :2], jacobian[:, 2]
    rho, s2 = rest.contamination, rest.content.generator_variance
    theory = np.empty(6)
    pmir_round.expectations(rho, s2, d, theory)
    spread = ((1.0 - rho) + rho * s2 * s2) * (d + 2.0) / d - rest.content.variance**2  # of |x|^2 / d over items
    market = solve_discrete_lyapunov(a, spread * np.outer(b, b))
    moved = (a @ market @ a.T)[0, 0] + (b[0] + float(theory[4]) * parameters.variance_ratio) ** 2 * spread
    return float(rest.information * market[0, 0]), 1.0 + float(rest.information * moved)
