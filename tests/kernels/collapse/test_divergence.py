"""Kernel densities and functionals from log ratios, against SciPy, quadrature and the Gaussian closed forms."""

import numpy as np
import pytest
from mfsolve.kernels.collapse import divergence, gaussian_pool
from naive import collapse_empirical as naive
from scipy import stats

RNG = np.random.default_rng(2)


def log_density(x, centres, factor):
    out = np.empty(len(x))
    divergence.log_density(np.ascontiguousarray(x), np.ascontiguousarray(centres), factor, out)
    return out


@pytest.mark.parametrize(("count", "d"), [(1, 1), (63, 1), (64, 2), (200, 3)])
def test_log_density(count, d):
    centres, factor = RNG.normal(size=(count, d)), 0.3 * np.tril(RNG.normal(size=(d, d))) + np.eye(d)
    x = np.concatenate([3.0 * RNG.normal(size=(50, d)), np.full((1, d), 40.0)])
    np.testing.assert_allclose(log_density(x, centres, factor), naive.log_density(x, centres, factor), rtol=1e-11)


def test_log_density_is_that_of_scipys_kernel_density():
    data = RNG.gamma(2.0, size=(2, 120))
    for rule in ("scott", "silverman"):
        kde = stats.gaussian_kde(data, bw_method=rule)
        x = RNG.gamma(2.0, size=(30, 2))
        found = log_density(x, data.T, np.linalg.cholesky(kde.covariance))
        np.testing.assert_allclose(found, kde.logpdf(x.T), rtol=1e-10)


def functionals(rho, ratio_p, weight_p, ratio_q, weight_q):
    out = np.empty(5)
    divergence.functionals(rho, ratio_p, weight_p, ratio_q, weight_q, out)
    return out


@pytest.mark.parametrize("rho", [0.001, 0.3, 0.97])
def test_functionals_by_quadrature(rho):
    x = np.linspace(-12, 12, 2001)
    p, q = stats.norm.logpdf(x), np.logaddexp(stats.norm.logpdf(x, 1, 0.5), stats.norm.logpdf(x, -1, 0.7)) - np.log(2)
    step = x[1] - x[0]
    weights = np.empty((2, x.size))
    for log_density, weight in zip((p, q), weights):
        divergence.trapezoid_weights(log_density, step, weight)
    found = functionals(rho, q - p, weights[0], q - p, weights[1])[:3]
    # rounding of the control variates' cancelling sums of order 1
    np.testing.assert_allclose(found, naive.functionals(rho, p, q, step), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("rho", "m", "s"), [(0.0, 0.4, 0.6), (0.01, 0.4, 0.6), (0.3, 0.0, 0.5), (0.8, 0.4, 0.6), (1.0, 0.4, 0.8)]
)
def test_functionals_by_monte_carlo(rho, m, s):
    """Within 4.5 of their own standard errors, and those right: over 200 sets of points they are the spread."""
    want, found = np.empty(3), []
    gaussian_pool.gaussian_functionals(rho, m, s * s, 1, want)
    for _ in range(200):
        z = RNG.normal(size=(2, 1000))
        ratios = [stats.norm.logpdf(x, m, s) - stats.norm.logpdf(x) for x in (z[0], m + s * z[1])]
        weight = np.full(1000, 1e-3)
        found.append(functionals(rho, ratios[0], weight, ratios[1], weight))
    found = np.array(found)
    for k in range(2):
        error = found[:, 3 + k]
        if rho == 0.0:
            assert (np.abs(found[:, k]) < 1e-15).all()
            assert (error < 1e-15).all()
            continue
        spread = found[:, k].std(ddof=1)
        assert abs(found[:, k].mean() - want[k]) < 4.5 * spread / np.sqrt(200)
        # a standard deviation of 200 values of moderate kurtosis: relative error below 10 %
        assert np.sqrt(np.mean(error**2)) == pytest.approx(spread, rel=0.25)


def test_small_contamination_is_resolved():
    """At rho = 1e-4 the loss is 1e-9 of a nat: its Monte Carlo error is a few per cent of it, not of rho."""
    z = RNG.normal(size=(2, 5000))
    ratios = [stats.norm.logpdf(x, 0, 0.6) - stats.norm.logpdf(x) for x in (z[0], 0.6 * z[1])]
    weight = np.full(5000, 2e-4)
    loss, slope, _, loss_error, slope_error = functionals(1e-4, ratios[0], weight, ratios[1], weight)
    assert 0.0 < loss_error < 0.05 * loss
    assert 0.0 < slope_error < 0.05 * slope
