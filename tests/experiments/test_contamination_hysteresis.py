"""Hysteresis of contamination as an experiment: both arms, and a market without a threshold."""

import pytest
from support.cases import case, outputs

NAME = "contamination_hysteresis"
CHEAP = {"cost_curvature": 0.02, "verified_share": 1.0}


def test_ramps():
    found = outputs(NAME, case(NAME, "ramp", CHEAP, {"places": 31}, generations=10))
    assert found["left_behind"] == found["rising"][0] - found["falling"][0] > 0.5
    assert found["cleaned_at"] > found["fold_dirty"] > found["fold_clean"] == 0.0


def test_thresholds():
    here = case(NAME, "threshold", CHEAP, producers=500, generations=40)
    found = outputs(NAME, here)
    assert found["cleanest"] < found["unstable"] < found["dirtiest"]
    assert abs(found["distance"]) < 0.1
    assert found["threshold"] == outputs(NAME, here, threads=2)["threshold"] != outputs(NAME, here, 1)["threshold"]


def test_a_market_with_one_equilibrium_is_refused():
    with pytest.raises(
        ValueError, match=r"subsidy: 0.1 given with erosion 2; allowed: both such that there are several"
    ):
        case(NAME, "threshold", CHEAP, subsidy=0.1)
