"""Special functions against SciPy and closed forms."""

import math

import numba
import numpy as np
import pytest
from mfsolve.kernels.numerics import special
from scipy import stats
from scipy.integrate import quad
from scipy.special import betainc, gammaln
from scipy.stats import beta as law

SHAPES = (
    (1.0, 1.0),
    (2.0, 2.0),
    (1.0, 3.0),
    (1.3, 4.7),
    (2.5, 1.01),
    (7.7, 3.1),
    (20.0, 30.0),
    (100.0, 100.0),
    (1.0, 100.0),
)


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_shares_against_scipy(a, b):
    tiny = 10.0 ** -np.linspace(1, 15, 50)
    x = np.concatenate([np.linspace(0, 1, 2001), tiny, 1 - tiny])
    out = np.empty_like(x)
    special.beta_shares(x, a, b, out)
    # the logarithm of the front factor has terms of size (a + b) ln: their rounding is what limits both
    np.testing.assert_allclose(out, betainc(a, b, x), atol=8e-16 * (a + b + 4), rtol=0)
    assert out[0] == 0.0
    assert out[2000] == 1.0


def test_uniform_and_quadratic_are_exact():
    x = np.linspace(0, 1, 1001)
    out = np.empty_like(x)
    special.beta_shares(x, 1.0, 1.0, out)
    np.testing.assert_allclose(out, x, atol=1e-15)
    special.beta_shares(x, 2.0, 2.0, out)
    np.testing.assert_allclose(out, x * x * (3 - 2 * x), atol=3e-15)


@pytest.mark.parametrize(("a", "b"), SHAPES[:6])
def test_partial_moments_against_quadrature(a, b):
    ends = np.array([0.15, 0.6, 0.97])
    out = np.empty((3, 5))
    special.beta_moments(ends, a, b, out)
    for k in range(-1, 4):
        for i in range(2):
            exact = quad(lambda s, k=k: s**k * law.pdf(s, a, b), ends[i], ends[i + 1], epsabs=1e-14, epsrel=1e-13)[0]
            assert out[i + 1, k + 1] - out[i, k + 1] == pytest.approx(exact, abs=3e-14)


def test_normal_quantiles():
    p = np.concatenate([np.linspace(1e-9, 1 - 1e-9, 1001), [1e-300, 1e-30, 0.0749, 0.0751, 0.5, 0.925, 0.93]])
    z = np.empty(p.size)
    special.normal_quantiles(p, z)
    np.testing.assert_allclose(z, stats.norm.ppf(p), rtol=3e-15, atol=1e-15)


def test_normal_quantiles_at_the_ends_and_beyond():
    p = np.array([0.0, 1.0, -1e-9, 1.0 + 1e-9, np.nan, np.inf, 5e-324, 1e-310])
    z = np.empty(p.size)
    special.normal_quantiles(p, z)
    np.testing.assert_allclose(z, stats.norm.ppf(p), rtol=1e-13)


jit = numba.njit(error_model="numpy")


@jit
def log_gammas(x, half, out):
    for i in range(x.size):
        out[0, i] = special.log_gamma(x[i])
        out[1, i] = special.log_gamma_half(half[i])


def test_log_gamma_of_numbers_and_of_halves():
    """A few roundings of the terms, the largest of which is about x ln x."""
    half = np.concatenate([np.arange(1, 200), [10**3, 10**6]])
    x = np.linspace(1.0, 250.0, half.size)
    out = np.empty((2, x.size))
    log_gammas(x, half, out)
    for got, at in ((out[0], x), (out[1], 0.5 * half)):
        assert (np.abs(got - gammaln(at)) <= 8 * np.finfo(float).eps * (10 + at * np.log(at + 10))).all()


@jit
def stirling_errors(n, out):
    for i in range(n.size):
        out[i] = special.stirling_error(n[i])


def test_stirling_error():
    """By its definition in exact integers, where n! still has few digits; the formula and the table meet at n = 16."""
    n = np.arange(1.0, 40.0)
    out = np.empty(n.size)
    stirling_errors(n, out)
    exact = [math.log(math.factorial(int(k))) - (k + 0.5) * math.log(k) + k - special.LN_SQRT_2PI for k in n]
    assert np.abs(out - exact).max() < 4 * np.finfo(float).eps * 40 * math.log(40)
    assert (np.diff(out) < 0).all()


@jit
def deviances(x, mean, out):
    for i in range(x.size):
        out[i] = special.deviance(x[i], mean)


def test_deviance_has_no_cancellation():
    mean, ratio = (
        1e6,
        1.0 + np.concatenate([10.0 ** -np.arange(1.0, 9.0), -(10.0 ** -np.arange(1.0, 9.0)), [3.0, -0.9]]),
    )
    x = mean * ratio
    out = np.empty(x.size)
    deviances(x, mean, out)
    gap = (x - mean).astype(np.longdouble) / mean
    exact = mean * ((1 + gap) * np.log1p(gap) - gap)
    close = np.abs(gap) < 5e-5  # there the difference above cancels even in extended precision: its series instead
    exact[close] = mean * (gap**2 / 2 - gap**3 / 6 + gap**4 / 12)[close]
    np.testing.assert_allclose(out, exact.astype(float), rtol=1e-14)


def test_constants():
    assert math.log(2.0) == special.LN_2
    assert pytest.approx(0.5 * math.log(math.pi), rel=1e-16) == special.LN_SQRT_PI
    assert pytest.approx(0.5 * math.log(2 * math.pi), rel=1e-16) == special.LN_SQRT_2PI
    assert special.LN_2PI == 2.0 * special.LN_SQRT_2PI
    assert pytest.approx(stats.norm.pdf(0.0), rel=2e-16) == special.DENSITY_AT_0
