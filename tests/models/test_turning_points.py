"""Turning points of tabulated curves."""

import numpy as np
import pytest

from mfsolve.models.turning_points import turning_points

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("curve", "places"),
    [
        ([0, 1, 2], []),
        ([0, 2, 1, 3], [1, 2]),
        ([0, 2, 2, 1], [2]),
        ([0, 2, 2, 3], []),
        ([0, 1, 2, INF, INF, INF], []),
        ([NAN, 0, 1, INF, 0.5, 2], [2, 4]),
        ([1, 1, 1], []),
        ([INF, INF], []),
        ([], []),
    ],
)
def test_turns_of_finite_steps_that_move(curve, places):
    assert turning_points(np.array(curve, dtype=float)).tolist() == places
