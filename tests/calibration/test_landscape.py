"""Boxes of parameters, and points that are simulated once."""

import numpy as np
import pytest

from mfsolve.calibration.landscape import Box, BudgetSpent, Landscape, SimulatedMoments

BOX = Box.of([(-1.0, 3.0), (0.01, 100.0), (2, 12), (1, 1000)], [False, True, False, True], [False, False, True, True])


def moments_of(rows):
    return [SimulatedMoments(np.array([row.sum(), row[0] ** 2]), np.eye(2)) for row in rows]


def test_natural_values_and_unit_coordinates():
    assert BOX.natural(np.zeros(4)).tolist() == [-1.0, 0.01, 2.0, 1.0]
    assert BOX.natural(np.ones(4)).tolist() == [3.0, 100.0, 12.0, 1000.0]
    middle = BOX.natural(np.full(4, 0.5))
    np.testing.assert_allclose(middle, [1.0, 1.0, 7.0, 32.0], rtol=1e-12)  # sqrt(1000) is 31.6
    for row in np.random.default_rng(1).random((50, 4)):
        values = BOX.natural(row)
        np.testing.assert_allclose(BOX.natural(BOX.unit(values)), values, rtol=1e-12)
        assert values[2:].tolist() == [round(v) for v in values[2:]]


def test_slope_is_the_derivative_of_natural_values():
    box = Box.of([(-1.0, 3.0), (0.01, 100.0)], [False, True])
    u, h = np.array([0.3, 0.6]), 1e-6
    expected = (box.natural(u + h) - box.natural(u - h)) / (2 * h)
    np.testing.assert_allclose(box.slope(box.natural(u)), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("ranges", "logs", "expected"), [([(1, 1)], [False], "low < high"), ([(0, 1)], [True], "must be positive")]
)
def test_empty_ranges_are_refused(ranges, logs, expected):
    with pytest.raises(ValueError, match=expected):
        Box.of(ranges, logs)


def test_every_point_is_simulated_once_and_counted():
    asked = []
    landscape = Landscape(BOX, lambda rows: asked.extend(rows.tolist()) or moments_of(rows), 4)
    near = [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.501, 0.5], [0.2, 0.5, 0.5, 0.5]]  # the first two round to one point
    first = landscape(np.array(near))
    again = landscape(np.array(near[:1]))
    assert len(asked) == len(landscape.known) == 2
    assert first[0] is first[1] is again[0]
    with pytest.raises(BudgetSpent):
        landscape(np.random.default_rng(1).random((3, 4)))
    assert len(asked) == 2


def test_differences_are_central_one_sided_at_bounds_and_whole_where_values_are():
    box = Box.of([(0.0, 2.0), (0, 10)], whole=[False, True])

    def evaluate(rows):
        return [SimulatedMoments(np.array([x**2, 3.0 * n]), np.eye(2)) for x, n in rows]

    landscape = Landscape(box, evaluate, 100)
    inside = landscape.jacobian(np.array([0.5, 0.52]), np.array([0.1, 0.01]))  # n = 5: differences of one, not 0.1
    np.testing.assert_allclose(inside, [[2 * 1.0 * 2, 0], [0, 3.0 * 10]], atol=1e-12)
    edge = landscape.jacobian(np.array([1.0, 0.0]), np.array([0.1, 0.01]))
    np.testing.assert_allclose(edge, [[(2.0**2 - 1.8**2) / 0.1, 0], [0, 30.0]], atol=1e-12)


def test_differences_to_one_side_ask_for_half_the_points():
    box = Box.of([(0.0, 2.0), (0.0, 1.0), (0.0, 1.0)])

    def evaluate(rows):
        return [None if z > 0.55 else SimulatedMoments(np.array([x**2, 3 * y + z]), np.eye(2)) for x, y, z in rows]

    landscape = Landscape(box, evaluate, 6)
    found = landscape.jacobian(np.array([0.5, 0.95, 0.5]), np.full(3, 0.1), sides=1)
    np.testing.assert_allclose(found, [[(1.2**2 - 1.0) / 0.1, 0, 0], [0, 3, 1]], atol=1e-12)
    # the centre; up; down where up is beyond the range; up and then down where up cannot be simulated
    assert len(landscape.known) == 1 + 1 + 1 + 2


def test_differences_avoid_points_that_cannot_be_simulated():
    box = Box.of([(0.0, 1.0)])
    landscape = Landscape(
        box, lambda rows: [None if x > 0.55 else SimulatedMoments(2 * r, np.eye(1)) for r in rows for x in r], 9
    )
    np.testing.assert_allclose(landscape.jacobian(np.array([0.5]), np.array([0.1])), [[2.0]])
    lonely = Landscape(
        box, lambda rows: [SimulatedMoments(r, np.eye(1)) if x == 0.5 else None for r in rows for x in r], 9
    )
    assert lonely.jacobian(np.array([0.5]), np.array([0.1])).tolist() == [[0.0]]
