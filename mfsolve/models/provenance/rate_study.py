"""How many items PMIR takes, as a study: items to an epsilon-SDCE in every one of T rounds at once (MODEL 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import Field, field_validator

from mfsolve.models.collapse.equilibrium import equilibria
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.model import Arrays, Case, Frozen, Model, Nothing, Variable

from .bound import Content
from .checks import Floats, ascending
from .gaussian import gaussian_information
from .pmir import AVERAGING, best_response_map, residual_slope, rest_content
from .rate import Pools

PATH = ("items",)
GRID = 2049


class Runs(Frozen):
    """Size of one replicate: independent runs of so many rounds each, at every number of items."""

    items: tuple[int, ...] = Field((500, 2000, 8000), description="items a round, n: at least two values, ascending")
    rounds: int = Field(
        32, ge=4, le=65_535, description="rounds T in which the residual must be within epsilon at once"
    )
    runs: int = Field(64, ge=20, le=2**20, description="runs of a replicate")
    confidence: float = Field(0.95, gt=0.0, lt=1.0, description="probability with which it is, 1 - alpha")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 8, 2)

    @property
    def ladder(self) -> Floats:
        """Numbers of rounds 1, 2, 4, ..., T."""
        return np.append(2.0 ** np.arange(np.log2(self.rounds)), self.rounds)


class AveragedNewton(Frozen):
    """One pass of averaged stochastic Newton over a round's items, as PMIR runs it."""

    start: float = Field(0.5, ge=0.0, le=1.0, description="contamination it starts from in every round")


class MaximumLikelihood(Frozen):
    """Maximum likelihood."""


@dataclass(frozen=True)
class Rest:
    """The market at its rest point: contamination, items' information about it, and the residual around it."""

    contamination: float
    variance: float
    information: float
    slope: float
    grid: Floats
    residuals: Floats

    def residual(self, estimate: Floats) -> Floats:
        """|rho - BRmap(rho)| of estimates."""
        return np.abs(np.interp(estimate, self.grid, self.residuals))


@lru_cache(maxsize=16)
def rest_point(parameters: Parameters) -> Rest:
    """Where PMIR's market rests under the closed-form subsidy."""
    rho = equilibria(parameters, "closed_form", generator="rest")[0].contamination
    variance = rest_content(parameters, rho).generator_variance
    grid = np.linspace(0.0, 1.0, GRID)
    residuals = np.array([x - best_response_map(parameters, float(x)) for x in grid])
    information = gaussian_information(rho, variance=variance)
    return Rest(rho, variance, information, abs(residual_slope(parameters, rho)), grid, residuals)


def gaussian_constant(case: Case) -> Floats:
    """n I (epsilon / slope)^2 at T = 1, 2, 4, ... for T independent normal errors at the estimator's own variance."""
    from scipy.special import ndtri

    size = case.population
    return np.asarray(variance_factor(case) * ndtri(0.5 + 0.5 * size.confidence ** (1.0 / size.ladder)) ** 2)


def union_bound(case: Case) -> Floats:
    """2 ln(2 T / alpha): what a union bound over T sub-Gaussian errors at the Cramer-Rao variance promises."""
    return np.asarray(2.0 * np.log(2.0 * case.population.ladder / (1.0 - case.population.confidence)))


def variance_factor(case: Case) -> float:
    """n I Var of the estimator for large n."""
    return AVERAGING if isinstance(case.policy, AveragedNewton) else 1.0


def fitted_rounds(case: Case, constant: Floats) -> tuple[Floats, Floats]:
    """Slope of the constants (..., T) on ln T, and the second-order coefficient where one is fitted too."""
    x = np.log(case.population.ladder)
    y = np.atleast_2d(constant).T
    return np.polynomial.polynomial.polyfit(x, y, 1)[1], np.polynomial.polynomial.polyfit(x, y, 2)[2]


def exponents(items: Floats, tolerance: Floats) -> Floats:
    """Power of epsilon that n grows as, fitted from each n on: the last two values share one fit."""
    x, y = np.log(tolerance), np.log(items)
    starts = np.minimum(np.arange(items.size), items.size - 2)
    return np.array([np.polynomial.polynomial.polyfit(x[i:], y[i:], 1)[1] for i in starts])


def described(case: Case, constant: Floats, variance_ratio: Floats) -> Arrays:
    """Everything the study reports, from the constants (n, T) and the variance ratios (n,)."""
    size, rest = case.population, rest_point(case.parameters)
    items = np.array(size.items, dtype=np.float64)
    tolerance = rest.slope * np.sqrt(constant[:, -1] / (items * rest.information))
    log_slope, curvature = fitted_rounds(case, constant)
    arrays = {
        "tolerance": tolerance, "constant": constant[:, -1], "variance_ratio": variance_ratio,
        "exponent": exponents(items, tolerance), "log_slope": log_slope, "curvature": curvature,
        "constant_by_rounds": constant, "gaussian_by_rounds": np.tile(gaussian_constant(case), (items.size, 1)),
    }  # fmt: skip
    if isinstance(case.policy, MaximumLikelihood):
        arrays["union_bound"] = np.tile(union_bound(case), (items.size, 1))
    return arrays


def _variables(case: Case) -> Mapping[str, Variable]:
    if case.parameters.content is not Family.GAUSSIAN or case.parameters.dimension != 1:
        raise ValueError("parameters: content of another family or dimension given; allowed: Gaussian, one dimension")
    over_rounds, panel = ("items", "rounds"), "n I (epsilon / slope)^2"
    chance = f"{100.0 * case.population.confidence:g} %"
    variables = {
        "tolerance": Variable(PATH, f"epsilon: residual held in all {case.population.rounds} rounds with {chance}"),
        "constant": Variable(PATH, "prefactor n I (epsilon / slope)^2"),
        "variance_ratio": Variable(PATH, "n I Var(rho_hat)"),
        "exponent": Variable(PATH, "power of epsilon that items grow as, fitted from here on"),
        "log_slope": Variable(PATH, "growth of the prefactor per unit of ln T"),
        "curvature": Variable(PATH, "second-order coefficient of the prefactor in ln T"),
        "constant_by_rounds": Variable(over_rounds, "simulated", panel=panel),
        "gaussian_by_rounds": Variable(over_rounds, "largest of T normal errors", panel=panel),
    }
    if isinstance(case.policy, MaximumLikelihood):
        variables["union_bound"] = Variable(over_rounds, "union bound 2 ln(2 T / alpha)", panel=panel)
    return variables


def _coordinates(case: Case) -> Arrays:
    return {"items": np.array(case.population.items), "rounds": case.population.ladder}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    size, rest = case.population, rest_point(case.parameters)
    start = case.policy.start if isinstance(case.policy, AveragedNewton) else None
    pool = Pools(rest.contamination, Content(variance=rest.variance), start)
    sets, ladder = size.runs * size.rounds, size.ladder.astype(int)
    constant, ratio = np.empty((len(size.items), ladder.size)), np.empty(len(size.items))
    for i, n in enumerate(size.items):
        found = pool.estimates(n, sets, seed, first=replicate * sets, threads=threads)
        for j, t in enumerate(ladder):  # rounds are alike and independent: any T in a row are a run
            worst = rest.residual(found[: sets // t * t]).reshape(-1, t).max(axis=1)
            tolerance = np.quantile(worst, size.confidence, method="median_unbiased")
            constant[i, j] = n * rest.information * (tolerance / rest.slope) ** 2
        ratio[i] = n * rest.information * found.var(ddof=1)
    return described(case, constant, ratio)


def _normal_errors(case: Case) -> Arrays:
    """Normal errors at the variance of the estimator for large n."""
    count = len(case.population.items)
    return described(case, np.tile(gaussian_constant(case), (count, 1)), np.full(count, variance_factor(case)))


MODEL = Model(
    name="pmir_rate",
    title="PMIR: items to an epsilon-SDCE in T rounds at once (MODEL 3.3)",
    parameters=Parameters,
    alternatives={"averaged_newton": AveragedNewton, "mle": MaximumLikelihood},
    population=Runs,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_normal_errors,
    predictions={
        "gaussian_constant": lambda case: float(gaussian_constant(case)[-1]),
        "gaussian_log_slope": lambda case: float(fitted_rounds(case, gaussian_constant(case))[0][0]),
        "gaussian_curvature": lambda case: float(fitted_rounds(case, gaussian_constant(case))[1][0]),
        "union_bound": lambda case: float(union_bound(case)[-1]),
        "variance_factor": variance_factor,
    },
    section="estimators",
    path="items",
    panels=("tolerance", "constant", "variance_ratio", "exponent"),
)
