"""`mfsolve submit`: a study as an array of SLURM jobs without a scheduler process, and a job that joins them."""

import math
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mfsolve.commands import batch_options
from mfsolve.commands.messages import say, warn
from mfsolve.commands.run import refuse_slices, refuse_what_cannot_fit, run_directory
from mfsolve.commands.sbatch import NotSubmittedError, in_the_queue, job_of, submitted
from mfsolve.commands.terminal import FAILED, attribute_errors, find_study
from mfsolve.models.frozen import InputError
from mfsolve.paths import exists
from mfsolve.study.execution.deadline import MARGIN
from mfsolve.study.execution.plan import LARGEST, default_size, plan
from mfsolve.study.file.config import Setting, Study
from mfsolve.study.storage.files import write_bytes, write_text

SCRIPT = """#!/bin/bash
# Slices of {title}; submitted again, the same array goes on with what is missing.
{options}
set -euo pipefail
exec {command} run {study} --out {out} --workers {workers} --shard "$SLURM_ARRAY_TASK_ID/{slices}"{told}
"""
EARLY = 60.0
"""Seconds by which SLURM may send a signal earlier than asked for."""
RECORD = "array.job"
"""File of a run directory with the number of the array that was submitted last, as `sbatch --parsable` prints it."""


@dataclass(frozen=True)
class Array:
    """Jobs of an array: their number and, for each, cores and wall time in seconds, which SLURM counts in minutes.

    `at_once` is the most that run at a time, None for as many as there is room for; `wishes` are options of `sbatch`,
    such as `--partition=long`.
    """

    slices: int
    workers: int
    seconds: float
    at_once: int | None = None
    wishes: Sequence[str] = ()

    @property
    def minutes(self) -> int:
        """Whole minutes of wall time."""
        return math.ceil(self.seconds / 60)

    def options(self, folder: Path) -> list[str]:
        """Options that `sbatch` gets for the array.

        Raises
        ------
        InputError
            For a time that is over when it begins, a wish that no array can have, and a folder that SLURM cannot name.
        """
        least = math.floor((MARGIN + EARLY) / 60) + 1
        if self.minutes < least:
            raise InputError(
                f"--time-limit: {self.minutes} min leaves a slice no time; allowed: from {least} min on, as SLURM may "
                f"stop a slice {MARGIN + EARLY:.0f} s before its end"
            )
        throttle = f"%{self.at_once}" if self.at_once else ""
        return [
            "--job-name=mfsolve", f"--array=1-{self.slices}{throttle}", f"--cpus-per-task={self.workers}",
            f"--time={self.minutes}", f"--signal=B:TERM@{MARGIN:.0f}", f"--output={log(folder, 'slice-%a.log')}",
            *map(batch_options.normal, self.wishes),
        ]  # fmt: skip

    def joining(self, folder: Path, after: str) -> list[str]:
        """Options that `sbatch` gets for the job that joins the array `after`, and is cancelled where a slice fails."""
        return [
            "--job-name=mfsolve-merge", f"--dependency=afterok:{after}", "--kill-on-invalid-dep=yes",
            f"--output={log(folder, 'merge.log')}",
            *batch_options.inherited([batch_options.normal(wish) for wish in self.wishes]),
        ]  # fmt: skip


def log(folder: Path, name: str) -> str:
    """The pattern of a log in a folder, in whose path SLURM is to replace nothing.

    Raises
    ------
    InputError
        For a path with a backslash, behind which SLURM replaces nothing in the name either, or with a line break.
    """
    place = folder.as_posix()
    if {"\\", "\n"} & set(place):
        raise InputError(
            f"--out {place}: SLURM cannot write logs there; name a folder without backslashes and line breaks"
        )
    return f"{place.replace('%', '%%')}/{name}"


def submit(
    study_file: str,
    *,
    out: str | None,
    array: Array,
    settings: Sequence[str] = (),
    task_seconds: float | None = None,
    again: bool = False,
) -> int:
    """Write the script of the array into the run directory and, where `sbatch` is there, submit it and the joining.

    Parameters
    ----------
    study_file, out
        As `mfsolve run` takes them; so does every slice.
    array
        The jobs.
    settings
        `KEY=VALUE` of the command line, `settings_with_replicates` where it has these; every slice takes them.
    task_seconds
        Longest time of a task, None where it may take any.
    again
        True where an array of the same folder that still waits or runs is no reason to refuse.

    Raises
    ------
    InputError
        For a study that cannot be run as written, or not in slices, or in fewer than there are, or does not fit; a
        folder that holds another one, or whose array still waits or runs; options that an array cannot have. Nothing is
        submitted then.
    """
    path = find_study(study_file)
    directory = run_directory(path, Path(out) if out else None, settings)
    folder = directory.path.resolve()
    options = array.options(folder)
    refuse_slices(directory.study)
    with attribute_errors(settings):
        refuse_what_cannot_fit(directory, array.workers)
    refuse_idle_slices(directory.study, array.slices)
    if not again:
        refuse_another(folder)
    directory.open(sliced=True)
    script, command = folder / "array.sh", shlex.join([sys.executable, "-m", "mfsolve"])
    write_bytes(script, os.fsencode(SCRIPT.format(
        title=" ".join(directory.study.name.split()), slices=array.slices, workers=array.workers, command=command,
        options="\n".join(f"#SBATCH {batch_options.written(option)}" for option in options),
        study=shlex.quote(str(path.resolve())), out=shlex.quote(str(folder)),
        told="".join(f" {shlex.quote(word)}" for word in _told(settings, task_seconds)),
    )))  # fmt: skip
    merge = f"merge {shlex.quote(str(folder))}"
    if shutil.which("sbatch") is None:
        say(f"{script}: written; no sbatch here: submit it on a machine that has it, then: {command} {merge}")
        return 0
    try:
        job = submitted(*options, str(script))  # told here, too: the environment has its say before a script
    except NotSubmittedError as error:
        warn(str(error))
        return FAILED
    write_text(folder / RECORD, f"{job}\n")
    try:
        joining = submitted(*array.joining(folder, job.number), "--wrap", f"{command} {merge}")
    except NotSubmittedError as error:
        warn(
            f"array {job.number} is submitted, but not the job that joins it: {error}; once all slices are done: "
            f"mfsolve {merge}; or cancel it: {job.cancelling()}"
        )
        return FAILED
    say(
        f"{script}: submitted as {job.number} ({array.slices} slices), joined by {joining.number}; "
        "to go on: mfsolve submit again"
    )
    return 0


def refuse_idle_slices(study: Study, slices: int) -> None:
    """Refuse, with an InputError, an array in which a slice has nothing to do."""
    most = slices
    while (tasks := len(plan(study, default_size(study.ensemble.replicates, most), LARGEST, most))) < most:
        most = max(1, tasks)  # fewer slices have larger tasks, and no more of them
    if most < slices:
        raise InputError(f"--array: {slices} given; allowed: up to {most}, the study's number of tasks")


def refuse_another(folder: Path) -> None:
    """Refuse, with an InputError, where the array that was submitted last from a folder still waits or runs."""
    record = folder / RECORD
    job = job_of(record.read_text(encoding="utf-8", errors="replace")) if exists(record) else None
    if job is not None and in_the_queue(job):
        raise InputError(
            f"{folder}: its array {job.number} is still queued or running; cancel it with {job.cancelling()}, or "
            "submit another alongside with --again"
        )


def _told(settings: Sequence[str], task_seconds: float | None) -> list[str]:
    """Options of a slice that say what this command was told."""
    found = []
    for setting in settings:
        found += setting.option.split() if isinstance(setting, Setting) else ["--set", setting]
    if task_seconds is not None:
        minutes, rest = divmod(round(task_seconds), 60)
        found += ["--task-time", f"{minutes // 60}:{minutes % 60:02}:{rest:02}"]
    return found
