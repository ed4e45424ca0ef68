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


def test_penalties_and_profits_of_columns():
    D, q = np.array([0.0, 0.5, 3.0]), np.array([0.5, 1.0, 2.0])
    out = np.empty(3)
    layout.pollution_penalties(D, 0.3, 2.0, out)
    np.testing.assert_allclose(out, 0.3 * np.log1p(2.0 * D), rtol=1e-15)
    C, B = np.array([0.1, 0.2, 3.0]), np.array([0.0, 0.3, 0.5])
    layout.sales_profits(q, C, B, 1.5, out)  # the last loses money on every sale, and sells none
    np.testing.assert_allclose(out, [0.65**2 / 3, 1.0 / 6, 0.0], rtol=1e-15)


def test_best_quality_is_the_root_of_its_equation():
    p, burden = Parameters(market_size=1.5, human_efficiency=0.8), np.array([0.0, 0.2, 3.0])
    q = payoffs.best_quality(p, burden)
    assert q[0] == 0.8
    np.testing.assert_allclose(1.5 * q**2 / 0.8, 1.5 * q + burden, rtol=1e-14)
