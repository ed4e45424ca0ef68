"""Supply that responds steeply, and corners of the declared ranges (MODEL 5.1)."""

import numpy as np
import pytest

from mfsolve.models import supply_shock

STEEP = [
    {"pollution_weight": 1e9, "pollution_rate": 1e3},
    {"pollution_weight": 1e6, "pollution_rate": 1e6},
    {"pollution_weight": 1e9, "pollution_rate": 1e6},
    {"adoption_skill_cost": 1e-300, "pollution_rate": 1e6},
]


def burden(parameters, volume):
    return parameters.pollution_weight * np.log1p(parameters.pollution_rate * volume)


@pytest.mark.parametrize("values", STEEP)
def test_steep_supply_responses_rest_where_their_volume_pollutes_as_said(values):
    p = supply_shock.Parameters(**values)
    market, (point,) = supply_shock.segments(p), supply_shock.fixed_points(p)
    assert market.pollution == pytest.approx(burden(p, market.ai_volume), rel=1e-12)
    assert point.pollution == pytest.approx(burden(p, point.ai_volume), rel=1e-12)
    assert point.ai_volume == pytest.approx(market.ai_volume, rel=1e-10)
    assert point.certified
    assert point.stable
    assert market.exit_share + market.ai_share + market.human_share == pytest.approx(1.0, abs=1e-12)
    assert np.isfinite(market.welfare_slope)


def test_elasticities_in_the_unit_of_money_with_an_adoption_cost():
    p = supply_shock.Parameters(adoption_cost=0.01)
    e = supply_shock.elasticities(p)
    money = ("market_size", "reference_cost", "adoption_cost", "adoption_skill_cost", "outside_option")
    assert sum(e[name] for name in money) - e["human_efficiency"] == pytest.approx(1.0, abs=5e-6)


def test_corners_of_the_supply_shock():
    random = np.random.default_rng(20261130)
    ends = {
        "skill_a": (1.0, 2.0, 100.0), "skill_b": (1.0, 2.0, 100.0), "market_size": (1e-3, 1.0, 1e9),
        "pollution_weight": (0.0, 0.0075, 1e9), "pollution_rate": (0.0, 1.0, 1e6), "human_capacity": (1e-3, 1.0, 1e9),
        "human_efficiency": (1e-200, 2.0, 1e9), "ai_quality": (1e-3, 0.55, 1e9), "ai_cost": (1e-9, 0.025, 1e9),
        "reference_cost": (1e-9, 0.1, 1e6), "volume_exponent": (0.0, 1.0, 5.0), "adoption_cost": (0.0, 0.01, 1e9),
        "adoption_skill_cost": (1e-300, 0.05, 1e9), "outside_option": (0.0, 0.09, 1e9),
    }  # fmt: skip
    for _ in range(300):
        p = supply_shock.Parameters(**{name: random.choice(values) for name, values in ends.items()})
        market = supply_shock.segments(p)
        numbers = [x for x in vars(market).values() if isinstance(x, float)]
        assert np.isfinite(numbers).all(), p
        assert market.exit_share + market.ai_share + market.human_share == pytest.approx(1.0, abs=1e-9), p
        assert market.pollution == pytest.approx(burden(p, market.ai_volume), rel=1e-9, abs=1e-300), p
        assert len(supply_shock.fixed_points(p)) >= 1
