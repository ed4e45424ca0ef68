"""The agent-based market against Mesa: the same rules, the same results, the time of a period.

Run with `pytest tests/benchmarks/test_agents.py --benchmark-only -n 0`. Ratios are between times taken
in the same process, alternately.
"""

import numpy as np
import pytest
from mfsolve.kernels.agents.qlearning import Schedule
from support.stopwatch import fastest

from mfsolve.models.agents import path as paths
from mfsolve.models.agents.market import ManyBlocks, OneBlock
from mfsolve.models.agents.parameters import Parameters, Population, Shock, ai_path, ai_weights

P = Parameters()


def market_at(size, kind, threads=1):
    """A market after its opening period, and a later period to time."""
    market = kind(paths.agents_of(P, size, Shock(), size.scale, 1, 0, threads))
    weights = ai_weights(P, ai_path(P, 60))
    opening = Schedule(0, np.uint64(0), np.zeros(1), 1.0, 0.0, weights[:1])
    later = Schedule(60, np.uint64(0), np.full(1, 0.05), 10.0, P.learning_rate, weights[60:])
    market(opening, np.zeros((1, 11), np.int64), np.zeros((1, 6)))
    return lambda: market(later, np.zeros((1, 11), np.int64), np.zeros((1, 6)))


def test_period_against_mesa_at_ten_thousand_agents(benchmark):
    pytest.importorskip("mesa")
    from peers.mesa_agents import Market

    size = Population(creators=475, ai_firms=25, consumers=9500)
    period = market_at(size, OneBlock)
    theirs = Market(P, 475, 25, 9500, seed=1)
    for _ in range(30):
        theirs.step()
    ratios = []
    for _ in range(7):
        ours, peer = fastest(period, 20), fastest(theirs.step, 1)
        ratios.append(peer / ours)
    benchmark.extra_info.update(seconds=ours, peer=peer, faster=float(np.median(ratios)))
    benchmark(period)


def test_mesa_finds_the_same(benchmark):
    """Welch's t between 40 paths of either, at five periods of eight variables: all below 4.5."""
    pytest.importorskip("mesa")
    from peers.mesa_agents import Market

    size, places = Population(creators=50, ai_firms=3, consumers=300, periods=60), [0, 10, 30, 45, 60]
    peers = []
    for seed in range(40):
        market = Market(P, 50, 3, 300, seed=seed)
        for _ in range(size.periods):
            market.step()
        peers.append(market.rows)

    def ours():
        return [paths.finite(P, size, Shock(), 1, r, 1) for r in range(200)]

    rows = benchmark.pedantic(ours, rounds=1)
    worst = 0.0
    for name in peers[0][0]:
        for t in places:
            theirs = np.array([row[t][name] for row in peers])
            mine = np.array([row[name][t] for row in rows])
            error = np.sqrt(theirs.var(ddof=1) / theirs.size + mine.var(ddof=1) / mine.size)
            if error > 0.0:
                worst = max(worst, abs(theirs.mean() - mine.mean()) / error)
            else:
                assert theirs.mean() == mine.mean()
    benchmark.extra_info.update(largest_t=worst)
    assert worst < 4.5


@pytest.mark.parametrize("threads", [1, 2])
def test_a_million_creators_and_ten_million_consumers(benchmark, threads):
    size = Population(creators=50, ai_firms=3, consumers=500, scale=20_000)
    period = market_at(size, ManyBlocks, threads)
    benchmark.pedantic(period, rounds=3)
    agents = 53 * 20_000 + 10_000_000
    processor = fastest(period, 3) / agents
    benchmark.extra_info.update(
        nanoseconds_per_agent=1e9 * benchmark.stats.stats.min / agents, processor=1e9 * processor
    )


def test_cost_is_linear_in_agents(benchmark):
    """Nanoseconds per agent and period from 50 to 10^6 creators; offers of many sellers do not fit in the caches."""
    costs = {}
    for scale, rounds in ((1, 300), (10, 50), (100, 20), (1000, 5), (5000, 3), (20_000, 3)):
        market = market_at(Population(scale=scale), OneBlock if scale <= 100 else ManyBlocks)
        costs[1053 * scale] = 1e9 * fastest(market, rounds) / (1053 * scale)
    slope = np.polyfit(np.log(list(costs)), np.log([n * c for n, c in costs.items()]), 1)[0]
    benchmark.extra_info.update(nanoseconds_per_agent=costs, exponent=float(slope))
    benchmark(market_at(Population(), OneBlock))


def test_shop_against_its_draws(benchmark):
    """What is left to gain: a consumer of four looks takes two blocks of random words."""
    from mfsolve.kernels.agents import qlearning as k
    from mfsolve.kernels.random import philox

    key, z = philox.stream_key(1, "x"), np.uint64(0)
    counter, out = np.zeros(4, np.uint64), np.empty((2**12, 4), np.uint64)
    weight, sales = np.ones(530, np.float32), np.zeros(531, np.int32)

    def shop():
        return k.shop(k.Stream(key, z, z, z), 2**12, k.Sellers(500, 30, 4.0, 4), weight, sales)

    def draws():
        philox.words(key, counter, out)
        philox.words(key, counter, out)

    shop(), draws()
    ratios = [fastest(shop, 20) / fastest(draws, 20) for _ in range(9)]
    benchmark.extra_info.update(nanoseconds=1e9 * fastest(shop, 50) / 2**12, times_draws=float(np.median(ratios)))
    benchmark(shop)
