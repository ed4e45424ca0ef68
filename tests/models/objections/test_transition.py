"""The flow's phase transition: the self-consistent equation, figures known beforehand, and the flow itself."""

import numpy as np
import pytest
from naive.objections import self_consistent_mean

from mfsolve.models.objections.mean_transition import (
    ContentLoop,
    critical_contamination,
    flowing_mean,
    growth,
    located,
    ramped,
    rest_mean,
)


@pytest.mark.parametrize(("delta", "expected"), [(0.1, 0.621), (0.3, 0.678), (0.4735, 0.737), (0.7, 0.831)])
def test_the_transition_is_where_it_was_found_before(delta, expected):
    assert critical_contamination(delta) == pytest.approx(expected, abs=5e-4)


def test_without_attraction_there_is_none():
    assert np.isnan(critical_contamination(1.0))


def test_means_at_rest_are_those_of_the_iteration():
    assert rest_mean(0.718, 0.3) == pytest.approx(self_consistent_mean(0.718, 0.3), abs=1e-9)
    assert rest_mean(0.718, 0.3) == pytest.approx(0.5575, abs=5e-4)
    assert rest_mean(0.598, 0.3) == 0.0


def test_the_flow_turns_at_the_self_consistent_contamination():
    critical = critical_contamination(0.3)
    assert growth(critical - 0.02, 0.3, 100) < 0.0 < growth(critical + 0.02, 0.3, 100)
    assert located(0.3, 100, critical - 0.02, critical + 0.02) == pytest.approx(critical, abs=1e-4)
    assert np.isnan(located(0.3, 100, critical - 0.04, critical - 0.02))
    assert flowing_mean(0.75, 0.3, 0.05, (100.0,), 100)[0] == pytest.approx(rest_mean(0.75, 0.3), abs=1e-3)


def test_a_ramp_leaves_content_where_symmetry_left_it():
    loop = ramped(0.3, (0.55, 0.8), 60.0, 100, 26)
    assert loop.down[0] > 0.7
    assert abs(loop.down[-1]) < 0.3
    assert loop.up[0] < loop.down[0]
    crossing = loop.crossing(loop.down, 0.3)
    assert 0.55 < crossing < critical_contamination(0.3)
    assert np.isnan(loop.crossing(loop.down, 2.0))


@pytest.mark.parametrize(
    ("means", "place"),
    [([1.0, 0.5, 0.0], 1.0), ([1.0, 0.5, 0.5, 0.0], 1.0), ([1.0, 0.5, 1.0], None), ([1.0, 0.5], None), ([1, 0.2], 0.625),
     ([0.5, 1.0, 0.0], 1.5)],
)  # fmt: skip
def test_a_level_that_a_mean_has_exactly_is_crossed(means, place):
    means = np.array(means, dtype=float)
    loop = ContentLoop(np.arange(means.size, dtype=float), means, means)
    assert loop.crossing(means, 0.5) == pytest.approx(np.nan if place is None else place, nan_ok=True)
