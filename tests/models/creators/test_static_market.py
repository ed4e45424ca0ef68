"""The static creator market against brute force, the paper's limits, and its own claims."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import creators as naive

from mfsolve.models.creators import static_market

RNG = np.random.default_rng(1)
POPULATIONS = {
    "uniform": RNG.random(40),
    "imitators": np.ones(40),
    "innovators": np.zeros(40),
    "two kinds": np.repeat([0.0, 1.0], [7, 33]),
    "concentrated": 1.0 + 1e-4 * RNG.random(40),
    "wide": np.exp(3 * RNG.normal(size=40)),
    "single": np.array([0.7]),
    "sorted, few imitators": np.r_[np.zeros(4000), np.ones(5)],
}


@pytest.mark.parametrize("g", [1.2, 1.5, 2.0, 2.5, 4.0])
@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("v", [1e-3, 1.0, 50.0])
def test_exact_against_root_of_the_definition(name, g, v):
    loading = POPULATIONS[name]
    market = static_market(loading, v, g, 1.3)
    (A_m, phi_m, e_m), (A_p, phi_p, e_p) = naive.market(loading, v, g, 1.3)
    assert market.aggregate_market == pytest.approx(A_m, rel=1e-12, abs=0)
    assert market.aggregate_planner == pytest.approx(A_p, rel=1e-12, abs=0)
    assert market.precision_market == pytest.approx(phi_m, rel=1e-12)
    assert market.precision_planner == pytest.approx(phi_p, rel=1e-12)
    top = max(e_m.max(), e_p.max())
    assert np.abs(market.effort_market - e_m).max() <= 1e-12 * top
    assert np.abs(market.effort_planner - e_p).max() <= 1e-12 * top
    cost = 1.3 / g * np.sum(e_m**g)
    assert market.welfare_market == pytest.approx(phi_m - cost, rel=1e-11)
    assert market.profit == pytest.approx(phi_m - g * cost, rel=1e-11)
    assert market.welfare_planner == pytest.approx(phi_p - 1.3 / g * np.sum(e_p**g), rel=1e-11)


@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_brute_force_optimisation_finds_nothing_better(g):
    loading = np.random.default_rng(4).random(6)
    market = static_market(loading, 2.0, g, 0.8)
    for m, effort, best in (
        (g, market.effort_market, market.profit),
        (1.0, market.effort_planner, market.welfare_planner),
    ):
        found = naive.brute_force(loading, 2.0, g, 0.8, m)
        assert -found.fun <= best + 1e-12
        # polished from our own point it stays, and the objective agrees to 1e-12
        again = naive.brute_force(loading, 2.0, g, 0.8, m, effort)
        assert -again.fun == pytest.approx(best, rel=1e-12)
        # the objective is flat to second order: efforts that SLSQP returns are good to sqrt(eps)
        assert np.abs(found.x - effort).max() < 1e-6


def test_precision_is_the_definition_with_the_full_covariance():
    loading = np.random.default_rng(3).random(30)
    market = static_market(loading, 2.5)
    assert market.precision_market == pytest.approx(naive.precision(loading, market.effort_market, 2.5), rel=1e-12)
    assert market.weight_market.sum() == pytest.approx(1.0, rel=1e-13)


@settings(deadline=None, max_examples=60)
@example(loading=[2.2250738585072014e-308], v=1.0, g=2.0)
@example(loading=[1e-200, 5e-324], v=1.0, g=3.5)
@example(loading=[0.0, 1e-200], v=1.0, g=2.0)
@example(loading=[1e-200, 3.0], v=1.0, g=1.3)
@given(
    loading=st.lists(st.floats(0, 10), min_size=1, max_size=30),
    v=st.floats(1e-4, 1e4),
    g=st.sampled_from([1.3, 2.0, 3.5]),
)
def test_stationary_and_below_the_planner(loading, v, g):
    market = static_market(loading, v, g)
    x = np.array(loading)
    for A, effort in (
        (market.aggregate_market, market.effort_market),
        (market.aggregate_planner, market.effort_planner),
    ):
        B, C = np.sum(x * effort), 1 / v + np.sum(x * x * effort)
        # f(A) = 0 in terms of its own rounding: A C = B, both sums of non-negative terms
        assert abs(A * C - B) <= 1e-12 * (A * C + B) + 30 * 1e-150  # loadings below 1e-150 count as none
    if x.max() > 1e-3:
        assert market.precision_market < market.precision_planner  # Prop. 3
    assert market.aggregate_market <= market.aggregate_planner
    assert market.welfare_market <= market.welfare_planner
    assert market.profit >= 0.0


@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("size", [1e-60, 1e-81, 1e-107, 1e-149])
def test_loadings_whose_powers_vanish_are_next_to_none(size, g):
    """Their fourth powers are below the least float; an inflection point of 0/0 was refused as beyond all floats."""
    loading = size * np.array([1.0, 0.25, 0.0])
    market, none = static_market(loading, 2.0, g), static_market(np.zeros(3), 2.0, g)
    np.testing.assert_allclose(market.effort_market, none.effort_market, rtol=1e-14)
    np.testing.assert_allclose(market.effort_planner, none.effort_planner, rtol=1e-14)
    assert market.aggregate_market == pytest.approx(2.0 * float(loading @ none.effort_market), rel=1e-12)
    assert market.aggregate_planner == pytest.approx(2.0 * float(loading @ none.effort_planner), rel=1e-12)


def test_tiny_loadings_whose_aggregate_no_float_holds_are_refused():
    """v k^-1 lambda^2 = 1e10: far from a market without loadings, at an aggregate of 1e85."""
    with pytest.raises(ValueError, match="efforts leave the range of floats"):
        static_market([1e-85], bias_variance=1e90, cost_scale=1e-90)


@pytest.mark.parametrize("g", [1.5, 2.0, 3.0])
def test_limits_of_the_effort_ratio(g):
    innovator = static_market(np.r_[0.0, np.ones(50)], 1.0, g).effort_ratio[0]
    assert innovator == pytest.approx(g ** (-1 / (g - 1)), rel=1e-14)
    # homogeneous: r = g^{-1/(g+1)} (1 + O(u)), u = N^{-(g-1)/(g+1)}
    for n in (10**3, 10**6):
        r = static_market(np.ones(n), 1.0, g).effort_ratio[0]
        assert abs(r / g ** (-1 / (g + 1)) - 1) < 2 * n ** (-(g - 1) / (g + 1))
    assert pytest.approx(static_market(np.ones(10**6)).effort_ratio[0], rel=0.02) == 2.0 ** (-1 / 3)


def test_book_check_values():
    twelve = static_market(np.linspace(0, 1, 12))
    assert twelve.effort_ratio[-1] == pytest.approx(1.927, abs=5e-4)
    assert (np.diff(twelve.effort_ratio) > 0).all()
    assert not (np.diff(static_market(np.linspace(0, 1, 100)).effort_ratio) > 0).all()


def test_a_million_imitators_keep_all_digits():
    # homogeneous market: 2 c (1 - u)/(c v) = N c u^3: u from the real cubic, in 28 digits
    for n, c in ((10**6, Decimal(1)), (10**6, Decimal("0.3"))):
        market = static_market(np.full(n, float(c)))
        c = Decimal(float(c))
        u = Decimal(1)
        for _ in range(200):  # Newton from the right of a convex increasing function
            u -= (n * c * c * u**3 / 2 - (1 - u)) / (3 * n * c * c * u * u / 2 + 1)
        assert market.effort_market[0] == pytest.approx(float(u**2 / 2), rel=1e-12)
        exact = ((1 - u) / c) ** 2 + 2 * n * (u**2 / 2) ** 2
        assert market.precision_market == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("g", [2.0, 2.5])
def test_bits_do_not_depend_on_threads(g):
    loading = np.random.default_rng(0).random(300_001)
    one, two = (static_market(loading, 1.0, g, threads=t) for t in (1, 2))
    assert one.aggregate_market == two.aggregate_market
    assert one.precision_planner == two.precision_planner
    assert one.profit == two.profit


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loading": [0.1, -0.2]}, r"loading: -0\.2 given at index 1; allowed: finite, \[0, 1e50\]"),
        ({"loading": [math.nan, 1.0]}, "loading: nan given at index 0"),
        ({"loading": [math.inf]}, "loading: inf given"),
        ({"loading": [1e100, 1.0]}, r"loading: 1e\+100 given"),
        ({"loading": []}, "loading: "),
        ({"loading": [[1.0]]}, "loading: "),
        ({"loading": ["a"]}, "allowed: a vector of numbers"),
        ({"loading": [1.0], "bias_variance": 0.0}, r"bias_variance: 0\.0 given; allowed: \[1e-300, 1e300\]"),
        ({"loading": [1.0], "bias_variance": math.nan}, "bias_variance: nan"),
        ({"loading": [1.0], "cost_exponent": 1.0}, r"cost_exponent: 1\.0 given; allowed: \(1, 1000\]"),
        ({"loading": [1.0], "cost_scale": -1.0}, "cost_scale: -1"),
        ({"loading": [math.nan], "cost_exponent": 3.0}, "loading: nan"),
        ({"loading": [-1.0], "cost_exponent": 3.0}, "loading: -1"),
        ({"loading": [1.0], "bias_variance": "a"}, r"bias_variance: 'a' given; allowed: a number in \["),
        ({"loading": [1.0], "bias_variance": None}, "bias_variance: None given"),
        ({"loading": [1.0], "bias_variance": np.ones(2)}, r"bias_variance: array\(\[1., 1.\]\) given"),
        ({"loading": [1.0], "bias_variance": np.ones(99)}, "bias_variance: ndarray given"),
        ({"loading": [1.0], "cost_scale": 1e300}, r"cost_scale: 1e\+300 given; allowed: \[1e-100, 1e100\]"),
        ({"loading": [1.0], "cost_scale": 1e-300}, "cost_scale: 1e-300 given"),
        ({"loading": [1.0], "cost_scale": 1e-60, "cost_exponent": 1.5}, r"allowed: \[1e-50, 1e50\] with cost_exp"),
        ({"loading": [1.0], "threads": -1}, r"threads: -1 given; allowed: whole numbers in \[1, 1024\]"),
        ({"loading": [1.0], "threads": 1.5}, "threads: 1.5 given"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        static_market(**arguments)
    assert "\n" not in str(caught.value)


def test_extreme_markets_settle():
    # steep costs, loadings over twelve decades, bias from none to overwhelming: f(A) = 0 to rounding, seen in A
    rng = np.random.default_rng(5)
    for _ in range(300):
        g, v, k = 1 + 10 ** rng.uniform(-1.5, 1.5), 10 ** rng.uniform(-12, 12), 10 ** rng.uniform(-3, 3)
        x = 10 ** rng.uniform(-6, 6, rng.integers(1, 30)) * (rng.random() < 0.9)
        market = static_market(x, v, g, k)
        for A, e in (
            (market.aggregate_market, market.effort_market),
            (market.aggregate_planner, market.effort_planner),
        ):
            f = A / v - np.sum(x * e * (1 - x * A))
            slope = 1 / v + (2 / (g - 1) + 1) * np.sum(x * x * e)
            assert abs(f) <= 1e-12 * slope * A


def test_whatever_is_allowed_gives_numbers_or_is_refused():
    rng = np.random.default_rng(6)
    refused, solved = 0, 0
    for _ in range(400):
        g = rng.choice([1.0 + 10 ** rng.uniform(-9, 0), 2.0, 1.0 + 10 ** rng.uniform(0, 2.9)])
        k = 10 ** (rng.uniform(-0.999, 0.999) * 100 * min(g - 1.0, 1.0))
        x = 10 ** rng.uniform(-60, 50, rng.integers(1, 12)) * (rng.random() < 0.9)
        try:
            market = static_market(x, 10 ** rng.uniform(-299.9, 299.9), g, k)
        except ValueError as error:
            refused += "efforts leave the range of floats" in str(error)
            continue
        for name in ("aggregate_market", "aggregate_planner", "precision_market", "precision_planner", "profit"):
            assert 0.0 <= getattr(market, name) < math.inf
        for effort in (market.effort_market, market.effort_planner):
            assert ((effort >= 0.0) & (effort < math.inf)).all()
        solved += 1
    assert solved + refused == 400
    assert refused < 20


@pytest.mark.parametrize("g", [2.0, 2.5])
def test_a_population_that_fools_the_sample(g):
    # every evenly spread sample sees innovators only
    x = np.zeros(2**17)
    x[1::2] = 1.0
    market = static_market(x, 1.0, g)
    (A, phi, e), _ = naive.market(x, 1.0, g, 1.0)
    assert market.aggregate_market == pytest.approx(A, rel=1e-12)
    assert market.precision_market == pytest.approx(phi, rel=1e-12)
    assert market.effort_market[1] == pytest.approx(e[1], rel=1e-10)  # u = 0.02: eps / u in the twin
