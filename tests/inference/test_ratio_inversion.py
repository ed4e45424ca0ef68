"""Ratios whose interval is that of a difference that contains zero: what it inverts, its scale, its signs, its reasons."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import ratio_inversion
from mfsolve.inference.intervals import Method, mean, ratio
from mfsolve.inference.means import dirichlet_tail

FEW = "fewer than 16 replicates: skewness cannot be checked; the interval assumes near-normal outputs"
HALF = (0.0, math.inf)


def scores(count, centre, scale=1.0, seed=0):
    """Numbers as near normal as so many can be, in random order."""
    z = stats.norm.ppf((np.arange(count) + 0.5) / count)
    return centre + scale * np.random.default_rng(seed).permutation(z)


def combined(top, bottom, support=None, level=0.95, paired=True):
    return ratio(top, bottom, level, paired=paired, method=Method.COMBINED, support=support)


class TestPairs:
    TOP, BOTTOM = scores(6, 0.4, 0.1), scores(6, 0.6, 0.1, seed=1)

    @pytest.mark.parametrize(
        ("support", "inside", "above", "below"),
        [
            (None, *[(-math.inf, math.inf)] * 3),
            ((-0.5, 1.0), (-1.5, 1.5), (-2.5, 2.0), (-1.0, 2.0)),
        ],
    )
    def test_p_values_are_those_of_a_mean_of_zero(self, support, inside, above, below):
        """Bounds of top - ratio * bottom at the ratios 1, 2 and -1, worked by hand."""
        found = combined(self.TOP, self.BOTTOM, support)
        method = Method.EXTENDED if support is None else Method.BOUNDED
        for hypothesis, bounds in ((1.0, inside), (2.0, above), (-1.0, below)):
            expected = mean(self.TOP - hypothesis * self.BOTTOM, support=bounds, method=method).tail(0.0)
            assert found.tail(hypothesis) == pytest.approx(expected, rel=1e-12)
        for end in (found.low, found.high):
            assert found.tail(end) == pytest.approx(0.05, rel=1e-8)
        assert found.low < found.value < found.high

    def test_a_support_of_one_side_bounds_the_top_alone_at_zero(self):
        found = combined(self.TOP, self.BOTTOM, HALF)
        assert found.tail(0.0) == mean(self.TOP, support=HALF, method=Method.EXTENDED).tail(0.0)
        left = combined(self.TOP, self.BOTTOM, (-math.inf, 1.0))
        assert left.tail(0.0) == mean(self.TOP, support=(-math.inf, 1.0), method=Method.EXTENDED).tail(0.0)
        below, above = dirichlet_tail(self.TOP + self.BOTTOM, HALF), mean(self.TOP - self.BOTTOM)
        assert found.tail(-1.0) == pytest.approx(below(0.0), rel=1e-12)
        assert found.tail(1.0) == pytest.approx(
            mean(self.TOP - self.BOTTOM, method=Method.EXTENDED).tail(0.0), rel=1e-12
        )
        assert above.method is Method.STUDENT

    def test_every_field_is_said(self):
        for count, support, note in (
            (15, None, FEW),
            (16, None, None),
            (15, (0.0, 1.0), None),
            (15, (-math.inf, 1.0), FEW),
        ):
            top, bottom = scores(count, 0.4, 0.1), scores(count, 0.6, 0.1, seed=1)
            found = combined(top, bottom, support, 0.9)
            value = top.mean() / bottom.mean()
            error = stats.sem(top - value * bottom) / bottom.mean()
            assert (found.value, found.standard_error) == pytest.approx((value, error), rel=1e-12)
            assert (found.level, found.replicates, found.method, found.note) == (0.9, count, Method.COMBINED, note)
            assert found.degrees_of_freedom == count - 1

    @pytest.mark.parametrize("scale", [1e-14, 1e14])
    @pytest.mark.parametrize("paired", [True, False])
    def test_ends_are_as_exact_at_every_scale(self, scale, paired):
        top = np.array([-3.0, -1.0, 1.0, 3.0, 2.0, -2.0])  # a ratio of zero has no scale of its own
        for numerator in (top, top + 1.0):
            plain = combined(numerator, self.BOTTOM, paired=paired)
            moved = combined(scale * numerator, self.BOTTOM, paired=paired)
            ends = (scale * plain.low, scale * plain.high)
            assert (moved.low, moved.high) == pytest.approx(ends, rel=1e-8, abs=0.0)

    def test_proportional_pairs_bound_nothing_without_a_support(self):
        alike = (
            "numerator and denominator are proportional in all replicates: without a known support there is no bound"
        )
        rounding = 3e-17 * np.tile([1.0, -1.0], 3)
        for support in (None, HALF, (-math.inf, 2.0)):
            for top in (0.3 * self.BOTTOM, 0.3 * self.BOTTOM + rounding):
                found = combined(top, self.BOTTOM, support)
                assert (found.note, math.isnan(found.low), math.isnan(found.high)) == (alike, True, True)
        assert combined(0.3 * self.BOTTOM, self.BOTTOM, (0.0, 1.0)).half_width > 0
        assert combined(0.3 * self.BOTTOM + 1e6 * rounding, self.BOTTOM).half_width > 0

    def test_equal_denominators_bound_nothing_without_a_support(self):
        equal = "all denominators are equal: without a known support there is no bound"
        for support in (None, HALF, (-math.inf, 2.0)):
            found = combined(self.TOP, np.full(6, 0.5), support)
            assert (found.note, math.isnan(found.low), math.isnan(found.high)) == (equal, True, True)
        assert combined(self.TOP, np.full(6, 0.5), (0.0, 1.0)).half_width > 0

    @pytest.mark.parametrize("centre", [0.55, 0.3, 0.0001])
    def test_how_many_replicates_tell_the_denominator_from_zero_is_said(self, centre):
        bottom = scores(8, centre)
        found = combined(scores(8, 5.0, seed=2), bottom)
        away = mean(bottom, method=Method.EXTENDED).tail(0.0)
        z = max(stats.norm.isf(away / 2), 0.1)  # no more than the hundredfold of ten is promised
        needed = math.ceil(16 * (stats.norm.ppf(0.975) / z) ** 2)
        assert found.note == f"too few replicates to distinguish the denominator from zero: use at least {needed}"
        assert (math.isnan(found.low), math.isnan(found.high), found.replicates) == (True, True, 8)

    def test_a_denominator_just_told_from_zero_has_an_interval(self):
        bottom = scores(8, 0.0)
        edge = -mean(bottom, method=Method.EXTENDED).low
        assert combined(scores(8, 5.0, seed=2), bottom + 1.01 * edge).half_width > 0
        assert math.isnan(combined(scores(8, 5.0, seed=2), bottom + 0.99 * edge).half_width)


def solves(found, a, b, r, side):
    """Zou & Donner (2008): the gap of both means at an end is the reach of one and r times that of the other, combined."""
    reach = a.value - a.low if side < 0 else a.high - a.value
    other = b.value - b.low if side * r > 0 else b.high - b.value
    assert abs(a.value - r * b.value) == pytest.approx(math.hypot(reach, r * other), rel=1e-8)
    assert side * (r - found.value) > 0


class TestIndependent:
    BOTTOM = scores(9, 3.0, 0.4, seed=1) ** 3
    FEW_TOPS, FEW_BOTTOMS = (
        np.array([1.0, 1.0, 1.0, 2.0, 2.0, 9.0]),
        np.array([20.0, 20.0, 20.0, 31.0, 31.0, 31.0, 45.0]),
    )

    @pytest.mark.parametrize("shift", [8.0, 0.0, -8.0])
    @pytest.mark.parametrize("support", [None, (-30.0, 90.0), (-30.0, math.inf)])
    def test_ends_combine_the_reaches_of_both_means(self, shift, support):
        """Of few values, that reach farther to one side than to the other; the signs of both change nothing."""
        top = self.FEW_TOPS + shift
        for factor in (1.0, -1.0):
            bounds = None if support is None else support if factor > 0 else (-support[1], -support[0])
            found = combined(factor * top, factor * self.FEW_BOTTOMS, bounds, 0.9, paired=False)
            a, b = (mean(x, 0.9, support=support) for x in (top, self.FEW_BOTTOMS))
            solves(found, a, b, found.low, -1.0)
            solves(found, a, b, found.high, 1.0)
            assert found.note == (None if support == (-30.0, 90.0) else FEW)
            assert (found.level, found.replicates, found.method) == (0.9, 6, Method.COMBINED)

    def test_sixteen_of_both_need_no_note(self):
        for sizes, note in (((16, 15), FEW), ((15, 16), FEW), ((16, 17), None)):
            assert combined(scores(sizes[0], 8.0), scores(sizes[1], 9.0), paired=False).note == note

    def test_a_numerator_of_zero_has_ends_on_both_sides(self):
        top = np.array([-3.0, -1.0, 1.0, 3.0, 2.0, -2.0, 0.5, -0.5])
        bottom = np.full(200, 2.0)
        for support in ((-5.0, math.inf), (-5.0, 5.0)):
            found = combined(top, bottom, support, paired=False)
            a, b = mean(top, support=support), mean(bottom, support=support)
            down = b.value - b.low
            end = (a.high - a.value) / math.sqrt(b.value**2 - down**2)
            assert found.high == pytest.approx(end, rel=1e-9)
            assert found.low == pytest.approx(-(a.value - a.low) / math.sqrt(b.value**2 - down**2), rel=1e-9)

    def test_a_denominator_without_an_upper_end_leaves_the_side_of_zero_bounded(self):
        top, bottom = scores(16, 8.0), np.full(200, 2.0)
        found = combined(top, bottom, HALF, paired=False)
        assert found.low == pytest.approx(0.0, abs=1e-9)
        solves(found, mean(top, support=HALF), mean(bottom, support=HALF), found.high, 1.0)
        below = combined(-top, bottom, (-math.inf, math.inf), paired=False)
        assert math.isnan(below.low)

    def test_what_leaves_no_interval_is_said(self):
        equal = "all replicates are equal: without a known support there is no bound"
        numerator = combined(np.full(9, 2.0), 0.01 * self.BOTTOM, paired=False)
        assert (numerator.note, math.isnan(numerator.low)) == (f"numerator: {equal}", True)
        half = combined(np.full(9, 2.0), self.BOTTOM, HALF, paired=False)
        assert half.note.startswith("numerator: all replicates are equal: up to 34 % of the outputs may differ")
        denominator = combined(self.BOTTOM, np.full(9, 2.0), paired=False)
        assert (denominator.note, math.isnan(denominator.high)) == (f"denominator: {equal}", True)

    @pytest.mark.parametrize("low", [-1e-9, 0.0, 1e-9])
    def test_a_denominator_whose_interval_reaches_zero_is_not_told_from_it(self, low, monkeypatch):
        means = ratio_inversion._means

        def ending(*arguments):
            a, b = means(*arguments)
            return a, dataclasses.replace(b, low=low)

        monkeypatch.setattr(ratio_inversion, "_means", ending)
        found = combined(scores(16, 8.0), scores(17, 9.0), paired=False)
        if low > 0.0:
            assert 0.0 < found.low < found.value < found.high
        else:
            assert found.note.startswith("too few replicates to distinguish the denominator from zero")
            assert np.isnan([found.low, found.high]).all()

    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_how_many_replicates_tell_the_denominator_from_zero_is_said(self, sign):
        bottom = np.append(scores(17, 0.0), 9.0)  # far to one side, so that the reaches differ
        of_bottom = mean(bottom)
        excess = ((of_bottom.value - of_bottom.low) / of_bottom.value) ** 2
        assert excess > 1
        found = combined(scores(19, 5.0), sign * bottom, paired=False)
        needed = math.ceil(36 * excess)
        assert found.note == f"too few replicates to distinguish the denominator from zero: use at least {needed}"
        assert (found.replicates, math.isnan(found.low), math.isnan(found.high)) == (18, True, True)

    def test_p_values_go_on_where_the_denominator_may_be_zero(self):
        """At a level so high that the denominator cannot be distinguished from zero nothing is excluded; p-values are not small for it."""
        top, bottom = scores(8, 8.0) ** 3, scores(8, 5.0, 1.5, seed=1)
        found = combined(top, bottom, paired=False)
        assert math.isnan(combined(top, bottom, level=0.99999, paired=False).low)
        for level in (0.5, 0.95, 0.99):
            at = combined(top, bottom, level=level, paired=False)
            for end in (at.low, at.high):
                assert found.tail(end) == pytest.approx(1 - level, rel=1e-6)
        assert found.tail(1e9) == pytest.approx(stats.ttest_1samp(bottom, 0.0).pvalue, rel=1e-4)


def test_an_end_that_is_nowhere_is_infinite():
    for side in (-1.0, 1.0):
        assert ratio_inversion._outwards(lambda distance: -1.0, 2.0, side) == side * math.inf
        assert ratio_inversion._outwards(lambda distance: distance - 1e30, 2.0, side) == pytest.approx(side * 1e30)


def test_replicates_that_would_tell_a_denominator_from_zero():
    assert ratio_inversion.near_zero(3.2).endswith("use at least 7")
