"""Multilevel Monte Carlo: allocation, the promise on the error, and its cost."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.multilevel import multilevel, single_level
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


def test_plain_monte_carlo_meets_its_variance():
    found = single_level(flow.FlowLevels(PARAMETERS, 1.0, seed=8), 1, 1e-4)
    assert found.standard_error <= 1e-2


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


def test_a_sum_that_does_not_telescope_is_not_met():
    found = multilevel(Payoff(1, drift=1.0), 0.03, smallest=2, largest=3, bound=10.0)
    assert not found.met
    assert max(found.consistency) > 1
    assert any("do not agree" in check for check in found.checks)


def test_a_bound_that_cannot_be_kept_is_said():
    found = multilevel(Payoff(1), 0.03, largest=3, bound=1e6, most=4096)
    assert not found.met
    assert any("unseen" in check for check in found.checks)


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


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rmse": 0.0}, "rmse"),
        ({"bias_share": 1.0}, "bias_share"),
        ({"pilot": 2}, "pilot"),
        ({"largest": 1}, "largest"),
        ({"bound": 0.0}, "bound"),
        ({"most": 2}, "most"),
    ],
)
def test_bad_input(change, name):
    with pytest.raises(ValueError, match=name):
        multilevel(Toy(0), **{"rmse": 0.1} | change)
