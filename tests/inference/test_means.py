"""Means and differences: which interval is taken, every field of it, and what is said where there is none."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mfsolve.inference import means
from mfsolve.inference.bounded_means import extended_support, nearest_support
from mfsolve.inference.intervals import Method, difference, mean
from mfsolve.inference.level_tail import LevelTail
from mfsolve.inference.skewness import skewness
from mfsolve.inference.student_rule import speaks_against_student
from mfsolve.inference.verdicts import Question, Verdict, judge, p_value

FEW = "fewer than 16 replicates: skewness cannot be checked; the interval assumes near-normal outputs"
TOO_FEW = "too few replicates: at least 4, or a known support"
EQUAL = "all replicates are equal: without a known support there is no bound"
ALONE = "too few replicates: at least 2"
HALF, OTHER = (0.0, math.inf), (-math.inf, 9.0)


def scores(count, centre, scale=1.0, seed=0):
    """Numbers as near normal as so many can be, in random order."""
    z = stats.norm.ppf((np.arange(count) + 0.5) / count)
    return centre + scale * np.random.default_rng(seed).permutation(z)


def skewed(count, seed=0):
    return np.random.default_rng(seed).permutation(np.linspace(0.3, 2.0, count) ** 6)


def without(found):
    """True where neither end is a number."""
    return math.isnan(found.low) and math.isnan(found.high)


class TestMeans:
    @pytest.mark.parametrize(
        ("values", "support", "method", "note"),
        [
            (scores(4, 3.0), None, Method.STUDENT, FEW),
            (scores(15, 3.0), None, Method.STUDENT, FEW),
            (scores(16, 3.0), None, Method.STUDENT, None),
            (scores(7, 3.0), (0.0, 9.0), Method.BOUNDED, None),
            (scores(8, 3.0), (0.0, 9.0), Method.STUDENT, FEW),
            (scores(8, 3.0), HALF, Method.STUDENT, FEW),
            (skewed(20), (0.0, 99.0), Method.BOUNDED, None),
            (skewed(20), HALF, Method.EXTENDED, None),
            (skewed(20), None, Method.EXTENDED, None),
            (np.array([1.0, 1.0, 2.0, 5.0]), None, Method.EXTENDED, FEW),
            (np.array([1.0, 1.0, 2.0, 5.0] * 4)[:15], None, Method.EXTENDED, FEW),
            (np.array([1.0, 1.0, 2.0, 5.0] * 4), None, Method.EXTENDED, None),
            (np.array([1.0, 1.0, 2.0, 5.0] * 2), HALF, Method.EXTENDED, FEW),
            (np.array([1.0, 1.0, 2.0, 5.0] * 2), OTHER, Method.EXTENDED, FEW),
        ],
    )
    def test_the_sample_chooses_the_interval_and_every_field_is_said(self, values, support, method, note):
        found = mean(values, 0.9, support=support)
        assert (found.value, found.standard_error) == pytest.approx((values.mean(), stats.sem(values)), rel=1e-12)
        assert (found.level, found.replicates, found.method, found.note) == (0.9, values.size, method, note)
        if method is Method.STUDENT:
            theirs = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
            assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
            assert (found.degrees_of_freedom, found.tail is None) == (
                values.size - 1,
                values.size in (1, *range(64, 99)),
            )
        else:
            assert (found.tail(found.low), found.tail(found.high)) == pytest.approx((0.1, 0.1), rel=1e-6)
            assert repr(mean(values, 0.9, support=support, method=method)) == repr(found)

    def test_a_known_side_has_the_end_of_a_known_support(self):
        """The other side does not touch it, and Student's t, which reaches farther there, has no part in it."""
        values = skewed(20)
        whole = mean(values, support=(0.0, 99.0))
        half, mirrored = mean(values, support=HALF), mean(-values, support=(-math.inf, 0.0))
        assert (half.low, -mirrored.high) == pytest.approx((whole.low, whole.low), rel=1e-9)
        assert mean(values, method=Method.STUDENT).low < 0.9 * whole.low
        assert half.tail(whole.low) == pytest.approx(0.05, rel=1e-6)

    def test_what_is_left_out_is_a_level_of_95_percent(self):
        assert mean(scores(9, 1.0)) == mean(scores(9, 1.0), 0.95)
        pair = scores(9, 1.0), scores(9, 3.0, seed=1)
        assert difference(*pair) == difference(*pair, 0.95, True)
        assert difference(*pair) != difference(*pair, paired=False)

    @pytest.mark.parametrize("support", [None, HALF, OTHER])
    @pytest.mark.parametrize("count", [2, 3])
    def test_two_and_three_replicates_show_nothing_of_their_shape(self, support, count):
        values = np.array([1.0, 2.0, 2.5])[:count]
        found = mean(values, 0.8, support=support)
        assert (found.value, found.standard_error) == pytest.approx((values.mean(), stats.sem(values)), rel=1e-12)
        assert (found.level, found.replicates, found.method, found.note) == (0.8, count, Method.STUDENT, TOO_FEW)
        assert without(found)
        assert mean(values, support=(0.0, 9.0)).method is Method.BOUNDED

    def test_one_replicate_is_bounded_by_a_known_support_alone(self):
        for support in (None, HALF, OTHER):
            for method in (None, Method.EXTENDED, Method.STUDENT):
                found = mean([2.0], 0.8, support=support, method=method)
                assert (found.value, found.level, found.replicates, found.note) == (2.0, 0.8, 1, ALONE)
                assert (found.method, found.degrees_of_freedom) == (Method.STUDENT, 0)
                assert without(found)
                assert math.isnan(found.standard_error)
        # the mean of one value is at most 1 - 0.1 of what is left above it, at 80 %
        known = mean([2.0], 0.8, support=(0.0, 10.0))
        assert (known.low, known.high) == pytest.approx((2 - 0.9 * 2, 2 + 0.9 * 8), rel=1e-12)
        assert known.note == "all replicates are equal: up to 90 % of the outputs may differ"

    @pytest.mark.parametrize(
        ("support", "ends"),
        [
            ((0.0, 10.0), (2 - 2 * (1 - 0.1**0.2), 2 + 8 * (1 - 0.1**0.2))),
            ((0.0, math.inf), (2 - 2 * (1 - 0.1**0.2), math.inf)),
            ((-math.inf, 10.0), (-math.inf, 2 + 8 * (1 - 0.1**0.2))),
        ],
    )
    def test_equal_replicates_leave_what_the_support_leaves(self, support, ends):
        found = mean([2.0] * 5, 0.8, support=support)
        assert (found.low, found.high) == pytest.approx(ends, rel=1e-12)
        assert (found.value, found.standard_error, found.level, found.replicates) == (2.0, 0.0, 0.8, 5)
        others = "all replicates are equal: up to 37 % of the outputs may differ"
        unknown = f"{others}, by any amount towards the end that is not known"
        assert (found.method, found.note) == (Method.BOUNDED, others if support == (0.0, 10.0) else unknown)
        if support == (0.0, 10.0):
            assert (found.tail(found.low), found.tail(found.high)) == pytest.approx((0.2, 0.2), rel=1e-9)
        else:
            assert found.tail is None

    def test_equal_replicates_bound_nothing_without_a_support(self):
        found = mean([2.0] * 5, 0.8)
        assert (found.value, found.level, found.replicates, found.method) == (2.0, 0.8, 5, Method.BOUNDED)
        assert (found.note, found.tail, math.isnan(found.standard_error), without(found)) == (EQUAL, None, True, True)

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: mean([1.0, 2.0], 0.0), "level: "),
            (lambda: mean([[1.0]]), "samples: an array of shape"),
            (lambda: mean([1.0, 2.0], support=(1, 1)), r"support: \(1, 1\) given; allowed: \(low, high\) with low < high"),
            (lambda: mean([1.0, 2.0], support=(0, 1.9)), r"support: \(0, 1\.9\) given; allowed: one that holds every replicate, 1\.0 to 2\.0"),
            (lambda: mean([1.0, 2.0], support=(1.1, 3)), r"support: \(1\.1, 3\) given; allowed: one that holds every replicate, 1\.0 to 2\.0"),
            (lambda: mean([1.0, 2.0], method=Method.BOUNDED), r"support: \(-inf, inf\) given; allowed for <Method.BOUNDED: .*: finite ends"),
            (lambda: mean([1.0], support=HALF, method=Method.BOUNDED), "allowed for <Method.BOUNDED: .*: finite ends"),
            (lambda: mean([1.0], support=OTHER, method=Method.BOUNDED), "allowed for <Method.BOUNDED: .*: finite ends"),
            (lambda: mean([1.0, 2.0], method=Method.BCA), "method: <Method.BCA: .* given; allowed: Method.STUDENT, BOUNDED, EXTENDED"),
            (lambda: difference([1.0], [1.0], 1.0), "level: "),
            (lambda: difference([1.0], [1.0, 2.0]), "a, b: lengths 1 and 2 given; allowed: one length"),
            (lambda: difference([], [1.0]), "a: an array of shape"),
            (lambda: difference([1.0], [math.inf]), r"b\[0\]: inf given"),
            (lambda: difference([1.0], [2.0], support=(0, 1.5)), "allowed: one that holds every replicate"),
            (lambda: difference([2.0], [1.0], paired=False, support=(0, 1.5)), "allowed: one that holds every replicate"),
            (lambda: difference(pd.Series([1.0]), pd.Series([2.0], index=[1])), "b: labels differ from those of a"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused_by_name(self, call, words):
        with pytest.raises(ValueError, match=words):
            call()

    def test_a_support_may_end_at_the_replicates(self):
        assert mean([1.0, 2.0], support=(1, 2)).method is Method.BOUNDED
        assert mean(scores(9, 1.0), method=Method.BOUNDED, support=(-9, 9)).method is Method.BOUNDED


class TestSignsAgainstStudent:
    def test_skewness_counts_from_where_it_is_said_to(self):
        """One value is moved out until the skewness is just below and just above both bounds."""
        for count in (4, 17, 2000):  # four: the least that can be judged; the second bound is the larger at 2000
            error = math.sqrt(6 * (count - 2) / ((count + 1) * (count + 3)))
            bound = max(1.645 * error, 0.03 * math.sqrt(count))
            base = scores(count - 1, 1e3, seed=1)

            def skewness(far, base=base):
                return stats.skew(np.append(base, 1e3 + far))

            low, high = 1.0, 1e4
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (low, middle) if skewness(middle) > bound else (middle, high)
            for factor in (0.999, 1.001):
                values = np.append(base, 1e3 + factor * low)
                assert (skewness(factor * low) > bound) == (factor > 1)
                assert speaks_against_student(values) is (factor > 1)
                assert speaks_against_student(-1e-200 * values) is (factor > 1)

    def test_too_little_to_speak(self):
        assert speaks_against_student(np.array([1.0, 1.0])) is True
        assert speaks_against_student(np.array([1.0, 2.0])) is False
        assert speaks_against_student(np.array([1.0])) is False
        assert speaks_against_student(np.array([1.0, 2.0, 3.0, 4.0])) is False
        assert speaks_against_student(np.array([1.0, 2.0, 3.0, 3.0])) is True
        assert speaks_against_student(np.tile([1.0, 2.0, 3.0], 5)) is True
        assert speaks_against_student(np.tile([1.0, 2.0, 3.0, 4.0], 5)) is False
        # a little less than half are equal, of many values without skewness
        most = np.concatenate([np.zeros(7), [1.0, 2.0, 3.0, 4.0, -1.0, -2.0, -3.0, -4.0]])
        assert speaks_against_student(most) is False
        assert speaks_against_student(np.append(most, 0.0)) is True


class TestKnownSupport:
    """Ends that are known but far away: what is not seen stands nearer, unless the sample speaks for a tail."""

    def test_a_support_costs_no_width_where_the_sample_is_compact(self):
        """200 samples of 16, s.d. 0.01 in (0, 1): one in ten looks skewed by accident and was 26 times as wide as t."""
        rng = np.random.default_rng(3)
        for _ in range(200):
            values = rng.normal(0.5, 0.01, 16)
            with_, without = mean(values, support=(0.0, 1.0)), mean(values)
            if abs(skewness(values)) <= 1.0:
                assert (with_.low, with_.high) == (without.low, without.high)
            elif skewness(values) > 0:
                assert with_.low == without.low
            else:
                assert with_.high == without.high

    def test_the_point_moves_on_to_the_end_as_skewness_grows(self):
        """Without a jump, and to the end itself at skewness 2 and where a sample is discrete."""
        base, last = np.linspace(0.0, 1.0, 20), None
        for top in np.linspace(1.0, 8.0, 200):
            values = np.append(base, top)
            low, high = nearest_support(values, (-math.inf, 100.0))
            assert low < 0.0
            nearer = extended_support(values, (-math.inf, math.inf))[1]
            share = math.log((high - values.mean()) / (nearer - values.mean()))
            share /= math.log((100.0 - values.mean()) / (nearer - values.mean()))
            assert share == pytest.approx(min(max(skewness(values) - 1.0, 0.0), 1.0), abs=1e-12)
            assert last is None or share - last < 0.1
            last = share
        assert last == 1.0
        assert nearest_support(np.repeat([1.0, 2.0], [10, 11]), (0.0, 100.0)) == (0.0, 100.0)

    @pytest.mark.parametrize(
        ("shape", "size"), [((0.05, 0.5), 8), ((0.05, 0.5), 32), ((2.0, 30.0), 8), ((2.0, 30.0), 32)]
    )
    def test_it_covers_rare_large_values_and_compact_ones(self, shape, size):
        rng, trials, hits = np.random.default_rng(8), 150, 0
        for _ in range(trials):
            found = mean(rng.beta(*shape, size), support=(0.0, 1.0))
            hits += found.low <= shape[0] / sum(shape) <= found.high
        assert hits / trials >= 0.94 - 3 * math.sqrt(0.94 * 0.06 / trials)


class TestDifferencesOnAKnownSupport:
    """Below 8 replicates a sample says nothing of its shape: both means have the interval of their support."""

    def test_few_replicates_have_the_combined_interval(self):
        a, b = [0.1, 0.5, 0.6], [0.2, 0.3, 0.75]
        found = difference(a, b, paired=False, support=(0.0, 1.0))
        of_a, of_b = (mean(x, support=(0.0, 1.0)) for x in (a, b))
        below = math.hypot(of_a.value - of_a.low, of_b.high - of_b.value)
        above = math.hypot(of_a.high - of_a.value, of_b.value - of_b.low)
        assert (found.method, found.note, found.replicates) == (Method.COMBINED, None, 3)
        assert (found.low, found.high) == pytest.approx((found.value - below, found.value + above), rel=1e-12)
        assert found.tail(found.high) == pytest.approx(0.05, rel=1e-6)

    @pytest.mark.parametrize(("count", "method"), [(1, Method.COMBINED), (7, Method.COMBINED), (8, Method.WELCH)])
    def test_until_replicates_can_speak(self, count, method):
        near = 0.5 + 0.1 * np.linspace(-1.0, 1.0, count)
        for support, expected in (((0.0, 1.0), method), ((0.0, math.inf), Method.WELCH), (None, Method.WELCH)):
            found = difference(near, np.tile(near, 2)[: max(8, count)], paired=False, support=support)
            if count > 1 or expected is Method.COMBINED:
                assert found.method is expected
                assert found.low < found.value < found.high
            else:
                assert found.note == "too few replicates: at least 2"

    @pytest.mark.parametrize("count", [4, 5, 7])
    def test_skewed_outputs_are_covered(self, count):
        """Beta(0.3, 6) less 0.5: Welch's t missed 0.119, 0.108 and 0.069 of the differences at 95 %."""
        rng = np.random.default_rng(count)
        missed = 0
        for _ in range(500):
            found = difference(rng.beta(0.3, 6.0, count), [0.5] * count, paired=False, support=(0.0, 1.0))
            missed += not found.low <= 0.3 / 6.3 - 0.5 <= found.high
        assert missed <= 15


class TestDifferences:
    def test_pairs_have_the_interval_of_their_differences(self):
        a, b = scores(9, 5.0), scores(9, 3.0, seed=1)
        assert difference(a, b, 0.9) == mean(a - b, 0.9)
        a, b = skewed(20), scores(20, 30.0)
        found, plain = difference(a, b, support=(0.0, 70.0)), mean(a - b, support=(-70.0, 70.0))
        assert (found.low, found.high, found.method) == (plain.low, plain.high, Method.EXTENDED)
        half, whole = difference(a, b, support=HALF), mean(a - b)
        assert (half.low, half.high, half.method) == (whole.low, whole.high, Method.EXTENDED)

    def test_rounding_of_large_numbers_is_no_difference(self):
        """Of 1e6 + x and x the differences are 1e6 to its rounding, whichever comes first."""
        x = scores(9, 0.1)
        noise = 1e-10 * np.tile([1.0, -1.0, 0.0], 3)
        for a, b in ((1e6 + x, 1e6 + x + noise), (x, x + 1e-17 * noise)):
            for first, second in ((a, b), (b, a)):
                found = difference(first, second)
                assert (found.note, without(found)) == (EQUAL, True)
        assert difference(1e6 + x, 1e6 + x + 1e4 * noise).half_width > 0
        # the larger of the two sizes counts
        huge = np.full(9, 1e6) + noise
        assert difference(huge, np.zeros(9) + 1.0).note == difference(np.zeros(9) + 1.0, huge).note == EQUAL

    @pytest.mark.parametrize(("sizes", "note"), [((4, 9), FEW), ((15, 16), FEW), ((16, 15), FEW), ((16, 17), None)])
    def test_independent_samples_have_welchs_t(self, sizes, note):
        a, b = scores(sizes[0], 5.0, 2.0), scores(sizes[1], 3.0, seed=1)
        found = difference(a, b, 0.9, paired=False)
        theirs = stats.ttest_ind(a, b, equal_var=False)
        ends = theirs.confidence_interval(0.9)
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=1e-12)
        error = math.hypot(stats.sem(a), stats.sem(b))
        assert (found.value, found.standard_error) == pytest.approx((a.mean() - b.mean(), error), rel=1e-12)
        assert found.degrees_of_freedom == pytest.approx(theirs.df, rel=1e-12)
        assert (found.level, found.replicates, found.method, found.note) == (0.9, min(sizes), Method.WELCH, note)

    @pytest.mark.parametrize("few", [2, 3])
    def test_two_and_three_independent_replicates_show_nothing_of_their_shape(self, few):
        a, b = scores(few, 5.0), scores(9, 3.0, seed=1)
        for first, second, sign in ((a, b, 1.0), (b, a, -1.0)):
            found = difference(first, second, 0.8, paired=False)
            error = math.hypot(stats.sem(a), stats.sem(b))
            value = sign * (a.mean() - b.mean())
            assert (found.value, found.standard_error) == pytest.approx((value, error), rel=1e-12)
            assert (found.level, found.replicates, found.method, found.note) == (0.8, few, Method.WELCH, TOO_FEW)
            assert without(found)

    def test_one_replicate_of_either_has_no_error(self):
        for other, method in ((scores(9, 3.0), Method.WELCH), (skewed(20), Method.COMBINED)):
            for pair in (([2.0], other), (other, [2.0])):
                found = difference(*pair, 0.8, paired=False)
                assert found.value == np.mean(pair[0]) - np.mean(pair[1])
                assert (found.level, found.replicates, found.method, found.note) == (0.8, 1, method, ALONE)
                assert math.isnan(found.standard_error)
                assert without(found)
                assert found.degrees_of_freedom == math.inf

    @pytest.mark.parametrize(
        ("support", "notes"), [(None, (FEW, None)), (HALF, (FEW, None)), ((0.0, 99.0), (None, None))]
    )
    def test_reaches_of_both_means_add_by_squares(self, support, notes):
        for count, note in zip((15, 16), notes):
            for a, b in ((skewed(count), scores(20, 6.0)), (scores(20, 6.0), skewed(count))):
                found = difference(a, b, 0.9, paired=False, support=support)
                first, second = (mean(x, 0.9, support=support) for x in (a, b))
                down = math.hypot(first.value - first.low, second.high - second.value)
                up = math.hypot(first.high - first.value, second.value - second.low)
                assert (found.low, found.high) == pytest.approx((found.value - down, found.value + up), rel=1e-12)
                error = math.hypot(stats.sem(a), stats.sem(b))
                assert (found.value, found.standard_error) == pytest.approx((a.mean() - b.mean(), error), rel=1e-12)
                assert (found.level, found.replicates, found.method, found.note) == (0.9, count, Method.COMBINED, note)

    def test_p_values_of_a_difference_end_with_its_interval(self):
        for pair in ((np.full(9, 2.0), scores(9, 3.0)), (scores(9, 3.0), np.full(8, 2.0))):
            found = difference(*pair, 0.9, paired=False, support=(0.0, 7.0))
            assert (found.tail(found.low), found.tail(found.high)) == pytest.approx((0.1, 0.1), rel=1e-6)

    def test_equal_independent_samples_bound_nothing_without_a_support(self):
        found = difference([2.0] * 9, [1.0] * 8, 0.9, paired=False)
        assert (found.value, found.note, found.replicates, found.method) == (1.0, EQUAL, 8, Method.COMBINED)
        assert without(found)
        half = difference([2.0] * 9, [1.0] * 8, 0.9, paired=False, support=HALF)
        assert (half.low, half.high) == (-math.inf, math.inf)
        known = difference([2.0] * 9, [1.0] * 8, 0.9, paired=False, support=(0.0, 3.0))
        unseen = 1 - 0.05 ** (1 / 9), 1 - 0.05 ** (1 / 8)
        assert known.low == pytest.approx(1.0 - math.hypot(2 * unseen[0], 2 * unseen[1]), rel=1e-12)
        assert known.high == pytest.approx(1.0 + math.hypot(unseen[0], unseen[1]), rel=1e-12)


class TestIntervalsKnownAtEveryLevel:
    """A normal interval about 1, twice as far up as down."""

    @staticmethod
    def ends(level):
        z = stats.norm.isf((1 - level) / 2)
        return 1 - z, 1 + 2 * z

    def test_p_values_are_exact_from_one_to_the_least(self):
        tail = LevelTail(1.0, self.ends)
        for z in (1e-4, 0.3, 1.0, 3.0, 7.0):
            assert [tail(1 - z), tail(1 + 2 * z)] == pytest.approx([2 * stats.norm.sf(z)] * 2, rel=1e-8)
        assert (tail(1.0), tail(1.0 + 1e-10), tail(1.0 - 1e-10)) == (1.0, 1.0, 1.0)
        edge = stats.norm.isf(0.5e-12)
        for side in (-1.0, 2.0):
            assert tail(1 + side * (edge + 1e-3)) == 1e-12
            assert 1e-12 < tail(1 + side * (edge - 1e-3)) < 1.02e-12

    def test_a_level_that_bounds_nothing_excludes_nothing(self):
        """Beyond 99 % the ends are NaN: the p-value of what only those levels could hold is 0.01."""

        def ends(level):
            return (math.nan, math.nan) if level > 0.99 else self.ends(level)

        tail = LevelTail(1.0, ends)
        assert tail(1 - 1.96) == pytest.approx(2 * stats.norm.sf(1.96), rel=1e-6)
        assert [tail(1e9), tail(-1e9)] == pytest.approx([0.01, 0.01], rel=1e-6)


def test_a_p_value_knows_ends_that_vanish_beside_the_value():
    tail = LevelTail(0.5, lambda level: (0.5 * (1 - level) ** 20, 1.0))
    for p in (0.3, 0.05, 0.001):
        assert tail(0.5 * p**20) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("support", [(-2.0, math.inf), (-math.inf, 2.0), None])
def test_a_difference_from_a_mean_that_is_not_known_says_why_and_has_no_end(support):
    found = difference([-1.3, 1.7, -1.9], [1.0, 1.0, 1.0, 1.0], paired=False, support=support)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.note == "too few replicates: at least 4, or a known support"
    found = difference([1.0, 1.0, 1.0, 1.0], [0.3, 0.1, 1.9, 1.1], paired=False)
    assert found.note == "all replicates are equal: without a known support there is no bound"


class TestDeepTails:
    """P-values beyond a t interval's own level, which families of claims ask for, at few replicates."""

    def test_they_have_half_the_degrees_of_freedom(self):
        values, a, b = scores(16, 5.0), scores(16, 5.0), scores(20, 3.0, seed=1)
        for found, freedom in ((mean(values), 15), (difference(a, b, paired=False), None)):
            freedom = freedom or found.degrees_of_freedom
            for reach in (0.5, 0.9, 0.9999):
                hypothesis = found.value + reach * found.half_width
                statistic = (hypothesis - found.value) / found.standard_error
                expected = 2 * stats.t.sf(statistic, freedom)
                assert p_value(found, hypothesis, hypothesis) == pytest.approx(expected, rel=1e-9)
            beyond = found.value + 1.001 * found.half_width  # at the interval's level it is the interval that decides
            assert p_value(found, beyond, beyond) == pytest.approx(0.05 * (1 - 1e-6), rel=1e-12)
            far = found.value + 3.0 * found.half_width
            statistic = (far - found.value) / found.standard_error
            assert p_value(found, far, far) == pytest.approx(2 * stats.t.sf(statistic, freedom / 2), rel=1e-9)
        assert mean(scores(64, 5.0)).tail is None
        assert difference(a, a, paired=True).tail is None  # nothing differs

    @pytest.mark.parametrize("draw", [
        lambda rng, n: rng.gamma(4.0, 0.25, n), lambda rng, n: np.exp(0.5 * rng.normal(size=n)) / math.exp(0.125),
    ])  # fmt: skip
    def test_families_of_skewed_means_keep_their_error_rate(self, draw):
        """20 true claims on 16 replicates each: of lognormals 0.16 to 0.22 of families refuted one by Student's t."""
        rng, trials, wrong = np.random.default_rng(2), 100, 0
        for _ in range(trials):
            asked = [Question(mean(draw(rng, 16)), 1.0, 1.0, 0.0) for _ in range(20)]
            wrong += any(answer.verdict is Verdict.CONTRADICTED for answer in judge(asked))
        assert wrong / trials <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)


def test_means_are_alike_in_every_unit():
    """Outputs of 1e-20 that differ are no equal ones: what counts as rounding is of their own size."""
    x = np.random.default_rng(12).normal(size=20)
    large = mean(x)
    for small in (mean(2.0**-70 * x), means.mean_of(2.0**-70 * x, 0.95)):
        assert (2.0**70 * small.low, 2.0**70 * small.high) == (large.low, large.high)
        assert (small.method, small.note) == (large.method, large.note) == (Method.STUDENT, None)


@pytest.mark.parametrize(
    "values", [[1e308, 1e308, -1e308, 1e307], [1e-200, 2e-200, 3e-200, 4e-200], [0.0, 5e-324, 0.0, 1e-323]]
)
def test_sizes_whose_squares_are_no_numbers_are_refused(values):
    """Sums overflow, or a variance is zero where values differ: the root search ended with a message of its own."""
    for ask in (lambda: mean(values), lambda: difference(values, [0.0] * 4), lambda: difference([0.0] * 4, values)):
        with pytest.raises(ValueError, match="must be of a size whose squares neither overflow nor underflow"):
            ask()
    assert mean([1e200] * 5).note == "all replicates are equal: without a known support there is no bound"
