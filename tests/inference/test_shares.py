"""Shares: exact intervals of independent trials, effective ones of trials that are correlated, and what few show."""

import math
import pickle

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference import intervals, shares
from mfsolve.inference.estimate import Method
from mfsolve.inference.shares import effective_trials
from mfsolve.inference.verdicts import Question, Verdict, judge, p_value, p_values

ALIKE = "valid if trials of a replicate are independent, which cannot be checked; "


def beta_binomial(rng, trials, p, correlation):
    """Successes of replicates whose shares are beta around p."""
    weight = 1 / correlation - 1
    return rng.binomial(trials.astype(int), rng.beta(p * weight, (1 - p) * weight, trials.size)) * 1.0


def misses(draw, p, repetitions, level=0.95):
    """Share of intervals without a warning that they rest on independence which do not hold p."""
    found = [draw() for _ in range(repetitions)]
    silent = [one for one in found if not (one.note or "").startswith(ALIKE)]
    return sum(not one.low <= p <= one.high for one in silent) / repetitions


def most(repetitions, share=0.05):
    """Misses that a sound interval stays within, three standard errors above its nominal share."""
    return share + 3 * math.sqrt(share * (1 - share) / repetitions)


def kish(weights):
    return float(sum(weights)) ** 2 / sum(w * w for w in weights)


def test_trials_of_one_replicate_and_single_trials_are_clopper_and_pearsons():
    theirs = stats.binomtest(7, 60).proportion_ci(0.9, method="exact")
    singles = np.repeat([1.0, 0.0], [7, 53])
    for found in (intervals.share([7.0], [60.0], 0.9), intervals.share(singles, np.ones(60), 0.9)):
        assert (found.value, found.replicates, found.method) == (7 / 60, 60, Method.BINOMIAL)
        assert found.standard_error == pytest.approx(math.sqrt(7 * 53 / 60**3), rel=1e-12)
        np.testing.assert_allclose([found.low, found.high], [theirs.low, theirs.high], rtol=1e-9)


def test_share_covers_at_least_at_its_level():
    """Exactly: summed over every outcome, for shares down to where most samples see nothing."""
    for p in (0.001, 0.05, 0.5):
        outcomes = np.arange(41)
        found = [intervals.share([k], [40.0]) for k in outcomes.astype(float)]
        covered = [one.low <= p <= one.high for one in found]
        assert stats.binom.pmf(outcomes, 40, p)[covered].sum() >= 0.95


def test_share_without_a_success_is_not_certain_and_says_what_it_rests_on():
    """The end holds for independent trials; if all of a replicate are alike, there are 30 of them, and not 1500."""
    none, all_ = (intervals.share(np.full(30, k), np.full(30, 50.0)) for k in (0.0, 50.0))
    assert (none.low, all_.high, none.method, none.replicates) == (0.0, 1.0, Method.BINOMIAL, 1500)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 1500), rel=1e-12)
    assert all_.low == pytest.approx(0.025 ** (1 / 1500), rel=1e-12)
    assert none.note == f"{ALIKE}at most {1 - 0.025 ** (1 / 30):.3g} if they are correlated"
    assert all_.note == f"{ALIKE}at least {0.025 ** (1 / 30):.3g} if they are correlated"
    assert "at most 0.116 " in none.note
    # one replicate of 1000 and 29 of one trial are hardly more than one
    unequal = intervals.share(np.zeros(30), np.array([1000.0, *[1.0] * 29])).note
    assert f"at most {1 - 0.025 ** (1 / kish([1000] + [1] * 29)):.3g} " in unequal
    # one replicate shows nothing, and nothing depends on it where every replicate is one trial
    assert intervals.share([20.0], [50.0]).note == f"{ALIKE}{one_trial(0.4)} if they are correlated"
    assert intervals.share(np.zeros(30), np.ones(30)).note is None


def one_trial(share):
    """Ends of the interval of a single trial, `share` of which succeeds."""
    return f"{stats.beta.ppf(0.025, share, 2 - share):.3g} to {stats.beta.ppf(0.975, share + 1, 1 - share):.3g}"


def test_a_verdict_allows_for_trials_that_may_hang_together():
    """40 replicates of 10 trials without a success: 400 independent ones show a share below 0.01, 40 one below 0.1."""
    found = intervals.share(np.zeros(40), np.full(40, 10.0))
    assert found.high < 0.01
    below = {bound: Question(found, -math.inf, bound, 0.0) for bound in (0.01, 0.05, 0.1)}
    for bound, question in below.items():  # the chance of no success in 40 replicates, each of one kind
        assert p_values(question)[1] == pytest.approx(min(0.5, (1 - bound) ** 40), rel=1e-6)
        assert p_value(found, bound, 1.0) == pytest.approx(min(1.0, 2 * (1 - bound) ** 40), rel=1e-6)
    words = [answer.verdict for question in below.values() for answer in judge([question])]
    assert words == [Verdict.CANNOT_TELL, Verdict.CANNOT_TELL, Verdict.SUPPORTED]
    declared = intervals.share(np.zeros(40), np.full(40, 10.0), independent=True)
    assert judge([Question(declared, -math.inf, 0.01, 0.0)])[0].verdict is Verdict.SUPPORTED


def test_single_successes_show_nothing_and_pairs_do():
    """Fewer than five replicates with one success each, or one failure each, are as silent as none."""
    for hits in (1, 2, 4):
        successes = np.repeat([1.0, 0.0], [hits, 40 - hits])
        exact = stats.binomtest(hits, 400).proportion_ci(0.95)
        for k in (successes, 10 - successes):
            found = intervals.share(k, np.full(40, 10.0))
            low, high = (exact.low, exact.high) if k is successes else (1 - exact.high, 1 - exact.low)
            assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
            assert found.note.startswith(ALIKE)
            assert found.method is Method.BINOMIAL
            low, high = effective_trials(k, np.full(40, 10.0)).ends(0.95)
            claim = (high, 1.0) if k is successes else (0.0, low)
            assert p_value(found, *claim) == pytest.approx(0.05, rel=1e-6)
    five, pair = (intervals.share(k, np.full(40, 10.0)) for k in ([1.0] * 5 + [0.0] * 35, [2.0] + [0.0] * 39))
    for found in (five, pair):
        assert (found.method, found.replicates) == (Method.EFFECTIVE_TRIALS, 40)
        assert found.note == "successes in too few replicates to estimate how trials are correlated"
    # two successes of one replicate alone: forty replicates are all that bounds them
    assert pair.high == pytest.approx(stats.beta.ppf(0.975, 40 * 0.005 + 1, 40 * 0.995), rel=1e-9)
    failures = intervals.share([8.0] + [10.0] * 39, np.full(40, 10.0))
    assert failures.note == "failures in too few replicates to estimate how trials are correlated"
    assert failures.low == pytest.approx(1 - pair.high, rel=1e-9)


@pytest.mark.parametrize(("successes", "trials", "complaint"), [
    ([2.0], [1.0], "0 <= successes <= trials"), ([0.5], [1.0], "whole numbers"), ([0.0], [0.0], "some trial"),
    ([0.0, 1.0], [1.0], "one length"), ([-1.0], [1.0], "0 <= successes"),
])  # fmt: skip
def test_share_refuses_what_are_no_counts(successes, trials, complaint):
    with pytest.raises(ValueError, match=complaint):
        intervals.share(successes, trials)


def test_independent_trials_keep_the_exact_interval():
    """Thirty replicates that differ by less than independent trials do."""
    found = intervals.share(np.tile([3.0, 2.0, 4.0], 10), np.full(30, 40.0), 0.9)
    expected = stats.binomtest(90, 1200).proportion_ci(0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert (found.level, found.replicates, found.method, found.note) == (0.9, 1200, Method.BINOMIAL, None)
    assert found.standard_error == pytest.approx(math.sqrt(90 * 1110 / 1200**3), rel=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_effective_trials_are_korn_and_graubards(level):
    """v (1 - v) over the variance of the ratio of totals, times the squared ratio of t quantiles.

    Each squared residual is divided by one less its leverage, and freedom is that of the fewest effective replicates:
    here, those of the successes.
    """
    hits, trials = np.array([1.0, 9.0, 30.0, 2.0, 0.0, 11.0, 3.0]), np.array([20.0, 30.0, 41.0, 25.0, 12.0, 60.0, 18.0])
    found = intervals.share(hits, trials, level)
    value, total = hits.sum() / trials.sum(), trials.sum()
    variance = sum((k - value * n) ** 2 / (1 - n / total) for k, n in zip(hits, trials)) / total**2
    freedom = kish(hits) - 1
    assert freedom < kish(trials - hits) - 1 < kish(trials) - 1 < 6
    quantiles = stats.t.ppf((1 + level) / 2, [total - 1, freedom])
    effective = max(value * (1 - value) / variance * (quantiles[0] / quantiles[1]) ** 2, kish(trials))
    assert effective < total / 2
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = stats.beta.ppf(tails, effective * value + [0, 1], effective * (1 - value) + [1, 0])
    assert (found.low, found.high) == pytest.approx(tuple(ends), rel=1e-9)
    assert (found.value, found.standard_error) == pytest.approx((value, math.sqrt(variance)), rel=1e-12)
    assert (found.level, found.replicates, found.method) == (level, 7, Method.EFFECTIVE_TRIALS)
    assert found.note == "too few replicates to estimate how trials are correlated: at least 8"
    assert [found.tail(end) for end in (found.low, found.high)] == pytest.approx([1 - level] * 2, rel=1e-6)
    # a replicate without a trial says nothing
    more = intervals.share(np.append(hits, 0.0), np.append(trials, 0.0), level)
    assert more == found
    assert intervals.share(np.tile(hits, 4), np.tile(trials, 4)).note is None
    assert pickle.loads(pickle.dumps(found)).tail(0.3) == found.tail(0.3)


def test_replicates_widen_as_far_as_they_differ_and_not_by_a_test():
    """Ten pairs of two hundred trials: 80 and 67 vary by 0.96 of what independent trials do, 80 and 68 by 0.81.

    The squared ratio of Student's t on 19 degrees of freedom to a normal quantile is 1.14: above one with the one alone.
    """
    for hits, method in ((67, Method.EFFECTIVE_TRIALS), (68, Method.BINOMIAL)):
        found = intervals.share([80.0, hits] * 10, [200.0] * 20)
        exact = stats.binomtest(800 + 10 * hits, 4000).proportion_ci(0.95)
        assert found.method is method
        wider = found.high - found.low > 1.001 * (exact.high - exact.low)
        assert bool(wider) is (method is Method.EFFECTIVE_TRIALS)


def test_the_largest_replicate_counts_as_one():
    """A replicate of 2000 trials beside small ones pins the share, and its residual vanishes with its weight."""
    found = intervals.share([1800.0] + [4.0] * 9, [2000.0] + [20.0] * 9)
    count = kish([2000] + [20] * 9)
    assert (
        found.note == f"replicates too unequal in size to estimate how trials are correlated: they count as {count:.1f}"
    )
    worth = np.array([count * found.value, count * (1 - found.value)])
    expected = stats.beta.ppf([0.025, 0.975], worth[0] + [0, 1], worth[1] + [1, 0])
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-9)


def test_two_equal_replicates_do_not_show_independence():
    found = intervals.share([80.0, 80.0], [200.0, 200.0])
    assert found.note == "too few replicates to estimate how trials are correlated: at least 8"


@pytest.mark.parametrize(("replicates", "trials", "p", "correlation"), [
    (60, 50, 0.01, 0.3), (60, 50, 0.01, 0.8), (30, 50, 0.01, 0.3), (10, None, 0.1, 0.3), (20, 100, 0.3, 0.01),
    (30, 50, 0.99, 0.3),
])  # fmt: skip
def test_trials_that_hang_together_are_covered_or_said_not_to_be(replicates, trials, p, correlation):
    rng = np.random.default_rng(17)

    def draw():
        n = rng.integers(1, 61, replicates) * 1.0 if trials is None else np.full(replicates, float(trials))
        return intervals.share(beta_binomial(rng, n, p, correlation), n)

    assert misses(draw, p, 600) <= most(600)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_one_large_replicate_among_small_ones_is_covered(p):
    rng = np.random.default_rng(19)
    for count in (29, 99):
        n = np.array([2000.0, *[20.0] * count])
        assert misses(lambda n=n: intervals.share(beta_binomial(rng, n, p, 0.3), n), p, 300) <= most(300)


def test_tails_of_few_replicates_hold_at_the_levels_of_a_family():
    """At 0.05 / 20, Student's t on 4 degrees of freedom is 2.4 times that at 0.05, and a normal curve only 1.5 times."""
    rng, n = np.random.default_rng(23), np.full(5, 50.0)
    found = [p_value(intervals.share(beta_binomial(rng, n, 0.3, 0.1), n), 0.3, 0.3) for _ in range(1500)]
    assert np.mean(np.array(found) < 0.05 / 20) <= most(1500, 0.05 / 20)
    assert np.mean(np.array(found) < 0.05) <= most(1500)
    k = np.array([10.0, 14.0, 19.0, 12.0, 22.0])
    for level in (0.9, 0.95, 0.9975):
        one = intervals.share(k, n, level)
        for end in (one.low, one.high):
            assert p_value(intervals.share(k, n), end, end) == pytest.approx(1 - level, rel=1e-6)
    assert max(p_value(one, *span) for span in ((-0.5, -0.1), (1.1, 2.0))) <= 1e-12


def test_the_price_of_it_is_small_for_independent_trials():
    """Widths over that of the exact interval, on average: 1.2 with ten replicates, 1.1 with thirty, none with two hundred."""
    rng = np.random.default_rng(29)
    for replicates, most_wide in ((10, 1.3), (30, 1.15), (200, 1.05)):
        ratios = []
        for _ in range(200):
            k = rng.binomial(50, 0.1, replicates) * 1.0
            found = intervals.share(k, np.full(replicates, 50.0))
            exact = intervals.share([k.sum()], [50.0 * replicates])
            ratios.append(found.half_width / exact.half_width)
        assert 1.0 <= np.mean(ratios) < most_wide


def test_a_share_has_a_p_value_everywhere():
    """Also beside the estimate, where t quantiles of many degrees of freedom are 0 to rounding."""
    rng = np.random.default_rng(5)
    for replicates in range(2, 40):
        n = rng.integers(1, 12, replicates).astype(float)
        k = rng.binomial(n.astype(int), rng.beta(1.0, 1.0, replicates)).astype(float)
        found = intervals.share(k, n)
        for hypothesis in np.unique([0.0, 1e-12, 0.3, found.value * (1.0 - 1e-9), min(1.0, found.value + 1e-9), 1.0]):
            assert 0.0 <= p_value(found, hypothesis, hypothesis) <= 1.0
    one = intervals.share([2.0, 2.0, 2.0, 2.0, 2.0, 4.0], [4.0] * 6)  # four degrees of freedom
    assert p_value(one, 0.5833, 0.5833) > 0.99


def test_independent_trials_are_one_binomial_sample():
    """At any number of replicates, also where these are silent or few, and with binomial p-values."""
    for k, n in (
        ([3.0, 9.0], [40.0, 60.0]),
        ([0.0, 0.0], [40.0, 60.0]),
        ([12.0], [100.0]),
        ([2, 3, 1, 6], [10, 30, 20, 40]),
    ):
        found = intervals.share(k, n, 0.9, independent=True)
        theirs = stats.binomtest(int(sum(k)), 100).proportion_ci(0.9, method="exact")
        np.testing.assert_allclose([found.low, found.high], [theirs.low, theirs.high], rtol=1e-9)
        assert (found.replicates, found.method, found.note, found.tail) == (100, Method.BINOMIAL, None, None)
        assert p_value(found, found.high, 1.0) == pytest.approx(0.1, rel=1e-6)
    declared, open_ = (intervals.share([30.0, 34.0], [100.0, 100.0], independent=one) for one in (True, False))
    assert open_.high - open_.low > declared.high - declared.low
    assert open_.note is not None


def test_independent_trials_cover_at_two_replicates():
    rng, p = np.random.default_rng(8), 0.2
    found = [intervals.share(rng.binomial(50, p, 2) * 1.0, [50.0, 50.0], independent=True) for _ in range(2000)]
    assert sum(not one.low <= p <= one.high for one in found) / 2000 < most(2000)


def test_a_declaration_that_replicates_speak_against_has_a_note():
    unlike = intervals.share([10.0, 90.0, 20.0], [100.0] * 3, independent=True)
    p = math.exp(-(30**2 + 50**2 + 20**2) / (100 * 0.4 * 0.6) / 2)  # chi-square of two degrees of freedom
    assert unlike.note == f"replicates differ more than independent trials do (p = {p:.1g}): remove independent_trials"
    rng = np.random.default_rng(5)
    notes = [intervals.share(rng.binomial(40, 0.1, 8) * 1.0, [40.0] * 8, independent=True).note for _ in range(1000)]
    assert sum(note is not None for note in notes) <= stats.binom.isf(1e-4, 1000, 0.001)


def test_exact_interval_of_independent_trials():
    """Without a success (1 - high)^50 = 0.025; otherwise quantiles of beta laws."""
    assert shares.clopper_pearson(0, 50, 0.95) == pytest.approx((0.0, 1 - 0.025 ** (1 / 50)), rel=1e-9)
    assert shares.clopper_pearson(50, 50, 0.95) == pytest.approx((0.025 ** (1 / 50), 1.0), rel=1e-9)
    ends = shares.clopper_pearson(8, 13, 0.9)
    assert ends == pytest.approx((stats.beta.ppf(0.05, 8, 6), stats.beta.ppf(0.95, 9, 5)), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [([1.5], [2]), ([3], [2]), ([-1], [2]), ([0], [0]), ([1], [1.5])])
def test_counts_that_no_trials_have(k, n):
    with pytest.raises(ValueError, match="whole numbers with 0 <= successes <= trials"):
        shares.check_trials(k, n)
