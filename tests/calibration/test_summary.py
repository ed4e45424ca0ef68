"""Intervals of a calibration at the ends of what a parameter may be, and of where it was searched."""

import math
from types import SimpleNamespace

import pytest
from support.calibration import STUDY

from mfsolve.calibration.problem import Problem
from mfsolve.calibration.summary import _alone, _notes_on_ranges, _parameters
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.study.file.config import load_study


@pytest.fixture
def problem(tmp_path):
    (tmp_path / "small.toml").write_text(STUDY)
    return Problem.of(load_study(tmp_path / "small.toml"))


def result(values, errors, interior=(True, True)):
    """A calibration's result with intervals of two standard errors."""

    def estimate(j, value, level, replicates, logarithmic):
        half = 2 * errors[j]
        return Estimate(value, errors[j], value - half, value + half, level, replicates, Method.SIMULATED_MOMENTS)

    fit = SimpleNamespace(standard_error=errors, estimate=estimate)
    return SimpleNamespace(values=values, first_step=values, fit=fit, interior=interior, steps=(0.1, 0.1))


def reported(problem, found):
    rows = _parameters(problem, found)
    return rows, list(_notes_on_ranges(problem, found, rows))


def test_an_interval_is_cut_where_its_parameter_ends(problem):
    first, second = problem.calibration.free
    assert first.allowed == (0.0, 1.0)
    assert second.allowed[0] == 0.0
    rows, notes = reported(problem, result((0.1, 0.75), (0.06, 0.1)))
    assert (rows[0]["estimate"]["low"], rows[0]["estimate"]["high"]) == (0.0, pytest.approx(0.22))
    assert [row["cut"] for row in rows] == [True, False]
    assert notes == [
        "the interval of parameters.initial_contamination reached beyond its own range, [0, 1], and is cut there"
    ]


def test_an_estimate_next_to_the_end_of_its_search_says_so(problem):
    _, notes = reported(problem, result((0.1, 0.31), (0.001, 0.02)))
    assert len(notes) == 1
    assert notes[0].startswith(
        "parameters.imitation (0.31) is within a standard error of 0.3, where its search range ends"
    )
    assert notes[0].endswith("is not valid; a wider range may contain a better value")
    assert reported(problem, result((0.1, 0.31), (0.001, 0.009)))[1] == []
    nothing = result((0.1, 0.3), (0.001, math.nan), interior=(True, False))
    rows, notes = reported(problem, nothing)
    assert notes == []
    assert not rows[1]["cut"]


def test_moments_count_as_hit_alone_only_where_all_fitted_ones_are():
    hit, missed, watched = (
        {"hit": True, "fitted": True},
        {"hit": False, "fitted": True},
        {"hit": False, "fitted": False},
    )
    assert "each is hit alone" in _alone([hit, hit, watched])
    assert _alone([hit, missed]) == ""
