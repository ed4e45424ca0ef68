"""Markets of agents: their twin, their bits in blocks and threads, what they conserve."""

import numpy as np
import pytest
from mfsolve.kernels.agents import demand, market_state
from mfsolve.kernels.random.philox import stream_key
from naive import agents as naive
from support import cpus
from support.agents import LIVELY, SMALL, run

from mfsolve.models.agents import path as paths
from mfsolve.models.agents.limit import Responding
from mfsolve.models.agents.market import ManyBlocks, OneBlock
from mfsolve.models.agents.parameters import Parameters, Population, Shock, WithoutAi, ai_path, ai_weights

KEY = stream_key(3, "agents/skill")
OTHER = LIVELY.model_copy(update={"consideration": 7, "technical_demand": 0.3})


@pytest.mark.parametrize(("p", "returning"), [(LIVELY, True), (OTHER, True), (LIVELY, False)])
def test_path_is_its_twin(p, returning):
    """Choices, sales and learning agree; skills start from normals that differ in the last bit."""
    path, found = run(p, SMALL, Shock(returning=returning), OneBlock)
    rows, people = naive.path(p, 8, 2, 120, 12, seed=3, replicate=5, final=not returning)
    counted = [(*r["actions"], r["back"], r["left"], r["own"], r["adopted"], r["squares"], r["firms"],
                r["firm_squares"], r["reskilled"], *r["early"]) for r in rows]  # fmt: skip
    assert path.counts.tolist() == [list(row) for row in counted]
    assert len({row[:4] for row in counted}) > 5
    unit = rows[0]["rewards"] / 8
    summed = np.array([(*r["skills"], r["earned"], r["rewards"], r["surplus"], r["median"]) for r in rows])
    summed[0, 2:4] /= unit
    assert path.sums == pytest.approx(summed, rel=1e-12, abs=1e-12)
    assert found.values == pytest.approx(np.array([one.q for one in people]), rel=1e-12)
    assert found.technical == pytest.approx([one.skill[0] for one in people], rel=1e-12)
    assert found.creative == pytest.approx([one.skill[1] for one in people], rel=1e-12)


@pytest.mark.parametrize("scenario", [Shock(), WithoutAi()])
def test_blocks_and_threads_do_not_change_a_bit(scenario, monkeypatch):
    one, first = run(LIVELY, SMALL, scenario, OneBlock)
    many, second = run(LIVELY, SMALL, scenario, ManyBlocks, threads=2)
    assert np.array_equal(one.counts, many.counts)
    assert np.array_equal(one.sums, many.sums)
    assert np.array_equal(first.values, second.values)
    monkeypatch.setattr("mfsolve.models.parallel.BLOCK", 256)
    cut = [run(LIVELY, SMALL.model_copy(update={"scale": 40}), scenario, ManyBlocks, threads=n)[0] for n in (1, 3)]
    assert np.array_equal(cut[0].counts, cut[1].counts)
    assert np.array_equal(cut[0].sums, cut[1].sums)
    whole, _ = run(LIVELY, SMALL.model_copy(update={"scale": 40}), scenario, OneBlock)
    assert np.array_equal(cut[0].counts, whole.counts)  # blocks are part of the definition of sums, not of counts
    assert cut[0].sums == pytest.approx(whole.sums, rel=1e-12)


def test_conservation():
    size = Population(periods=100)
    path, found = run(Parameters(), size, Shock(), OneBlock)
    counts = path.counts
    assert np.all(counts[:, :4].sum(axis=1) == 50)
    inside = 50 - counts[:, market_state.EXIT]
    assert np.array_equal(np.diff(inside), counts[1:, market_state.BACK] - counts[1:, market_state.LEFT])
    sales = counts[:, market_state.OWN] + counts[:, market_state.ADOPTED] + counts[:, market_state.FIRM_SALES]
    assert np.all(sales <= 1000)
    assert np.all(counts[:, market_state.ADOPTED][counts[:, market_state.ADOPT] == 0] == 0)
    assert np.all(
        counts[:, market_state.SQUARES]
        >= (counts[:, market_state.OWN] + counts[:, market_state.ADOPTED]) ** 2 / np.maximum(inside, 1) - 1e-9
    )
    assert np.all(found.technical + found.creative <= 1.7 + 2 * 8.5 * Parameters().skill_spread)
    data = paths.observe(path)
    assert np.all((data["human_share"] >= 0) & (data["human_share"] <= data["creator_share"]))
    assert np.all(data["concentration"] <= data["herfindahl"])
    assert data["active"].tolist() == inside.tolist()


SCRIPT = """
import hashlib
import numpy as np
from mfsolve.models.agents import path
from mfsolve.models.agents.parameters import Parameters, Population, Shock
h = hashlib.sha256()
p, size = Parameters(), Population(periods=60, reference=20)
for found in (path.finite(p, size, Shock(), 1, 0, 1), path.limit(p, size, Shock()),
              path.finite(p, Population(scale=200, periods=3), Shock(), 1, 0, 2)):
    for values in found.values():
        h.update(np.ascontiguousarray(values).tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_bits_on_every_cpu():
    assert len(cpus.outputs(SCRIPT)) == 1


def test_what_is_not_allowed_is_never_done():
    size = Population(periods=60)
    for scenario, banned in (
        (Shock(reskilling=False), [market_state.RESKILL]),
        (Shock(adoption=False), [market_state.ADOPT]),
        (Shock(choice="fixed"), [market_state.RESKILL, market_state.ADOPT, market_state.EXIT]),
        (Shock(choice="best_response", adoption=False), [market_state.ADOPT]),
    ):
        kind = Responding if scenario.choice == "best_response" else OneBlock
        counts = run(Parameters(exploration=0.3), size, scenario, kind)[0].counts
        assert not counts[:, banned].any()
        assert counts[:, market_state.STAY].any()


def test_who_leaves_by_choice_stays_out():
    counts = run(Parameters(exploration=0.0), Population(periods=100), Shock(returning=False), OneBlock)[0].counts
    assert counts[:, market_state.LEFT].sum() > 0
    assert counts[:, market_state.BACK].sum() == 0


def test_best_response_is_its_twin_at_enumerated_demand():
    """Values of the actions against every way that three looks can fall."""
    p = LIVELY.model_copy(update={"consideration": 3})
    _, found = run(p, SMALL, Shock(choice="best_response", reskilling=False), Responding)
    market, unit = Responding(found), 1.7
    market.first[-1] = n = int(np.count_nonzero((found.state & market_state.ACTION) != market_state.EXIT))
    weights = ai_weights(p, ai_path(p, SMALL.periods))[-1]
    now = market_state.Now(np.uint64(3), np.uint64(0), 0.0, unit, 0.0, weights)
    demand.assess(market.rules, unit, found.block(0, 8), market.foresee(now))
    own = [i for i in range(8) if found.state[i] & market_state.ACTION in (market_state.STAY, market_state.RESKILL)]
    adopters = n - len(own)

    def sales(skills):
        total = 0.0
        for kind, skill in enumerate((found.technical, found.creative)):
            ai = float(weights[kind])
            mine = ai if skills is None else naive.weight(p, skills[kind], p.human_price)
            offers = [naive.weight(p, float(skill[i]), p.human_price) for i in own] + [ai, mine]
            mass = [1.0] * len(own) + [adopters + found.firms * p.ai_visibility, 0.0]
            chance = naive.chances(offers, mass, 3)[0][-1]
            total += 60 * 3 / (n + found.firms * p.ai_visibility) * chance
        return total

    for i in range(8):
        one = naive.Creator(p, KEY, i, 0)
        one.skill = [float(found.technical[i]), float(found.creative[i])]
        one.direction, one.q[market_state.RESKILL] = int(bool(found.state[i] & market_state.CREATIVE)), -np.inf
        one.assess(p, unit, sales)
        assert found.values[i] == pytest.approx(one.q, rel=2e-4)  # chances are linear between 2048 bins of skill


def test_recovery_is_that_of_ten_period_means():
    share = np.concatenate([np.ones(20), np.linspace(1.0, 0.2, 30), np.full(20, 0.2), np.full(30, 0.6)])
    fallen, recovered = paths.recovery(share)
    assert fallen[-1] == pytest.approx(0.8)
    assert recovered[-1] == pytest.approx(0.5)
    assert recovered[:60].max() < 1e-12
    flat = paths.recovery(np.ones(30))
    assert not np.any(flat)


def test_survival_slope_is_that_of_a_regression_over_creators():
    early, inside = np.array([1, 1, 1, 0, 0, 0, 0.0]), np.array([1, 1, 0, 1, 0, 0, 0.0])
    rows = np.zeros((market_state.COUNTS, 1))
    rows[market_state.EARLY_ALL], rows[market_state.EARLY_INSIDE] = early.sum(), (early * inside).sum()
    slope = np.cov(early, inside)[0, 1] / np.var(early, ddof=1)
    assert paths.survival_slope(7, np.array([inside.sum()]), rows)[0] == pytest.approx(slope)
    rows[market_state.EARLY_ALL] = 7
    assert paths.survival_slope(7, np.array([3.0]), rows)[0] == 0.0
