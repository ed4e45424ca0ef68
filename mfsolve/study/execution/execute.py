"""Tasks -> shards, through Dask: one code path for threads of this process, a cluster, and a batch slice."""

import contextlib
import logging
import math
import os
import platform
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.study.blocks import draw_block
from mfsolve.study.execution import processes
from mfsolve.study.execution.bisection import narrowed
from mfsolve.study.execution.completion import ClusterLostError, Connection, Failed, UnfinishedError, completed
from mfsolve.study.execution.contention import BUSY, Contention
from mfsolve.study.execution.isolation import run_isolated
from mfsolve.study.execution.pending_tasks import InFlight, in_flight
from mfsolve.study.execution.plan import FEW, Task, most_of_a_task
from mfsolve.study.execution.shared_folder import folder_mark, unseen
from mfsolve.study.execution.task_orders import Outcome, TaskOrder
from mfsolve.study.execution.task_sizes import Pace
from mfsolve.study.execution.workers import connected
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.origin.software import software, software_differences
from mfsolve.study.storage.shards import write_shard, write_solved
from mfsolve.study.storage.system import FULL

LOG = logging.getLogger(__name__)

STOP = threading.Event()
"""Set when the user asks to stop: a worker of this process commits what it has and returns."""

OVER = threading.Event()
"""Set when the time that this process has is over: nothing is begun any more."""

_THREAD = threading.local()


@dataclass
class Report:
    """Result of an execution: replicates done, time spent, failures."""

    done: int = 0
    asked: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    stopped: str | None = None
    cannot_store: str | None = None
    full: bool = False
    refused: str | None = None
    lost: str | None = None

    def urgent(self) -> bool:
        """True where somebody waits for the end: the user, or the clock."""
        return self.stopped is not None or OVER.is_set()


class CannotStoreError(Exception):
    """The run directory takes no more files: a message which, and why, and whether it lacks space."""


@contextlib.contextmanager
def _storing(folder: Path) -> Iterator[None]:
    """Tell an error of the system in what stores replicates from one in what computes them."""
    try:
        yield
    except OSError as error:
        why = f"{error.strerror or error}: {error.filename or folder}"
        raise CannotStoreError(why, error.errno in FULL) from error


def carry_out(order: TaskOrder) -> Outcome:
    """Simulate the replicates of one task and store them; runs on a worker.

    A failure is returned, not raised: the scheduler must not run a task again that fails by itself. Replicates beside
    one that fails are stored.
    """
    found = _attempt(order)
    return found if found.failure is None or found.cannot_store else narrowed(order, found, _attempt)


def _attempt(order: TaskOrder) -> Outcome:
    """The outcome of all replicates of a task, or of none where one fails."""
    from mfsolve.kernels._jit import compiled_kernels  # where there is something to compute

    begun, computed, kernels = time.perf_counter(), time.thread_time(), compiled_kernels()
    folder = Path(order.folder)
    try:
        arm = load(order.experiment, folder.parent).arm(order.case)
        if order.solved:
            assert arm.solve is not None
            arrays = arm.solve(order.case, order.threads)
            simulated = time.perf_counter() - begun
            with _storing(folder):
                write_solved(folder, order.key, arrays, arm.solved(order.case), order.attributes)
            return Outcome(1, simulated)
        replicates = range(order.start, order.stop)
        block = draw_block(arm, order.case, order.seed, replicates, order.threads, STOP.is_set, order.one_by_one)
        simulated, busy = time.perf_counter() - begun, time.thread_time() - computed
        if block.count:
            with _storing(folder):
                write_shard(folder, order.key, order.start, block, arm.drawn(order.case), order.attributes)
    except CannotStoreError as why:
        return Outcome(0, 0.0, failure=why.args[0], cannot_store=True, full=why.args[1])
    except Exception:
        return Outcome(0, 0.0, failure=f"{order.part.said}: {traceback.format_exc()}")
    watched = tuple(block.column(*order.watch).tolist()) if order.watch else ()
    tells = order.limit is None and order.threads == 1 and compiled_kernels() == kernels
    return Outcome(block.count, simulated, watched, busy=busy if tells else None)


def execute(
    study: Study,
    tasks: Sequence[Task],
    folder: Path,
    *,
    workers: int,
    scheduler: str | None,
    attributes: dict[str, str],
    watch: tuple[Point, str, int] | None = None,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> Report:
    """Carry out tasks, a few per worker in flight, each released as it completes.

    Parameters
    ----------
    study, tasks, folder
        What to compute, and where its shards go (on a cluster: a path all workers see).
    workers
        Tasks at a time in this process; with few tasks, the cores left over go into blocks of each replicate.
    scheduler
        Address of a Dask scheduler or the path of its scheduler file; None computes in this process.
    watch
        A point, variable and place whose values are handed to `progress`.

    Returns
    -------
    Report
        Replicates done, seconds spent in simulation, failures with tracebacks. A folder that
        takes no more files, a worker that is not fit and a cluster that is lost end the run early.

    Raises
    ------
    StudyError
        Where no scheduler answers at that address.
    """
    report = Report(asked=sum(task.replicates for task in tasks))
    if not tasks:
        return report
    threads, labels = max(1, workers // len(tasks)), {point.key: point.label for point in study.points}
    places, where = {point.key: place for place, point in enumerate(study.points)}, str(folder.resolve())
    STOP.clear()
    if OVER.is_set():
        STOP.set()
    with (
        _interruptible(report) as leave,
        connected(workers, scheduler) as client,
        folder_mark(folder, scheduler) as mark,
        in_flight(folder if scheduler is None else None) as notes,
    ):
        threads_wait = Contention(1 if scheduler else workers, report.asked)
        pace = Pace(lambda point: most_of_a_task(study, point), workers)
        orders = _noted(
            notes,
            threads_wait,
            (_order(study, task, where, threads, attributes, watch, mark) for task in pace.joined(tasks)),
        )
        try:
            connection = Connection(client, scheduler is not None, STOP.is_set, report.urgent)
            for order, result in completed(connection, serve, orders):
                why = f"{order.part.said}: {result.why}" if isinstance(result, Failed) else ""
                outcome = Outcome(0, 0.0, failure=why) if why else result
                notes.end(order.part)
                threads_wait.add(outcome)
                pace.add(places[order.key], outcome)
                _note(report, order, outcome, labels[order.key])
                if outcome.failure is None or outcome.replicates:
                    watched = watch is not None and order.key == watch[0].key
                    progress(outcome if watched else Outcome(outcome.replicates, outcome.seconds))
        except ClusterLostError as why:
            report.lost = f"the scheduler at {scheduler} {why}"
        except UnfinishedError:
            leave()
    if OVER.is_set() and not (report.stopped or report.refused or report.cannot_store or report.lost):
        report.stopped = "the time limit"
    return report


def serve(order: TaskOrder) -> Outcome:
    """Carry out a task, or say why this worker is not fit to; runs on a worker."""
    if STOP.is_set():
        return Outcome(0, 0.0)
    if order.mark is not None:
        mine = software(load(order.experiment, Path(order.folder).parent))
        why = unseen(Path(order.folder), order.mark) or software_differences(order.attributes, mine)
        if why:
            return Outcome(0, 0.0, refused=f"the worker on {platform.node()} (process {os.getpid()}) {why}")
    if order.limit is not None:
        return run_isolated(order, order.limit, STOP.is_set)
    _THREAD.carries_out = True
    try:
        return carry_out(order)
    finally:
        _THREAD.carries_out = False


def carries_out() -> bool:
    """True in a thread that carries out a task."""
    return getattr(_THREAD, "carries_out", False)


def _noted(notes: InFlight, threads: Contention, orders: Iterator[TaskOrder]) -> Iterator[TaskOrder]:
    """Note orders as they are handed out, and have some carried out apart: in processes of their own.

    These are those that may have ended a run before, and all where threads wait for one another.
    """
    told = moved = False
    for order in orders:
        if order.limit is None and threads.found:
            if not moved:
                LOG.info(
                    f"threads compute for less than {BUSY:.0%} of their time: tasks go on in processes of their own"
                )
            order, moved = replace(order, limit=math.inf), True
        if order.limit is None and any(order.part.meets(part) for part in notes.suspects):
            if not told:
                LOG.info("tasks that were running when a run was killed here are tried in separate processes")
            order, told = replace(order, limit=math.inf), True
        notes.begin(order.part)
        yield order


def _note(report: Report, order: TaskOrder, outcome: Outcome, label: str) -> None:
    """Count an outcome; a folder that takes no more files, or an unfit worker, ends the run."""
    report.done += outcome.replicates
    if outcome.refused is not None:
        report.refused = outcome.refused
        STOP.set()
    elif outcome.failure is None:
        report.seconds += outcome.seconds
        LOG.debug("%s: %s stored after %.2f s", label, order.part.said, outcome.seconds)
    elif outcome.given_up:
        report.failures.append(f"{label}: {outcome.failure}")
        report.given_up.extend(f"{label}: {clause}" for clause in outcome.given_up)
    elif outcome.cannot_store:
        report.cannot_store, report.full = outcome.failure, outcome.full
        STOP.set()
    else:
        report.failures.append(outcome.failure)
        LOG.debug("%s: %s", label, report.failures[-1])


def _order(
    study: Study, task: Task, folder: str, threads: int, attributes: dict[str, str], watch: Any, mark: str | None
) -> TaskOrder:
    point = study.points[task.point]
    watched = watch[1:] if watch is not None and watch[0] is point else None
    return TaskOrder(
        study.experiment.name, point.case, point.key, point.seed, task.start, task.stop, task.solved,
        folder, threads, attributes, watched, mark, processes.limit(),
        study.ensemble.replicates < FEW,
    )  # fmt: skip


@contextlib.contextmanager
def _interruptible(report: Report) -> Iterator[Callable[[], None]]:
    """The first Ctrl-C or SIGTERM lets running replicates finish and be stored; a second one does not wait.

    Yields a function that ends the process as the second one does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return

    def end(number: int, frame: Any) -> None:
        again = before[signal.Signals(number)]
        if callable(again):  # the command's own handler ends the process
            again(number, frame)
        raise KeyboardInterrupt

    def ask(number: int, frame: Any) -> None:
        if report.stopped is not None:
            end(number, frame)
        report.stopped = signal.Signals(number).name
        STOP.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: end(signal.Signals.__members__.get(report.stopped or "", signal.SIGTERM), None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
