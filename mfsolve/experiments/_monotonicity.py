"""Prop. 4 as outputs of an experiment: thresholds, effort ratios by loading, the map of where they rise (MODEL 4.1)."""

from dataclasses import replace
from functools import lru_cache
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Case, Output
from mfsolve.models.creators.monotonicity import (
    critical_bias_variance,
    even_loadings,
    is_monotone,
    pole_bias_variance,
    thresholds,
)
from mfsolve.models.creators.monotonicity_failures import first_drawn, first_failure, first_pole, first_rising
from mfsolve.models.creators.originality import by_loading, ratio_limits
from mfsolve.models.creators.static_market import StaticMarket, static_market
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

from ._loading_laws import Given, alike, deterministic, law_of, loadings_of

MOST = 2**20
MOST_DOTS = 200
INFINITE = 1e300
THRESHOLDS = {
    "critical_bias_variance": Output((), "bias variance above which the effort ratio does not rise with loading"),
    "pole_bias_variance": Output((), "bias variance above which the pole is among the creators"),
    "first_failure": Output((), f"least N at which the effort ratio does not rise with loading, at most {MOST}"),
    "first_pole": Output((), f"least N at which the pole is among the creators, at most {MOST}"),
}
RISING = {
    "first_rising_market": Output((), f"least N at which efforts do not fall with loading, market, at most {MOST}"),
    "first_rising_planner": Output((), f"least N at which efforts do not fall with loading, planner, at most {MOST}"),
}
PLANE, SIZES = ("bias_variance", "number_of_creators"), ("number_of_creators",)


class Record(Frozen):
    """Curves and maps that are kept beside the numbers."""

    curve_points: int = Field(0, ge=0, le=10_000, description="loadings at which efforts are drawn; 0: none")
    ratio_ceiling: float = Field(3.0, gt=1.0, le=1e6, description="greatest effort ratio shown: they have a pole")
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

    def map_axes(self) -> tuple[Floats, Floats]:
        """N and v of the map of Prop. 4, spaced geometrically; of N the nearest whole number counts."""
        sizes = np.geomspace(self.map_creators_low, self.map_creators_high, self.map_points)
        return sizes, np.geomspace(self.map_bias_low, self.map_bias_high, self.map_points)


def market_of(case: Case, seed: int, replicate: int, threads: int) -> StaticMarket:
    """The market of a replicate."""
    v, g, k = case.parameters.scalars()
    return static_market(loadings_of(case.arm, case.population.creators, seed, replicate), v, g, k, threads)


@lru_cache(maxsize=2)
def certain_market(case: Case) -> StaticMarket:
    """The market of a case without randomness."""
    return market_of(case, 0, 0, 1)


def _compared(case: Case) -> bool:
    """True if thresholds exist; alike imitators never fail Prop. 4, and given creators are one market only."""
    return not alike(case.arm) and not isinstance(case.arm, Given)


def _curved(case: Case) -> bool:
    """True if curves are kept. Drawn markets have none: their pole moves, and the mean of a ratio does not exist."""
    if not case.record.curve_points or not deterministic(case.arm):
        return False
    return certain_market(case).aggregate_planner > 0.0


def _mapped(case: Case) -> bool:
    """True if the map of Prop. 4 is kept."""
    return case.record.map_points > 1 and _compared(case)


def drawn(case: Case) -> dict[str, Output]:
    """Thresholds and map of markets that are drawn."""
    found: dict[str, Output] = {}
    if deterministic(case.arm):
        return found
    if _compared(case):
        found |= THRESHOLDS
    if _mapped(case):
        found["share_failing"] = Output(PLANE, "share of markets whose effort ratio does not rise", support=UNIT)
    return found


def solved(case: Case) -> dict[str, Output]:
    """Thresholds, curves and map of one market, and the boundaries of evenly spaced loadings."""
    certain = deterministic(case.arm)
    found: dict[str, Output] = {}
    if certain and _compared(case):
        found |= THRESHOLDS | RISING
    if _curved(case):
        found |= _curves(case)
    if _mapped(case):
        labels = ("yes", "yes, pole among the creators", "no")
        if certain:
            found["fails"] = Output(PLANE, "does the effort ratio rise with loading", labels=labels)
        over = "fails" if certain else "share_failing"
        never = "beyond all numbers"
        found["boundary"] = Output(SIZES, "even loadings: rises up to here", over=over, undefined=never)
        found["pole_boundary"] = Output(SIZES, "even loadings: no pole up to here", over=over, undefined=never)
    return found


def _curves(case: Case) -> dict[str, Output]:
    """Curves by loading, with a dot at each creator where these are few."""
    market = certain_market(case)
    innovator, alike_ones = ratio_limits(case.parameters.cost_exponent)
    dots = tuple(float(x) for x in np.unique(market.loading)) if market.loading.size <= MOST_DOTS else ()
    limits = (alike_ones, f"{alike_ones:.3g}: many alike"), (innovator, f"{innovator:.3g}: innovator")
    plain = Output(("loading",), "", marks=((1.0 / market.aggregate_planner, "pole"),))
    return {
        "effort_ratio": replace(
            plain, long_name="effort, market / planner", dots=dots,
            remark="rises" if is_monotone(market) else "falls",
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
        loading = certain_market(case).loading
        grid = np.linspace(0.0, loading.max(), case.record.curve_points)
        found["loading"] = np.union1d(grid, loading) if loading.size <= MOST_DOTS else grid
    if _mapped(case):
        found["number_of_creators"], found["bias_variance"] = case.record.map_axes()
    return found


def draw(case: Case, market: StaticMarket, seed: int, replicate: int) -> Arrays:
    """Values of what `drawn` names."""
    found: Arrays = {}
    if deterministic(case.arm):
        return found
    v, g, k = case.parameters.scalars()
    if _compared(case):
        pole, failure = first_drawn(law_of(case.arm), seed, replicate, v, g, k, MOST)
        found |= _thresholds(market.loading, g, k, failure, pole)
    if _mapped(case):
        sizes, variances = case.record.map_axes()
        whole = loadings_of(case.arm, case.record.map_creators_high, seed, replicate)
        own = np.array([critical_bias_variance(whole[: round(n)], g, k) for n in sizes])
        found["share_failing"] = (variances[:, None] > own).astype(float)
    return found


def solve(case: Case) -> Arrays:
    """Values of what `solved` names."""
    found: Arrays = {}
    v, g, k = case.parameters.scalars()
    certain = deterministic(case.arm)
    if certain and _compared(case):
        law = law_of(case.arm)
        firsts = first_failure(law, v, g, k, MOST), first_pole(law, v, g, k, MOST)
        found |= _thresholds(even_loadings(law, case.population.creators), g, k, *firsts)
        rising = first_rising(law, v, g, k, MOST)
        found |= {name: np.array(float(n or MOST)) for name, n in zip(RISING, rising, strict=True)}
    if _curved(case):
        curves = by_loading(certain_market(case), coordinates(case)["loading"])
        curves["effort_ratio"] = np.where(curves["effort_ratio"] < np.inf, curves["effort_ratio"], np.nan)
        found |= curves
    if _mapped(case):
        law, (sizes, variances) = law_of(case.arm), case.record.map_axes()
        pole, critical = thresholds(lambda n: even_loadings(law, n), sizes, g, k)
        found |= {"boundary": critical, "pole_boundary": pole}
        if certain:
            found["fails"] = (variances[:, None] > critical).astype(float) + (variances[:, None] > pole)
    return found


def _thresholds(loading: Floats, g: float, k: float, failure: int | None, pole: int | None) -> Arrays:
    """The four thresholds of a market, those that do not exist at the greatest value that is tried."""
    numbers = (
        min(critical_bias_variance(loading, g, k), INFINITE),
        min(pole_bias_variance(loading, g, k), INFINITE),
        float(failure or MOST),
        float(pole or MOST),
    )
    return {name: np.array(value) for name, value in zip(THRESHOLDS, numbers, strict=True)}
