"""The dynamic market's paths: derived outputs, reference, and refused settings."""

import re

import numpy as np
import pytest
from naive import creators as naive
from support.cases import case, outputs, run_study

from mfsolve.experiments import _start_values, load
from mfsolve.models import creators
from mfsolve.models.creators import Schedule

EXPERIMENT = load("creator_dynamics")
CAP = ("price_cap", "cap_slack", "cap_kept", "trap_ratio", "trap_gap")
START = ("start_trap", "start_cap_rises", "start_pollution", "rest_barrier_ratio")
STUDY = {
    "model": "creator_dynamics",
    "regimes": {"strict_rights": {}},
    "population": {"creators": 50, "steps": 4},
    "estimates": [{"name": "one", "quantity": "price", "regime": "strict_rights"}],
}


@pytest.mark.parametrize(
    ("rule", "settings", "regime", "turn"),
    [
        ("strict_rights", {}, 1, 99),
        ("free_for_all", {}, 0, 99),
        ("intermediary", {}, 1, 0),
        ("intermediary", {"starts": 7.0}, 1, 14),
        ("discriminating", {}, 3, 99),
    ],
)
def test_paths_of_the_dynamic_market(rule, settings, regime, turn):
    p = creators.DynamicParameters(imitator_supply=20.0, innovator_stock=1.0, exit_threshold=0.6)
    sizes = {"creators": 300, "steps": 40, "questions": 100}
    here = case("creator_dynamics", rule, p.model_dump(), sizes, **settings)
    arm = EXPERIMENT.arms[rule]
    limit = arm.reference.compute(here)
    assert set(limit) == set(arm.reference.names(here))
    row = (1.0, 20.0, 0.5, 2.0, 0.0, 1.0, 0.1, 1.0, 1.0)
    columns = ("price", "innovator_stock", "imitator_stock", "precision", "bias_variance", "innovators_left")
    for name, want in zip(columns, naive.euler_path(row, 1.0, 0.0, 0.6, 0.5, regime, turn, 40).T):
        # the twin's best price is good to rounding of a flat maximum
        np.testing.assert_allclose(limit[name], want, rtol=1e-7, atol=1e-12)
    strict = turn > 0 and regime == 1
    best = creators.stepped_market(p, Schedule(0.5, 40, creators.Regime.INTERMEDIARY)).precision
    trap = creators.trap_price(p)
    for found in (outputs("creator_dynamics", here, 2), limit):
        assert set(CAP) <= set(found) if strict else set(CAP).isdisjoint(found)
        phi = found["precision"]
        np.testing.assert_array_equal(found["lost"], 1 - phi / np.maximum.accumulate(phi))
        np.testing.assert_array_equal(found["recovered"], phi / best)
        if not strict:
            continue
        slack = found["price_cap"] - found["price"]
        np.testing.assert_array_equal(found["cap_slack"], np.fmin.accumulate(slack))
        rules = ~np.isnan(slack) & (found["innovators_left"] == 0)
        for name in ("trap_ratio", "trap_gap"):
            np.testing.assert_array_equal(np.isfinite(found[name]), rules)
        np.testing.assert_allclose(found["trap_ratio"][rules], found["price"][rules] / trap, rtol=1e-14)
        # a price is below its cap where it is below the price that is equal to its cap
        assert (found["price"][rules] <= trap * (1 + found["trap_gap"][rules])).all()


def test_feedback_is_a_difference_of_paths_from_one_start():
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0}
    sizes = {"creators": 300, "steps": 80, "questions": 100, "rest_multiple": 1.0}
    here = case("creator_dynamics", "strict_rights", p, sizes)
    limit = EXPERIMENT.arms["strict_rights"].reference.compute(here)
    # at rest without feedback nothing moves, up to e^-40 of the way that is left
    np.testing.assert_allclose(limit["precision_without"], limit["precision_without"][0], rtol=1e-12)
    np.testing.assert_array_equal(limit["curse"], limit["lost"] - limit["lost_without"])
    assert limit["curse"][-1] > 0.1
    none = case("creator_dynamics", "strict_rights", p | {"bias_feedback": 0.0}, sizes)
    for found in (outputs("creator_dynamics", none, 1), EXPERIMENT.arms["strict_rights"].reference.compute(none)):
        for name in ("curse", "curse_frozen", "level_cost", "cursed"):
            assert not found[name].any(), name


def test_innovators_come_back_above_their_reservation_price():
    p = creators.DynamicParameters(
        imitator_supply=20.0, imitator_elasticity=1.5, innovator_stock=1.0, innovator_reservation=0.25
    )  # fmt: skip
    path = creators.stepped_market(p, Schedule(0.25, 1200, switch_time=200.0))
    best = creators.stepped_market(p, Schedule(0.25, 1200, creators.Regime.INTERMEDIARY)).precision[-1]
    assert float(path.innovator_stock.sel(time=199.75)) < 1e-3
    assert float(path.precision.sel(time=199.75)) < 0.5
    assert float(path.precision[-1]) == pytest.approx(float(best), rel=1e-3)


def test_an_impatient_planner_is_the_buyer_of_the_moment():
    sizes = {"creators": 300, "steps": 400, "dt": 0.01}
    p = {"imitator_supply": 20.0, "innovator_stock": 1.0}
    found = [
        EXPERIMENT.arms[rule].reference.compute(case("creator_dynamics", rule, p, sizes, **settings))["precision"]
        for rule, settings in (("strict_rights", {}), ("patient", {"discount": 1e5}), ("patient", {"discount": 0.05}))
    ]
    # values are those one step later: what is left of the start is of order dt
    assert found[1][-1] == pytest.approx(found[0][-1], rel=0.01)
    assert found[2][-1] < 0.95 * found[0][-1]  # who counts what wears off pays less


def test_price_and_cap_at_the_start_are_solved():
    arm = EXPERIMENT.arms["strict_rights"]
    here = case("creator_dynamics", "strict_rights", {"imitator_stock": 50.0}, {"creators": 10, "steps": 2})
    solved, limit = arm.solve(here, 1), arm.reference.compute(here)
    assert set(solved) == set(arm.solved(here)) == {"start_trap_ratio", "start_trap_gap", "start_trap", *START}
    for name in ("trap_ratio", "trap_gap"):
        assert solved[f"start_{name}"] == limit[name][0]
    assert not EXPERIMENT.arms["intermediary"].solved(case("creator_dynamics", "intermediary"))


def test_the_trap_at_the_start_is_the_root_of_its_equation():
    for supply in (0.5, 20.0, 1e6):
        here = case("creator_dynamics", "strict_rights", {"imitator_supply": supply, "imitator_elasticity": 1.5})
        root = (np.sqrt(1.0 + 4.0 * supply) - 1.0) / (2.0 * supply)  # of s P^2 + P = 1, elasticities 1 apart
        assert outputs("creator_dynamics", here)["start_trap"] == pytest.approx(root, rel=1e-9)


def test_the_cap_rises_with_the_value_of_imitators_data(monkeypatch):
    """Prop. 5's bound is the root of P (1 + r) = 1 + mu r: with elasticities 1 apart, of a quadratic."""
    for supply in (0.5, 20.0, 1e4):
        here = case("creator_dynamics", "strict_rights", {"imitator_supply": supply, "imitator_elasticity": 1.5})
        mu = np.linspace(0.0, 1.0, 5)
        root = (supply * mu - 1.0 + np.sqrt((1.0 - supply * mu) ** 2 + 4.0 * supply)) / (2.0 * supply)
        assert (np.diff(root) > 0).all()
        assert [creators.capped_price(here.parameters, m) for m in mu] == pytest.approx(root, rel=1e-9)
        assert outputs("creator_dynamics", here)["start_cap_rises"] == 1.0
    monkeypatch.setattr(_start_values, "capped_price", lambda p, mu: 0.3)
    assert outputs("creator_dynamics", here)["start_cap_rises"] == 0.0


def test_pollution_is_what_feedback_makes_of_imitators_data():
    """The bound mu is the ratio of both kinds' marginal values: by differences of precision, with feedback and without."""
    for ko, kc, alpha in ((2.0, 1.0, 1.0), (30.0, 4.0, 0.3), (0.5, 20.0, 5.0)):

        def bound(feedback, ko=ko, kc=kc):
            h = 1e-4
            up_o, up_c, down_o, down_c = (ko + h, kc), (ko, kc + h), (ko - h, kc), (ko, kc - h)
            phi = [float(creators.recursive_precision(*at, 1.0, feedback)) for at in (up_o, up_c, down_o, down_c)]
            return (phi[1] - phi[3]) / (phi[0] - phi[2])

        p = {"innovator_stock": ko, "imitator_stock": kc, "bias_feedback": alpha}
        found = outputs("creator_dynamics", case("creator_dynamics", "strict_rights", p))
        assert found["start_pollution"] == pytest.approx(bound(alpha) / bound(0.0), rel=1e-5)


def test_precision_at_rest_over_the_barrier_is_that_of_a_long_path():
    p = {"imitator_elasticity": 1.5, "innovator_stock": 1.0, "bias_feedback": 2.0}
    found = []
    for supply in (10.0, 1e3, 1e6):
        here = case("creator_dynamics", "strict_rights", p | {"imitator_supply": supply})
        found.append(float(outputs("creator_dynamics", here)["rest_barrier_ratio"]))
        path = creators.dynamic_market(here.parameters, [0.0, 1000.0])
        assert found[-1] == pytest.approx(float(path.precision[-1]) / 0.5, rel=1e-4)  # 0.5: of 2 x^2 + x = 1
    assert found[0] > 1.0 > max(found[1:])
    for change in ({"depreciation": 0.0}, {"innovator_reservation": 0.2}, {"imitator_reservation": 0.2}):
        assert np.isnan(_start_values.rest_barrier_ratio(creators.DynamicParameters(**p | change)))


def test_finite_populations_scatter_about_their_reference():
    here = case("creator_dynamics", "strict_rights", {"imitator_supply": 20.0}, {"creators": 3000, "steps": 20})
    limit = EXPERIMENT.arms["strict_rights"].reference.compute(here)["precision"][-1]
    ends = [outputs("creator_dynamics", here, replicate)["precision"][-1] for replicate in range(16)]
    # the mean of 16, and the curvature of the path in its noise, of order 1 / N
    assert abs(np.mean(ends) - limit) < 4 * np.std(ends, ddof=1) / 4 + 10 / 3000


def test_switching_at_once_is_the_intermediary():
    p = creators.DynamicParameters()
    late = creators.stepped_market(p, Schedule(0.5, 20, switch_time=0.0))
    want = creators.stepped_market(p, Schedule(0.5, 20, creators.Regime.INTERMEDIARY))
    np.testing.assert_array_equal(late.price, want.price)
    never = creators.stepped_market(p, Schedule(0.5, 20, switch_time=11.0))
    np.testing.assert_array_equal(never.price, creators.stepped_market(p, Schedule(0.5, 20)).price)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.bias_floor=0.0"], "parameters.bias_floor: 0.0 given"),
        (["parameters.depreciation=5.0"], "dt: 0.5 given; allowed: at most 1 / depreciation"),
        (
            ["parameters.depreciation=0.0", "population.rest_multiple=1.0"],
            "rest_multiple: 1.0 given; allowed with depr",
        ),
        (["record.every=3"], "every: 3 given; allowed: divisors of steps = 4"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said


def test_elasticities_in_the_wrong_order_are_a_warning_and_the_run_goes_on(tmp_path, run_cli):
    for folder, change in (("a", "imitator_elasticity=0.3"), ("b", "innovator_elasticity=4.0")):
        (tmp_path / folder).mkdir()
        with pytest.warns(UserWarning, match="Prop. 5 fails"):
            assert run_study(tmp_path / folder, STUDY, f"parameters.{change}") == 0
    said = run_cli("run", tmp_path / "a/mine.toml", "--set", "parameters.imitator_elasticity=0.3", cwd=tmp_path)
    assert said.returncode == 0
    line = "warning: imitator_elasticity: 0.3 is not above innovator_elasticity: 0.5; the assumption of Prop. 5 fails"
    assert said.stderr.count(line + "\n") == 1
