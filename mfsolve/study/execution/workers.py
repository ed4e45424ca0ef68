"""Processes that tasks run in: threads of this one behind a scheduler without ports, or a cluster's workers."""

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from mfsolve.paths import exists
from mfsolve.study.execution import processes
from mfsolve.study.file.source import StudyError

CONNECT = 10.0
"""Seconds that a scheduler has to answer."""
EMBEDDED: dict[str, Any] = {
    "distributed.scheduler.worker-ttl": None,  # a suspended process is not dead: it goes on when it is continued
    "distributed.scheduler.idle-timeout": None,
    "distributed.scheduler.no-workers-timeout": None,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.preload": [],
    "distributed.worker.preload": [],
    "distributed.worker.lifetime.duration": None,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.admin.tick.interval": "1h",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Dask's settings of the scheduler inside this process, whatever the user's own configuration says."""


@contextlib.contextmanager
def connected(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A Dask client of the given scheduler, or of one inside this process that opens no port.

    Raises
    ------
    StudyError
        Where there is no scheduler at that address, or none that answers.
    """
    if scheduler is None:
        with _silent(), _embedded(workers) as client:
            try:
                yield client
            finally:
                processes.dismiss()
        return
    import dask

    with _silent(), dask.config.set({"distributed.comm.timeouts.connect": f"{CONNECT:g}s"}):
        client = _attached(scheduler)
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):  # a scheduler that is gone does not take leave
                within(CONNECT, lambda: client.close(timeout=CONNECT / 2))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask's own complaints from the terminal within the block: what concerns a run is said in one line."""
    import_module("distributed")  # which makes its loggers
    names = [*logging.root.manager.loggerDict]
    loggers = [
        logging.getLogger(n) for n in names if n.partition(".")[0] in ("distributed", "tornado", "asyncio", "bokeh")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before):
            logger.setLevel(level)


def within(seconds: float, ask: Callable[[], Any]) -> Any:
    """Call a function that may hang, in a thread that is left behind after so many seconds.

    Raises
    ------
    TimeoutError
        Where there is no answer in time.
    """
    answer: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(ask())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not answer:
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    return answer[0]


def _attached(scheduler: str) -> Any:
    from distributed import Client

    address = _address(scheduler)
    try:
        return within(2 * CONNECT, lambda: Client(address, timeout=CONNECT, set_as_default=False))
    except Exception as error:  # of the operating system, of a protocol that is not installed, of another program
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise StudyError(f"--scheduler {scheduler}: no Dask scheduler answers: {why}") from None


def _address(scheduler: str) -> str:
    """The address of a scheduler, which a scheduler file holds.

    Raises
    ------
    StudyError
        Where the file is empty, cut short, or something else.
    """
    if "://" in scheduler or not exists(scheduler):
        if "/" in scheduler.partition("://")[0] or scheduler.endswith(".json"):
            raise StudyError(f"--scheduler {scheduler}: no such scheduler file")
        return scheduler
    try:
        address = json.loads(Path(scheduler).read_text(encoding="utf-8"))["address"]
        if not isinstance(address, str):
            raise TypeError
        return address
    except OSError as error:
        raise StudyError(f"--scheduler {scheduler}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StudyError(
            f"--scheduler {scheduler}: not a scheduler file (a JSON table with an address is needed)"
        ) from None


@contextlib.contextmanager
def _embedded(threads: int) -> Iterator[Any]:
    """A scheduler and one worker in this process that speak through memory and listen nowhere."""
    import dask
    from distributed import Client, Scheduler, SpecCluster, Worker

    class Listens(Scheduler):
        """A scheduler without the web server that it would open on every interface."""

        def start_http_server(self, *unused: Any, **options: Any) -> None:
            """Open nothing at all here."""

    class Works(Worker):
        """A worker without the web server that it would open on every interface."""

        def start_http_server(self, *unused: Any, **options: Any) -> None:
            """Open nothing at all here."""

    inside = {"protocol": "inproc://", "dashboard": False, "dashboard_address": None}
    scheduler = {"cls": Listens, "options": inside}
    worker = {"cls": Works, "options": {**inside, "nthreads": threads, "memory_limit": 0}}
    with (
        dask.config.set(EMBEDDED),
        SpecCluster({0: worker}, scheduler=scheduler, silence_logs=logging.CRITICAL) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
