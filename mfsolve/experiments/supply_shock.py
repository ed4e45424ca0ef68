"""The static supply shock as studies see it: what each market reports, and how it is computed (MODEL 5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Case, Model, Variable, once
from mfsolve.models.frozen import Frozen
from mfsolve.models.supply_shock.closed_form import first_adopters_decline
from mfsolve.models.supply_shock.cost_sweep import REGIMES, sweep
from mfsolve.models.supply_shock.finite_market import continuum_hollow, continuum_limit, finite_market
from mfsolve.models.supply_shock.many_economies import ORDERS, economy_rows, scan
from mfsolve.models.supply_shock.parameters import Parameters
from mfsolve.models.supply_shock.payoffs import ai_profit, human_profit
from mfsolve.models.supply_shock.random_economies import draw_economies, economy_properties
from mfsolve.models.supply_shock.settings import After, Before, Economies, Map, Population, Record, Sweep
from mfsolve.models.supply_shock.static_market import segments
from mfsolve.models.supply_shock.threshold_sensitivity import MOVED
from mfsolve.models.supply_shock.thresholds import require_pollution

PATH = ("economy",)
MARKET = {
    "lower_cutoff": Variable(PATH, "skill below which producers exit"),
    "upper_cutoff": Variable(PATH, "skill from which on the most skilled stay human"),
    "exit_share": Variable(PATH, "share of producers who exit"),
    "ai_share": Variable(PATH, "share of producers who adopt AI"),
    "human_share": Variable(PATH, "share of producers who stay human"),
    "ai_volume": Variable(PATH, "volume of AI content"),
    "pollution": Variable(PATH, "pollution penalty on every consumer"),
    "profits": Variable(PATH, "producers' mean earnings"),
    "consumer_surplus": Variable(PATH, "consumers' surplus before the penalty"),
    "welfare": Variable(PATH, "welfare"),
    "smallest_segment": Variable(
        PATH, "share of the smallest segment, 0 unless they are exit, AI and human with a hollow above AI quality"
    ),
    "hollow_share": Variable(PATH, "share of active producers with a quality in the hollow that AI leaves"),
    "valley": Variable(PATH, "mass of the hollow's lesser flank less its own: positive if not unimodal"),
}
DISTRIBUTION = {
    "quality": Variable((*PATH, "content_quality"), "density of human content's quality, over all producers"),
    "quality_below": Variable((*PATH, "content_quality"), "share of producers with content up to a quality"),
}
CURVES = {
    "human_payoff": Variable((*PATH, "skill"), "human", panel="payoff by skill", exact=True),
    "unit_cost": Variable((*PATH, "content_quality"), "least unit cost of a quality", exact=True),
}
WITH_AI = {
    "ai_payoff": Variable((*PATH, "skill"), "AI", panel="payoff by skill", exact=True),
    "outside_payoff": Variable((*PATH, "skill"), "exit", panel="payoff by skill", exact=True),
}
CLAIMS = {
    "economies": "economies drawn",
    "three_segments": "economies with exit, AI and human segments at their AI cost",
    "hollow": "economies with three segments and an empty interval above AI quality",
    "two_cutoffs": "economies ordered exit, AI, human (any may be missing)",
    "several_fixed_points": "economies with several AI volumes at rest",
    "falling_map": "economies where the map of AI volumes falls at rest",
    "monotone_without_pollution": "economies where, unpolluted, cheaper AI never costs welfare",
    "adopters": "economies with adopters somewhere in the range of costs",
    "inverted_u": "economies whose welfare, at their own weight, peaks inside the range of costs",
    "inverted_u_moderate": "economies where, at a moderate weight, welfare rises and then falls as AI gets cheaper",
    "falls_beyond": "economies with adopters where, just beyond beta*, cheaper AI never raises welfare",
}
MEANS = {
    "decline": "beta*, 0 where nobody adopts",
    "onset": "least weight at which cheaper AI costs welfare, 0 where nobody adopts",
}
WELFARE = {
    "onset": Variable(
        PATH, "least pollution weight at which cheaper AI costs welfare somewhere", within=("onset_low", "onset_high")
    ),
    "onset_low": Variable(PATH, "weight at which no fall of the cost in the range is found to cost welfare"),
    "onset_high": Variable(PATH, "weight at which one does"),
    "decline": Variable(
        PATH, "beta*: least pollution weight at which cheaper AI always costs welfare",
        within=("decline_low", "decline_high"),
    ),
    "decline_low": Variable(PATH, "weight at which some fall of the cost in the range is a gain"),
    "decline_high": Variable(PATH, "weight at which none is found to be"),
    "decline_cost": Variable(PATH, "AI cost at which welfare last rises"),
    "entry_cost": Variable(PATH, "AI cost at which the first producers adopt"),
    "best_cost": Variable(PATH, "AI cost at which welfare is greatest, at the economy's own weight"),
    "gain_over_before": Variable(PATH, "welfare at the best AI cost less welfare before AI"),
    "gain_over_cheapest": Variable(PATH, "welfare at the best AI cost less welfare at the least"),
    "inverted_u": Variable(PATH, "share of weights between onset and beta* at which welfare rises and then falls"),
    **{
        f"elasticity_{name}": Variable(PATH, f"elasticity of beta* in the {name.replace('_', ' ')}")
        for name in MOVED
    },
}  # fmt: skip
WELFARE = {name: replace(variable, exact=True) for name, variable in WELFARE.items()}


def edges(case: Case) -> np.ndarray:
    """Edges (bins + 1,) of quality bins."""
    return np.linspace(0.0, case.parameters.human_capacity, case.record.bins + 1)


def _variables(case: Case) -> Mapping[str, Variable]:
    view = case.policy
    if isinstance(view, Map):
        over = (*PATH, view.y, view.x)
        return {
            "order": Variable(
                over, "options in order of skill", labels=_mapped(case.parameters, view)[1], exact=True
            ),
            "map_welfare": Variable(over, "welfare", exact=True),
            "map_ai_share": Variable(over, "share of producers who adopt AI", exact=True),
        }  # fmt: skip
    if isinstance(view, Sweep):
        require_pollution(case.parameters)
        for name, values in view.axes(case.parameters).items():
            economy_rows(case.parameters, {name: values})
        return WELFARE | sweep_variables(view)
    if isinstance(view, Economies):
        require_pollution(case.parameters)
        return {name: Variable(PATH, words) for name, words in (CLAIMS | MEANS).items()}
    return MARKET | _distribution(case) | CURVES | (WITH_AI if isinstance(view, After) else {})


@lru_cache(maxsize=64)
def _distribution(case: Case) -> dict[str, Variable]:
    """Quality with what marks it: the hollow of the continuum and, with AI, the mass at AI quality."""
    gap = continuum_hollow(case.parameters)
    found = DISTRIBUTION["quality"]
    if gap is not None:
        found = replace(found, span=(*gap, "the hollow"))
    if isinstance(case.policy, After):
        found = replace(found, spike=(case.parameters.ai_quality, "ai_share"))
    return DISTRIBUTION | {"quality": found}


def sweep_variables(view: Sweep) -> dict[str, Variable]:
    """Curves and maps of a sweep."""
    curve = (*PATH, "ai_cost")
    found = {
        f"welfare_{i}": Variable(curve, f"beta = {weight:g}", panel="welfare") for i, weight in enumerate(view.weights)
    }
    found["regime"] = Variable(
        (*PATH, "pollution_weight", "ai_cost"), "what cheaper AI does to welfare", labels=REGIMES
    )
    found["critical_weight"] = Variable(curve, "best AI cost of each weight", over="regime")
    found["decline_line"] = Variable(curve, "beta*", over="regime")
    if view.against is not None:
        found["best_cost_map"] = Variable((*PATH, "pollution_weight", view.against), "AI cost that is best for welfare")
    for i, axes in enumerate(view.threshold_maps):
        found[f"decline_{i}"] = Variable((*PATH, axes.y, axes.x), f"beta* over {axes.x} and {axes.y}".replace("_", " "))
    return {name: replace(variable, exact=True) for name, variable in found.items()}


def _coordinates(case: Case) -> Arrays:
    view, found = case.policy, {"economy": np.zeros(1)}
    if isinstance(view, Map):
        found |= {view.x: view.values("x"), view.y: view.values("y")}
    elif isinstance(view, Sweep):
        found |= view.axes(case.parameters)
    elif not isinstance(view, Economies):
        grid = edges(case)
        found |= {"content_quality": 0.5 * (grid[1:] + grid[:-1]), "skill": np.linspace(0.0, 1.0, case.record.skills)}
    return found


def _economy(case: Case) -> Parameters:
    available = case.parameters.ai_available and not isinstance(case.policy, Before)
    economy: Parameters = case.parameters.model_copy(update={"ai_available": available})
    return economy


def _market(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    economy = _economy(case)
    found = finite_market(economy, case.population.producers, seed, replicate, edges(case), threads)
    return found | _curves(case, economy)


@lru_cache(maxsize=64)
def _pollution(economy: Parameters) -> float:
    return segments(economy).pollution


def _curves(case: Case, economy: Parameters) -> Arrays:
    """Payoffs by skill in the continuum, and the lower envelope of the two cost curves."""
    places, burden = _coordinates(case), _pollution(economy)
    q = places["content_quality"]
    cost = q**2 / (2.0 * economy.human_efficiency)
    if economy.ai_available:
        cost = np.where(q <= economy.ai_quality, np.minimum(cost, economy.ai_cost * economy.ai_quality), cost)
    found = {"human_payoff": human_profit(economy, places["skill"], burden)[None], "unit_cost": cost[None]}
    if isinstance(case.policy, After):
        found["ai_payoff"] = ai_profit(economy, places["skill"], burden)[None]
        found["outside_payoff"] = np.full((1, places["skill"].size), economy.outside_option)
    return found


@lru_cache(maxsize=16)
def _mapped(parameters: Parameters, view: Map) -> tuple[Arrays, tuple[str, ...]]:
    """A map's variables, and the orders of options that occur on it: classes are numbered among those."""
    found = scan(parameters, {view.y: view.values("y")[:, None], view.x: view.values("x")[None, :]})
    present, order = np.unique(found.order, return_inverse=True)
    arrays = {"order": order.astype(float), "map_welfare": found.welfare, "map_ai_share": found.ai_share}
    shape = (1, view.places, view.places)
    return {name: values.reshape(shape) for name, values in arrays.items()}, tuple(ORDERS[i] for i in present)


def _map(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return _mapped(case.parameters, case.policy)[0]


@once
def _sweep(case: Case) -> Arrays:
    """A sweep is the same in every replicate: computed once."""
    return sweep(case.parameters, case.policy)


def _swept(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return _sweep(case)


def _economies(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """How many economies each claim holds in: successes of independent trials."""
    view = case.policy
    found = economy_properties(draw_economies(case.parameters, view.economies, view.spread, seed, replicate), threads)
    found["economies"] = np.ones(view.economies)
    counts = {name: np.array([float(np.sum(found[name]))]) for name in CLAIMS}
    return counts | {name: np.array([float(np.mean(found[name]))]) for name in MEANS}


RUN: Mapping[type[Frozen], Callable[[Case, int, int, int], Arrays]] = {
    Before: _market,
    After: _market,
    Map: _map,
    Sweep: _swept,
    Economies: _economies,
}


def _simulate(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    return RUN[type(case.policy)](case, seed, replicate, threads)


def _continuum(case: Case) -> Arrays:
    """The deterministic limit of a finite population; a sweep is its own."""
    if isinstance(case.policy, Before | After):
        return continuum_limit(_economy(case))
    return {name: _sweep(case)[name] for name in WELFARE} if isinstance(case.policy, Sweep) else {}


def _limit(name: str, case: Case) -> float:
    """What a market's figure tends to as the population grows."""
    return float(continuum_limit(_economy(case))[name][0])


def _beta_star(case: Case) -> float:
    """beta* in closed form; NaN where it is not decided by the first adopters it is derived for."""
    try:
        return first_adopters_decline(case.parameters)
    except ValueError:
        return float("nan")


MODEL = Model(
    name="supply_shock",
    title="the supply shock's static market: who exits, adopts AI, stays human; pollution and welfare (MODEL 5.1)",
    parameters=Parameters,
    alternatives={"before": Before, "after": After, "map": Map, "sweep": Sweep, "economies": Economies},
    population=Population,
    record=Record,
    variables=_variables,
    coordinates=_coordinates,
    simulate=_simulate,
    mean_field=_continuum,
    predictions={
        **{name: partial(_limit, name) for name in MARKET},
        "beta_star": _beta_star,
    },
    section="markets",
    path="economy",
)
