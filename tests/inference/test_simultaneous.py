"""Holm's procedure, p-values against rounded figures, and verdicts."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.intervals import certain, mean, quantile, ratio, share
from mfsolve.inference.simultaneous import Kind, Question, Verdict, holm, judge, p_value, tail_p_value
from mfsolve.inference.stopping import AnytimeMean


def normal_sample(count, centre=0.0, seed=0):
    """Samples with mean `centre` and unit standard deviation, exactly."""
    z = np.random.default_rng(seed).normal(size=count)
    return centre + (z - z.mean()) / z.std(ddof=1)


def verdicts(estimates, spans, resolutions, level=0.95, **options):
    """Words for claims of one family."""
    questions = [Question(e, *span, r, **options) for e, span, r in zip(estimates, spans, resolutions, strict=True)]
    return [answer.verdict for answer in judge(questions, level)]


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


@pytest.mark.slow
@pytest.mark.exhaustive
def test_true_claims_are_rarely_contradicted_together(agrees):
    """Five true figures, each with its own t interval of six replicates."""
    rng = np.random.default_rng(2)
    contradicted = 0
    for _ in range(2000):
        estimates = [mean(rng.normal(1.0, 1.0, 6)) for _ in range(5)]
        contradicted += Verdict.CONTRADICTED in verdicts(estimates, [(1.0, 1.0)] * 5, [1.0] * 5)
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
    assert verdicts([sharp, sharp, blunt, blunt, single], spans, [0.2] * 5) == [
        Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.CANNOT_TELL, Verdict.CONTRADICTED, Verdict.CANNOT_TELL
    ]  # fmt: skip
    # a figure is missed only beyond what matters: half a unit off is contradicted as a statement, not as a figure
    assert verdicts([sharp, sharp, blunt], [(0.15, 0.15), (0.6, 0.6), (0.3, 0.3)], [0.3] * 3, kind=Kind.FIGURE) == [
        Verdict.REPRODUCED, Verdict.MISSED, Verdict.NOT_DETERMINED
    ]  # fmt: skip
    assert verdicts([sharp], [(0.15, 0.15)], [0.3]) == [Verdict.CONTRADICTED]


def test_more_replicates_never_refute_a_figure_whose_difference_does_not_matter():
    for count in (100, 10_000, 1_000_000):
        (word,) = verdicts([mean(normal_sample(count, centre=1.0))], [(1.01, 1.01)], [0.02], kind=Kind.FIGURE)
        assert word is not Verdict.MISSED
    assert word is Verdict.REPRODUCED


def test_what_is_not_contradicted_is_supported_only_where_no_difference_that_matters_is_left():
    """Among many claims a figure far off escapes contradiction; half a width below the resolution is no evidence."""
    estimate = mean(normal_sample(5))
    off = estimate.high + 0.5 * estimate.half_width
    found = verdicts([estimate] * 41, [(off, off)] + [(estimate.value,) * 2] * 40, [1.01 * estimate.half_width] * 41)
    assert found == [Verdict.CANNOT_TELL] * 41  # the evidence of one interval does not do for forty claims


def test_padding_a_family_with_trivial_rows_turns_no_false_claim_into_a_supported_one():
    """One false claim among 199 rows without randomness, and among 199 in another family: judged as it is alone."""
    estimate, exact = mean(normal_sample(100)), certain(1.0, 1.0, 1.0)
    false = Question(estimate, 0.3, 0.3, 0.05)
    padding = [Question(exact, 1.0, 1.0, 0.01)] * 199
    other = [Question(mean(normal_sample(100, seed=k)), 0.0, 0.0, 1.0, family="checks") for k in range(199)]
    for questions in ([false], [false, *padding], [false, *other]):
        assert judge(questions)[0].verdict is Verdict.CONTRADICTED
    assert {answer.verdict for answer in judge([false, *padding])[1:]} == {Verdict.SUPPORTED}


def test_more_claims_ask_for_more_evidence():
    estimate = mean(normal_sample(100))
    edge = (estimate.high * 1.2, 1.0)
    assert verdicts([estimate], [edge], [1.0]) == [Verdict.CONTRADICTED]
    family = verdicts([estimate] * 10, [edge] + [(0.0, 0.0)] * 9, [1.0] * 10)
    assert family == [Verdict.SUPPORTED] * 10


@pytest.mark.slow
@pytest.mark.exhaustive
def test_support_has_an_error_rate_of_its_own(agrees):
    """Twenty truths just at the edge of what matters: some is called supported in 5 % of families at most."""
    rng = np.random.default_rng(8)
    false = 0
    for _ in range(400):
        estimates = [mean(rng.normal(0.1, 1.0, 30)) for _ in range(20)]
        false += Verdict.SUPPORTED in verdicts(estimates, [(0.0, 0.0)] * 20, [0.1] * 20)
    assert false / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_one_sided_tails_are_those_of_the_t_test():
    samples = np.random.default_rng(3).normal(size=7)
    estimate = mean(samples)
    assert tail_p_value(estimate, 1.0, above=True) == pytest.approx(
        stats.ttest_1samp(samples, 1.0, alternative="less").pvalue, rel=1e-10
    )
    assert tail_p_value(estimate, -1.0, above=True) == 1.0
    assert tail_p_value(estimate, math.inf, above=True) == 0.0
    assert math.isnan(tail_p_value(mean([1.0]), 2.0, above=True))
    exact = certain(1.0, 0.9, 1.1)
    assert [tail_p_value(exact, bound, above=True) for bound in (1.0, 1.1, 1.2)] == [1.0, 0.0, 0.0]


PLANTED = {
    # name: (true value, what is claimed, truth of the claim)
    "order": (0.5, (0.5, 0.5), True), "wrong order": (0.5, (1.0, 1.0), False),
    "bound": (1.2, (1.0, math.inf), True), "broken bound": (0.8, (1.0, math.inf), False),
    "ceiling": (0.8, (-math.inf, 1.0), True), "broken ceiling": (1.2, (-math.inf, 1.0), False),
    "monotone": (0.6, (0.0, math.inf), True), "not monotone": (-0.6, (0.0, math.inf), False),
    "figure": (0.78, (0.775, 0.785), True), "wrong figure": (1.3, (0.775, 0.785), False),
    "rate": (-2.0, (-2.0, -2.0), True), "wrong rate": (-2.0, (-1.0, -1.0), False),
    "zero": (0.0, (0.0, 0.0), True), "not zero": (0.5, (0.0, 0.0), False),
    "ratio": (2.0 ** (-1 / 3), (2.0 ** (-1 / 3),) * 2, True), "wrong ratio": (0.5, (2.0 ** (-1 / 3),) * 2, False),
    "range": (0.3, (0.2, 0.4), True), "outside": (0.9, (0.2, 0.4), False),
    "difference": (0.5, (0.0, math.inf), True), "wrong sign": (-0.5, (0.0, math.inf), False),
    "large": (50.0, (49.5, 50.5), True), "wrong large": (46.5, (49.5, 50.5), False),
    "negative": (-0.12, (-0.125, -0.115), True), "wrong negative": (0.4, (-0.125, -0.115), False),
}  # fmt: skip


def test_planted_claims():
    """Twelve true claims and twelve false ones, together, 300 times: families with any error, in either direction."""
    rng = np.random.default_rng(11)
    names, claims = list(PLANTED), list(PLANTED.values())
    refuted, confirmed, missed_false = 0, 0, 0
    for _ in range(300):
        estimates = [mean(rng.normal(truth, 1.0, 400)) for truth, _, _ in claims]
        found = verdicts(estimates, [span for _, span, _ in claims], [0.02] * len(names))
        refuted += any(word is Verdict.CONTRADICTED for word, claim in zip(found, claims) if claim[2])
        confirmed += any(word is Verdict.SUPPORTED for word, claim in zip(found, claims) if not claim[2])
        missed_false += sum(word is not Verdict.CONTRADICTED for word, claim in zip(found, claims) if not claim[2])
    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert refuted / 300 <= limit
    assert confirmed / 300 <= limit
    assert missed_false <= 0.1 * 300 * 12  # nearly every false claim is found out, at 2.8 standard errors and more


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: holm([0.5, 1.5]), "p_values must lie in"),
        (lambda: holm([[0.5]]), "p_values must be a vector"),
        (lambda: p_value(mean([1.0, 2.0]), 2.0, 1.0), "low and high must be ordered"),
        (lambda: judge([Question(mean([1.0, 2.0]), 1.0, 0.0, 1.0)]), "low and high must be ordered"),
        (lambda: judge([Question(mean([1.0, 2.0]), 0.0, 1.0, -1.0)]), "resolution must not be negative"),
        (lambda: judge([], level=0.0), "level"),
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
    assert verdicts([none, one, few], [(0.0, 0.0)] * 3, [0.001] * 3) == [
        Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.CANNOT_TELL
    ]  # fmt: skip


def test_an_interval_inside_a_one_sided_claim_supports_it_however_wide():
    wide = mean(normal_sample(4, centre=10.0))
    assert wide.half_width > 0.5
    assert verdicts([wide], [(1.0, math.inf)], [0.01]) == [Verdict.SUPPORTED]
    assert verdicts([wide], [(9.9, math.inf)], [0.01]) == [Verdict.CANNOT_TELL]
    assert verdicts([wide], [(-math.inf, 1.0)], [0.01]) == [Verdict.CONTRADICTED]


def test_without_an_interval_nothing_is_said_of_a_bound():
    equal = mean(np.zeros(8))
    assert math.isnan(equal.half_width)
    assert verdicts([equal], [(-math.inf, -0.05)], [0.005]) == [Verdict.CANNOT_TELL]
    assert verdicts([equal], [(0.05, math.inf)], [0.005]) == [Verdict.CANNOT_TELL]
    known = mean(np.zeros(64), support=(0.0, 1.0))
    assert verdicts([known], [(0.25, math.inf)], [0.005]) == [Verdict.CONTRADICTED]
