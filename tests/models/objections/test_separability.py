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
    assert found.forgone.min() >= 0.0


def test_the_loss_is_convex_with_the_information_as_curvature():
    p = Parameters()
    rho = np.linspace(0.3, 0.31, 3)
    loss, curvature = loss_curve(p, rho)
    assert np.diff(loss, 2)[0] / 0.005**2 == pytest.approx(curvature[1], rel=1e-4)
    assert loss_curve(p, np.array([0.0]))[1, 0] == pytest.approx(chi_square(p.variance_ratio))
    assert least_curvature(p) > 0.0
    assert bent_upwards(-(np.linspace(0.0, 1.0, 9) ** 2)) == pytest.approx(-2.0)
