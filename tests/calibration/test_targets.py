"""Targets, the covariance of the gap to them, and weighting matrices."""

import numpy as np
import pytest

from mfsolve.calibration.targets import Targets, Weighting, weights


def test_omega_is_one_plus_one_over_r_times_the_replicates_covariance():
    sigma = np.array([[4.0, 1.0], [1.0, 9.0]])
    np.testing.assert_allclose(Targets.of([1.0, 2.0], 10).error(sigma), 1.1 * sigma, rtol=1e-15)
    mixed = Targets.of([1.0, 2.0], 10, [np.nan, 0.5], rounding=[0.0, 0.3])
    expected = [[4.4, 0.1], [0.1, 0.25 + 0.9 + 0.03]]  # simulation noise is shared, the sources' errors are not
    np.testing.assert_allclose(mixed.error(sigma), expected, rtol=1e-14)
    assert Targets.of([1.0, 2.0], 10).freedom(sigma) == pytest.approx(9.0)


def test_a_moment_without_any_error_gets_the_smallest_one():
    targets = Targets.of([2.0, 0.0], 5)
    np.testing.assert_allclose(np.sqrt(np.diag(targets.error(np.zeros((2, 2))))), [2e-6, 1e-6])


def test_a_rare_moment_has_the_errors_that_replicates_without_an_event_cannot_exclude():
    common, rare, none = np.diag([4.0, 0.01]), np.diag([4.0, 0.001]), np.diag([4.0, 0.0])
    targets = Targets.of([1.0, 0.0], 10)
    np.testing.assert_allclose(targets.typical([none, common, none, none]), [4.4, 0.011])
    floored = targets.rule_of_three([none, common, rare])
    assert floored.error(none)[1, 1] == pytest.approx(3 * 1.1 * 0.001)
    np.testing.assert_allclose(floored.error(common), 1.1 * common)
    assert floored.silent(none).tolist() == [False, True]
    assert targets.rule_of_three([none, none]).error(none)[1, 1] == pytest.approx(1e-12)
    assert not Targets.of([1.0, 0.0], 10, rounding=[0.0, 0.5]).silent(none).any()


def test_singular_covariance_is_shrunk_and_said():
    twin = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 4.0]])
    found = weights(twin, np.ones(3))
    assert 0.0 < found.shrinkage < 1e-5
    assert np.isfinite(found.matrix).all()
    np.testing.assert_allclose(found.root().T @ found.root(), found.matrix, rtol=1e-9, atol=1e-9)
    assert weights(np.diag([1.0, 4.0]), np.ones(2)).shrinkage == 0.0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (([], 5), "value: .* allowed: a non-empty vector"),
        (([1.0], 1), "replicates must be at least 2"),
        (([1.0], 5, [1.0, 2.0]), "standard_error must have the shape"),
        (([1.0], 5, None, None, [-1.0]), "weight must not be negative"),
    ],
)
def test_targets_that_cannot_be_are_refused(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        Targets.of(*arguments)


def test_diagonal_weights_ignore_covariances_and_unfitted_moments():
    omega = np.array([[4.0, 1.9, 0.0], [1.9, 1.0, 0.0], [0.0, 0.0, 9.0]])
    found = weights(omega, np.array([1.0, 4.0, 0.0]), Weighting.DIAGONAL)
    np.testing.assert_allclose(found.matrix, np.diag([0.25, 4.0, 0.0]), rtol=1e-15)
    assert found.distance(np.array([2.0, 1.0, 100.0])) == pytest.approx(5.0)
