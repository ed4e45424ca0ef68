"""How many items PMIR takes, as a study: items to an epsilon-SDCE in every one of T rounds at once (MODEL 3.3).

Of PMIR itself, whose market goes on and whose generator is estimated, once it has come to rest; and of its estimator
alone, and maximum likelihood, on pools at rest with the generator known, round after round by itself.
"""

import math
from collections.abc import Mapping

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.parameters import Family, Parameters
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.provenance.contents import Content
from mfsolve.models.provenance.pmir import FEWEST, Settings, pmir
from mfsolve.models.provenance.pmir_rest_point import rounds_to_settle, scatter, settled
from mfsolve.models.provenance.simulated_pools import maximum_likelihood, stochastic_newton

PATH = ("items",)
NEVER = 1e-12
SETTLED = 0.05  # of a standard error


class Runs(Frozen):
    """Size of one replicate: independent runs of so many rounds each, at every number of items."""

    items: tuple[int, ...] = Field((500, 2000, 8000), description="items a round, n: at least two values, ascending")
    rounds: int = Field(
        32, ge=4, le=32_768, description="rounds T in which the residual must be within epsilon at once"
    )
    runs: int = Field(64, ge=20, le=2**20, description="runs of a replicate")
    confidence: float = Field(0.95, gt=0.0, lt=1.0, description="probability with which it is, 1 - alpha")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, FEWEST, 2)

    @property
    def ladder(self) -> Floats:
        """Numbers of rounds 1, 2, 4, ..., T."""
        return np.append(2.0 ** np.arange(np.log2(self.rounds)), self.rounds)


class Pmir(Frozen):
    """PMIR itself: each round pays the subsidy that its estimates name, clears the market and retrains."""


class StochasticNewton(Frozen):
    """PMIR's estimator alone: averaged stochastic Newton and a scoring step, with the generator known."""

    start: float = Field(0.5, ge=0.0, le=1.0, description="contamination it starts from in every round")


class MaximumLikelihood(Frozen):
    """Maximum likelihood, with the generator known."""


def errors(case: Case, n: int, seed: int, replicate: int, threads: int) -> tuple[Floats, Floats]:
    """Contaminations as they are estimated, and the market's own, in every round (runs, T)."""
    p, size, rest = case.parameters, case.population, settled(case.parameters)
    shape, first = (size.runs, size.rounds), replicate * size.runs
    if isinstance(case.policy, Pmir):
        economy = p.model_copy(update={"initial_contamination": rest.contamination})
        waiting = rounds_to_settle(p, SETTLED / math.sqrt(size.items[-1] * rest.information))
        settings = Settings(items=n, rounds=waiting + size.rounds, budget=2**53)
        found = np.empty((2, *shape))
        for run in range(size.runs):
            path, _ = pmir(economy, NEVER, settings=settings, seed=seed + n, replicate=first + run)
            found[:, run] = path.estimate[waiting:], path.contamination[waiting:]
        return found[0], found[1]
    content = Content(variance=rest.content.generator_variance, dimension=p.dimension)
    sets = size.runs * size.rounds
    if isinstance(case.policy, StochasticNewton):
        begin = case.policy.start
        found = stochastic_newton(
            rest.contamination, content, n, sets, seed, start=begin, threads=threads, first=first * size.rounds
        )
    else:
        found = maximum_likelihood(
            rest.contamination, content, n, sets, seed, threads=threads, first=first * size.rounds
        )
    return found[:, 0].reshape(shape), np.full(shape, rest.contamination)


def gaussian_constant(case: Case) -> Floats:
    """n I (epsilon / slope)^2 at T = 1, 2, 4, ... for T independent normal errors of the variance that theory says."""
    from scipy.special import ndtri

    size = case.population
    return np.asarray(variance_factor(case) * ndtri(0.5 + 0.5 * size.confidence ** (1.0 / size.ladder)) ** 2)


def union_bound(case: Case) -> Floats:
    """2 ln(2 T / alpha): what a union bound over T sub-Gaussian errors at the Cramer-Rao variance promises."""
    return np.asarray(2.0 * np.log(2.0 * case.population.ladder / (1.0 - case.population.confidence)))


def variance_factor(case: Case) -> float:
    """n I times the variance of rho_hat about rest, for large n: 1 with the generator known and the market still."""
    return scatter(case.parameters)[1] if isinstance(case.policy, Pmir) else 1.0


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


def described(case: Case, constant: Floats, variance_ratio: Floats, market: Floats) -> Arrays:
    """Everything the study reports, from the constants (n, T), the variance ratios and the market's constants (n,)."""
    size, rest = case.population, settled(case.parameters)
    items = np.array(size.items, dtype=np.float64)
    tolerance = rest.slope * np.sqrt(constant[:, -1] / (items * rest.information))
    log_slope, curvature = fitted_rounds(case, constant)
    arrays = {
        "tolerance": tolerance, "constant": constant[:, -1], "variance_ratio": variance_ratio,
        "exponent": exponents(items, tolerance), "log_slope": log_slope, "curvature": curvature,
        "constant_by_rounds": constant, "gaussian_by_rounds": np.tile(gaussian_constant(case), (items.size, 1)),
    }  # fmt: skip
    if isinstance(case.policy, Pmir):
        arrays["market_tolerance"] = rest.slope * np.sqrt(market / (items * rest.information))
        arrays["market_exponent"] = exponents(items, arrays["market_tolerance"])
    if isinstance(case.policy, MaximumLikelihood):
        arrays["union_bound"] = np.tile(union_bound(case), (items.size, 1))
    return arrays


def _variables(case: Case) -> Mapping[str, Variable]:
    p = case.parameters
    if p.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {p.content.value!r} given; allowed: 'gaussian'")
    if p.variance_ratio == 1.0:
        raise ValueError("parameters.variance_ratio: 1 given; allowed: (0, 1), or items tell nothing")
    over_rounds, panel = ("items", "rounds"), "n I (epsilon / slope)^2"
    held = f"held in all {case.population.rounds} rounds with {100.0 * case.population.confidence:g} %"
    variables = {
        "tolerance": Variable(PATH, f"epsilon: residual of the estimate {held}"),
        "constant": Variable(PATH, "prefactor n I (epsilon / slope)^2"),
        "variance_ratio": Variable(PATH, "n I Var(rho_hat)"),
        "exponent": Variable(PATH, "power of epsilon that items grow as, fitted from here on"),
        "log_slope": Variable(PATH, "growth of the prefactor per unit of ln T"),
        "curvature": Variable(PATH, "second-order coefficient of the prefactor in ln T"),
        "constant_by_rounds": Variable(over_rounds, "simulated", panel=panel),
        "gaussian_by_rounds": Variable(over_rounds, "largest of T normal errors", panel=panel),
    }
    if isinstance(case.policy, Pmir):
        variables["market_tolerance"] = Variable(PATH, f"residual of the market {held}")
        variables["market_exponent"] = Variable(PATH, "power of the market's residual that items grow as, from here on")
    if isinstance(case.policy, MaximumLikelihood):
        variables["union_bound"] = Variable(over_rounds, "union bound 2 ln(2 T / alpha)", panel=panel)
    return variables


def _coordinates(case: Case) -> Arrays:
    return {"items": np.array(case.population.items), "rounds": case.population.ladder}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    size, rest = case.population, settled(case.parameters)
    ladder = size.ladder.astype(int)
    constant, ratio, market = (
        np.empty((len(size.items), ladder.size)),
        np.empty(len(size.items)),
        np.empty(len(size.items)),
    )
    for i, n in enumerate(size.items):
        found, own = errors(case, n, seed, replicate, threads)
        scale = n * rest.information / rest.slope**2

        def held(contamination: Floats, t: int, scale: float = scale) -> float:
            """n I (epsilon / slope)^2 of the residual held in t rounds in a row."""
            rows = rest.residual(contamination)[:, : size.rounds // t * t].reshape(-1, t).max(axis=1)
            return float(scale * np.quantile(rows, size.confidence, method="median_unbiased") ** 2)

        constant[i] = [held(found, t) for t in ladder]
        market[i] = held(own, size.rounds)
        ratio[i] = n * rest.information * np.mean((found - rest.contamination) ** 2)
    return described(case, constant, ratio, market)


def _normal_errors(case: Case) -> Arrays:
    """Normal errors of the variance that theory says for large n."""
    count, theory = len(case.population.items), gaussian_constant(case)
    market = np.full(count, theory[-1] / variance_factor(case) * scatter(case.parameters)[0])
    return described(case, np.tile(theory, (count, 1)), np.full(count, variance_factor(case)), market)


MODEL = Model(
    name="pmir_rate",
    title="PMIR: items to an epsilon-SDCE in T rounds at once (MODEL 3.3)",
    parameters=Parameters,
    alternatives={"pmir": Pmir, "stochastic_newton": StochasticNewton, "mle": MaximumLikelihood},
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
