"""Tasks as they are handed out, carried out and counted, with everything around them stood in for."""

import contextlib
import itertools
import math
import os
import platform
import signal
import threading
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from mfsolve.experiments import Arm, Output
from mfsolve.study.execution import execute, processes
from mfsolve.study.execution.completion import ClusterLostError, Failed, UnfinishedError
from mfsolve.study.execution.execute import OVER, STOP, Report
from mfsolve.study.execution.pending_tasks import Part
from mfsolve.study.execution.plan import Task
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

KEY = "0123456789abcdef"
MADE = {"code": "f" * 16, "numpy": "2.0"}


pytestmark = pytest.mark.usefixtures("no_stop_requested")


def drawn(case):
    return {"x": Output((), "x"), "y": Output(("path",), "y")}


def draw(case, seed, replicate, threads):
    return {
        "x": np.array(float(replicate)),
        "y": np.array([replicate, seed, threads], dtype=float),
        "unasked": np.zeros(1),
    }


ARM = Arm(
    draw=draw, drawn=drawn, solve=lambda case, threads: {"z": np.full(2, float(threads))},
    solved=lambda case: {"z": Output(("path",), "z")},
)  # fmt: skip


@pytest.fixture
def carried_out(tmp_path, monkeypatch):
    """Carry out replicates 3 to 6 of an arm, or an order that differs from that; the folder is there."""
    folder = tmp_path / "out" / "shards"
    folder.mkdir(parents=True)
    asked = []

    def carry_out(arm=ARM, **changes):
        def load(name, where):
            asked.append((name, where))
            return SimpleNamespace(arm=lambda case: arm)

        ticks, busy = itertools.cycle((10.0, 13.0)), itertools.cycle((1.0, 1.5))
        monkeypatch.setattr(execute, "load", load)
        monkeypatch.setattr(
            execute, "time", SimpleNamespace(perf_counter=lambda: next(ticks), thread_time=lambda: next(busy))
        )
        order = TaskOrder("e", "case", KEY, 7, 3, 6, False, str(folder), 1, MADE, None)
        return execute.carry_out(replace(order, **changes))

    carry_out.folder, carry_out.asked = folder, asked
    return carry_out


def held(path):
    with h5py.File(path) as file:
        return {name: file[name][()].tolist() for name in file}, dict(file.attrs)


def test_replicates_are_stored_under_the_name_of_their_task(carried_out):
    assert carried_out() == Outcome(3, 3.0, (), busy=0.5)
    arrays, attributes = held(carried_out.folder / f"{KEY}-3-6.h5")
    assert arrays == {"x": [3.0, 4.0, 5.0], "y": [[3.0, 7.0, 1.0], [4.0, 7.0, 1.0], [5.0, 7.0, 1.0]]}
    assert attributes == {"schema": 1, "key": KEY, "start": 3, "stop": 6, **MADE}
    assert carried_out.asked == [("e", carried_out.folder.parent)]


def test_what_is_solved_is_stored_once(carried_out):
    assert carried_out(solved=True, threads=4, start=0, stop=1) == Outcome(1, 3.0)
    arrays, attributes = held(carried_out.folder / f"{KEY}-solved.h5")
    assert arrays == {"z": [4.0, 4.0]}
    assert attributes == {"schema": 1, "key": KEY, "start": 0, "stop": 1, **MADE}


def test_figures_that_are_watched_come_back(carried_out):
    assert carried_out(watch=("x", 0)).watched == (3.0, 4.0, 5.0)
    assert carried_out(watch=("y", 1)).watched == (7.0, 7.0, 7.0)
    # a thread's own time says nothing where it has others, or a process, to itself
    assert carried_out(threads=2).busy is None
    assert carried_out(limit=9.0).busy is None


@pytest.mark.parametrize(("after", "busy"), [(3, 0.5), (4, None)])
def test_a_task_that_compiles_says_nothing_of_waiting(carried_out, monkeypatch, after, busy):
    """Other threads wait for the compiler, not for one another's replicates."""
    counts = iter([3, after])
    monkeypatch.setattr("mfsolve.kernels._jit.compiled_kernels", lambda: next(counts))
    assert carried_out().busy == busy


def test_nothing_is_stored_once_a_stop_is_asked_for(carried_out):
    STOP.set()
    assert carried_out(watch=("x", 0)).replicates == 0
    assert list(carried_out.folder.iterdir()) == []


def test_replicates_are_drawn_as_the_order_says(carried_out):
    calls = []

    def many(case, seed, replicates, threads):
        calls.append((seed, replicates, threads))
        return {name: np.stack([draw(case, seed, r, threads)[name] for r in replicates]) for name in ("x", "y")}

    for one_by_one, expected in ((True, []), (False, [(7, range(3, 35), 2)])):
        carried_out(replace(ARM, draw_many=many), stop=35, threads=2, one_by_one=one_by_one)
        assert calls == expected


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left", "/disk/file"), "No space left: /disk/file"),
        (OSError(28, "No space left"), "No space left: FOLDER"),
        (OSError("gone"), "gone: FOLDER"),
    ],
)
def test_a_disk_that_fails_is_told_in_a_line(carried_out, monkeypatch, error, said):
    def fail(*unused):
        raise error

    monkeypatch.setattr(execute, "write_shard", fail)
    said = said.replace("FOLDER", str(carried_out.folder))
    assert repr(carried_out()) == repr(Outcome(0, 0.0, failure=said, cannot_store=True, full=error.errno == 28))


def test_an_error_of_the_system_in_a_model_is_the_models_own(carried_out):
    """With its traceback, and without an end to the run: the run directory has nothing to do with it."""

    def fail(*unused):
        raise OSError(2, "No such file", "table.csv")

    found = carried_out(replace(ARM, draw=fail), stop=4)
    assert not found.cannot_store
    assert found.failure.startswith("replicate 3: Traceback")
    assert found.failure.endswith("FileNotFoundError: [Errno 2] No such file: 'table.csv'\n")


def test_a_model_that_fails_is_told_with_its_traceback(carried_out):
    def fail(*unused):
        raise ZeroDivisionError("by nothing")

    found = carried_out(replace(ARM, draw=fail), stop=4)
    assert repr(replace(found, failure=None)) == repr(Outcome(0, 0.0))
    assert found.failure.startswith("replicate 3: Traceback")
    assert found.failure.endswith("ZeroDivisionError: by nothing\n")


def test_replicates_beside_one_that_fails_are_stored(carried_out):
    def fail(case, seed, replicate, threads):
        return draw(case, seed, replicate, 1 // (replicate - 5))

    found = carried_out(replace(ARM, draw=fail), stop=9)
    assert found.replicates == 5
    assert found.failure.startswith("replicate 5: Traceback")
    assert "given up" not in found.failure
    held = sorted(path.name for path in carried_out.folder.iterdir())
    assert held == [f"{KEY}-{start}-{stop}.h5" for start, stop in ((3, 4), (4, 5), (6, 9))]


# --- one worker


def test_a_worker_carries_out_what_it_is_fit_for(tmp_path, monkeypatch):
    order = TaskOrder("e", "case", KEY, 7, 3, 6, False, str(tmp_path / "shards"), 1, MADE, None)
    done = []
    monkeypatch.setattr(execute, "carry_out", lambda *asked: done.append(asked) or Outcome(3, 1.0))
    monkeypatch.setattr(execute, "run_isolated", lambda *asked: done.append(asked) or Outcome(2, 1.0))
    assert execute.serve(order) == Outcome(3, 1.0)
    limited = replace(order, limit=9.0)
    assert execute.serve(limited) == Outcome(2, 1.0)
    assert done == [(order,), (limited, 9.0, STOP.is_set)]
    done.clear()
    seen, made = [], dict(MADE)
    monkeypatch.setattr(execute, "load", lambda *asked: asked)
    monkeypatch.setattr(execute, "software", lambda loaded: made if loaded == ("e", tmp_path) else {})
    unseen = [None, None, "does not see it"]
    monkeypatch.setattr(execute, "unseen", lambda *asked: seen.append(asked) or unseen.pop(0))
    marked = replace(order, mark="mark")
    assert execute.serve(marked) == Outcome(3, 1.0)
    made["numpy"] = "1.9"
    here = f"the worker on {platform.node()} (process {os.getpid()})"
    said = f"{here} has numpy 1.9, not 2.0: results of different code or libraries are not mixed"
    assert repr(execute.serve(marked)) == repr(Outcome(0, 0.0, refused=said))
    assert execute.serve(marked) == Outcome(0, 0.0, refused=f"{here} does not see it")
    assert seen == [(tmp_path / "shards", "mark")] * 3
    STOP.set()
    assert repr(execute.serve(order)) == repr(Outcome(0, 0.0))  # a count is a whole number
    assert done == [(marked,)]


# --- what is handed out


def test_an_order_holds_all_that_decides_its_numbers(tmp_path):
    first, second = (SimpleNamespace(case=f"case {k}", key=KEY[::k], seed=k) for k in (1, -1))
    study = SimpleNamespace(
        experiment=SimpleNamespace(name="e"), points=[first, second], ensemble=SimpleNamespace(replicates=511)
    )
    task, folder = Task(1, 3, 6), str(tmp_path / "shards")
    with processes.task_time_limit(9.0):
        found = execute._order(study, task, folder, 2, MADE, (second, "x", 4), "mark")
    expected = TaskOrder(
        "e", "case -1", KEY[::-1], -1, 3, 6, False, str(tmp_path / "shards"), 2, MADE, ("x", 4), "mark", 9.0, True
    )
    assert found == expected
    study.ensemble.replicates = 512  # the kernels that draw many side by side are not compiled for fewer
    for watch in ((first, "x", 4), None):
        other = execute._order(study, replace(task, solved=True), folder, 2, MADE, watch, None)
        assert other == replace(expected, solved=True, watch=None, mark=None, limit=None, one_by_one=False)


def order(start, limit=None):
    return TaskOrder("e", "case", KEY, 7, start, start + 1, False, "folder", 1, MADE, None, None, limit)


class Notes:
    """What is noted of tasks that begin and end."""

    def __init__(self, *suspects):
        self.suspects, self.begun, self.ended = [Part(KEY, k, k + 1, False) for k in suspects], [], []

    def begin(self, part):
        self.begun.append(part.start)

    def end(self, part):
        self.ended.append(part.start)


def test_suspects_and_threads_that_wait_go_on_in_processes_of_their_own(monkeypatch):
    said = []
    monkeypatch.setattr(execute, "LOG", SimpleNamespace(info=said.append))
    notes, threads = Notes(1, 3, 4), SimpleNamespace(found=False)
    handed_out = execute._noted(notes, threads, (order(k, 5.0 if k == 4 else None) for k in range(8)))
    assert [next(handed_out).limit for _ in range(5)] == [None, math.inf, None, math.inf, 5.0]
    assert said == ["tasks that were running when a run was killed here are tried in separate processes"]
    threads.found = True
    assert [found.limit for found in handed_out] == [math.inf] * 3
    assert said[1:] == ["threads compute for less than 70% of their time: tasks go on in processes of their own"]
    assert notes.begun == list(range(8))


# --- what comes back


def noted(*outcomes):
    report = Report()
    for outcome in outcomes:
        execute._note(report, order(3), outcome, "label")
    return report


def test_outcomes_are_counted():
    assert noted(Outcome(3, 1.5), Outcome(4, 2.0)) == Report(done=7, seconds=3.5)
    beside = noted(Outcome(2, 1.0, failure="replicate 3: a\nb"))
    assert (beside.failures, beside.done) == (["replicate 3: a\nb"], 2)
    partly = Outcome(3, 1.5, failure="one; two", given_up=("one", "two"))
    assert noted(partly, partly) == Report(
        done=6, failures=["label: one; two"] * 2, given_up=["label: one", "label: two"] * 2
    )
    assert not STOP.is_set()
    assert noted(Outcome(2, 0.0, failure="no space", cannot_store=True)) == Report(done=2, cannot_store="no space")
    assert STOP.is_set()
    STOP.clear()
    assert noted(Outcome(0, 0.0, refused="not fit")) == Report(refused="not fit")
    assert STOP.is_set()


def test_somebody_waits_for_the_end_once_a_stop_is_asked_for_or_the_time_is_over():
    assert Report().urgent() is False
    assert Report(stopped="SIGINT").urgent() is True
    OVER.set()
    assert Report().urgent() is True


# --- a whole execution


class Stage:
    """Executes tasks of two points, with a cluster, a folder and workers that only report what they are asked."""

    def __init__(self, monkeypatch, folder):
        self.points = [SimpleNamespace(case="case", key=key, seed=1, label=f"point {key}") for key in "ab"]
        self.study = SimpleNamespace(
            experiment=SimpleNamespace(name="e"), points=self.points, ensemble=SimpleNamespace(replicates=9)
        )
        self.folder, self.notes, self.asked, self.progress, self.connection = folder, Notes(), {}, [], None
        for name, held in (("connected", "client"), ("folder_mark", "mark"), ("in_flight", self.notes)):
            monkeypatch.setattr(execute, name, self.context(name, held))
        monkeypatch.setattr(execute, "completed", self.completed)
        self.waits = SimpleNamespace(found=False, add=lambda outcome: self.asked["added"].append(outcome))
        monkeypatch.setattr(execute, "Contention", lambda *asked: self.asked.update(threads=asked) or self.waits)

    def context(self, name, held):
        @contextlib.contextmanager
        def stand_in(*asked):
            self.asked[name] = asked
            yield held

        return stand_in

    def completed(self, connection, run, orders):
        assert run is execute.serve
        self.connection, self.orders = connection, []
        for one in orders:
            self.orders.append(one)
            result = self.results.pop(0)
            if isinstance(result, Exception):
                raise result
            yield one, result

    def run(self, *results, workers=5, scheduler=None, watch=None):
        self.results, self.asked["added"], self.progress = list(results), [], []
        tasks = [Task(k % 2, 3 * k, 3 * k + 3) for k in range(len(results))]
        return execute.execute(
            self.study, tasks, self.folder, workers=workers, scheduler=scheduler, attributes=MADE, watch=watch,
            progress=self.progress.append,
        )  # fmt: skip


@pytest.fixture
def stage(monkeypatch, tmp_path):
    return Stage(monkeypatch, tmp_path)


def test_nothing_to_do_is_done_at_once(stage):
    assert stage.run() == Report()
    assert set(stage.asked) == {"added"}


def test_tasks_are_handed_out_and_counted(stage, monkeypatch):
    STOP.set()  # by an execution before
    monkeypatch.chdir(stage.folder)
    here, stage.folder = str(stage.folder), execute.Path()
    one, two = Outcome(3, 1.0, (1.0, 2.0, 3.0)), Outcome(2, 0.5, (4.0, 5.0))
    report = stage.run(one, two, watch=(stage.points[1], "x", 4))
    assert report == Report(done=5, asked=6, seconds=1.5)
    assert {order.folder for order in stage.orders} == {here}  # workers may be anywhere else
    assert [(o.key, o.start, o.stop, o.threads, o.watch, o.mark) for o in stage.orders] == [
        ("a", 0, 3, 2, None, "mark"), ("b", 3, 6, 2, ("x", 4), "mark"),
    ]  # fmt: skip
    # figures of the watched point go on, those of others do not
    assert stage.progress == [Outcome(3, 1.0), two]
    assert stage.notes.begun == stage.notes.ended == [0, 3]
    assert stage.asked == {
        "connected": (5, None), "folder_mark": (stage.folder, None), "in_flight": (stage.folder,), "threads": (5, 6),
        "added": [one, two],
    }  # fmt: skip
    assert (stage.connection.client, stage.connection.attached, stage.connection.stopping()) == ("client", False, False)
    assert stage.connection.urgent == report.urgent
    # with more tasks than workers each has one thread
    stage.run(*[Outcome(3, 1.0)] * 6)
    assert {o.threads for o in stage.orders} == {1}
    assert {o.watch for o in stage.orders} == {None}
    assert stage.progress == [Outcome(3, 1.0)] * 6


def test_a_cluster_notes_nothing_in_the_folder(stage):
    stage.run(Outcome(3, 1.0), scheduler="tcp://there")
    assert stage.asked["connected"] == (5, "tcp://there")
    assert stage.asked["folder_mark"] == (stage.folder, "tcp://there")
    assert stage.asked["in_flight"] == (None,)
    assert stage.asked["threads"] == (1, 3)
    assert stage.connection.attached is True


def test_what_fails_is_told_and_shown_as_progress_only_as_far_as_it_is_stored(stage):
    partly = Outcome(2, 1.0, failure="one", given_up=("one",))
    report = stage.run(Failed("its worker died"), partly, Outcome(0, 0.0, failure="two"))
    assert report.failures == ["replicates 0..2: its worker died", "point b: one", "two"]
    assert (report.done, report.given_up) == (2, ["point b: one"])
    assert stage.progress == [Outcome(2, 1.0)]
    assert stage.asked["added"][0] == Outcome(0, 0.0, failure="replicates 0..2: its worker died")


def test_the_end_of_a_cluster_and_of_patience(stage, monkeypatch):
    left = []

    @contextlib.contextmanager
    def interruptible(report):
        yield lambda: left.append(report)

    monkeypatch.setattr(execute, "_interruptible", interruptible)
    report = stage.run(Outcome(3, 1.0), ClusterLostError("has ended"), Outcome(3, 1.0), scheduler="tcp://there")
    assert (report.lost, report.done, left) == ("the scheduler at tcp://there has ended", 3, [])
    report = stage.run(UnfinishedError())
    assert (left, report.lost) == ([report], None)


def test_a_limit_of_time_is_why_a_run_has_stopped_unless_something_else_is(stage):
    OVER.set()
    assert stage.run(Outcome(0, 0.0)).stopped == "the time limit"
    assert STOP.is_set()
    for other in (Outcome(0, 0.0, refused="x"), Outcome(0, 0.0, failure="x", cannot_store=True), ClusterLostError("x")):
        assert stage.run(other).stopped is None
    OVER.clear()
    assert stage.run(Outcome(0, 0.0)).stopped is None
    assert not STOP.is_set()


# --- signals


@pytest.fixture
def handlers():
    """Handlers that stood before, and what they are called with."""
    called = []
    before = {
        number: signal.signal(number, lambda number, frame: called.append((number, frame is None)))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    now = {number: signal.getsignal(number) for number in before}
    yield called
    assert {number: signal.getsignal(number) for number in before} == now
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_ends(handlers, number):
    report = Report()
    with pytest.raises(KeyboardInterrupt), execute._interruptible(report):
        assert not STOP.is_set()
        signal.raise_signal(number)
        assert (report.stopped, STOP.is_set(), handlers) == (number.name, True, [])
        signal.raise_signal(number)
    assert handlers == [(number, False)]


@pytest.mark.parametrize(("stopped", "number"), [(None, signal.SIGTERM), ("SIGINT", signal.SIGINT)])
def test_a_run_that_is_left_ends_as_its_signal_would_end_it(handlers, stopped, number):
    with pytest.raises(KeyboardInterrupt), execute._interruptible(Report(stopped=stopped)) as leave:
        leave()
    assert handlers == [(number, True)]


def test_a_thread_leaves_signals_alone(handlers):
    found = []

    def in_a_thread():
        with execute._interruptible(Report()) as leave:
            found.extend((signal.getsignal(signal.SIGINT), leave()))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert found == [before, None]
