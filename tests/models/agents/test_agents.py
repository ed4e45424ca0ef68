"""The agent-based market as a whole: its twin, its bits, its closed forms, its limit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mfsolve.kernels.agents import qlearning as k
from naive import agents as naive

from mfsolve.models import agents
from mfsolve.models.agents import path as paths
from mfsolve.models.agents.market import ManyBlocks, OneBlock
from mfsolve.models.agents.parameters import Parameters, Population, Shock, WithoutAi

LIVELY = Parameters(  # a shock within a dozen periods, all four actions in use
    ai_initial=0.2, ai_technical_learning=0.9, ai_creative_learning=0.7, exploration=0.3, outside_income=0.3,
    quality_weight=8.0, price_sensitivity=4.0, outside_utility=0.0,
)  # fmt: skip
SMALL = Population(creators=8, ai_firms=2, consumers=120, periods=12)


def run(p, size, scenario, market, seed=3, replicate=5, threads=1):
    found = paths.agents_of(p, size, scenario, size.scale, seed, replicate, threads)
    return paths.evolve(found, market(found), scenario, size.periods), found


@pytest.mark.parametrize("p", [LIVELY, LIVELY.model_copy(update={"consideration": 7, "technical_demand": 0.3})])
def test_path_is_its_twin(p):
    """Choices, sales and learning agree; skills start from normals that differ in the last bit."""
    path, found = run(p, SMALL, Shock(), OneBlock)
    rows, people = naive.path(p, 8, 2, 120, 12, seed=3, replicate=5)
    counted = [(*r["actions"], r["back"], r["left"], r["own"], r["adopted"], r["squares"], r["firms"],
                r["firm_squares"]) for r in rows]  # fmt: skip
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
    inside = 50 - counts[:, k.EXIT]
    assert np.array_equal(np.diff(inside), counts[1:, k.BACK] - counts[1:, k.LEFT])
    sales = counts[:, k.OWN] + counts[:, k.ADOPTED] + counts[:, k.FIRM_SALES]
    assert np.all(sales <= 1000)
    assert np.all(counts[:, k.ADOPTED][counts[:, k.ADOPT] == 0] == 0)
    assert np.all(counts[:, k.SQUARES] >= (counts[:, k.OWN] + counts[:, k.ADOPTED]) ** 2 / np.maximum(inside, 1) - 1e-9)
    assert np.all(found.technical + found.creative <= 1.7 + 2 * 8.5 * Parameters().skill_spread)
    data = paths.observe(path)
    assert np.all((data["human_share"] >= 0) & (data["human_share"] <= data["creator_share"]))
    assert np.all(data["concentration"] <= data["herfindahl"])
    assert data["active"].tolist() == inside.tolist()


def test_equal_creators_without_ai_share_by_the_closed_form():
    """All the same, nobody explores: m w / (1 + m w) of consumers buy, and nothing changes."""
    p = Parameters(
        skill_spread=0.0, exploration=0.0, human_technical=1.0, human_creative=1.0, outside_income=0.0,
        reskilling_step=0.0,
    )  # fmt: skip
    w = float(np.exp(p.quality_weight - p.price_sensitivity * p.human_price - p.outside_utility))
    buy = p.consideration * w / (1.0 + p.consideration * w)
    size = Population(scale=20, periods=30)
    data = agents.simulate(p, size, "without_ai", seed=2)
    bought = data.buying.values.mean()
    assert abs(bought - buy) < 4.5 * np.sqrt(buy * (1 - buy) / (31 * 20_000))
    assert np.all(data.surviving == 1.0)
    assert np.all(data.human_share == 1.0)
    assert data.consumer_surplus.values == pytest.approx(-np.log1p(-buy) / p.price_sensitivity, rel=1e-6)
    limit = agents.mean_field(p, size.model_copy(update={"reference": 20}), "without_ai")
    between_bins = (p.quality_weight * p.highest_skill / 2047) ** 2 / 8  # of a weight interpolated in skill
    expected = -np.log1p(-buy) / p.price_sensitivity
    assert limit.consumer_surplus.values == pytest.approx(expected, rel=between_bins)
    # shares of 1000 sellers: the square of a binomial number of sales, in numbers of consumers
    per_seller = buy / 1000
    expected = 1000 * (per_seller**2 + per_seller * (1 - per_seller) / 20_000)
    assert data.concentration.values.mean() == pytest.approx(expected, rel=0.01)


def test_finite_populations_follow_the_limit():
    """Ten markets of 2500 creators against the limit's law, in standard errors of both together.

    The largest of 7 x 26 statistics of t with 9 degrees of freedom exceeds 6.5 at most once in 50 times.
    """
    p, size = LIVELY, Population(scale=50, periods=25, reference=1000)
    limit = paths.limit(p, size, Shock())
    rows = [paths.finite(p, size, Shock(), 11, r, 1) for r in range(10)]
    sample = size.creators * size.reference
    for name in ("surviving", "own_work", "adopting", "human_share", "creative_change", "buying", "consumer_surplus"):
        x = np.array([row[name] for row in rows])
        spread = x.std(axis=0, ddof=1)
        error = spread * np.sqrt(1 / 10 + size.creators * size.scale / sample) + 1e-9
        assert np.all(np.abs(x.mean(axis=0) - limit[name]) < 6.5 * error), name
    assert np.ptp([row["surviving"][-1] for row in rows]) > 0


def test_limit_does_not_depend_on_the_population_that_asks():
    p, size = LIVELY, Population(periods=8, reference=40)
    one, ten = (paths.limit(p, size.model_copy(update={"scale": s}), Shock()) for s in (1, 10))
    assert 10 * one["active"] == pytest.approx(ten["active"], rel=1e-14)
    assert np.array_equal(one["human_share"], ten["human_share"])
    assert one["concentration"] == pytest.approx(10 * ten["concentration"], rel=1e-12)


def test_library_gives_labelled_paths():
    data = agents.simulate(LIVELY, SMALL, seed=1)
    assert dict(data.sizes) == {"period": 13}
    assert set(data.data_vars) == set(agents.QUANTITIES)
    assert data.active.attrs["units"] == "creators"
    assert data.ai_technical.values[-1] == pytest.approx(LIVELY.ai_technical, rel=1e-4)
    assert agents.simulate(LIVELY, SMALL, seed=1, replicate=1).active.values.tolist() != data.active.values.tolist()
    assert agents.simulate(LIVELY, SMALL, "without_ai", seed=1).ai_technical.values.tolist() == [0.0] * 13


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"markup": 0.0}, r"markup: 0.0 given.*\(0, 100\]"),
        ({"discount": 1.0}, r"discount: 1.0 given.*\[0, 1\)"),
        ({"reskilling_return": 1.2}, r"reskilling_return: 1.2 given.*\[0, 1\]"),
        ({"consideration": 0}, r"consideration: 0 given.*\[1, 63\]"),
        ({"quality_weight": 50.0, "human_creative": 5.0}, "quality_weight: 50 given: utilities beyond 80"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Parameters(**arguments)


def test_populations_that_cannot_be_counted_are_refused():
    with pytest.raises(ValueError, match="scale: 400000 given: at most 2\\^24 sellers"):
        Population(scale=400_000)
    with pytest.raises(ValueError, match="scenario: 'nothing' given"):
        agents.simulate(LIVELY, SMALL, "nothing", seed=1)
    with pytest.raises(ValueError, match="seed"):
        agents.simulate(LIVELY, SMALL, seed=-1)
    with pytest.raises(ValueError, match="threads: 0 given"):
        agents.simulate(LIVELY, SMALL, seed=1, threads=0)
    with pytest.raises(ValueError, match="parameters: None given"):
        agents.mean_field(None)
    with pytest.raises(ValueError, match="population: 50 given"):
        agents.simulate(LIVELY, 50, seed=1)


def test_a_scenario_is_not_its_class():
    """The class of a scenario without AI is not that scenario: it would run as a market with AI."""
    with pytest.raises(ValueError, match=r"scenario: <class .* given; allowed: shock, without_ai"):
        agents.simulate(LIVELY, SMALL, agents.WithoutAi, seed=1)
    one, two = (agents.simulate(LIVELY, SMALL, which, seed=1) for which in ("without_ai", agents.WithoutAi()))
    assert one.equals(two)
    assert one.attrs == two.attrs


def test_a_market_that_does_not_open_is_refused():
    with pytest.raises(agents.NoOpening, match="opening period"):
        agents.simulate(LIVELY.model_copy(update={"outside_utility": 40.0}), SMALL, seed=1)


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
def test_same_bits_on_every_cpu():
    root = Path(__file__).parents[3]
    digests = set()
    for cpu in ("generic", "haswell", None):
        environment = {**os.environ, "PYTHONPATH": str(root)}
        if cpu is not None:
            environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(run.stdout)
    assert len(digests) == 1
