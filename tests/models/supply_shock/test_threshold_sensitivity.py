"""Elasticities and maps of beta* (MODEL 5.1)."""

import numpy as np
import pytest
from support.supply_shock import default_thresholds

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, first_adopters_decline
from mfsolve.models.supply_shock import threshold_sensitivity as threshold_maps

DEFAULT = Parameters()


@pytest.mark.slow
def test_elasticities_against_the_closed_form_and_the_units_of_measurement():
    e = supply_shock.elasticities(DEFAULT)
    assert len(e) == 12
    h = 1e-3
    for name, found in e.items():
        value = float(getattr(DEFAULT, name))
        if value > 0.0:  # the differences of the search, of the closed form
            at = [
                np.log(first_adopters_decline(DEFAULT.model_copy(update={name: value * (1 + k * h)})))
                for k in (-2, -1, 1, 2)
            ]
            assert found == pytest.approx((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h), abs=1e-6), name
    money = ("market_size", "reference_cost", "adoption_skill_cost", "outside_option")  # beta* is a sum of money
    assert sum(e[name] for name in money) - e["human_efficiency"] == pytest.approx(1.0, abs=4e-6)
    quality = e["human_capacity"] + e["ai_quality"] + 2 * e["human_efficiency"]  # and does not depend on quality's unit
    assert quality - e["market_size"] - e["reference_cost"] == pytest.approx(0.0, abs=4e-6)
    assert e["pollution_rate"] == -1.0
    # k0 acts on the first adopters as a shift of what adoption costs them, here in shares of k1
    up = first_adopters_decline(DEFAULT.model_copy(update={"adoption_cost": 1e-6}))
    assert e["adoption_cost"] == pytest.approx(np.log(up / first_adopters_decline(DEFAULT)) / 2e-5, rel=1e-4)


def test_map_of_thresholds():
    table = supply_shock.threshold_map(DEFAULT, ("outside_option", [0.08, 0.09]), ("adoption_skill_cost", [0.05]))
    assert float(table.decline.sel(outside_option=0.09).item()) == pytest.approx(default_thresholds().decline, rel=1e-3)
    assert float(table.decline.sel(outside_option=0.08).item()) > default_thresholds().decline


def test_weights_that_leave_no_adopter_do_not_pass_for_turning_points():
    """Where hardly anybody adopts, rounding loses the adopters of some weights: the slope is 0 there."""
    costs = np.linspace(0.0, 0.02, 32)[::2][:15] + 0.02 / 31  # up to where nobody adopts
    table = supply_shock.threshold_map(DEFAULT, ("adoption_cost", costs), ("reference_cost", [0.08, 0.16]), 0.005, 0.1)
    for cost, row in zip(costs, table.decline.values):
        for reference, found in zip((0.08, 0.16), row):
            p = DEFAULT.model_copy(update={"adoption_cost": float(cost), "reference_cost": reference})
            assert found == pytest.approx(first_adopters_decline(p), rel=1e-3)


@pytest.mark.parametrize("name", threshold_maps.MOVED)
def test_every_parameter_can_be_an_axis(name):
    other = "skill_a" if name != "skill_a" else "skill_b"
    value = getattr(DEFAULT, name)
    table = supply_shock.threshold_map(DEFAULT, (name, [value]), (other, [2.0]))
    assert float(table.decline.item()) == pytest.approx(default_thresholds().decline, rel=1e-3)
