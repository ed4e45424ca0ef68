"""`mfsolve submit`: a study as an array of SLURM jobs without a scheduler process, and a job that joins them."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from mfsolve.commands.messages import say, warn
from mfsolve.commands.run import run_directory
from mfsolve.commands.terminal import FAILED, find_study
from mfsolve.study.files import write_text

SCRIPT = """#!/bin/bash
# Slices of {title}; submitted again, the same array goes on with what is missing.
#SBATCH --job-name=mfsolve
#SBATCH --array=1-{slices}
#SBATCH --cpus-per-task={workers}
#SBATCH --time={minutes}
#SBATCH --output={logs}
#SBATCH --signal=B:TERM@120
set -euo pipefail
exec {command} run {study} --out {out} --workers {workers} --shard "$SLURM_ARRAY_TASK_ID/{slices}"
"""


def submit(study_file: str, out: str | None, slices: int, workers: int, seconds: float) -> int:
    """Write the script of the array into the run directory and, where `sbatch` is there, submit it and the joining.

    Raises
    ------
    StudyError
        For a study that cannot be run as written, or a folder that holds another one; nothing is submitted then.
    """
    path = find_study(study_file)
    directory = run_directory(path, Path(out) if out else None)
    directory.open(sliced=True)
    folder = directory.path.resolve()
    script, command = folder / "array.sh", shlex.join([sys.executable, "-m", "mfsolve"])
    write_text(script, SCRIPT.format(
        title=directory.study.name, slices=slices, workers=workers, minutes=max(1, round(seconds / 60)),
        logs=folder / "slice-%a.log", command=command, study=shlex.quote(str(path.resolve())),
        out=shlex.quote(str(folder)),
    ))  # fmt: skip
    join = f"{command} merge {shlex.quote(str(folder))}"
    if shutil.which("sbatch") is None:
        say(f"{script}: written; there is no sbatch here: submit it where there is, then: {join}")
        return 0
    job = _sbatch("--parsable", str(script))
    if job is None:
        return FAILED
    joining = _sbatch("--parsable", f"--dependency=afterok:{job}", f"--output={folder / 'merge.log'}", "--wrap", join)
    if joining is None:
        return FAILED
    say(f"{script}: submitted as {job} ({slices} slices), joined by {joining}; to go on: mfsolve submit again")
    return 0


def _sbatch(*arguments: str) -> str | None:
    """The number of a submitted job; None, and a line, where it was refused."""
    done = subprocess.run(["sbatch", *arguments], capture_output=True, errors="replace", check=False)
    job = done.stdout.strip().partition(";")[0]
    if done.returncode or not job:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        warn(f"sbatch: {last[0]}")
        return None
    return job
