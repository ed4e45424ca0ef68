"""Tasks as they travel to a worker, and what comes back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfsolve.experiments.experiment import Case
from mfsolve.study.execution.packed_case import packed
from mfsolve.study.execution.pending_tasks import Part


@dataclass(frozen=True)
class TaskOrder:
    """A task as a worker receives it: plain values, so that it can travel to another machine.

    `attributes` are the code and the libraries that its replicates are to be made with; `mark` names a file in
    `folder` by which a worker elsewhere knows that it sees the same folder. With a `limit` in seconds, which may be
    infinite, it is carried out in a process of its own, that ends with it. `one_by_one` says how replicates are drawn,
    which their bits do not depend on.
    """

    experiment: str
    case: Case
    key: str
    seed: int
    start: int
    stop: int
    solved: bool
    folder: str
    threads: int
    attributes: dict[str, str]
    watch: tuple[str, int] | None
    mark: str | None = None
    limit: float | None = None
    one_by_one: bool = False

    @property
    def replicates(self) -> int:
        """Number of replicates; one for what is solved."""
        return self.stop - self.start

    @property
    def part(self) -> Part:
        """The replicates that it computes."""
        return Part(self.key, self.start, self.stop, self.solved)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the case packed: its settings may be of a user's own module, which comes first on both sides."""
        return packed(self, Path(self.folder).parent)


@dataclass(frozen=True)
class Outcome:
    """Result of a task: how many replicates were stored, how long they took, the watched figure of each.

    `busy` are the seconds that its thread computed, where other threads of the process may have held it up, but for one
    that compiled meanwhile.
    `cannot_store` is true where `failure` is that the run directory takes no more files; `full` where it lacks space.
    `given_up` are clauses on what did not end, or ended its process; the replicates of the task beside it are stored.
    """

    replicates: int
    seconds: float
    watched: tuple[float, ...] = ()
    failure: str | None = None
    cannot_store: bool = False
    full: bool = False
    refused: str | None = None
    given_up: tuple[str, ...] = ()
    busy: float | None = None
