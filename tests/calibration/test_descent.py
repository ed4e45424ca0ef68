"""Local searches, each on an objective whose minimum is known."""

import numpy as np
import pytest

from mfsolve.calibration.descent import INFEASIBLE, WORTHWHILE, Objective, integer_steps, nelder_mead, trust_region
from mfsolve.calibration.landscape import Box, BudgetSpent, Landscape, SimulatedMoments
from mfsolve.calibration.targets import Targets, weights

SLOPE = np.array([[1.0, 0.5], [0.0, 2.0], [1.0, -1.0]])
BOX = Box.of([(-2.0, 4.0), (-2.0, 4.0)])


def objective(box, moments, target, limit=400):
    """Distance of exact moments (k,) to a target with errors of a hundredth."""
    targets = Targets.of(target, 100)
    landscape = Landscape(
        box, lambda rows: [SimulatedMoments(np.asarray(moments(row)), np.eye(len(target))) for row in rows], limit
    )
    return Objective(landscape, targets, weights(1e-4 * np.eye(len(target)), np.ones(len(target))))


@pytest.mark.parametrize("search", [trust_region, nelder_mead])
def test_linear_moments_are_met(search):
    """A hundredth is a standard error here: the searches stop within a tenth of it."""
    truth = np.array([0.7, -0.4])
    of = objective(BOX, lambda row: SLOPE @ row, SLOPE @ truth)
    search(of, np.array([0.5, 0.5]))
    np.testing.assert_allclose(BOX.natural(of.best()), truth, atol=1e-3)


def test_derivatives_follow_the_search_at_a_point_a_step():
    """Curved moments of four parameters: differences once, then a secant a step; and again where that has ended."""
    box, truth = Box.of([(0.0, 1.0)] * 4), np.array([0.3, 0.6, 0.45, 0.7])
    bend = np.array([[1.0, 0.4, 0.0, 0.2], [0.3, 1.0, 0.5, 0.0], [0.0, 0.2, 1.0, 0.4], [0.5, 0.0, 0.1, 1.0]])

    def moments(row):
        return bend @ row + 0.3 * (bend @ row) ** 2

    of = objective(box, moments, moments(truth))
    trust_region(of, np.full(4, 0.5))
    asked = np.array([of.of(at) for at in of.landscape.known.values()])
    assert (
        np.argmax(asked < 0.5) <= 4 + 6
    )  # half a squared standard error; central differences at every step: 20 and more
    assert of.distance(of.best()) < WORTHWHILE


@pytest.mark.parametrize("search", [trust_region, nelder_mead])
def test_minimum_beyond_a_bound_ends_at_the_bound(search):
    of = objective(BOX, lambda row: row, [9.0, 1.0])
    search(of, np.array([0.5, 0.5]))
    np.testing.assert_allclose(BOX.natural(of.best()), [4.0, 1.0], atol=6e-3)


def test_whole_numbers_move_one_by_one_as_long_as_that_helps():
    box = Box.of([(0, 50), (0.0, 1.0)], whole=[True, False])
    of = objective(box, lambda row: row, [23.0, 0.5])
    integer_steps(of, box.unit(np.array([20.0, 0.5])))
    assert box.natural(of.best()).tolist() == [23.0, 0.5]
    assert len(of.landscape.known) == 1 + 2 + 1 + 1 + 1  # the start, both sides of it, and one further on each move


def test_infeasible_points_are_never_the_best():
    landscape = Landscape(BOX, lambda rows: [None for _ in rows], 9)
    of = Objective(landscape, Targets.of([0.0], 2), weights(np.eye(1), np.ones(1)))
    assert of.distance(np.array([0.5, 0.5])) == INFEASIBLE
    assert of.ranked()[1].size == 0


def test_a_search_ends_with_the_budget():
    of = objective(BOX, lambda row: SLOPE @ row, [1.0, 1.0, 1.0], limit=3)
    with pytest.raises(BudgetSpent):
        trust_region(of, np.array([0.5, 0.5]))
