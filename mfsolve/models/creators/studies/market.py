"""Markets of N creators: Propositions 3 and 4, and the estimation game, as a study sees them (MODEL 4.1)."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.models.model import Arrays, Case, Frozen, Model, Variable, once

from ..estimation import MOST_DENSE, blue, mean_squared_error, minimax_weights, simulate_estimation
from ..populations import Array
from ..regions import (
    critical_bias_variance,
    even_loadings,
    first_failure,
    first_failure_drawn,
    heavy_imitators,
)
from ..static import StaticMarket, static_market
from .laws import (
    LAWS,
    PATH,
    Economy,
    Given,
    alike,
    deterministic,
    imitator_ratio,
    innovator_ratio,
    largest,
    law_of,
    loadings_of,
    slow_order,
)

MOST = 2**20
AGREEMENT = 1e-9
MEASURES = {
    "precision_gap": Variable(PATH, "precision of the market over the planner's"),
    "precision_below": Variable(PATH, "whether the market's precision is below the planner's (Prop. 3)"),
    "welfare_gap": Variable(PATH, "welfare of the market over the planner's"),
    "innovator_ratio": Variable(PATH, "effort of an innovator, market over planner"),
    "heaviest_ratio": Variable(PATH, "effort of the heaviest imitator, market over planner"),
    "median_ratio": Variable(PATH, "effort of the median creator, market over planner"),
    "monotone": Variable(PATH, "whether the effort ratio rises with the loading (Prop. 4)"),
    "reach": Variable(PATH, "greatest loading x A of the planner; the pole is at 1"),
    "beyond_pole": Variable(PATH, "share of creators with a negative weight in the planner's estimate"),
    "negative_weight": Variable(PATH, "sum of the negative weights in the planner's estimate"),
    "above_planner": Variable(PATH, "share of creators whose effort exceeds the planner's"),
}
THRESHOLDS = {
    "critical_bias_variance": Variable(PATH, "bias variance above which the effort ratio is not monotone"),
    "first_failure": Variable(PATH, f"least N at which the effort ratio is not monotone, at most {MOST}"),
}
GAME = {
    "attained": Variable(PATH, "mean squared error of the estimate x Phi"),
    "attained_two_valued": Variable(PATH, "mean squared error x Phi, common factor +-sqrt(v)"),
    "misspecified": Variable(PATH, "mean squared error with wrongly assumed v, over its prediction"),
    "misspecification": Variable(PATH, "predicted mean squared error x Phi with wrongly assumed v"),
    "minimax_agrees": Variable(PATH, f"whether minimax and BLUE weights agree to {AGREEMENT:g} of the largest"),
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


class Record(Frozen):
    """What figures need beside the numbers."""

    curve_points: int = Field(0, ge=0, le=10_000, description="loadings at which efforts are drawn; 0: none")
    curve_top: float = Field(1.25, gt=0.0, description="where curves end, in units of the greatest loading")
    ratio_ceiling: float = Field(4.0, gt=1.0, description="effort ratios are cut off here: they have a pole")
    map_points: int = Field(0, ge=0, le=500, description="points along each axis of the map of Prop. 4; 0: none")
    map_creators_low: int = Field(3, ge=3, le=10**6, description="least N of the map")
    map_creators_high: int = Field(500, ge=4, le=10**6, description="greatest N of the map")
    map_bias_low: float = Field(0.01, gt=0.0, description="least v of the map")
    map_bias_high: float = Field(30.0, gt=0.0, description="greatest v of the map")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name in ("map_creators", "map_bias"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low >= high:
                raise ValueError(f"{name}_low: {low} given; allowed: below {name}_high = {high}")
        return self

    def map_axes(self) -> tuple[Array, Array]:
        """N and v of the map of Prop. 4, spaced geometrically; of N the nearest whole number counts."""
        sizes = np.geomspace(self.map_creators_low, self.map_creators_high, self.map_points)
        return sizes, np.geomspace(self.map_bias_low, self.map_bias_high, self.map_points)


def _mapped(case: Case) -> bool:
    """Whether the map of Prop. 4 is kept; alike imitators and given markets have none."""
    return case.record.map_points > 1 and not isinstance(case.policy, Given) and not alike(case.policy)


def _curves(case: Case) -> bool:
    """Whether curves are kept. Drawn markets have none: their pole moves, and the mean of a ratio does not exist."""
    return bool(case.record.curve_points) and deterministic(case.policy)


def _variables(case: Case) -> Mapping[str, Variable]:
    law, size = case.policy, case.population
    if isinstance(law, Given) and size.creators != len(law.loading):
        raise ValueError(f"creators: {size.creators} given; allowed with these loadings: {len(law.loading)}")
    if size.questions == 1:
        raise ValueError("questions: 1 given; allowed: 0, or 2 and more")
    if size.questions and size.creators > MOST_DENSE:
        raise ValueError(f"creators: {size.creators} given; allowed with an estimation game: [1, {MOST_DENSE}]")
    found = dict(MEASURES)
    if not alike(law) and not isinstance(law, Given):
        found |= THRESHOLDS
    if size.questions:
        found |= GAME
    if _curves(case):
        pole = 1.0 / _market(case, 0, 0, 1).aggregate_planner
        curve, marks = ("market", "loading"), (pole,)
        cut = f"effort, market / planner (cut at {case.record.ratio_ceiling:g}; dotted: pole)"
        found |= {
            "effort_ratio": Variable(curve, cut, marks=marks),
            "weight": Variable(curve, "N x weight in the planner's estimate (dotted: pole)", marks=marks),
            "effort_market": Variable(curve, "market", panel="effort"),
            "effort_planner": Variable(curve, "planner", panel="effort"),
        }
    if _mapped(case):
        name = "does the effort ratio rise with the loading (Prop. 4)"
        labels = ("yes", "no: the pole is among the creators")
        there = ("market", "bias_variance", "number_of_creators")
        found["fails"] = Variable(there, name, labels=labels) if deterministic(law) else Variable(
            there, "share of drawn markets in which the effort ratio does not rise with the loading"
        )  # fmt: skip
        found["boundary"] = Variable(("market", "number_of_creators"), "closed-form v*, even loadings", over="fails")
    return found


def _coordinates(case: Case) -> Arrays:
    found: Arrays = {"market": np.zeros(1)}
    if _curves(case):
        found["loading"] = _curve_loadings(case)
    if _mapped(case):
        found["number_of_creators"], found["bias_variance"] = case.record.map_axes()
    return found


def _curve_loadings(case: Case) -> Array:
    return np.linspace(0.0, case.record.curve_top * largest(case.policy), case.record.curve_points)


def _market(case: Case, seed: int, replicate: int, threads: int) -> StaticMarket:
    v, g, k = case.parameters.scalars()
    return static_market(loadings_of(case.policy, case.population.creators, seed, replicate), v, g, k, threads)


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    market = _market(case, seed, replicate, threads)
    wanted = _variables(case)
    numbers = _propositions(market)
    if "first_failure" in wanted:
        numbers |= _thresholds(case, market, seed, replicate)
    if "attained" in wanted:
        numbers |= _game(case, market, seed, replicate, threads)
    found: Arrays = {name: np.array([value]) for name, value in numbers.items()}
    if "effort_ratio" in wanted:
        found |= _curve_values(case, market)
    if "fails" in wanted:
        found |= _map_values(case, seed, replicate)
    return found


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
        "monotone": float(rises(ratio[order])),
        "reach": float(market.loading.max()) * market.aggregate_planner,
        "beyond_pole": heavy.share,
        "negative_weight": heavy.negative_weight,
        "above_planner": heavy.above_planner,
    }


def rises(ratio: Array) -> bool:
    """Whether ratios, ordered by loading, never fall by more than rounding; alike creators have the same."""
    return bool((np.diff(ratio) >= -1e-12 * ratio[1:]).all())


def _thresholds(case: Case, market: StaticMarket, seed: int, replicate: int) -> dict[str, float]:
    (v, g, k), law = case.parameters.scalars(), law_of(case.policy)
    if deterministic(case.policy):
        first = first_failure(law, v, g, k, MOST)
    else:
        first = first_failure_drawn(law, seed, replicate, v, g, k, MOST)
    critical = critical_bias_variance(market.loading, g, k)
    return {"critical_bias_variance": min(critical, 1e300), "first_failure": float(first or MOST)}


def _game(case: Case, market: StaticMarket, seed: int, replicate: int, threads: int) -> dict[str, float]:
    """Signals drawn at the market's efforts, the estimate formed with right and with wrong weights."""
    x, e, v, size = market.loading, market.effort_market, market.bias_variance, case.population
    right = simulate_estimation(x, e, v, size.questions, seed, replicate=replicate, threads=threads)
    two = simulate_estimation(
        x, e, v, size.questions, seed, two_valued=True, replicate=replicate, threads=threads
    )  # fmt: skip
    wrong = simulate_estimation(
        x, e, v, size.questions, seed, assumed_bias_variance=size.assumed_bias * v, replicate=replicate, threads=threads
    )  # fmt: skip
    on = e > 0.0
    best = blue(x, e, v)
    gap = np.abs(minimax_weights(x[on], e[on], v) - best[on]).max()
    return {
        "attained": right.attained,
        "attained_two_valued": two.attained,
        "misspecified": wrong.attained / wrong.predicted,
        "misspecification": mean_squared_error(blue(x, e, size.assumed_bias * v), x, e, v) * right.precision,
        "minimax_agrees": float(gap <= AGREEMENT * np.abs(best).max()),
    }


def _curve_values(case: Case, market: StaticMarket) -> Arrays:
    x = _curve_loadings(case)
    e_m, e_p = market.market.efforts(x), market.planner.efforts(x)
    ceiling = case.record.ratio_ceiling
    ratio = np.where(e_m < ceiling * e_p, e_m / np.where(e_p > 0.0, e_p, 1.0), ceiling)
    weight = market.loading.size * e_p * market.planner.point.slack(x) / market.precision_planner
    curves = {"effort_ratio": ratio, "weight": weight, "effort_market": e_m, "effort_planner": e_p}
    return {name: values[None] for name, values in curves.items()}


def _map_values(case: Case, seed: int, replicate: int) -> Arrays:
    """Prop. 4 fails where v exceeds the closed form v* of the market's loadings."""
    _, g, k = case.parameters.scalars()
    law, (sizes, v) = law_of(case.policy), case.record.map_axes()
    own = even = _even_boundary(case)["boundary"]
    if not deterministic(case.policy):
        whole = loadings_of(law, case.record.map_creators_high, seed, replicate)
        own = np.array([critical_bias_variance(whole[: round(n)], g, k) for n in sizes])[None]
    return {"fails": (v[:, None] > own).astype(float)[None], "boundary": even}


@once
def _even_boundary(case: Case) -> Arrays:
    """v* (1, N) of evenly spaced loadings."""
    _, g, k = case.parameters.scalars()
    law, (sizes, _) = law_of(case.policy), case.record.map_axes()
    return {"boundary": np.array([[critical_bias_variance(even_loadings(law, round(n)), g, k) for n in sizes]])}


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
    record=Record,
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
