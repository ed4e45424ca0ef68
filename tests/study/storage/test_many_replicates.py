"""A million replicates of next to nothing: few files, time that grows with them, memory that does not."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

MODEL = """
import numpy as np
from mfsolve.experiments import Arm, Experiment, Frozen, Output

def drawn(case):
    return {"x": Output((), "a number")}

def draw(case, seed, replicate, threads):
    return {name: values[0] for name, values in draw_many(case, seed, range(replicate, replicate + 1), threads).items()}

def draw_many(case, seed, replicates, threads):
    n = np.arange(replicates.start, replicates.stop, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(2**32)
    return {"x": n / 2.0**32}

EXPERIMENT = Experiment(
    name="tiny", title="next to nothing", parameters=Frozen,
    arms={"singly": Arm(draw=draw, drawn=drawn), "together": Arm(draw=draw, draw_many=draw_many, drawn=drawn)},
)
"""
STUDY = """
model = "tiny:EXPERIMENT"
figures = []
[arms.ARM]
[ensemble]
replicates = 16
[[estimates]]
name = "x"
quantity = "x"
prediction = 0.5
"""
SCRIPT = """
import resource, sys
from mfsolve.cli import main
code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
sys.exit(code)
"""


def cost(folder: Path, *asked: object) -> tuple[float, float]:
    """Seconds of processor time and MiB of memory of a command."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, asked)], cwd=folder, capture_output=True, text=True, check=True
    )
    seconds, memory = map(float, done.stderr.splitlines()[-1].split())
    return seconds, memory


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("arm", "counts"), [("together", (10_000, 100_000, 1_000_000)), ("singly", (10_000, 100_000))])
def test_files_are_few_time_is_linear_and_memory_flat(arm, counts, tmp_path):
    """Computing, joining anew, and going on where a shard was lost."""
    (tmp_path / "tiny.py").write_text(MODEL)
    (tmp_path / "mine.toml").write_text(STUDY.replace("ARM", arm))
    costs: dict[str, list[tuple[float, float]]] = {"run": [], "join": [], "resume": []}
    for count in counts:
        out = tmp_path / str(count)
        asked = ("run", "mine.toml", "--out", out, "--replicates", count, "--workers", 1, "--json")
        costs["run"].append(cost(tmp_path, *asked))
        shards = sorted((out / "shards").iterdir())
        assert len(shards) <= 400
        (out / "summary.json").unlink()
        (out / "mine.h5").unlink()
        costs["join"].append(cost(tmp_path, "merge", out, "--json"))
        first = (out / "summary.json").read_text()
        for lost in ("summary.json", "mine.h5", f"shards/{shards[len(shards) // 2].name}"):
            (out / lost).unlink()
        costs["resume"].append(cost(tmp_path, *asked))
        assert (out / "summary.json").read_text() == first
        (row,) = json.loads(first)["rows"]
        assert abs(row["estimate"]["value"] - 0.5) < 1e-3
    print(arm, counts, json.dumps(costs))
    for what, measured in costs.items():
        for (seconds, memory), (more, larger) in pairwise(measured):
            assert more < 13.0 * seconds, f"{what}: {costs}"  # ten times the replicates
            assert larger < memory + 100.0, f"{what}: {costs}"
