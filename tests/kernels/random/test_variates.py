"""Binomial, chi-square and multinomial variates against their exact laws."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.random import philox, variates
from naive import random as naive
from scipy import stats
from support import variates as drawn

KEY = philox.stream_key(21, "variates")
N = 40_000
log_pmf = numba.njit(error_model="numpy")(lambda k, n, p: variates.log_binomial_pmf(k, n, p))


def u(x):
    return np.uint64(x)


def binomials(n, p, size=N, step=0, replicate=0, lane=0):
    out = np.empty(size)
    variates.binomials(KEY, u(step), u(replicate), u(lane), np.full(size, float(n)), np.full(size, float(p)), out)
    return out


def chi_squares(degrees, size=N, step=0):
    out = np.empty(size)
    drawn.chi_squares(KEY, u(step), u(0), u(0), np.full(size, float(degrees)), out)
    return out


BINOMIALS = [
    (1, 0.3), (5, 0.5), (16, 0.99), (40, 0.1), (19, 0.5), (10**9, 5e-9), (10**9, 1 - 2**-28),  # inversion
    (20, 0.5), (101, 0.1), (100, 0.3), (1000, 0.9), (10**6, 0.01), (10**6, 1e-5), (10**9, 0.4177),  # rejection
]  # fmt: skip


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_law(n, p):
    x = binomials(n, p)
    assert np.array_equal(x, np.floor(x))
    assert x.min() >= 0
    assert x.max() <= n
    law = stats.binom(n, p)
    assert naive.fit(x, law) > 1e-5
    sd = law.std()
    assert abs(x.mean() - n * p) < 5 * sd / np.sqrt(N)
    fourth = 3.0 + float(law.stats("k"))
    assert abs(x.var() - sd**2) < 5 * sd**2 * np.sqrt((fourth - 1) / N)


@pytest.mark.parametrize("mean", [0.01, 0.3, 4.0, 9.99, 10.0, 11.5, 40.0, 1e3, 1e6])
def test_poisson_law(mean):
    x = np.empty(N)
    drawn.poissons(KEY, u(3), u(0), u(0), np.full(N, mean), x)
    assert np.array_equal(x, np.floor(x))
    assert x.min() >= 0
    law = stats.poisson(mean)
    assert naive.fit(x, law) > 1e-5
    assert abs(x.mean() - mean) < 5 * np.sqrt(mean / N)
    assert abs(x.var() - mean) < 5 * mean * np.sqrt((2.0 + 1.0 / mean) / N)


def test_poisson_edges():
    x = np.empty(3)
    drawn.poissons(KEY, u(0), u(0), u(0), np.array([0.0, -1.0, 1e-300]), x)
    assert x.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("n", "p"), [(10**12, 0.25), (10**15, 0.5), (10**15, 1e-3)])
def test_huge_binomials_are_normal(n, p):
    """The lattice step and the skewness are below 1e-5 standard deviations there: KS cannot see them."""
    z = (binomials(n, p) - n * p) / np.sqrt(n * p * (1 - p))
    assert stats.kstest(z, "norm").pvalue > 1e-5


def test_binomial_edges():
    for n, p, want in ((0, 0.5, 0), (7, 0.0, 0), (7, 1.0, 7), (10**12, 0.0, 0), (10**12, 1.0, 10**12)):
        assert (binomials(n, p, 100) == want).all()


def test_binomials_are_functions_of_their_lane():
    whole = binomials(50, 0.4, 200)
    assert np.array_equal(binomials(50, 0.4, 30, lane=100), whole[100:130])
    other = [binomials(50, 0.4, 200, **kw) for kw in ({"step": 1}, {"replicate": 1}, {"lane": 200})]
    for x in other:
        assert abs(np.corrcoef(whole, x)[0, 1]) < 5 / np.sqrt(200)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.integers(1, 3000), st.floats(0.0, 1.0), st.floats(1e-6, 1 - 1e-6))
def test_log_binomial_pmf(n, where, p):
    k = round(where * n)
    want = naive.log_binomial_pmf(k, n, p)
    assert abs(log_pmf(float(k), float(n), p) - want) <= 1e-13 * (n + abs(want))


def test_log_binomial_pmf_sums_to_one_at_large_n():
    n, p = 1e12, 0.3
    sd = np.sqrt(n * p * (1 - p))
    k = np.round(n * p) + np.arange(-1200, 1201) * np.round(sd / 100)
    mass = sum(np.exp(log_pmf(x, n, p)) for x in k) * np.round(sd / 100)
    assert abs(mass - 1.0) < 1e-9  # trapezoid rule of a smooth bell: exact but for roundings of 1e-13 n p


@pytest.mark.parametrize("degrees", [1, 2, 3, 4.5, 30, 1e3, 1e6, 1e9, 1.6e15])
def test_chi_square_law(degrees):
    n = 5 * N
    x = chi_squares(degrees, n)
    z = (x - degrees) / np.sqrt(2 * degrees)
    law = stats.norm.cdf if degrees > 1e12 else lambda v: stats.chi2.cdf(degrees + np.sqrt(2 * degrees) * v, degrees)
    assert stats.kstest(z, law).pvalue > 1e-5
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs((z * z).mean() - 1) < 5 * np.sqrt((2 + 12 / degrees) / n)


def test_chi_square_without_freedom_is_zero():
    assert (chi_squares(0, 10) == 0.0).all()


def multinomial(n, p, step=0, lane=0, out=None):
    out = np.zeros(len(p)) if out is None else out
    variates.multinomial(KEY, u(step), u(0), u(lane), float(n), np.asarray(p, float), out)
    return out


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.integers(0, 10**9), st.integers(0, 1000))
def test_multinomial_keeps_the_total_and_the_dead(weights, n, step):
    p = np.array(weights) + (sum(weights) == 0.0)
    p /= p.sum()
    x = multinomial(n, p, step)
    assert x.sum() == n
    assert (x >= 0).all()
    assert (x[p == 0.0] == 0).all()


def test_multinomial_law():
    """Marginals binomial, covariances -n p q, and counts are added to what stands in out."""
    p = np.array([0.5, 0.2, 0.0, 0.15, 0.1, 0.05])
    n, size = 60, 8000
    x = np.array([multinomial(n, p, step) for step in range(size)])
    for j in np.flatnonzero(p):
        assert naive.fit(x[:, j], stats.binom(n, p[j])) > 1e-5
    centred = x - n * p
    for i in range(6):
        for j in range(i):
            a = centred[:, i] * centred[:, j]
            assert abs(a.mean() + n * p[i] * p[j]) <= 5 * a.std() / np.sqrt(size)
    assert np.array_equal(multinomial(n, p, 3, out=np.ones(6)), x[3] + 1)


@pytest.mark.parametrize("d", [1, 3])
def test_gaussian_pool_law(d):
    """Given the counts: sums normal, scatter about each kind's mean chi-square, kinds independent."""
    m, s, h, q, size = np.linspace(0.3, -0.2, d), 0.6, 12.0, 7.0, 6000
    rows = np.empty((3, size, 2 + d))
    for step in range(size):
        variates.gaussian_pool(KEY, u(step), u(0), h, q, m, s, rows[0, step])
        variates.gaussian_pool(KEY, u(step), u(1), h, 0.0, m, s, rows[1, step])
        variates.gaussian_pool(KEY, u(step), u(2), 0.0, q, m, s, rows[2, step])
    assert (rows[:2, :, 0] == h).all()
    assert (rows[2, :, 0] == 0).all()
    for k in range(d):
        for row, mean, sd in zip(
            rows, (-h * m[k], -h * m[k], 0.0), (np.sqrt(h + q * s * s), np.sqrt(h), s * np.sqrt(q))
        ):
            assert stats.kstest((row[:, 2 + k] - mean) / sd, "norm").pvalue > 1e-5
    for row, n, scale in ((rows[1], h, 1.0), (rows[2], q, s * s)):
        centre = row[:, 2:] / n
        scatter = (row[:, 1] - n * (centre**2).sum(axis=1)) / scale
        assert stats.kstest(scatter, stats.chi2((n - 1) * d).cdf).pvalue > 1e-5
        for k in range(d):
            assert abs(np.corrcoef(scatter, row[:, 2 + k])[0, 1]) < 5 / np.sqrt(size)
