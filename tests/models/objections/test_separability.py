"""Separability of welfare and its curvature, against sums that are separable and orders that are enumerated."""

import numpy as np
import pytest
from naive.objections import shapley_by_orders

from mfsolve.models.collapse import Parameters, chi_square
from mfsolve.models.objections.convexity import bent_upwards, least_curvature, loss_curve
from mfsolve.models.objections.separability import Surface, interaction, separability, shapley, surface


def test_shapley_values_are_means_over_orders():
    random = np.random.default_rng(3)
    groups = [frozenset(k for k in range(4) if bits >> k & 1) for bits in range(16)]
    worth = {group: float(random.normal()) if group else 0.0 for group in groups}
    np.testing.assert_allclose(shapley(worth), shapley_by_orders(worth, 4), atol=1e-14)
    assert shapley(worth).sum() == pytest.approx(worth[frozenset(range(4))])


def test_parts_with_levers_of_their_own_are_separable():
    x = np.linspace(0.0, 1.0, 11)
    parts = np.zeros((4, 11, 11))
    parts[0] = -((x[:, None] - 0.4) ** 2)
    parts[1] = -((x[None, :] - 0.7) ** 2)
    at = Surface(parts, x, x)
    found = separability(at)
    np.testing.assert_allclose(found.joint, [0.4, 0.7])
    assert found.synergy == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(found.shapley, [0.16, 0.49, 0.0, 0.0], atol=1e-15)
    assert not found.misses.any()
    assert interaction(parts.sum(axis=0)) == pytest.approx(0.0, abs=1e-15)
    assert interaction(np.outer(x - 0.5, x - 0.5)) == pytest.approx(1.0)


def test_parts_add_to_welfare():
    p = Parameters(verified_share=0.5)
    at = surface(p, 4)
    from mfsolve.models.collapse.content import Gaussian
    from mfsolve.models.collapse.optimal_policy import Program

    program = Program(p, Gaussian.human(p))
    for i, j in ((0, 0), (1, 3), (3, 2)):
        levers = program.levers(float(at.subsidies[i]), float(at.marks[j]))
        assert at.parts[:, i, j].sum() == pytest.approx(program.welfare(levers)[0], abs=1e-14)
    found = separability(at)
    assert found.shapley.sum() == pytest.approx(found.gain, abs=1e-14)
    assert (found.least >= 0.0).all()
    assert (found.most >= found.least).all()


def shuffled(at, random):
    """The same surface with its places in another order."""
    i, j = (random.permutation(at.subsidies.size) for _ in range(2))
    return Surface(np.ascontiguousarray(at.parts[:, i][:, :, j]), at.subsidies[i], at.marks[j])


@pytest.mark.parametrize("changes", [{}, {"information_cost": 0.0}, {"verified_share": 0.0}])
def test_nothing_depends_on_the_order_of_places(changes):
    at = surface(Parameters(**{"verified_share": 0.5, **changes}), 7)
    random, found = np.random.default_rng(5), separability(at)
    for _ in range(6):
        for one, other in zip(found, separability(shuffled(at, random))):
            np.testing.assert_array_equal(one, other)


def test_ties_are_an_interval():
    """Part 0 does not care for the mark, on which welfare hangs: it may attain the best, or forgo all."""
    x = np.linspace(0.0, 1.0, 5)
    parts = np.zeros((4, 5, 5))
    parts[0] = x[:, None]
    parts[1] = -3.0 * x[None, :] * x[:, None]
    found = separability(Surface(parts, x, x))
    np.testing.assert_array_equal(found.joint, [1.0, 0.0])
    np.testing.assert_array_equal(found.alone[0], [1.0, 0.0])
    np.testing.assert_allclose(found.least, [0.0, 0.0, 0.0, 0.0])  # no subsidy or no mark is best for part 1
    np.testing.assert_allclose(found.most, [3.0, 1.0, 3.0, 3.0])
    assert not found.misses.any()


@pytest.mark.parametrize("seed", range(5))
def test_parts_with_ties_in_levers_of_their_own_add_up(seed):
    random, x = np.random.default_rng(seed), np.linspace(0.0, 1.0, 6)
    parts = np.zeros((4, 6, 6))
    parts[1], parts[2] = random.integers(0, 2, (6, 1)), random.integers(0, 2, (1, 6))
    assert separability(Surface(parts, x, x)).synergy == 0.0


def test_no_lever_is_moved_without_a_reason():
    """Either lever alone does for part 0, and the mark costs less: it is neither both of them, nor the dearer one."""
    x = np.linspace(0.0, 1.0, 3)
    parts = np.zeros((4, 3, 3))
    parts[0] = np.maximum(x[:, None], x[None, :]) == 1.0
    parts[1] = -0.5 * x[:, None] - 0.25 * x[None, :]
    parts[2, 2, 2] = 5.0  # most welfare of all is where both are moved
    found = separability(Surface(parts, x, x))
    np.testing.assert_array_equal(found.alone[0], [0.0, 1.0])
    np.testing.assert_array_equal(found.joint, [1.0, 1.0])
    assert found.least[0] == 0.0
    assert not found.misses[0]
    assert found.most[0] == pytest.approx(5.25 - 0.375)  # a whole subsidy and half a mark


def test_a_part_that_is_the_same_everywhere_misses_nothing_and_is_worth_nothing():
    found = separability(surface(Parameters(verified_share=0.5, information_cost=0.0), 7))
    assert not found.misses[3]
    assert found.least[3] == found.shapley[3] == 0.0
    assert found.most[3] > 0.1  # it may as well choose the worst
    assert found.misses[:3].all()


def test_equal_parts_have_equal_values_and_rounding_makes_no_difference():
    random, x = np.random.default_rng(2), np.linspace(0.0, 1.0, 6)
    one = np.round(random.normal(size=(6, 6)), 1)  # many ties
    parts = np.stack([one, one, -(x[:, None] ** 2) + 0.0 * one, np.round(random.normal(size=(6, 6)), 1)])
    found = separability(Surface(parts, x, x))
    assert found.shapley[0] == pytest.approx(found.shapley[1], abs=1e-13)
    noisy = separability(Surface(parts + 1e-14 * random.normal(size=parts.shape), x, x))
    for name in ("least", "most", "shapley", "synergy", "misses"):
        np.testing.assert_allclose(getattr(noisy, name), getattr(found, name), atol=1e-12)


def test_the_loss_is_convex_with_the_information_as_curvature():
    p = Parameters()
    rho = np.linspace(0.3, 0.31, 3)
    loss, curvature = loss_curve(p, rho)
    assert np.diff(loss, 2)[0] / 0.005**2 == pytest.approx(curvature[1], rel=1e-4)
    assert loss_curve(p, np.array([0.0]))[1, 0] == pytest.approx(chi_square(p.variance_ratio))
    assert least_curvature(p) > 0.0
    assert bent_upwards(-(np.linspace(0.0, 1.0, 9) ** 2)) == pytest.approx(-2.0)
