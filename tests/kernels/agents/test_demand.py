"""Demand of infinitely many consumers against an enumeration of their looks."""

import numpy as np
import pytest
from mfsolve.kernels.agents import demand, market_state
from mfsolve.kernels.random.philox import stream_key
from naive import agents as naive
from scipy import stats

WEIGHTS = {
    "like": [0.2, 3.0, 0.9, 1.4],
    "apart": [1e-8, 1e9, 4.0, 2e-3],
    "one": [2.5],
}


def u(x):
    return np.uint64(x)


@pytest.mark.parametrize("looks", [1, 2, 3, 5])
@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("ai_mass", [0.0, 3.5])
def test_transform_gives_the_enumerated_chances(weights, looks, ai_mass):
    """The rule errs by 1e-13; what is cut off below is looks * e^-24 = 2e-10 of the whole at most."""
    w, number, w_ai = np.array(weights), np.linspace(1.0, 2.0, len(weights)), 0.6
    low = -24.0 - np.log(max(1.0, w.max()))
    s = np.empty(int((4.0 - low) / demand.STEP) + 1)
    demand.nodes(low, s)
    table, laplace, found = np.exp(-np.multiply.outer(s, w)), np.empty(s.size), np.empty(w.size)
    demand.laplace_transform(table, number, s, w_ai, ai_mass, laplace)
    demand.purchase_chance(table, w, s, laplace, looks, found)
    taken, none, surplus = naive.chances([*weights, w_ai], [*number, ai_mass], looks)
    assert found == pytest.approx(taken[:-1], rel=3e-10, abs=1e-12)
    assert demand.none_and_surplus(s, laplace, looks) == pytest.approx((none, surplus), rel=3e-10, abs=1e-12)


def test_offers_are_counted_by_skill_without_loss():
    state = np.array([0, 1, 2, 3, 0], np.uint8)
    t, c = np.array([0.1, 0.25, 9.0, 9.0, 1.0]), np.array([0.0, 0.5, 9.0, 9.0, 0.3])
    technical, creative = np.zeros(11), np.zeros(11)
    demand.offers_by_skill(market_state.Creators(state, t, c, np.zeros((5, 4))), 10.0, technical, creative)
    assert technical == pytest.approx([0, 1, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 1])
    assert creative == pytest.approx([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0])


def test_sales_are_poisson_at_demand():
    n, scale = 60_000, 10.0
    state = np.zeros(n, np.uint8)
    state[::3], state[1::3] = market_state.EXIT, market_state.ADOPT
    t, c = np.full(n, 0.25), np.full(n, 0.72)
    seen, to_ai = np.array([40.0, 10.0]), np.array([0.5, 0.05])
    taken_t, taken_c = np.linspace(0.0, 1.0, 11), np.linspace(0.0, 1.0, 11) ** 2
    sold = np.empty((2, n - n // 3), np.int32)
    streams = [market_state.Stream(stream_key(1, purpose), u(1), u(0), u(0)) for purpose in "tc"]
    creators = market_state.Creators(state, t, c, np.zeros((n, 4)))
    demand.sell(*streams, creators, demand.Expected(seen, scale, taken_t, taken_c, to_ai), *sold)
    own_c = 0.49 + 0.2 * (0.64 - 0.49)  # linear between bins
    for kind, offer, mean in ((0, 0, 20.0), (1, 0, 0.5), (0, 1, 10.0), (1, 1, 10.0 * own_c)):
        x = sold[kind, offer::2]
        assert abs(x.mean() - mean) < 4.5 * np.sqrt(mean / x.size)
        assert abs(x.var() / x.mean() - 1.0) < 4.5 * np.sqrt(2.0 / x.size)
    assert abs(stats.pearsonr(sold[0, ::2], sold[1, ::2])[0]) < 4.5 / np.sqrt(n / 3)
