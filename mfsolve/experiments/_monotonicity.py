"""Prop. 4 as a study draws it: thresholds, effort ratios by loading, the map of where they rise (MODEL 4.1)."""

from dataclasses import replace
from functools import lru_cache
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Variable, once
from mfsolve.models.creators.monotonicity import (
    critical_bias_variance,
    even_loadings,
    is_monotone,
    pole_bias_variance,
    thresholds,
)
from mfsolve.models.creators.monotonicity_failures import first_drawn, first_failure, first_pole
from mfsolve.models.creators.originality import by_loading, ratio_limits
from mfsolve.models.creators.populations import Array
from mfsolve.models.creators.static_market import StaticMarket, static_market
from mfsolve.models.frozen import Frozen

from ._loading_laws import PATH, Given, alike, deterministic, law_of, loadings_of

MOST = 2**20
MOST_DOTS = 200
INFINITE = 1e300
THRESHOLDS = {
    "critical_bias_variance": Variable(PATH, "bias variance above which the effort ratio does not rise with loading"),
    "pole_bias_variance": Variable(PATH, "bias variance above which the pole is among the creators"),
    "first_failure": Variable(PATH, f"least N at which the effort ratio does not rise with loading, at most {MOST}"),
    "first_pole": Variable(PATH, f"least N at which the pole is among the creators, at most {MOST}"),
}


class Record(Frozen):
    """What figures need beside the numbers."""

    curve_points: int = Field(0, ge=0, le=10_000, description="loadings at which efforts are drawn; 0: none")
    ratio_ceiling: float = Field(3.0, gt=1.0, le=1e6, description="greatest effort ratio in sight: they have a pole")
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


def market_of(case: Case, seed: int, replicate: int, threads: int) -> StaticMarket:
    """The market of a replicate."""
    v, g, k = case.parameters.scalars()
    return static_market(loadings_of(case.policy, case.population.creators, seed, replicate), v, g, k, threads)


def _curved(case: Case) -> bool:
    """Whether curves are kept. Drawn markets have none: their pole moves, and the mean of a ratio does not exist."""
    return bool(case.record.curve_points) and deterministic(case.policy) and _market(case).aggregate_planner > 0.0


def _mapped(case: Case) -> bool:
    """Whether the map of Prop. 4 is kept; alike imitators and given markets have none."""
    return case.record.map_points > 1 and not isinstance(case.policy, Given) and not alike(case.policy)


@lru_cache(maxsize=2)
def _market(case: Case) -> StaticMarket:
    """The market of a case without randomness."""
    return market_of(case, 0, 0, 1)


def variables(case: Case) -> dict[str, Variable]:
    """Thresholds, curves and the map, as far as the case has them."""
    law = case.policy
    found: dict[str, Variable] = {}
    if not alike(law) and not isinstance(law, Given):
        found |= {name: replace(variable, exact=deterministic(law)) for name, variable in THRESHOLDS.items()}
    if _curved(case):
        found |= _curves(case)
    if _mapped(case):
        there, along = ("market", "bias_variance", "number_of_creators"), ("market", "number_of_creators")
        labels = ("yes", "yes, pole among the creators", "no")
        map_of = "fails" if deterministic(law) else "share_failing"
        found[map_of] = Variable(
            there, "does the effort ratio rise with loading", labels=labels, exact=True
        ) if deterministic(law) else Variable(there, "share of markets whose effort ratio does not rise")  # fmt: skip
        found["boundary"] = Variable(along, "even loadings: rises up to here", over=map_of, exact=True)
        found["pole_boundary"] = Variable(along, "even loadings: no pole up to here", over=map_of, exact=True)
    return found


def _curves(case: Case) -> dict[str, Variable]:
    """Curves by loading, with a dot at each creator where these are few."""
    market, curve = _market(case), ("market", "loading")
    innovator, alike_ones = ratio_limits(case.parameters.cost_exponent)
    marks = (1.0 / market.aggregate_planner,)
    dots = tuple(float(x) for x in np.unique(market.loading)) if market.loading.size <= MOST_DOTS else ()
    limits = (alike_ones, f"{alike_ones:.3g}: many alike"), (innovator, f"{innovator:.3g}: innovator")
    rises = "rises" if is_monotone(market) else "falls"
    plain = Variable(curve, "", exact=True, marks=marks)
    return {
        "effort_ratio": replace(
            plain, long_name="effort, market / planner (dotted: pole)", dots=dots, remark=rises,
            levels=((1.0, "above 1: more\nthan planned"), *limits), view=(0.0, case.record.ratio_ceiling),
        ),
        "weight": replace(
            plain, long_name="N x weight in the planner's estimate", dots=dots, levels=((0.0, "below 0:\nnegative"),)
        ),
        "effort_market": replace(plain, long_name="market", panel="effort", marks=()),
        "effort_planner": replace(plain, long_name="planner", panel="effort", marks=()),
    }  # fmt: skip


def coordinates(case: Case) -> Arrays:
    """Loadings of the curves, from none to the heaviest creator's; N and v of the map."""
    found: Arrays = {}
    if _curved(case):
        loading = _market(case).loading
        grid = np.linspace(0.0, loading.max(), case.record.curve_points)
        found["loading"] = np.union1d(grid, loading) if loading.size <= MOST_DOTS else grid
    if _mapped(case):
        found["number_of_creators"], found["bias_variance"] = case.record.map_axes()
    return found


def values(case: Case, market: StaticMarket, seed: int, replicate: int) -> Arrays:
    """What `variables` names."""
    found: Arrays = {}
    if not alike(case.policy) and not isinstance(case.policy, Given):
        even = deterministic(case.policy)
        found |= _even_thresholds(case) if even else _drawn_thresholds(case, market, seed, replicate)
    if _curved(case):
        curves = by_loading(market, coordinates(case)["loading"])
        curves["effort_ratio"] = np.where(curves["effort_ratio"] < np.inf, curves["effort_ratio"], np.nan)
        found |= {name: curve[None] for name, curve in curves.items()}
    if _mapped(case):
        found |= _map(case, seed, replicate)
    return found


@once
def _even_thresholds(case: Case) -> Arrays:
    (v, g, k), law = case.parameters.scalars(), law_of(case.policy)
    x = even_loadings(law, case.population.creators)
    firsts = first_failure(law, v, g, k, MOST), first_pole(law, v, g, k, MOST)
    return _named(critical_bias_variance(x, g, k), pole_bias_variance(x, g, k), *firsts)


def _drawn_thresholds(case: Case, market: StaticMarket, seed: int, replicate: int) -> Arrays:
    v, g, k = case.parameters.scalars()
    x = market.loading
    pole, failure = first_drawn(law_of(case.policy), seed, replicate, v, g, k, MOST)
    return _named(critical_bias_variance(x, g, k), pole_bias_variance(x, g, k), failure, pole)


def _named(critical: float, pole: float, failure: int | None, first: int | None) -> Arrays:
    numbers = (min(critical, INFINITE), min(pole, INFINITE), float(failure or MOST), float(first or MOST))
    return {name: np.array([number]) for name, number in zip(THRESHOLDS, numbers, strict=True)}


def _map(case: Case, seed: int, replicate: int) -> Arrays:
    """Where the ratio rises: up to the critical v of the market's loadings; if even, where the pole is beyond them."""
    _, g, k = case.parameters.scalars()
    law, (sizes, v) = law_of(case.policy), case.record.map_axes()
    even = _boundaries(case)
    if deterministic(case.policy):
        fails = (v[:, None] > even["boundary"]).astype(float) + (v[:, None] > even["pole_boundary"])
        return {"fails": fails[None], **even}
    whole = loadings_of(law, case.record.map_creators_high, seed, replicate)
    own = np.array([critical_bias_variance(whole[: round(n)], g, k) for n in sizes])
    return {"share_failing": (v[:, None] > own).astype(float)[None], **even}


@once
def _boundaries(case: Case) -> Arrays:
    """Critical and pole variances (1, N) of evenly spaced loadings."""
    _, g, k = case.parameters.scalars()
    law, (sizes, _) = law_of(case.policy), case.record.map_axes()
    pole, critical = thresholds(lambda n: even_loadings(law, n), sizes, g, k)
    return {"boundary": critical[None], "pole_boundary": pole[None]}
