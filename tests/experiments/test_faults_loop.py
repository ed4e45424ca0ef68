"""The loop as a study: numbers that must agree."""

import numpy as np

from mfsolve.experiments import faults_loop as study
from mfsolve.experiments.experiment import Case
from mfsolve.models.data_deals.faults import LoopParameters
from mfsolve.models.frozen import Nothing


def test_branches_meet_the_rest_points_and_outcomes_the_sizes():
    case = Case(LoopParameters(), study.Given(), study.Resolution(places=41, starts=4), Nothing())
    arm = study.EXPERIMENT.arms["given"]
    found, places = arm.solve(case, 1), arm.coordinates(case)
    for name, output in arm.outputs(case).items():
        assert found[name].shape == tuple(places[dim].size for dim in output.dims)
    inside = (places["depreciation"] > found["fold_low"]) & (places["depreciation"] < found["fold_high"])
    assert np.array_equal(np.isfinite(found["saddle"]), inside)
    assert (np.diff(np.sort(found["table"][:3, 2])) > 0.0).all()
    assert found["least_triple"] < found["least_paired"]
    assert found["after_triple"][0] < 0.5 < found["after_triple"][-1]


def test_a_random_loop_is_counted_once():
    case = Case(LoopParameters(), study.Random(), study.Resolution(), Nothing())
    rows = [study.EXPERIMENT.arms["random"].draw(case, 2, i, 1) for i in range(40)]
    several = np.array([row["several"] for row in rows])
    assert 0 < several.sum() < 40
    for row in rows:
        assert row["only_triple"] <= row["triple_crosses"] <= row["several"]
        assert row["single_crosses"] <= row["paired_crosses"] <= row["triple_crosses"]
