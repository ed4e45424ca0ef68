"""Prop. 4's monotonicity: closed forms and the efforts themselves must say the same."""

import numpy as np
import pytest
from naive import creators as naive

from mfsolve.models.creators import (
    Beta,
    TwoPoint,
    Uniform,
    critical_bias_variance,
    efforts_fall,
    even_loadings,
    first_failure,
    first_pole,
    first_rising,
    has_pole,
    heavy_imitators,
    is_monotone,
    pole_bias_variance,
    ratio_limits,
    static_market,
)
from mfsolve.models.creators.originality import by_loading

LAWS = [Uniform(), Beta(a=2.0, b=2.0), Beta(a=5.0, b=1.0), Uniform(low=0.5, high=1.0), TwoPoint(low=0.2)]


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_pole_variance_is_where_the_pole_reaches_the_heaviest(law, g):
    x = even_loadings(law, 30)
    v = pole_bias_variance(x, g, 0.7)
    assert x.max() * static_market(x, v, g, 0.7).aggregate_planner == pytest.approx(1.0, rel=1e-10)
    assert not has_pole(static_market(x, 0.99 * v, g, 0.7))
    assert has_pole(static_market(x, 1.01 * v, g, 0.7))


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_the_ratio_rises_up_to_the_critical_variance(law, g):
    x = even_loadings(law, 30)
    critical = critical_bias_variance(x, g, 0.7)
    # the heaviest creator beyond the pole still has the greatest ratio for a while
    assert critical > 1.001 * pole_bias_variance(x, g, 0.7)
    for factor, holds in ((0.5, True), (0.99, True), (1.01, False), (10.0, False)):
        assert naive.rises(x, critical * factor, g, 0.7) is holds
        assert is_monotone(static_market(x, critical * factor, g, 0.7)) is holds


def test_is_monotone_says_what_the_efforts_say():
    rng = np.random.default_rng(0)
    counts = {True: 0, False: 0}
    for _ in range(300):
        n, kind = rng.integers(1, 60), rng.integers(4)
        x = (rng.random(n), rng.choice([0.2, 1.0], n), rng.choice([0.0, 0.5, 1.0], n), 5 * rng.random(n) ** 3)[kind]
        g, k = rng.choice([1.3, 2.0, 3.0]), 10 ** rng.uniform(-1, 1)
        v = min(pole_bias_variance(x, g, k), 1e3) * 10 ** rng.uniform(-0.5, 0.5)
        market = static_market(x, v, g, k)
        counts[is_monotone(market)] += has_pole(market)
        assert is_monotone(market) == naive.rises(x, v, g, k)
        assert is_monotone(market) == (v < critical_bias_variance(x, g, k))
        assert has_pole(market) == (v > pole_bias_variance(x, g, k))
    assert min(counts.values()) > 10  # with a pole among them, both happen


@pytest.mark.parametrize(
    ("law", "pole", "failure"),
    [(Uniform(), 22, 23), (Beta(a=2.0, b=2.0), 19, 23), (Beta(a=2.0, b=5.0), 14, 18), (TwoPoint(low=0.2), 20, 28)],
    ids=str,
)
def test_first_failure_is_the_first(law, pole, failure):
    assert (first_pole(law), first_failure(law)) == (pole, failure)
    for n in range(2, failure + 20):
        assert naive.rises(even_loadings(law, n), 1.0) == (n < failure)
        assert has_pole(static_market(even_loadings(law, n))) == (n >= pole)


def test_first_failure_beyond_the_numbers_that_are_all_looked_at():
    law, v = Beta(a=2.0, b=5.0), 0.3
    first = first_failure(law, v)
    assert first == 53
    law, v = Uniform(), 0.01
    pole, first = first_pole(law, v), first_failure(law, v)
    assert 1000 < pole < first
    for n in (pole - 1, first - 1, first, first + 1):
        assert is_monotone(static_market(even_loadings(law, n), v)) == (n < first)


def test_alike_imitators_never_fail():
    for x in (np.repeat([0.0, 1.0], 50), np.repeat([0.0, 0.3, np.nextafter(0.3, 1.0)], 20), [0.7], [0.0, 0.0]):
        assert critical_bias_variance(x) == pole_bias_variance(x) == np.inf
        assert is_monotone(static_market(x, 1e9))
    assert first_failure(TwoPoint(), 1e6, most=10_000) is None


def test_large_uniform_markets_fail_at_twenty_over_n():
    # sum l (1 - l)^3 -> N / 20; the pole has to come short of the second by a share of the spacing, 1 / N
    n = 100_000
    x = even_loadings(Uniform(), n)
    assert pole_bias_variance(x) == pytest.approx(20 / n, rel=2e-5)
    assert pole_bias_variance(x) < critical_bias_variance(x) < (1 + 4 / n) * 20 / n


def test_heavy_imitators_by_count():
    market = static_market(np.linspace(0, 1, 1000))
    heavy = heavy_imitators(market)
    assert heavy.share == np.mean(market.loading > heavy.pole)
    assert heavy.negative_weight < 0
    assert heavy.negative_weight == pytest.approx(market.weight_planner[market.weight_planner < 0].sum())
    above = market.effort_market > market.effort_planner
    assert heavy.above_planner == above.mean() > 0
    inside = (market.loading > heavy.interval[0]) & (market.loading < heavy.interval[1])
    np.testing.assert_array_equal(above, inside)


def test_away_from_the_pole_the_ratio_tends_to_a_half():
    # A of the market tends to A of the planner as 1/N; at N = 1e6 the ratio is 1/2 but close to the pole
    market = static_market(np.linspace(0, 1, 10**6))
    far = np.abs(market.loading * market.aggregate_planner - 1) > 0.05
    assert np.abs(market.effort_ratio[far] - ratio_limits()[0]).max() < 0.01
    assert market.effort_ratio.max() > 100


def test_hypothetical_creators_do_what_members_do():
    market = static_market(even_loadings(Uniform(), 12))
    curves = by_loading(market, market.loading)
    np.testing.assert_array_equal(curves["effort_market"], market.effort_market)
    np.testing.assert_array_equal(curves["effort_planner"], market.effort_planner)
    np.testing.assert_array_equal(curves["effort_ratio"], market.effort_ratio)
    np.testing.assert_allclose(curves["weight"], 12 * market.weight_planner, rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: critical_bias_variance([-1.0]), r"loading: -1.0 given at index 0"),
        (lambda: pole_bias_variance([1e60]), r"loading: 1e\+60 given at index 0; allowed: \[0, 1e50\]"),
        (lambda: even_loadings(Uniform(), 0), r"creators: 0 given; allowed: whole numbers in \[1, "),
        (lambda: even_loadings(Uniform(), 10.5), "creators: 10.5 given; allowed: whole numbers"),
        (lambda: first_failure("uniform"), "distribution: 'uniform' given; allowed: Uniform, TwoPoint or Beta"),
        (lambda: first_failure(Uniform(), most=0), "most: 0 given"),
        (lambda: is_monotone(np.ones(3)), r"market: array.* given; allowed: creators\.StaticMarket"),
        (lambda: heavy_imitators("x"), r"market: 'x' given; allowed: creators\.StaticMarket"),
        (lambda: ratio_limits(1.0), "cost_exponent: 1.0 given"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("law", [Uniform(), Beta(a=2.0, b=2.0)], ids=str)
def test_efforts_of_the_heaviest_rise_from_the_first_number_on(law):
    found = first_rising(law)
    assert found[0] is not None
    for n in range(max(2, found[0] - 15), found[0] + 1):
        market = static_market(even_loadings(law, n))
        for whose, efforts in enumerate((market.effort_market, market.effort_planner)):
            order = np.argsort(market.loading)
            falls = efforts[order[-1]] < efforts[order[-2]]
            assert efforts_fall(market)[whose] == falls
            assert found[whose] is None or falls == (n < found[whose])
