"""Welfare as AI gets cheaper, for several pollution weights; what parts rise from fall; maps of beta* (MODEL 5.1)."""

import numpy as np

from mfsolve.arrays import Arrays

from .critical_weights import adoption_ceiling, best_costs, critical_weights
from .many_economies import economy_rows, scan
from .parameters import Parameters
from .random_economies import rises_then_falls
from .settings import Sweep
from .threshold_sensitivity import elasticities, threshold_map
from .thresholds import Thresholds, cost_range, thresholds

REGIMES = ("nobody adopts", "cheaper AI raises welfare", "cheaper AI lowers welfare")


def sweep(parameters: Parameters, view: Sweep) -> Arrays:
    """Everything a sweep reports, arrays with a first dimension of 1."""
    p = parameters
    cheapest, dearest = cost_range(p, view.cheapest, view.dearest)
    found = thresholds(p, cheapest, dearest)
    places = view.axes(p)
    costs, weights = places["ai_cost"], places["pollution_weight"]
    best, welfare = best_costs(economy_rows(p), np.array([cheapest]), np.array([dearest]))
    before = scan(p, {"ai_available": 0.0}).welfare
    least = scan(p, {"ai_cost": cheapest}).welfare
    slopes = scan(p, {"pollution_weight": weights[:, None], "ai_cost": costs[None, :]})
    regime = np.where(slopes.ai_share <= 0.0, 0.0, np.where(slopes.welfare_slope <= 0.0, 1.0, 2.0))
    out: Arrays = {
        "onset": np.array([found.onset]),
        "onset_low": np.array([found.onset_bracket[0]]),
        "onset_high": np.array([found.onset_bracket[1]]),
        "decline": np.array([found.decline]),
        "decline_low": np.array([found.decline_bracket[0]]),
        "decline_high": np.array([found.decline_bracket[1]]),
        "decline_cost": np.array([found.decline_cost]),
        "entry_cost": np.array([found.entry_cost]),
        "best_cost": best,
        "gain_over_before": welfare - before,
        "gain_over_cheapest": welfare - least,
        "inverted_u": np.array([_inverted_u(p, found, cheapest, dearest)]),
        **{f"elasticity_{name}": np.array([x]) for name, x in elasticities(p, cheapest, dearest).items()},
        "regime": regime.reshape(1, weights.size, costs.size),
        "critical_weight": critical_weights(economy_rows(p, {"ai_cost": costs}))[1][None],
        "decline_line": np.full((1, costs.size), found.decline),
    }
    for i, weight in enumerate(view.weights):
        out[f"welfare_{i}"] = scan(p, {"pollution_weight": weight, "ai_cost": costs}).welfare[None]
    if view.against is not None:
        other = places[view.against]
        table = economy_rows(p, {"pollution_weight": weights[:, None], view.against: other[None, :]})
        ends = np.full((2, len(table)), [[cheapest], [dearest]])
        nobody = adoption_ceiling(p, {view.against: other}) <= cheapest
        best_of = np.where(nobody, np.nan, best_costs(table, *ends)[0].reshape(weights.size, other.size))
        out["best_cost_map"] = best_of[None]
    for i, axes in enumerate(view.threshold_maps):
        found_map = threshold_map(p, (axes.y, places[axes.y]), (axes.x, places[axes.x]), cheapest, dearest)
        out[f"decline_{i}"] = found_map["decline"].values[None]
    return out


def _inverted_u(p: Parameters, found: Thresholds, cheapest: float, dearest: float) -> float:
    """Share of 60 weights between onset and beta* at which welfare rises, then falls, over 400 falls of the cost."""
    if not 0.0 < found.onset < found.decline:
        return float("nan")
    weights = np.geomspace(found.onset, found.decline, 62)[1:-1]
    costs = np.geomspace(dearest, cheapest, 401)
    welfare = scan(p, {"pollution_weight": weights[:, None], "ai_cost": costs[None, :]}).welfare
    return float(rises_then_falls(np.diff(welfare.reshape(weights.size, costs.size), axis=1)).mean())
