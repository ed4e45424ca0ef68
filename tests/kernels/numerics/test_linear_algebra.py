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


def test_a_dependent_column_is_named():
    x = RNG.normal(size=(50, 3))
    x[:, 2] = x[:, 0] - 2 * x[:, 1]
    mean, covariance, factor = np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    linear_algebra.moments(x, mean, covariance)
    assert linear_algebra.cholesky(covariance, factor) == 2
    assert np.isnan(factor[2]).all()
    assert linear_algebra.cholesky(np.zeros((2, 2)), np.empty((2, 2))) == 0
