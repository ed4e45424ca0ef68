"""Welfare as AI gets cheaper: monotone gains, the inverted U (MODEL 5.1)."""

import numpy as np
from support.supply_shock import default_thresholds

from mfsolve.models.supply_shock import Parameters, scan

DEFAULT = Parameters()
COSTS = np.geomspace(0.1, 0.005, 60)


def welfare(weight, costs=COSTS):
    return scan(DEFAULT, {"ai_cost": costs, "pollution_weight": weight}).welfare


def test_without_pollution_every_fall_of_the_cost_raises_welfare():
    assert (np.diff(welfare(0.0)) >= -1e-15).all()
    # and not for these parameters only: who moves moves to the greater sales profit
    r = np.random.default_rng(4)
    names = (
        "ai_quality",
        "human_efficiency",
        "outside_option",
        "adoption_skill_cost",
        "skill_a",
        "skill_b",
        "human_capacity",
    )
    columns = {
        name: np.maximum(getattr(DEFAULT, name) * r.uniform(0.5, 1.8, (1000, 1)), 1.0 if "skill_" in name[:6] else 0.0)
        for name in names
    }
    found = scan(DEFAULT, {**columns, "ai_cost": COSTS, "pollution_weight": 0.0})
    assert (np.diff(found.welfare.reshape(1000, -1), axis=1) >= -1e-14).all()


def test_inverted_u_at_the_default_weight():
    w = welfare(DEFAULT.pollution_weight)
    best = int(np.argmax(w))
    assert 0 < best < w.size - 1
    assert default_thresholds().onset < DEFAULT.pollution_weight < default_thresholds().decline
    assert (np.diff(w[: best + 1]) >= -1e-15).all()
    assert (np.diff(w[best:]) < 0).all()
