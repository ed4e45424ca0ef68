"""SLURM's commands: jobs that are submitted, and whether one of them still waits or runs."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

PATIENCE = 60.0
"""Seconds after which `squeue` counts as one that does not answer."""


class Job(NamedTuple):
    """A submitted job: its number and, where there are several clusters, that of it (empty otherwise)."""

    number: str
    cluster: str = ""

    def __str__(self) -> str:
        """The form that `sbatch --parsable` prints."""
        return f"{self.number};{self.cluster}" if self.cluster else self.number

    def cancelling(self) -> str:
        """The command that ends it."""
        return f"scancel {f'--clusters={self.cluster} ' if self.cluster else ''}{self.number}"


class NotSubmittedError(RuntimeError):
    """A job that `sbatch` has refused, or whose number it did not print; the message is one line."""


def job_of(printed: str) -> Job | None:
    """The job that a text names on a line of its own, `ID` or `ID;CLUSTER`: the last one; None where there is none."""
    found = re.findall(r"^[ \t]*(\d+)(?:;(\S*))?[ \t]*\r?$", printed, re.MULTILINE)
    return Job(*found[-1]) if found else None


def submitted(*arguments: str) -> Job:
    """Submit a job, and find its number.

    The environment decides on nothing that only an array can have: what it says of one would hold for every job.

    Raises
    ------
    NotSubmittedError
        Where `sbatch` refuses, or prints no number.
    """
    environment = {name: value for name, value in os.environ.items() if name != "SBATCH_ARRAY_INX"}
    done = subprocess.run(
        ["sbatch", "--parsable", *arguments], env=environment, capture_output=True, errors="replace", check=False
    )
    if done.returncode:
        raise NotSubmittedError(f"sbatch: {_in_one_line(done.stderr or done.stdout)}")
    job = job_of(done.stdout)
    if job is None:
        printed = _in_one_line(f"{done.stdout}\n{done.stderr}")
        raise NotSubmittedError(
            f"sbatch: no job number in what it printed ({printed}); squeue shows whether it was submitted"
        )
    return job


def _in_one_line(said: str) -> str:
    """The lines that `sbatch` has printed, without its name in front of each."""
    lines = (re.sub(r"^(sbatch: +)?(error: +)?", "", line.strip()) for line in said.splitlines())
    return "; ".join(filter(None, lines)) or "no message"


def in_the_queue(job: Job) -> bool:
    """True where `squeue` lists a job, or an element of it; False where it does not, or there is no `squeue`."""
    if shutil.which("squeue") is None:
        return False
    where: Sequence[str] = [f"--clusters={job.cluster}"] if job.cluster else []
    try:
        done = subprocess.run(
            ["squeue", "--noheader", "--format=%i", f"--jobs={job.number}", *where],
            capture_output=True, errors="replace", check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return re.search(rf"^\s*{job.number}(_|\s|$)", done.stdout, re.MULTILINE) is not None
