"""Creators by the billion, drawn and forgotten, against their continuum limit (MODEL 4.1)."""

import warnings

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Outputs, Reference, Views
from mfsolve.models.creators.loadings import Beta, TwoPoint, Uniform
from mfsolve.models.creators.static_market import Aggregates
from mfsolve.models.creators.streamed_market import (
    MOST,
    Streamed,
    continuum_market,
    side_by_side,
    streamed_market,
    streamed_markets,
)
from mfsolve.models.frozen import Frozen

from ._loading_laws import Economy, alike, slow_order

OUTPUTS = {
    "aggregate_market": Output((), "A of the market"),
    "aggregate_planner": Output((), "A of the planner"),
    "precision_market": Output((), "precision of the market, per creator"),
    "precision_planner": Output((), "precision of the planner's efforts, per creator"),
    "precision_gap": Output((), "precision of the market over the planner's"),
    "profit": Output((), "the buyer's profit, per creator"),
    "welfare_planner": Output((), "welfare under the planner, per creator"),
}


class Stream(Frozen):
    """Size of a market."""

    creators: int = Field(10**6, ge=1, le=MOST, description="creators N, drawn and summed, not stored")


def numbers(market: Aggregates | Streamed, creators: float) -> Arrays:
    """Outputs of a market, sums over creators divided by their number."""
    found = {name: getattr(market, name) for name in OUTPUTS}
    for name in ("precision_market", "precision_planner", "profit", "welfare_planner"):
        found[name] = found[name] / creators
    return {name: np.array(value) for name, value in found.items()}


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The market of a replicate's creators."""
    creators = case.population.creators
    v, g, k = case.parameters.scalars()
    return numbers(streamed_market(case.arm, creators, seed, v, g, k, replicate, threads), creators)


def draw_many(case: Case, seed: int, replicates: range, threads: int) -> Arrays:
    """The markets of consecutive replicates."""
    creators = case.population.creators
    v, _, k = case.parameters.scalars()
    return numbers(streamed_markets(case.arm, creators, seed, v, k, replicates, threads), creators)


def at_once(case: Case) -> int:
    """Replicates of one call."""
    return side_by_side(case.arm, case.population.creators, case.parameters.scalars()[1])


def drawn(case: Case) -> Outputs:
    """Aggregates of a drawn market."""
    return OUTPUTS


def limit(case: Case) -> Arrays:
    """Infinitely many creators: the law of the loadings in place of a draw."""
    return numbers(continuum_market(case.arm, np.inf, *case.parameters.scalars()), 1.0)


def check(case: Case) -> None:
    """Refuse an economy whose limit leaves the range of floats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of quadrature, on its way to what is refused
        limit(case)


def aggregate_order(case: Case) -> float:
    """Order 1/2 by sampling error where loadings are spread; where imitators are alike, the slower one of 1 - A."""
    return slow_order(case) if alike(case.arm) else 0.5


def law(settings: type[Frozen]) -> Arm:
    """An arm of creators whose loadings are drawn from a law."""
    return Arm(
        settings=settings, draw=draw, draw_many=draw_many, side_by_side=at_once, drawn=drawn,
        reference=Reference(drawn, limit), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="creator_stream",
    title="creators by the billion: streamed markets against their continuum limit",
    parameters=Economy,
    arms={"uniform": law(Uniform), "beta": law(Beta), "two_point": law(TwoPoint)},
    population=Stream,
    section="laws",
    word="law",
    predictions={"aggregate_order": aggregate_order},
    views=Views(limit="infinitely many creators"),
    toy={"population.creators": 200},
)
