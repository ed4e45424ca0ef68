"""Intervals where users stand: few, rare, equal, skewed and discrete replicates, near zero and at the bounds."""

import math
import pickle

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import intervals
from mfsolve.inference.intervals import Method
from mfsolve.inference.level_tail import LevelTail
from mfsolve.inference.student_rule import speaks_against_student

EXHAUSTIVE = (pytest.mark.slow, pytest.mark.exhaustive)


def excluded(estimates, truth):
    """Share of estimates whose interval does not hold the truth; one that claims nothing excludes nothing."""
    return np.mean([estimate.low > truth or estimate.high < truth for estimate in estimates])


def at_most(share, trials, allowed=0.05):
    """Whether a share of misses is at most what is allowed, to four binomial standard errors."""
    print(f"measured {share:.4f} of {trials}, allowed {allowed}")
    return share <= allowed + 4 * math.sqrt(allowed * (1 - allowed) / trials)


class TestMeans:
    def test_unseen_events_are_not_contradicted(self):
        """Of 16 events of probability 0.05 none occurs in 44 % of samples; a zero-width interval would exclude 0.05."""
        rng = np.random.default_rng(1)
        samples = (rng.random((150, 16)) < 0.05) * 1.0
        assert at_most(excluded([intervals.mean(x) for x in samples], 0.05), 150)
        assert at_most(excluded([intervals.mean(x, support=(0, 1)) for x in samples], 0.05), 150)

    @pytest.mark.parametrize(("hits", "size"), [(0, 16), (3, 16), (40, 40), (1, 2)])
    def test_events_with_a_support_have_the_exact_binomial_interval(self, hits, size):
        values = np.repeat([0.0, 1.0], [size - hits, hits])
        found = intervals.mean(values, support=(0, 1))
        expected = stats.binomtest(hits, size).proportion_ci(0.95)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)
        assert found.method is Method.BOUNDED

    def test_bounds_move_with_the_scale(self):
        values = np.array([0.0, 0.0, 0.0, 1.0, 0.25, 0.0, 0.0, 0.0, 0.5])
        plain, moved = intervals.mean(values, support=(0, 1)), intervals.mean(3 - 2 * values, support=(1, 3))
        assert (moved.low, moved.high) == pytest.approx((3 - 2 * plain.high, 3 - 2 * plain.low), rel=1e-9)

    def test_equal_replicates_leave_what_the_support_leaves(self):
        whole = intervals.mean([2.0] * 16, support=(0, 10))
        unseen = 1 - 0.025 ** (1 / 16)
        assert (whole.low, whole.high) == pytest.approx((2 - 2 * unseen, 2 + 8 * unseen), rel=1e-12)
        assert "21 % of the outputs may differ" in whole.note
        assert whole.standard_error == 0.0
        half = intervals.mean([2.0] * 16, support=(0, math.inf))
        assert (half.low, half.high) == pytest.approx((2 - 2 * unseen, math.inf), rel=1e-12)
        assert math.isnan(intervals.mean([2.0] * 16).half_width)

    def test_rounding_is_no_spread(self):
        assert math.isnan(intervals.mean([0.1, 0.1 + 1e-17, 0.1 * (1 + 2e-16)]).half_width)
        a = np.linspace(1, 2, 20)
        found = intervals.difference(a + 0.1, a)
        assert math.isnan(found.half_width)
        assert "all replicates are equal" in found.note

    @pytest.mark.parametrize(
        ("draw", "truth", "student"),
        [
            (lambda rng: rng.lognormal(0, 1, 16), math.exp(0.5), 0.11),
            pytest.param(lambda rng: rng.exponential(size=16), 1.0, 0.06, marks=EXHAUSTIVE),
            pytest.param(lambda rng: rng.gamma(0.5, size=16), 0.5, 0.09, marks=EXHAUSTIVE),
        ],
        ids=["lognormal", "exponential", "gamma"],
    )
    def test_skewed_outputs_are_covered_where_student_is_not(self, draw, truth, student):
        rng = np.random.default_rng(2)
        samples = [draw(rng) for _ in range(400)]
        assert at_most(excluded([intervals.mean(x) for x in samples], truth), 400)
        many = [draw(rng) for _ in range(2000)]
        assert excluded([intervals.mean(x, method=Method.STUDENT) for x in many], truth) > student

    def test_near_normal_samples_keep_student(self):
        """1.645 standard errors of the skewness are passed by one normal sample in ten, at 16 and at 200 replicates."""
        rng = np.random.default_rng(3)
        for size in (16, 200):
            left = np.mean([speaks_against_student(rng.normal(size=size)) for _ in range(2000)])
            assert left < 0.13
        z = stats.norm.ppf((np.arange(20) + 0.5) / 20)
        found = intervals.mean(z)
        expected = stats.ttest_1samp(z, 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
        assert found.note is None

    @pytest.mark.parametrize(
        "values",
        [np.tile([0.0, 1.0], 10), np.tile([0.0, 1.0, 2.0], 8), np.append(np.zeros(10), np.linspace(-1, 1, 9))],
        ids=["two values", "three values", "half equal"],
    )
    def test_discrete_samples_speak_against_student(self, values):
        assert speaks_against_student(values)

    def test_signs_against_student_begin_where_they_are_said_to(self):
        against = speaks_against_student
        assert against(np.array([1.0, 2.0, 2.0, 3.0])) is True  # three values among four
        assert against(np.array([1.0, 2.0, 3.1])) is False
        assert against(np.array([2.0])) is False
        assert against(np.append(np.zeros(4), [-2.0, -1.0, 1.0, 2.0])) is True  # half of them equal
        assert against(np.append(np.zeros(3), [-2.0, -1.0, 1.0, 2.0])) is False
        rng = np.random.default_rng(13)
        for size in (16, 60, 8000):
            for shape in (0.3, 3.0, 10.0, 60.0, 400.0):
                values = rng.gamma(shape, size=size)
                error = math.sqrt(6 * (size - 2) / ((size + 1) * (size + 3)))
                skewed = abs(stats.skew(values)) > max(1.645 * error, 0.03 * math.sqrt(size))
                assert against(values) is bool(skewed) is against(-values)

    def test_a_support_may_end_on_one_side_and_holds_for_differences(self):
        rng = np.random.default_rng(14)
        values = rng.exponential(size=20) ** 2
        one, other = intervals.mean(values, support=(0, math.inf)), intervals.mean(-values, support=(-math.inf, 0))
        assert one.method is other.method is Method.EXTENDED
        assert (-other.high, -other.low) == pytest.approx((one.low, one.high), rel=1e-9)
        assert intervals.mean(np.repeat([1.0, 9.0], [19, 1]), support=(0, 1e3)).method is Method.BOUNDED
        a, b = (rng.random((2, 9)) < [[0.2], [0.6]]) * 1.0
        found, plain = intervals.difference(a, b, support=(0, 1)), intervals.mean(a - b, support=(-1, 1))
        assert (found.low, found.high, found.method) == (plain.low, plain.high, plain.method)
        alone = intervals.mean([2.0], method=Method.EXTENDED)
        for single in (alone, intervals.difference(values, values[:1], paired=False)):
            assert (single.replicates, math.isnan(single.low), single.note) == (
                1,
                True,
                "too few replicates: at least 2",
            )

    def test_an_interval_known_at_every_level_has_its_p_values(self):
        tail = LevelTail(
            1.0, lambda level: (1 - 2 * stats.norm.isf((1 - level) / 2), 1 + stats.norm.isf((1 - level) / 2))
        )
        assert [tail(2.5), tail(-2.0), tail(1.1)] == pytest.approx(2 * stats.norm.sf([1.5, 1.5, 0.1]), rel=1e-8)
        assert [tail(1.0), tail(1.0 + 1e-12), tail(1.0 - 1e-12), tail(50.0), tail(-50.0)] == [
            1.0,
            1.0,
            1.0,
            1e-12,
            1e-12,
        ]

    def test_slight_skewness_of_many_replicates_does_no_harm(self):
        values = np.random.default_rng(4).exponential(size=20_000)
        assert not speaks_against_student(values)

    def test_few_replicates_say_what_they_rest_on(self):
        assert "skewness cannot be checked" in intervals.mean([1.0, 2.0, 3.5, 4.0]).note
        for few in (
            intervals.mean([1.0, 2.0]),
            intervals.mean([1.0, 2.0, 3.5]),
            intervals.difference([1.0, 2.0], [2.0, 2.5], paired=False),
            intervals.ratio([1.0, 2.0, 3.0], [2.0, 2.5, 2.0]),
        ):
            assert math.isnan(few.half_width)
            assert "at least 4" in few.note
        assert intervals.mean([1.0, 2.0], method=Method.STUDENT).half_width > 0
        assert "at least 2" in intervals.mean([1.0]).note
        assert intervals.mean([0.3, 0.5], support=(0, 1)).method is Method.BOUNDED
        assert intervals.mean([0.3], support=(0, 1)).half_width > 0.4

    def test_p_values_end_with_the_interval_and_travel(self):
        values = np.random.default_rng(5).lognormal(0, 1, 20)
        a, b = values > 1.2, np.arange(20) < 9
        for found in (
            intervals.mean(values),
            intervals.mean(a * 1.0, support=(0, 1)),
            intervals.difference(a * 1.0, b * 1.0, paired=False, support=(0, 1)),
            intervals.ratio(values, values[::-1] + 1),
            intervals.ratio(a * 1.0, b * 1.0, paired=False, support=(0, 1)),
            intervals.gain(values, values[::-1] + 1),
        ):
            tail = pickle.loads(pickle.dumps(found)).tail
            for end in (found.low, found.high):
                assert tail(end) == pytest.approx(0.05, rel=1e-5)
            assert tail(found.high + found.half_width) < 0.05 < tail(0.5 * (found.value + found.high))

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: intervals.mean([1.0, 2.0], support=(0, 1)), "allowed: one that holds every replicate"),
            (lambda: intervals.mean([1.0, 2.0], support=(3, 1)), "with low < high"),
            (lambda: intervals.mean([1.0, 2.0], method=Method.BOUNDED), "allowed for <Method.BOUNDED: .*: finite ends"),
            (lambda: intervals.mean([1.0, 2.0], method=Method.WELCH), "method: <Method"),
            (
                lambda: intervals.difference([1.0, 2.0], [0.0, 0.5], support=(0, 1)),
                "allowed: one that holds every replicate",
            ),
            (
                lambda: intervals.ratio([1.0, 2.0], [0.5, 0.5], support=(0, 1)),
                "allowed: one that holds every replicate",
            ),
            (lambda: intervals.quantile([1.0, 2.0], 0.5, support=(0, 1)), "allowed: one that holds every replicate"),
        ],
    )
    def test_what_does_not_fit_is_refused_by_name(self, call, words):
        with pytest.raises(ValueError, match=words):
            call()


class TestDifferences:
    @pytest.mark.parametrize("paired", [True, False])
    def test_rare_events_against_common_ones(self, paired):
        rng = np.random.default_rng(6)
        found = [
            intervals.difference(
                (rng.random(16) < 0.05) * 1.0, (rng.random(16) < 0.3) * 1.0, paired=paired, support=(0, 1)
            )
            for _ in range(150)
        ]
        assert at_most(excluded(found, -0.25), 150)
        assert all(math.isfinite(estimate.half_width) for estimate in found)

    def test_combined_reaches_add_by_squares(self):
        a, b = np.repeat([0.0, 1.0], [12, 4]), np.repeat([0.0, 1.0], [5, 15])
        found = intervals.difference(a, b, paired=False, support=(0, 1))
        first, second = (intervals.mean(x, support=(0, 1)) for x in (a, b))
        down = math.hypot(first.value - first.low, second.high - second.value)
        assert found.low == pytest.approx(found.value - down, rel=1e-12)
        assert found.method is Method.COMBINED


class TestRatios:
    def test_ratio_of_rare_events_is_not_lost(self):
        """The bootstrap of 16 events of probability 0.05 over 0.3 excluded the truth nearly always."""
        rng = np.random.default_rng(7)
        pairs = [((rng.random(16) < 0.05) * 1.0, (rng.random(16) < 0.3) * 1.0) for _ in range(60)]
        pairs = [pair for pair in pairs if pair[1].any()]
        assert at_most(excluded([intervals.ratio(*pair, support=(0, 1)) for pair in pairs], 1 / 6), len(pairs))

    def test_denominator_near_zero_has_a_reason(self):
        rng = np.random.default_rng(8)
        pairs = [(1.3 / 4 + rng.normal(size=16), 1 / 4 + rng.normal(size=16)) for _ in range(300)]
        found = [intervals.ratio(*pair) for pair in pairs]
        assert at_most(excluded(found, 1.3), 300)
        silent = [estimate for estimate in found if math.isnan(estimate.half_width)]
        assert len(silent) > 150
        assert all("distinguish the denominator from zero" in estimate.note or estimate.note for estimate in silent)

    def test_inverted_interval_of_near_normal_pairs_is_near_fieller(self):
        rng = np.random.default_rng(9)
        top, bottom = 13 + rng.normal(size=400), 10 + rng.normal(size=400)
        fieller = intervals.ratio(top, bottom, method=Method.FIELLER)
        for paired in (True, False):
            other = intervals.ratio(top, bottom, method=Method.COMBINED, paired=paired)
            # Points beyond the extremes, of weight 1 / 401 each, widen it by a quarter at this size; never less.
            assert fieller.half_width <= other.half_width * (1 + 1e-9) <= 1.3 * fieller.half_width

    def test_negative_denominator_mirrors(self):
        rng = np.random.default_rng(10)
        top, bottom = rng.lognormal(0, 1, 20), rng.lognormal(0, 1, 24) + 0.5
        plain = intervals.ratio(top, bottom, paired=False)
        mirrored = intervals.ratio(top, -bottom, paired=False)
        assert (mirrored.low, mirrored.high) == pytest.approx((-plain.high, -plain.low), rel=1e-9)
