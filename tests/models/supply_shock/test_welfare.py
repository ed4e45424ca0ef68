"""Welfare against the cost of AI: monotone, inverted U, decline; the thresholds between, and where defaults come from."""

import numpy as np
import pytest

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, first_adopters_decline, scan, thresholds
from mfsolve.models.supply_shock import critical_weights as critical
from mfsolve.models.supply_shock import default_search as defaults
from mfsolve.models.supply_shock import threshold_sensitivity as threshold_maps
from mfsolve.models.supply_shock.many_economies import economy_rows

DEFAULT = Parameters()
COSTS = np.geomspace(0.1, 0.005, 60)
FOUND = thresholds(DEFAULT)


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
    assert FOUND.onset < DEFAULT.pollution_weight < FOUND.decline
    assert (np.diff(w[: best + 1]) >= -1e-15).all()
    assert (np.diff(w[best:]) < 0).all()


def test_the_best_cost_is_where_the_slope_vanishes():
    costs, best = critical.best_costs(economy_rows(DEFAULT), np.array([0.005]), np.array([0.1]))
    below, above = (scan(DEFAULT, {"ai_cost": costs * (1.0 + h)}) for h in (-1e-8, 1e-8))
    assert below.welfare_slope > 0.0 > above.welfare_slope
    assert best >= welfare(DEFAULT.pollution_weight, np.geomspace(0.1, 0.005, 4001)).max()
    # without pollution it is the cheapest
    end, _ = critical.best_costs(economy_rows(DEFAULT, {"pollution_weight": 0.0}), np.array([0.005]), np.array([0.1]))
    assert end == 0.005


def test_thresholds_part_the_regimes():
    for factor, falls in ((0.999, False), (1.001, True)):
        fine = np.geomspace(FOUND.entry_cost * 0.9999, 0.005, 3000)
        steps = np.diff(welfare(FOUND.decline * factor, fine))
        assert bool((steps < 0).all()) is falls
        steps = np.diff(welfare(FOUND.onset * factor, np.geomspace(0.1, 0.005, 3000)))
        assert bool((steps >= -1e-15).all()) is not falls


def test_beta_star_to_a_millionth_against_the_closed_form():
    r = np.random.default_rng(5)
    names = (
        "ai_quality",
        "human_efficiency",
        "outside_option",
        "adoption_skill_cost",
        "skill_a",
        "skill_b",
        "pollution_rate",
    )
    for _ in range(6):
        p = DEFAULT.model_copy(update={name: getattr(DEFAULT, name) * r.uniform(0.95, 1.05) for name in names})
        found = thresholds(p)
        assert found.decline == pytest.approx(first_adopters_decline(p), rel=1e-6)
        assert found.decline_cost == pytest.approx(found.entry_cost, rel=1e-8)


def test_brackets_enclose_and_their_ends_have_the_signs_they_say():
    closed = first_adopters_decline(DEFAULT)
    assert FOUND.decline_bracket[0] < closed < FOUND.decline_bracket[1]
    for low, high in (FOUND.onset_bracket, FOUND.decline_bracket):
        assert 0.0 < high - low < 1e-6 * low
    other = np.geomspace(FOUND.entry_cost * (1.0 - 1e-10), 0.005, 777)  # none of those the search looked at

    def welfare_slopes(weight, costs):
        return scan(DEFAULT, {"ai_cost": costs, "pollution_weight": weight}).welfare_slope

    assert welfare_slopes(FOUND.decline_bracket[0], [FOUND.decline_cost]) < 0.0
    assert (welfare_slopes(FOUND.decline_bracket[1], other) > 0.0).all()
    assert welfare_slopes(FOUND.onset_bracket[1], [FOUND.onset_cost]) > 0.0
    assert (welfare_slopes(FOUND.onset_bracket[0], other) < 0.0).all()


def test_a_candidate_that_others_exceed_gives_way():
    """A peak of the critical weight that lies between the costs of the first round is found by the check."""
    p = Parameters(
        skill_a=2.05, skill_b=2.24, market_size=0.904, pollution_rate=0.927, human_capacity=1.155, ai_quality=0.651,
        reference_cost=0.0856, volume_exponent=1.113, adoption_skill_cost=0.0495, outside_option=0.104,
    )  # fmt: skip
    row, ends = economy_rows(p), (np.array([p.reference_cost / 20.0]), np.array([p.reference_cost]))
    coarse = critical.many_thresholds(row, *ends, search=critical.Search(24, 4, 34))[0]
    found = thresholds(p)
    assert found.decline > coarse[1] * (1.0 + 1e-6)
    assert found.decline_bracket[0] < found.decline < found.decline_bracket[1]
    # the first adopters are the most skilled, of whom there are none: the onset is 0, and nothing encloses it
    first = p.model_copy(update={"ai_cost": found.entry_cost * 0.999, "pollution_weight": 0.0})
    assert supply_shock.segments(first).options == ("exit", "human", "ai")
    assert np.isnan(found.onset_bracket).all()


def test_onset_vanishes_with_the_cheapest_cost():
    onsets = [thresholds(DEFAULT, cheapest).onset for cheapest in (0.02, 0.005, 0.001)]
    assert onsets[0] > 3.0 * onsets[1] > 9.0 * onsets[2]
    assert thresholds(DEFAULT, 0.001).onset_cost == 0.001


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


def test_scaling_laws():
    # the first adopters' pollution is beta eta D; a weaker curvature of the logarithm leaves the decision with them
    half = thresholds(DEFAULT.model_copy(update={"pollution_rate": 0.5}))
    assert half.decline == pytest.approx(2.0 * FOUND.decline, rel=1e-7)
    z = 1.7  # every sum of money by z at unchanged qualities
    p = DEFAULT
    money = p.model_copy(
        update={
            "market_size": z * p.market_size,
            "ai_cost": z * p.ai_cost,
            "reference_cost": z * p.reference_cost,
            "human_efficiency": p.human_efficiency / z,
            "adoption_skill_cost": z * p.adoption_skill_cost,
            "outside_option": z * p.outside_option,
        }
    )
    scaled = thresholds(money)
    assert scaled.decline == pytest.approx(z * FOUND.decline, rel=1e-7)
    assert scaled.onset == pytest.approx(z * FOUND.onset, rel=1e-7)
    assert scaled.entry_cost == pytest.approx(z * FOUND.entry_cost, rel=1e-12)


def test_beyond_the_closed_form():
    with pytest.raises(ValueError, match="first adopters"):
        first_adopters_decline(DEFAULT.model_copy(update={"outside_option": 0.0}))
    # volume that hardly grows: welfare last rises after the first adopters
    p = DEFAULT.model_copy(update={"volume_exponent": 0.2})
    found = thresholds(p)
    assert found.decline > first_adopters_decline(p) * (1 + 1e-4)
    assert found.decline_cost < 0.99 * found.entry_cost


def test_no_adoption_in_range_and_bad_ranges():
    assert np.isnan(thresholds(DEFAULT, 0.08, 0.1).decline)
    with pytest.raises(ValueError, match="cheapest, dearest"):
        thresholds(DEFAULT, 0.1, 0.05)
    with pytest.raises(ValueError, match="ai_available"):
        thresholds(DEFAULT.model_copy(update={"ai_available": False}))
    with pytest.raises(ValueError, match="pollution_rate"):
        thresholds(DEFAULT.model_copy(update={"pollution_rate": 0.0}))


def test_map_of_thresholds():
    table = supply_shock.threshold_map(DEFAULT, ("outside_option", [0.08, 0.09]), ("adoption_skill_cost", [0.05]))
    assert float(table.decline.sel(outside_option=0.09).item()) == pytest.approx(FOUND.decline, rel=1e-3)
    assert float(table.decline.sel(outside_option=0.08).item()) > FOUND.decline


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
    assert float(table.decline.item()) == pytest.approx(FOUND.decline, rel=1e-3)


def test_the_defaults_are_what_the_search_finds():
    # the winner and some economies with larger hollows, among others
    lattice = {
        "skill_a": (2.0, 4.0), "skill_b": (2.0, 3.0), "human_efficiency": (1.5, 2.0), "ai_quality": (0.45, 0.5, 0.55, 0.6),
        "adoption_skill_cost": (0.03, 0.05), "adoption_cost": (0.0, 0.01), "outside_option": (0.08, 0.09, 0.1),
        "pollution_weight": (0.0075,),
    }  # fmt: skip
    best, *others = supply_shock.search(lattice, threads=2)
    values = best.parameters.model_dump()
    for name, value in DEFAULT.model_dump().items():
        assert values[name] == pytest.approx(value, rel=1e-12), name
    assert best.hollow_share == pytest.approx(supply_shock.hollow_share(DEFAULT), rel=1e-9)
    assert all(other.hollow_share < best.hollow_share for other in others)
    fragile = DEFAULT.model_copy(
        update={
            "human_efficiency": 1.5,
            "ai_quality": 0.45,
            "adoption_skill_cost": 0.03,
            "outside_option": 0.08,
            "ai_cost": 0.03,
        }
    )
    assert supply_shock.hollow_share(fragile) > best.hollow_share
    assert not defaults.is_robust(fragile)
