"""Regimes of governance on the same economies: efficiency, equity, sustainability (MODEL 5.2).

A replicate is an economy: the parameters times lognormal factors, the same for every regime. A regime whose lever is
not given has it set to what is best for efficiency at the last of the times, economy by economy; the frontier shows the
aims over all its settings. A Pigouvian tax has no lever.
"""

from functools import lru_cache
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Views
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import support_of
from mfsolve.models.transition.aims import AIMS, aims, long_run
from mfsolve.models.transition.best_levers import LeverScan, lever_at_cost, lever_range, lever_scan, with_lever
from mfsolve.models.transition.grid import mean_field
from mfsolve.models.transition.outputs import NAMES
from mfsolve.models.transition.parameters import Parameters
from mfsolve.models.transition.pigouvian_tax import market_under_tax, pigouvian, second_best
from mfsolve.models.transition.policies import (
    KINDS,
    LEVERS,
    POLICIES,
    CongestionFee,
    InputTax,
    LaissezFaire,
    Licence,
    Moratorium,
    PigouvianTax,
    Policy,
    Tax,
    lever,
)
from mfsolve.models.transition.random_economies import draw_economy

PATH = ("time",)
CHARGING = (Tax, CongestionFee, InputTax, Licence)
"""Policies that charge adopters, and can be set to the same cost."""
PLACES = 41
"""Settings at which the cost of a lever is looked at before it is solved for."""
REST = {
    "charge_at_rest": "charges on adopters at rest, over welfare there without policy",
    "gain_at_rest": "welfare at rest over that without policy, less one",
    "volume_at_rest": "AI volume at rest over that without policy; 1 where there is none",
}
RATES = {
    "lever": "setting of the regime's lever, or its Pigouvian rate; 0 where it has neither",
    "pigouvian_rate": "tax equal to the marginal damage at the rest point it brings about",
    "second_best_rate": "tax that maximises welfare at rest",
    "pigouvian_gain": "welfare that the Pigouvian tax adds at rest, over welfare there without policy",
    "second_best_gain": "welfare that the second-best tax adds at rest, over welfare there without policy",
}
CONTEST = {
    "first_in": "aims in which no other regime, nor a ban, does better by the margin",
    "first_in_all": "whether no other regime, nor a ban, does better in any of the three aims",
    "some_first_in_all": "whether some regime is first in all three aims",
}


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
    cost: float | None = Field(
        None,
        gt=0.0,
        le=1.0,
        description="set levers so that charges on adopters at rest are this share of welfare there without policy",
    )
    margin: float = Field(1e-3, ge=0.0, description="least difference in an aim by which a regime does better")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if self.times[0] != 0.0 or np.any(np.diff(self.times) <= 0.0):
            raise ValueError("times must increase from 0")
        return self


@lru_cache(maxsize=4096)
def _path(parameters: Parameters, population: Economies, policy: Policy) -> Arrays:
    """Path of an economy under a policy, and the three aims along it."""
    times = np.array(population.times)
    data = mean_field(parameters, population.cells, times, dt=population.dt, policy=policy)
    paths: Arrays = {name: data[name].values for name in NAMES}
    return paths | aims(parameters, times, paths, long_run(parameters, policy, population.times[-1], population.cells))


@lru_cache(maxsize=1024)
def _scan(parameters: Parameters, population: Economies, policy: Policy) -> LeverScan:
    """Settings of a policy's lever, and the one that is best for efficiency."""

    def score(setting: float) -> float:
        return float(_path(parameters, population, with_lever(policy, setting))["efficiency"][-1])

    return lever_scan(lever_range(parameters, policy, population.times[-1]), score, population.settings)


def chosen(parameters: Parameters, population: Economies, policy: Policy) -> Policy:
    """The policy with its rate or lever set, where the study does not set it."""
    if isinstance(policy, PigouvianTax):
        return Tax(rate=pigouvian(parameters, cells=population.cells).rate)
    if type(policy) not in LEVERS or lever(policy) is not None:
        return policy
    if population.cost is not None and type(policy) in CHARGING:
        return with_lever(policy, _at_cost(parameters, population, policy))
    return with_lever(policy, _scan(parameters, population, policy).best)


@lru_cache(maxsize=1024)
def _at_cost(parameters: Parameters, population: Economies, policy: Policy) -> float:
    """Setting of a policy's lever at which adopters pay the given share of welfare without policy, at rest."""
    horizon, cells = population.times[-1], population.cells
    wanted = (population.cost or 0.0) * long_run(parameters, LaissezFaire(), horizon, cells)["welfare"]

    def charge(setting: float) -> float:
        return long_run(parameters, with_lever(policy, setting), horizon, cells)["charge"]

    return lever_at_cost(lever_range(parameters, policy, horizon), charge, wanted, PLACES)


def drawn(case: Case) -> dict[str, Output]:
    """Paths, aims, rates, the contest where it is asked for, and the frontier of a lever that is not given."""
    texts = NAMES | AIMS | RATES | REST | (CONTEST if case.population.contest else {})
    found = {name: Output(PATH, text, support=support_of(text)) for name, text in texts.items()}
    if _has_frontier(case):
        for name, text in AIMS.items():
            found[f"{name}_frontier"] = Output(("time", "lever_share"), f"{text}, by lever", over=name)
    return found


def _has_frontier(case: Case) -> bool:
    by_cost = case.population.cost is not None and type(case.arm) in CHARGING
    return type(case.arm) in LEVERS and lever(case.arm) is None and not by_cost


def coordinates(case: Case) -> Arrays:
    """Times, and settings of the lever as shares of the way to its end."""
    found: Arrays = {"time": np.array(case.population.times, dtype=float)}
    if _has_frontier(case):
        found["lever_share"] = np.linspace(0.0, 1.0, case.population.settings)
    return found


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """One economy under one regime."""
    population: Economies = case.population
    here = draw_economy(case.parameters, population.spread, seed, replicate)
    policy = chosen(here, population, case.arm)
    found = dict(_path(here, population, policy)) | _rates(here, population, policy) | _rest(here, population, policy)
    if _has_frontier(case):
        tried = [
            _path(here, population, with_lever(case.arm, float(x))) for x in _scan(here, population, case.arm).settings
        ]
        found |= {f"{name}_frontier": np.stack([path[name] for path in tried], axis=1) for name in AIMS}
    return found | (_contest(here, population, case.arm, found) if population.contest else {})


def _rates(here: Parameters, population: Economies, policy: Policy) -> Arrays:
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


def _rest(here: Parameters, population: Economies, policy: Policy) -> Arrays:
    """Charges, welfare and AI volume at rest, along the path."""
    rules = (policy, LaissezFaire())
    at, free = (long_run(here, rule, population.times[-1], population.cells) for rule in rules)
    values = {
        "charge_at_rest": at["charge"] / free["welfare"],
        "gain_at_rest": at["welfare"] / free["welfare"] - 1.0,
        "volume_at_rest": at["ai_volume"] / free["ai_volume"] if free["ai_volume"] > 0.0 else 1.0,
    }
    return {name: np.full(len(population.times), value) for name, value in values.items()}


def _contest(here: Parameters, population: Economies, policy: Policy, found: Arrays) -> Arrays:
    """Winners of each aim among the regimes, each with its lever set by the criterion, and a ban for ever."""
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


EXPERIMENT = Experiment(
    name="governance",
    title="regimes of governance in the transition: efficiency, equity, sustainability",
    parameters=Parameters,
    arms={name: Arm(kind, draw=draw, drawn=drawn, coordinates=coordinates) for name, kind in POLICIES.items()},
    population=Economies,
    section="policies",
    word="policy",
    path="time",
    views=Views(paths=("human", "ai", "welfare", "equality"), tradeoff=tuple(AIMS), baseline="none", overlaid=True),
    toy={"population.cells": 16, "population.dt": 1.0, "population.settings": 3, "population.times": [0, 20, 60]},
)
