"""Tasks -> shards, through Dask: one code path for threads of this process, a cluster, and a batch slice."""

import contextlib
import logging
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case
from mfsolve.study.config import Point, Study, StudyError
from mfsolve.study.plan import Task
from mfsolve.study.shards import write_shard, write_solved

STOP = threading.Event()
"""Set when the user asks to stop: a worker of this process commits what it has and returns."""

RETRIES = 3
"""Runs of a task whose worker died under it, after the first."""


@dataclass(frozen=True)
class Order:
    """A task as a worker receives it: plain values, so that it can travel to another machine."""

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

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the case packed: its settings may be of a user's own module, which comes first on both sides."""
        load(self.experiment, Path(self.folder).parent)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return _received, ({**values, "case": pickle.dumps(self.case)},)


def _received(values: dict[str, Any]) -> Order:
    load(values["experiment"], Path(values["folder"]).parent)
    return Order(**{**values, "case": pickle.loads(values["case"])})


@dataclass(frozen=True)
class Outcome:
    """Result of a task: how many replicates were stored, how long they took, the watched figure of each."""

    replicates: int
    seconds: float
    watched: tuple[float, ...] = ()
    failure: str | None = None
    full_disk: bool = False


@dataclass
class Report:
    """Result of an execution: replicates done, time spent, failures."""

    done: int = 0
    asked: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    stopped: str | None = None
    full_disk: str | None = None


def carry_out(order: Order) -> Outcome:
    """Simulate the replicates of one task and store them; runs on a worker.

    A failure is returned, not raised: the scheduler must not run a task again that fails by itself.
    """
    begun = time.perf_counter()
    arm = load(order.experiment, Path(order.folder).parent).arm(order.case)
    folder, rows = Path(order.folder), []
    try:
        if order.solved:
            assert arm.solve is not None
            arrays = arm.solve(order.case, order.threads)
            simulated = time.perf_counter() - begun
            write_solved(folder, order.key, arrays, arm.solved(order.case), order.attributes)
            return Outcome(1, simulated)
        assert arm.draw is not None
        for replicate in range(order.start, order.stop):
            if STOP.is_set():
                break
            rows.append(arm.draw(order.case, order.seed, replicate, order.threads))
        simulated = time.perf_counter() - begun
        if rows:
            write_shard(folder, order.key, order.start, rows, arm.drawn(order.case), order.attributes)
    except OSError as error:
        return Outcome(0, 0.0, failure=f"{error.strerror or error}: {order.folder}", full_disk=True)
    except Exception:
        return Outcome(0, 0.0, failure=traceback.format_exc())
    watched: tuple[float, ...] = ()
    if order.watch:
        name, index = order.watch
        watched = tuple(float(np.atleast_1d(row[name])[index]) for row in rows)
    return Outcome(len(rows), simulated, watched)


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
        Replicates done, seconds spent in simulation, failures with tracebacks. A full disk ends the run early.
    """
    report = Report(asked=sum(task.replicates for task in tasks))
    if not tasks:
        return report
    threads = max(1, workers // len(tasks))
    orders = [_order(study, task, folder, threads, attributes, watch) for task in tasks]
    STOP.clear()
    with _interruptible(report), _client(workers, scheduler) as client:
        for order, outcome in _completed(client, orders):
            if outcome.failure is None:
                report.done += outcome.replicates
                report.seconds += outcome.seconds
                watched = watch is not None and order.key == watch[0].key
                progress(outcome if watched else Outcome(outcome.replicates, outcome.seconds))
            elif outcome.full_disk:
                report.full_disk = outcome.failure
                STOP.set()
            else:
                what = "what is solved" if order.solved else f"replicates {order.start}..{order.stop - 1}"
                report.failures.append(f"{what}: {outcome.failure}")
    return report


def _order(study: Study, task: Task, folder: Path, threads: int, attributes: dict[str, str], watch: Any) -> Order:
    point = study.points[task.point]
    watched = watch[1:] if watch is not None and watch[0] is point else None
    return Order(
        study.experiment.name, point.case, point.key, point.seed, task.start, task.stop, task.solved,
        str(folder.resolve()), threads, attributes, watched,
    )  # fmt: skip


@contextlib.contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A client of the given scheduler, or of one inside this process that opens no port."""
    import dask
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL if scheduler is None else logging.ERROR)
    if scheduler is not None:
        where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
        try:
            client = Client(**where, timeout="10s")
        except (OSError, ValueError) as error:
            raise StudyError(f"--scheduler {scheduler}: {str(error).splitlines()[0]}") from None
        with client:
            yield client
        return
    quiet = {"distributed.admin.tick.interval": "1h", "distributed.worker.profile.enabled": False}
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=1,
            threads_per_worker=workers,
            processes=False,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else a second run finds its port taken
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _completed(client: Any, orders: Sequence[Order]) -> Iterator[tuple[Order, Outcome]]:
    """Outcomes as they come; a handful of futures per worker exist at any time, so memory stays flat."""
    from distributed import Future, as_completed

    window = 4 * max(1, sum(client.nthreads().values()))
    waiting = iter(orders)
    queue = as_completed(with_results=False)
    pending: dict[str, Order] = {}

    def feed(count: int) -> None:
        for order in waiting:
            if STOP.is_set():
                return
            future = client.submit(carry_out, order, pure=False, retries=RETRIES)
            pending[future.key] = order
            queue.add(future)
            count -= 1
            if count == 0:
                return

    feed(window)
    for future in queue:
        order = pending.pop(future.key)
        if STOP.is_set():  # workers of this process see it themselves; those of a cluster are told
            client.cancel([Future(key, client) for key in pending])
        if future.cancelled():
            continue
        failed = future.status == "error"  # such as a worker that died under the task again and again
        outcome = Outcome(0, 0.0, failure=str(future.exception())) if failed else future.result()
        future.release()
        yield order, outcome
        feed(1)


@contextlib.contextmanager
def _interruptible(report: Report) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM lets running replicates finish and be stored; a second one does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: Any) -> None:
        if STOP.is_set():
            raise KeyboardInterrupt
        report.stopped = signal.Signals(number).name
        STOP.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
