"""Threads of one process that compute for a part of their time only.

They wait for one another where replicates are short and drawn one by one, or for others who hold the cores: which of
both it is, their times do not tell.
"""

from mfsolve.study.execution.task_orders import Outcome

BUSY = 0.7
"""Share of its time that a thread computes, below which processes get further."""
SEEN = 3.0
"""Seconds of tasks that this is judged by."""
WORTH = 30.0
"""Seconds that are left to compute, about, for processes to be worth their start."""


class Contention:
    """Share of their time that the threads of a run compute, seen from the tasks that they finish."""

    def __init__(self, workers: int, replicates: int) -> None:
        self._workers, self._left = workers, replicates
        self._seconds = self._busy = 0.0
        self._done = 0
        self._found = False

    def add(self, outcome: Outcome) -> None:
        """Take note of a task that has come back; of one carried out elsewhere, that it is done."""
        self._left -= outcome.replicates
        if outcome.busy is not None:
            self._seconds, self._busy = self._seconds + outcome.seconds, self._busy + outcome.busy
            self._done += outcome.replicates

    @property
    def found(self) -> bool:
        """True once the remaining tasks would take less time in processes of their own."""
        if not self._found and self._workers > 1 and self._done and self._seconds > SEEN:
            left = self._left * self._seconds / self._done / self._workers
            self._found = self._busy < BUSY * self._seconds and left > WORTH
        return self._found
