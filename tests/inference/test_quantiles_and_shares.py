"""Quantiles between order statistics, shares with exact and effective trials, and numbers that are certain."""

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


def test_share_is_clopper_and_pearsons():
    found = intervals.share([3.0, 0.0, 4.0], [20.0, 10.0, 30.0], 0.9)
    theirs = stats.binomtest(7, 60).proportion_ci(0.9, method="exact")
    assert (found.value, found.replicates, found.method) == (7 / 60, 60, Method.BINOMIAL)
    np.testing.assert_allclose([found.low, found.high], [theirs.low, theirs.high], rtol=1e-9)


def test_share_covers_at_least_at_its_level():
    """Exactly: summed over every outcome, for shares down to where most samples see nothing."""
    for p in (0.001, 0.05, 0.5):
        outcomes = np.arange(41)
        found = [intervals.share([k], [40.0]) for k in outcomes.astype(float)]
        covered = [one.low <= p <= one.high for one in found]
        assert stats.binom.pmf(outcomes, 40, p)[covered].sum() >= 0.95


def test_share_without_a_success_is_not_certain():
    none, all_ = intervals.share(np.zeros(5), np.full(5, 100.0)), intervals.share([500.0], [500.0])
    assert (none.low, all_.high) == (0.0, 1.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 500), rel=1e-12)
    assert all_.low == pytest.approx(0.025 ** (1 / 500), rel=1e-12)


@pytest.mark.parametrize(("successes", "trials", "complaint"), [
    ([2.0], [1.0], "0 <= successes <= trials"), ([0.5], [1.0], "whole numbers"), ([0.0], [0.0], "some trial"),
    ([0.0, 1.0], [1.0], "one length"), ([-1.0], [1.0], "0 <= successes"),
])  # fmt: skip
def test_share_refuses_what_are_no_counts(successes, trials, complaint):
    with pytest.raises(ValueError, match=complaint):
        intervals.share(successes, trials)


def test_median_of_equal_replicates_is_a_statement():
    found = intervals.quantile(np.zeros(16), 0.5)
    assert (found.low, found.high) == (0.0, 0.0)
    assert found.tail(0.0) == 1.0
    assert found.tail(0.5) == pytest.approx(2 * 0.5**16, rel=1e-9)


def test_quantile_beyond_the_sample_ends_at_the_support():
    found = intervals.quantile(np.zeros(16), 0.97, support=(0, 1))
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.note == f"too few replicates for both ends: at least {math.ceil(math.log(0.025) / math.log(0.97))}"


def test_trials_that_hang_together_count_for_less():
    rng = np.random.default_rng(11)
    found = [intervals.share(rng.binomial(50, rng.beta(2, 6, 16)) * 1.0, np.full(16, 50.0)) for _ in range(300)]
    missed = np.mean([not one.low <= 0.25 <= one.high for one in found])
    assert missed <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
    assert found[0].method is Method.EFFECTIVE_TRIALS
    assert found[0].replicates == 16


def test_independent_trials_keep_the_exact_interval():
    found = intervals.share([3.0, 2.0, 4.0], [40.0, 40.0, 40.0])
    expected = stats.binomtest(9, 120).proportion_ci(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_effective_trials_are_korn_and_graubards(level):
    """v (1 - v) over the variance of the ratio of totals, times the squared ratio of t quantiles; at most the trials."""
    hits, trials = np.array([1.0, 9.0, 30.0, 2.0, 0.0, 11.0, 3.0]), np.array([20.0, 30.0, 41.0, 25.0, 12.0, 60.0, 18.0])
    found = intervals.share(hits, trials, level)
    value, total = hits.sum() / trials.sum(), trials.sum()
    variance = 7 / 6 * sum((k - value * n) ** 2 for k, n in zip(hits, trials)) / total**2
    effective = (
        value
        * (1 - value)
        / variance
        * (stats.t.ppf((1 + level) / 2, total - 1) / stats.t.ppf((1 + level) / 2, 6)) ** 2
    )
    assert effective < total / 2
    ends = stats.beta.ppf(
        [(1 - level) / 2, (1 + level) / 2], effective * value + [0, 1], effective * (1 - value) + [1, 0]
    )
    assert (found.low, found.high) == pytest.approx(tuple(ends), rel=1e-9)
    assert (found.value, found.standard_error) == pytest.approx((value, math.sqrt(variance)), rel=1e-12)
    assert (found.level, found.replicates, found.method) == (level, 7, Method.EFFECTIVE_TRIALS)
    assert found.note == "too few replicates to tell how trials hang together: at least 8"
    assert [found.tail(end) for end in (found.low, found.high)] == pytest.approx([1 - level] * 2, rel=1e-6)
    # a replicate without a trial says nothing
    more = intervals.share(np.append(hits, 0.0), np.append(trials, 0.0), level)
    assert (more.value, more.standard_error, more.low, more.high, more.replicates, more.note) == (
        found.value, found.standard_error, found.low, found.high, 7, found.note,
    )  # fmt: skip
    assert intervals.share(np.tile(hits, 2)[:8], np.tile(trials, 2)[:8]).note is None


def test_many_replicates_hang_together_where_a_chi_square_test_says_so():
    """Ten pairs of two hundred trials each: 80 and 64 successes have p = 0.088, 80 and 63 p = 0.036."""
    for hits, method in ((63, Method.EFFECTIVE_TRIALS), (64, Method.BINOMIAL)):
        table = [[80, hits] * 10, [120, 200 - hits] * 10]
        p = stats.chi2_contingency(table, correction=False).pvalue
        assert bool(p <= 0.05) is (method is Method.EFFECTIVE_TRIALS)
        assert intervals.share([80.0, hits] * 10, [200.0] * 20).method is method


def test_few_replicates_hang_together_where_they_differ_more_than_on_average():
    """Two hundred trials each: the chi-square on one degree of freedom is 1.06 for 80 and 70 successes, 0.86 for 71."""
    for hits, method in ((70, Method.EFFECTIVE_TRIALS), (71, Method.BINOMIAL)):
        found = stats.chi2_contingency([[80, hits], [120, 200 - hits]], correction=False).statistic
        assert bool(found > 1.0) is (method is Method.EFFECTIVE_TRIALS)
        assert intervals.share([80.0, hits], [200.0, 200.0]).method is method
    for hits, trials in (([0.0, 0.0], [3.0, 9.0]), ([3.0, 9.0], [3.0, 9.0]), ([1.0, 0.0, 1.0], [1.0, 1.0, 1.0])):
        assert intervals.share(hits, trials).method is Method.BINOMIAL


def test_few_replicates_that_hang_together_a_little_are_covered():
    """Ten replicates of 1 to 60 trials with a correlation of 0.05: a test that decides at 5 % leaves 0.89."""
    rng = np.random.default_rng(13)
    covered = 0
    for _ in range(500):
        trials = rng.integers(1, 61, 10) * 1.0
        found = intervals.share(rng.binomial(trials.astype(int), rng.beta(1.9, 17.1, 10)) * 1.0, trials)
        covered += found.low <= 0.1 <= found.high
    assert covered / 500 >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 500)


def test_effective_trials_are_no_more_than_there_are():
    """Small replicates that differ much beside a large one that is like the mean."""
    hits, trials = np.array([10.0, 2.0, *[0.0] * 8]), np.array([1000.0, 2.0, *[1.0] * 8])
    found, exact = intervals.share(hits, trials), stats.binomtest(12, 1010).proportion_ci(0.95)
    assert found.method is Method.EFFECTIVE_TRIALS
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-9)


def test_independent_trials_have_the_binomial_error():
    found = intervals.share([3.0, 2.0, 4.0], [40.0, 40.0, 40.0], 0.9)
    assert found.standard_error == pytest.approx(math.sqrt(9 * 111 / 120**3), rel=1e-12)
    assert (found.level, found.replicates, found.method, found.note) == (0.9, 120, Method.BINOMIAL, None)


def test_a_certain_number_has_the_bounds_that_are_proved():
    found = intervals.deterministic(2.0, 1.5, 2.25, 0.9)
    assert (found.value, found.standard_error, found.low, found.high) == (2.0, 0.0, 1.5, 2.25)
    assert (found.level, found.replicates, found.method) == (0.9, 1, Method.DETERMINISTIC)
    assert intervals.deterministic(2.0, 2.0, 2.0).half_width == 0.0


@pytest.mark.parametrize(("call", "words"), [
    (lambda: intervals.deterministic(1.0, 1.1, 2.0), r"low and high must enclose the value, got 1\.0 in \[1\.1, 2\.0\]"),
    (lambda: intervals.deterministic(2.1, 1.1, 2.0), r"enclose the value, got 2\.1"),
    (lambda: intervals.deterministic(1.0, -math.inf, 2.0), "enclose the value"),
    (lambda: intervals.deterministic(1.0, 0.0, math.inf), "enclose the value"),
    (lambda: intervals.deterministic(math.nan, 0.0, 1.0), "enclose the value"),
    (lambda: intervals.deterministic(1.0, 0.0, 2.0, 0.0), "level must lie strictly between 0 and 1, got 0.0"),
    (lambda: intervals.quantile([1.0, 2.0], 1.0), "q must lie strictly between 0 and 1, got 1.0"),
    (lambda: intervals.quantile([1.0, 2.0], 0.5, 1.0), "level must lie strictly between 0 and 1, got 1.0"),
    (lambda: intervals.quantile([1.0, math.nan], 0.5), r"samples\[1\] is nan"),
    (lambda: intervals.quantile([1.0, 2.0], 0.5, support=(0, 1)), "support must hold every replicate"),
    (lambda: intervals.share([1.0], [2.0], 1.5), "level must lie strictly between 0 and 1, got 1.5"),
    (lambda: intervals.share([1.0], [2.5]), "must be whole numbers"),
    (lambda: intervals.share([1.0, 1.0], [2.0]), "successes and trials must have one length, got 2 and 1"),
    (lambda: intervals.share([math.nan], [2.0]), r"successes\[0\] is nan"),
    (lambda: intervals.share([1.0], [math.inf]), r"trials\[0\] is inf"),
    (lambda: intervals.share(pd.Series([1.0], ["a"]), pd.Series([1.0], ["b"])), "trials: labels differ from those of successes"),
])  # fmt: skip
def test_what_has_no_interval_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
