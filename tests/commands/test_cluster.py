"""The shipped scripts of a batch system, carried out: a Dask cluster whose workers come late and leave, an array that races.

`sbatch` and `srun` are stubs that start processes of this machine; everything they start is real.
"""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import tomli_w

from mfsolve.cli import main
from mfsolve.study.file.toml_text import assign, read_toml
from mfsolve.study.storage.shards import checksum

ROOT = Path(__file__).parents[2]
SLURM = ROOT / "runs" / "slurm"

MFSOLVE = """#!/bin/bash
exec {python} -m mfsolve "$@"
"""
DASK = """#!/bin/bash
exec {python} -m dask "$@" 2>> {folder}/dask.log
"""
SRUN = """#!/bin/bash
# One worker at once; when two shards are there a second one comes, and when six are there the first one leaves.
shards() {{ ls {out}/shards 2>/dev/null | grep -c 'h5$'; }}
"$@" & first=$!
trap 'kill $(jobs -p) 2>/dev/null' EXIT TERM
until [ "$(shards)" -ge 2 ]; do sleep 0.05; done
shards > {folder}/late
"$@" & second=$!
until [ "$(shards)" -ge 6 ]; do sleep 0.05; done
kill -TERM $first
wait $first
shards > {folder}/left
wait $second
"""
SBATCH = """#!/bin/bash
# An array of three elements, each of which is started twice, and what depends on it.
echo "$@" >> {folder}/calls
while [ "${{1#-}}" != "$1" ]; do [ "$1" = --wrap ] && {{ bash -c "$2" >&2 && echo 42; exit; }}; shift; done
for task in 1 2 3 1 2 3; do SLURM_CPUS_PER_TASK=1 SLURM_ARRAY_TASK_ID=$task bash "$@" 3 2>> {folder}/log & done
code=0
for job in $(jobs -p); do wait $job || code=1; done
[ $code = 0 ] && echo 41
"""
LONG = ["population.producers=20000", "population.items=16", "ensemble.replicates=640"]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A folder of stubs that stands first in the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)

    def write(name: str, text: str, **words: object) -> None:
        path = folder / name
        path.write_text(text.format(python=sys.executable, folder=tmp_path, **words))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    write("mfsolve", MFSOLVE)
    write("dask", DASK)
    return write


def contents(folder: Path) -> dict[str, str]:
    """Fingerprints of the joined file."""
    with h5py.File(folder / "small.h5") as file:
        return {name: checksum(file[name]) for name in file}


def with_settings(study_file: Path, settings: list[str]) -> Path:
    """The small study with other sizes, as its own file: scripts take no settings."""
    raw = dict(read_toml(study_file))
    for setting in settings:
        assign(raw, setting)
    study_file.write_text(tomli_w.dumps(raw))
    return study_file


def dask_script(study_file: Path, out: Path, job: int, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"SLURM_JOB_ID": str(job), "SLURM_CPUS_PER_TASK": "1", "SLURM_NTASKS": "2"}
    return subprocess.run(
        ["bash", str(SLURM / "dask.sh"), str(study_file), str(out)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_cluster_whose_workers_come_late_and_leave_gives_the_same_bits(study_file, tmp_path, bench):
    """`dask.sh` as it is shipped: scheduler, its file, workers; then a worker with other code, which is refused."""
    out = tmp_path / "out"
    with_settings(study_file, LONG)
    bench("srun", SRUN, out=out)
    done = dask_script(study_file, out, 7, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    late, left = (int((tmp_path / name).read_text()) for name in ("late", "left"))
    assert 2 <= late < left < 32, "workers came and left while replicates were computed"
    assert not list(tmp_path.glob("scheduler-*.json"))
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole"), "--workers", "2"]) == 0
    assert contents(out) == contents(tmp_path / "whole")

    other = tmp_path / "other"
    for room in ("mfsolve", "kernels"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    changed = other / "mfsolve" / "models" / "collapse" / "market.py"
    changed.write_text(changed.read_text() + "\nOTHER = 1\n")
    bench("srun", '#!/bin/bash\nPYTHONPATH={other} exec "$@"\n', other=other)
    done = dask_script(study_file, tmp_path / "refused", 8, tmp_path)
    assert done.returncode == 2
    assert "has code " in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "refused" / "shards").glob("*.h5"))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_an_array_whose_elements_race_is_joined_to_the_same_bits(study_file, tmp_path, bench):
    """`array.sh` as it is shipped and as `submit` writes it, every element twice at a time, and the joining."""
    bench("sbatch", SBATCH)
    out, written = tmp_path / "out", tmp_path / "written"
    script = [str(SLURM / "array.sh"), str(study_file), str(out)]
    job = subprocess.run(["sbatch", "--parsable", *script], capture_output=True, text=True, timeout=200, check=False)
    assert job.stdout.strip() == "41", (tmp_path / "log").read_text()
    assert main(["merge", str(out)]) == 0
    assert main(["submit", str(study_file), "--array", "3", "--out", str(written)]) == 0
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole"), "--workers", "1"]) == 0
    assert contents(out) == contents(written) == contents(tmp_path / "whole")
    assert "Traceback" not in (tmp_path / "log").read_text()
