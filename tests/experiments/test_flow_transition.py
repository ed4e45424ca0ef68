"""The flow's phase transition as an experiment."""

from support.cases import case, outputs


def test_outputs_and_their_agreement():
    size = {"cells": 100, "places": 7, "time": 60.0}
    found = outputs("flow_transition", case("flow_transition", "ramp", {"variance_ratio": 0.3}, size, ramp_time=30.0))
    assert found["distance"] < 1e-4
    assert found["mean_gap"] < 1e-3
    assert found["rest_mean"][0] == 0.0
    assert found["mean_left"] == found["mean_down"][-1]
    assert found["mean_returned"] == found["mean_up"][-1] < found["mean_left"]
