"""Regimes of governance on the same economies: efficiency, equity, sustainability (MODEL 5.2).

A replicate is an economy: the parameters times lognormal factors, the same for every regime. The three aims, with means
over all time, discounted at the creators' rate, the path up to a time and the rest point from then on:

- efficiency: mean welfare over welfare before AI;
- equity: mean of 1 less the Gini coefficient of incomes after transfers;
- sustainability: creators who work by hand in the long run, at rest, over those before AI.

A regime whose lever is not given has it set to what is best for efficiency at the last of the times, economy by
economy; the frontier are the aims over all its settings. A Pigouvian tax has no lever.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.kernels.numerics.elementary import exponential
from mfsolve.kernels.random import normals, philox
from mfsolve.models.arguments import seed_word
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.transition.best_levers import LeverScan, lever_range, lever_scan, with_lever
from mfsolve.models.transition.grid import mean_field
from mfsolve.models.transition.outputs import NAMES
from mfsolve.models.transition.parameters import Parameters
from mfsolve.models.transition.pigouvian_tax import market_under_tax, pigouvian, rest_state, second_best
from mfsolve.models.transition.policies import KINDS, LEVERS, POLICIES, Moratorium, PigouvianTax, Policy, Tax, lever

PATH = ("time",)
AIMS = {
    "efficiency": "efficiency: discounted welfare over that before AI",
    "equity": "equity: discounted 1 less the Gini coefficient",
    "sustainability": "sustainability: human creators at rest over those before AI",
}
SET = {
    "lever": "setting of the regime's lever, or its Pigouvian rate; 0 where it has neither",
    "pigouvian_rate": "tax equal to the marginal damage at the rest point it brings about",
    "second_best_rate": "tax that maximises welfare at rest",
    "pigouvian_gain": "what the Pigouvian tax adds to welfare at rest, over welfare there without policy",
    "second_best_gain": "what the second-best tax adds to welfare at rest, likewise",
}
CONTEST = {
    "first_in": "aims in which no other regime, nor a ban, does better by the margin",
    "first_in_all": "1 where that holds for all three aims",
    "some_first_in_all": "1 where some regime is first in all three aims",
}
UNCERTAIN = {
    "market.pollution_weight": 1.0,
    "market.adoption_skill_cost": 1.0,
    "market.ai_quality": 0.1,
    "learning": 1.0,
    "revision": 1.0,
    "discovery": 1.0,
    "lag": 1.0,
    "training": 1.0,
    "ramp": 1.0,
}
"""What differs between economies, and how much of `spread` it takes: adoption hinges on AI quality."""


class Economies(Frozen):
    """Economies to compare regimes on, and how they are solved."""

    times: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(
        tuple(float(t) for t in (*range(0, 60, 2), *range(60, 201, 10))),
        min_length=2,
        description="output times, increasing from 0; after the last, the rest point",
    )
    spread: float = Field(0.2, ge=0.0, le=1.0, description="standard deviation of the log parameters over economies")
    cells: int = Field(60, ge=8, le=2**14, description="cells of skill")
    dt: float = Field(0.5, gt=0.0, description="largest time step")
    settings: int = Field(9, ge=3, le=200, description="settings of a lever that are tried, and shown as its frontier")
    contest: bool = Field(
        False, description="compare with every other regime, its lever set by the same criterion, and with a ban"
    )
    margin: float = Field(1e-3, ge=0.0, description="difference in an aim from which on a regime does better")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if self.times[0] != 0.0 or np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase from 0")
        return self


def economy(parameters: Parameters, spread: float, seed: int, replicate: int) -> Parameters:
    """The economy of a replicate: the parameters times exp(spread share z), a z ~ N(0, 1) for each of UNCERTAIN."""
    key, zero = philox.stream_key(int(seed_word("seed", seed, 64)), "governance economy"), np.uint64(0)
    z, spare = np.empty(len(UNCERTAIN)), np.empty(len(UNCERTAIN))
    normals.normals(key, zero, zero, seed_word("replicate", replicate, 32), zero, z, spare)
    market: dict[str, float] = {}
    own: dict[str, float] = {}
    for (name, share), draw in zip(UNCERTAIN.items(), z):
        place, _, key_name = name.rpartition(".")
        source, target = (parameters.market, market) if place else (parameters, own)
        target[key_name] = float(getattr(source, key_name) * exponential(spread * share * draw))
    return parameters.changed(market=parameters.market.model_copy(update=market), **own)


def aims(
    parameters: Parameters, times: Floats, paths: Mapping[str, Floats], rest: Mapping[str, float]
) -> Arrays:  # fmt: skip
    """The three aims along a path whose first place is before AI.

    Parameters
    ----------
    parameters
        The economy: its discount rate r.
    times
        (n,).
    paths, rest
        welfare, equality and human (n,), and where each comes to rest.

    Returns
    -------
    dict
        efficiency, equity, sustainability (n,). A mean over time is r int_0^t e^(-r u) x(u) du + e^(-r t) x_rest, the
        integral by trapezia with weights that add to 1.
    """
    left = np.exp(-parameters.discount_rate * times)

    def mean(name: str) -> Floats:
        x = paths[name]
        pieces = (left[:-1] - left[1:]) * 0.5 * (x[1:] + x[:-1])
        return np.asarray(np.concatenate([[0.0], np.cumsum(pieces)]) + left * rest[name])

    return {
        "efficiency": mean("welfare") / paths["welfare"][0],
        "equity": mean("equality"),
        "sustainability": np.full(times.size, rest["human"] / paths["human"][0]),
    }


@lru_cache(maxsize=4096)
def _path(parameters: Parameters, population: Economies, policy: Policy) -> Arrays:
    times = np.array(population.times)
    data = mean_field(parameters, population.cells, times, dt=population.dt, policy=policy)
    paths: Arrays = {name: data[name].values for name in NAMES}
    return paths | aims(parameters, times, paths, long_run(parameters, policy, population.times[-1], population.cells))


def long_run(parameters: Parameters, policy: Policy, horizon: float, cells: int) -> dict[str, float]:
    """The rest point (`outputs.STATE`) of what is in force at the horizon: of a moratorium beyond it, no AI."""
    if isinstance(policy, Moratorium) and (policy.until or 0.0) > horizon:
        shut = parameters.market.model_copy(update={"ai_available": False})
        return rest_state(parameters.changed(market=shut), cells=cells)
    return rest_state(parameters, policy, cells)


@lru_cache(maxsize=1024)
def _explored(parameters: Parameters, population: Economies, policy: Policy) -> LeverScan:
    """The lever of a policy that has one."""

    def score(setting: float) -> float:
        return float(_path(parameters, population, with_lever(policy, setting))["efficiency"][-1])

    return lever_scan(lever_range(parameters, policy, population.times[-1]), score, population.settings)


def chosen(parameters: Parameters, population: Economies, policy: Policy) -> Policy:
    """The policy with its rate or lever set, where the study does not set it."""
    if isinstance(policy, PigouvianTax):
        return Tax(rate=pigouvian(parameters, cells=population.cells).rate)
    if type(policy) not in LEVERS or lever(policy) is not None:
        return policy
    return with_lever(policy, _explored(parameters, population, policy).best)


def _variables(case: Case) -> Mapping[str, Variable]:
    texts = NAMES | AIMS | SET | (CONTEST if case.population.contest else {})
    found = {name: Variable(PATH, text) for name, text in texts.items()}
    if _has_frontier(case):
        for name, text in AIMS.items():
            found[f"{name}_frontier"] = Variable(("time", "lever_share"), f"{text}, by lever", over=name)
    return found


def _has_frontier(case: Case) -> bool:
    return type(case.policy) in LEVERS and lever(case.policy) is None


def _coordinates(case: Case) -> Arrays:
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if _has_frontier(case):
        found["lever_share"] = np.linspace(0.0, 1.0, case.population.settings)
    return found


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    population: Economies = case.population
    here = economy(case.parameters, population.spread, seed, replicate)
    policy = chosen(here, population, case.policy)
    found = dict(_path(here, population, policy)) | _at_rest(here, population, policy)
    if _has_frontier(case):
        tried = [
            _path(here, population, with_lever(case.policy, float(x)))
            for x in _explored(here, population, case.policy).settings
        ]
        found |= {f"{name}_frontier": np.stack([path[name] for path in tried], axis=1) for name in AIMS}
    return found | (_contest(here, population, case.policy, found) if population.contest else {})


def _at_rest(here: Parameters, population: Economies, policy: Policy) -> Arrays:
    """The lever, and the two taxes that are best in one sense or another at rest, along the path."""
    right, best = pigouvian(here, cells=population.cells), second_best(here, cells=population.cells)
    free = market_under_tax(here, 0.0, cells=population.cells).welfare
    values = {
        "lever": lever(policy) or 0.0,
        "pigouvian_rate": right.rate,
        "second_best_rate": best.rate,
        "pigouvian_gain": right.welfare / free - 1.0,
        "second_best_gain": best.welfare / free - 1.0,
    }
    return {name: np.full(len(population.times), value) for name, value in values.items()}


def _contest(here: Parameters, population: Economies, policy: Policy, found: Arrays) -> Arrays:
    """Who is first in which aim among the regimes, each with its lever set by the criterion, and a ban for ever."""
    ban = Moratorium(until=10.0 * population.times[-1])
    others = [kind() for kind in KINDS if kind is not type(policy)] + [ban]
    regimes = [found, *(_path(here, population, chosen(here, population, other)) for other in others)]
    enough = {aim: np.max([path[aim] for path in regimes], axis=0) - population.margin for aim in AIMS}
    first = np.array([sum((path[aim] >= enough[aim]).astype(float) for aim in AIMS) for path in regimes])
    return {
        "first_in": first[0],
        "first_in_all": (first[0] == len(AIMS)).astype(float),
        "some_first_in_all": np.any(first == len(AIMS), axis=0).astype(float),
    }


MODEL = Model(
    name="governance",
    title="regimes of governance in the transition: efficiency, equity, sustainability (MODEL 5.2)",
    parameters=Parameters,
    alternatives=POLICIES,
    population=Economies,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    path="time",
    panels=("human", "ai", "welfare", "equality"),
    tradeoff=tuple(AIMS),
    baseline="none",
)
