"""Creators by the billion and their continuum limit, as a study sees them (MODEL 4.1)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.creators.static_market import Aggregates
from mfsolve.models.creators.streamed_market import MOST, continuum_market, streamed_market
from mfsolve.models.frozen import Frozen, Nothing

from ._loading_laws import PATH, STREAMED, Economy, alike, slow_order

VARIABLES = {
    "aggregate_market": Variable(PATH, "A of the market"),
    "aggregate_planner": Variable(PATH, "A of the planner"),
    "precision_market": Variable(PATH, "precision of the market, per creator"),
    "precision_planner": Variable(PATH, "precision of the planner's efforts, per creator"),
    "precision_gap": Variable(PATH, "precision of the market over the planner's"),
    "profit": Variable(PATH, "the buyer's profit, per creator"),
    "welfare_planner": Variable(PATH, "welfare under the planner, per creator"),
}


class Stream(Frozen):
    """Size of a market."""

    creators: int = Field(10**6, ge=1, le=MOST, description="creators N, drawn, summed and forgotten")


def _numbers(market: Aggregates, creators: float) -> Arrays:
    found = {name: getattr(market, name) for name in VARIABLES}
    for name in ("precision_market", "precision_planner", "profit", "welfare_planner"):
        found[name] /= creators
    return {name: np.array([value]) for name, value in found.items()}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    creators = case.population.creators
    v, g, k = case.parameters.scalars()
    market = streamed_market(case.policy, creators, seed, v, g, k, replicate, threads)
    return _numbers(market, creators)


def _variables(case: Case) -> Mapping[str, Variable]:
    return VARIABLES


def _coordinates(case: Case) -> Arrays:
    return {"market": np.zeros(1)}


def _limit(case: Case) -> Arrays:
    """Infinitely many creators: the law of the loadings in place of a draw."""
    return _numbers(continuum_market(case.policy, np.inf, *case.parameters.scalars()), 1.0)


def _aggregate_order(case: Case) -> float:
    """1/2 by sampling error where loadings are spread; where imitators are alike, the slower order of 1 - A."""
    return slow_order(case) if alike(case.policy) else 0.5


MODEL = Model(
    name="creator_stream",
    title="creators by the billion: streamed markets against their continuum limit (MODEL 4.1)",
    parameters=Economy,
    alternatives=STREAMED,
    population=Stream,
    record=Nothing,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_limit,
    predictions={"aggregate_order": _aggregate_order},
    section="laws",
    path="market",
)
