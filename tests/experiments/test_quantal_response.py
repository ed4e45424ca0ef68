"""The experiment on quantal response equilibria: outputs, readings, refusals."""

import numpy as np
import pytest

from mfsolve.experiments import quantal_response as study
from mfsolve.experiments.experiment import Case
from mfsolve.models import supply_shock, transition

EXPERIMENT = study.EXPERIMENT
SEVERAL = transition.Parameters(  # AI that is dear and better than human work
    temperature=0.01, learning=1.0,
    market=supply_shock.Parameters(
        skill_a=3.0, skill_b=3.0, ai_quality=2.1, ai_cost=0.6, reference_cost=0.6, human_efficiency=2.0,
        adoption_skill_cost=0.01, outside_option=0.0, pollution_weight=0.8,
    ),
)  # fmt: skip
ORDERS = study.Orders(diffusions=(4e-3,), cells=48)
RECORD = study.Record(lowest=1e-3, highest=2e-2, points=5, weights=(0.3, 1.3), basin_means=2, basin_horizon=40.0)


def case(arm=study.Talent(), orders=ORDERS, record=RECORD):  # noqa: B008  (frozen)
    return Case(SEVERAL, arm, orders, record)


@pytest.mark.parametrize("record", [study.Record(), RECORD], ids=["points", "all"])
@pytest.mark.parametrize("arm", [study.Talent(), study.Uniform()], ids=["talent", "uniform"])
def test_every_reading_gives_what_it_declares(arm, record):
    here = case(arm, record=record)
    EXPERIMENT.arm(here).check(here)
    found, places = EXPERIMENT.arm(here).solve(here, 1), EXPERIMENT.coordinates(here)
    assert {name: x.shape for name, x in found.items()} == {
        name: tuple(places[dim].size for dim in output.dims) for name, output in EXPERIMENT.outputs(here).items()
    }


def test_rest_points_are_those_of_the_model():
    found = EXPERIMENT.arms["talent"].solve(case(), 1)
    p = SEVERAL.changed(choice="instant", diffusion=4e-3)
    rest = transition.rest_points(p, cells=48)
    assert found["rest_points"] == [len(rest)] == [3]
    assert found["stable_points"] == [sum(point.stable for point in rest)]
    assert found["index"] == [1]
    assert found["ai_share"] == [rest[0].ai]
    assert found["ai_share_highest"] == [rest[-1].ai]
    static = supply_shock.segments(p.market).ai_volume
    assert found["static_gap"] == [abs(rest[0].ai_volume - static) / supply_shock.volume(p.market)]
    assert found["folds"] == 2.0
    assert 1e-3 < found["lower_fold"] < 4e-3 < found["upper_fold"] < 2e-2


def test_curves_between_the_folds_pass_through_the_rest_points():
    found, at = EXPERIMENT.arms["talent"].solve(case(), 1), EXPERIMENT.coordinates(case())
    for i, sigma in list(enumerate(at["sigma"]))[1:-1]:  # the curves end at the outer ones, to rounding
        rest = transition.rest_points(SEVERAL.changed(choice="instant", diffusion=float(sigma)), cells=48)
        there = [found[name][i] for name in study.SEGMENTS if np.isfinite(found[name][i])]
        assert len(there) == len(rest)
        # linear interpolation between points of the continuation, 0.05 apart at most
        assert sorted(there) == pytest.approx([point.ai for point in rest], abs=0.05**2)


def test_nonsense_is_refused():
    for here, message in (
        (case(record=study.Record(lowest=1e-2, highest=1e-3)), "lowest, highest: 0.01, 0.001 given"),
        (case(orders=study.Orders(diffusions=(2e-3, 1e-3))), "diffusions: not increasing"),
    ):
        with pytest.raises(ValueError, match=message):
            EXPERIMENT.arm(here).check(here)
