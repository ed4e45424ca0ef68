"""Ratios of means: Fieller's roots, the bootstrap that SciPy makes, which of them is taken, and what is said where none is."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mfsolve.inference import anytime, ratios
from mfsolve.inference.intervals import Method, gain, ratio

FEW = "fewer than 16 replicates: skewness cannot be checked; the interval assumes near-normal outputs"
ALIKE = "numerator and denominator are proportional in all replicates: without a known support there is no bound"


def scores(count, centre, scale=1.0, seed=0):
    """Numbers as near normal as so many can be, in random order."""
    z = stats.norm.ppf((np.arange(count) + 0.5) / count)
    return centre + scale * np.random.default_rng(seed).permutation(z)


def skewed(count, seed=0):
    return np.random.default_rng(seed).permutation(np.linspace(0.3, 2.0, count) ** 6)


def variances(top, bottom, paired):
    """Variances of both means and their covariance, and Welch's degrees of freedom of top - ratio * bottom."""
    if paired:
        matrix = np.cov(top, bottom) / top.size
        return matrix[0, 0], matrix[1, 1], matrix[0, 1], top.size - 1
    of_top, of_bottom = stats.sem(top) ** 2, stats.sem(bottom) ** 2
    other = (top.mean() / bottom.mean()) ** 2 * of_bottom
    freedom = (of_top + other) ** 2 / (of_top**2 / (top.size - 1) + other**2 / (bottom.size - 1))
    return of_top, of_bottom, 0.0, freedom


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("sizes", "paired", "note"),
    [((7, 7), True, FEW), ((15, 16), False, FEW), ((16, 15), False, FEW), ((16, 17), False, None), ((16, 16), True, None)],
)  # fmt: skip
def test_fieller_ends_are_roots_and_every_field_is_said(sizes, paired, note, sign):
    top, bottom = scores(sizes[0], 6.0, seed=1), sign * scores(sizes[1], 3.0, seed=2)
    found = ratio(top, bottom, 0.9, paired=paired, method=Method.FIELLER)
    of_top, of_bottom, both, freedom = variances(top, bottom, paired)
    t, value = stats.t.ppf(0.95, freedom), top.mean() / bottom.mean()
    polynomial = [
        bottom.mean() ** 2 - t**2 * of_bottom,
        -2 * (top.mean() * bottom.mean() - t**2 * both),
        top.mean() ** 2 - t**2 * of_top,
    ]
    assert (found.low, found.high) == pytest.approx(sorted(np.roots(polynomial)), rel=1e-9)
    error = math.sqrt(of_top - 2 * value * both + value**2 * of_bottom) / abs(bottom.mean())
    assert (found.value, found.standard_error) == pytest.approx((value, error), rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)
    assert (found.level, found.replicates, found.method, found.note) == (0.9, min(sizes), Method.FIELLER, note)


@pytest.mark.parametrize(("sizes", "paired"), [((9, 9), True), ((9, 12), False), ((20, 10), False)])
@pytest.mark.parametrize("resamples", [1, 900])
def test_bootstrap_is_scipys_at_the_expanded_level(sizes, paired, resamples):
    top, bottom = scores(sizes[0], 6.0, seed=3), scores(sizes[1], 3.0, 0.5, seed=4)
    found = ratio(top, bottom, 0.9, 7, paired=paired, resamples=resamples, method=Method.BCA)
    freedom = variances(top, bottom, paired)[3]
    count = min(sizes)
    outside = 2 * stats.norm.sf(stats.t.ppf(0.95, freedom) * math.sqrt(count / (count - 1)))
    theirs = stats.bootstrap(
        (top, bottom), lambda x, y, axis: x.mean(axis=axis) / y.mean(axis=axis), paired=paired, method="BCa",
        confidence_level=1 - outside, n_resamples=max(resamples, math.ceil(20 / outside)), random_state=np.random.default_rng(7),
    ).confidence_interval  # fmt: skip
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    assert (found.replicates, found.method, found.note) == (count, Method.BCA, FEW)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)


@pytest.mark.parametrize("scale", [2.0**-400, 2.0**400])
def test_the_size_of_numerators_changes_no_digit(scale):
    top, bottom = scores(9, 6.0, seed=3), scores(9, 3.0, 0.5, seed=4)
    plain, moved = (ratio(x, bottom, method=Method.BCA, resamples=1) for x in (top, scale * top))
    assert (moved.low, moved.high) == (scale * plain.low, scale * plain.high)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("oldest", [False, True])
@pytest.mark.parametrize("unit", [1.0, 0.1])  # of tenths, some sums are zero only to rounding: ratios of 1e17 and more
def test_a_resample_whose_denominator_is_zero_lies_at_infinity(sign, oldest, unit, monkeypatch):
    plain = stats.bootstrap

    def between_infinities(*args, **options):  # NumPy 2.0 takes one from the other
        found = plain(*args, **options)
        if np.isinf(found.bootstrap_distribution).any():
            found.confidence_interval = type(found.confidence_interval)(math.nan, math.nan)
        return found

    if oldest:
        monkeypatch.setattr(stats, "bootstrap", between_infinities)
    bottom = unit * np.array([3.0, -1.0, 2.0, 2.0, 3.0, 1.0, 2.0, -1.0])
    found = ratio(sign * scores(8, 6.0), bottom, method=Method.BCA)
    near, far = sorted((sign * found.low, sign * found.high))
    assert (far, 0 < near < sign * found.value) == (math.inf, True)


def test_what_is_left_out_is_a_pair_at_95_percent_of_9999_resamples_of_seed_0():
    pair = scores(9, 6.0, seed=5), scores(9, 3.0, seed=6)
    full = ratio(*pair, 0.95, 0, paired=True, resamples=9999, method=Method.BCA)
    assert ratio(*pair) == full
    less = gain(*pair)
    ends = (full.value - 1, full.low - 1, full.high - 1)
    assert (less.value, less.low, less.high, less.level, less.tail) == (*ends, 0.95, None)


def test_a_gain_hands_everything_on():
    top, bottom = skewed(12), scores(9, 3.0, 0.3)
    options = {"paired": False, "resamples": 50, "support": (0.0, 90.0)}
    for method in (Method.BCA, None):
        of, less = (function(top, bottom, 0.8, 3, method=method, **options) for function in (ratio, gain))
        assert of.half_width > 0
        assert (less.value, less.low, less.high) == (of.value - 1, of.low - 1, of.high - 1)
        assert (less.standard_error, less.level, less.method) == (of.standard_error, 0.8, method or Method.COMBINED)
    assert less.tail(of.high - 1) == of.tail(of.high) == pytest.approx(0.2, rel=1e-6)
    same = gain(scores(6, 2.0), scores(6, 2.0, seed=1), method=Method.FIELLER)
    assert same.value == pytest.approx(0.0, abs=1e-12)
    assert same.low < 0.0 < same.high


@pytest.mark.parametrize(
    ("top", "bottom", "paired", "method"),
    [
        (scores(8, 9.0), scores(8, 9.0, seed=1), True, Method.BCA),
        (scores(8, 9.0), scores(8, 9.0, seed=1), False, Method.BCA),
        (scores(7, 9.0), scores(7, 9.0, seed=1), True, Method.FIELLER),
        (scores(7, 9.0), scores(8, 9.0, seed=1), False, Method.FIELLER),
        (scores(8, 9.0), scores(7, 9.0, seed=1), False, Method.FIELLER),
        (skewed(20), scores(20, 9.0), True, Method.COMBINED),
        (scores(20, 9.0), skewed(20), True, Method.COMBINED),
        (skewed(20), scores(20, 9.0), False, Method.COMBINED),
        (scores(20, 9.0), skewed(20), False, Method.COMBINED),
        # the residual alone is skewed, which is seen of pairs
        (scores(20, 9.0), scores(20, 9.0) - 0.001 * skewed(20, 1), True, Method.COMBINED),
        (scores(20, 9.0), scores(20, 9.0) - 0.001 * skewed(20, 1), False, Method.BCA),
    ],
)
def test_the_sample_chooses_the_interval(top, bottom, paired, method, monkeypatch):
    drawn(monkeypatch)
    assert ratio(top, bottom, paired=paired).method is method


def drawn(monkeypatch):
    """What is asked of SciPy's bootstrap, which draws nothing from here on."""
    asked = {}
    ends = SimpleNamespace(confidence_interval=(1.0, 2.0), bootstrap_distribution=np.array([0.5, 2.5]))
    monkeypatch.setattr(stats, "bootstrap", lambda data, statistic, **options: asked.update(options) or ends)
    return asked


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(("factor", "method"), [(1.01, Method.BCA), (0.99, Method.FIELLER)])
def test_the_bootstrap_needs_a_denominator_two_half_widths_from_zero(paired, factor, method, monkeypatch):
    drawn(monkeypatch)
    bottom = scores(16, 0.0)
    top = scores(16, 0.0, 1e-4, seed=2) + bottom  # a small residual: Welch's degrees of freedom are known below
    freedom = 15 if paired else 30
    bottom += factor * 2 * stats.t.ppf(0.975, freedom) * stats.sem(bottom)
    top += bottom.mean()
    assert ratio(top, bottom, paired=paired).method is method


@pytest.mark.parametrize("method", [Method.BCA, Method.FIELLER])
@pytest.mark.parametrize("paired", [True, False])
def test_how_many_replicates_tell_the_denominator_from_zero_is_said(method, paired):
    top, bottom = scores(12, 5.0), scores(12, 0.0, seed=1)
    for distance in (0.3, 0.99, 1.01):
        shifted = bottom + distance * stats.t.ppf(0.975, 11) * stats.sem(bottom)
        freedom = variances(top, shifted, paired)[3]
        excess = (stats.t.ppf(0.975, freedom) * stats.sem(shifted) / shifted.mean()) ** 2
        found = ratio(top, shifted, paired=paired, method=method, resamples=1)
        if excess > 1:
            needed = math.ceil(24 * excess)
            assert found.note == f"too few replicates to distinguish the denominator from zero: use at least {needed}"
            assert math.isnan(found.low)
            assert math.isnan(found.high)
        else:
            assert found.high - found.low > 1
            assert found.note == FEW
        assert found.standard_error > 0


@pytest.mark.parametrize("method", [Method.BCA, Method.FIELLER])
def test_proportional_pairs_bound_nothing_to_their_rounding(method):
    bottom = scores(9, 3.0)
    found = ratio(3.3 * bottom, bottom, method=method)
    assert (found.value, found.standard_error, found.note) == (pytest.approx(3.3), 0.0, ALIKE)
    assert math.isnan(found.low)
    noise = np.tile([1.0, -1.0, 0.5], 3)
    rounded = ratio(3.3 * bottom + 2e-15 * noise, bottom, method=method)  # 20 would be above eight roundings of size 9
    assert (rounded.standard_error, rounded.note) == (0.0, ALIKE)
    assert ratio(3.3 * bottom + 1e-12 * noise, bottom, method=method, resamples=1).half_width > 0


def test_few_replicates_have_no_interval_without_a_support():
    top, bottom = scores(5, 6.0), scores(5, 9.0, 0.3, seed=1)
    for few, paired in ((3, True), (3, False), (2, True)):
        for support in (None, (0.0, math.inf), (-math.inf, 20.0)):
            found = ratio(top[:few], bottom[: few if paired else 5], 0.9, paired=paired, support=support)
            assert (found.value, found.level) == (top[:few].mean() / bottom[: few if paired else 5].mean(), 0.9)
            assert (found.replicates, found.method) == (few, Method.FIELLER)
            assert found.note == "too few replicates: at least 4, or a known support"
            assert all(math.isnan(x) for x in (found.standard_error, found.low, found.high))
        given = ratio(top[:few], bottom[: few if paired else 5], paired=paired, support=(0.0, 20.0))
        assert (given.method, given.standard_error > 0, given.note) == (Method.COMBINED, True, None)
        chosen = ratio(top[:few], bottom[: few if paired else 5], paired=paired, method=Method.FIELLER)
        assert (chosen.method, chosen.standard_error, chosen.note) == (Method.FIELLER, given.standard_error, FEW)
    four = ratio(top[:4], bottom[:4])
    assert (four.method, four.half_width > 0) == (Method.FIELLER, True)


@pytest.mark.parametrize("method", [None, Method.BCA, Method.COMBINED])
def test_one_replicate_has_a_value(method):
    for bottom in ([4.0], [3.0, 5.0]):
        found = ratio([6.0], bottom, 0.9, paired=len(bottom) == 1, method=method)
        assert (found.value, found.level, found.replicates, found.method) == (1.5, 0.9, 1, method or Method.FIELLER)
        assert all(math.isnan(x) for x in (found.standard_error, found.low, found.high))
        assert found.note == "too few replicates: at least 2"


@pytest.mark.parametrize("paired", [True, False])
def test_few_replicates_on_a_known_support_rest_on_it(paired):
    """Skewed numerators near 0 on [0, 1]: their largest values are not among few, and t does not know of them."""
    rng = np.random.default_rng(8)
    missed = 0
    for _ in range(200):
        top, bottom = rng.beta(0.3, 6.0, 4), rng.beta(6.0, 6.0, 4)
        found = ratio(top, bottom, paired=paired, support=(0.0, 1.0))
        assert (found.method, found.note, found.tail is not None) == (Method.COMBINED, None, True)
        missed += not found.low <= 0.3 / 6.3 / 0.5 <= found.high
    assert missed <= stats.binom.ppf(1 - 1e-6, 200, 0.05)
    for count, method in ((7, Method.COMBINED), (8, Method.FIELLER)):
        near = 0.5 + 0.1 * np.linspace(-1.0, 1.0, count)
        found = ratio(near, near[::-1] + 0.05, paired=paired, resamples=1, support=(0.0, 1.0))
        assert (found.method is method) or (count == 8 and found.method is Method.BCA)
    alone = ratio([0.3], [0.8], paired=paired, support=(0.0, 1.0))
    assert 0.0 < alone.low < 0.3 / 0.8 < alone.high
    assert math.isnan(alone.standard_error)


class TestResamples:
    """What is asked of the bootstrap, and where it is not asked: too little lies outside of the level."""

    def test_twenty_are_expected_outside_and_at_most_a_million_drawn(self, monkeypatch):
        asked = drawn(monkeypatch)
        top = bottom = np.arange(30.0)
        assert np.isfinite(ratios._bca(top, bottom, 0.003, 0, True, 100)).all()
        assert (asked["n_resamples"], asked["confidence_level"]) == (math.ceil(20 / 0.003), 0.997)
        assert np.isfinite(ratios._bca(top, bottom, 0.003, 0, True, 7000)).all()
        assert asked["n_resamples"] == 7000
        assert np.isfinite(ratios._bca(top, bottom, 2e-5, 0, True, 100)).all()
        assert asked["n_resamples"] == 1_000_000
        for outside, resamples, drawn_at_all in ((1.99e-5, 100, False), (1.99e-5, 1_010_000, True), (0.0, 100, False)):
            ends = ratios._bca(top, bottom, outside, 0, True, resamples)
            assert np.isfinite(ends).all() if drawn_at_all else np.isnan(ends).all()

    def test_no_more_is_asked_than_there_are_different_resamples(self, monkeypatch):
        drawn(monkeypatch)
        for sizes, paired, distinct in (((5, 5), True, 5**5), ((3, 4), False, 3**3 * 4**4)):
            top, bottom = (np.arange(1.0, 1 + size) for size in sizes)
            assert np.isnan(ratios._bca(top, bottom, 2 / (distinct + 1), 0, paired, 10)).all()
            assert np.isfinite(ratios._bca(top, bottom, 2 / (distinct - 1), 0, paired, 10)).all()

    def test_a_batch_is_a_million_indices_whatever_the_sample(self, monkeypatch):
        asked = drawn(monkeypatch)
        for size in (10, 3000):
            ratios._bca(np.arange(float(size)), np.ones(10), 0.05, 0, False, 100)
            assert asked["batch"] * size <= 2**20 < (asked["batch"] + 1) * size
        ratios._bca(np.ones(10), np.arange(2.0**21), 0.05, 0, False, 100)
        assert asked["batch"] == 1

    def test_a_level_beyond_the_resamples_is_said(self):
        found = ratio(scores(9, 6.0), scores(9, 99.0, seed=1), 1 - 1e-7, method=Method.BCA)
        assert found.note == "too few replicates for a bootstrap at this level"
        assert (math.isnan(found.low), math.isnan(found.high), found.standard_error > 0) == (True, True, True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ratio([1.0], [1.0], 1.0), r"level: 1\.0 given; allowed"),
        (lambda: ratio([1.0], [1.0], resamples=0), "resamples: 0 given; allowed: at least 1"),
        (lambda: ratio([1.0], [1.0], method=Method.WELCH), r"method: <Method.* given; allowed: Method\.BCA, FIELLER, COMBINED"),
        (lambda: ratio([1.0], [1.0, 2.0]), "numerator, denominator: lengths 1 and 2 given; allowed: one length"),
        (lambda: ratio([1.0, 2.0], [1.0, -1.0]), "denominator must not have a mean of zero"),
        (lambda: ratio([1.0, math.nan], [1.0, 1.0]), r"numerator\[1\]: nan given"),
        (lambda: ratio([1.0, 2.0], [[1.0]]), "denominator: an array of shape"),
        (lambda: ratio([1.0, 2.0], [1.0, 7.0], support=(0, 5)), r"support: \(0, 5\) given; allowed: one that holds every replicate, 1.0 to 7.0"),
        (lambda: ratio([7.0, 2.0], [1.0, 4.0], support=(0, 5)), "allowed: one that holds every replicate"),
        (lambda: ratio(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0], index=[1, 2])), "denominator: labels differ from those of numerator"),
    ],
)  # fmt: skip
def test_what_has_no_ratio_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_labels_of_independent_samples_mean_nothing():
    top, bottom = scores(5, 6.0), scores(5, 3.0, seed=1)
    labelled = ratio(pd.Series(top), pd.Series(bottom, index=range(1, 6)), paired=False)
    assert labelled == ratio(top, bottom, paired=False)


@pytest.mark.parametrize(("top", "bottom"), [(1e200, 1.0), (1.0, 1e-200), (1e200, 1e200), (1e10, 1e-305)])
@pytest.mark.parametrize("paired", [True, False])
def test_sizes_whose_squares_are_no_numbers_are_refused(top, bottom, paired):
    values = np.random.default_rng(0).exponential(size=20)
    with pytest.raises(ValueError, match="squares neither overflow nor underflow"):
        ratio(top * values, bottom * values[::-1], paired=paired)
    with pytest.raises(ValueError, match="squares neither overflow nor underflow"):
        anytime.gain(top * values, bottom * values[::-1])


def test_a_ratio_of_no_events_begins_at_zero():
    trials = [1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]
    found = ratio(np.zeros(8), trials, support=(0.0, 1.0))
    assert found.low == 0.0
    assert 0.0 < found.high < 2.0


@pytest.mark.parametrize("unit", [1e-140, 1e-100, 1e-3, 1e80, 1e140])
def test_fiellers_interval_is_the_same_in_any_unit(unit):
    top, bottom = np.random.default_rng(9).normal([[3.0], [2.0]], 0.3, (2, 40))
    plain, scaled = (ratio(u * top, u * bottom, method=Method.FIELLER) for u in (1.0, unit))
    assert plain.half_width > 0.0
    assert (scaled.low, scaled.high) == pytest.approx((plain.low, plain.high), rel=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_a_bootstrap_holds_in_any_unit(paired):
    draws = np.random.default_rng(0).normal(size=(2, 20))
    top, bottom = 3 + 0.3 * draws[0], 2 + 0.2 * draws[1]
    found = [
        (one.low / s * t, one.high / s * t)
        for s, t in ((1.0, 1.0), (2.0**-480, 1.0), (1.0, 2.0**-480), (1.0, 2.0**480))
        for one in [ratio(s * top, t * bottom, paired=paired, method=Method.BCA, resamples=199)]
    ]
    assert len(set(found)) == 1
