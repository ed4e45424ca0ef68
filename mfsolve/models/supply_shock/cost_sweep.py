"""Welfare as AI gets cheaper: regimes by pollution weight, the inverted U, the best cost (MODEL 5.1)."""

import numpy as np

from mfsolve.arrays import Floats

from .critical_weights import adoption_ceiling, best_costs
from .many_economies import economy_rows, scan
from .parameters import Parameters
from .random_economies import rises_then_falls
from .thresholds import Thresholds

REGIMES = ("nobody adopts", "cheaper AI raises welfare", "cheaper AI lowers welfare")


def regimes(parameters: Parameters, weights: Floats, costs: Floats, threads: int = 1) -> Floats:
    """Regimes, as places in REGIMES, by pollution weights (n,) and AI costs (m,).

    Returns
    -------
    array (n, m)
    """
    found = scan(parameters, {"pollution_weight": weights[:, None], "ai_cost": costs[None, :]}, threads=threads)
    regime = np.where(found.ai_share <= 0.0, 0.0, np.where(found.welfare_slope <= 0.0, 1.0, 2.0))
    return np.asarray(regime.reshape(weights.size, costs.size))


def best_cost_map(
    parameters: Parameters, weights: Floats, name: str, values: Floats, costs: tuple[float, float], threads: int = 1
) -> Floats:
    """AI cost at which welfare is greatest, by pollution weights (n,) and values (m,) of another parameter.

    Parameters
    ----------
    parameters
        Values of everything else.
    weights, name, values
        Pollution weights, and the other parameter with its values.
    costs
        Least and greatest AI cost.
    threads
        Threads, in [1, 1024]; the result does not depend on it.

    Returns
    -------
    array (n, m)
        NaN where nobody adopts at any cost of the range.
    """
    table = economy_rows(parameters, {"pollution_weight": weights[:, None], name: values[None, :]})
    low, high = (np.full(len(table), cost) for cost in costs)
    nobody = adoption_ceiling(parameters, {name: values}) <= costs[0]
    best = best_costs(table, low, high, threads)[0].reshape(weights.size, values.size)
    return np.asarray(np.where(nobody, np.nan, best))


def inverted_u_share(parameters: Parameters, found: Thresholds, costs: tuple[float, float], threads: int = 1) -> float:
    """Share of 60 weights between onset and beta* at which welfare rises, then falls, over 400 falls of the cost.

    NaN where there is no weight in between. `costs` is the range (least, greatest) that the thresholds belong to.
    """
    if not 0.0 < found.onset < found.decline:
        return float("nan")
    weights = np.geomspace(found.onset, found.decline, 62)[1:-1]
    path = np.geomspace(costs[1], costs[0], 401)
    columns = {"pollution_weight": weights[:, None], "ai_cost": path[None, :]}
    welfare = scan(parameters, columns, threads=threads).welfare.reshape(weights.size, path.size)
    return float(rises_then_falls(np.diff(welfare, axis=1)).mean())
