"""The experiment on the frictions of the transition: its design, its effects, and the static market as its oracle."""

import numpy as np
import pytest

from mfsolve.experiments import _friction_design, frictions
from mfsolve.experiments.experiment import Case
from mfsolve.models import transition
from mfsolve.models.frozen import Nothing

BASE = transition.Parameters()
SMALL = frictions.Design(times=(0.0, 10.0, 20.0))


def case(rule, arm, design=SMALL, p=BASE):
    return Case(p, arm, design, Nothing(), rule)


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("populations", {"creators": 60, "dt": 0.25}),
        ("economies", {"cells": 12}),
        ("rests", {"cells": 12}),
    ],
)
def test_an_arm_gives_what_it_declares(rule, settings):
    arm = frictions.EXPERIMENT.arms[rule]
    here = case(rule, arm.settings(**settings))
    arm.check(here)
    found, places = arm.draw(here, 3, 1, 1), arm.coordinates(here)
    assert {name: np.shape(x) for name, x in found.items()} == {
        name: tuple(places[dim].size for dim in output.dims) for name, output in arm.outputs(here).items()
    }
    again = arm.draw(here, 3, 1, 2)
    assert all(np.array_equal(found[name], again[name]) for name in found)


def test_a_factor_that_changes_nothing_has_no_effect():
    """Discovery that stays as it is: its effect and all its interactions vanish, those of the lag do not."""
    same = frictions.Design(
        times=SMALL.times,
        factors=(
            _friction_design.Factor(name="discovery", discovery=BASE.discovery),
            _friction_design.Factor(name="lag", lag=0.5),
        ),
    )
    found = frictions.draw_economies(case("economies", frictions.Grids(cells=12, spread=0.0), same), 1, 0, 1)
    assert found["fall_discovery"] == found["fall_discovery_lag"] == 0.0
    assert found["fall_lag"] != 0.0


def test_effects_are_differences_between_paths():
    design = frictions.Design(times=SMALL.times, factors=(_friction_design.Factor(name="lag", lag=0.5),))
    found = frictions.draw_economies(case("economies", frictions.Grids(cells=12, spread=0.0), design), 1, 0, 1)
    falls = [
        float(transition.mean_field(p, 12, SMALL.times, dt=0.25)["fall"][-1]) for p in (BASE, BASE.changed(lag=0.5))
    ]
    assert found["fall"] == pytest.approx(falls[0], rel=1e-12)
    assert found["fall_lag"] == pytest.approx(falls[1] - falls[0], abs=1e-12)


def test_without_training_lag_learning_and_noise_the_transition_is_the_static_market():
    """The gap falls with the width of the cells, and the sign of AI's gain turns with training."""
    design = frictions.Design(
        factors=(
            _friction_design.Factor(name="training", training=0.0),
            _friction_design.Factor(name="rest", lag=1e-6, learning=0.0, temperature=1e-5),
        )
    )
    gaps = [
        float(frictions.draw_rests(case("rests", frictions.Rests(cells=n, spread=0.0), design), 1, 0, 1)["gap_removed"])
        for n in (50, 400)
    ]
    found = frictions.draw_rests(case("rests", frictions.Rests(cells=200, spread=0.0), design), 1, 0, 1)
    assert gaps[1] < 2e-4 < 0.01 * 0.15
    assert gaps[1] < gaps[0]
    assert found["gain"] < 0.0 < found["gain"] + found["gain_training"] + found["gain_training_rest"] + 0.02
    assert found["static_gain"] == pytest.approx(0.011936, abs=1e-5)


def test_steps_that_do_not_resolve_re_skilling_are_refused():
    with pytest.raises(ValueError, match=r"dt: 0\.5 given; allowed: \(0, 0\.25\], the least lag"):
        frictions.check_resolved(case("economies", frictions.Grids(dt=0.5)))
    with pytest.raises(ValueError, match="choice: 'instant' given"):
        frictions.check_choice(case("rests", frictions.Rests(), p=BASE.changed(choice="instant")))


def test_factors_are_distinct_and_change_something():
    with pytest.raises(ValueError, match="has to change some parameter"):
        _friction_design.Factor(name="nothing")
    with pytest.raises(ValueError, match="two have the same name"):
        frictions.Design(factors=({"name": "a", "lag": 1.0}, {"name": "b", "lag": 2.0}))
    with pytest.raises(ValueError, match="lag"):
        _friction_design.Factor(name="lag", lag=0.0)
