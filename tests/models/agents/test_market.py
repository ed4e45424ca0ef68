"""Markets of agents: their twin, their bits in blocks and threads, what they conserve."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mfsolve.kernels.agents import qlearning as k
from naive import agents as naive
from support.agents import LIVELY, SMALL, run

from mfsolve.models.agents import path as paths
from mfsolve.models.agents.market import ManyBlocks, OneBlock
from mfsolve.models.agents.parameters import Parameters, Population, Shock, WithoutAi


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
