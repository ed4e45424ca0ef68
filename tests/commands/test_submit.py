"""Batch systems: a run that stops by the clock and goes on, an array of slices and its joining."""

import os
import shlex
import subprocess
from pathlib import Path

import h5py
import pytest

from mfsolve.cli import main
from mfsolve.study.shards import checksum

SBATCH = """#!/bin/bash
echo "$@" >> {calls}
echo 4$(wc -l < {calls})
"""


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


def test_an_array_is_written_and_submitted_with_its_joining(study_file, tmp_path, monkeypatch, capsys):
    out, calls = tmp_path / "with space" / "out", tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert main(["submit", str(study_file), "--array", "3", "--out", str(out)]) == 0
    assert "there is no sbatch here" in capsys.readouterr().err
    stub = tmp_path / "bin" / "sbatch"
    stub.write_text(SBATCH.format(calls=calls))
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert (
        main(["submit", str(study_file), "--array", "3", "--out", str(out), "--time-limit", "30", "--workers", "2"])
        == 0
    )
    said = capsys.readouterr().err
    assert "submitted as 41 (3 slices), joined by 42" in said
    first, second = calls.read_text().splitlines()
    assert first == f"--parsable {out / 'array.sh'}"
    assert second.startswith("--parsable --dependency=afterok:41 ")
    assert second.endswith(f"mfsolve merge '{out}'")
    script = (out / "array.sh").read_text()
    for line in ("#SBATCH --array=1-3", "#SBATCH --cpus-per-task=2", "#SBATCH --time=30", "TERM@120"):
        assert line in script
    assert subprocess.run(["bash", "-n", str(out / "array.sh")], check=False).returncode == 0
    stub.write_text("#!/bin/bash\necho 'sbatch: error: invalid account' >&2\nexit 1\n")
    assert main(["submit", str(study_file), "--array", "3", "--out", str(out)]) == 1
    assert capsys.readouterr().err.strip().endswith("invalid account")


def test_slices_are_told_what_the_command_was(study_file, tmp_path, monkeypatch, capsys):
    out, calls, stub = tmp_path / "out", tmp_path / "calls", tmp_path / "bin" / "sbatch"
    stub.parent.mkdir()
    stub.write_text(SBATCH.format(calls=calls))
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:/usr/bin:/bin")
    told = ["--replicates", "5", "--set", "ensemble.seed=7", "--set", "title=it's two words", "--task-time", "90"]
    wishes = ["--sbatch=--partition=long", "--sbatch=--comment=a b"]
    assert main(["submit", str(study_file), "--array", "2", "--out", str(out), *told, *wishes]) == 0
    script = (out / "array.sh").read_text()
    assert "\n#SBATCH --partition=long\n#SBATCH '--comment=a b'\nset " in script
    line = shlex.split(script.replace("$SLURM_ARRAY_TASK_ID", "1").splitlines()[-1])
    assert line[line.index("--set") :] == [*told[2:6], *told[:2], "--task-time", "1:30:00"]
    assert calls.read_text().splitlines()[1].startswith("--parsable --partition=long --comment=a b --dependency=")
    for place in (1, 2):
        slice_ = [word.replace("1/2", f"{place}/2") for word in line[line.index("run") :]]
        assert main(slice_) == 0
    assert main(["merge", str(out)]) == 0
    assert main(["run", str(study_file), "--out", str(tmp_path / "whole"), *told]) == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "ensemble.half_width=0.5"], "half_width"),
        (["--set", "ensemble.replicates=none"], "--set ensemble.replicates=none: "),
        (["--replicates", "4294967295"], "--replicates 4294967295: 4294967295 replicates of 2 points leave "),
        (["--sbatch=long"], "'long': an option of sbatch is needed, such as --partition=long"),
        (["--sbatch=--comment=a\nrm"], "an option of sbatch is needed"),
    ],
)
def test_what_no_slice_could_compute_is_not_submitted(study_file, tmp_path, capsys, more, said):
    try:
        code = main(["submit", str(study_file), "--array", "3", "--out", str(tmp_path / "out"), *more])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_script_of_an_array_computes_and_joins_what_one_run_does(study_file, tmp_path, monkeypatch):
    """Its slices race on one directory, as processes of this machine."""
    out = tmp_path / "out"
    assert main(["submit", str(study_file), "--array", "2", "--out", str(out)]) == 0
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
