"""Multilevel Monte Carlo: allocation, the promise on the error, and its cost."""

import re
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.multilevel import multilevel
from mfsolve.models import flow

PARAMETERS = flow.Parameters(contamination=0.5, variance_ratio=0.4, initial_mean=1.0, initial_variance=2.0)
EXACT = flow.gaussian_moments(PARAMETERS, [1.0])
SECOND = float(EXACT.variance[0] + EXACT["mean"][0] ** 2)


class Toy:
    """Level l has expectation 1 - 2^-l and a correction of standard deviation 2^-l: everything is known."""

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, level, first, count):
        z = np.array(
            [
                np.random.default_rng((self.seed, level, i // 64)).normal(size=64)[i % 64]
                for i in range(first, first + count)
            ]
        )
        fine = 1.0 - 2.0**-level + z * (1.0 + 2.0**-level)
        return np.stack([fine, fine - 2.0**-level * (1.0 + z) if level else 0 * z], axis=1)

    def cost(self, level):
        return 4.0**level

    def single_cost(self, level):
        return 4.0**level


def test_allocation_follows_the_square_root_of_variance_over_cost():
    # the corrections of level l add 2^-l each to -1 + ... : the limit is E_0 + sum 2^-l = 0 + 1
    found = multilevel(Toy(1), 0.1, pilot=64)
    assert found.met
    assert abs(found.value - 1.0) < 4 * found.rmse
    ideal = np.sqrt(np.array(found.variances) / 4.0 ** np.arange(len(found.samples)))
    # levels that needed more than the pilot or their kurtosis
    busy = np.array(found.samples) > np.maximum(64, 16 * np.nanmax(found.kurtosis))
    ratio = np.array(found.samples)[busy] / ideal[busy]
    # relative error of a standard deviation from m samples is 1/sqrt(2 m): 4.5 of them, the smallest m is 64
    assert np.all(np.abs(ratio / ratio.mean() - 1.0) < 4.5 / np.sqrt(2 * 64))


def test_samples_do_not_depend_on_batches_or_threads():
    whole = flow.FlowLevels(PARAMETERS, 1.0, seed=3)(2, 0, 200)
    parts = [
        flow.FlowLevels(PARAMETERS, 1.0, seed=3, threads=2)(2, first, count) for first, count in ((0, 70), (70, 130))
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize("rmse", [3e-2, 1e-2])
def test_promise_on_the_gaussian_oracle(rmse):
    """Mean squared error over repetitions at most rmse^2 (one-sided 99.9 % of chi-square), 95 % within 2 rmse."""
    from scipy.stats import binom, chi2

    runs = 60
    errors = []
    for replicate in range(runs):
        levels = flow.FlowLevels(PARAMETERS, 1.0, seed=5, replicate=replicate, steps=8)
        found = multilevel(levels, rmse)
        assert found.met
        errors.append(found.value - SECOND)
    assert np.mean(np.square(errors)) / rmse**2 < chi2.ppf(0.999, runs) / runs
    inside = int(np.sum(np.abs(errors) < 2 * rmse))
    assert inside >= binom.ppf(0.001, runs, 0.95)


def test_corrections_fall_with_the_stated_orders():
    levels = flow.FlowLevels(PARAMETERS, 1.0, seed=6, particles=8, steps=8)
    mean, variance, error = [], [], []
    for level in range(1, 5):
        both = levels(level, 0, 20000 >> level)
        gap = both[:, 0] - both[:, 1]
        mean.append(gap.mean())
        variance.append(gap.var(ddof=1))
        error.append(gap.std() / np.sqrt(gap.size) / abs(gap.mean()))
    k = np.arange(4)
    # bias order 1 (dt and 1/N); variance of the antithetic correction order 2. Errors of the fits: from the corrections'
    # standard errors, and 4 % for each variance (20000 >> 4 samples), times 4; 0.2 for the next order
    noise = 4 * np.max(error) / np.log(2) / np.sqrt(5)
    assert abs(np.polyfit(k, np.log2(np.abs(mean)), 1)[0] + 1.0) < 0.2 + noise
    assert np.polyfit(k, np.log2(variance), 1)[0] < -2.0 + 0.2 + 0.2


@pytest.mark.exhaustive
@pytest.mark.slow
def test_cost_slopes():
    """Multilevel cost eps^-2 up to logs; plain Monte Carlo eps^-3."""
    targets = np.array([2e-2, 1e-2, 5e-3, 2.5e-3, 1.25e-3])
    found = [multilevel(flow.FlowLevels(PARAMETERS, 1.0, seed=7, steps=8, threads=2), e) for e in targets]
    slopes = [
        np.polyfit(np.log(targets), np.log([getattr(f, name) for f in found]), 1)[0] for name in ("cost", "single_cost")
    ]
    assert slopes[0] > -2.6
    assert slopes[1] < -2.6


class Payoff:
    """An event of probability 0.01 that pays 10, seen with a probability that tends to its own: corrections are rare."""

    def __init__(self, seed, drift=0.0):
        self.seed, self.drift = seed, drift

    def __call__(self, level, first, count):
        rng = np.random.default_rng((self.seed, level, first))
        z, u = 0.05 * rng.normal(size=count), rng.random(count)
        fine = z + 10.0 * (u < 0.01 * (1 - 0.9 * 2.0**-level))
        coarse = z + 10.0 * (u < 0.01 * (1 - 0.9 * 2.0 ** (1 - level))) + self.drift if level else 0 * z
        return np.stack([fine, coarse], axis=1)

    def cost(self, level):
        return 2.0**level

    single_cost = cost


def test_rare_corrections_do_not_pass_unseen():
    """Without a bound one in four of these came out as met at a rmse of 0.1, never having seen the event."""
    found = [multilevel(Payoff(seed), 0.03, largest=6, bound=10.0) for seed in range(60)]
    errors = np.array([result.value - 0.1 for result in found if result.met])
    assert errors.size > 30
    assert np.sqrt(np.mean(errors**2)) < 0.03 * 1.4
    assert all(result.unseen <= 3.7 / 2048 for result in found)
    blind = multilevel(Payoff(0), 0.03, largest=6)
    assert blind.unseen > 1 / 256 or max(blind.kurtosis) > 100


def test_variance_is_not_trusted_before_its_kurtosis_allows():
    found = multilevel(Payoff(3), 0.03, largest=6, bound=10.0)
    assert max(found.kurtosis) > 50
    needed = 16 * (np.array(found.kurtosis) - 1)
    assert np.all(np.array(found.samples) >= needed) or "too rare" in found.checks[0]
    short = multilevel(Payoff(3), 0.03, largest=6, pilot=2000, most=2000)
    assert not short.met
    assert "too rare" in short.checks[0]


def test_sampling_goes_on_until_the_variances_are_known():
    """More samples of these show a larger kurtosis round after round, for more than twenty of them."""
    found = multilevel(Payoff(1), 0.03, largest=6)
    assert (found.checks, found.met) == ((), True)
    assert min(found.samples) >= 16 * (max(found.kurtosis) - 1)


def test_a_sum_that_does_not_telescope_is_not_met():
    found = multilevel(Payoff(1, drift=1.0), 0.03, smallest=2, largest=3, bound=10.0)
    assert not found.met
    assert max(found.consistency) > 1
    assert any("do not agree" in check for check in found.checks)


def test_a_bound_that_cannot_be_kept_is_said():
    found = multilevel(Payoff(1), 0.03, largest=3, bound=1e6, most=4096)
    assert not found.met
    assert any("unnoticed" in check for check in found.checks)


class Table:
    """Levels whose samples are read from a table: what is found can be computed again from all of them at once."""

    def __init__(self, seed):
        self.z = np.random.default_rng(seed).gamma(2.0, size=(13, 2**15)) - 1.0

    def __call__(self, level, first, count):
        z = self.z[level, np.arange(first, first + count) % 2**15]
        fine = 3.0 - 2.0**-level + z
        return np.stack([fine, fine - 2.0**-level * (0.4 * z + 0.2 * z**2) if level else 0 * z], axis=1)

    def cost(self, level):
        return 3.0**level + 1.0

    def single_cost(self, level):
        return 3.0**level


def test_what_is_reported_is_computed_again_from_all_samples():
    table, rmse = Table(2), 0.02
    found = multilevel(table, rmse, pilot=300, bound=5.0, most=2**14, weak_order=1.5, variance_order=1.0)
    both = [table(level, 0, count) for level, count in enumerate(found.samples)]
    gap = [fine - coarse for fine, coarse in (pair.T for pair in both)]
    count = np.array(found.samples)
    assert found.corrections == pytest.approx([x.mean() for x in gap], rel=1e-10)
    assert found.variances == pytest.approx([x.var(ddof=1) for x in gap], rel=1e-10)
    assert found.fine_variances == pytest.approx([x[:, 0].var(ddof=1) for x in both], rel=1e-10)
    assert found.kurtosis == pytest.approx([stats.kurtosis(x, fisher=False) for x in gap], rel=1e-8)
    error = np.sqrt(sum(found.variances / count))
    last = [
        abs(found.corrections[-1]) + np.sqrt(found.variances[-1] / count[-1]),
        *np.abs(found.corrections[-2:0:-1])[:2],
    ]
    fade = 2.0**-1.5
    bias = max(x * fade**back for back, x in enumerate(last)) * fade / (1 - fade)
    assert (found.value, found.standard_error) == pytest.approx((sum(found.corrections), error), rel=1e-10)
    assert (found.bias, found.rmse) == pytest.approx((bias, np.hypot(error, bias)), rel=1e-10)
    assert found.cost == pytest.approx(sum(count * (3.0 ** np.arange(count.size) + 1.0)))
    single = found.fine_variances[-1] / (0.75 * rmse**2) * 3.0 ** (count.size - 1)
    assert found.single_cost == pytest.approx(single, rel=1e-10)
    apart = [
        abs(below[:, 0].mean() - level[:, 1].mean()) / (3 * np.sqrt(below[:, 0].var(ddof=1) / len(below) + level[:, 1].var(ddof=1) / len(level)))
        for below, level in pairwise(both)
    ]  # fmt: skip
    assert found.consistency == pytest.approx(apart, rel=1e-6)
    assert found.unseen == pytest.approx(1 - 0.025 ** (1 / min(count)), rel=1e-10)
    assert found.met == (found.rmse <= rmse) == (not found.checks)
    # the bound asks for so many samples a level; the allocation for no more than a batch's rounding beyond its own
    assert min(count) == int(np.ceil(-np.log(0.025) * 5.0 / (0.5 * rmse)))
    spread = np.array(found.variances)
    for k in range(2, count.size):
        spread[k] = max(spread[k], 0.5 * spread[k - 1] * 0.5)
    cost = 3.0 ** np.arange(count.size) + 1.0
    wanted = np.sqrt(spread / cost) * np.sqrt(spread * cost).sum() / (0.75 * rmse**2)
    assert np.all(count >= wanted * 0.98)
    busy = count > min(count)
    assert busy.any()
    assert np.all(count[busy] <= wanted[busy] * 1.1)


class Known:
    """Corrections that repeat a pattern: a level's are their mean plus so much times 1, -1, ...; the sum telescopes."""

    def __init__(self, means, spreads, costs=(1.0,), gap=0.0):
        self.means, self.spreads, self.costs, self.gap = means, spreads, costs, gap
        self.asked = []

    def __call__(self, level, first, count):
        self.asked.append((level, first, count))
        signs = np.where(np.arange(first, first + count) % 2, 1.0, -1.0)
        means = [self.means[min(k, len(self.means) - 1)] for k in range(level + 1)]
        coarse = np.full(count, sum(means[:-1]) + (self.gap if level else 0.0))
        fine = coarse + means[-1] + self.spreads[min(level, len(self.spreads) - 1)] * signs
        return np.stack([fine, coarse], axis=1)

    def cost(self, level):
        return self.costs[min(level, len(self.costs) - 1)]

    def single_cost(self, level):
        return 10.0 + self.cost(level)


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({}, 6),  # the bias is 2^-4 after the level of that correction, half of the error asked for
        ({"bias_share": 0.24}, 7),
        ({"weak_order": 2.0}, 5),
        ({"largest": 4}, 5),  # the bias is all of the error asked for
        ({"largest": 3}, 4),
        ({"largest": 2}, 3),
        ({"smallest": 8}, 9),
    ],
)
def test_levels_are_added_until_the_bias_fits_its_share(options, levels):
    """Corrections 2^(1 - level) that do not vary: the bias is what order and the last of them give, and all is known."""
    sampler = Known([1.0, *2.0 ** -np.arange(16.0)], [0.0])
    found = multilevel(sampler, 2 * 2.0**-4, pilot=16, **options)
    assert found.samples == (16,) * levels
    fade = 2.0 ** -options.get("weak_order", 1.0)
    # an order higher than the corrections' own lets an earlier one say what is left
    last = max(2.0 ** (2 - levels + back) * fade**back for back in range(min(3, levels - 1)))
    assert found.bias == pytest.approx(last * fade / (1 - fade), rel=1e-12)
    assert (found.standard_error, found.rmse, found.target) == (0.0, found.bias, 2 * 2.0**-4)
    assert found.met is (found.bias <= 2 * 2.0**-4)
    assert found.corrections == pytest.approx([1.0, *2.0 ** -np.arange(levels - 1.0)])
    assert found.value == pytest.approx(sum(found.corrections), rel=1e-12)
    assert (found.cost, found.single_cost) == (16.0 * levels, 11.0)
    assert np.isnan(found.kurtosis).all()
    assert found.unseen == pytest.approx(1 - 0.025 ** (1 / 16), rel=1e-12)


def test_what_is_left_out_is_256_samples_of_3_to_13_levels():
    quick, slow = multilevel(Known([0.0], [0.0]), 0.1), multilevel(Known([1.0], [0.0]), 0.1)
    assert (quick.samples, quick.met, quick.bias) == ((256,) * 3, True, 0.0)
    assert (slow.samples, slow.met, slow.bias) == ((256,) * 13, False, 1.0)
    most = multilevel(Known([0.0], [0.0]), 1e-3, smallest=2, bound=1e6)
    assert most.samples == (2**20,) * 3


def test_only_the_last_three_corrections_say_what_is_left():
    for place, factor in ((6, 1.0), (5, 0.5), (4, 0.25), (3, 0.0), (0, 0.0)):
        means = np.zeros(7)
        means[place] = -8.0
        found = multilevel(Known(means, [0.0]), 1.0, pilot=16, smallest=6, largest=6)
        assert found.bias == 8.0 * factor
    # a value of level 0 is no correction
    assert multilevel(Known([100.0, 0.0], [0.0]), 1.0, pilot=16, largest=2).bias == 0.0
    # a standard error is added to the last alone
    noisy = multilevel(Known([0.0, 0.0, 1.0], [0.0, 1.0, 2.0]), 1e3, pilot=64)
    assert noisy.bias == pytest.approx(1.0 + 2.0 * np.sqrt(64 / 63) / 8, rel=1e-12)
    noisy = multilevel(Known([0.0, 8.0, 0.0], [0.0, 1.0, 2.0]), 1e3, pilot=64)
    assert noisy.bias == pytest.approx(4.0, rel=1e-12)


def test_samples_follow_the_square_root_of_variance_over_cost():
    spreads, costs = np.array([8.0, 2.0, 1.0, 0.01]), np.array([1.0, 4.0, 9.0, 16.0])
    for order, guarded in ((None, np.sqrt(1 / 8)), (1.0, np.sqrt(1 / 4)), (9.0, np.sqrt(1 / 1024))):
        options = {} if order is None else {"variance_order": order}
        sampler = Known([0.0], spreads, costs)
        found = multilevel(sampler, 0.1, pilot=64, smallest=3, largest=3, **options)
        # a level's variance is at least half of what the order gives from the one before; the second is taken as it is
        trusted = np.array([8.0, 2.0, max(1.0, 2.0 * guarded), max(0.01, max(1.0, 2.0 * guarded) * guarded)])
        wanted = trusted / np.sqrt(costs) * (trusted * np.sqrt(costs)).sum() / (0.75 * 0.01)
        assert found.samples == pytest.approx(np.maximum(wanted, 64), rel=0.03)
        first = np.array([count for level, start, count in sampler.asked if start == 0])
        assert list(first) == [64] * 4
        error = np.sqrt(sum(spreads**2 / (np.array(found.samples) - 1)))
        assert found.standard_error == pytest.approx(error, rel=1e-6)
        assert found.standard_error <= np.sqrt(0.75) * 0.1
        assert found.cost == pytest.approx(found.samples @ costs)
        plain = 0.01**2 / (0.75 * 0.01)
        assert found.single_cost == pytest.approx(max(plain, 1.0) * 26.0)
        assert found.kurtosis == pytest.approx([1.0] * 4, abs=0.05)
        assert found.met is (found.rmse <= 0.1)


class TestRare:
    """Corrections of which one in 64 is 1: their kurtosis is near 64, so that a variance takes 16 times 61 samples."""

    @staticmethod
    def sampler(rare):
        class Rare(Known):
            def __call__(self, level, first, count):
                gap = np.where(np.arange(first, first + count) % 64 == 63, 1.0, 0.0) * (level in rare)
                coarse = np.full(count, sum(below < level for below in rare) / 64)
                return np.stack([gap + coarse, coarse], axis=1)

        return Rare([0.0], [0.0])

    NEEDED = 976  # 16 (kurtosis - 1), at a kurtosis of about 62.02

    @pytest.mark.parametrize(("rare", "raised"), [((1,), (0, 1, 2, 3, 4)), ((4,), (3, 4)), ((2,), (1, 2, 3, 4))])
    def test_a_rare_correction_asks_for_samples_from_the_level_before_it(self, rare, raised):
        found = multilevel(self.sampler(rare), 10.0, pilot=128, smallest=4, largest=4)
        for level, count in enumerate(found.samples):
            assert abs(count - self.NEEDED) < 60 if level in raised else count == 128
        share = sum(np.arange(found.samples[rare[0]]) % 64 == 63) / found.samples[rare[0]]
        kurtosis = (1 - 3 * share * (1 - share)) / (share * (1 - share))
        assert found.kurtosis[rare[0]] == pytest.approx(kurtosis, rel=1e-9)
        assert found.samples[rare[0]] >= 16 * (kurtosis - 1)

    def test_what_cannot_be_known_is_said(self):
        found = multilevel(self.sampler((2,)), 10.0, pilot=128, smallest=4, largest=4, most=500)
        assert found.samples == (128, 500, 500, 500, 500)
        share = 7 / 500
        needed = int(np.ceil(16 * ((1 - 3 * share * (1 - share)) / (share * (1 - share)) - 1)))
        rare = f"levels [1, 2, 3, 4]: corrections too rare for their variance to be known: {needed} samples are needed"
        silent = "levels [1, 3, 4]: all corrections are equal, on other levels they differ"
        assert found.checks == (rare, silent)
        assert (found.rmse < 10.0, found.met) == (True, False)
        every = multilevel(self.sampler((0, 1, 2)), 10.0, pilot=128)
        assert (every.checks, every.met) == ((), True)
        none = multilevel(self.sampler((0,)), 10.0, pilot=128)
        assert (none.checks, none.met) == ((), True)


def test_a_bound_asks_for_samples_of_every_level():
    shown = int(np.ceil(np.log(40) * 30.0 / (0.5 * 0.1)))
    enough = multilevel(Known([0.0], [0.0]), 0.1, bound=30.0, most=shown)
    assert (enough.samples, enough.checks, enough.met) == ((shown,) * 3, (), True)
    short = multilevel(Known([0.0], [0.0]), 0.1, bound=30.0, most=shown - 1)
    said = f"corrections up to the bound may go unnoticed: {shown} samples a level are needed"
    assert (short.samples, short.checks, short.met) == ((shown - 1,) * 3, (said,), False)
    assert multilevel(Known([0.0], [0.0]), 0.1, bound=1e-3).samples == (256,) * 3


def test_levels_that_do_not_join_are_named():
    """Coarse values that lie above what the level below says, by two of its spreads, three standard errors, roundings."""
    found = multilevel(Known([0.0], [0.3, 0.0], gap=2.0), 10.0, pilot=64)
    error = 0.3 * np.sqrt(64 / 63) / 8
    assert found.consistency[0] == pytest.approx(2.0 / (3 * error), rel=1e-9)
    said = [f"level {level}: its coarse values do not agree with level {level - 1}" for level in (1, 2)]
    assert (list(found.checks[:1]), found.met) == (said[:1], False)
    for factor in (0.99, 1.01):
        found = multilevel(Known([0.0], [0.3, 0.0], gap=3 * factor * error), 10.0, pilot=64)
        assert found.consistency[0] == pytest.approx(factor, rel=1e-9)
        assert (said[0] in found.checks) is (factor > 1)
    for roundings, told in ((127.0, False), (129.0, True)):
        exact = multilevel(Known([1.0, 0.0], [0.0], gap=roundings * 2.0**-52), 10.0)
        assert (exact.consistency[0] > 0.0) == told
    assert multilevel(Known([1.0, 0.0], [0.0], gap=1e-12), 10.0).consistency[0] > 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rmse": 0.0}, "rmse: 0.0 given; allowed: (0, inf)"),
        ({"rmse": np.inf}, "rmse: inf given; allowed: (0, inf)"),
        ({"rmse": np.nan}, "rmse: nan given; allowed: (0, inf)"),
        ({"bias_share": 1.0}, "bias_share: 1.0 given; allowed: (0, 1)"),
        ({"bias_share": 0.0}, "bias_share: 0.0 given; allowed: (0, 1)"),
        ({"weak_order": 0.0}, "weak_order: 0.0 given; allowed: (0, inf)"),
        ({"pilot": 15}, "pilot: 15 given; allowed: [16, inf)"),
        ({"smallest": 1}, "smallest, largest: 1, 12 given; allowed: 2 <= smallest <= largest"),
        ({"largest": 1}, "smallest, largest: 2, 1 given; allowed: 2 <= smallest <= largest"),
        ({"smallest": 4, "largest": 3}, "smallest, largest: 4, 3 given; allowed: 2 <= smallest <= largest"),
        ({"bound": 0.0}, "bound: 0.0 given; allowed: (0, inf)"),
        ({"most": 255}, "most: 255 given; allowed: [pilot, inf)"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(change, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        multilevel(Known([0.0], [0.0]), **{"rmse": 0.1} | change)


@pytest.mark.parametrize("change", [{"pilot": 16}, {"most": 256}, {"bound": 1e-9}, {"smallest": 2, "largest": 2}])
def test_ends_of_the_ranges_are_allowed(change):
    assert multilevel(Known([0.0], [0.0]), 0.1, **change).met


class Growing(Toy):
    """The spread of a sample grows with its number: whatever has been taken, more seems to be needed."""

    def __call__(self, level, first, count):
        place = np.arange(first, first + count)
        fine = np.where(place % 2 == 0, 1.0, -1.0) * (1.0 + place)
        return np.stack([fine, 0.0 * fine], axis=1)


def test_a_variance_without_bound_comes_to_an_end(monkeypatch):
    module, asked = sys.modules[multilevel.__module__], []
    monkeypatch.setattr(module, "_ROUNDS", 4)
    take = module.Level.extend

    def few(level, sampler, count):  # no more than 32 at a time, for a test that is soon over
        asked.append(count)
        take(level, sampler, min(count, level.count + 32))

    monkeypatch.setattr(module.Level, "extend", few)
    module._fill([module.Level(0), module.Level(1)], Growing(0), 1e-3, 8, 1.0, 16)
    assert len(asked) == 2 + 4 * 4  # the pilots, and two requests a level in each round
    assert asked[-1] > 10 * asked[4]


class Slow(Toy):
    """Level l has expectation 1 + 2^(-order l), and corrections of standard deviation 2^-l."""

    def __init__(self, seed, order):
        super().__init__(seed)
        self.order = order

    def __call__(self, level, first, count):
        z, w = np.random.default_rng((self.seed, level, first)).normal(size=(2, count))
        ends = [1.0 + 2.0 ** (-self.order * each) for each in (level, level - 1)]
        coarse = z + ends[1] + 0.7 * w * 2.0 ** (1 - level)
        return np.stack([z + ends[0] + w * 2.0**-level, coarse if level else 0 * z], axis=1)


def test_a_weak_order_below_the_stated_one_is_not_met():
    for order, slow in ((0.5, True), (1.0, False), (1.5, False), (2.0, False)):
        for seed in range(10):
            found = multilevel(Slow(seed, order), 0.05, largest=8, most=2**15)
            assert any("the last corrections scale as 2^(-0." in check for check in found.checks) == slow
            assert not (slow and found.met)
    told = multilevel(Slow(1, 0.5), 0.05, weak_order=0.5, largest=14, most=2**15)
    assert told.met
    assert abs(told.value - 1.0) < 0.15
    assert "2^(--" not in multilevel(Slow(1, -0.2), 0.05, largest=4, most=2**15).checks[0]
