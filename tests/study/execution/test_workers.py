"""Processes that tasks run in: addresses, waits that end, and a scheduler inside that leaves nothing on."""

import contextlib
import logging
import threading
import time

import dask
import distributed
import pytest

from mfsolve.study.execution import workers
from mfsolve.study.execution.workers import connected, within
from mfsolve.study.file.source import StudyError


def said(ask, *arguments):
    with pytest.raises(StudyError) as caught:
        ask(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_answer_or_its_failure_comes_back_and_a_silence_ends():
    assert within(5.0, lambda: 3) == 3
    assert within(5.0, lambda: None) is None
    with pytest.raises(KeyError, match="x"):
        within(5.0, lambda: {}["x"])
    over, seen = threading.Event(), []

    def hang():
        seen.append(threading.current_thread().daemon)
        over.wait(5.0)

    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=r"^no answer within 0\.05 seconds$"):
        within(0.05, hang)
    assert 0.05 <= time.monotonic() - begun < 4.0
    over.set()
    assert seen == [True]  # it does not keep the process from ending


def test_an_address_is_itself_or_stands_in_a_scheduler_file(tmp_path):
    path = tmp_path / "scheduler.json"
    for address in ("tcp://10.0.0.1:8786", "10.0.0.1:8786", "tls://a/b"):
        assert workers._address(address) == address
    for missing in (str(path), "scheduler.json", "some/where"):
        assert said(workers._address, missing) == f"--scheduler {missing}: no such scheduler file"
    path.write_text('{"address": "tcp://10.0.0.1:8786", "id": 3}')
    assert workers._address(str(path)) == "tcp://10.0.0.1:8786"
    for text in ("", "{", "[]", "{}", "3", "[" * 10_000, '{"address": 8786}'):
        path.write_text(text)
        assert said(workers._address, str(path)) == (
            f"--scheduler {path}: not a scheduler file (a JSON table with an address is needed)"
        )
    assert said(workers._address, str(tmp_path)) == f"--scheduler {tmp_path}: Is a directory"


def test_complaints_of_dask_are_silenced_and_no_others():
    names = (
        "distributed.of_this_test",
        "tornado.of_this_test",
        "asyncio",
        "bokeh",
        "distributor",
        "mfsolve.of_this_test",
    )
    for name in names:
        logging.getLogger(name).setLevel(logging.INFO)
    before = levels()
    for stops in (contextlib.nullcontext(), pytest.raises(ZeroDivisionError)):
        with stops, workers._silent():
            silent = [name for name in names if not logging.getLogger(name).isEnabledFor(logging.CRITICAL)]
            assert silent == list(names[:4])
            assert all(logging.getLogger(name).level == logging.INFO for name in names[4:])
            if not isinstance(stops, contextlib.nullcontext):
                raise ZeroDivisionError
        assert levels() == before


def levels():
    return {name: logging.getLogger(name).level for name in sorted(logging.root.manager.loggerDict)}


@pytest.mark.parametrize("scheduler", [None, "tcp://x:1"])
def test_an_execution_leaves_loggers_as_they_were(monkeypatch, scheduler):
    """So that a notebook hears of its own cluster after `mfsolve.run`."""
    if scheduler:
        monkeypatch.setattr(distributed, "Client", Client)
    logging.getLogger("distributed.of_this_notebook").setLevel(logging.WARNING)
    before = levels()
    with connected(1, scheduler):
        assert not logging.getLogger("distributed.of_this_notebook").isEnabledFor(logging.CRITICAL)
    assert {name: level for name, level in levels().items() if name in before} == before


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError("no route\nand more"), "no route"), (ValueError(""), "ValueError"), (TimeoutError("late"), "late")],
)
def test_where_no_scheduler_answers_the_first_line_of_the_reason_is_told(monkeypatch, error, why):
    def fails(*given, **options):
        raise error

    monkeypatch.setattr(distributed, "Client", fails)
    assert said(workers._attached, "tcp://x:1") == f"--scheduler tcp://x:1: no Dask scheduler answers: {why}"


class Client:
    """A client that notes how it is closed."""

    def __init__(self, *given, **options):
        self.given, self.options, self.closed = given, options, []

    def close(self, timeout):
        self.closed.append(timeout)
        raise OSError("the scheduler is gone")


def test_a_client_has_ten_seconds_and_takes_leave_of_a_scheduler_that_may_be_gone(monkeypatch):
    monkeypatch.setattr(distributed, "Client", Client)
    waits = []
    monkeypatch.setattr(workers, "within", lambda seconds, ask: waits.append(seconds) or ask())
    with connected(3, "tcp://x:1") as client:
        assert (client.given, client.options) == (("tcp://x:1",), {"timeout": 10.0, "set_as_default": False})
        assert dask.config.get("distributed.comm.timeouts.connect") == "10s"
        assert client.closed == []
    assert client.closed == [5.0]
    assert waits == [20.0, 10.0]  # more than the client itself takes


def test_the_scheduler_inside_is_left_with_the_processes_of_its_tasks(monkeypatch):
    done = []

    @contextlib.contextmanager
    def embedded(threads):
        yield f"{threads} threads"
        done.append("closed")

    monkeypatch.setattr(workers, "_embedded", embedded)
    monkeypatch.setattr(workers.processes, "dismiss", lambda: done.append("dismissed"))
    with connected(3, None) as client:
        assert (client, done) == ("3 threads", [])
    assert done == ["dismissed", "closed"]
    with pytest.raises(KeyError), connected(3, None):
        raise KeyError("a")
    assert done[2:] == ["dismissed"]


def test_the_scheduler_inside_switches_everything_off_whatever_the_user_s_settings_say():
    before = {name: dask.config.get(name, None) for name in workers.EMBEDDED}
    with dask.config.set(dict.fromkeys(workers.EMBEDDED, True)):
        with workers._embedded(3) as client:
            on = {name: dask.config.get(name) for name in workers.EMBEDDED if dask.config.get(name)}
            assert on == {"distributed.admin.tick.interval": "1h"}
            scheduler = client.cluster.scheduler
            assert client.nthreads() == dict.fromkeys(scheduler.workers, 3)
            (worker,) = client.cluster.workers.values()
            assert {server.address.partition("://")[0] for server in (scheduler, worker)} == {"inproc"}
            assert worker.memory_manager.memory_limit is None
            assert not any(hasattr(server, "http_server") for server in (scheduler, worker))
            assert client.submit(sum, [1, 2]).result(timeout=5) == 3
            with pytest.raises(ValueError, match="No global client"):
                distributed.get_client()
        assert all(dask.config.get(name) is True for name in workers.EMBEDDED)
    assert {name: dask.config.get(name, None) for name in workers.EMBEDDED} == before
