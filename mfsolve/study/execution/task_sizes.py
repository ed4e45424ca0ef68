"""Short tasks of a point, carried out as one: a replicate of a millisecond should not cost a file of its own."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mfsolve.study.execution.plan import Task
from mfsolve.study.execution.task_orders import Outcome

SHORT = 0.1
"""Seconds of simulation below which tasks are joined: to store one takes some hundredths of that."""


class Pace:
    """Time that a replicate takes, seen from the tasks that come back.

    `largest(point)` are the replicates of a point that a task may hold at most; `workers` share the tasks.
    """

    def __init__(self, largest: Callable[[int], int], workers: int) -> None:
        self._largest, self._workers = largest, workers
        self._seconds: dict[int, float] = {}
        """Of one replicate, by point; that of the last task that told."""

    def add(self, point: int, outcome: Outcome) -> None:
        """Take note of a task of a point that has come back; one that compiled, or was not timed, tells nothing."""
        if outcome.busy is not None and outcome.replicates:
            self._seconds[point] = outcome.seconds / outcome.replicates

    def joined(self, tasks: Sequence[Task]) -> Iterator[Task]:
        """The tasks in their order, short ones together with those of the same point that go on where they end.

        A point that nothing is known of is taken to be as slow as the slowest. Two tasks are left for every worker.
        """
        behind: dict[int, deque[Task]] = defaultdict(deque)
        left = 0
        for task in tasks:
            if not task.solved:
                behind[task.point].append(task)
                left += task.replicates
        for task in tasks:
            others = behind[task.point]
            if task.solved:
                yield task
            elif others and others[0] is task:  # it did not go with an earlier one
                most = min(self._short(task.point), left // (2 * self._workers))
                stop = others.popleft().stop
                while others and others[0].start == stop and others[0].stop <= task.start + most:
                    stop = others.popleft().stop
                left -= stop - task.start
                yield replace(task, stop=stop)

    def _short(self, point: int) -> int:
        """Replicates of a point that take little time; 0 while nothing is known."""
        if not self._seconds:
            return 0
        seconds, largest = self._seconds.get(point, max(self._seconds.values())), self._largest(point)
        return largest if seconds * largest <= SHORT else int(SHORT / seconds)
