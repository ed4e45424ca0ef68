"""Holm's procedure, p-values against rounded figures, and verdicts."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.intervals import certain, mean, quantile, ratio, share
from mfsolve.inference.simultaneous import Verdict, holm, judge, p_value
from mfsolve.inference.stopping import AnytimeMean


def normal_sample(count, centre=0.0, seed=0):
    """Samples with mean `centre` and unit standard deviation, exactly."""
    z = np.random.default_rng(seed).normal(size=count)
    return centre + (z - z.mean()) / z.std(ddof=1)


def test_holm_worked_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 = 0.02, 0.03, 0.06, 0.04; running maximum 0.06 last.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], rtol=1e-15)


def test_holm_agrees_with_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(4).random(30) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-15)


def test_holm_counts_claims_that_cannot_be_judged():
    adjusted = holm([0.01, math.nan, 0.6])
    assert adjusted[0] == pytest.approx(0.03, rel=1e-15)
    assert math.isnan(adjusted[1])
    assert holm([]).size == 0


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_holm_bounds_the_chance_of_any_false_rejection(agrees, correlation):
    rng = np.random.default_rng(1)
    shared = math.sqrt(correlation) * rng.normal(size=(4000, 1))
    z = shared + math.sqrt(1 - correlation) * rng.normal(size=(4000, 8))
    any_rejected = sum(bool((holm(row) < 0.05).any()) for row in 2 * stats.norm.sf(np.abs(z)))
    if correlation == 0:
        # The first step alone decides: 1 - (1 - alpha/m)^m.
        assert agrees(any_rejected, 4000, 1 - (1 - 0.05 / 8) ** 8)
    assert any_rejected / 4000 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 4000)


def test_true_claims_are_rarely_contradicted_together(agrees):
    """Five true figures, each with its own t interval of six replicates."""
    rng = np.random.default_rng(2)
    contradicted = 0
    for _ in range(2000):
        estimates = [mean(rng.normal(1.0, 1.0, 6)) for _ in range(5)]
        contradicted += Verdict.CONTRADICTED in judge(estimates, [(1.0, 1.0)] * 5, [1.0] * 5)
    assert agrees(contradicted, 2000, 1 - (1 - 0.05 / 5) ** 5)


def test_p_value_against_a_point_is_that_of_the_t_test():
    samples = np.random.default_rng(3).normal(size=7)
    assert p_value(mean(samples), 1.0, 1.0) == pytest.approx(stats.ttest_1samp(samples, 1.0).pvalue, rel=1e-10)


def test_p_value_uses_the_nearest_end_of_the_range():
    estimate = mean(normal_sample(16))
    assert p_value(estimate, -0.1, 0.1) == 1.0
    assert p_value(estimate, 0.3, 0.9) == p_value(estimate, 0.3, 0.3)
    assert p_value(estimate, -0.9, -0.3) == pytest.approx(p_value(estimate, 0.3, 0.9), rel=1e-9)
    assert p_value(estimate, -math.inf, 0.1) == 1.0


@pytest.mark.parametrize(
    "estimate",
    [
        mean(normal_sample(9)),
        dataclasses.replace(mean(normal_sample(9), 0.8), degrees_of_freedom=math.inf),
        ratio(normal_sample(40, 20.0), normal_sample(40, 10.0, seed=1)),
        quantile(normal_sample(40), 0.3),
        AnytimeMean().update(normal_sample(40)).estimate(),
    ],
    ids=lambda estimate: estimate.method,
)
def test_p_value_is_one_minus_the_level_where_the_interval_ends(estimate):
    for end in (estimate.low, estimate.high):
        # The end carries the rounding of value +/- reach, a relative 1e-15 of the reach.
        assert p_value(estimate, end, end) == pytest.approx(1 - estimate.level, rel=1e-11)


def test_an_estimate_without_error_contradicts_every_other_figure():
    exact = certain(2.0, 2.0, 2.0)
    assert p_value(exact, 1.9, 2.0) == 1.0
    assert p_value(exact, 2.1, 2.2) == 0.0


def test_every_verdict_is_reached():
    sharp, blunt, single = mean(normal_sample(400)), mean(normal_sample(4)), mean([0.0])
    spans = [(0.0, 0.05), (0.5, 0.6), (0.0, 0.05), (5.0, 5.1), (0.0, 0.0)]
    verdicts = judge([sharp, sharp, blunt, blunt, single], spans, [0.2] * 5)
    assert verdicts == [
        Verdict.CONSISTENT,
        Verdict.CONTRADICTED,
        Verdict.CANNOT_TELL,
        Verdict.CONTRADICTED,
        Verdict.CANNOT_TELL,
    ]


def test_what_is_not_contradicted_is_consistent_only_where_no_difference_that_matters_is_left():
    """Among many claims a figure far off escapes contradiction; half a width below the resolution is no evidence."""
    estimate = mean(normal_sample(5))
    off = estimate.high + 0.5 * estimate.half_width
    resolution = 1.01 * estimate.half_width
    family = [(estimate.value, estimate.value)] * 40
    verdicts = judge([estimate] * 41, [(off, off), *family], [resolution] * 41)
    assert verdicts == [Verdict.CANNOT_TELL] + [Verdict.CONSISTENT] * 40


def test_more_claims_ask_for_more_evidence():
    estimate = mean(normal_sample(100))
    edge = (estimate.high * 1.2, 1.0)
    assert judge([estimate], [edge], [1.0]) == [Verdict.CONTRADICTED]
    family = judge([estimate] * 10, [edge] + [(0.0, 0.0)] * 9, [1.0] * 10)
    assert family == [Verdict.CONSISTENT] * 10


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: holm([0.5, 1.5]), "p_values must lie in"),
        (lambda: holm([[0.5]]), "p_values must be a vector"),
        (lambda: p_value(mean([1.0, 2.0]), 2.0, 1.0), "low and high must be ordered"),
        (lambda: judge([mean([1.0, 2.0])], [], [1.0]), "one length"),
        (lambda: judge([mean([1.0, 2.0])], [(0.0, 1.0)], [0.0]), "resolutions must be positive"),
        (lambda: judge([], [], [], level=0.0), "level"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_p_value_of_a_share_is_twice_the_binomial_tail():
    found = share([3.0], [40.0])
    assert p_value(found, 0.2, 0.3) == pytest.approx(2 * stats.binom.cdf(3, 40, 0.2), rel=1e-12)
    assert p_value(found, 0.0, 0.01) == pytest.approx(2 * stats.binom.sf(2, 40, 0.01), rel=1e-12)
    assert p_value(found, 0.05, 0.1) == 1.0
    # the interval ends where the p-value is 1 - level
    assert p_value(found, found.high, 1.0) == pytest.approx(0.05, rel=1e-9)
    assert p_value(share([0.0], [40.0]), 0.0, 0.0) == 1.0
    assert p_value(share([1.0], [40.0]), 0.0, 0.0) == 0.0


def test_a_share_is_judged_by_its_exact_tail():
    none, one = share([0.0], [10_000.0]), share([1.0], [10_000.0])
    few = share([0.0], [10.0])
    assert judge([none, one, few], [(0.0, 0.0)] * 3, [0.001] * 3) == [
        Verdict.CONSISTENT, Verdict.CONTRADICTED, Verdict.CANNOT_TELL
    ]  # fmt: skip


def test_an_interval_inside_a_one_sided_claim_is_consistent_however_wide():
    wide = mean(normal_sample(4, centre=10.0))
    assert wide.half_width > 0.5
    assert judge([wide], [(1.0, math.inf)], [0.01]) == [Verdict.CONSISTENT]
    assert judge([wide], [(9.9, math.inf)], [0.01]) == [Verdict.CANNOT_TELL]
    assert judge([wide], [(-math.inf, 1.0)], [0.01]) == [Verdict.CONTRADICTED]
