"""The arm of the static supply shock that sweeps the AI cost: thresholds of welfare, curves and maps (MODEL 5.1)."""

from collections.abc import Mapping

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments._supply_shock_views import Sweep
from mfsolve.experiments.experiment import Arm, Case, Output
from mfsolve.models.quantities import UNIT
from mfsolve.models.supply_shock.closed_form import first_adopters_decline
from mfsolve.models.supply_shock.cost_sweep import REGIMES, best_cost_map, inverted_u_share, regimes
from mfsolve.models.supply_shock.critical_weights import best_costs, critical_weights
from mfsolve.models.supply_shock.many_economies import economy_rows, scan
from mfsolve.models.supply_shock.threshold_sensitivity import MOVED, elasticities, threshold_map
from mfsolve.models.supply_shock.thresholds import cost_range, require_pollution, thresholds
from mfsolve.spelling import in_words

CALLED = {"skill_a": "first shape of the skill density", "skill_b": "second shape of the skill density"}
"""Words for settings whose names say too little."""


def called(name: str) -> str:
    """Words for a setting of the economy."""
    return CALLED.get(name) or in_words(name)


THRESHOLDS = {
    "onset": Output(
        (), "least pollution weight at which cheaper AI costs welfare somewhere", within=("onset_low", "onset_high")
    ),
    "onset_low": Output((), "weight at which no cost reduction in the range is found to cost welfare"),
    "onset_high": Output((), "weight at which one does"),
    "decline": Output(
        (), "beta*: least pollution weight at which cheaper AI always costs welfare",
        within=("decline_low", "decline_high"),
    ),
    "decline_low": Output((), "weight at which some cost reduction in the range is a gain"),
    "decline_high": Output((), "weight at which none is found to be"),
    "decline_cost": Output((), "AI cost at which welfare last rises"),
    "entry_cost": Output((), "AI cost at which the first producers adopt"),
    "best_cost": Output((), "AI cost at which welfare is greatest, at the economy's pollution weight"),
    "gain_over_before": Output((), "welfare at the best AI cost less welfare before AI"),
    "gain_over_cheapest": Output((), "welfare at the best AI cost less welfare at the least"),
    "inverted_u": Output(
        (), "share of weights between onset and beta* at which welfare rises and then falls", support=UNIT
    ),
    **{f"elasticity_{name}": Output((), f"elasticity of beta* in the {called(name)}") for name in MOVED},
}  # fmt: skip


def check(case: Case) -> None:
    """Refuse an economy without pollution, and axes that leave the range of a parameter."""
    require_pollution(case.parameters)
    for name, values in case.arm.axes(case.parameters).items():
        economy_rows(case.parameters, {name: values})


def solved(case: Case) -> Mapping[str, Output]:
    """Thresholds, elasticities, curves and maps of a sweep."""
    view, curve = case.arm, ("ai_cost",)
    found = dict(THRESHOLDS)
    for i, weight in enumerate(view.weights):
        found[f"welfare_{i}"] = Output(curve, f"beta = {weight:g}", panel="welfare")
    found["regime"] = Output(
        ("pollution_weight", "ai_cost"), "what cheaper AI does to welfare", labels=REGIMES, meanings=("", "good", "bad")
    )
    found["critical_weight"] = Output(curve, "best AI cost of each weight", over="regime")
    found["decline_line"] = Output(curve, "beta*", over="regime")
    if view.against is not None:
        found["best_cost_map"] = Output(("pollution_weight", view.against), "AI cost that is best for welfare")
    for i, axes in enumerate(view.threshold_maps):
        found[f"decline_{i}"] = Output((axes.y, axes.x), f"beta* over {called(axes.x)} and {called(axes.y)}")
    return found


def coordinates(case: Case) -> Arrays:
    """Places along every dimension of the curves and maps."""
    found: Arrays = case.arm.axes(case.parameters)
    return found


def solve(case: Case, threads: int) -> Arrays:
    """Thresholds of welfare over a range of AI costs, their elasticities, curves and maps."""
    p, view = case.parameters, case.arm
    ends = cheapest, dearest = cost_range(p, view.cheapest, view.dearest)
    found, places = thresholds(p, cheapest, dearest, threads), view.axes(p)
    costs, weights = places["ai_cost"], places["pollution_weight"]
    best, welfare = best_costs(economy_rows(p), np.array([cheapest]), np.array([dearest]))
    values = {
        "onset": found.onset, "onset_low": found.onset_bracket[0], "onset_high": found.onset_bracket[1],
        "decline": found.decline, "decline_low": found.decline_bracket[0], "decline_high": found.decline_bracket[1],
        "decline_cost": found.decline_cost, "entry_cost": found.entry_cost,
        "best_cost": best[0],
        "gain_over_before": (welfare - scan(p, {"ai_available": 0.0}).welfare)[0],
        "gain_over_cheapest": (welfare - scan(p, {"ai_cost": cheapest}).welfare)[0],
        "inverted_u": inverted_u_share(p, found, ends, threads),
        **{f"elasticity_{name}": x for name, x in elasticities(p, cheapest, dearest, threads).items()},
        "regime": regimes(p, weights, costs, threads),
        "critical_weight": critical_weights(economy_rows(p, {"ai_cost": costs}), threads)[1],
        "decline_line": np.full(costs.size, found.decline),
    }  # fmt: skip
    for i, weight in enumerate(view.weights):
        values[f"welfare_{i}"] = scan(p, {"pollution_weight": weight, "ai_cost": costs}).welfare
    if view.against is not None:
        values["best_cost_map"] = best_cost_map(p, weights, view.against, places[view.against], ends, threads)
    for i, axes in enumerate(view.threshold_maps):
        found_map = threshold_map(p, (axes.y, places[axes.y]), (axes.x, places[axes.x]), cheapest, dearest, threads)
        values[f"decline_{i}"] = found_map["decline"].values
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def beta_star(case: Case) -> float:
    """beta* in closed form; NaN where it is not decided by the first adopters it is derived for."""
    try:
        return first_adopters_decline(case.parameters)
    except ValueError:
        return float("nan")


TOY_MAP = {
    "x": "outside_option", "x_range": [0.05, 0.11], "y": "adoption_skill_cost", "y_range": [0.02, 0.08], "places": 4,
}  # fmt: skip
SWEEP_ARM = Arm(
    Sweep, solve=solve, solved=solved, coordinates=coordinates, check=check,
    toy={"places": 10, "threshold_maps": [TOY_MAP]},
)  # fmt: skip
