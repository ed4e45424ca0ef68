"""Columns of an economy, and payoffs against the twin (MODEL 5.1)."""

import numpy as np
from mfsolve.kernels.supply_shock import economy as layout
from naive import supply_shock as naive

from mfsolve.models.supply_shock import Parameters, payoffs
from mfsolve.models.supply_shock.many_economies import COLUMNS

COLUMN = naive.economies(20_000, 1)


def economy(i):
    return Parameters(**{name: float(values[i]) for name, values in COLUMN.items()})


def test_columns_are_the_parameters_that_the_kernels_take_them_for():
    places = {
        "skill_a": layout.SHAPE_A, "skill_b": layout.SHAPE_B, "market_size": layout.SIZE,
        "pollution_weight": layout.WEIGHT, "pollution_rate": layout.RATE, "human_capacity": layout.CAPACITY,
        "human_efficiency": layout.EFFICIENCY, "ai_quality": layout.QUALITY, "ai_cost": layout.COST,
        "reference_cost": layout.REFERENCE, "volume_exponent": layout.EXPONENT, "adoption_cost": layout.ADOPTION,
        "adoption_skill_cost": layout.SLOPE, "outside_option": layout.OUTSIDE, "ai_available": layout.AVAILABLE,
    }  # fmt: skip
    assert {name: COLUMNS.index(name) for name in COLUMNS} == places
    assert len(places) == layout.COLUMNS


def test_payoffs_against_the_twin():
    skill, burden = np.linspace(0.0, 1.0, 41)[:, None], np.array([0.0, 0.003, 0.1, 3.0])
    for i in range(200):
        p = economy(i)
        human, ai, sales = naive.payoffs(p, skill, burden)
        np.testing.assert_allclose(payoffs.human_profit(p, skill, burden), human, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(payoffs.ai_profit(p, skill, burden), ai, rtol=1e-12, atol=1e-15)
        own = payoffs.sales_profit(p.ai_quality, p.ai_cost * p.ai_quality, burden, p.market_size)
        np.testing.assert_allclose(own, sales, rtol=1e-12, atol=1e-15)
