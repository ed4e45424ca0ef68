"""Paths of quality: what is sorted, cumulated, weighted and kept, against plain loops; and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest

from mfsolve.inference.collapse_paths import Grid, Start, paths

RUN = np.array(["b", "a", "b", "a", "b", "c"])
TIME = np.array([4.0, 1.0, 3.0, 0.0, 5.0, 7.0])
SHARE = np.array([0.5, 0.75, 1.0, 0.25, 0.0, 0.5])
QUALITY = np.array([-1.0, -2.0, -0.5, -0.25, -3.0, -4.0])
ERROR = np.array([0.5, 0.25, 0.0, 1.0, 0.125, 2.0])
# a at 0 and 1, b at 3, 4 and 5, c at 7
ORDER = [3, 1, 2, 0, 4, 5]


def test_observations_stand_by_run_and_generation():
    found = paths(TIME, SHARE, QUALITY, RUN, ERROR)
    assert found.run.tolist() == [0, 0, 1, 1, 1, 2]
    assert found.time.tolist() == [0, 1, 0, 1, 2, 0]
    assert found.loss.tolist() == [0.25, 2.0, 0.5, 1.0, 3.0, 4.0]
    assert found.error.tolist() == ERROR[ORDER].tolist()
    # the squares of contamination since a run's first generation, whose own takes no part
    assert found.exposure.tolist() == [0, 0.5625, 0, 0.25, 0.25, 0]
    assert found.grid.exposure(1.0).tolist() == [0, 0.75, 0, 0.5, 0.5, 0]
    assert (found.grid.share.tolist(), found.grid.place.tolist()) == (SHARE[ORDER].tolist(), list(range(6)))
    assert found.first.tolist() == [True, False, True, False, False, True]


def test_a_start_is_exact_where_it_is_said_or_has_no_error():
    found = paths(TIME, SHARE, QUALITY, RUN, ERROR)
    assert found.exact.tolist() == [False, True, False]
    assert found.observed.tolist() == [True, True, False, True, True, True]
    assert found.weight.tolist() == [(0.125 / error) ** 2 if error else 0.0 for error in ERROR[ORDER]]
    everywhere = paths(TIME, SHARE, QUALITY, RUN, start="exact")
    assert (everywhere.exact.tolist(), everywhere.error) == ([True] * 3, None)
    assert everywhere.weight.tolist() == [0, 1, 0, 1, 1, 0]
    nowhere = paths(TIME, SHARE, QUALITY, RUN)
    assert (nowhere.exact.tolist(), nowhere.weight.tolist()) == ([False] * 3, [1] * 6)
    both = paths(TIME, SHARE, QUALITY, RUN, ERROR, Start.EXACT)
    assert both.exact.tolist() == [True] * 3


def test_values_since_the_start_are_those_since_the_first_or_the_mean():
    found = paths(TIME, SHARE, QUALITY, RUN, ERROR)
    values = np.array([1.0, 4.0, 10.0, 20.0, 40.0, 7.0])
    mean = (1.0 * 1 + 4.0 * 16) / 17
    assert found.since_start(values) == pytest.approx([1 - mean, 4 - mean, 0, 10, 30, 0], rel=1e-12)
    later = (20.0 * 4 + 40.0 * 64) / 68
    assert found.means(values) == pytest.approx([mean, later, 7.0], rel=1e-12)
    exact = paths(TIME, SHARE, QUALITY, RUN, start=Start.EXACT)
    assert exact.means(values).tolist() == [4.0, 30.0, 0.0]
    assert exact.since_start(values).tolist() == [0, 3, 0, 10, 30, 0]


@pytest.mark.parametrize("keep", [[True, False, True], [False, True, True], [False, True, False]])
def test_a_part_is_what_its_runs_alone_would_be(keep):
    names = np.array(["a", "b", "c"])[keep]
    mine = np.isin(RUN, names)
    for error in (ERROR, None):
        found = paths(TIME, SHARE, QUALITY, RUN, error).part(np.array(keep))
        alone = paths(TIME[mine], SHARE[mine], QUALITY[mine], RUN[mine], None if error is None else error[mine])
        for name in ("run", "time", "exposure", "loss", "exact"):
            assert getattr(found, name).tolist() == getattr(alone, name).tolist()
        assert (found.error is None) is (error is None)
        assert error is None or found.error.tolist() == alone.error.tolist()
        assert found.grid.exposure(3.0).tolist() == alone.grid.exposure(3.0).tolist()
        assert found.grid.run.tolist() == alone.grid.run.tolist()


def test_exposure_counts_generations_that_were_not_measured():
    """Two runs of four and three generations, measured at two each."""
    grid = Grid(np.array([0.9, 0.5, 0.25, 1.0, 0.1, 0.5, 0.5]), np.array([0, 0, 0, 0, 1, 1, 1]), np.array([1, 3, 4, 6]))
    assert grid.exposure(2.0) == pytest.approx([0.25, 1.3125, 0.0, 0.5], rel=1e-12)
    assert grid.exposure(1.0) == pytest.approx([0.5, 1.75, 0.0, 1.0], rel=1e-12)
    whole = paths([0, 1, 2, 3], [0.9, 0.5, 0.25, 1.0], np.zeros(4))
    assert whole.exposure == pytest.approx([0.0, 0.25, 0.3125, 1.3125], rel=1e-12)
    part = (
        paths([0, 1], [0.5, 0.5], [0.0, 1.0])
        .__class__(
            np.array([0, 0, 1, 1]), np.arange(4.0), np.zeros(4), np.zeros(4), None, np.array([False, False]), grid
        )
        .part(np.array([False, True]))
    )
    assert (part.grid.share.tolist(), part.grid.place.tolist()) == ([0.1, 0.5, 0.5], [0, 2])


@pytest.mark.parametrize(("changed", "words"), [
    ({"contamination": [0.0, -0.001, 1.0]}, r"contamination must lie in \[0, 1\]"),
    ({"contamination": [0.0, 1.001, 1.0]}, r"contamination must lie in \[0, 1\]"),
    ({"contamination": [0.0, 1.0]}, "contamination, generation: lengths 2 and 3 given; allowed: one length"),
    ({"contamination": [0.0, math.nan, 1.0]}, r"contamination\[1\]: nan given"),
    ({"generation": [0, 1, 3]}, "generation must be consecutive integers within each run"),
    ({"generation": [0, 0.5, 1]}, "generation must be consecutive integers within each run"),
    ({"generation": [0, 1, math.inf]}, r"generation\[2\]: inf given"),
    ({"log_quality": [0.0, 1.0]}, "log_quality, generation: lengths 2 and 3 given; allowed: one length"),
    ({"log_quality": [0.0, math.nan, 1.0]}, r"log_quality\[1\]: nan given"),
    ({"log_quality_error": [1.0, 1.0]}, "log_quality_error, generation: lengths 2 and 3 given; allowed: one length"),
    ({"log_quality_error": [1.0, math.nan, 1.0]}, r"log_quality_error\[1\]: nan given"),
    ({"log_quality_error": [-1.0, 1.0, 1.0]}, "log_quality_error must be positive after the first generation"),
    ({"log_quality_error": [1.0, 1.0, 0.0]}, "log_quality_error must be positive after the first generation"),
    ({"run": [0, 0]}, "allowed: an entry for each of 3 observations"),
    ({"start": "guessed"}, "'guessed' is not a valid Start"),
    ({"contamination": pd.Series([0.0, 0.0, 0.0], [5, 6, 7]), "log_quality": pd.Series([0.0, 0.0, 0.0])}, "log_quality: labels differ"),
])  # fmt: skip
def test_what_is_no_path_is_refused_by_name(changed, words):
    given = {"generation": [0, 1, 2], "contamination": [0.0, 1.0, 1.0], "log_quality": [0.0, 1.0, 2.0]}
    paths(**given)
    with pytest.raises(ValueError, match=words):
        paths(**{**given, **changed})
