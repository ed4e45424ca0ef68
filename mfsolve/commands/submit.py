"""`mfsolve submit`: a study as an array of SLURM jobs without a scheduler process, and a job that joins them."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mfsolve.commands.messages import say, warn
from mfsolve.commands.run import refuse_slices, run_directory
from mfsolve.commands.terminal import FAILED, attribute_errors, find_study
from mfsolve.study import budget
from mfsolve.study.config import Setting
from mfsolve.study.files import write_text

SCRIPT = """#!/bin/bash
# Slices of {title}; submitted again, the same array goes on with what is missing.
#SBATCH --job-name=mfsolve
#SBATCH --array=1-{slices}
#SBATCH --cpus-per-task={workers}
#SBATCH --time={minutes}
#SBATCH --output={logs}
#SBATCH --signal=B:TERM@120
{wishes}set -euo pipefail
exec {command} run {study} --out {out} --workers {workers} --shard "$SLURM_ARRAY_TASK_ID/{slices}"{options}
"""


def submit(
    study_file: str,
    *,
    out: str | None,
    slices: int,
    workers: int,
    seconds: float,
    settings: Sequence[str] = (),
    task_seconds: float | None = None,
    wishes: Sequence[str] = (),
) -> int:
    """Write the script of the array into the run directory and, where `sbatch` is there, submit it and the joining.

    Parameters
    ----------
    study_file, out, workers
        As `mfsolve run` takes them; so does every slice.
    settings
        `KEY=VALUE` of the command line, `with_replicates` where it has these; every slice takes them.
    slices
        Jobs of the array, >= 1.
    seconds
        Wall time of a slice, >= 0; the script asks for whole minutes, one at least.
    task_seconds
        Longest time of a task, None where it may take any.
    wishes
        Options of `sbatch`, such as `--partition=long`, for the slices and the joining.

    Raises
    ------
    StudyError
        For a study that cannot be run as written, or not in slices, or does not fit; a folder that holds another one;
        nothing is submitted then.
    """
    path = find_study(study_file)
    directory = run_directory(path, Path(out) if out else None, settings)
    refuse_slices(directory.study)
    with attribute_errors(settings):
        for line in budget.refuse_what_cannot_fit(directory.study, directory.path, workers):
            say(line)
    directory.open(sliced=True)
    folder = directory.path.resolve()
    script, command = folder / "array.sh", shlex.join([sys.executable, "-m", "mfsolve"])
    write_text(script, SCRIPT.format(
        title=directory.study.name, slices=slices, workers=workers, minutes=max(1, round(seconds / 60)),
        logs=folder / "slice-%a.log", command=command, study=shlex.quote(str(path.resolve())),
        out=shlex.quote(str(folder)), wishes="".join(f"#SBATCH {shlex.quote(wish)}\n" for wish in wishes),
        options="".join(f" {shlex.quote(word)}" for word in _options(settings, task_seconds)),
    ))  # fmt: skip
    join = f"{command} merge {shlex.quote(str(folder))}"
    if shutil.which("sbatch") is None:
        say(f"{script}: written; there is no sbatch here: submit it where there is, then: {join}")
        return 0
    job = _sbatch("--parsable", str(script))  # the wishes of an array stand in its script
    if job is None:
        return FAILED
    after = (f"--dependency=afterok:{job}", f"--output={folder / 'merge.log'}", "--wrap", join)
    joining = _sbatch("--parsable", *wishes, *after)
    if joining is None:
        return FAILED
    say(f"{script}: submitted as {job} ({slices} slices), joined by {joining}; to go on: mfsolve submit again")
    return 0


def _options(settings: Sequence[str], task_seconds: float | None) -> list[str]:
    """Options of a slice that say what this command was told."""
    found = []
    for setting in settings:
        found += setting.option.split() if isinstance(setting, Setting) else ["--set", setting]
    if task_seconds is not None:
        minutes, rest = divmod(round(task_seconds), 60)
        found += ["--task-time", f"{minutes // 60}:{minutes % 60:02}:{rest:02}"]
    return found


def _sbatch(*arguments: str) -> str | None:
    """The number of a submitted job; None, and a line, where it was refused."""
    done = subprocess.run(["sbatch", *arguments], capture_output=True, errors="replace", check=False)
    job = done.stdout.strip().partition(";")[0]
    if done.returncode or not job:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        warn(f"sbatch: {last[0]}")
        return None
    return job
