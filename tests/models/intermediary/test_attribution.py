"""Aumann-Shapley and Shapley values against closed forms, all coalitions and each other."""

import math

import numpy as np
import pytest
from naive import creators as naive
from scipy import stats

from mfsolve.models import intermediary
from mfsolve.models.creators import static_market
from mfsolve.models.intermediary import OrderScheme
from mfsolve.models.intermediary.attribution import diagonal

EPS = np.finfo(float).eps
PLAIN, ANTITHETIC, STRATIFIED = OrderScheme(), OrderScheme(antithetic=True), OrderScheme(stratified=True)


@pytest.mark.parametrize(("v", "n"), [(1e-3, 5), (1.0, 100), (100.0, 20_000)])
def test_aumann_shapley_adds_to_precision(v, n):
    rng = np.random.default_rng(n)
    x, e = rng.random(n), rng.random(n)
    values = intermediary.aumann_shapley(x, e, v)
    assert values.sum() == pytest.approx(naive.phi(x, e, v), rel=1e-11)
    assert (values >= 0).all()


def test_diagonal_against_closed_form():
    for s in (0.3, 10.0, 1e6, 1e20):
        a, turn = 1.5 * s, math.log1p(s)
        first, second = diagonal(a, s)
        # int z/(1+sz) = (s - ln(1+s))/s^2; int (z/(1+sz))^2 = (s + s/(1+s) - 2 ln(1+s))/s^3, which cancel for
        # small s
        slack = 8 * EPS * (1 + 12 / s**2)
        assert first == pytest.approx(a * (s - turn) / s**2, rel=slack + 1e-14)
        assert second == pytest.approx(a * a * (s + s / (1 + s) - 2 * turn) / s**3, rel=slack + 1e-13)
    assert diagonal(2.0, 0.0) == pytest.approx((1.0, 4 / 3), rel=1e-15)


@pytest.mark.parametrize("heaviest", [1e15, 1e50])
def test_aumann_shapley_of_overwhelming_loadings(heaviest):
    # the heavy creator's data settle the bias and nothing else
    values = intermediary.aumann_shapley([heaviest, 0.0, 0.5], [1.0, 2.0, 3.0], 1e9)
    np.testing.assert_allclose(values, [0.0, 2.0, 3.0], atol=1e-12)
    value, error = intermediary.shapley([heaviest, 0.0, 0.5], [1.0, 2.0, 3.0], 1e9, 100, 0)
    assert np.isfinite([value, error]).all()


def test_intervals_are_students():
    x, e = np.array([0.2, 0.9, 0.4]), np.ones(3)
    for scheme, freedom in ((PLAIN, 99), (ANTITHETIC, 49), (STRATIFIED, 99)):
        found = intermediary.shapley(x, e, 1.0, 100, 0, scheme)
        low, high = intermediary.shapley_interval(found, 100, scheme.antithetic, 0.9)
        reach = stats.t.ppf(0.95, freedom) * found.standard_error
        np.testing.assert_allclose(low, found.value - reach, rtol=1e-13)
        np.testing.assert_allclose(high, found.value + reach, rtol=1e-13)
    with pytest.raises(ValueError, match=r"values: .* given; allowed: intermediary\.ShapleyValues"):
        intermediary.shapley_interval((1.0, 2.0), 100)
    with pytest.raises(ValueError, match=r"level: 1\.0 given"):
        intermediary.shapley_interval(found, 100, level=1.0)


@pytest.mark.parametrize("scheme", [PLAIN, ANTITHETIC, STRATIFIED], ids=str)
def test_shapley_covers_the_exact_values(scheme):
    rng = np.random.default_rng(1)
    x, e = rng.random(9), rng.random(9)
    exact = naive.shapley(x, e, 2.0)
    inside = []
    for seed in range(12):
        value, error = intermediary.shapley(x, e, 2.0, 2000, seed, scheme)
        if not scheme.stratified:
            assert value.sum() == pytest.approx(naive.phi(x, e, 2.0), rel=1e-12)
        inside.extend(np.abs(value - exact) < 1.96 * error)
    # 108 intervals, dependent within a run (values add up): allow for the variance of 12 effective runs
    assert abs(np.mean(inside) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 12)


@pytest.mark.exhaustive
@pytest.mark.slow
def test_intervals_need_a_thousand_orders_among_a_thousand_creators():
    x = np.random.default_rng(0).random(1000)
    e = static_market(x).effort_planner
    exact, _ = intermediary.shapley(x, e, 1.0, 400_000, 99, ANTITHETIC)
    rates = []
    for orders in (64, 1000):
        runs = (intermediary.shapley(x, e, 1.0, orders, seed, PLAIN) for seed in range(20))
        rates.append(np.mean([np.abs(value - exact) < 1.96 * error for value, error in runs]))
    assert 0.8 < rates[0] < 0.9  # as the docstring says
    assert abs(rates[1] - 0.95) < 0.015


def test_reversed_orders_reduce_the_error():
    rng = np.random.default_rng(1)
    x, e = rng.random(50), rng.random(50)
    plain = intermediary.shapley(x, e, 1.0, 2000, 1, PLAIN).standard_error
    paired = intermediary.shapley(x, e, 1.0, 2000, 1, ANTITHETIC).standard_error
    assert np.median(paired / plain) < 0.9


def test_strata_reduce_the_error_and_need_few_orders():
    x = np.random.default_rng(0).random(1000)
    e = static_market(x).effort_planner
    exact, rest = intermediary.shapley(x, e, 1.0, 20_000, 99, STRATIFIED)
    plain, strata = (
        [intermediary.shapley(x, e, 1.0, 64, seed, scheme) for seed in range(8)] for scheme in (PLAIN, STRATIFIED)
    )
    errors = [np.sqrt(np.mean([(value - exact) ** 2 for value, _ in runs])) for runs in (plain, strata)]
    assert errors[1] < 0.2 * errors[0]
    # values of a run err together: eight runs, whose mean squared deviations in standard errors average 1
    squares = [np.mean(((value - exact) / np.hypot(error, rest)) ** 2) for value, error in strata]
    assert abs(np.mean(squares) - 1) < 4 * np.std(squares, ddof=1) / math.sqrt(8)


def test_intervals_of_heavy_creators_cover_with_few_orders_unless_they_are_plain():
    """64 orders, nine creators with loadings up to 3: of 300 runs 95 % cover each exact value, to 4 s.e. of a share."""
    rng = np.random.default_rng(1)
    rng.random(22)
    x, e, runs = 3.0 * rng.random(9), 0.7 * rng.random(9), 300
    exact = naive.shapley(x, e, 100.0)

    def least(*scheme):
        found = [intermediary.shapley(x, e, 100.0, 64, seed, *scheme) for seed in range(runs)]
        ends = np.array([intermediary.shapley_interval(values, 64) for values in found])
        return ((ends[:, 0] <= exact) & (exact <= ends[:, 1])).mean(axis=0).min()

    assert least() > 0.95 - 4.0 * math.sqrt(0.95 * 0.05 / runs)
    assert least(PLAIN) < 0.8
    default, same = intermediary.shapley(x, e, 100.0, 64, 1), intermediary.shapley(x, e, 100.0, 64, 1, STRATIFIED)
    np.testing.assert_array_equal(default.value, same.value)


def test_truncation_is_bounded_and_one_sided():
    rng = np.random.default_rng(1)
    x, e = rng.random(200), rng.random(200)
    whole = naive.phi(x, e, 1.0)
    value, _ = intermediary.shapley(x, e, 1.0, 200, 1, OrderScheme(truncation=0.05))
    full, _ = intermediary.shapley(x, e, 1.0, 200, 1, PLAIN)
    assert 0.95 * whole <= value.sum() < whole
    assert (value <= full + 1e-12 * whole).all()


def test_shapley_tends_to_aumann_shapley():
    rng = np.random.default_rng(5)
    x = np.repeat(rng.random(4), 2500)
    e = np.full(x.size, 0.5)
    value, _ = intermediary.shapley(x, e, 1.0, 40, 1, ANTITHETIC)
    limit = intermediary.aumann_shapley(x, e, 1.0)
    # by kind, the mean over 2500 alike creators; they differ by O(1/n) of the value of the first few who join
    means, limits = value.reshape(4, -1).mean(axis=1), limit.reshape(4, -1).mean(axis=1)
    spread = value.reshape(4, -1).std(axis=1) / math.sqrt(2500)
    assert (np.abs(means - limits) < 4 * spread + 10 / x.size).all()


@pytest.mark.parametrize("n", [100, 140_000])
def test_shapley_bits_do_not_depend_on_threads(n):
    rng = np.random.default_rng(0)
    x, e = rng.random(n), rng.random(n)
    one, two = (intermediary.shapley(x, e, 1.0, 6, 2, ANTITHETIC, threads=t) for t in (1, 2))
    np.testing.assert_array_equal(one.value, two.value)
    np.testing.assert_array_equal(one.standard_error, two.standard_error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 1, 0), "orders: 1 given"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 5, 0, ANTITHETIC), "orders: 5 given"),
        (
            lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, OrderScheme(antithetic=True, stratified=True)),
            "antithetic: True given; allowed: False with stratified",
        ),
        (
            lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, OrderScheme(truncation=0.1, stratified=True)),
            "truncation: 0.1",
        ),
        (lambda: intermediary.shapley([0.5], [-1.0], 1.0, 5, 0), "effort: -1.0 given at index 0"),
        (lambda: intermediary.shapley([0.5, 1.0], [1.0], 1.0, 5, 0), "effort: "),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 5, 0, OrderScheme(truncation=1.0)), "truncation: 1.0 given"),
        (lambda: intermediary.aumann_shapley([math.nan], [1.0]), "loading: nan given at index 0"),
        (lambda: intermediary.aumann_shapley([1e200, 0.1], [1.0, 1.0]), r"loading: 1e\+200 given at index 0"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 10.5, 0), "orders: 10.5 given; allowed: whole numbers"),
        (lambda: intermediary.shapley([0.5], [1.0], 1.0, 4, 0, threads=-1), "threads: -1 given"),
        (lambda: intermediary.shapley([0.5], [1.0], 0.0, 4, 0), "bias_variance: 0.0 given"),
        (lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (1.5, 3), 1.0), "count: 1.5 given; allowed: whole"),
        (lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (1,), 1.0), r"count: \(1,\) given; allowed: two"),
        (
            lambda: intermediary.exact_shapley([0.2, 1.0], [1.0, 1.0], (0, 3), 1.0),
            r"count: 0 given; allowed: whole numbers in \[1, ",
        ),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
