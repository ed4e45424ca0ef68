"""Tasks of a study carried out, verified and joined, with what has to be said of them."""

import contextlib
import time
from collections.abc import Sequence

from mfsolve.commands.compilation_notices import noticed
from mfsolve.commands.messages import count, detail, say, warn
from mfsolve.study.execution.plan import Task, plan
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.shards import Shard, drop_broken
from mfsolve.study.storage.store import RunDirectory
from mfsolve.study.storage.timing import Timing, note, sum_up


def compute(
    directory: RunDirectory,
    tasks: list[Task],
    workers: int,
    scheduler: str | None,
    part: Sequence[Task] | None = None,
) -> int:
    """Carry out tasks with a progress display; 0, or the exit code of what went wrong.

    `part` is all of a slice, where the tasks are what is left of one.
    """
    if not tasks:
        return 0
    from mfsolve.commands.failures import failed
    from mfsolve.commands.progress import Progress
    from mfsolve.study.execution.execute import execute
    from mfsolve.study.origin.software import software

    study = directory.study
    asked = sum(task.replicates for task in tasks)
    whole = plan(study, study.ensemble.replicates) if part is None else part
    total = sum(task.replicates for task in whole)
    spec, watch = None, None
    for candidate in study.estimates:
        point = next(p for p in study.points if p.arm == (candidate.arm or study.arms[0]))
        if candidate.statistic == "mean" and candidate.quantity in study.experiment.arm(point.case).drawn(point.case):
            spec, watch = candidate, (point, candidate.quantity, candidate.index(study.experiment, point.case))
            break
    who = count(workers, "worker") if scheduler is None else f"workers of {scheduler}"
    of = "replicates" if part is None else "replicates of the slice"
    say(f"{study.title}: {asked} of {total} {of} to compute ({count(len(study.points), 'point')}), {who}")
    if asked < total:
        detail(f"{directory.path}: continues with {total - asked} replicates stored")
    begun = time.perf_counter()
    with Progress(total, total - asked, study.ensemble.level, spec.name if spec else None) as progress, noticed():
        report = execute(
            study, tasks, directory.shards, workers=workers, scheduler=scheduler,
            attributes=software(study.experiment), watch=watch, progress=progress,
        )  # fmt: skip
    wall = time.perf_counter() - begun
    detail(f"{report.done} replicates in {wall:.2f} s, {report.seconds:.2f} s of them in simulation by all workers")
    with contextlib.suppress(OSError):  # a full disk is told where replicates do not fit
        if report.done:
            note(directory.shards, Timing(report.done, report.seconds, wall, workers))
    return failed(report, directory, scheduler)


def scan(directory: RunDirectory, aside: bool = True) -> list[Shard]:
    """Verified shards; what had to be set aside, or is left where it is, is said."""
    shards, complaints = directory.scan(aside)
    for line in complaints:
        warn(line)
    return shards


def consolidate(directory: RunDirectory) -> bool:
    """Join all shards; False where some turned out to be broken, which are set aside and said."""
    shards = scan(directory)
    try:
        directory.consolidate(shards)
    except DamagedFileError:
        broken = drop_broken(shards)
        for line in broken:
            warn(line)
        if not broken:
            raise
        return False
    with contextlib.suppress(OSError):
        (directory.path / "failures.log").unlink(missing_ok=True)  # of tasks that are stored by now
    whole = plan(directory.study, directory.study.ensemble.replicates)
    sum_up(directory.path, sum(task.replicates for task in whole))
    return True
