"""Searches over weights and costs (MODEL 5.1)."""

import numpy as np

from mfsolve.models.supply_shock import Parameters, scan
from mfsolve.models.supply_shock import critical_weights as critical
from mfsolve.models.supply_shock.many_economies import economy_rows

DEFAULT = Parameters()
COSTS = np.geomspace(0.1, 0.005, 60)


def welfare(weight, costs=COSTS):
    return scan(DEFAULT, {"ai_cost": costs, "pollution_weight": weight}).welfare


def test_the_best_cost_is_where_the_slope_vanishes():
    costs, best = critical.best_costs(economy_rows(DEFAULT), np.array([0.005]), np.array([0.1]))
    below, above = (scan(DEFAULT, {"ai_cost": costs * (1.0 + h)}) for h in (-1e-8, 1e-8))
    assert below.welfare_slope > 0.0 > above.welfare_slope
    assert best >= welfare(DEFAULT.pollution_weight, np.geomspace(0.1, 0.005, 4001)).max()
    # without pollution it is the cheapest
    end, _ = critical.best_costs(economy_rows(DEFAULT, {"pollution_weight": 0.0}), np.array([0.005]), np.array([0.1]))
    assert end == 0.005


def test_nobody_adopts_from_the_ceiling_on():
    ceiling = critical.adoption_ceiling(DEFAULT)
    below, above = (scan(DEFAULT, {"ai_cost": ceiling * (1.0 + h)}).ai_share[0] for h in (-1e-3, 1e-9))
    assert below > 0.0 == above
