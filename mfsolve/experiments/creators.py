"""Markets of N creators: Propositions 3 and 4, and the estimation game, as a study sees them (MODEL 4.1)."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable
from mfsolve.models.creators.estimation_game import EstimationRules, blue, mean_squared_error, simulate_estimation
from mfsolve.models.creators.minimax import saddle_point
from mfsolve.models.creators.monotonicity import has_pole, is_monotone
from mfsolve.models.creators.originality import heavy_imitators
from mfsolve.models.creators.static_market import StaticMarket
from mfsolve.models.frozen import Frozen

from . import _monotonicity as monotonicity
from ._loading_laws import (
    LAWS,
    PATH,
    Economy,
    Given,
    alike,
    deterministic,
    imitator_ratio,
    innovator_ratio,
    slow_order,
)

MOST_SIGNALS = 4096
MEASURES = {
    "precision_gap": Variable(PATH, "precision of the market over the planner's"),
    "precision_below": Variable(PATH, "whether the market's precision is below the planner's (Prop. 3)"),
    "welfare_gap": Variable(PATH, "welfare of the market over the planner's"),
    "innovator_ratio": Variable(PATH, "effort of an innovator, market over planner"),
    "heaviest_ratio": Variable(PATH, "effort of the heaviest imitator, market over planner"),
    "median_ratio": Variable(PATH, "effort of the median creator, market over planner"),
    "monotone": Variable(PATH, "whether the effort ratio rises with the loading (Prop. 4)"),
    "has_pole": Variable(PATH, "whether the pole of the effort ratio is among the creators"),
    "reach": Variable(PATH, "greatest loading x A of the planner; the pole is at 1"),
    "beyond_pole": Variable(PATH, "share of creators with a negative weight in the planner's estimate"),
    "negative_weight": Variable(PATH, "sum of the negative weights in the planner's estimate"),
    "above_planner": Variable(PATH, "share of creators whose effort exceeds the planner's"),
}
GAME = {
    "attained": Variable(PATH, "mean squared error of the estimate x Phi"),
    "attained_two_valued": Variable(PATH, "mean squared error x Phi, common factor +-sqrt(v)"),
    "misspecified": Variable(PATH, "mean squared error with wrongly assumed v, over its prediction"),
    "misspecification": Variable(PATH, "predicted mean squared error x Phi with wrongly assumed v"),
    "saddle_kept": Variable(PATH, "whether no searched adversary and no searched weights do better (Lemma 12)"),
    "saddle_gap": Variable(PATH, "what the searched adversaries and weights gain, over the least error"),
}


class Market(Frozen):
    """Size of a market and of its estimation game."""

    creators: int = Field(100, ge=1, le=10**7, description="creators N; with given loadings their number")
    questions: int = Field(
        0, ge=0, le=2**31, description="questions on which signals are drawn and the estimate is formed; 0: no game"
    )
    assumed_bias: float = Field(
        4.0, gt=0.0, le=1e6, description="bias variance that misspecified weights assume, over the true one"
    )


def _variables(case: Case) -> Mapping[str, Variable]:
    law, size = case.policy, case.population
    if isinstance(law, Given) and size.creators != len(law.loading):
        raise ValueError(f"creators: {size.creators} given; allowed with these loadings: {len(law.loading)}")
    if size.questions == 1:
        raise ValueError("questions: 1 given; allowed: 0, or 2 and more")
    if size.questions and size.creators > MOST_SIGNALS:
        raise ValueError(f"creators: {size.creators} given; allowed with an estimation game: [1, {MOST_SIGNALS}]")
    found = {name: replace(variable, exact=deterministic(law)) for name, variable in MEASURES.items()}
    if size.questions:
        found |= GAME
    return found | monotonicity.variables(case)


def _coordinates(case: Case) -> Arrays:
    return {"market": np.zeros(1), **monotonicity.coordinates(case)}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    market = monotonicity.market_of(case, seed, replicate, threads)
    numbers = _propositions(market)
    if case.population.questions:
        numbers |= _game(case, market, seed, replicate, threads)
    found: Arrays = {name: np.array([value]) for name, value in numbers.items()}
    return found | monotonicity.values(case, market, seed, replicate)


def _propositions(market: StaticMarket) -> dict[str, float]:
    ratio, order = market.effort_ratio, np.argsort(market.loading, kind="stable")
    at_zero = np.zeros(1)
    heavy = heavy_imitators(market)
    return {
        "precision_gap": market.precision_gap,
        "precision_below": float(market.precision_market < market.precision_planner),
        "welfare_gap": market.welfare_market / market.welfare_planner,
        "innovator_ratio": float(market.market.efforts(at_zero)[0] / market.planner.efforts(at_zero)[0]),
        "heaviest_ratio": float(ratio[order[-1]]),
        "median_ratio": float(np.median(ratio)),
        "monotone": float(is_monotone(market)),
        "has_pole": float(has_pole(market)),
        "reach": float(market.loading.max()) * market.aggregate_planner,
        "beyond_pole": heavy.share,
        "negative_weight": heavy.negative_weight,
        "above_planner": heavy.above_planner,
    }


def _game(case: Case, market: StaticMarket, seed: int, replicate: int, threads: int) -> dict[str, float]:
    """Signals drawn at the market's efforts, the estimate formed with right and with wrong weights."""
    x, e, v, size = market.loading, market.effort_market, market.bias_variance, case.population
    games = (
        EstimationRules(),
        EstimationRules(two_valued=True),
        EstimationRules(assumed_bias_variance=size.assumed_bias * v),
    )
    right, two, wrong = (
        simulate_estimation(x, e, v, size.questions, seed, rules, replicate, threads) for rules in games
    )
    saddle = saddle_point(x, e, v, seed=seed, replicate=replicate)
    return {
        "attained": right.attained,
        "attained_two_valued": two.attained,
        "misspecified": wrong.attained / wrong.predicted,
        "misspecification": mean_squared_error(blue(x, e, size.assumed_bias * v), x, e, v) * right.precision,
        "saddle_kept": float(saddle.gap <= saddle.rounding),
        "saddle_gap": saddle.gap,
    }


def _limit(case: Case) -> Arrays:
    """The market as N grows without bound; of the estimation game, what its theory says."""
    innovator = innovator_ratio(case)
    found = dict.fromkeys(("attained", "attained_two_valued", "misspecified"), 1.0) | {"innovator_ratio": innovator}
    if not isinstance(case.policy, Given):
        only_imitators = alike(case.policy) and case.policy.share_high == 1.0  # precision is then bounded by the bias's
        found["precision_gap"] = 1.0 if only_imitators else innovator
        found["heaviest_ratio"] = imitator_ratio(case) if alike(case.policy) else innovator
        if not alike(case.policy):
            found["median_ratio"] = innovator
    return {name: np.array([value]) for name, value in found.items()}


MODEL = Model(
    name="creators",
    title="creator market: Propositions 3 and 4, efforts and the estimation game of N creators (MODEL 4.1)",
    parameters=Economy,
    alternatives=LAWS,
    population=Market,
    record=monotonicity.Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_limit,
    predictions={
        "innovator_ratio": innovator_ratio,
        "imitator_ratio": imitator_ratio,
        "imitator_order": slow_order,
    },
    section="laws",
    path="market",
)
