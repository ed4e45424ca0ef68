"""Regimes of governance on the same economies: efficiency, equity, sustainability (MODEL 5.2).

A replicate is an economy: the parameters times lognormal factors, the same for every regime.

- efficiency: welfare over time, discounted at the creators' rate, over welfare before AI;
- equity: 1 less the Gini coefficient of incomes after transfers, averaged over time with the same weights;
- sustainability: creators who still work by hand, over those before AI.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.kernels import normals, philox
from mfsolve.kernels.elementary import exponential
from mfsolve.models.model import Arrays, Case, Frozen, Model, Variable, seed_word

from .grid import mean_field
from .parameters import Floats, Parameters
from .policies import POLICIES, Policy
from .records import NAMES
from .standing import second_best

PATH = ("time",)
AIMS = {
    "efficiency": "efficiency: discounted mean welfare so far, over welfare before AI",
    "equity": "equity: discounted mean of 1 less the Gini coefficient so far",
    "sustainability": "sustainability: human creators, over those before AI",
}
CONTEST = {
    "first_in": "aims in which no other regime at default settings does better",
    "first_in_all": "1 where that holds for all three aims",
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
RATE_CELLS = 100


class Economies(Frozen):
    """Economies to compare regimes on, and how they are solved."""

    times: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(
        tuple(float(t) for t in range(0, 61, 2)), min_length=2, description="output times, increasing from 0"
    )
    spread: float = Field(0.2, ge=0.0, le=1.0, description="standard deviation of the log parameters over economies")
    cells: int = Field(100, ge=8, le=2**14, description="cells of skill")
    dt: float = Field(0.25, gt=0.0, description="largest time step")
    contest: bool = Field(False, description="compare with every other regime at its default settings")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if self.times[0] != 0.0 or np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase from 0")
        return self


class Nothing(Frozen):
    """There is nothing to choose."""


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


def aims(parameters: Parameters, times: Floats, welfare: Floats, equality: Floats, human: Floats) -> Arrays:
    """The three aims (n,) along a path, each so far; before AI is the first place."""
    weight = np.exp(-parameters.discount_rate * times)

    def so_far(values: Floats) -> Floats:
        pieces = 0.5 * np.diff(times) * (weight[1:] * values[1:] + weight[:-1] * values[:-1])
        scale = 0.5 * np.diff(times) * (weight[1:] + weight[:-1])
        return np.concatenate([values[:1], np.cumsum(pieces) / np.cumsum(scale)])

    return {"efficiency": so_far(welfare) / welfare[0], "equity": so_far(equality), "sustainability": human / human[0]}


def _charged(parameters: Parameters, policy: Policy) -> Policy:
    """A tax or fee at the best rate at rest, found on a coarse grid of skill."""
    for name in ("rate", "slope"):
        if getattr(policy, name, 0.0) is None:
            return policy.model_copy(update={name: getattr(second_best(parameters, RATE_CELLS), name)})
    return policy


@lru_cache(maxsize=4096)
def _path(parameters: Parameters, population: Economies, policy: Policy) -> Arrays:
    data = mean_field(
        parameters, population.cells, population.times, dt=population.dt, policy=_charged(parameters, policy)
    )
    paths: Arrays = {name: data[name].values for name in NAMES}
    return paths | aims(parameters, data["time"].values, *(paths[name] for name in ("welfare", "equality", "human")))


def _variables(case: Case) -> Mapping[str, Variable]:
    texts = NAMES | AIMS | (CONTEST if case.population.contest else {})
    return {name: Variable(PATH, text) for name, text in texts.items()}


def _coordinates(case: Case) -> Arrays:
    return {"time": np.array(case.population.times, dtype=float)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    here = economy(case.parameters, case.population.spread, seed, replicate)
    found = dict(_path(here, case.population, case.policy))
    if case.population.contest:
        others = [_path(here, case.population, kind()) for kind in POLICIES.values() if kind() != case.policy]
        first = sum(np.all([found[aim] >= other[aim] for other in others], axis=0).astype(float) for aim in AIMS)
        found |= {"first_in": np.asarray(first), "first_in_all": (np.asarray(first) == len(AIMS)).astype(float)}
    return found


def _mean_field(case: Case) -> Arrays:
    """The economy of the parameters themselves."""
    return dict(_path(case.parameters, case.population, case.policy))


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
    mean_field=_mean_field,
    path="time",
    panels=("human", "ai", "welfare", "equality"),
    tradeoff=tuple(AIMS),
)
