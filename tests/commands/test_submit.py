"""Batch systems: a run that stops by the clock and goes on, an array of slices and its joining."""

import os
import shlex
import subprocess
from pathlib import Path

import h5py
import pytest
from support.batch_site import sbatch_reads

from mfsolve.cli import main
from mfsolve.commands.submit import EARLY, refuse_idle_slices
from mfsolve.models.frozen import InputError
from mfsolve.study.execution.deadline import MARGIN
from mfsolve.study.execution.plan import LARGEST, default_size, plan
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.storage.shards import checksum


def contents(folder):
    with h5py.File(folder / "small.h5") as file:
        return {name: checksum(file[name]) for name in file}


def test_a_run_that_is_stopped_by_the_clock_goes_on(study_file, tmp_path, capsys):
    """Slices whose time is over at once store nothing, say so, and are finished when they are submitted again."""
    out = ["run", str(study_file), "--out", str(tmp_path / "out")]
    assert main([*out, "--time-limit", "0"]) == 143
    assert "stopped by the time limit: 0 of 24 replicates were stored; run the same command again" in (
        capsys.readouterr().err
    )
    assert main(out) == 0
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole"), "--time-limit", "1:00:00"]) == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_an_array_is_written_and_submitted_with_its_joining(study_file, tmp_path, site):
    out = tmp_path / "with space" / "out"
    code, said = site.submit(study_file, "--array", 3, "--out", out)
    assert code == 0
    assert "no sbatch here" in said
    site.has("sbatch")
    more = ["--time-limit", "30", "--workers", "2", "--at-once", "2"]
    code, said = site.submit(study_file, "--array", 3, "--out", out, *more)
    assert code == 0
    assert "submitted as 41 (3 slices), joined by 42" in said
    first, second = site.calls()
    assert first[0] == "--parsable"
    assert first[-1] == str(out / "array.sh")
    assert first[1:-1] == [
        "--job-name=mfsolve", "--array=1-3%2", "--cpus-per-task=2", "--time=30", "--signal=B:TERM@60",
        f"--output={out}/slice-%a.log",
    ]  # fmt: skip
    script = (out / "array.sh").read_text()
    assert sbatch_reads(script) == first[1:-1]
    assert second[:-1] == [
        "--parsable", "--job-name=mfsolve-merge", "--dependency=afterok:41", "--kill-on-invalid-dep=yes",
        f"--output={out}/merge.log", "--wrap",
    ]  # fmt: skip
    assert second[-1].endswith(f"mfsolve merge '{out}'")
    assert subprocess.run(["bash", "-n", str(out / "array.sh")], check=False).returncode == 0


def test_slices_are_told_what_the_command_was(study_file, tmp_path, site):
    out = tmp_path / "out"
    site.has("sbatch")
    told = ["--replicates", "5", "--set", "ensemble.seed=7", "--set", "title=it's two words", "--task-time", "90"]
    assert site.submit(study_file, "--array", 2, "--out", out, *told)[0] == 0
    script = (out / "array.sh").read_text()
    line = shlex.split(script.replace("$SLURM_ARRAY_TASK_ID", "1").splitlines()[-1])
    assert line[line.index("--set") :] == [*told[2:6], *told[:2], "--task-time", "1:30:00"]
    for place in (1, 2):
        slice_ = [word.replace("1/2", f"{place}/2") for word in line[line.index("run") :]]
        assert main(slice_) == 0
    assert main(["merge", str(out)]) == 0
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole"), *told]) == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize(("limit", "minutes"), [("0", 0), ("1", 1), ("2", 2), ("0:30", 1), ("2:00", 2)])
def test_a_time_that_is_over_when_it_begins_is_refused(study_file, tmp_path, site, limit, minutes):
    code, said = site.submit(study_file, "--array", 2, "--out", tmp_path / "out", "--time-limit", limit)
    assert code == 2
    assert said.startswith(f"--time-limit: {minutes} min leaves a slice no time; allowed: from 3 min on")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("limit", "minutes"), [("3", 3), ("2:01", 3), ("1:00:00", 60), ("1-00:00:01", 1441)])
def test_a_slice_gets_the_minutes_that_are_asked_for_at_least(study_file, tmp_path, site, limit, minutes):
    assert site.submit(study_file, "--array", 2, "--out", tmp_path / "out", "--time-limit", limit)[0] == 0
    assert f"--time={minutes}" in sbatch_reads((tmp_path / "out" / "array.sh").read_text())


@pytest.mark.parametrize(("replicates", "most"), [(8, 16), (3, 6), (1, 2)])
def test_no_slice_is_idle(study_file, tmp_path, site, replicates, most):
    """Tasks of two policies, of one replicate each."""
    asked = [study_file, "--out", tmp_path / "out", "--replicates", replicates]
    for slices in (most + 1, 1_000_000):
        assert site.submit(*asked, "--array", slices) == (
            2, f"--array: {slices} given; allowed: up to {most}, the study's number of tasks"
        )  # fmt: skip
        assert not (tmp_path / "out").exists()
    assert site.submit(*asked, "--array", most)[0] == 0


def test_the_most_slices_are_found_where_fewer_have_larger_tasks():
    """The bound is the largest number that is no larger than the tasks which it makes, of all numbers."""
    study = load_study(shipped_studies()["headline"], ["ensemble.replicates=300"])
    tasks = {n: len(plan(study, default_size(300, n), LARGEST, n)) for n in range(1, 1001)}
    most = max(n for n, count in tasks.items() if count >= n)
    assert most < 1000
    refuse_idle_slices(study, most)
    with pytest.raises(InputError, match=f"up to {most}, the study"):
        refuse_idle_slices(study, 1000)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "ensemble.half_width=0.5"], "half_width"),
        (["--set", "ensemble.replicates=none"], "--set ensemble.replicates=none: "),
        (["--replicates", "4294967295"], "--replicates 4294967295: 4294967295 replicates of 2 points leave "),
        (["--sbatch=long"], "'long': an option of sbatch is needed, such as --partition=long"),
        (["--sbatch=--comment=a\nrm"], "an option of sbatch is needed"),
        (["--at-once", "0"], "a whole number from 1 on is needed"),
    ],
)
def test_what_no_slice_could_compute_is_not_submitted(study_file, tmp_path, site, more, said):
    code, line = site.submit(study_file, "--array", 3, "--out", tmp_path / "out", *more)
    assert code == 2
    assert said in line
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_script_of_an_array_computes_and_joins_what_one_run_does(study_file, tmp_path, site):
    """Its slices race on one directory, as processes of this machine."""
    out = tmp_path / "out"
    assert site.submit(study_file, "--array", 2, "--out", out)[0] == 0
    jobs = [
        subprocess.Popen(["bash", str(out / "array.sh")], env={**os.environ, "SLURM_ARRAY_TASK_ID": str(task)})
        for task in (1, 2)
    ]
    assert [job.wait(timeout=100) for job in jobs] == [0, 0]
    assert main(["merge", str(out)]) == 0
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole")]) == 0
    assert contents(out) == contents(tmp_path / "whole")


def test_the_shipped_scripts_are_valid():
    folder = Path(__file__).parents[2] / "runs/slurm"
    for script in sorted(folder.glob("*.sh")):
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_texts_and_scripts_agree_on_when_slurm_stops_a_run():
    """Asked for MARGIN seconds before the end, SLURM may do so EARLY seconds before that."""
    root = Path(__file__).parents[2]
    assert (MARGIN, EARLY) == (60.0, 60.0)
    for script in ("array.sh", "dask.sh"):
        text = (root / "runs/slurm" / script).read_text()
        assert f"#SBATCH --signal=B:TERM@{MARGIN:.0f}\n" in text
        assert "one to two minutes before the end of" in text
        assert f"asked to do so {MARGIN:.0f} s before it, and may be {EARLY:.0f} s early" in text.replace("\n#", "")
    assert "one to two minutes before the end" in (root / "README.md").read_text().replace("\n ", "")
