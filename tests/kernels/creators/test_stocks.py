"""Stocks, recursive precision and prices against their slow twins and against what must hold."""

import numpy as np
import pytest
from mfsolve.kernels.creators import signals, stocks
from mfsolve.kernels.random import philox
from naive import creators as naive

EPS = np.finfo(float).eps
NOBODY, ZERO = np.empty(0), np.uint64(0)
NO_PLAN = np.empty((2, 0))
CERTAIN = stocks.Crowd(NOBODY, NOBODY, np.zeros(2, np.uint64), ZERO, 0)
MARKET = stocks.Market(1.0, 10.0, 0.5, 2.0, 0.0, 1.0, 0.1, 1.0, 1.0)
ROW = np.array(MARKET)


def draws(count):
    rng = np.random.default_rng(count)
    a, x = 10 ** rng.uniform(-2, 2, (2, count)), rng.uniform(0.1, 6, (2, count))
    return [np.ascontiguousarray(v) for v in (*a, *x, *10 ** rng.uniform(-3, 0, (2, count)))]


def test_recursive_precision_against_the_fixed_point():
    rng = np.random.default_rng(3)
    count = 200
    ko, kc, v0 = 10 ** rng.uniform(-3, 4, (3, count))
    alpha = np.where(rng.random(count) < 0.2, 0.0, 10 ** rng.uniform(-3, 3, count))
    lo, lc = np.where(rng.random(count) < 0.5, 0.0, rng.uniform(0, 2, count)), rng.uniform(0, 2, count)
    out = np.empty(count)
    stocks.recursive_precisions(ko, kc, v0, alpha, lo, lc, out)
    want = [naive.recursive_precision(*row) for row in zip(ko, kc, v0, alpha, lo, lc)]
    # the twin's equation cancels to rounding of the stocks, and its slope is 1 or steeper
    assert (np.abs(out - want) <= 16 * EPS * (ko + kc)).all()


def test_myopic_prices_earn_no_less_than_the_twins():
    for ao, ac, xo, xc, mo, mc in zip(*draws(300)):
        price = stocks.myopic_price(ao, ac, xo, xc, mo, mc)
        want = naive.myopic_price(ao, ac, xo, xc, mo, mc)

        def gain(P, ao=ao, ac=ac, xo=xo, xc=xc, mo=mo, mc=mc):
            return ao * P ** (xo + 1) * (mo - P) + ac * P ** (xc + 1) * (mc - P)

        # at a maximum prices are found to the root of rounding at worst, gains to rounding
        assert gain(price) >= gain(want) * (1 - 16 * EPS)


def test_one_kind_alone_is_paid_its_own_price():
    for absent in (0, 1):
        given = draws(20)
        given[absent][:] = 0.0
        x, m = given[3 - absent], given[5 - absent]
        prices = [stocks.myopic_price(*row) for row in zip(*given)]
        np.testing.assert_allclose(prices, (x + 1) / (x + 2) * m, rtol=4 * EPS)
        given[1 - absent][:] = 0.0
        assert not any(stocks.myopic_price(*row) for row in zip(*given))  # nobody supplies


def test_price_caps_against_the_formula():
    rng = np.random.default_rng(8)
    P, Kc, v = 10 ** rng.uniform(-2, 0, 50), 10 ** rng.uniform(-2, 3, 50), 10 ** rng.uniform(-1, 1, 50)
    stay = (rng.random(50) < 0.7).astype(float)
    market, out = MARKET._replace(lam_c=0.7), np.empty(50)
    stocks.price_caps(market, P, Kc, v, stay, out)
    mu, n_o, n_c = 1 / (1 + 0.7**2 * v * Kc) ** 2, stay * P**0.5, 10.0 * P**2
    # 1 + (mu - 1) n_c / (n_o + n_c) in place of (n_o + mu n_c) / (n_o + n_c): rounding of 1, powers to 20 ulp
    np.testing.assert_allclose(out, (n_o + mu * n_c) / (n_o + n_c), rtol=0, atol=50 * EPS)


@pytest.mark.parametrize("regime", [stocks.FREE_FOR_ALL, stocks.STRICT_RIGHTS, stocks.INTERMEDIARY])
@pytest.mark.parametrize("leave", [0.0, 2.0])
@pytest.mark.parametrize("turn", [20, 100])
def test_euler_path_against_twin(regime, leave, turn):
    steps = 40
    out = np.empty((10, steps + 1))
    stocks.euler_path(MARKET, stocks.Start(5.0, 0.3, leave, regime), 0.5, turn, CERTAIN, NO_PLAN, out)
    want = naive.euler_path(MARKET, 5.0, 0.3, leave, 0.5, regime, turn, steps)
    for row, column in zip((0, 4, 5, 6, 7, 9), want.T):
        np.testing.assert_allclose(out[row], column, rtol=1e-9, atol=1e-12)


def test_instants_of_one_market_and_of_many():
    rng = np.random.default_rng(1)
    K, stay = 10 ** rng.uniform(-2, 2, (2, 30)), (rng.random(30) < 0.7).astype(float)
    one, many = np.empty((8, 30)), np.empty((8, 30))
    for regime in range(3):
        stocks.instants(ROW[None], regime, stay, K, one)
        stocks.instants(np.repeat(ROW[None], 30, axis=0), regime, stay, K, many)
        np.testing.assert_array_equal(one, many)
        for i in range(30):
            phi = naive.recursive_precision(*K[:, i], *ROW[[7, 8, 4, 5]])
            v = MARKET.v0 + MARKET.alpha * phi
            want = (phi, v, *naive.marginal_values(*K[:, i], v, MARKET.alpha, 0.0, 1.0))
            np.testing.assert_allclose(one[:4, i], want, rtol=1e-9)


def test_a_crowd_tends_to_its_law():
    size = 40_000
    thresholds = np.empty(size)
    signals.entry_prices(philox.stream_key(1, "test"), ZERO, 2.0, thresholds)
    few, law = np.empty((10, 2)), np.empty((10, 2))
    for crowd, out in ((np.sort(thresholds), few), (NOBODY, law)):
        stocks.euler_path(
            MARKET,
            stocks.Start(5.0, 0.3, 0.0, stocks.STRICT_RIGHTS),
            1.0,
            9,
            CERTAIN._replace(entry_c=crowd),
            NO_PLAN,
            out,
        )
    P = few[0, 0]
    assert law[0, 0] == P
    assert few[5, 1] == pytest.approx(10.0 * np.mean(thresholds < P) * P + 0.9 * 0.3, rel=8 * EPS)
    # the share of a crowd below P is binomial about P^2
    assert abs(few[5, 1] - law[5, 1]) < 4 * 10.0 * P * np.sqrt(P**2 * (1 - P**2) / size)


def test_measured_precision_feeds_back_one_step_later():
    out = np.empty((10, 30))
    crowd = CERTAIN._replace(key=philox.stream_key(2, "questions"), questions=50)
    stocks.euler_path(MARKET, stocks.Start(5.0, 0.3, 0.0, stocks.STRICT_RIGHTS), 0.5, 99, crowd, NO_PLAN, out)
    np.testing.assert_allclose(out[7, 1:], 1.0 + out[8, :-1], rtol=4 * EPS)
    assert (out[8] != out[6]).all()
