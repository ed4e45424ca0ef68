"""The static market at rest: oracles, degenerate orders, several fixed points (MODEL 5.1)."""

import numpy as np
import pytest
from naive import supply_shock as naive

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import Parameters, fixed_points, segments
from mfsolve.models.supply_shock.quality_distribution import quality

DEFAULT = Parameters()
TRAP = Parameters(
    skill_a=2.8, skill_b=6.5, pollution_weight=1.28, pollution_rate=0.076, human_efficiency=2.07, ai_quality=1.25,
    ai_cost=0.82, reference_cost=13.5, volume_exponent=0.73, adoption_skill_cost=0.0004, outside_option=0.0004,
)  # fmt: skip


def changed(**values):
    return DEFAULT.model_copy(update=values)


def test_defaults_have_three_segments_and_a_hollow():
    market = segments(DEFAULT)
    assert market.options == ("exit", "ai", "human")
    assert 0.0 < market.lower_cutoff < market.upper_cutoff < 1.0
    assert DEFAULT.human_capacity * market.upper_cutoff > DEFAULT.ai_quality
    assert market.exit_share + market.ai_share + market.human_share == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(
    "values", [{}, {"pollution_weight": 0.0}, {"skill_a": 3.5, "skill_b": 1.7}, {"human_capacity": 1.6},
               {"outside_option": 0.0, "pollution_weight": 0.05}, {"ai_available": False}]
)  # fmt: skip
def test_against_scipy(values):
    p = changed(**values)
    market, twin = segments(p), naive.segments(p)
    assert [("exit", "ai", "human")[o] for o in twin["option"]] == list(market.options)
    # the twin's crossing where a payoff leaves 0 flat is a cell of its grid off
    loose = 1e-4 if p.outside_option == 0.0 else 1e-12
    np.testing.assert_allclose(market.boundaries, twin["ends"], rtol=0, atol=loose)
    for name, value in (("pollution", twin["pollution"]), ("ai_volume", twin["ai_volume"]), ("profits", twin["profits"]),
                        ("consumer_surplus", twin["surplus"]), ("welfare", twin["welfare"])):  # fmt: skip
        assert getattr(market, name) == pytest.approx(value, abs=1e-11), name
    np.testing.assert_allclose(
        (market.exit_share, market.ai_share, market.human_share), twin["shares"], atol=max(loose, 1e-12)
    )


def test_the_fixed_point_to_rounding():
    market = segments(DEFAULT)
    burden = DEFAULT.pollution_weight * np.log1p(DEFAULT.pollution_rate * market.ai_volume)
    assert market.pollution == pytest.approx(burden, rel=1e-13)
    assert market.ai_volume == pytest.approx(supply_shock.volume(DEFAULT) * market.ai_share, rel=1e-14)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({"outside_option": 0.2}, ("exit",)),
        ({"ai_cost": 0.9}, ("exit", "human")),
        ({"human_capacity": 0.3}, ("exit", "ai")),
        ({"human_capacity": 0.3, "outside_option": 0.01, "pollution_weight": 0.0}, ("ai",)),
        ({"outside_option": 0.05, "pollution_weight": 0.0}, ("ai", "human")),
        ({"ai_available": False, "outside_option": 0.0, "pollution_weight": 0.0}, ("human",)),
        ({"adoption_skill_cost": 0.3, "adoption_cost": 0.0, "ai_quality": 0.8}, ("exit", "human", "ai")),
    ],
)
def test_degenerate_orders(values, options):
    market = segments(changed(**values))
    assert market.options == options
    assert market.two_cutoffs is (options != ("exit", "human", "ai"))
    if "ai" not in options:
        assert market.ai_volume == market.pollution == market.ai_share == 0.0
        if "human" in options:
            assert market.lower_cutoff == market.upper_cutoff
    if "human" not in options or options[-1] == "ai":
        assert market.upper_cutoff == 1.0


def test_several_fixed_points():
    found = fixed_points(TRAP)
    assert [f.stable for f in found] == [True, False, True]
    assert all(f.certified for f in found)
    assert segments(TRAP).ai_volume == pytest.approx(found[0].ai_volume, rel=1e-10)
    for f in found:  # SciPy agrees that these are fixed points
        volume = supply_shock.volume(TRAP)
        assert volume * naive.adopters(TRAP, f.pollution) == pytest.approx(f.ai_volume, rel=1e-9)


def test_one_fixed_point_by_default():
    (only,) = fixed_points(DEFAULT)
    market = segments(DEFAULT)
    assert only.ai_volume == pytest.approx(market.ai_volume, rel=1e-13)
    assert only.map_slope == pytest.approx(market.map_slope, rel=1e-9)
    assert only.map_slope < 0.0


def test_humans_above_ai_quality_make_the_map_fall():
    # at a boundary with humans above AI in quality sales profits are ordered by unit margins: AI loses more
    r = np.random.default_rng(3)
    names = ("ai_quality", "human_efficiency", "outside_option", "adoption_skill_cost", "pollution_weight", "ai_cost")
    columns = {name: getattr(DEFAULT, name) * r.uniform(0.5, 2.0, 20_000) for name in names}
    found = supply_shock.scan(DEFAULT, columns)
    hollow = (found.order == supply_shock.ORDERS.index("exit ai human")) & (found.upper_cutoff > columns["ai_quality"])
    assert hollow.sum() > 300
    assert (found.map_slope[hollow] < 0.0).all()


def test_bad_input_is_one_line():
    for values, name in (({"ai_qualty": 1.0}, "ai_qualty"), ({"adoption_skill_cost": 0.0}, "adoption_skill_cost"),
                         ({"skill_a": 0.5}, "skill_a"), ({"ai_cost": -1.0}, "ai_cost"), ({"market_size": "1"}, "market_size")):  # fmt: skip
        with pytest.raises(ValueError, match=f"^{name}: .*") as caught:
            Parameters(**values)
        assert "\n" not in str(caught.value)
    for columns, message in (({"cost": [1.0]}, "columns: 'cost'"), ({"skill_a": [2.0, 0.5]}, "skill_a: 0.5 given"),
                             ({"skill_a": [2.0, 2.0], "skill_b": [1.0, 2.0, 3.0]}, "columns: shapes"),
                             ({"ai_available": [0.5]}, "ai_available: 0.5 given"), ({"ai_cost": [np.nan]}, "ai_cost: nan")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            supply_shock.scan(DEFAULT, columns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: segments(None), "parameters: None given"),
        (lambda: fixed_points({}), "parameters: {} given"),
        (lambda: supply_shock.thresholds(None), "parameters: None given"),
        (lambda: supply_shock.scan(None), "parameters: None given"),
        (lambda: quality(None), "parameters: None given"),
        (lambda: supply_shock.scan(DEFAULT, cells=0), "cells: 0 given"),
        (lambda: supply_shock.scan(DEFAULT, cells=1.5), r"cells: 1\.5 given; allowed: whole numbers"),
        (lambda: supply_shock.scan(DEFAULT, threads=0), "threads: 0 given"),
        (lambda: supply_shock.thresholds(DEFAULT, threads=2.5), r"threads: 2\.5 given"),
        (lambda: supply_shock.finite_market(DEFAULT, 1.5, 1), r"producers: 1\.5 given; allowed: whole numbers"),
        (lambda: supply_shock.finite_market(DEFAULT, True, 1), "producers: True given"),
        (lambda: supply_shock.finite_market(DEFAULT, 10, 1, edges=[0.5, 0.1]), "edges: .* given; allowed: two or more"),
        (lambda: supply_shock.threshold_map(DEFAULT, ("skill_a", [2.0]), ("skill_a", [3.0])), "second: 'skill_a'"),
        (lambda: supply_shock.pollution(DEFAULT, -2.0), r"ai_volume: -2\.0 given; allowed: \[0, inf\)"),
        (lambda: supply_shock.human_profit(DEFAULT, 2.0, 0.0), r"skill: 2\.0 given; allowed: \[0, 1\]"),
        (lambda: supply_shock.ai_profit(DEFAULT, 0.5, -0.1), r"burden: -0\.1 given"),
        (lambda: supply_shock.human_quality(DEFAULT, np.nan, 0.0), "skill: nan given"),
        (lambda: supply_shock.search({}), "lattice: nothing given"),
        (lambda: supply_shock.search({"ai_cost": (0.1,)}), "lattice: ai_cost given"),
        (lambda: supply_shock.search({"skill_a": ()}), "lattice: no value of skill_a"),
        (lambda: supply_shock.search({"skill_a": (0.5,)}), r"skill_a: 0\.5 given"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()
