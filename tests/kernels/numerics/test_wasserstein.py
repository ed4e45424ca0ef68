"""Squared Wasserstein-2 distances on the line against their twins."""

import numpy as np
import pytest
from mfsolve.kernels.numerics import wasserstein
from naive import flow as naive
from naive.collapse_empirical import w2_of_gaussian
from scipy.integrate import quad
from scipy.special import ndtri

from mfsolve.models import flow

RNG = np.random.default_rng(3)


def pieces(n):
    u = np.concatenate(([0.0], np.sort(RNG.uniform(size=n - 1)), [1.0]))
    left = np.sort(RNG.normal(size=n))
    return u, left, left + RNG.uniform(0, 0.2, n)


def test_quantile_gap_is_the_integral():
    a, b = pieces(37), pieces(52)
    assert wasserstein.quantile_gap(*a, *b) == pytest.approx(naive.quantile_gap(*a, *b), rel=1e-12)
    assert wasserstein.quantile_gap(*a, *a) == pytest.approx(0.0, abs=1e-30)


@pytest.mark.parametrize("n", [1, 63, 64, 1000, 1024, 5000])
def test_squared_gap(n):
    a, b = RNG.normal(size=n), RNG.normal(size=n)
    assert wasserstein.squared_gap(a, b) == pytest.approx(np.mean((a - b) ** 2), rel=1e-13)


def test_distances_of_many_equal_gaps():
    """Roundings of equal items point one way: interleaved running sums lost hundreds of units here."""
    n, unit = 2 * 10**6, np.finfo(float).eps
    x, u, one, end = np.full(n, 0.1), np.linspace(0.0, 1.0, n + 1), np.zeros(1), np.array([0.0, 1.0])
    assert wasserstein.squared_gap(x, np.zeros(n)) == pytest.approx(0.1**2, rel=8 * unit)
    assert wasserstein.quantile_gap(u, x, x, end, one, one) == pytest.approx(0.1**2, rel=8 * unit)
    assert wasserstein.gaussian_gap(x, np.zeros(n), 0.0, 0.0) == pytest.approx(0.1**2, rel=8 * unit)


def test_samples_of_other_sizes_agree_with_repeated_samples():
    a, b = RNG.normal(size=30), RNG.normal(size=45)
    assert flow.w2(a, b) == pytest.approx(flow.w2(np.repeat(a, 3), np.repeat(b, 2)), rel=1e-12)


def test_projections_are_inner_products():
    x, theta, out = RNG.normal(size=(4, 70)), RNG.normal(size=4), np.empty(70)
    wasserstein.project(theta, x, out)
    np.testing.assert_allclose(out, theta @ x, rtol=1e-13, atol=1e-14)


def test_pieces_of_the_normal_quantile_function_are_its_cell_integrals():
    out = np.empty(9)
    wasserstein.normal_pieces(out)
    expected = [quad(ndtri, i / 9, (i + 1) / 9)[0] for i in range(9)]
    np.testing.assert_allclose(out, expected, atol=1e-10)
    assert out.sum() == pytest.approx(0.0, abs=1e-15)


def test_gaussian_to_sample():
    """The midpoint rule errs by less than 1 / cells of a piece: 1e-5 here."""
    sample = np.sort(RNG.gamma(2.0, size=60))
    pieces = np.empty(60)
    wasserstein.normal_pieces(pieces)
    assert pieces.sum() == pytest.approx(0.0, abs=1e-15)
    for m, s in ((0.0, 1.0), (2.0, 1.4), (1.0, 0.0)):
        assert wasserstein.gaussian_gap(sample, pieces, m, s) == pytest.approx(w2_of_gaussian(sample, m, s), abs=2e-5)
    direction, x = np.array([[0.6, 0.8], [1.0, 0.0]]), RNG.normal(size=(60, 2))
    factor, m, out = np.array([[1.0, 0.0], [0.4, 0.7]]), np.array([0.3, -0.2]), np.empty(2)
    wasserstein.sliced_gaussian_gap(direction, np.sort(direction @ x.T, axis=1), pieces, m, factor, out)
    for theta, found in zip(direction, out):
        s = np.sqrt(theta @ factor @ factor.T @ theta)
        assert found == pytest.approx(wasserstein.gaussian_gap(np.sort(x @ theta), pieces, theta @ m, s), rel=1e-12)
