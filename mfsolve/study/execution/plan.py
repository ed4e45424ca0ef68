"""Study -> ordered tasks: which replicates of which points are to be computed."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.storage.shards import Shard, by_part, missing


@dataclass(frozen=True)
class Task:
    """Replicates [start, stop) of a point, given by its place in `study.points`, or what its arm solves once."""

    point: int
    start: int
    stop: int
    solved: bool = False

    @property
    def replicates(self) -> int:
        """Number of replicates; one for what is solved."""
        return self.stop - self.start


MOST_TASKS = 2**12
"""Tasks of a study, about, whose files a folder holds: with more replicates they are larger, not more."""
MOST_PLANNED = 2**16
"""Tasks of a point, at most: a plan fits into memory."""
TASK_BYTES = 2.0**26
"""Bytes of a task's results beyond which there are more tasks nevertheless."""
LARGEST = 256
"""Replicates of a task, at most, where they are drawn one by one."""
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
FEW = 512
"""Replicates below which a study draws one by one, which takes some hundredths of a second: one that is tried at a toy
size does not wait for the kernels that draw many side by side, whose first compilation takes longer than that."""


def default_size(replicates: int, parts: int) -> int:
    """Replicates per task: about eight tasks a worker and point, so that little is lost with one."""
    return max(1, replicates // (8 * parts))


def plan(study: Study, size: int, largest: int | None = None, parts: int | None = None) -> list[Task]:
    """All tasks: what is solved first, then replicates, ordered by replicate and then by point.

    A task has `size` replicates, at most `largest` where that is given, or as many as its arm draws in one call where
    those are more; or more than that, up to 64 MiB of results, where there would be thousands of tasks. It has as many
    as its arm draws in one call, which takes less than to store them, where that leaves two tasks for every one of the
    `parts` that share them. An early end leaves every point about equally far.
    """
    total = study.ensemble.replicates
    cases = [(study.experiment.arm(point.case), point.case) for point in study.points]
    solves = [Task(point, 0, 1, True) for point, (arm, case) in enumerate(cases) if arm.solved(case)]
    most = size if largest is None else largest
    whole = total * sum(bool(arm.drawn(case)) for arm, case in cases)
    few = -(-whole // MOST_TASKS)
    some = 1 if parts is None else -(-whole // (2 * parts))
    draws = [
        Task(point, start, min(start + own, total))
        for point, (arm, case) in enumerate(cases)
        if arm.drawn(case)
        for own in (
            max(min(size, max(most, arm.at_once(case))), min(some, arm.at_once(case)), _fitting(study, point, few)),
        )
        for start in range(0, total, own)
    ]
    return solves + sorted(draws, key=lambda task: (task.start, task.point))


def row_bytes(study: Study, point: Point) -> tuple[float, float]:
    """Bytes of one replicate of a point, and of what its arm solves once."""
    arm, coordinates = study.experiment.arm(point.case), study.experiment.coordinates(point.case)
    drawn, solved = (
        8.0 * sum(math.prod(coordinates[dim].size for dim in output.dims) for output in outputs.values())
        for outputs in (arm.drawn(point.case), arm.solved(point.case))
    )
    return drawn, solved


def _fitting(study: Study, point: int, few: int) -> int:
    """Replicates of a task of which a study has few, as far as its results are no burden; 1 where few would do."""
    if few <= 1:
        return 1
    return max(-(-study.ensemble.replicates // MOST_PLANNED), min(few, most_of_a_task(study, point)))


def most_of_a_task(study: Study, point: int) -> int:
    """Replicates of a point whose results are no burden: 64 MiB of them, and one at least."""
    each = row_bytes(study, study.points[point])[0]
    return max(1, int(TASK_BYTES / each)) if each else study.ensemble.replicates


def remaining(study: Study, tasks: Sequence[Task], shards: Sequence[Shard]) -> list[Task]:
    """Parts of the tasks that no shard holds yet. The bits do not depend on how replicates were cut into tasks."""
    held = by_part(shards)
    ends: dict[tuple[int, bool], int] = {}
    for task in tasks:
        ends[task.point, task.solved] = max(task.stop, ends.get((task.point, task.solved), task.stop))
    gaps = {
        (point, solved): list(missing(0, stop, held.get((study.points[point].key, solved), [])))
        for (point, solved), stop in ends.items()
    }
    return [
        Task(task.point, *gap, task.solved) for task in tasks for gap in _within(task, gaps[task.point, task.solved])
    ]


def _within(task: Task, gaps: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Parts of a task that lie in gaps; these are in order and do not overlap."""
    for start, stop in gaps[bisect_right(gaps, task.start, key=lambda gap: gap[1]) :]:
        if start >= task.stop:
            return
        yield max(start, task.start), min(stop, task.stop)


def share_of(tasks: Sequence[Task], index: int, count: int) -> list[Task]:
    """Slice `index` of `count` (from 1), such as one element of a batch array.

    Every slice has as many tasks, but for one. A slice has the same replicates of all points, as far as they can be
    dealt out evenly, so that a few slices that are done can be joined; what is left over is dealt out task by task.
    """
    rounds = _rounds(tasks)
    alike = next((k for k, held in enumerate(rounds) if len(held) != len(rounds[0])), len(rounds))
    whole = [rounds[k] for k in range(alike // count * count)]
    dealt = {task for held in whole for task in held}
    mine = {task for held in whole[index - 1 :: count] for task in held}
    mine.update(_spread([task for task in tasks if task not in dealt], index, count))
    return [task for task in tasks if task in mine]


def _rounds(tasks: Sequence[Task]) -> list[list[Task]]:
    """Draws of the same replicates of all points, in their order: the fewest replicates at which tasks end together."""
    starts: dict[int, set[int]] = {}
    for task in tasks:
        if not task.solved:
            starts.setdefault(task.point, set()).add(task.start)
    cuts = sorted(set.intersection(*starts.values())) if starts else []
    rounds: list[list[Task]] = [[] for _ in cuts]
    for task in tasks:
        if not task.solved and cuts and task.start >= cuts[0]:
            rounds[bisect_right(cuts, task.start) - 1].append(task)
    return rounds


def _spread(tasks: Sequence[Task], index: int, count: int) -> list[Task]:
    """Every `count`-th task, of about all points.

    Dealt out in turn, tasks of a point would all go to one slice where the points are as many as the slices.
    """
    period = math.lcm(count, max(1, len({task.point for task in tasks if not task.solved})))
    turns = range(-(-len(tasks) // period))
    shift = [int(GOLDEN * turn % 1.0 * count) for turn in turns]  # spreads a few turns as evenly as many
    return [task for place, task in enumerate(tasks) if (place + shift[place // period]) % count == index - 1]
