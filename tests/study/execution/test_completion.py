"""Every wait for a cluster has an end, and a scheduler inside the process outlives a long sleep and opens no port."""

import contextlib
import json
import os
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mfsolve.study.execution import completion, execute, shared_folder, workers
from mfsolve.study.execution.completion import Connection, Failed, UnfinishedError, completed
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import software


def double(number):
    return 2 * number


def block(number):
    """A task that never ends, until the test is over."""
    RELEASE.wait(3)
    return number


RELEASE = threading.Event()


@pytest.fixture
def released():
    RELEASE.clear()
    yield
    RELEASE.set()


@contextlib.contextmanager
def cluster(n_workers):
    """A scheduler on the loopback interface, with workers that are threads of this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=50,
        worker_dashboard_address="127.0.0.1:0",
    ) as found:
        yield found


def listening_sockets():
    """Ports that this process listens on."""
    mine = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            mine.add(os.readlink(link))
    return [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and f"socket:[{line.split()[9]}]" in mine
    ]


def test_the_scheduler_inside_listens_nowhere_and_survives_silence(monkeypatch, released):
    """A worker that was silent for an hour, as after a closed lid or a jump of the clock, gets its tasks done."""
    import dask
    import distributed  # its settings have to be there before they are changed for a while

    assert distributed.__version__
    before = listening_sockets()
    with dask.config.set({"distributed.scheduler.worker-ttl": "1s"}), workers.connected(2, None) as client:
        assert listening_sockets() == before
        scheduler = client.cluster.scheduler
        for worker in scheduler.workers.values():
            worker.last_seen -= 3600
        if scheduler.worker_ttl:
            client.sync(scheduler.check_worker_ttl)
        connection = Connection(client, False, lambda: False)
        assert sorted(result for _, result in completed(connection, double, range(20))) == list(range(0, 40, 2))
        # a task that does not end holds up a stop for the time of grace, not for ever
        monkeypatch.setattr(completion, "GRACE", 0.3)
        connection = Connection(client, False, lambda: time.monotonic() > end)
        end = time.monotonic() + 0.3
        with pytest.raises(UnfinishedError):
            list(completed(connection, block, range(2)))
        RELEASE.set()


def test_a_cluster_gives_results_failures_and_an_end_to_a_stop(monkeypatch, released):
    monkeypatch.setattr(completion, "ASK", 0.2)
    with cluster(1) as found, workers.connected(1, found.scheduler_address) as client:
        connection = Connection(client, True, lambda: False)
        assert [result for _, result in completed(connection, double, [4])] == [8]
        ((_, result),) = completed(connection, lambda number: os.kill, [1, 2][:1])
        assert callable(result)
        ((_, failed),) = completed(connection, lambda number: 1 / 0, [1])
        assert isinstance(failed, Failed)
        assert "division by zero" in failed.why
        begun = time.monotonic()
        assert list(completed(Connection(client, True, lambda: time.monotonic() > begun + 0.3), block, [1])) == []
        assert time.monotonic() - begun < 10.0
        RELEASE.set()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("tls://127.0.0.1:9", "no Dask scheduler answers"),
        ("ucx://127.0.0.1:9", "no Dask scheduler answers"),
        ("carrier-pigeon", "no Dask scheduler answers"),
        ("none.json", "no such scheduler file"),
        ("empty.json", "not a scheduler file"),
        ("garbage.json", "not a scheduler file"),
        ("silent", "no Dask scheduler answers"),
    ],
)
def test_what_is_no_scheduler_is_one_line(tmp_path, monkeypatch, address, text):
    monkeypatch.setattr(workers, "CONNECT", 0.5)
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "garbage.json").write_text(json.dumps(["tcp://127.0.0.1:9"]))
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        given = f"tcp://127.0.0.1:{silent.getsockname()[1]}" if address == "silent" else address
        with pytest.raises(StudyError) as told, workers.connected(1, given):
            pass
    assert text in str(told.value)
    assert str(told.value).startswith(f"--scheduler {given}: ")
    assert "\n" not in str(told.value)


def test_a_worker_that_is_not_fit_says_so_and_stores_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_folder, "DELAY", 0.2)
    monkeypatch.setattr(execute, "carry_out", lambda order: pytest.fail("computed"))
    mine = software("statics")

    def answer(folder, mark, attributes):
        order = SimpleNamespace(folder=str(folder), mark=mark, attributes=attributes, experiment="statics")
        return execute.serve(order).refused

    with shared_folder.folder_mark(tmp_path, "tcp://somewhere") as mark:
        assert "sees another folder" in answer(tmp_path, ".mark-of-another", mine)
        assert "does not see" in answer(tmp_path / "none", mark, mine)
        assert "numpy" in answer(tmp_path, mark, {**mine, "numpy": "1.0"})
        assert "numba" in answer(tmp_path, mark, {**mine, "numba": "1.0"})
        assert "code" in answer(tmp_path, mark, {**mine, "code": "0" * 16})
        monkeypatch.setattr(os, "access", lambda *unused: False)
        assert "cannot write" in answer(tmp_path, mark, mine)
    assert list(tmp_path.iterdir()) == []
