"""Welfare against the cost of AI: monotone, inverted U, decline; the thresholds between, and where defaults come from."""

import numpy as np
import pytest

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, defaults, first_adopters_decline, scan, thresholds

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


def test_thresholds_part_the_regimes():
    for factor, falls in ((0.999, False), (1.001, True)):
        fine = np.geomspace(FOUND.adoption_cost * 0.9999, 0.005, 3000)
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
        assert found.decline_cost == pytest.approx(found.adoption_cost, rel=1e-8)


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
    assert scaled.adoption_cost == pytest.approx(z * FOUND.adoption_cost, rel=1e-12)


def test_beyond_the_closed_form():
    with pytest.raises(ValueError, match="first adopters"):
        first_adopters_decline(DEFAULT.model_copy(update={"outside_option": 0.0}))
    # volume that hardly grows: welfare last rises after the first adopters
    p = DEFAULT.model_copy(update={"volume_exponent": 0.2})
    found = thresholds(p)
    assert found.decline > first_adopters_decline(p) * (1 + 1e-4)
    assert found.decline_cost < 0.99 * found.adoption_cost


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
    assert float(table.decline.sel(outside_option=0.09).item()) == pytest.approx(FOUND.decline, rel=1e-9)
    assert float(table.decline.sel(outside_option=0.08).item()) > FOUND.decline


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
