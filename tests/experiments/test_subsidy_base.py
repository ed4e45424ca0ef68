"""Readings of the subsidy's divergence: outputs, and a profile that is lowest at the calibration."""

import numpy as np
import pytest

from mfsolve.experiments import subsidy_base
from mfsolve.experiments.experiment import Case
from mfsolve.models.collapse.readings import Published
from mfsolve.models.frozen import Nothing

ARM = subsidy_base.EXPERIMENT.arms["reading"]


def test_a_reading_is_calibrated_and_its_profile_is_lowest_there():
    size = subsidy_base.Profile(width=3, cost_curvature=(0.15, 0.6))
    case = Case(Published(), subsidy_base.Reading(subsidy_base="generator"), size, Nothing())
    found, places = ARM.solve(case, 1), ARM.coordinates(case)
    for name, output in ARM.outputs(case).items():
        assert found[name].shape == tuple(places[dim].size for dim in output.dims), name
    assert found["misfit_best"] == pytest.approx(1.748, abs=2e-3)
    assert np.all(found["misfit"] > found["misfit_best"])
    assert found["misfit"].argmin() == 1
    assert found["gain_planner"] > max(found["gain_closed"], 0.0) > found["gain_myopic"]


def test_ranges_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"cost_curvature: \[0.3, 0.1\] given; allowed: ascending, above 0"):
        subsidy_base.Profile(cost_curvature=(0.3, 0.1))
