"""Moments, Cholesky factors and Gaussian divergences against NumPy."""

import numpy as np
import pytest
from mfsolve.kernels.numerics import linear_algebra

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("d", [1, 2, 7])
def test_dense_algebra(d):
    x = RNG.normal(size=(301, d)) @ RNG.normal(size=(d, d)) + 3.0
    mean, covariance, factor = np.empty(d), np.empty((d, d)), np.empty((d, d))
    linear_algebra.moments(x, mean, covariance)
    np.testing.assert_allclose(mean, x.mean(0), rtol=1e-13)
    np.testing.assert_allclose(covariance, np.cov(x.T, bias=True).reshape(d, d), rtol=1e-11)
    assert linear_algebra.cholesky(covariance, factor) == -1
    np.testing.assert_allclose(factor, np.linalg.cholesky(covariance), rtol=1e-9, atol=1e-12)
    m, s = RNG.normal(size=d), np.linalg.cholesky(0.3 * covariance + np.eye(d))
    inverse, S = np.linalg.inv(covariance), s @ s.T
    want = 0.5 * (
        np.trace(inverse @ S) + m @ inverse @ m - d - np.linalg.slogdet(S)[1] + np.linalg.slogdet(covariance)[1]
    )
    assert linear_algebra.gaussian_divergence(m, s, factor) == pytest.approx(want, rel=1e-10)


def test_moments_of_many_equal_rows():
    """Roundings of equal items point one way: interleaved running sums lost 500 units here."""
    x = np.full((2 * 10**6, 1), 0.1)
    x[::2] = 0.7
    mean, covariance = np.empty(1), np.empty((1, 1))
    linear_algebra.moments(x, mean, covariance)
    assert mean[0] == pytest.approx(0.4, rel=4 * np.finfo(float).eps)
    assert covariance[0, 0] == pytest.approx(0.09, rel=8 * np.finfo(float).eps)


def test_a_dependent_column_is_named():
    x = RNG.normal(size=(50, 3))
    x[:, 2] = x[:, 0] - 2 * x[:, 1]
    mean, covariance, factor = np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    linear_algebra.moments(x, mean, covariance)
    assert linear_algebra.cholesky(covariance, factor) == 2
    assert np.isnan(factor[2]).all()
    assert linear_algebra.cholesky(np.zeros((2, 2)), np.empty((2, 2))) == 0


@pytest.mark.parametrize(("rest", "column"), [(2e-12, -1), (5e-13, 1)])
def test_columns_count_as_dependent_from_twelve_digits_on(rest, column):
    factor = np.empty((2, 2))
    assert linear_algebra.cholesky(np.array([[1.0, 1.0], [1.0, 1.0 + rest]]), factor) == column
    if column < 0:
        assert factor[1, 1] == pytest.approx(np.sqrt(rest), rel=1e-4)  # rest is stored to 2^-53
