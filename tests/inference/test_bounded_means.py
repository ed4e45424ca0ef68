"""Bounds of means by Dirichlet weights: exact tails of sums of exponentials, hulls with Student's, and extended supports."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import bounded_means
from mfsolve.inference.bounded_means import DirichletTail, extended_support

VALUES = np.array([0.5, 2.0, 0.25, 1.0, 4.0])


def exceeds(points, hypothesis):
    """P(sum of Dirichlet(1, ..., 1) weights times distinct points > hypothesis), as a sum of fractions."""
    points = [Fraction(float(x)) - Fraction(hypothesis) for x in points]
    return float(sum(math.prod(x / (x - y) for y in points if y != x) for x in points if x > 0))


@pytest.mark.parametrize("hypothesis", [-0.75, 0.2, 0.6, 1.4])
def test_the_p_value_below_the_mean_is_twice_the_tail_with_the_lower_point(hypothesis):
    tail = DirichletTail(VALUES, -1.0, 9.0)
    expected = min(1.0, 2 * exceeds(-np.append(VALUES, -1.0), -hypothesis))
    assert tail(hypothesis) == pytest.approx(expected, rel=1e-7)
    mirrored = DirichletTail(-VALUES, -9.0, 1.0)
    assert mirrored(-hypothesis) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("hypothesis", [1.7, 3.0, 5.0, 8.9])
def test_the_p_value_above_the_mean_is_twice_the_tail_with_the_upper_point(hypothesis):
    expected = min(1.0, 2 * exceeds(np.append(VALUES, 9.0), hypothesis))
    assert DirichletTail(VALUES, -1.0, 9.0)(hypothesis) == pytest.approx(expected, rel=1e-7)


def test_p_values_at_the_mean_and_beyond_the_points():
    tail = DirichletTail(VALUES, -1.0, 9.0)
    assert [tail(m) for m in (VALUES.mean(), -1.0, -1.5, 9.0, 9.5)] == [1.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("level", [0.01, 0.9, 0.9999])
@pytest.mark.parametrize("values", [VALUES, np.append(np.zeros(40), 1.0), np.append(np.ones(40), 0.0), np.zeros(60)])
def test_the_interval_holds_what_is_not_rejected(values, level):
    tail = DirichletTail(values, -1.0, 9.0)
    low, high = tail.interval(level)
    assert -1.0 < low < values.mean() < high < 9.0
    assert (tail(low), tail(high)) == pytest.approx((1 - level, 1 - level), rel=1e-6)


def test_an_end_that_is_reached_is_the_end():
    tail = DirichletTail(np.zeros(5), 0.0, 1.0)
    assert tail.interval(0.95) == pytest.approx((0.0, 1 - 0.025**0.2), rel=1e-9)
    # one value, and next to no chance of a miss
    assert DirichletTail(VALUES[1:2], -1.0, 9.0).interval(1 - 1e-15) == pytest.approx((-1.0, 9.0), abs=1e-10)


@pytest.mark.parametrize("hull", [(True, False), (False, True), (True, True), (False, False)])
@pytest.mark.parametrize("values", [VALUES / 8, np.array([1.0, 1.25, 1.5, 1.75, 2.25])])
def test_a_hull_holds_students_interval_on_its_side(values, hull):
    """Values that are skewed, where the weights reach farther above, and such that Student's does on either side."""
    points = (0.0, 0.6) if values[0] < 1 else (0.9, 2.3)
    plain, tail = DirichletTail(values, *points), DirichletTail(values, *points, hull)
    student = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    expected = list(plain.interval(0.9))
    assert student.low < expected[0]
    if hull[0]:
        expected[0] = student.low
    if hull[1]:
        expected[1] = max(expected[1], student.high)
    assert tail.interval(0.9) == pytest.approx(tuple(expected), rel=1e-9)
    for end in expected:
        assert tail(end) == pytest.approx(0.1, rel=1e-6)
    for hypothesis in (values.mean() - 0.1, values.mean() + 0.1, values.mean() + 1.0):
        p = plain(hypothesis)
        if hull[int(hypothesis > values.mean())]:
            p = max(p, stats.ttest_1samp(values, hypothesis).pvalue)
        assert tail(hypothesis) == pytest.approx(p, rel=1e-9)


def test_one_value_and_equal_ones_have_no_students_interval():
    two = DirichletTail(np.array([1.0, 1.5]), 0.9, 1.6, (True, True))
    assert two.interval(0.9) == pytest.approx(
        tuple(stats.ttest_1samp([1.0, 1.5], 0).confidence_interval(0.9)), rel=1e-9
    )
    for values in ([1.0], [1.0, 1.0]):
        plain, hull = (DirichletTail(np.array(values), 0.0, 3.0, sides) for sides in ((False, False), (True, True)))
        assert hull.interval(0.9) == plain.interval(0.9)
        assert [hull(m) for m in (0.5, 1.0, 2.0)] == [plain(m) for m in (0.5, 1.0, 2.0)]


def test_unknown_ends_are_set_beyond_the_extremes():
    """At (1 + 8 / n) times their distance from the mean: 3 times at four values, 1.5 times at sixteen."""
    values = np.array([0.0, 0.0, 0.0, 8.0])
    assert extended_support(values, (-math.inf, math.inf)) == (-6.0, 26.0)
    assert extended_support(values, (-1.0, math.inf)) == (-1.0, 26.0)
    assert extended_support(values, (-math.inf, 9.0)) == (-6.0, 9.0)
    assert extended_support(values, (-1.0, 9.0)) == (-1.0, 9.0)
    assert extended_support(np.tile(values, 4) + 2.0, (-math.inf, math.inf)) == (-1.0, 19.0)


@pytest.mark.exhaustive
@pytest.mark.slow
def test_bound_holds_for_the_least_favourable_of_many_distributions():
    """Two points and a uniform part on [0, 1], three replicates: the exact limits are never short."""
    rng = np.random.default_rng(12)
    for share in (0.02, 0.2, 0.5):
        for inner in (0.0, 0.3):
            x = np.where(rng.random((600, 3)) < share, 1.0, inner * rng.random((600, 3)))
            truth = share + (1 - share) * inner / 2
            ends = [DirichletTail(row, 0.0, 1.0).interval(0.95) for row in x]
            missed = np.mean([low > truth or high < truth for low, high in ends])
            assert missed <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 600)


@pytest.mark.parametrize(
    ("values", "discrete"),
    [
        ([1, 1, 1], False),
        ([1, 2, 3, 1], True),
        ([1, 2, 3, 4], False),
        ([0, 0, 0, 1, 2, 3], True),
        ([0, 0, 1, 2, 3], False),
    ],
)
def test_few_values_and_a_value_of_half_of_the_replicates_are_discrete(values, discrete):
    assert bounded_means.is_discrete(np.array(values, dtype=float)) is discrete
