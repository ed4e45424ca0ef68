"""Finite populations of the collapse market: laws, the mean-field limit, reproducible bits, memory."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from mfsolve.models import collapse
from mfsolve.models.collapse.many_markets import at_once, finite_paths
from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.policies import policy_of
from mfsolve.models.parallel import BLOCK

P = collapse.Parameters


def paths(parameters, policy, replicates, seed=1, record=None, **size):
    """Variable -> (replicates, generations + 1); side by side where the market is served so, with the same bits."""
    rule, population, kept = policy_of(policy), collapse.Population(**size), record or collapse.Record()
    if at_once(parameters, rule, population, kept):
        return finite_paths(parameters, rule, population, kept, seed, range(replicates), 1)
    runs = [finite_path(parameters, rule, population, kept, seed, r, 1) for r in range(replicates)]
    return {name: np.array([run[name] for run in runs]) for name in runs[0]}


def same(a, b):
    """Equal to the bit."""
    assert set(a.data_vars) == set(b.data_vars)
    for name in a.data_vars:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


ECONOMIES = {
    "cohorts": ({}, 1000),
    "individual counts": ({"cost_spread": 0.2}, 1000),
    "three dimensions": ({"dimension": 3}, 250),
    "categorical": ({"content": "categorical", "vocabulary": 30}, 1000),
}


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
@pytest.mark.parametrize(("economy", "replicates"), ECONOMIES.values(), ids=ECONOMIES)
def test_sampled_statistics_have_the_law_of_items(economy, replicates, times):
    """Whole paths, generation 5: two-sample tests of contamination, quality and content, and of how they go together.

    5 standard errors are 5 sqrt(2 / replicates) standard deviations of one path: 0.22 of them with 1000.
    """
    replicates *= times
    parameters = P(initial_contamination=0.3, verified_share=0.2, **economy)
    size = {"producers": 60, "items": 4, "generations": 5}
    a = paths(parameters, "closed_form", replicates, sampling="items", **size)
    b = paths(parameters, "closed_form", replicates, sampling="statistics", seed=2, **size)
    content = ("support", "entropy", "total_variation") if "content" in economy else ("pool_variance", "w2_drift")
    names = ("contamination", "log_quality", "premium", "welfare", *content)
    samples = [(a[n][:, 5], b[n][:, 5]) for n in names]
    samples += [(a["contamination"][:, 5] * a[n][:, 5], b["contamination"][:, 5] * b[n][:, 5]) for n in names[1:]]
    samples += [
        (a["contamination"][:, 5] * a["contamination"][:, 4], b["contamination"][:, 5] * b["contamination"][:, 4])
    ]
    for x, y in samples:
        assert stats.ks_2samp(x, y).pvalue > 1e-5
        assert abs(x.mean() - y.mean()) < 5 * np.sqrt((x.var() + y.var()) / replicates)
        p, q = (x - x.mean()) ** 2, (y - y.mean()) ** 2
        assert abs(p.mean() - q.mean()) < 5 * np.sqrt((p.var() + q.var()) / replicates)


def test_first_generation_has_its_exact_law():
    """Human items: movers are binomial, and items given shares; mean and variance of their number."""
    n, m, h0, h1, w = 200, 5, 0.7, 0.4, 0.5 * 0.3
    market = P(initial_contamination=0.3, imitation=0.5)
    for sampling in ("items", "statistics"):
        human = (
            (
                1
                - paths(
                    market, collapse.Fixed(subsidy=h1), 8000, producers=n, items=m, generations=1, sampling=sampling
                )["contamination"][:, 1]
            )
            * n
            * m
        )
        h, hh = (1 - w) * h0 + w * h1, (1 - w) * h0**2 + w * h1**2
        variance = n * (m * (h - hh) + m * m * (hh - h * h))
        assert abs(human.mean() - n * m * h) < 5 * np.sqrt(variance / 8000)
        assert abs(human.var() / variance - 1) < 5 * np.sqrt(2 / 8000)


@pytest.mark.parametrize("sampling", ["items", "statistics"])
@pytest.mark.parametrize(
    "economy", [{}, {"cost_spread": 0.2, "verified_share": 0.3}, {"content": "categorical", "vocabulary": 50}]
)
def test_mean_field_is_the_limit_at_the_square_root_rate(economy, sampling):
    """Spread falls as N^-1/2 (log of a standard deviation has error (2R)^-1/2); the mean agrees at the largest N."""
    parameters = P(initial_contamination=0.3, **economy)
    limit = collapse.mean_field(parameters, "closed_form", 5)
    sizes, replicates = (300, 3000, 30_000), (200, 200, 60)
    runs = [
        paths(parameters, "closed_form", r, producers=n, items=4, generations=5, sampling=sampling)
        for n, r in zip(sizes, replicates)
    ]
    for name in ("contamination", "log_quality", "entropy" if "content" in economy else "w2_drift"):
        deviation = [run[name][:, 5] - float(limit[name][-1]) for run in runs]
        spread = np.array([d.std(ddof=1) for d in deviation])
        rate = -np.diff(np.log(spread)) / np.log(10)
        error = np.sqrt([1 / 400 + 1 / 400, 1 / 400 + 1 / 120]) / np.log(10)
        assert (np.abs(rate - 0.5) < 4.5 * error).all(), (name, rate)
        # the bias falls as 1/N: at the largest size a hundredth of the smallest size's, besides noise
        at = deviation[-1]
        bias = abs(deviation[0].mean()) / 100
        assert abs(at.mean()) < 5 * at.std() / np.sqrt(at.size) + bias, name


@pytest.mark.parametrize(
    ("economy", "sampling"),
    [({}, "items"), ({"cost_spread": 0.1, "dimension": 2}, "items"), ({"cost_spread": 0.1}, "statistics"), ({"content": "categorical", "vocabulary": 40}, "items")],
)  # fmt: skip
def test_threads_do_not_change_a_bit(economy, sampling):
    record = collapse.Record(snapshots=(1, 2) if sampling == "items" else ())
    runs = [
        collapse.simulate(
            P(**economy), "closed_form", 2 * BLOCK + 77, 2, 2, 5, sampling=sampling, threads=t, record=record
        )
        for t in (1, 2, 3)
    ]
    same(runs[0], runs[1])
    same(runs[0], runs[2])


def test_a_replicate_is_a_function_of_its_number():
    def run(replicate, seed=9, sampling="items"):
        return collapse.simulate(P(), "none", 400, 3, 3, seed, replicate, sampling=sampling)

    forward, backward = [run(r) for r in (0, 1, 7)], [run(r) for r in (7, 1, 0)]
    for a, b in zip(forward, reversed(backward)):
        same(a, b)
    assert len({float(run(r, s).pool_variance[-1]) for r in range(5) for s in range(4)}) == 20
    assert float(run(2**32 - 1, 2**64 - 1).pool_variance[-1]) > 0


def test_replicates_are_uncorrelated():
    """The covariance of neighbouring replicates, and of seeds, is zero within 5 standard errors."""
    size = {"producers": 50, "items": 4, "generations": 2}
    a, b = (paths(P(initial_contamination=0.5), "none", 3000, seed=s, **size) for s in (1, 2))
    for name in ("contamination", "pool_variance"):
        x, y = a[name][:, 2], b[name][:, 2]
        assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 5 / np.sqrt(3000)
        assert abs(np.corrcoef(x, y)[0, 1]) < 5 / np.sqrt(3000)


def test_last_generation_only():
    whole = collapse.simulate(P(), "none", 100, 3, 4, 1)
    last = collapse.simulate(P(), "none", 100, 3, 4, 1, record=collapse.Record(trajectories=False))
    same(whole.isel(generation=[-1]), last)


def test_snapshots_are_the_items_of_the_pool():
    n, m, bins = 20_000, 4, 120
    record = collapse.Record(snapshots=(1, 5), bins=bins, bin_range=4.0)
    run = collapse.simulate(P(initial_contamination=0.4), "none", n, m, 5, 3, record=record)
    mass = run.content.values * (8.0 / bins)
    assert (mass.sum(axis=1) <= 1.0).all()
    assert (mass.sum(axis=1) > 0.999).all()
    # generation 1: the generator is N(0, delta) exactly; given the human count, each kind's bins are multinomial
    rho, edges = float(run.contamination[1]), np.linspace(-4, 4, bins + 1)
    expected = (
        ((1 - rho) * np.diff(stats.norm.cdf(edges)) + rho * np.diff(stats.norm.cdf(edges / np.sqrt(0.4735)))) * n * m
    )
    counts, big = mass[0] * n * m, expected > 5
    chi2 = ((counts - expected)[big] ** 2 / expected[big]).sum()
    assert 1e-5 < stats.chi2.cdf(chi2, big.sum()) < 1 - 1e-5
    # later: the histogram's mean and variance are the pool's, up to the width of a bin and what lies outside
    x = run.bin.values
    mean = (mass[1] * x).sum()
    assert abs(abs(mean) - float(run.pool_mean[5])) < 8.0 / bins / 2
    assert abs((mass[1] * x * x).sum() - mean**2 - float(run.pool_variance[5])) < 8.0 / bins * 1.0


def test_tokens_once_dead_stay_dead():
    """All content synthetic, small pools: support never grows, and one token absorbs everything."""
    market = P(initial_contamination=1.0, imitation=0.0, variance_ratio=1.0, content="categorical", vocabulary=50)
    for sampling in ("items", "statistics"):
        run = paths(market, "none", 20, producers=5, items=2, generations=150, sampling=sampling)
        assert (np.diff(run["support"]) <= 0).all()
        assert (run["support"][:, 0] == 50).all()
        assert (run["support"][:, -1] == 1).all()
        np.testing.assert_allclose(run["entropy"][:, -1], 0.0, atol=1e-14)
        # neutral drift: a token of frequency p absorbs with probability p, so E ln p of the winner is -entropy; of the
        # pool's ten items two kinds are left after 100 generations with a probability of about 0.9^100 = 3e-5
        record = collapse.Record(trajectories=False, snapshots=(100,))
        size = {"producers": 5, "items": 2, "generations": 100}
        found = paths(market, "none", 200, record=record, sampling=sampling, **size)
        winner = found["content"][:, 0].argmax(axis=1)
        p = 1 / np.arange(1, 51)
        p /= p.sum()
        error = np.sqrt(((p * np.log(p) ** 2).sum() - (p * np.log(p)).sum() ** 2) / 200)
        assert abs(np.log(p[winner]).mean() - (p * np.log(p)).sum()) < 5 * error


MEMORY = """
import resource
from mfsolve.models import collapse
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def run(n, sampling, **economy):
    collapse.simulate(collapse.Parameters(**economy), "closed_form", n, 1, 1, 1, sampling=sampling, threads=2)
for case in (("items", {}), ("statistics", {"cost_spread": 0.1}), ("statistics", {})):
    run(1000, case[0], **case[1])
before = peak()
run(4_000_000_000, "statistics")
cohorts = peak()
run(10**7, "items")
run(10**7, "statistics", cost_spread=0.1)
print(cohorts - before, peak() - before)
"""


def test_memory_is_four_bytes_a_producer():
    """Ten million producers hold 40 MB of shares; four thousand million in cohorts nothing."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    cohorts, individuals = (int(x) for x in done.stdout.split())
    assert cohorts < 2e6
    assert individuals < 5e7


def test_cohorts_are_few():
    """10^8 producers: one cohort a generation at most."""
    run = collapse.simulate(P(), "closed_form", 10**8, 16, 10, 1, sampling="statistics")
    limit = collapse.mean_field(P(), "closed_form", 10)
    # noisiest are the first movers, 0.6504 * 0.0113 of all: their relative error bounds that of the path
    assert abs(float(run.contamination[-1] / limit.contamination[-1]) - 1) < 5 * (0.6504 * 0.0113 * 1e8) ** -0.5
