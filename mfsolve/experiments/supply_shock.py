"""The static supply shock: finite populations, maps, welfare against the AI cost, random economies (MODEL 5.1)."""

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments._cost_sweep import CALLED, SWEEP_ARM, beta_star
from mfsolve.experiments._supply_shock_views import After, Before, Economies, Map, Population, Record
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.quantities import UNIT
from mfsolve.models.supply_shock.finite_market import (
    DENSITIES,
    MARKET,
    continuum_hollow,
    continuum_limit,
    market_arrays,
)
from mfsolve.models.supply_shock.many_economies import ORDERS, economy_rows, scan
from mfsolve.models.supply_shock.parameters import Parameters
from mfsolve.models.supply_shock.payoffs import ai_profit, human_profit
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties
from mfsolve.models.supply_shock.static_market import segments
from mfsolve.models.supply_shock.thresholds import require_pollution

CLAIMS = {
    "economies": "economies drawn",
    "three_segments": "economies with exit, AI and human segments at their AI cost",
    "hollow": "economies with three segments and an empty interval above AI quality",
    "two_cutoffs": "economies ordered exit, AI, human (any may be missing)",
    "several_fixed_points": "economies with several AI volumes at rest",
    "falling_map": "economies where the map of AI volumes falls at rest",
    "monotone_without_pollution": "economies where, unpolluted, cheaper AI never costs welfare",
    "monotone": "economies with adopters where, at their pollution weight, cheaper AI never costs welfare",
    "adopters": "economies with adopters somewhere in the range of costs",
    "inverted_u": "economies whose welfare, at their pollution weight, peaks inside the range of costs",
    "inverted_u_moderate": "economies where, at a moderate weight, welfare rises and then falls as AI gets cheaper",
    "falls_beyond": "economies with adopters where, just beyond beta*, cheaper AI never raises welfare",
}
MEANS = {
    "decline": "beta*, 0 where nobody adopts",
    "onset": "least weight at which cheaper AI costs welfare, 0 where nobody adopts",
}


# --- markets before and after AI ---


def economy(case: Case) -> Parameters:
    """The economy of a market: without AI before its arrival."""
    available = case.parameters.ai_available and not isinstance(case.arm, Before)
    found: Parameters = case.parameters.model_copy(update={"ai_available": available})
    return found


def edges(case: Case) -> Floats:
    """Edges (bins + 1,) of the bins of quality."""
    return np.linspace(0.0, case.parameters.human_capacity, case.record.bins + 1)


def market_drawn(case: Case) -> dict[str, Output]:
    """Outputs of a finite population's market."""
    return {name: Output.of(quantity) for name, quantity in MARKET.items()} | _distribution(case)


@lru_cache(maxsize=64)
def _distribution(case: Case) -> dict[str, Output]:
    """Quality with what marks it: the hollow of the continuum and, with AI, the mass at AI quality."""
    marks: dict[str, Any] = {}
    gap = continuum_hollow(case.parameters)
    if gap is not None:
        marks["span"] = (*gap, "the hollow")
    if isinstance(case.arm, After):
        marks["spike"] = (case.parameters.ai_quality, "ai_share")
    return {
        "quality": Output.of(DENSITIES["quality"], **marks),
        "quality_below": Output.of(DENSITIES["quality_below"]),
    }


def market_solved(case: Case) -> dict[str, Output]:
    """Outputs of the continuum: payoffs by skill, and the lower envelope of the two cost curves."""
    payoff = partial(Output, ("skill",), panel="payoff by skill")
    found = {"human_payoff": payoff("human"), "unit_cost": Output(("content_quality",), "least unit cost of a quality")}
    return found | (
        {"ai_payoff": payoff("AI"), "outside_payoff": payoff("exit")} if isinstance(case.arm, After) else {}
    )


def market_coordinates(case: Case) -> Arrays:
    """Middles of the bins of quality, and skills."""
    grid = edges(case)
    return {"content_quality": 0.5 * (grid[1:] + grid[:-1]), "skill": np.linspace(0.0, 1.0, case.record.skills)}


def draw_market(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The market of a finite population."""
    return market_arrays(economy(case), case.population.producers, seed, replicate, edges(case), threads)


def solve_curves(case: Case, threads: int) -> Arrays:
    """Payoffs by skill at the continuum's pollution, and the cost envelope."""
    here, places = economy(case), market_coordinates(case)
    skill, q = places["skill"], places["content_quality"]
    burden = segments(here).pollution
    cost = q**2 / (2.0 * here.human_efficiency)
    if here.ai_available:
        cost = np.where(q <= here.ai_quality, np.minimum(cost, here.ai_cost * here.ai_quality), cost)
    found = {"human_payoff": human_profit(here, skill, burden), "unit_cost": cost}
    if isinstance(case.arm, After):
        found["ai_payoff"] = ai_profit(here, skill, burden)
        found["outside_payoff"] = np.full(skill.size, here.outside_option)
    return found


def limit(name: str, case: Case) -> float:
    """A market's figure in the continuum."""
    return float(continuum_limit(economy(case))[name])


# --- maps ---


@lru_cache(maxsize=16)
def _mapped(parameters: Parameters, view: Map) -> tuple[Arrays, tuple[str, ...]]:
    """A map's outputs, and the orders of options that occur on it: classes are numbered among those."""
    found = scan(parameters, {view.y: view.values("y")[:, None], view.x: view.values("x")[None, :]})
    present, order = np.unique(found.order, return_inverse=True)
    arrays = {"order": order.astype(float), "map_welfare": found.welfare, "map_ai_share": found.ai_share}
    shape = (view.places, view.places)
    return {name: values.reshape(shape) for name, values in arrays.items()}, tuple(ORDERS[i] for i in present)


def orders_in_words(case: Case) -> tuple[str, ...]:
    """The orders of options on a map, from the least skilled to the most: "exit, AI, human"."""
    present = _mapped(case.parameters, case.arm)[1]
    return tuple(", ".join("AI" if word == "ai" else word for word in order.split()) for order in present)


def check_map(case: Case) -> None:
    """Refuse a map that leaves the range of a parameter."""
    view = case.arm
    for name, which in ((view.x, "x"), (view.y, "y")):
        economy_rows(case.parameters, {name: view.values(which)})


def map_solved(case: Case) -> dict[str, Output]:
    """Outputs of a map."""
    over = (case.arm.y, case.arm.x)
    return {
        "order": Output(over, "options, from low skill to high", labels=orders_in_words(case)),
        "map_welfare": Output(over, "welfare"),
        "map_ai_share": Output(over, "share of producers who adopt AI", support=UNIT),
    }


def solve_map(case: Case, threads: int) -> Arrays:
    """Markets over two parameters."""
    return dict(_mapped(case.parameters, case.arm)[0])


def map_coordinates(case: Case) -> Arrays:
    """Values of the two parameters."""
    return {case.arm.x: case.arm.values("x"), case.arm.y: case.arm.values("y")}


# --- random economies ---


def check_economies(case: Case) -> None:
    """Refuse an economy whose welfare no pollution weight can turn."""
    require_pollution(case.parameters)


def economies_drawn(case: Case) -> dict[str, Output]:
    """Counts of economies by claim, and mean thresholds."""
    return {name: Output((), text) for name, text in (CLAIMS | MEANS).items()}


def draw_counts(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Numbers of economies in which each claim holds: successes of independent trials."""
    view = case.arm
    table = draw_economies(case.parameters, view.economies, view.spread, seed, replicate)
    found = economy_properties(table, threads) | {"economies": np.ones(view.economies)}
    counts = {name: np.asarray(float(np.sum(found[name]))) for name in CLAIMS}
    return counts | {name: np.asarray(float(np.mean(found[name]))) for name in MEANS}


MARKET_ARM = Arm(
    Before, draw=draw_market, drawn=market_drawn, solve=solve_curves, solved=market_solved,
    coordinates=market_coordinates,
    reference=Reference(lambda case: tuple(MARKET), lambda case: continuum_limit(economy(case))),
)  # fmt: skip
EXPERIMENT = Experiment(
    name="supply_shock",
    title="the supply shock's static market: who exits, adopts AI, stays human; pollution and welfare",
    parameters=Parameters,
    arms={
        "before": MARKET_ARM,
        "after": replace(MARKET_ARM, settings=After),
        "map": Arm(
            Map, solve=solve_map, solved=map_solved, coordinates=map_coordinates, check=check_map, toy={"places": 10}
        ),
        "sweep": SWEEP_ARM,
        "economies": Arm(
            Economies, draw=draw_counts, drawn=economies_drawn, check=check_economies, toy={"economies": 2}
        ),
    },
    population=Population,
    record=Record,
    section="markets",
    word="market",
    called=CALLED,
    predictions={**{name: partial(limit, name) for name in MARKET}, "beta_star": beta_star},
    views=Views(limit="continuum of producers"),
    toy={"population.producers": 200, "grid.population.producers": [40, 80, 160]},
)  # fmt: skip
