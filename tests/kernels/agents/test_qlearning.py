"""Agents of the market one kernel at a time: choice, learning, looks and logit."""

import numpy as np
import pytest
from mfsolve.kernels.agents import market_state
from mfsolve.kernels.agents import qlearning as k
from mfsolve.kernels.random.philox import stream_key
from naive import agents as naive
from scipy import stats

KEY = stream_key(5, "agents")
RULES = market_state.Rules(
    theta=1.0, burden=0.0, human_price=2.0, ai_price=0.1, human_margin=1.0, ai_margin=0.05, move=0.1, exchange=0.5,
    gamma=0.8, income=0.2, reskilling_cost=0.25, adoption_cost=0.125, visibility=2.5,
)  # fmt: skip
ALPHA = 0.3


def u(x):
    return np.uint64(x)


def shop(weight, sellers, firms, looks, consumers, lane=0, step=3, replicate=0, visibility=2.5):
    sales = np.zeros(sellers + firms + 1, np.int32)
    stream = market_state.Stream(KEY, u(step), u(replicate), u(lane))
    seen = market_state.Sellers(sellers, firms, visibility, looks)
    surplus = k.shop(stream, consumers, seen, np.asarray(weight, np.float32), sales)
    return sales, surplus


@pytest.mark.parametrize("looks", [1, 2, 3, 4, 7, 8])
def test_shop_is_its_twin(looks):
    weight = np.float32([0.3, 2.0, 0.0, 1.0, 5.0, 0.7])
    sales, surplus = shop(weight, 4, 2, looks, 600, lane=512)
    offers, expected, total = [(float(w),) for w in weight], np.zeros(7, int), 0.0
    for j in range(600):
        slot, seen = naive.shop(KEY, 3, 0, 512 + j, 0, offers, 2, 2.5, looks)
        expected[6 if slot is None else slot] += 1
        total += seen
    assert sales.tolist() == expected.tolist()
    assert surplus == pytest.approx(total, rel=1e-13)


def test_every_consumer_is_counted_once_and_lanes_are_their_own():
    weight = np.ones(9, np.float32)
    whole, _ = shop(weight, 7, 2, 3, 1000)
    parts = [shop(weight, 7, 2, 3, n, lane=start)[0] for start, n in ((0, 256), (256, 512), (768, 232))]
    assert whole.sum() == 1000
    assert np.array_equal(whole, sum(parts))


@pytest.mark.parametrize(("sellers", "firms"), [(0, 3), (5, 0), (0, 0)])
def test_markets_without_creators_or_firms(sellers, firms):
    sales, surplus = shop(np.ones(max(1, sellers + firms)), sellers, firms, 4, 500)
    assert sales.sum() == 500
    assert (sales[-1] == 500) == (sellers + firms == 0)
    assert (surplus == 0.0) == (sellers + firms == 0)


def test_identical_sellers_share_by_the_closed_form():
    """Without AI and with equal creators a consumer buys with chance m w / (1 + m w), from each with the same."""
    n, looks, w, consumers = 20, 5, 0.75, 200_000
    sales, surplus = shop(np.full(n, w), n, 0, looks, consumers)
    buy = looks * w / (1 + looks * w)
    expected = np.append(np.full(n, consumers * buy / n), consumers * (1 - buy))
    assert stats.chisquare(sales, expected).pvalue > 1e-4
    assert surplus == pytest.approx(consumers * np.log1p(looks * w), rel=1e-12)


def test_sales_follow_the_enumerated_chances():
    weight, looks, consumers = [0.2, 3.0, 0.9, 40.0], 3, 300_000
    mass = [1.0, 1.0, 1.0, 2.5]
    taken, none, surplus = naive.chances(weight, mass, looks)
    expected = consumers * np.append(looks * np.array(mass) / sum(mass) * taken, none)
    assert expected.sum() == pytest.approx(consumers, rel=1e-12)
    sales, found = shop(weight, 3, 1, looks, consumers)
    assert stats.chisquare(sales, expected).pvalue > 1e-4
    assert abs(found / consumers - surplus) < 4.5 * 2.0 / np.sqrt(consumers)  # ln(1 + seen) is within [0, 4.8]


def test_choice_is_greedy_but_for_exploration():
    n, epsilon = 100_000, 0.2
    q = np.tile([1.0, 3.0, 3.0, 2.0], (n, 1))
    state, counts = np.full(n, market_state.EXIT, np.uint8), np.zeros(market_state.COUNTS, np.int64)
    creators = market_state.Creators(state, np.zeros(n), np.zeros(n), q)
    k.choose(market_state.Stream(KEY, u(1), u(0), u(0)), epsilon, creators, counts)
    expected = n * np.array([0.25 * epsilon, 1 - 0.75 * epsilon, 0.25 * epsilon, 0.25 * epsilon])
    assert counts[:4].tolist() == np.bincount(state & 3, minlength=4).tolist()
    assert stats.chisquare(counts[:4], expected).pvalue > 1e-4
    assert counts[market_state.BACK] == n - counts[market_state.EXIT]
    assert counts[market_state.LEFT] == 0
    again = np.zeros(market_state.COUNTS, np.int64)
    k.choose(market_state.Stream(KEY, u(2), u(0), u(0)), 0.0, creators, again)
    assert again[:4].tolist() == [0, n, 0, 0]  # of equals the first
    assert again[market_state.BACK] == counts[market_state.EXIT]


def learn(state, q, bought=(), rules=RULES):
    n = state.size
    bought = np.array(bought or np.zeros((2, n)), np.int32)
    counts, sums, revenue = np.zeros(market_state.COUNTS, np.int64), np.zeros(market_state.SUMS), np.zeros(n)
    now = market_state.Now(u(1), u(0), 0.0, 1.0, ALPHA, np.zeros(2, np.float32))
    creators = market_state.Creators(state, np.full(n, 0.5), np.full(n, 0.25), q)
    k.learn(rules, now, creators, *bought, revenue, counts, sums)
    return counts, sums, revenue


@pytest.mark.parametrize("action", range(4))
def test_constant_reward_is_worth_itself_over_one_less_discount(action):
    """|Q - r / (1 - g)| shrinks by 1 - a (1 - g) each time the action that is always best is taken."""
    rules = RULES._replace(reskilling_cost=-1.0, adoption_cost=-1.0, income=1.0)
    sold = 1 if action == market_state.STAY else 0
    state, q = np.array([action], np.uint8), np.full((1, 4), -9.0)
    gap = abs(q[0, action] - 1.0 / (1.0 - rules.gamma))
    for step in range(1, 401):
        learn(state, q, [[sold], [0]], rules=rules)
        bound = gap * (1.0 - ALPHA * (1.0 - rules.gamma)) ** step
        assert abs(q[0, action] - 1.0 / (1.0 - rules.gamma)) <= bound * (1 + 1e-9) + 1e-13
    assert q[0, action] == pytest.approx(5.0, rel=1e-9)
    assert np.array_equal(np.delete(q[0], action), np.full(3, -9.0))


def test_learning_counts_what_is_sold():
    state = np.array(
        [market_state.STAY, market_state.EXIT, market_state.ADOPT, market_state.RESKILL | 4, market_state.STAY],
        np.uint8,
    )
    q = np.arange(20.0).reshape(5, 4)
    before = q.copy()
    counts, sums, revenue = learn(state, q, [[3, 0, 1, 2], [4, 5, 0, 2]])
    assert counts[[market_state.OWN, market_state.ADOPTED, market_state.SQUARES]].tolist() == [12, 5, 49 + 25 + 1 + 16]
    assert revenue.tolist() == [14.0, 0.5, 2.0, 8.0, 0.0]
    rewards = [7.0, RULES.income, 0.25 - 0.125, 1.0 - 0.25, 4.0]
    assert sums[:4] == pytest.approx([2.0, 1.0, 11.875, 11.875 + RULES.income], rel=1e-14)
    assert state.tolist() == [
        market_state.STAY | 4,
        market_state.EXIT,
        market_state.ADOPT | 4,
        market_state.RESKILL,
        market_state.STAY | 4,
    ]  # a tie leans to creative
    for i, (action, r) in enumerate(zip((0, 3, 2, 1, 0), rewards)):
        expected = before[i].copy()
        expected[action] = 0.7 * before[i, action] + 0.3 * (r + 0.8 * before[i].max())
        assert q[i] == pytest.approx(expected, rel=1e-14)


def test_offers_stand_in_the_order_of_lanes():
    state = np.array(
        [market_state.EXIT, market_state.ADOPT, market_state.STAY, market_state.RESKILL | 4, market_state.RESKILL],
        np.uint8,
    )
    t, c = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0.6, 0.7, 0.8, 0.9, 1.0])
    weight = np.full((2, 5), -1.0, np.float32)
    k.offer(RULES, np.float32(7.0), np.float32(8.0), market_state.Creators(state, t, c, np.zeros((5, 4))), *weight)
    assert t.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.36, 0.55])
    assert c.tolist() == pytest.approx([0.6, 0.7, 0.8, 0.92, 0.9])
    assert weight[0] == pytest.approx(np.float32([7.0, *np.exp([0.3, 0.36, 0.55]), -1.0]), rel=1e-7)
    assert weight[1] == pytest.approx(np.float32([8.0, *np.exp([0.8, 0.92, 0.9]), -1.0]), rel=1e-7)


def test_skills_are_normal_about_their_means():
    n = 200_000
    t, c = np.empty(n), np.empty(n)
    k.endow(KEY, u(0), u(0), 0.7, 1.0, 0.1, t, c)
    for x, mean in ((t, 0.7), (c, 1.0)):
        assert stats.kstest((x - mean) / 0.1, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(t, c)[0, 1]) < 4.5 / np.sqrt(n)
    k.endow(KEY, u(0), u(0), 0.0, 0.0, 0.1, t, c)
    assert min(t.min(), c.min()) == 0.0


def test_sales_of_firms_and_their_squares_are_added():
    counts = np.arange(40)
    k.tally_firms(np.array([3.0, 0.0, 4.0]), counts)
    added = counts - np.arange(40)
    assert (added[k.FIRM_SALES], added[k.FIRM_SQUARES], added.sum()) == (7, 25, 32)
