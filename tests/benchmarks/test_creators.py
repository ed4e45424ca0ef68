"""The creator market against its peers: vectorised NumPy + brentq, SciPy SLSQP, pyDVL.

Run with `pytest tests/benchmarks/test_creators.py --benchmark-only -n 0`. Ratios are between medians taken in the same
process, alternately.
pyDVL pins NumPy below 2 and is in no extra for that; its valuations run with NumPy 2 all the same:

    .venv/bin/pip install --no-deps pyDVL && .venv/bin/pip install joblib scikit-learn cvxpy pydeprecate more-itertools

It values any game, so that it computes Phi anew for every coalition, in O(n); ours is O(1) a contribution. That is part of
the ratio, and grows with the game.
"""

import time

import numpy as np
import pytest
from naive import creators as naive
from support.stopwatch import medians

from mfsolve.models import intermediary
from mfsolve.models.creators import TwoPoint, Uniform, static_market, streamed_market
from mfsolve.models.intermediary import OrderScheme

PLAIN, ANTITHETIC, STRATIFIED = OrderScheme(), OrderScheme(antithetic=True), OrderScheme(stratified=True)

LOADING = np.random.default_rng(0).random(10**6)


def test_market_and_planner_of_a_million_against_one_read(benchmark):
    static_market(LOADING)
    ours, read = medians(lambda: static_market(LOADING), LOADING.sum, rounds=201)
    benchmark.extra_info.update(seconds=ours, one_read=read, times_one_read=ours / read)
    benchmark(static_market, LOADING)


@pytest.mark.parametrize("g", [2.0, 2.5])
def test_against_numpy_and_brentq(benchmark, g):
    one, two, peer = medians(
        lambda: static_market(LOADING, 1.0, g),
        lambda: static_market(LOADING, 1.0, g, threads=2),
        lambda: naive.market(LOADING, 1.0, g, 1.0),
        rounds=9,
    )
    benchmark.extra_info.update(seconds=one, peer=peer, faster=peer / one, faster_on_two_threads=peer / two)
    benchmark(static_market, LOADING, 1.0, g)


def test_against_slsqp(benchmark):
    x = LOADING[:1000]
    market = static_market(x)
    start = time.perf_counter()
    found = [naive.brute_force(x, 1.0, 2.0, 1.0, m) for m in (2.0, 1.0)]
    peer = time.perf_counter() - start
    assert -found[0].fun == pytest.approx(market.profit, rel=1e-12)
    assert -found[1].fun == pytest.approx(market.welfare_planner, rel=1e-12)
    (ours,) = medians(lambda: static_market(x), rounds=101)
    benchmark.extra_info.update(seconds=ours, peer=peer, faster=peer / ours)
    benchmark(static_market, x)


@pytest.mark.parametrize("law", [Uniform(), TwoPoint(share_high=0.3)], ids=str)
def test_a_billion_streamed(benchmark, law):
    import resource

    streamed_market(law, 10**6, 1, threads=2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    benchmark.pedantic(streamed_market, (law, 10**9, 1), {"threads": 2}, rounds=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    benchmark.extra_info.update(megabytes_more=(peak - before) / 1024, megabytes_peak_of_process=peak / 1024)


@pytest.mark.parametrize("n", [1000, 10**6])
@pytest.mark.parametrize("scheme", [PLAIN, ANTITHETIC, STRATIFIED], ids=str)
def test_shapley_per_contribution(benchmark, n, scheme):
    x, orders = LOADING[:n], 4 if n > 1000 else 640
    e = static_market(x).effort_planner
    intermediary.shapley(x, e, 1.0, 4, 0, scheme)
    benchmark.pedantic(intermediary.shapley, (x, e, 1.0, orders, 0, scheme), rounds=3)
    each = 1 + (n - 1).bit_length() if scheme.stratified else 1
    benchmark.extra_info.update(nanoseconds=1e9 * benchmark.stats.stats.median / (orders * n * each))


def test_error_of_stratified_orders_at_equal_time(benchmark):
    """Root mean square errors of plain and stratified orders, at orders that take the same time."""
    x = LOADING[:1000]
    e = static_market(x).effort_planner
    exact, _ = intermediary.shapley(x, e, 1.0, 100_000, 9, STRATIFIED)

    def run(scheme, orders):
        begun = time.perf_counter()
        errors = [intermediary.shapley(x, e, 1.0, orders, seed, scheme).value / exact - 1 for seed in range(10)]
        return time.perf_counter() - begun, float(np.sqrt(np.mean(np.square(errors))))

    run(STRATIFIED, 64)
    seconds, strata = benchmark.pedantic(run, (STRATIFIED, 64), rounds=1)
    each, _ = run(PLAIN, 640)
    _, plain = run(PLAIN, 2 * round(320 * seconds / each))
    benchmark.extra_info.update(plain=plain, stratified=strata, ratio=plain / strata)


def test_shapley_against_pydvl(benchmark):
    valuation = pytest.importorskip("pydvl.valuation", exc_type=ImportError)
    from pydvl.valuation.utility.base import UtilityBase

    v = 1.0

    class Precision(UtilityBase):
        def __init__(self, x, e):
            self.x, self.e = x, e

        def __call__(self, sample):
            if sample is None or len(sample.subset) == 0:
                return 0.0
            on = sample.subset
            return naive.phi(self.x[on], self.e[on], v)

    def play(n, orders):
        x = LOADING[:n]
        e = static_market(x).effort_planner
        sampler, done = valuation.PermutationSampler(seed=1), valuation.MinUpdates(orders)
        peer = valuation.ShapleyValuation(Precision(x, e), sampler, done, progress=False)
        start = time.perf_counter()
        peer.fit(valuation.Dataset(x.reshape(-1, 1), e))
        return x, e, peer.result, (time.perf_counter() - start) / (n * orders)

    # a small game: both agree with each other, and ours with all coalitions
    x, e, result, _ = play(12, 500)
    value, error = intermediary.shapley(x, e, v, 100_000, 0)
    assert (np.abs(value - naive.shapley(x, e, v)) < 4.5 * error).all()
    spread = np.sqrt(result.variances / result.counts)
    assert (np.abs(result.values - value) < 4.5 * np.hypot(error, spread)).all()

    # the cost of a contribution in the same game of 200
    x, e, _, theirs = play(200, 20)
    (ours,) = medians(lambda: intermediary.shapley(x, e, v, 2000, 0), rounds=7)
    ours /= 2000 * x.size
    benchmark.extra_info.update(nanoseconds=1e9 * ours, peer_nanoseconds=1e9 * theirs, faster=theirs / ours)
    benchmark.pedantic(intermediary.shapley, (x, e, v, 2000, 0), rounds=5)
