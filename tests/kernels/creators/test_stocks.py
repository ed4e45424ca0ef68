"""Stocks, recursive precision and prices against their slow twins and against what must hold."""

import numpy as np
import pytest
from mfsolve.kernels.creators import signals, stocks
from mfsolve.kernels.random import philox
from naive import creators as naive

EPS = np.finfo(float).eps
NOBODY, NO_KEY, ZERO = np.empty(0), np.zeros(2, np.uint64), np.uint64(0)
MARKET = np.array([1.0, 10.0, 0.5, 2.0, 0.0, 1.0, 0.1, 1.0, 1.0])


def draws(count):
    rng = np.random.default_rng(count)
    a, x = 10 ** rng.uniform(-2, 2, (2, count)), rng.uniform(0.1, 6, (2, count))
    return [np.ascontiguousarray(v) for v in (*a, *x, *10 ** rng.uniform(-3, 0, (2, count)))]


def test_roots_against_the_fixed_point():
    rng = np.random.default_rng(3)
    count = 200
    ko, kc, v0 = 10 ** rng.uniform(-3, 4, (3, count))
    alpha = np.where(rng.random(count) < 0.2, 0.0, 10 ** rng.uniform(-3, 3, count))
    lo, lc = np.where(rng.random(count) < 0.5, 0.0, rng.uniform(0, 2, count)), rng.uniform(0, 2, count)
    out = np.empty(count)
    stocks.roots(ko, kc, v0, alpha, lo, lc, out)
    want = [naive.recursive_precision(*row) for row in zip(ko, kc, v0, alpha, lo, lc)]
    # the twin's equation cancels to rounding of the stocks, and its slope is 1 or steeper
    assert (np.abs(out - want) <= 16 * EPS * (ko + kc)).all()


def test_best_prices_earn_no_less_than_the_twins():
    given = draws(300)
    out = np.empty(300)
    stocks.best_prices(*given, out)
    for price, (ao, ac, xo, xc, mo, mc) in zip(out, zip(*given)):
        want = naive.myopic_price(ao, ac, xo, xc, mo, mc)

        def gain(P, ao=ao, ac=ac, xo=xo, xc=xc, mo=mo, mc=mc):
            return ao * P ** (xo + 1) * (mo - P) + ac * P ** (xc + 1) * (mc - P)

        # at a maximum prices are found to the root of rounding at worst, gains to rounding
        assert gain(price) >= gain(want) * (1 - 16 * EPS)


def test_one_kind_alone_is_paid_its_own_price():
    for absent in (0, 1):
        given = draws(20)
        given[absent][:] = 0.0
        out = np.empty(20)
        stocks.best_prices(*given, out)
        x, m = given[3 - absent], given[5 - absent]
        np.testing.assert_allclose(out, (x + 1) / (x + 2) * m, rtol=4 * EPS)
        given[1 - absent][:] = 0.0
        stocks.best_prices(*given, out)
        assert not out.any()  # nobody supplies


@pytest.mark.parametrize("regime", [stocks.FREE_FOR_ALL, stocks.STRICT_RIGHTS, stocks.INTERMEDIARY])
@pytest.mark.parametrize("leave", [0.0, 2.0])
@pytest.mark.parametrize("turn", [20, 100])
def test_walk_against_twin(regime, leave, turn):
    steps = 40
    out = np.empty((10, steps + 1))
    stocks.walk(MARKET, 5.0, 0.3, leave, 0.5, regime, turn, NOBODY, NOBODY, NO_KEY, ZERO, 0, out)
    want = naive.walk(MARKET, 5.0, 0.3, leave, 0.5, regime, turn, steps)
    for row, column in zip((0, 4, 5, 6, 7, 9), want.T):
        np.testing.assert_allclose(out[row], column, rtol=1e-9, atol=1e-12)


def test_instants_of_one_market_and_of_many():
    rng = np.random.default_rng(1)
    K, stay = 10 ** rng.uniform(-2, 2, (2, 30)), (rng.random(30) < 0.7).astype(float)
    one, many = np.empty((8, 30)), np.empty((8, 30))
    for regime in range(3):
        stocks.instants(MARKET[None], regime, stay, K, one)
        stocks.instants(np.repeat(MARKET[None], 30, axis=0), regime, stay, K, many)
        np.testing.assert_array_equal(one, many)
        for i in range(30):
            phi = naive.recursive_precision(*K[:, i], *MARKET[[7, 8, 4, 5]])
            v = MARKET[7] + MARKET[8] * phi
            want = (phi, v, *naive.marginal_values(*K[:, i], v, MARKET[8], 0.0, 1.0))
            np.testing.assert_allclose(one[:4, i], want, rtol=1e-9)


def test_a_crowd_tends_to_its_law():
    size = 40_000
    thresholds = np.empty(size)
    signals.thresholds(philox.stream_key(1, "test"), ZERO, 2.0, thresholds)
    few, law = np.empty((10, 2)), np.empty((10, 2))
    for crowd, out in ((np.sort(thresholds), few), (NOBODY, law)):
        stocks.walk(MARKET, 5.0, 0.3, 0.0, 1.0, 1, 9, NOBODY, crowd, NO_KEY, ZERO, 0, out)
    P = few[0, 0]
    assert law[0, 0] == P
    assert few[5, 1] == pytest.approx(10.0 * np.mean(thresholds < P) * P + 0.9 * 0.3, rel=8 * EPS)
    # the share of a crowd below P is binomial about P^2
    assert abs(few[5, 1] - law[5, 1]) < 4 * 10.0 * P * np.sqrt(P**2 * (1 - P**2) / size)


def test_measured_precision_feeds_back_one_step_later():
    out = np.empty((10, 30))
    key = philox.stream_key(2, "questions")
    stocks.walk(MARKET, 5.0, 0.3, 0.0, 0.5, 1, 99, NOBODY, NOBODY, key, ZERO, 50, out)
    np.testing.assert_allclose(out[7, 1:], 1.0 + out[8, :-1], rtol=4 * EPS)
    assert (out[8] != out[6]).all()
