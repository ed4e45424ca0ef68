"""An unfinished run: how much is there, its table, and a run of its own of the replicates that every point has."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mfsolve.commands.messages import say, warn
from mfsolve.commands.outcome import finish
from mfsolve.commands.outcome import show as show_finished
from mfsolve.commands.terminal import FAILED
from mfsolve.report import tables
from mfsolve.study.execution.plan import plan, remaining
from mfsolve.study.file.precision import with_replicates
from mfsolve.study.storage.run_lookup import go_on
from mfsolve.study.storage.shards import Shard, by_part, missing
from mfsolve.study.storage.store import RunDirectory

FOLDER = "partial"
"""Folder in a run directory for what is joined before it is finished."""


def show(directory: RunDirectory, shards: Sequence[Shard], as_json: bool) -> int:
    """Print what is there of a run; nothing is written. The estimates rest on the replicates that all points have."""
    study = directory.study
    whole = plan(study, study.ensemble.replicates)
    asked, left = (sum(task.replicates for task in tasks) for tasks in (whole, remaining(study, whole, shards)))
    kept = common_replicates(directory, shards)
    common = sum(map(len, kept))
    there = f"{asked - left} of {asked} replicates are stored"
    warn(f"{directory.path}: unfinished: {there}; go on with: {go_on(directory.path)}")
    summary: dict[str, Any] = {
        "title": study.title, "study": dict(study.resolved), "level": study.ensemble.level, "rows": [],
        "unfinished": {"stored": asked - left, "asked": asked, "common": common},
    }  # fmt: skip
    if common:
        summary["rows"] = [row.to_dict() for row in partial_rows(directory, shards, kept)]
    if as_json:
        print(tables.to_json(summary))
    elif summary["rows"]:
        summary["title"] += f" (unfinished: {common} of {study.ensemble.replicates} replicates)"
        tables.show(summary)
    else:
        warn("no replicate is stored at all points yet: no table")
    return 0


def join(directory: RunDirectory, shards: Sequence[Shard], as_json: bool) -> int:
    """Join the replicates that all points have to a finished run in the folder `partial`, and report; shards stay."""
    kept = common_replicates(directory, shards)
    common = sum(map(len, kept))
    if not common:
        warn(f"{directory.path}: no replicate is stored at all points yet: nothing to join")
        return FAILED
    part = RunDirectory(directory.path / FOLDER, with_replicates(directory.study, common))
    part.open(part=True)
    shutil.copyfile(directory.path / "run.json", part.path / "run.json")  # the code behind the shards
    part.consolidate(list(shards), kept)
    say(f"{part.path}: {common} of {directory.study.ensemble.replicates} replicates, those stored at every point")
    return finish(part) or show_finished(part, as_json)


def partial_rows(directory: RunDirectory, shards: Sequence[Shard], kept: Sequence[range]) -> list[Any]:
    """Rows of the report from some replicates, joined in a folder that is thrown away."""
    from mfsolve.report.rows import analyse

    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(directory.path / "run.json", Path(folder) / "run.json")  # the code behind the shards
        part = RunDirectory(Path(folder), with_replicates(directory.study, sum(map(len, kept))))
        part.consolidate(list(shards), kept)
        return analyse(part)


def common_replicates(directory: RunDirectory, shards: Sequence[Shard]) -> list[range]:
    """Replicates that every point has, in ranges; none where something that is solved once is missing."""
    study, total = directory.study, directory.study.ensemble.replicates
    held = by_part(shards)
    gaps: list[tuple[int, int]] = [(total, total)]
    for point in study.points:
        arm = study.experiment.arm(point.case)
        if arm.solved(point.case) and (point.key, True) not in held:
            return []
        if arm.drawn(point.case):
            gaps += missing(0, total, held.get((point.key, False), []))
    kept, reached = list[range](), 0
    for start, stop in sorted(gaps):
        if start > reached:
            kept.append(range(reached, start))
        reached = max(reached, stop)
    return kept
