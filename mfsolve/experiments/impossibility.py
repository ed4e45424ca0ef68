"""Impossibility under limited information: regret of a rule above the lower bound for all rules (MODEL 3.4)."""

from functools import lru_cache

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.closed_form import variance_of_divergence
from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen
from mfsolve.models.provenance.contents import GaussianContent
from mfsolve.models.provenance.impossibility import best_subsidies, hardest_pairs
from mfsolve.models.provenance.simulated_pools import maximum_likelihood, stochastic_newton

PATH = ("items",)
GIVEN, OWN = "regret where a stake is given", "regret where the generator's own divergence is at stake"
DRAWN = {
    "regret": Output(PATH, "regret", "welfare", panel=GIVEN),
    "ratio": Output(PATH, "regret over the bound where a stake is given"),
    "regret_own": Output(PATH, "regret", "welfare", panel=OWN),
}
SOLVED = {
    "bound": Output(PATH, "lower bound for all rules", "welfare", panel=GIVEN),
    "bound_own": Output(PATH, "lower bound for all rules", "welfare", panel=OWN),
}


class Market(Frozen):
    """Market whose contamination is to be known, and the stake in knowing it."""

    contamination: Share = Field(0.3, description="contamination around which the two are placed, rho")
    divergence: float = Field(
        0.1105,
        ge=0.0,
        le=5.0,
        description="KL(q || p) in nats of q = N(0, s2), s2 <= 1",
        json_schema_extra={"unit": "nats"},
    )
    cost_curvature: float = Field(0.305, gt=0.0, description="curvature of the cost of authentic production, kappa")
    stake: float = Field(0.3, ge=0.0, description="value rho * stake of a human item, whatever the generator")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: Share = Field(0.0, description="probability that the mark is stripped")

    def content(self) -> GaussianContent:
        """Law of human and of synthetic items."""
        variance = variance_of_divergence(self.divergence) if self.divergence > 0.0 else 1.0
        return GaussianContent(variance=variance, watermark=self.watermark, stripping=self.stripping)


class Sample(Frozen):
    """Size of one replicate."""

    items: tuple[int, ...] = Field((100, 1000, 10_000), description="items of a pool, n: ascending")
    pools: int = Field(40, ge=1, le=2**20, description="pools of a replicate at each contamination")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 8, 1)


class StochasticNewton(Frozen):
    """Best subsidy at the contamination that PMIR's estimator finds in one pool, the generator known."""

    start: float = Field(
        0.5, ge=0.0, le=1.0, description="contamination it starts from, and keeps where items carry no information"
    )


class MaximumLikelihood(Frozen):
    """Best subsidy at the maximum-likelihood estimate, which is 1/2 where items carry no information."""


@lru_cache(maxsize=64)
def hardest(market: Market, items: tuple[int, ...], stake: float | None) -> tuple[Floats, Floats]:
    """Lower bounds (n,), and the pairs of contaminations (n, 2) that attain them."""
    n = np.array(items, dtype=np.float64)
    return hardest_pairs(market.contamination, market.content(), market.cost_curvature, n, stake)


def is_silent(case: Case) -> bool:
    """True where items carry no information, nor a mark: no pool moves an estimate, and regrets are exact."""
    market = case.parameters
    return bool(market.divergence == 0.0 and (market.watermark == 0.0 or market.stripping == 1.0))


def realised(case: Case, stake: float | None, seed: int, replicate: int, threads: int) -> Floats:
    """Mean regret of the rule over the pools at both contaminations of every n's hardest pair (n,)."""
    market, size, content = case.parameters, case.population, case.parameters.content()
    pairs = hardest(market, size.items, stake)[1]
    regret = np.empty(pairs.shape)
    for (i, j), rho in np.ndenumerate(pairs):
        pools = float(rho), content, size.items[i], size.pools, seed
        first = (2 * replicate + j) * size.pools
        if isinstance(case.arm, StochasticNewton):
            found = stochastic_newton(*pools, start=case.arm.start, threads=threads, first=first)
        else:
            found = maximum_likelihood(*pools, threads=threads, first=first)
        regret[i, j] = regret_of(found[:, 0], float(rho), market, stake)
    return np.asarray(regret.mean(axis=1))


def regret_of(estimates: Floats, rho: float, market: Market, stake: float | None) -> float:
    """Mean regret of the best subsidies at estimates (pools,) where the contamination is rho."""
    rule = best_subsidies(np.append(estimates, rho), market.content(), market.cost_curvature, stake)
    return float(market.cost_curvature * np.mean((rule[:-1] - rule[-1]) ** 2))


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Regret of the rule over the pools of a replicate, with the given stake and with the generator's divergence."""
    regret, own = (realised(case, stake, seed, replicate, threads) for stake in (case.parameters.stake, None))
    return {"regret": regret, "ratio": regret / bounds(case)["bound"], "regret_own": own}


def bounds(case: Case) -> Arrays:
    """Le Cam's lower bounds on the regret of every rule."""
    market, items = case.parameters, case.population.items
    return {name: hardest(market, items, stake)[0] for name, stake in zip(SOLVED, (market.stake, None))}


def solve(case: Case, threads: int) -> Arrays:
    """The bounds, and the regret of the rule where no pool moves its estimate from where it starts."""
    found = bounds(case)
    if not is_silent(case):
        return found
    held = np.array([case.arm.start if isinstance(case.arm, StochasticNewton) else 0.5])
    market = case.parameters
    regret, own = (
        np.array([[regret_of(held, float(rho), market, stake) for rho in pair] for pair in pairs]).mean(axis=1)
        for stake in (market.stake, None)
        for pairs in (hardest(market, case.population.items, stake)[1],)
    )
    return {**found, "regret": regret, "ratio": regret / found["bound"], "regret_own": own}


def check(case: Case) -> None:
    """Refuse a market in which there is nothing to know.

    Raises
    ------
    ValueError
        For a stake of 0.
    """
    if not case.parameters.stake > 0.0:
        raise ValueError("parameters.stake: 0 given; allowed: (0, inf), or there is nothing to know")


def arm(settings: type[Frozen]) -> Arm:
    """Arm of a rule."""
    return Arm(
        settings,
        draw=draw,
        drawn=lambda case: {} if is_silent(case) else DRAWN,
        solve=solve,
        solved=lambda case: {**SOLVED, **DRAWN} if is_silent(case) else SOLVED,
        coordinates=lambda case: {"items": np.array(case.population.items)},
        check=check,
    )


EXPERIMENT = Experiment(
    name="impossibility",
    title="limited information: regret of a rule above the lower bound for all rules",
    parameters=Market,
    arms={"stochastic_newton": arm(StochasticNewton), "mle": arm(MaximumLikelihood)},
    population=Sample,
    section="rules",
    word="rule",
    path="items",
    views=Views(paths=("regret", "bound", "regret_own", "bound_own", "ratio")),
    toy={"population.items": [100, 316, 1000, 3162], "population.pools": 5},
)
