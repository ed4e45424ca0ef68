"""Means, differences, ratios and quantiles: coverage on known truths, and what degenerate samples give."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import intervals
from mfsolve.inference.estimate import satterthwaite
from mfsolve.inference.intervals import Method


def covers(estimate, truth):
    return bool(estimate.low <= truth <= estimate.high)


@pytest.mark.parametrize(("replicates", "level"), [(5, 0.95), (64, 0.95), (5, 0.8)])
def test_mean_covers_at_its_level(agrees, replicates, level):
    samples = np.random.default_rng(1).normal(3.0, 2.0, (5000, replicates))
    hits = sum(covers(intervals.mean(row, level, method=Method.STUDENT), 3.0) for row in samples)
    assert agrees(hits, 5000, level)


@pytest.mark.parametrize("paired", [True, False])
def test_difference_covers_at_its_level(agrees, paired):
    rng = np.random.default_rng(2)
    common = rng.normal(size=(2000, 12)) if paired else np.zeros((2000, 12))
    a = common + rng.normal(1.5, 1.0, (2000, 12))
    b = common[:, : 12 if paired else 7] + rng.normal(1.0, 3.0, (2000, 12 if paired else 7))
    hits = sum(covers(intervals.difference(x, y, paired=paired), 0.5) for x, y in zip(a, b))
    assert agrees(hits, 2000, 0.95)


def test_means_and_differences_are_those_of_scipy():
    rng = np.random.default_rng(3)
    z = stats.norm.ppf((np.arange(20) + 0.5) / 20)
    a, b = rng.permutation(z) + 0.3, np.concatenate([2 * z[::2][:9], z[1::2], z[:1]])
    b[:9] = 2 * stats.norm.ppf((np.arange(9) + 0.5) / 9)
    for ours, theirs in [
        (intervals.mean(a, 0.9), stats.ttest_1samp(a, 0).confidence_interval(0.9)),
        (intervals.difference(a, b, 0.9), stats.ttest_rel(a, b).confidence_interval(0.9)),
        (
            intervals.difference(a, b[:9], 0.9, paired=False),
            stats.ttest_ind(a, b[:9], equal_var=False).confidence_interval(0.9),
        ),
    ]:
        # Both evaluate one formula: a few roundings of numbers of order one.
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12, abs=1e-12)


def skewed_pairs(rng, replicates):
    common = rng.exponential(size=replicates)
    return (
        1.3 * (common + rng.exponential(size=replicates)) / 2,
        (common + rng.exponential(size=replicates)) / 2,
    )


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("replicates", "method", "claimed", "behind"),
    [
        (8, Method.BCA, 0.920, 8000),
        (64, Method.BCA, 0.939, 20000),
        (8, Method.FIELLER, 0.950, 4000),
        (64, Method.FIELLER, 0.947, 4000),
    ],
)
def test_ratio_of_skewed_pairs_covers_as_documented(agrees, replicates, method, claimed, behind):
    rng = np.random.default_rng(4)
    hits = 0
    for seed in range(2000):
        pair = skewed_pairs(rng, replicates)
        hits += covers(intervals.ratio(*pair, seed=seed, resamples=999, method=method), 1.3)
    assert agrees(hits, 2000, claimed, behind)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_ratio_of_independent_samples_covers(agrees):
    rng = np.random.default_rng(5)
    hits = 0
    for seed in range(2000):
        top, bottom = 1.3 * rng.normal(10, 2, 64), rng.normal(10, 2, 48)
        hits += covers(intervals.ratio(top, bottom, seed=seed, paired=False, resamples=599), 1.3)
    assert agrees(hits, 2000, 0.95)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_expansion_mends_the_bootstrap_of_few_replicates(agrees):
    """Plain BCa at eight normal replicates covers 0.887, the expanded one 0.940."""
    rng = np.random.default_rng(6)
    hits = 0
    for seed in range(2000):
        common = rng.normal(size=8)
        top, bottom = 1.3 * (10 + common + rng.normal(size=8)), 10 + common + rng.normal(size=8)
        hits += covers(intervals.ratio(top, bottom, seed=seed, resamples=999), 1.3)
    assert agrees(hits, 2000, 0.940, 4000)


def test_fieller_solves_its_own_equation():
    top, bottom = skewed_pairs(np.random.default_rng(7), 12)
    for paired in (True, False):
        estimate = intervals.ratio(top, bottom, method=Method.FIELLER, paired=paired)
        quantile = stats.t.ppf(0.975, estimate.degrees_of_freedom)
        for end in (estimate.low, estimate.high):
            if paired:
                variance = np.var(top - end * bottom, ddof=1) / 12
            else:
                variance = (np.var(top, ddof=1) + end**2 * np.var(bottom, ddof=1)) / 12
            gap = top.mean() - end * bottom.mean()
            assert gap**2 == pytest.approx(quantile**2 * variance, rel=1e-9)


def test_degrees_of_freedom_of_two_variances_are_welchs():
    """Equal shares of equal sizes have all degrees; one that varies alone has its own; without a variance, the pooled."""
    assert satterthwaite(2.0, 9, 2.0, 9) == pytest.approx(16.0)
    assert satterthwaite(0.0, 4, 1.0, 9) == satterthwaite(1.0, 9, 0.0, 4) == 8.0
    assert satterthwaite(0.0, 4, 0.0, 9) == 11
    assert satterthwaite(1e-200, 4, 1e-200, 9) == pytest.approx(satterthwaite(1.0, 4, 1.0, 9))


def test_ratio_is_a_function_of_its_seed():
    pair = skewed_pairs(np.random.default_rng(8), 30)
    first, again, other = (intervals.ratio(*pair, seed=seed, method=Method.BCA) for seed in (3, 3, 4))
    assert repr(first) == repr(again)  # fields that are NaN are equal to nothing
    assert first.low != other.low


def test_gain_is_the_ratio_less_one():
    pair = skewed_pairs(np.random.default_rng(9), 30)
    ratio, gain = intervals.ratio(*pair), intervals.gain(*pair)
    assert (gain.value, gain.low, gain.high) == (ratio.value - 1, ratio.low - 1, ratio.high - 1)
    assert gain.standard_error == ratio.standard_error


def test_resampling_memory_does_not_grow_with_the_sample():
    import tracemalloc

    pair = skewed_pairs(np.random.default_rng(10), 4000)
    tracemalloc.start()
    intervals.ratio(*pair, resamples=5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Together the indices alone would take 8 bytes x 4000 x 5000 = 160 MB; a batch of them takes 8 MB, and
    # the two resampled arrays as much each.
    assert peak < 60e6


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("replicates", "q"), [(16, 0.9), (64, 0.5)])
def test_quantile_covers_exactly_as_the_binomial_law_says(agrees, replicates, q):
    rng = np.random.default_rng(11)
    estimates = [intervals.quantile(rng.exponential(size=replicates), q) for _ in range(2000)]
    count = stats.binom(replicates, q)
    below, above = count.ppf(0.025) - 1, count.isf(0.025)
    exact = count.cdf(above) - (count.cdf(below) if below >= 0 else 0.0)
    assert exact >= 0.95
    assert agrees(sum(covers(e, -math.log(1 - q)) for e in estimates), 2000, exact)


@pytest.mark.parametrize(
    "estimate",
    [
        intervals.mean([2.0]),
        intervals.difference([2.0], [1.0]),
        intervals.difference([2.0], [1.0, 3.0], paired=False),
        intervals.ratio([2.0], [1.0]),
        intervals.ratio([2.0], [1.0, 1.5], paired=False),
        intervals.quantile([2.0], 0.5),
    ],
    ids=lambda estimate: estimate.method,
)
def test_one_replicate_says_nothing_of_its_error(estimate):
    assert math.isfinite(estimate.value)
    assert all(math.isnan(x) for x in (estimate.standard_error, estimate.low, estimate.high, estimate.half_width))


@pytest.mark.parametrize(
    ("estimate", "value"),
    [
        (intervals.mean([0.1] * 10), 0.1),
        (intervals.difference([0.1] * 10, [0.1] * 10), 0.0),
        (intervals.difference([0.5] * 10, [0.25] * 7, paired=False), 0.25),
        (intervals.ratio([0.2] * 10, [0.1] * 10), 2.0),
        (intervals.ratio([0.3, 0.6, 0.9, 1.5], [0.1, 0.2, 0.3, 0.5]), 3.0),
        (intervals.ratio([0.2] * 10, [0.1] * 7, paired=False), 2.0),
    ],
)
def test_equal_replicates_bound_nothing_without_a_support(estimate, value):
    """A true probability of 0.05 leaves 16 replicates of zero in 44 % of samples: a point would be wrong each time."""
    assert estimate.value == pytest.approx(value, rel=1e-14)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    assert "without a known support" in estimate.note


@pytest.mark.parametrize("method", [Method.BCA, Method.FIELLER])
def test_ratio_over_a_denominator_that_may_be_zero_has_no_interval(method):
    rng = np.random.default_rng(12)
    estimate = intervals.ratio(rng.normal(5, 1, 20), rng.normal(0.05, 1, 20), method=method)
    assert math.isnan(estimate.half_width)


def test_bootstrap_of_too_few_replicates_has_no_interval():
    pair = skewed_pairs(np.random.default_rng(13), 4)
    assert math.isnan(intervals.ratio(*pair, method=Method.BCA).half_width)
    assert intervals.ratio(*pair, method=Method.FIELLER).half_width > 0
    assert intervals.ratio(*pair).half_width > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: intervals.mean([1.0, math.nan]), r"samples\[1\]: nan given"),
        (lambda: intervals.mean([1.0, 2.0, math.inf]), r"samples\[2\]: inf given"),
        (lambda: intervals.mean([]), "samples: an array of shape"),
        (lambda: intervals.mean([1.0, 2.0], level=1.0), "level: "),
        (lambda: intervals.difference([1.0], [1.0, 2.0]), "a, b: lengths"),
        (lambda: intervals.ratio([1.0, 2.0], [1.0, -1.0]), "denominator must not have a mean of zero"),
        (lambda: intervals.ratio([1.0, 2.0], [math.nan, 1.0]), r"denominator\[0\]: nan given"),
        (lambda: intervals.ratio([1.0], [1.0], resamples=0), "resamples: 0 given; allowed: at least 1"),
        (lambda: intervals.ratio([1.0], [1.0], method=Method.WELCH), "method: <Method"),
        (lambda: intervals.quantile([1.0], 0.0), "q: "),
        (lambda: intervals.quantile([[1.0]], 0.5), r"shape \(1, 1\)"),
    ],
)
def test_what_cannot_be_estimated_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_an_estimate_is_valid_json():
    record = json.loads(json.dumps(intervals.mean([2.0]).to_dict(), allow_nan=False))
    assert record["low"] is None
    assert (record["value"], record["replicates"], record["method"]) == (2.0, 1, "Student t")
