"""Welfare as AI gets cheaper, for several pollution weights; what parts rise from fall; maps of beta* (MODEL 5.1)."""

import numpy as np

from mfsolve.models.model import Arrays

from .parameters import Parameters
from .scan import rows, scan
from .settings import Sweep
from .thresholds import adoption_ceiling, best_costs, cost_range, critical_weights, threshold_map, thresholds

REGIMES = ("nobody adopts", "cheaper AI raises welfare", "cheaper AI lowers welfare")


def sweep(parameters: Parameters, view: Sweep) -> Arrays:
    """Everything a sweep reports, arrays with a first dimension of 1."""
    p = parameters
    cheapest, dearest = cost_range(p, view.cheapest, view.dearest)
    found = thresholds(p, cheapest, dearest)
    places = view.axes(p)
    costs, weights = places["ai_cost"], places["pollution_weight"]
    best, welfare = best_costs(rows(p), np.array([cheapest]), np.array([dearest]))
    before = scan(p, {"ai_available": 0.0}).welfare
    least = scan(p, {"ai_cost": cheapest}).welfare
    slopes = scan(p, {"pollution_weight": weights[:, None], "ai_cost": costs[None, :]})
    regime = np.where(slopes.ai_share <= 0.0, 0.0, np.where(slopes.welfare_slope <= 0.0, 1.0, 2.0))
    out: Arrays = {
        "onset": np.array([found.onset]),
        "decline": np.array([found.decline]),
        "decline_cost": np.array([found.decline_cost]),
        "entry_cost": np.array([found.adoption_cost]),
        "best_cost": best,
        "gain_over_before": welfare - before,
        "gain_over_cheapest": welfare - least,
        "regime": regime.reshape(1, weights.size, costs.size),
        "critical_weight": critical_weights(rows(p, {"ai_cost": costs}))[1][None],
        "decline_line": np.full((1, costs.size), found.decline),
    }
    for i, weight in enumerate(view.weights):
        out[f"welfare_{i}"] = scan(p, {"pollution_weight": weight, "ai_cost": costs}).welfare[None]
    if view.against is not None:
        other = places[view.against]
        table = rows(p, {view.against: other[:, None], "pollution_weight": weights[None, :]})
        ends = np.full((2, len(table)), [[cheapest], [dearest]])
        nobody = adoption_ceiling(p, {view.against: other})[:, None] <= cheapest
        best_of = np.where(nobody, np.nan, best_costs(table, *ends)[0].reshape(other.size, weights.size))
        out["best_cost_map"] = best_of[None]
    for i, axes in enumerate(view.threshold_maps):
        found_map = threshold_map(p, (axes.y, places[axes.y]), (axes.x, places[axes.x]), cheapest, dearest)
        out[f"decline_{i}"] = found_map["decline"].values[None]
    return out
