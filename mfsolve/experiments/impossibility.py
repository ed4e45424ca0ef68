"""What limited information makes impossible, as a study: regret of a rule above a lower bound for all (MODEL 3.4)."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import Field, field_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.arguments import ascending
from mfsolve.models.collapse.optimality import variance_of_divergence
from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.provenance.contents import Content
from mfsolve.models.provenance.impossibility import best_subsidies, hardest_pairs
from mfsolve.models.provenance.simulated_pools import maximum_likelihood, stochastic_newton

PATH = ("items",)
GIVEN, OWN = "regret where a stake is given", "regret where the generator's own divergence is at stake"
VARIABLES = {
    "regret": Variable(PATH, "regret", "welfare", panel=GIVEN),
    "bound": Variable(PATH, "least of any rule", "welfare", panel=GIVEN),
    "ratio": Variable(PATH, "regret over the bound where a stake is given"),
    "regret_own": Variable(PATH, "regret", "welfare", panel=OWN),
    "bound_own": Variable(PATH, "least of any rule", "welfare", panel=OWN),
}


class Market(Frozen):
    """What is to be known, and what it is worth to know."""

    contamination: Share = Field(0.3, description="contamination about which the two are placed, rho")
    divergence: float = Field(0.1105, ge=0.0, le=5.0, description="KL(q || p) in nats of q = N(0, s2), s2 <= 1")
    cost_curvature: float = Field(0.305, gt=0.0, description="curvature of the cost of authentic production, kappa")
    stake: float = Field(0.3, ge=0.0, description="worth rho * stake of a human item whatever the generator is like")
    watermark: float = Field(0.0, ge=0.0, le=30.0, description="mean score of a marked item, w")
    stripping: Share = Field(0.0, description="probability that the mark is stripped")

    def content(self) -> Content:
        """What items look like."""
        variance = variance_of_divergence(self.divergence) if self.divergence > 0.0 else 1.0
        return Content(variance=variance, watermark=self.watermark, stripping=self.stripping)


class Sample(Frozen):
    """Size of one replicate."""

    items: tuple[int, ...] = Field((100, 1000, 10_000), description="items of a pool, n: ascending")
    pools: int = Field(40, ge=1, le=2**20, description="pools of a replicate at each contamination")

    @field_validator("items")
    @classmethod
    def _ladder(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        return ascending(values, 8, 1)


class StochasticNewton(Frozen):
    """The best subsidy for the contamination that PMIR's estimator finds in one pool, the generator known."""

    start: float = Field(
        0.5, ge=0.0, le=1.0, description="contamination it starts from, and keeps where items are mute"
    )


class MaximumLikelihood(Frozen):
    """The best subsidy for the contamination of maximum likelihood; 1/2 where items are mute."""


@lru_cache(maxsize=64)
def hardest(market: Market, items: tuple[int, ...], stake: float | None) -> tuple[Floats, Floats]:
    """Bounds and pairs of contaminations."""
    n = np.array(items, dtype=np.float64)
    return hardest_pairs(market.contamination, market.content(), market.cost_curvature, n, stake)


def realised(case: Case, stake: float | None, seed: int, replicate: int, threads: int) -> Floats:
    """Mean regret of the rule over the pools of both contaminations of every n's hardest pair (n,)."""
    market, size, content = case.parameters, case.population, case.parameters.content()
    kappa, pairs = market.cost_curvature, hardest(market, size.items, stake)[1]
    regret = np.empty(pairs.shape)
    for (i, j), rho in np.ndenumerate(pairs):
        pools = float(rho), content, size.items[i], size.pools, seed
        first = (2 * replicate + j) * size.pools
        if isinstance(case.policy, StochasticNewton):
            found = stochastic_newton(*pools, start=case.policy.start, threads=threads, first=first)
        else:
            found = maximum_likelihood(*pools, threads=threads, first=first)
        rule = best_subsidies(np.append(found[:, 0], rho), content, kappa, stake)
        regret[i, j] = kappa * np.mean((rule[:-1] - rule[-1]) ** 2)
    return np.asarray(regret.mean(axis=1))


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    market, items = case.parameters, case.population.items
    bound, bound_own = (hardest(market, items, stake)[0] for stake in (market.stake, None))
    regret, regret_own = (realised(case, stake, seed, replicate, threads) for stake in (market.stake, None))
    return {
        "regret": regret, "bound": bound, "ratio": regret / bound, "regret_own": regret_own, "bound_own": bound_own
    }  # fmt: skip


def _variables(case: Case) -> Mapping[str, Variable]:
    if not case.parameters.stake > 0.0:
        raise ValueError("parameters.stake: 0 given; allowed: (0, inf), or there is nothing to know")
    return VARIABLES


MODEL = Model(
    name="impossibility",
    title="limited information: regret of a rule above the lower bound for all (MODEL 3.4)",
    parameters=Market,
    alternatives={"stochastic_newton": StochasticNewton, "mle": MaximumLikelihood},
    population=Sample,
    record=Nothing,
    variables=_variables,
    coordinates=lambda case: {"items": np.array(case.population.items)},
    simulate=_simulate,
    section="rules",
    path="items",
    panels=("regret", "bound", "regret_own", "bound_own", "ratio"),
)
