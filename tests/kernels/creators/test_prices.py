"""Best prices with reservation prices: against a search of all prices, closed forms, and their derivatives."""

import numpy as np
import pytest
from mfsolve.kernels.creators import prices, stocks
from naive import creators as naive


def market(rng, r_o, r_c):
    a, x = 10 ** rng.uniform(-1, 1.5, 2), rng.uniform(0.2, 3, 2)
    return stocks.Market(*a, *x, 0.0, 1.0, 0.1, 1.0, 1.0, r_o, r_c)


def best(p, stay, M):
    """Best prices of a market for the values M (2,): for both kinds, for either alone."""
    m_o, m_c = map(float, M)
    if p.r_o == p.r_c == 0.0:
        both = prices.myopic_price(p.a_o * stay, p.a_c, p.x_o, p.x_c, m_o, m_c)
    else:
        both = prices.reserved_price(p, stay, m_o, m_c)
    return np.array([both, prices.alone_price(p.x_o, p.r_o, m_o), prices.alone_price(p.x_c, p.r_c, m_c)])


def test_no_price_of_a_search_earns_more():
    rng = np.random.default_rng(1)
    for _ in range(60):
        p, M = market(rng, rng.uniform(0, 0.5), rng.choice([0.0, rng.uniform(0, 0.5)])), rng.uniform(0.01, 1, 2)
        stay = rng.choice([0.0, 1.0])

        def profit(P, p=p, M=M, stay=stay):
            own = naive.reserved_profit(p.a_o * stay, p.x_o, p.r_o, M[0], P)
            return own + naive.reserved_profit(p.a_c, p.x_c, p.r_c, M[1], P)

        searched = profit(naive.reserved_price(p.a_o * stay, p.a_c, p.x_o, p.x_c, *M, p.r_o, p.r_c))
        # of two maxima in one cell of the grid the lesser may be taken: they differ by what a cell can hide
        assert profit(best(p, stay, M)[0]) >= searched - 2e-3 * abs(searched)


def test_prices_for_one_kind_are_the_greater_root():
    rng = np.random.default_rng(2)
    for _ in range(60):
        p, M = market(rng, rng.uniform(0.01, 0.6), 0.0), rng.uniform(0.01, 1, 2)
        for P, x, r, m in zip(best(p, 1.0, M)[1:], (p.x_o, p.x_c), (p.r_o, p.r_c), M):
            if m > r:
                assert r < P < m
                # the derivative of (P - r)^x P (m - P) is 0
                assert abs(x * P * (m - P) + (P - r) * (m - 2 * P)) < 1e-12
            else:
                assert m == P


def test_without_reservation_prices_both_searches_agree():
    rng = np.random.default_rng(3)
    for _ in range(40):
        p, M = market(rng, 0.0, 0.0), rng.uniform(0.01, 1, 2)
        tiny = p._replace(r_o=1e-14)
        a, b = best(p, 1.0, M), best(tiny, 1.0, M)
        assert b == pytest.approx(a, rel=1e-6)


def test_derivatives_of_prices_against_differences():
    rng, h = np.random.default_rng(4), 1e-7
    checked = 0
    for _ in range(80):
        p, M = market(rng, 0.1, 0.05), rng.uniform(0.4, 1, 2)
        P = best(p, 1.0, M)
        got = (
            prices.price_derivatives(p, 1.0, *M, P[0]),
            np.diag([prices.alone_slope(p.x_o, p.r_o, M[0]), prices.alone_slope(p.x_c, p.r_c, M[1])]),
        )
        moved = np.array([[best(p, 1.0, M + sign * h * np.eye(2)[j]) for sign in (1, -1)] for j in (0, 1)])
        slopes = (moved[:, 0] - moved[:, 1]) / (2 * h)
        if np.abs(moved - P).max() > 1e-4:  # the price jumps to another maximum
            continue
        checked += 1
        np.testing.assert_allclose(got[0], slopes[:, 0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(got[1], slopes[:, 1:], rtol=1e-4, atol=1e-5)
    assert checked > 40
