"""Quantiles between order statistics, numbers that are certain, and what both and shares refuse."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mfsolve.inference import intervals
from mfsolve.inference.intervals import Method


def order_statistics(values, q, level):
    """Ends by the binomial law of the replicates below the quantile, counted one by one."""
    ordered, n, tail = np.sort(values), len(values), (1 - level) / 2
    low, high = -math.inf, math.inf
    for k in range(1, n + 1):
        if sum(stats.binom.pmf(j, n, q) for j in range(k)) <= tail:  # fewer than k below it
            low = ordered[k - 1]
        if sum(stats.binom.pmf(j, n, q) for j in range(k, n + 1)) <= tail:  # k and more
            high = min(high, ordered[k - 1])
    return low, high


def maritz_jarrett(values, q):
    """Root of the variance of an order statistic under the beta weights of its rank."""
    ordered, n = np.sort(values), len(values)
    rank = int(q * n + 0.5)
    weights = np.diff(stats.beta.cdf(np.arange(n + 1) / n, rank - 1, n - rank))
    return math.sqrt(weights @ ordered**2 - (weights @ ordered) ** 2)


@pytest.mark.parametrize(
    ("size", "q", "level"), [(5, 0.5, 0.9), (12, 0.5, 0.95), (17, 0.7, 0.9), (17, 0.3, 0.9), (40, 0.9, 0.5)]
)
def test_quantile_is_that_of_the_binomial_law(size, q, level):
    values = np.random.default_rng(size).exponential(size=size)
    found = intervals.quantile(values, q, level)
    assert (found.low, found.high) == order_statistics(values, q, level)
    ordered = np.sort(values)
    place = (size + 1 / 3) * q + 1 / 3 - 1  # type 8
    below = int(place)
    assert found.value == pytest.approx(
        ordered[below] + (place - below) * (ordered[below + 1] - ordered[below]), rel=1e-12
    )
    assert found.standard_error == pytest.approx(maritz_jarrett(values, q), rel=1e-9)
    assert (found.level, found.replicates, found.method, found.note) == (level, size, Method.ORDER_STATISTICS, None)


@pytest.mark.parametrize(
    ("q", "level", "needed"), [(0.5, 0.95, 6), (0.9, 0.95, 36), (0.1, 0.95, 36), (0.5, 0.5, 2), (0.5, 0.75, 3)]
)
def test_both_ends_exist_from_so_many_replicates_on(q, level, needed):
    few, enough = (intervals.quantile(np.arange(float(n)), q, level) for n in (needed - 1, needed))
    assert few.note == f"too few replicates for both ends: at least {needed}"
    assert not (math.isfinite(few.low) and math.isfinite(few.high))
    assert enough.note is None
    assert math.isfinite(enough.low)
    assert math.isfinite(enough.high)


def test_an_open_end_is_that_of_the_support_on_its_side():
    values = np.arange(3.0, 7.0)
    found = intervals.quantile(values, 0.5, support=(1, 9))
    assert (found.low, found.high) == (1, 9)
    alone = intervals.quantile([2.0], 0.3, 0.9)
    assert (alone.value, alone.level, alone.replicates, alone.method) == (2.0, 0.9, 1, Method.ORDER_STATISTICS)
    assert alone.note == "too few replicates for both ends: at least 9"
    assert np.isnan([alone.low, alone.high, alone.standard_error]).all()


@pytest.mark.parametrize("unit", [1e-9, 1e-2, 1e9])
def test_a_quantile_has_the_same_error_in_any_unit(unit):
    values = np.random.default_rng(5).exponential(size=20)
    plain, scaled = (intervals.quantile(x, 0.4) for x in (values, unit * values))
    assert plain.standard_error > 0.0
    assert scaled.standard_error == pytest.approx(unit * plain.standard_error, rel=1e-9)


def test_equal_replicates_have_no_error_and_no_width():
    found = intervals.quantile([2.5] * 8, 0.5)
    assert (found.value, found.standard_error, found.low, found.high) == (2.5, 0.0, 2.5, 2.5)


def test_p_values_of_a_quantile_are_twice_the_smaller_binomial_tail():
    values = [4.0, 1.0, 2.0, 2.0, 3.0]
    tail = intervals.quantile(values, 0.3, support=(0, 5)).tail
    for hypothesis, below, at_most in [
        (0, 0, 0),
        (0.5, 0, 0),
        (1, 0, 1),
        (2, 1, 3),
        (2.5, 3, 3),
        (4, 4, 5),
        (4.5, 5, 5),
        (5, 5, 5),
    ]:
        lower = sum(stats.binom.pmf(j, 5, 0.3) for j in range(at_most + 1))
        upper = sum(stats.binom.pmf(j, 5, 0.3) for j in range(below, 6))
        assert tail(hypothesis) == pytest.approx(min(1.0, 2 * min(lower, upper)), rel=1e-12)
    assert (tail(-1e-9), tail(5 + 1e-9)) == (0.0, 0.0)


def test_quantile_beyond_the_sample_is_unbounded():
    estimate = intervals.quantile(np.arange(10.0), 0.99)
    assert estimate.high == math.inf
    assert math.isfinite(estimate.low)
    assert estimate.half_width == math.inf


def test_median_of_equal_replicates_is_a_statement():
    found = intervals.quantile(np.zeros(16), 0.5)
    assert (found.low, found.high) == (0.0, 0.0)
    assert found.tail(0.0) == 1.0
    assert found.tail(0.5) == pytest.approx(2 * 0.5**16, rel=1e-9)


def test_quantile_beyond_the_sample_ends_at_the_support():
    found = intervals.quantile(np.zeros(16), 0.97, support=(0, 1))
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.note == f"too few replicates for both ends: at least {math.ceil(math.log(0.025) / math.log(0.97))}"


def test_a_certain_number_has_the_bounds_that_are_proved():
    found = intervals.deterministic(2.0, 1.5, 2.25, 0.9)
    assert (found.value, found.standard_error, found.low, found.high) == (2.0, 0.0, 1.5, 2.25)
    assert (found.level, found.replicates, found.method) == (0.9, 1, Method.DETERMINISTIC)
    assert intervals.deterministic(2.0, 2.0, 2.0).half_width == 0.0


@pytest.mark.parametrize(("call", "words"), [
    (lambda: intervals.deterministic(1.0, 1.1, 2.0), r"low and high: 1\.1 and 2\.0 given; allowed: finite, with 1\.0 between"),
    (lambda: intervals.deterministic(2.1, 1.1, 2.0), "allowed: finite, with 2.1 between"),
    (lambda: intervals.deterministic(1.0, -math.inf, 2.0), "low and high: .* given; allowed: finite"),
    (lambda: intervals.deterministic(1.0, 0.0, math.inf), "low and high: .* given; allowed: finite"),
    (lambda: intervals.deterministic(math.nan, 0.0, 1.0), "low and high: .* given; allowed: finite"),
    (lambda: intervals.deterministic(1.0, 0.0, 2.0, 0.0), "level: 0.0 given; allowed"),
    (lambda: intervals.quantile([1.0, 2.0], 1.0), "q: 1.0 given; allowed"),
    (lambda: intervals.quantile([1.0, 2.0], 0.5, 1.0), "level: 1.0 given; allowed"),
    (lambda: intervals.quantile([1.0, math.nan], 0.5), r"samples\[1\]: nan given"),
    (lambda: intervals.quantile([1.0, 2.0], 0.5, support=(0, 1)), "allowed: one that holds every replicate"),
    (lambda: intervals.share([1.0], [2.0], 1.5), "level: 1.5 given; allowed"),
    (lambda: intervals.share([1.0], [2.5]), "must be whole numbers"),
    (lambda: intervals.share([1.0, 1.0], [2.0]), "successes, trials: lengths 2 and 1 given; allowed: one length"),
    (lambda: intervals.share([math.nan], [2.0]), r"successes\[0\]: nan given"),
    (lambda: intervals.share([1.0], [math.inf]), r"trials\[0\]: inf given"),
    (lambda: intervals.share(pd.Series([1.0], ["a"]), pd.Series([1.0], ["b"])), "trials: labels differ from those of successes"),
])  # fmt: skip
def test_what_has_no_interval_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
