"""The transition on a grid: rest, orders, the trough, refusals (MODEL 5.2)."""

import numpy as np
import pytest

from mfsolve.models import supply_shock, transition
from mfsolve.models.transition.grid import before_ai
from mfsolve.models.transition.grid_two_skills import TwoSkillParameters

QUICK = transition.Parameters(diffusion=5e-3, learning=0.02, temperature=3e-3)  # at rest within a hundred units of time
PLANE = TwoSkillParameters(ramp=1.0)


def order(values):
    """Order of convergence of three values at steps h, h/2, h/4."""
    return np.log2(abs(values[0] - values[1]) / abs(values[1] - values[2]))


def test_flow_with_frictions_comes_to_the_rest_point():
    """The flow splits skill from occupation, so its own rest is off by the second order in dt; the rest point is not."""
    rest = transition.rest_state(QUICK, cells=40)
    gaps = []
    for dt in (0.25, 0.125, 0.0625):
        end = transition.mean_field(QUICK, 40, [200.0], dt=dt)
        gaps.append([float(end[name][0]) - rest[name] for name in ("human", "ai_volume", "mean_skill", "welfare")])
    assert np.all(np.abs(gaps[2]) < 1e-4)
    ratio = np.array(gaps[:2]) / np.array(gaps[1:])
    assert np.all(np.abs(np.log2(ratio) - 2.0) < 0.3), ratio


def test_flow_with_instant_choice_comes_to_the_rest_point():
    p = QUICK.changed(choice="instant", ramp=0.0)
    (rest,) = transition.rest_points(p, cells=40)
    end = transition.mean_field(p, 40, [400.0], dt=0.5)
    assert float(end.ai_volume[0]) == pytest.approx(rest.ai_volume, rel=1e-9)
    assert float(end.human[0]) == pytest.approx(rest.human, rel=1e-9)
    assert float(end.mean_skill[0]) == pytest.approx(rest.mean_skill, rel=1e-9)
    assert transition.rest_state(p, cells=40)["human"] == pytest.approx(rest.human, rel=1e-12)


def test_grid_is_of_second_order_in_the_cell_width_and_in_the_step():
    for name in ("human", "ai_volume", "mean_skill"):
        by_cells = [float(transition.mean_field(QUICK, n, [8.0], dt=0.25)[name][0]) for n in (40, 80, 160)]
        assert abs(order(by_cells) - 2.0) < 0.2, name
    for name in ("human", "ai_volume"):
        by_step = [float(transition.mean_field(QUICK, 40, [8.0], dt=dt)[name][0]) for dt in (0.1, 0.05, 0.025)]
        assert abs(order(by_step) - 2.0) < 0.25, name


@pytest.mark.parametrize("choice", ["frictional", "instant"])
def test_masses_are_positive_and_kept(choice):
    p = QUICK.changed(choice=choice)
    data = transition.mean_field(p, 40, [0.0, 7.0, 30.0], dt=0.5)
    assert np.all(np.abs(data.mass.values - 1.0) < 1e-12)
    assert np.all(data.density.values > 0.0)
    assert np.all(data.human_density.values <= data.density.values * (1 + 1e-12))
    shares = data.human + data.ai + data.exited + data.reskilling
    assert np.all(np.abs(shares.values - 1.0) < 1e-12)
    np.testing.assert_allclose(data.density.values.mean(axis=1), 1.0, rtol=1e-12)


def test_before_ai_nothing_moves():
    """With frictions up to the splitting of skill from occupation, which is of second order in the step."""
    ban = transition.Moratorium(until=1e9)
    still = transition.mean_field(QUICK.changed(choice="instant"), 40, [0.0, 50.0], policy=ban)
    assert float(still.mean_skill[1]) == pytest.approx(float(still.mean_skill[0]), rel=1e-11)
    moved = []
    for dt in (0.5, 0.25):
        path = transition.mean_field(QUICK, 40, [0.0, 50.0], dt=dt, policy=ban)
        moved.append(float(path.human[1] - path.human[0]))
        assert float(path.ai[1]) == pytest.approx(0.0, abs=1e-290)
    assert abs(moved[0]) < 1e-3
    assert np.log2(moved[0] / moved[1]) == pytest.approx(2.0, abs=0.3)
    assert before_ai(QUICK, 40).mass.sum() == pytest.approx(1.0, abs=1e-12)


def test_ai_that_is_not_available_changes_nothing():
    market = supply_shock.Parameters(ai_available=False)
    none = transition.mean_field(QUICK.changed(market=market), 40, [0.0, 20.0], dt=0.25)
    ban = transition.mean_field(QUICK, 40, [0.0, 20.0], dt=0.25, policy=transition.Moratorium(until=1e9))
    np.testing.assert_allclose(none.human, ban.human, rtol=1e-12)
    two = transition.two_skill_mean_field(PLANE.model_copy(update={"market": market}), 12, [0.0, 10.0])
    assert np.all(two.technical_volume.values == 0.0)
    assert float(two.technical_by_hand[1]) == pytest.approx(float(two.technical_by_hand[0]), rel=1e-9)
    assert float(transition.two_skill_mean_field(PLANE, 12, [0.0, 10.0]).technical_volume[1]) > 0.1


def test_the_trough_is_looked_for_at_every_step():
    """How often the path is put out makes no difference to where its trough is, or to what was made good since."""
    every = transition.mean_field(transition.Parameters(), 40, np.arange(0.0, 60.5, 0.5), dt=0.5)
    seldom = transition.mean_field(transition.Parameters(), 40, [30.0, 60.0], dt=0.5)
    for name in ("fall", "trough_time", "recovered", "peak_recovered"):
        assert float(every[name][-1]) == pytest.approx(float(seldom[name][-1]), rel=1e-12), name
    k = int(np.argmin(every.human.values))
    assert float(every.time[k]) == float(seldom.trough_time[-1])
    assert float(seldom.fall[-1]) == pytest.approx(1.0 - float(every.human[k] / every.human[0]), rel=1e-12)
    assert 0.05 < float(seldom.recovered[-1]) < 0.95


def test_recovery_reverses_before_it_comes_to_rest():
    data = transition.mean_field(transition.Parameters(), 40, [60.0, 160.0, 1000.0], dt=1.0)
    assert data.recovered.values[1] > data.recovered.values[0]
    assert data.recovered.values[2] < data.recovered.values[1]
    assert data.peak_recovered.values[2] >= data.recovered.values.max()
    rest = transition.rest_state(transition.Parameters(), cells=40)["human"]
    assert float(data.human[1]) > max(float(data.human[2]), rest)


def test_mean_skill_of_nobody_is_not_a_number():
    nobody = QUICK.changed(market=supply_shock.Parameters(outside_option=5.0))
    assert np.isnan(transition.simulate(nobody, 50, [0.0, 1.0], 1).human_skill.values).all()
    p = PLANE.model_copy(update={"market": supply_shock.Parameters(outside_option=5.0)})
    assert np.isnan(transition.two_skill_mean_field(p, 12, [0.0, 1.0]).survivors_technical.values).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cells": 4}, r"cells: 4 given.*\[8"),
        ({"times": [1.0, 0.5]}, "times"),
        ({"dt": 0.0}, r"dt: 0.0 given.*\(0, inf\)"),
        ({"policy": "tax"}, "policy: 'tax' given; allowed: one of LaissezFaire, Tax"),
        ({"policy": transition.Tax}, "policy: <class.*allowed: one of"),
        ({"policy": transition.Tax()}, "rate: not given"),
        ({"policy": transition.CongestionFee()}, "slope: not given"),
        ({"policy": transition.ReskillingSubsidy()}, "grant: not given"),
        ({"policy": transition.Disclosure()}, "effect: not given"),
        ({"policy": transition.Moratorium()}, "until: not given"),
        ({"initial": np.ones(40)}, "initial: given with frictions"),
        ({"initial_volume": -3.0}, r"initial_volume: -3.0 given; allowed: \[0, inf\)"),
        ({"initial_volume": float("nan")}, "initial_volume: nan given"),
        ({"initial_volume": 1.0}, "initial_volume: 1.0 given without initial"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        transition.mean_field(**{"parameters": QUICK, "cells": 40, "times": [0.0, 1.0]} | arguments)


@pytest.mark.parametrize("initial", [np.ones(39), -np.ones(40), np.zeros(40), np.full(40, np.nan)])
def test_what_is_no_density_is_refused(initial):
    with pytest.raises(ValueError, match="initial: allowed: 40 densities"):
        transition.mean_field(QUICK.changed(choice="instant"), 40, [0.0, 1.0], initial=initial)


@pytest.mark.parametrize("values", [{"diffusion": 1e-12}, {"learning": 1e3}, {"temperature": 1e-7}, {"revision": 1e3}])
def test_extreme_economies_stay_finite(values):
    p = transition.Parameters(**values)
    data = transition.mean_field(p, 20, [0.0, 5.0, 50.0], dt=0.5)
    assert np.all(np.isfinite(data.welfare.values))
    assert np.all(np.abs(data.mass.values - 1.0) < 1e-12)
    assert np.isfinite(transition.rest_state(p, cells=20)["welfare"])
