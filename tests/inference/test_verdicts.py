"""Holm's procedure, p-values against rounded figures, and verdicts."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.intervals import deterministic, mean, quantile, ratio, share
from mfsolve.inference.stopping import AnytimeMean, anytime_p_value
from mfsolve.inference.verdicts import (
    Kind,
    Question,
    Verdict,
    binomial_exceedance,
    confirmation_p_value,
    holm,
    judge,
    p_value,
    p_values,
    tail_p_value,
)


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
    samples = np.random.default_rng(3).normal(size=70)
    assert p_value(mean(samples), 0.7, 0.7) == pytest.approx(stats.ttest_1samp(samples, 0.7).pvalue, rel=1e-10)


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
        found = p_value(estimate, end, end)
        if estimate.method is Method.ORDER_STATISTICS:  # the end is a replicate, which has a probability of its own
            beyond = end + math.copysign(1e-9, end - estimate.value)
            assert p_value(estimate, beyond, beyond) <= 1 - estimate.level < found
        else:
            assert found == pytest.approx(1 - estimate.level, rel=1e-11)


def test_an_estimate_without_error_contradicts_every_other_figure():
    exact = deterministic(2.0, 2.0, 2.0)
    assert p_value(exact, 1.9, 2.0) == 1.0
    assert p_value(exact, 2.1, 2.2) == 0.0


def test_every_verdict_is_reached():
    sharp, blunt, single = mean(normal_sample(400)), mean(normal_sample(4)), mean([0.0])
    spans = [(0.0, 0.05), (0.5, 0.6), (0.0, 0.05), (90.0, 90.1), (0.0, 0.0)]
    assert verdicts([sharp, sharp, blunt, blunt, single], spans, [0.2] * 5) == [
        Verdict.SUPPORTED,
        Verdict.CONTRADICTED,
        Verdict.CANNOT_TELL,
        Verdict.CONTRADICTED,
        Verdict.CANNOT_TELL,
    ]
    # a figure is missed only beyond what matters: half a unit off is contradicted as a statement, not as a figure
    assert verdicts([sharp, sharp, blunt], [(0.15, 0.15), (0.6, 0.6), (0.3, 0.3)], [0.3] * 3, kind=Kind.FIGURE) == [
        Verdict.REPRODUCED,
        Verdict.MISSED,
        Verdict.NOT_DETERMINED,
    ]
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
    """One false claim among 49 rows without randomness, and among 49 in another family: judged as it is alone."""
    estimate, exact = mean(normal_sample(100)), deterministic(1.0, 1.0, 1.0)
    false = Question(estimate, 0.3, 0.3, 0.05)
    padding = [Question(exact, 1.0, 1.0, 0.01)] * 49
    other = [Question(mean(normal_sample(100, seed=k)), 0.0, 0.0, 1.0, family="checks") for k in range(49)]
    for questions in ([false], [false, *padding], [false, *other]):
        assert judge(questions)[0].verdict is Verdict.CONTRADICTED
    assert {answer.verdict for answer in judge([false, *padding])[1:]} == {Verdict.SUPPORTED}


def test_a_fit_without_noise_is_judged_by_itself():
    """An order of convergence of a solver, and a mean: beside 49 other claims only the mean asks for more evidence."""
    estimate = mean(normal_sample(100))
    edge = estimate.value - 1.3 * estimate.half_width
    others = [Question(mean(normal_sample(100, seed=k)), 0.0, 0.0, 1.0) for k in range(49)]
    for noise_free, word in ((True, Verdict.CONTRADICTED), (False, Verdict.CANNOT_TELL)):
        asked = Question(estimate, -math.inf, edge, 0.0, noise_free=noise_free)
        assert judge([asked])[0].verdict is Verdict.CONTRADICTED
        assert judge([asked, *others])[0].verdict is word
        assert (judge([asked, *others])[1:] == judge(others)) is noise_free


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
    samples = np.random.default_rng(3).normal(size=70)
    estimate = mean(samples)
    assert tail_p_value(estimate, 1.0, above=True) == pytest.approx(
        stats.ttest_1samp(samples, 1.0, alternative="less").pvalue, rel=1e-10
    )
    assert tail_p_value(estimate, -1.0, above=True) == 1.0
    assert tail_p_value(estimate, math.inf, above=True) == 0.0
    assert math.isnan(tail_p_value(mean([1.0]), 2.0, above=True))
    exact = deterministic(1.0, 0.9, 1.1)
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
        (lambda: holm([[0.5]]), "p_values: an array of shape"),
        (lambda: p_value(mean([1.0, 2.0]), 2.0, 1.0), "allowed: low <= high"),
        (lambda: judge([Question(mean([1.0, 2.0]), 1.0, 0.0, 1.0)]), "allowed: low <= high"),
        (lambda: judge([Question(mean([1.0, 2.0]), 0.0, 1.0, -1.0)]), "resolution: -1.0 given; allowed"),
        (lambda: judge([], level=0.0), "level"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_p_value_of_a_share_is_twice_the_binomial_tail():
    found = share([3.0], [40.0], independent=True)
    assert p_value(found, 0.2, 0.3) == pytest.approx(2 * stats.binom.cdf(3, 40, 0.2), rel=1e-12)
    assert p_value(found, 0.0, 0.01) == pytest.approx(2 * stats.binom.sf(2, 40, 0.01), rel=1e-12)
    assert p_value(found, 0.05, 0.1) == 1.0
    # the interval ends where the p-value is 1 - level
    assert p_value(found, found.high, 1.0) == pytest.approx(0.05, rel=1e-9)
    assert p_value(share([0.0], [40.0], independent=True), 0.0, 0.0) == 1.0
    assert p_value(share([1.0], [40.0], independent=True), 0.0, 0.0) == 0.0


def test_a_share_is_judged_by_its_exact_tail():
    none, one = share([0.0], [10_000.0], independent=True), share([1.0], [10_000.0], independent=True)
    few = share([0.0], [10.0], independent=True)
    assert verdicts([none, one, few], [(0.0, 0.0)] * 3, [0.001] * 3) == [
        Verdict.SUPPORTED,
        Verdict.CONTRADICTED,
        Verdict.CANNOT_TELL,
    ]


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


def estimate(method=Method.STUDENT, tail=None, value=2.0, ends=(1.0, 4.0), level=0.9, freedom=5.0):
    """An estimate of any kind, twice as wide above as below."""
    return Estimate(value, 0.5, *ends, level, 9, method, freedom, prior_replicates=3.0, tail=tail)


class TestPValues:
    def test_the_tail_is_scaled_to_the_end_on_its_side(self):
        t = stats.t.ppf(0.95, 5)
        for distance in (0.25, 1.0, 3.0):
            expected = 2 * stats.t.sf(distance * t, 5)
            assert p_value(estimate(), 2 + 2 * distance, 99.0) == pytest.approx(expected, rel=1e-9)
            assert p_value(estimate(), -99.0, 2 - distance) == pytest.approx(expected, rel=1e-9)
            assert tail_p_value(estimate(), 2 + 2 * distance, above=True) == pytest.approx(expected / 2, rel=1e-9)
            assert tail_p_value(estimate(), 2 - distance, above=False) == pytest.approx(expected / 2, rel=1e-9)
        assert p_value(estimate(freedom=math.inf), 4.0, 5.0) == pytest.approx(0.1, rel=1e-9)

    def test_of_a_side_without_reach_only_the_level_is_known(self):
        flat, below = estimate(ends=(2.0, 4.0)), pytest.approx(0.1, rel=2e-6)
        assert (p_value(flat, 1.0, 1.9), p_value(flat, 2.0, 2.0)) == (below, 1.0)
        assert p_value(flat, 1.0, 1.9) < 1.0 - flat.level
        assert p_value(flat, 4.0, 4.0) == pytest.approx(0.1, rel=1e-9)
        flat = estimate(ends=(1.0, 2.0))
        assert (p_value(flat, 2.1, 3.0), p_value(flat, 1.0, 1.0)) == (below, pytest.approx(0.1, rel=1e-9))

    def test_what_cannot_err_meets_a_range_or_does_not(self):
        exact = deterministic(2.0, 1.5, 2.5)
        assert [p_value(exact, *span) for span in ((2.5, 3.0), (2.6, 3.0), (1.0, 1.5), (1.0, 1.4))] == [1, 0, 1, 0]
        assert [tail_p_value(exact, bound, True) for bound in (2.4, 2.5, 2.6)] == [1, 0, 0]
        assert [tail_p_value(exact, bound, False) for bound in (1.4, 1.5, 1.6)] == [0, 0, 1]

    @pytest.mark.parametrize("method", [Method.BETTING, Method.ANYTIME_RATIO])
    def test_stopped_estimates_have_a_tail_of_their_own(self, method):
        found = estimate(method, lambda hypothesis: hypothesis / 10)
        assert (p_value(found, 3.0, 4.0), p_value(found, 0.5, 1.0), p_value(found, 30.0, 40.0)) == (0.3, 0.1, 1.0)
        assert (tail_p_value(found, 3.0, True), tail_p_value(found, 1.0, False)) == (0.3, 0.1)
        plain = estimate(method)
        assert p_value(plain, 4.0, 9.0) == pytest.approx(0.1, rel=1e-9)
        # so has any other interval, whose two sides count alike
        assert p_value(estimate(Method.COMBINED, lambda hypothesis: 0.7), 4.0, 9.0) == 0.7
        assert tail_p_value(estimate(Method.COMBINED, lambda hypothesis: 0.7), 4.0, True) == 0.35

    def test_an_anytime_estimate_is_judged_by_its_own_ratio(self):
        found = estimate(Method.ANYTIME)
        for low, high, gap in ((3.0, 9.0, 1.0), (-9.0, 0.5, 1.5)):
            expected = anytime_p_value(gap / 0.5, 9, 3.0)
            assert p_value(found, low, high) == expected
            assert tail_p_value(found, low if low > 2 else high, low > 2) == expected

    def test_a_share_is_held_against_shares_alone(self):
        found = share([3.0], [40.0], independent=True)
        assert (p_value(found, -0.5, -0.1), p_value(found, 1.1, 2.0)) == (0.0, 0.0)
        assert p_value(found, 1.0, 2.0) == 0.0
        assert p_value(share([40.0], [40.0], independent=True), 0.5, 0.95) == pytest.approx(2 * 0.95**40, rel=1e-9)
        assert p_value(share([1.0], [2.0], independent=True), 0.6, 0.7) == 1.0
        for bound, above in ((0.2, True), (0.01, False)):
            span = (bound, math.inf) if above else (-math.inf, bound)
            assert tail_p_value(found, bound, above) == pytest.approx(p_value(found, *span) / 2, rel=1e-12)
        ends = [
            binomial_exceedance(share([hits], [40.0], independent=True), hypothesis)
            for hits, hypothesis in ((0.0, 0.0), (40.0, 1.0))
        ]
        assert ends == [1.0, 1.0]
        # 3 of 40, as 3.3333 of 40 would be: counts are whole
        assert p_value(dataclasses.replace(found, value=3.3 / 40), 0.2, 0.3) == p_value(found, 0.2, 0.3)

    def test_bounds_at_and_beyond_the_estimate(self):
        found = estimate()
        assert [tail_p_value(found, bound, True) for bound in (1.0, 2.0, math.inf)] == [1.0, 1.0, 0.0]
        assert [tail_p_value(found, bound, False) for bound in (3.0, 2.0, -math.inf)] == [1.0, 1.0, 0.0]
        silent = estimate(ends=(math.nan, math.nan))
        assert math.isnan(tail_p_value(silent, 3.0, False))
        assert tail_p_value(silent, math.inf, True) == 0.0
        assert math.isnan(p_value(silent, 2.0, 2.0))

    @pytest.mark.parametrize("span", [(2.0, 1.0), (math.nan, 1.0), (1.0, math.nan)])
    def test_a_range_without_order_is_refused(self, span):
        with pytest.raises(ValueError, match=f"low, high: {span[0]} and {span[1]} given; allowed: low <= high"):
            p_value(estimate(), *span)


class TestJudgements:
    def test_ranges_of_a_question(self):
        question = Question(estimate(), 1.0, 3.0, 0.5)
        assert (question.kind, question.family) == (Kind.THEOREM, "")
        assert (question.accepted, question.refuted_outside) == ((0.5, 3.5), (1.0, 3.0))
        for kind in (Kind.MECHANISM, Kind.NUMERICS):
            assert dataclasses.replace(question, kind=kind).refuted_outside == (1.0, 3.0)
        assert dataclasses.replace(question, kind=Kind.FIGURE).refuted_outside == (0.5, 3.5)

    @staticmethod
    def told(refuted, confirmed):
        """A question with these p-values: of the range above, and of what lies outside of a range that is accepted."""
        return Question(estimate(Method.BETTING, lambda h: refuted if h == 2.5 else confirmed), 2.5, 9.0, 1.0)

    @pytest.mark.parametrize(
        ("refuted", "confirmed", "word"),
        [
            (0.25, 0.25, Verdict.CANNOT_TELL),
            (0.2499, 0.2, Verdict.CONTRADICTED),
            (0.25, 0.2499, Verdict.SUPPORTED),
        ],
    )
    def test_evidence_begins_below_what_the_level_leaves(self, refuted, confirmed, word):
        (answer,) = judge([self.told(refuted, confirmed)], 0.75)
        assert (answer.verdict, answer.refutation, answer.confirmation) == (word, refuted, confirmed)

    def test_both_ends_count_for_what_lies_outside(self):
        found = estimate(Method.BETTING, lambda hypothesis: 0.01 if hypothesis < 2 else 0.4)
        assert confirmation_p_value(Question(found, 1.0, 3.0, 0.5)) == 0.4
        assert confirmation_p_value(Question(found, 1.0, math.inf, 0.5)) == 0.01
        assert confirmation_p_value(Question(found, -math.inf, 3.0, 0.5)) == 0.4
        silent = Question(estimate(ends=(math.nan, math.nan)), 1.0, math.inf, 0.5)
        assert math.isnan(confirmation_p_value(silent))

    def test_families_are_adjusted_apart_and_what_cannot_err_in_none(self):
        questions = [
            self.told(0.02, 0.6),
            dataclasses.replace(self.told(0.03, 0.03), family="other"),
            Question(deterministic(1.0, 1.0, 1.0), 5.0, 6.0, 0.1),
            self.told(0.03, 0.04),
        ]
        answers = judge(questions)
        assert [one.refutation for one in answers] == pytest.approx([0.04, 0.03, 0.0, 0.04])
        assert [one.confirmation for one in answers] == pytest.approx([0.6, 0.03, 1.0, 0.08])
        assert [one.verdict for one in answers] == [Verdict.CONTRADICTED] * 4
        assert judge([self.told(0.06, 0.049)]) == judge([self.told(0.06, 0.049)], 0.95)
        assert judge([self.told(0.06, 0.049)])[0].verdict is Verdict.SUPPORTED

    def test_each_kind_has_its_words(self):
        rows = [(0.01, 0.9), (0.9, 0.01), (0.9, 0.9)]
        for kind, words in (
            (Kind.NUMERICS, ("contradicted", "supported", "cannot tell")),
            (Kind.FIGURE, ("missed", "reproduced", "not determined")),
        ):
            for (refuted, confirmed), word in zip(rows, words):
                ends = {2.5: refuted, 1.5: confirmed}
                if kind is Kind.FIGURE:  # refuted beyond the resolution, confirmed within it: one end for both
                    found = estimate(Method.BETTING, lambda h, r=refuted, c=confirmed: r if h == 2.25 else c)
                    question = (
                        Question(found, 2.5, 9.0, 0.25, kind)
                        if word == "missed"
                        else Question(found, 1.0, 9.0, 0.5, kind)
                    )
                else:
                    found = estimate(Method.BETTING, lambda h, ends=ends: ends[h])
                    question = Question(found, 2.5, math.inf, 1.0, kind)
                assert judge([question])[0].verdict == word

    @pytest.mark.parametrize("span", [(1.0, 0.0), (math.nan, 1.0), (0.0, math.nan)])
    def test_a_range_without_order_is_refused(self, span):
        with pytest.raises(ValueError, match=f"low, high: {span[0]} and {span[1]} given; allowed: low <= high"):
            judge([Question(estimate(), *span, 0.1)])

    @pytest.mark.parametrize("resolution", [-0.1, math.nan])
    def test_a_resolution_below_zero_is_refused(self, resolution):
        with pytest.raises(ValueError, match=f"resolution: {resolution} given; allowed"):
            judge([Question(estimate(), 0.0, 1.0, resolution)])
        assert judge([Question(estimate(), 2.0, 2.0, 0.0)])[0].refutation == 1.0


def test_holm_takes_zero_and_one_and_nothing_beyond():
    assert holm([0.0, 1.0, 0.4]).tolist() == [0.0, 1.0, 0.8]
    assert holm([0.4, 0.3, 0.45]).tolist() == pytest.approx([0.9, 0.9, 0.9])
    for wrong in (-1e-9, 1 + 1e-9):
        with pytest.raises(ValueError, match=r"p_values must lie in \[0, 1\]"):
            holm([0.5, wrong, math.nan])
    with pytest.raises(ValueError, match=r"p_values: an array of shape \(\) given; allowed: a vector"):
        holm(0.5)


def test_an_interval_holds_its_own_ends():
    """The median of 32 counts is 1 in truth, where the interval of many samples ends: no sample of them refutes it."""
    found = quantile(np.repeat([0.0, 1.0, 2.0], [6, 9, 17]), 0.5)
    assert (found.low, found.high) == (1.0, 2.0)
    assert verdicts([found], [(1.0, 1.0)], [0.05]) == [Verdict.CANNOT_TELL]
    assert p_value(found, 1.0, 1.0) == pytest.approx(2 * stats.binom.cdf(15, 32, 0.5))
    flat = quantile(np.ones(32), 0.5)  # [1, 1]
    assert p_value(flat, 2.0, 3.0) == pytest.approx(2 * 0.5**32)
    t = mean(np.arange(8.0) ** 2)
    assert verdicts([t], [(t.high, math.inf)], [0.0]) == [Verdict.CANNOT_TELL]
    assert verdicts([t], [(np.nextafter(t.high, 99.0) * (1 + 1e-6), math.inf)], [0.0]) == [Verdict.CONTRADICTED]


@pytest.mark.parametrize("claims", [1, 20])
def test_true_claims_on_a_quantile_are_rarely_refuted_together(claims):
    """The 90 % quantile of exponentials: a curve scaled to the end of each interval refuted one of 20 in a tenth."""
    draws = np.random.default_rng([20, claims]).exponential(size=(300, claims, 64))
    truth = math.log(10.0)
    refuted = [
        Verdict.CONTRADICTED in verdicts([quantile(x, 0.9) for x in family], [(truth, truth)] * claims, [0.0] * claims)
        for family in draws
    ]
    assert np.mean(refuted) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


def test_known_p_values_stand_for_a_tail_that_is_lost():
    found = quantile(np.random.default_rng(3).poisson(1.65, 32).astype(float), 0.5)
    asked = Question(found, 3.0, 3.0, 0.1)
    lost = dataclasses.replace(asked, estimate=dataclasses.replace(found, tail=None), p_values=p_values(asked))
    assert judge([lost]) == judge([asked])
