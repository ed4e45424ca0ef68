"""Searches for the best efforts, against the one-unknown solution, a general optimiser and concavity itself."""

import numpy as np
import pytest
from naive import creators as naive

from mfsolve.models.creators import optima, static_market

MARKETS = [
    ([0.0, 0.3, 0.6, 1.0], 1.0, 2.0, 1.0),
    ([0.2, 0.2, 1.5], 8.0, 1.3, 0.5),
    ([0.0, 0.9, 1.0, 1.0], 0.1, 4.0, 2.0),
]


@pytest.mark.parametrize(("loading", "v", "g", "k"), MARKETS)
def test_searches_come_to_the_efforts_that_the_market_is_solved_for(loading, v, g, k):
    market = static_market(loading, v, g, k)
    for planner, known, multiple in ((False, market.effort_market, g), (True, market.effort_planner, 1.0)):
        found = optima.searched_optima(market, planner, 5, 3)
        np.testing.assert_allclose(found, np.broadcast_to(known, found.shape), rtol=1e-7, atol=1e-9 * known.max())
        general = naive.brute_force(np.array(loading), v, g, k, multiple).x
        np.testing.assert_allclose(found[0], general, atol=1e-4 * known.max())  # where SLSQP stops
    assert optima.one_optimum(market, 5, 3)


@pytest.mark.parametrize("g", [1.25, 3.0, 6.0])
def test_creators_near_the_pole_are_no_second_optimum(g):
    """Efforts are steep there: a marginal cost of 1e-12 is an effort of 0.004 at g = 6."""
    plain = static_market(np.linspace(0.0, 1.0, 100), cost_exponent=g)
    poles = [1.0 / plain.aggregate_planner, 1.0 / plain.aggregate_market]
    market = static_market([*np.linspace(0.0, 1.0, 100), *poles], cost_exponent=g)
    assert optima.one_optimum(market, 3, 5)
    found = optima.searched_optima(market, True, 3, 5)
    np.testing.assert_allclose(found, np.tile(market.effort_planner, (3, 1)), atol=1e-6 * market.effort_planner.max())


@pytest.mark.parametrize(("loading", "v", "g", "k"), MARKETS)
def test_profit_and_welfare_are_concave_along_random_lines(loading, v, g, k):
    rng, x = np.random.default_rng(5), np.array(loading)
    for multiple in (g, 1.0):
        one, other = rng.uniform(0.0, 2.0, (2, 200, x.size))

        def value(e, multiple=multiple):
            return np.array([naive.phi(x, row, v) for row in e]) - multiple * k * np.sum(e**g, axis=1) / g

        assert (value(0.5 * (one + other)) > 0.5 * (value(one) + value(other))).all()


def test_a_search_that_has_not_come_to_rest_is_no_agreement(monkeypatch):
    market = static_market([0.0, 0.3, 0.6, 1.0])
    monkeypatch.setattr(optima, "STEPS", 3)
    assert np.isnan(optima.searched_optima(market, False, 2, 1)).all()
    assert not optima.one_optimum(market, 2, 1)


def test_starts_are_drawn():
    market = static_market([0.0, 1.0])
    one, other, again = (optima.searched_optima(market, True, 2, seed, 4) for seed in (1, 2, 1))
    assert not np.array_equal(one[0], one[1])
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, again)
    with pytest.raises(ValueError, match="searches: 0 given"):
        optima.searched_optima(market, True, 0, 1)
