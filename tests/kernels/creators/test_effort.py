"""Kernels of the creator market against their slow twins."""

import numpy as np
import pytest
from mfsolve.kernels.creators import effort
from mfsolve.kernels.random import beta_stream, philox
from naive import creators as naive

EPS = np.finfo(float).eps
SIZES = [1, 63, 64, 511, 512, 513, 5000]


def bound(terms, n):
    """First-order rounding bound of a sum by 64 lanes of eight, folded: (n/64 + 14) eps sum |terms|."""
    return (n / 64 + 14) * EPS * np.abs(terms).sum()


@pytest.mark.parametrize("n", SIZES)
def test_powers_against_twin(n):
    x = np.random.default_rng(n).random(n)
    c = 0.6
    out = np.empty(7)
    assert effort.powers(x, c, out) == x.min()
    d = x - c
    terms = [x, x * d, x * d**2, x * d**3, d**2, d**3, d**4]
    for got, want, term in zip(out, naive.powers(x, c), terms):
        assert abs(got - want) <= bound(term, n)


def test_powers_lets_nan_through():
    x = np.random.default_rng(0).random(1000)
    x[700] = np.nan
    out = np.empty(7)
    effort.powers(x, 0.5, out)
    assert np.isnan(out).all()


@pytest.mark.parametrize("q", [0.3, 1.0, 2.0, 7.5])
@pytest.mark.parametrize("n", SIZES)
def test_response_against_twin(n, q):
    x = np.random.default_rng(n).random(n)
    x[0] = 0.5  # y = 0 there
    A, c = 2.0, 0.5
    out = np.empty(3)
    effort.response(x, effort.Point(c, 1 - c * A, A), q, out)
    y = (1 - c * A) - (x - c) * A
    p = np.abs(y) ** q
    terms = (x * p * y, x * x * p, p * y * y)
    # log and exp err by 2 ulp each, the first magnified by q |log y| < 20 q
    for got, want, term in zip(out, naive.response(x, y, q), terms):
        assert abs(got - want) <= bound(term, n) + (40 * q + 4) * EPS * np.abs(term).sum()


def test_power_is_zero_at_zero_for_small_exponents():
    out = np.empty(2)
    effort.efforts(np.array([1.0, 0.0]), effort.Point(1.0, 0.0, 1.0), 0.002, 3.0, out)
    assert out[0] == 0.0
    assert abs(out[1] - 3.0) < 4 * EPS * 3


@pytest.mark.parametrize(("kind", "a", "b"), [(beta_stream.UNIFORM, 0.0, 1.0), (beta_stream.BETA, 2.0, 3.0)])
def test_stream_sums_are_those_of_its_loadings(kind, a, b):
    stream = beta_stream.Stream(kind, a, b, philox.stream_key(3, "test"), np.uint64(0))
    n, point = 3000, effort.Point(0.5, 0.4, 1.2)
    x = np.empty(n)
    beta_stream.draw(stream, 0, x)
    streamed, stored = np.empty(7), np.empty(7)
    effort.stream_powers(stream, 0, n, 0.5, streamed)
    effort.powers(x, 0.5, stored)
    np.testing.assert_array_equal(streamed, stored)
    streamed, stored = np.empty(3), np.empty(3)
    effort.stream_response(stream, 0, n, point, 3.0, streamed)
    effort.response(x, point, 3.0, stored)
    np.testing.assert_array_equal(streamed, stored)


@pytest.mark.parametrize("q", [0.5, 2.0, 6.0])
def test_efforts_against_powers(q):
    # y = 1 - x A, formed about the centre: two roundings of terms below 3; log and exp as in `response`
    x, point = np.random.default_rng(1).random(100), effort.Point(0.5, 0.1, 1.8)
    y = 0.1 - (x - 0.5) * 1.8
    want, out = 1.7 * np.abs(y) ** q, np.empty(100)
    effort.efforts(x, point, q, 1.7, out)
    np.testing.assert_allclose(out, want, rtol=(40 * q + 4) * EPS)
    effort.scaled_powers(y, q, 1.7, out)
    np.testing.assert_allclose(out, want, rtol=(40 * q + 4) * EPS)
    if q == 2.0:
        effort.square_efforts(x, point, 1.7, out)
        np.testing.assert_allclose(out, want, rtol=4 * EPS)


@pytest.mark.parametrize("v", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("kappa", [0.5, 1.0])
def test_cubic_root_solves_the_cubic(v, kappa):
    for n in (1, 5, 1000):
        x = np.random.default_rng(n).random(n)
        for c in (0.0, 0.3, 0.66):
            w = np.empty(7)
            effort.powers(x, c, w)
            A, u = effort.cubic_root(w, c, v, kappa)
            assert abs(u - (1 - c * A)) <= EPS
            y = 1 - x * A
            f = A / v - kappa * np.sum(x * y**3)
            slope = 1 / v + 3 * kappa * np.sum(x * x * y * y)
            # f is evaluated about c: its rounding error, turned into one of A by the slope
            scale = A / v + kappa * np.sum(x * (abs(u) + np.abs(x - c) * A) ** 3)
            assert abs(f) / slope <= (n / 64 + 40) * EPS * scale / slope + 4 * EPS * A


def test_cubic_root_of_nobody_to_learn_from():
    assert effort.cubic_root(np.zeros(7), 0.0, 1.0, 1.0) == (0.0, 1.0)


def test_markets_of_quadratic_costs_are_settled_replicate_by_replicate():
    key, n, c, v, kappas = philox.stream_key(3, "test"), 700, 0.5, 1.3, np.array([0.5, 1.0])
    sums, roots = np.empty((2, 7)), np.empty((2, 2, 2))
    stream = beta_stream.Stream(beta_stream.UNIFORM, 0.0, 1.0, key, np.uint64(4))
    effort.quadratic_streams(stream, n, c, v, kappas, sums, roots)
    for r in range(2):
        x, want = np.empty(n), np.empty(7)
        beta_stream.draw(stream._replace(replicate=np.uint64(4 + r)), 0, x)
        effort.powers(x, c, want)
        np.testing.assert_array_equal(sums[r], want)
        for (A, u), kappa in zip(roots[r], kappas):
            assert A / v == pytest.approx(kappa * np.sum(x * (1 - x * A) ** 3), rel=1e-12)
            assert u == pytest.approx(1 - c * A, rel=1e-12)
