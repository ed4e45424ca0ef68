"""Items that PMIR needs for an epsilon-SDCE in each of T rounds simultaneously (MODEL 3.3).

PMIR itself, once its market has come to rest, goes on estimating contamination and generator; its estimator alone and
maximum likelihood read pools at the rest point with the generator known, each round independently.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments import _gaussian_economies
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.parameters import Parameters
from mfsolve.models.frozen import Frozen
from mfsolve.models.provenance.contents import GaussianContent
from mfsolve.models.provenance.pmir import FEWEST, SUREST, PmirSettings, pmir_rounds
from mfsolve.models.provenance.pmir_rest_point import rest_point, settling_rounds, stationary_variances
from mfsolve.models.provenance.simulated_pools import maximum_likelihood, stochastic_newton

PATH, BY_ROUNDS, PANEL = ("items",), ("items", "rounds"), "n I (epsilon / slope)^2"
LEAST = 1e-20  # variance of a market's answer, times n, that rounding leaves to be seen
NEVER = 1e-12  # tolerance at which PMIR never stops
SETTLED = 0.05  # distance from rest, in standard errors, at which rounds begin to count


class Runs(Frozen):
    """Size of a replicate: independent runs of T rounds each, at every number of items."""

    items: tuple[int, ...] = Field((500, 2000, 8000), description="items per round, n: at least two values, ascending")
    rounds: int = Field(
        32, ge=4, le=32_768, description="rounds T in which the residual must be within epsilon simultaneously"
    )
    runs: int = Field(64, ge=20, le=2**20, description="runs of a replicate")
    confidence: float = Field(0.95, gt=0.0, le=SUREST, description="probability of that, 1 - alpha")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, FEWEST, 2)

    @property
    def ladder(self) -> Floats:
        """Numbers of rounds 1, 2, 4, ..., T."""
        return np.append(2.0 ** np.arange(np.log2(self.rounds)), self.rounds)


class Pmir(Frozen):
    """PMIR itself: each round pays the subsidy of its estimates, clears the market and retrains."""


class StochasticNewton(Frozen):
    """PMIR's estimator alone, averaged stochastic Newton and scoring steps, with the generator known."""

    start: float = Field(0.5, ge=0.0, le=1.0, description="contamination it starts from in every round")


class MaximumLikelihood(Frozen):
    """Maximum likelihood, with the generator known."""


class Errors(NamedTuple):
    """Contaminations in every round (runs, T): as estimated, and the market's own."""

    estimated: Floats
    own: Floats


Simulation = Callable[[Case, int, int, int, int], Errors]


def own_seed(seed: int, n: int) -> int:
    """Seed of the runs with n items a round, 64 bits of a hash: no other n, and no other study seed, has it too."""
    low, high = stream_key(seed, f"pmir_rate {n} items")
    return int(low) | int(high) << 32


def pmir_errors(case: Case, n: int, seed: int, replicate: int, threads: int) -> Errors:
    """Runs of PMIR with n items a round, from the round on in which the market has settled."""
    p, size, rest = case.parameters, case.population, rest_point(case.parameters)
    economy = p.model_copy(update={"initial_contamination": rest.contamination})
    waiting = settling_rounds(p, SETTLED / math.sqrt(size.items[-1] * rest.information))
    settings = PmirSettings(items=n, rounds=waiting + size.rounds, budget=2**53)
    found = Errors(*np.empty((2, size.runs, size.rounds)))
    own = own_seed(seed, n)
    for run in range(size.runs):
        path, _ = pmir_rounds(economy, NEVER, settings, own, replicate * size.runs + run)
        found.estimated[run], found.own[run] = path["estimate"][waiting:], path["contamination"][waiting:]
    return found


def estimator_errors(case: Case, n: int, seed: int, replicate: int, threads: int) -> Errors:
    """Runs of an estimator alone on pools of n items at the rest point, with the generator known."""
    size, rest = case.population, rest_point(case.parameters)
    shape = (size.runs, size.rounds)
    content = GaussianContent(variance=rest.content.generator_variance, dimension=case.parameters.dimension)
    pools = rest.contamination, content, n, size.runs * size.rounds, seed
    first = replicate * size.runs * size.rounds
    if isinstance(case.arm, StochasticNewton):
        found = stochastic_newton(*pools, start=case.arm.start, threads=threads, first=first)
    else:
        found = maximum_likelihood(*pools, threads=threads, first=first)
    return Errors(found[:, 0].reshape(shape), np.full(shape, rest.contamination))


def check(case: Case) -> None:
    """Refuse what PMIR cannot estimate, and a market that does not answer to the estimate.

    Raises
    ------
    ValueError
        For an economy whose contamination is the same whatever is estimated: its own residual is zero at any number
        of items, and no rate can be fitted.
    """
    _gaussian_economies.check(case)
    if not rest_point(case.parameters).contamination < 1.0:
        raise ValueError(
            "parameters: a market at rest without human items given; allowed: imitation and cost_curvature with which "
            "some stay authentic"
        )
    if isinstance(case.arm, Pmir) and not LEAST < stationary_variances(case.parameters)[0] < math.inf:
        raise ValueError(
            "parameters: a market at rest whatever PMIR estimates given; allowed: imitation and cost_curvature with "
            "which the subsidy moves the contamination"
        )


def gaussian_constant(case: Case) -> Floats:
    """Prefactor at T = 1, 2, 4, ... for T independent normal errors of the variance that theory gives."""
    from scipy.special import ndtri

    size = case.population
    return np.asarray(variance_factor(case) * ndtri(0.5 + 0.5 * size.confidence ** (1.0 / size.ladder)) ** 2)


def union_bound(case: Case) -> Floats:
    """Union bound 2 ln(2 T / alpha) on the prefactor, for T sub-Gaussian errors at the Cramer-Rao variance."""
    return np.asarray(2.0 * np.log(2.0 * case.population.ladder / (1.0 - case.population.confidence)))


def variance_factor(case: Case) -> float:
    """Variance of rho_hat about rest times n I, for large n; 1 where the generator is known and the market at rest."""
    return stationary_variances(case.parameters)[1] if isinstance(case.arm, Pmir) else 1.0


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


class Prefactors(NamedTuple):
    """Prefactors n I (epsilon / slope)^2 (n, T), n I Var(rho_hat) (n,), prefactor of the market's residual (n,)."""

    estimate: Floats
    variance_ratio: Floats
    market: Floats


def described(case: Case, found: Prefactors) -> Arrays:
    """Tolerances, exponents and growth in ln T that follow from the prefactors."""
    rest, constant = rest_point(case.parameters), found.estimate
    items = np.array(case.population.items, dtype=np.float64)
    tolerance = rest.slope * np.sqrt(constant[:, -1] / (items * rest.information))
    log_slope, curvature = fitted_rounds(case, constant)
    arrays = {
        "tolerance": tolerance, "constant": constant[:, -1], "variance_ratio": found.variance_ratio,
        "exponent": exponents(items, tolerance), "log_slope": log_slope, "curvature": curvature,
        "constant_by_rounds": constant,
    }  # fmt: skip
    if isinstance(case.arm, Pmir):
        arrays["market_tolerance"] = rest.slope * np.sqrt(found.market / (items * rest.information))
        arrays["market_exponent"] = exponents(items, arrays["market_tolerance"])
    return arrays


def drawn(case: Case) -> dict[str, Output]:
    """Tolerance, prefactors, exponents and growth in ln T; of PMIR also those of the market's own residual."""
    held = f"held in all {case.population.rounds} rounds with {100.0 * case.population.confidence:g} %"
    outputs = {
        "tolerance": Output(PATH, f"epsilon: residual of the estimate {held}"),
        "constant": Output(PATH, "prefactor n I (epsilon / slope)^2"),
        "variance_ratio": Output(PATH, "n I Var(rho_hat)"),
        "exponent": Output(PATH, "power of epsilon that items grow as, fitted from here on"),
        "log_slope": Output(PATH, "growth of the prefactor per unit of ln T"),
        "curvature": Output(PATH, "second-order coefficient of the prefactor in ln T"),
        "constant_by_rounds": Output(BY_ROUNDS, "simulated", panel=PANEL),
    }
    if isinstance(case.arm, Pmir):
        outputs["market_tolerance"] = Output(PATH, f"residual of the market {held}")
        outputs["market_exponent"] = Output(PATH, "power of the market's residual that items grow as, from here on")
    return outputs


def draw(
    errors: Callable[[Case, int, int, int, int], Errors], case: Case, seed: int, replicate: int, threads: int
) -> Arrays:
    """Prefactors from the largest residuals of T successive rounds, at every number of items."""
    size, rest = case.population, rest_point(case.parameters)
    ladder = size.ladder.astype(int)
    found = Prefactors(np.empty((len(size.items), ladder.size)), *np.empty((2, len(size.items))))
    for i, n in enumerate(size.items):
        estimated, own = errors(case, n, seed, replicate, threads)
        scale = n * rest.information / rest.slope**2

        def held(contamination: Floats, t: int, scale: float = scale) -> float:
            """Prefactor n I (epsilon / slope)^2 of the residual held in t successive rounds."""
            rows = rest.residual(contamination)[:, : size.rounds // t * t].reshape(-1, t).max(axis=1)
            return float(scale * np.quantile(rows, size.confidence, method="median_unbiased") ** 2)

        found.estimate[i] = [held(estimated, t) for t in ladder]
        found.market[i] = held(own, size.rounds)
        found.variance_ratio[i] = n * rest.information * np.mean((estimated - rest.contamination) ** 2)
    return described(case, found)


def normal_errors(case: Case) -> Arrays:
    """Limit for large n: independent normal errors of the theory's variance."""
    count, theory = len(case.population.items), gaussian_constant(case)
    market = np.full(count, theory[-1] / variance_factor(case) * stationary_variances(case.parameters)[0])
    return described(case, Prefactors(np.tile(theory, (count, 1)), np.full(count, variance_factor(case)), market))


def solved(case: Case) -> dict[str, Output]:
    """Prefactors by rounds in theory; of maximum likelihood also the union bound."""
    outputs = {"gaussian_by_rounds": Output(BY_ROUNDS, "largest of T normal errors", panel=PANEL)}
    if isinstance(case.arm, MaximumLikelihood):
        outputs["union_bound"] = Output(BY_ROUNDS, "union bound 2 ln(2 T / alpha)", panel=PANEL)
    return outputs


def solve(case: Case, threads: int) -> Arrays:
    """Theory's prefactors by rounds, the same at every number of items (n, T)."""
    theory = {"gaussian_by_rounds": gaussian_constant, "union_bound": union_bound}
    return {name: np.tile(theory[name](case), (len(case.population.items), 1)) for name in solved(case)}


def arm(settings: type[Frozen], errors: Simulation) -> Arm:
    """Arm of PMIR, or of an estimator alone."""
    return Arm(
        settings,
        draw=partial(draw, errors),
        drawn=drawn,
        solve=solve,
        solved=solved,
        coordinates=lambda case: {"items": np.array(case.population.items), "rounds": case.population.ladder},
        reference=Reference(drawn, normal_errors),
        check=check,
    )


EXPERIMENT = Experiment(
    name="pmir_rate",
    title="PMIR: items to an epsilon-SDCE in T rounds simultaneously",
    parameters=Parameters,
    arms={
        "pmir": arm(Pmir, pmir_errors),
        "stochastic_newton": arm(StochasticNewton, estimator_errors),
        "mle": arm(MaximumLikelihood, estimator_errors),
    },
    population=Runs,
    section="estimators",
    word="estimator",
    path="items",
    predictions={
        "gaussian_constant": lambda case: float(gaussian_constant(case)[-1]),
        "gaussian_log_slope": lambda case: float(fitted_rounds(case, gaussian_constant(case))[0][0]),
        "gaussian_curvature": lambda case: float(fitted_rounds(case, gaussian_constant(case))[1][0]),
        "union_bound": lambda case: float(union_bound(case)[-1]),
        "variance_factor": variance_factor,
    },
    views=Views(paths=("tolerance", "constant", "variance_ratio", "exponent"), limit="normal errors"),
    toy={"population.items": [250, 1000, 4000], "population.rounds": 8, "population.runs": 20},
)
