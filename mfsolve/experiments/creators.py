"""Markets of N creators: Propositions 3 and 4, and the estimation game (MODEL 4.1)."""

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.creators.effort_search import SEARCHED, searched_ratio
from mfsolve.models.creators.estimation_game import (
    EstimationRules,
    blue_weights,
    mean_squared_error,
    simulate_estimation,
)
from mfsolve.models.creators.minimax import saddle_point
from mfsolve.models.creators.monotonicity import has_pole, is_monotone
from mfsolve.models.creators.optima import one_optimum
from mfsolve.models.creators.originality import (
    TIED,
    efforts_fall,
    heavy_imitators,
    homogenisation,
    originality_penalty,
    ratio_limits,
)
from mfsolve.models.creators.static_market import StaticMarket
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import SIGNED, UNIT

from . import _monotonicity as monotonicity
from ._loading_laws import (
    Economy,
    Given,
    SpacedBeta,
    SpacedTwoPoint,
    SpacedUniform,
    alike,
    deterministic,
    imitator_ratio,
    innovator_ratio,
    slow_order,
)

MOST_SIGNALS = 4096
MEASURES = {
    "precision_gap": Output((), "precision of the market over the planner's"),
    "precision_below": Output((), "whether the market's precision is below the planner's (Prop. 3)", support=UNIT),
    "welfare_gap": Output((), "welfare of the market over the planner's"),
    "innovator_searched": Output((), "effort of an innovator, market over planner, both found by search"),
    "innovator_alike": Output(
        (), "whether an innovator's effort ratio is the same as in any market (Prop. 4)", support=UNIT
    ),
    "heaviest_ratio": Output((), "effort of the heaviest imitator, market over planner"),
    "median_ratio": Output((), "effort of the median creator, market over planner"),
    "originality_penalty": Output(
        (), "rank correlation of effort ratio and loading: above 0 originality is penalised", support=SIGNED
    ),
    "penalised": Output((), "whether the rank correlation of effort ratio and loading is above 0", support=UNIT),
    "imitator_spared": Output((), "whether the heaviest imitator keeps more than an innovator (Prop. 4)", support=UNIT),
    "substitutes": Output((), "whether any creator's effort lowers the worth of every other's", support=UNIT),
    "common_effort": Output((), "mean loading of efforts, market over planner: above 1 content is homogenised"),
    "homogenised": Output((), "whether the mean loading of efforts, market over planner, is above 1", support=UNIT),
    "common_bias": Output((), "loading of the estimate on the common factor, market over planner"),
    "bias_amplified": Output(
        (), "whether the estimate loads more on the common factor than the planner's", support=UNIT
    ),
    "falls_market": Output((), "whether efforts fall with the loading in the market (Lemma 10)", support=UNIT),
    "falls_planner": Output((), "whether efforts fall with the loading under the planner (Lemma 10)", support=UNIT),
    "monotone": Output((), "whether the effort ratio rises with the loading (Prop. 4)", support=UNIT),
    "has_pole": Output((), "whether the pole of the effort ratio is among the creators", support=UNIT),
    "reach": Output((), "greatest loading x A of the planner; the pole is at 1"),
    "beyond_pole": Output((), "share of creators with a negative weight in the planner's estimate", support=UNIT),
    "negative_weight": Output((), "sum of the negative weights in the planner's estimate"),
    "above_planner": Output((), "share of creators whose effort exceeds the planner's", support=UNIT),
}
SEARCHES = {
    "one_optimum": Output((), "whether searches from all starts come to the same efforts (Prop. 3)", support=UNIT),
}
CERTAIN = {"innovator_ratio": Output((), "effort of an innovator, market over planner")}
GAME = {
    "attained": Output((), "mean squared error of the estimate x Phi"),
    "attained_two_valued": Output((), "mean squared error x Phi, common factor +-sqrt(v)"),
    "misspecified": Output((), "mean squared error with wrongly assumed v, over its prediction"),
    "misspecification": Output((), "predicted mean squared error x Phi with wrongly assumed v"),
    "saddle_kept": Output(
        (), "whether no searched adversary and no searched weights do better (Lemma 12)", support=UNIT
    ),
    "saddle_gap": Output((), "what the searched adversaries and weights gain, over the least error"),
}


class Market(Frozen):
    """Size of a market and of its estimation game."""

    creators: int = Field(100, ge=1, le=10**7, description="creators N; with given loadings their number")
    questions: int = Field(
        0, ge=0, le=2**31, description="questions on which signals are drawn and the estimate is formed; 0: no game"
    )
    searches: int = Field(
        0, ge=0, le=1000, description="random starts of searches for the efforts that are best for buyer and planner"
    )
    assumed_bias: float = Field(
        4.0, gt=0.0, le=1e6, description="bias variance that misspecified weights assume, over the true one"
    )


def check(case: Case) -> None:
    """Refuse numbers of creators and questions that do not go together."""
    law, size = case.arm, case.population
    if isinstance(law, Given) and size.creators != len(law.loading):
        raise ValueError(f"creators: {size.creators} given; allowed with these loadings: {len(law.loading)}")
    if size.questions == 1:
        raise ValueError("questions: 1 given; allowed: 0, or 2 and more")
    if size.questions and size.creators > MOST_SIGNALS:
        raise ValueError(f"creators: {size.creators} given; allowed with an estimation game: [1, {MOST_SIGNALS}]")


def drawn(case: Case) -> dict[str, Output]:
    """Outputs of drawn markets, and of drawn signals."""
    found = {} if deterministic(case.arm) else dict(MEASURES)
    if case.population.questions:
        found |= GAME
    if case.population.searches:
        found |= SEARCHES
    return found | monotonicity.drawn(case)


def solved(case: Case) -> dict[str, Output]:
    """Outputs of a market that is the same in every replicate, and an innovator's ratio, the same in every market."""
    return CERTAIN | (MEASURES if deterministic(case.arm) else {}) | monotonicity.solved(case)


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Market and estimation game of a replicate."""
    market = monotonicity.market_of(case, seed, replicate, threads)
    numbers = {} if deterministic(case.arm) else propositions(market)
    if case.population.questions:
        numbers |= game(case, market, seed, replicate, threads)
    if case.population.searches:
        numbers["one_optimum"] = float(one_optimum(market, case.population.searches, seed, replicate))
    found: Arrays = {name: np.array(value) for name, value in numbers.items()}
    return found | monotonicity.draw(case, market, seed, replicate)


def solve(case: Case, threads: int) -> Arrays:
    """The market whose creators are the same in every replicate."""
    market = monotonicity.market_of(case, 0, 0, threads)
    found: Arrays = {"innovator_ratio": np.array(innovator_effort_ratio(market))}
    if deterministic(case.arm):
        found |= {name: np.array(value) for name, value in propositions(market).items()}
    return found | monotonicity.solve(case)


def propositions(market: StaticMarket) -> dict[str, float]:
    """Measures of Propositions 3 and 4 in a market."""
    ratio, order = market.effort_ratio, np.argsort(market.loading, kind="stable")
    heavy = heavy_imitators(market)
    penalty = originality_penalty(market.loading, ratio)
    falls_market, falls_planner = efforts_fall(market)
    common = homogenisation(market)
    searched, known = searched_ratio(market, 0.0), ratio_limits(market.cost_exponent)[0]
    weights = 1.0 - market.loading * market.aggregate_market  # of an effort's unit in the buyer's estimate
    weights = weights[market.loading > 0.0]
    return {
        "precision_gap": market.precision_gap,
        "precision_below": float(market.precision_market < market.precision_planner),
        "welfare_gap": market.welfare_market / market.welfare_planner,
        "innovator_searched": searched,
        "innovator_alike": float(abs(searched - known) <= SEARCHED * known),
        "heaviest_ratio": float(ratio[order[-1]]),
        "median_ratio": float(np.median(ratio)),
        "originality_penalty": penalty,
        "penalised": float(penalty > 0.0),
        "imitator_spared": float(ratio[order[-1]] > innovator_effort_ratio(market)),
        "substitutes": float((weights > 0.0).all() or (weights < 0.0).all()),
        "common_effort": common.effort,
        "homogenised": float(common.effort > 1.0 + TIED),
        "common_bias": common.bias,
        "bias_amplified": float(common.bias > 1.0 + TIED),
        "falls_market": float(falls_market),
        "falls_planner": float(falls_planner),
        "monotone": float(is_monotone(market)),
        "has_pole": float(has_pole(market)),
        "reach": float(market.loading.max()) * market.aggregate_planner,
        "beyond_pole": heavy.share,
        "negative_weight": heavy.negative_weight,
        "above_planner": heavy.above_planner,
    }


def innovator_effort_ratio(market: StaticMarket) -> float:
    """Effort of one more creator without loading, market over planner."""
    nobody = np.zeros(1)
    return float(market.market.efforts(nobody)[0] / market.planner.efforts(nobody)[0])


def game(case: Case, market: StaticMarket, seed: int, replicate: int, threads: int) -> dict[str, float]:
    """Errors of the estimate from signals drawn at the market's efforts, with right and with wrong weights."""
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
        "misspecification": mean_squared_error(blue_weights(x, e, size.assumed_bias * v), x, e, v) * right.precision,
        "saddle_kept": float(saddle.gap <= saddle.rounding),
        "saddle_gap": saddle.gap,
    }


def limits(case: Case) -> Arrays:
    """Closed forms of the market as N grows without bound; of the estimation game, those of its theory."""
    innovator = innovator_ratio(case)
    found = dict.fromkeys(("attained", "attained_two_valued", "misspecified"), 1.0) | {"innovator_ratio": innovator}
    found["innovator_searched"] = innovator
    if not isinstance(case.arm, Given):
        only_imitators = alike(case.arm) and case.arm.share_high == 1.0  # precision is then bounded by the bias's
        found["precision_gap"] = 1.0 if only_imitators else innovator
        found["heaviest_ratio"] = imitator_ratio(case) if alike(case.arm) else innovator
        if not alike(case.arm):
            found["median_ratio"] = innovator
    return {name: np.array(value) for name, value in found.items()}


def law(settings: type[Frozen]) -> Arm:
    """An arm of creators whose loadings follow a law."""
    return Arm(
        settings=settings, draw=draw, drawn=drawn, solve=solve, solved=solved,
        coordinates=monotonicity.coordinates, reference=Reference(limits, limits), check=check,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="creators",
    title="creator market: Propositions 3 and 4, efforts and the estimation game of N creators",
    parameters=Economy,
    arms={
        "uniform": law(SpacedUniform),
        "beta": law(SpacedBeta),
        "two_point": law(SpacedTwoPoint),
        "given": law(Given),
    },
    population=Market,
    record=monotonicity.Record,
    section="laws",
    word="law",
    predictions={
        "innovator_ratio": innovator_ratio,
        "imitator_ratio": imitator_ratio,
        "imitator_order": slow_order,
    },
    views=Views(tradeoff=("precision_gap", "median_ratio"), limit="limit of many creators"),
    toy={"population.creators": 200, "record.map_points": 6},
)
