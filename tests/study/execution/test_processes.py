"""Processes of their own for tasks: what is said to them, how long they are waited for, and how they end."""

import contextlib
import io
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from mfsolve.study.execution import child, cleanup, processes
from mfsolve.study.execution import process as single
from mfsolve.study.execution.process import Idle
from mfsolve.study.execution.processes import Ended
from mfsolve.study.execution.task_orders import Outcome

# --- the clock


def test_a_limit_holds_for_the_block_whatever_becomes_of_it():
    assert processes.limit() is None
    with processes.task_time_limit(5.0):
        assert processes.limit() == 5.0
        with contextlib.suppress(ZeroDivisionError), processes.task_time_limit(None):
            assert processes.limit() is None
            raise ZeroDivisionError
        assert processes.limit() == 5.0
    assert processes.limit() is None


class Silent:
    """A process that is silent for some looks at the clock, each of which takes so many seconds, and then answers."""

    def __init__(self, *looks, answer="answer", ready=True):
        self.looks, self.answers, self.now, self.said, self.ready = list(looks), [answer], 100.0, [], ready

    def monotonic(self):
        return self.now

    def send(self, what):
        self.said.append(what)

    def receive(self, timeout):
        assert timeout == processes.TICK == 0.2
        if self.looks:
            self.now += self.looks.pop(0)
            raise queue.Empty
        return self.answers.pop(0)


@pytest.fixture
def silent(monkeypatch):
    def make(*looks, **options):
        process = Silent(*looks, **options)
        monkeypatch.setattr(processes, "time", process)
        return process

    return make


def never():
    return False


def test_an_answer_is_waited_for_until_its_time_is_over(silent):
    assert processes._heard(silent(0.25, 0.25, 0.25), 0.75, never) == "answer"
    with pytest.raises(TimeoutError, match=r"^took longer than 0:00:00.750000$"):
        processes._heard(silent(0.25, 0.25, 0.375), 0.75, never)
    # no more than two looks' time counts of one in which this process was suspended
    assert processes._heard(silent(0.25, 3600.0, 0.05), 0.75, never) == "answer"
    with pytest.raises(TimeoutError):
        processes._heard(silent(0.25, 3600.0, 0.15), 0.75, never)


def test_a_process_that_is_gone_is_missed(silent):
    with pytest.raises(processes.NoAnswerError):
        processes._heard(silent(0.25, answer=EOFError()), 5.0, never)


def test_a_request_to_stop_is_handed_over_once_and_waited_for(silent):
    process = silent(0.25, 0.25, 0.25, 0.25)
    assert processes._heard(process, 5.0, lambda: len(process.looks) < 3) == "answer"
    assert process.said == [None]


def test_a_process_is_waited_for_longer_until_it_is_there(silent):
    process = silent(*[0.25] * 40, answer=processes.READY, ready=False)
    process.answers.append("outcome")
    assert processes._asked(process, b"order", 1.0, lambda: True) == "outcome"  # its start takes ten seconds
    assert (process.said, process.ready) == ([b"order", None], True)
    process.answers.append("another")
    assert processes._asked(process, b"second", 1.0, never) == "another"
    process.looks = [0.25] * 5
    with pytest.raises(TimeoutError, match=r"^took longer than 0:00:01$"):
        processes._asked(process, b"third", 1.0, never)
    late = silent(*[0.25] * 481, ready=False)
    with pytest.raises(TimeoutError, match=r"^found no process within 120 seconds$"):
        processes._asked(late, b"order", 1.0, never)
    assert not late.ready


# --- answers


class Kept:
    """Processes that are numbered, and what happens to them."""

    def __init__(self, *found):
        self.closed, self.found, self.log = False, list(found), []

    def take(self):
        self.log.append("take")
        return "process"

    def put(self, process):
        self.log.append(f"put {process}")

    def drop(self, process):
        self.log.append(f"drop {process}")
        return f"ended somehow, {self.log.count('take')}"

    def asked(self, process, packed, seconds, stopping):
        assert (process, pickle.loads(packed), seconds) == ("process", "order", 9.0)
        found = self.found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.mark.parametrize(
    ("found", "tries", "answer", "log"),
    [
        (["outcome"], 3, "outcome", "take, put process"),
        ([processes.NoAnswerError(), "outcome"], 3, "outcome", "take, drop process, take, put process"),
        ([TimeoutError("took long"), "outcome"], 2, "outcome", "take, drop process, take, put process"),
        ([processes.NoAnswerError()], 1, Ended("ended somehow, 1"), "take, drop process"),
        ([processes.NoAnswerError()] * 2, 2, Ended("ended somehow, 2"), "take, drop process, take, drop process"),
        (
            [processes.NoAnswerError(), TimeoutError("long")],
            2,
            Ended("long"),
            "take, drop process, take, drop process",
        ),
    ],
)
def test_an_order_is_tried_anew_in_a_fresh_process(monkeypatch, found, tries, answer, log):
    kept = Kept(*found)
    monkeypatch.setattr(processes, "_processes", kept)
    monkeypatch.setattr(processes, "_asked", kept.asked)
    assert processes.answer("order", 9.0, never, tries) == answer
    assert ", ".join(kept.log) == log


def test_nothing_is_tried_once_a_stop_is_asked_for_or_all_are_dismissed(monkeypatch):
    kept = Kept(processes.NoAnswerError(), "outcome")
    monkeypatch.setattr(processes, "_processes", kept)
    monkeypatch.setattr(processes, "_asked", kept.asked)
    assert processes.answer("order", 9.0, lambda: True, 3) is None
    assert kept.log == []
    assert processes.answer("order", 9.0, lambda: len(kept.log) > 0, 3) is None  # after the first try
    assert kept.log == ["take", "drop process"]

    def dismissed(*unused):
        kept.closed = True
        raise processes.NoAnswerError

    monkeypatch.setattr(processes, "_asked", dismissed)
    assert processes.answer("order", 9.0, never, 1) is None
    assert processes.answer("order", 9.0, never, 3) is None
    assert kept.log.count("take") == 2


# --- a store of processes


class Numbered:
    made = 0

    def __init__(self):
        Numbered.made += 1
        self.number, self.waiting, self.log = Numbered.made, True, []

    def waits(self):
        return self.waiting

    def __getattr__(self, name):
        return lambda: self.log.append(name) or f"{name} {self.number}"


@pytest.fixture
def numbered(monkeypatch):
    monkeypatch.setattr(processes, "Process", Numbered)
    monkeypatch.setattr(Numbered, "made", 0)
    return processes.Processes()


def test_a_process_that_waits_is_taken_again(numbered):
    first, second = numbered.take(), numbered.take()
    assert (first.number, second.number) == (1, 2)
    numbered.put(first)
    numbered.put(second)
    assert first.log == second.log == ["rest"]
    assert numbered.take() is second
    first.waiting = False
    third = numbered.take()
    assert (third.number, first.log) == (3, ["rest", "end"])
    assert numbered.drop(third) == "end 3"
    numbered.close()
    assert numbered.closed
    assert (first.log, second.log, third.log) == (["rest", "end"], ["rest", "leave", "end"], ["end"])


def test_those_who_wait_and_those_at_work_are_dismissed(numbered, monkeypatch):
    monkeypatch.setattr(processes, "_processes", numbered)
    one, other = numbered.take(), numbered.take()
    order = []
    for process in (one, other):
        process.leave = lambda: order.append("leave")
        process.end = lambda: order.append("end")
    numbered.put(one)
    assert not numbered.closed
    processes.dismiss()
    assert order == ["leave", "leave", "end", "end"]  # none waits for the other
    assert numbered.closed
    assert processes._processes is not numbered
    assert not processes._processes.closed


# --- one process

SPEAKS = """
import os, pickle, sys
pickle.dump("ready", sys.stdout.buffer); sys.stdout.flush()
while True:
    what = pickle.load(sys.stdin.buffer)
    if isinstance(what, int):
        os.kill(os.getpid(), what) if what > 0 else os._exit(-what)
    pickle.dump(("heard", what), sys.stdout.buffer); sys.stdout.flush()
"""


@pytest.fixture
def started(monkeypatch):
    """Start processes that answer with what they hear, or end as they are told."""
    popen, asked, made = subprocess.Popen, [], []

    def speaks(command, **options):
        asked.append(command)
        return popen([sys.executable, "-S", "-E", "-c", SPEAKS], **options)

    monkeypatch.setattr(single.subprocess, "Popen", speaks)
    monkeypatch.setattr(single, "LEAVE", 20.0)
    monkeypatch.setattr(single, "TICK", 0.02)

    def start():
        made.append(single.Process())
        return made[-1]

    start.asked = asked
    yield start
    for process in made:
        process._process.kill()
        process._process.wait()
        process.leave()


def test_a_process_hears_orders_and_ends_with_the_stream_of_them(started):
    process = started()
    assert started.asked == [[sys.executable, "-m", "mfsolve.study.execution.child"]]
    assert process._process in cleanup.PROCESSES
    assert not process.ready
    with pytest.raises(queue.Empty):
        process.receive(1e-3)
    assert process.receive(10.0) == "ready"
    process.send(b"order")
    assert process.receive(10.0) == ("heard", b"order")
    process.send(None)
    assert process.receive(10.0) == ("heard", None)
    assert process.waits()
    process.leave()
    assert isinstance(process.receive(10.0), EOFError)
    process._process.wait(10.0)
    assert not process.waits()
    process.send(b"nobody hears that")
    process.leave()
    assert process.end() == "ended its process with exit code 1"
    assert process._process not in cleanup.PROCESSES


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (-3, "ended its process with exit code 3"),
        (signal.SIGKILL, "ended its process by SIGKILL (out of memory?)"),
        (signal.SIGSEGV, "ended its process by SIGSEGV"),
    ],
)
def test_the_way_a_process_has_ended(started, what, said):
    process = started()
    process.send(int(what))
    assert process.receive(10.0) == "ready"
    assert isinstance(process.receive(10.0), Exception)
    process._process.wait(10.0)
    assert process.end() == said


def test_a_process_that_lives_is_ended(started):
    process = started()
    assert process.receive(10.0) == "ready"
    assert process.end() == "broke the connection to its process"
    assert process._process.poll() == -signal.SIGKILL
    assert process._process not in cleanup.PROCESSES
    assert process._process.stdin.closed


def test_one_that_the_system_does_not_let_go_is_left_behind(started, monkeypatch):
    process = started()
    monkeypatch.setattr(single, "LEAVE", 0.01)
    monkeypatch.setattr(process._process, "kill", lambda: None)
    assert process.end() == "broke the connection to its process"
    assert process._process.stdin.closed


def test_codes_of_signals_without_a_name():
    assert single.how_it_ended(0) == "ended its process with exit code 0"
    assert single.how_it_ended(-55) == "ended its process by signal 55"


def test_a_process_that_has_rested_for_long_is_not_handed_anything(started, monkeypatch):
    """It ends by itself after a minute, which may be just now."""
    now = [1000.0]
    monkeypatch.setattr(single, "time", SimpleNamespace(monotonic=lambda: now[0]))
    process = started()
    now[0] += 29.0
    assert process.waits()
    now[0] += 1.0
    assert not process.waits()
    process.rest()
    assert process.waits()


def test_processes_and_files_go_with_this_one(tmp_path, monkeypatch):
    class Gone:
        killed = 0

        def kill(self):
            Gone.killed += 1
            raise ProcessLookupError

    (tmp_path / "notes").touch()
    monkeypatch.setattr(cleanup, "PROCESSES", {Gone(), Gone()})
    monkeypatch.setattr(cleanup, "FILES", {tmp_path / "notes", tmp_path / "none"})
    cleanup.clean_up()
    assert Gone.killed == 2
    assert list(tmp_path.iterdir()) == []


# --- on the other side


@pytest.fixture
def other_side(monkeypatch):
    """The life of a child in this process: what it reads, what it has written, and what it has asked of the system."""
    read, write = os.pipe()
    monkeypatch.setattr(child.sys, "stdin", SimpleNamespace(buffer=os.fdopen(read, "rb")))
    answers, asked, over = io.BytesIO(), [], threading.Event()

    def leave(code):
        asked.append(("exit", code))
        over.set()

    system = SimpleNamespace(
        dup=lambda number: ("copy of", number),
        dup2=lambda *numbers: asked.append(("dup2", *numbers)),
        fdopen=lambda *given: asked.append(("fdopen", *given)) or answers,
        _exit=leave,
    )
    monkeypatch.setattr(child, "os", system)
    monkeypatch.setattr(child.signal, "signal", lambda *given: asked.append(("signal", *given)))
    monkeypatch.setattr(child, "IDLE", 0.05)
    monkeypatch.setattr(child.told, "forward", lambda say: asked.append("told"))
    child.STOP.clear()
    with os.fdopen(write, "wb") as orders:
        yield SimpleNamespace(orders=orders, answers=answers, asked=asked, over=over)
        orders.close()
        assert over.wait(10.0)
    child.STOP.clear()
    child.sys.stdin.buffer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_child_answers_orders_until_there_are_none(other_side, monkeypatch):
    monkeypatch.setattr(child, "carry_out", lambda order: Outcome(order, 1.0))
    for order in (pickle.dumps(3), pickle.dumps(4), b"no order", None):
        pickle.dump(order, other_side.orders)
    other_side.orders.flush()
    begun = time.monotonic()
    child.main()  # nothing to do for a while
    assert time.monotonic() - begun < 5.0
    assert child.STOP.is_set()
    other_side.answers.seek(0)
    said = [pickle.load(other_side.answers) for _ in range(4)]
    assert said[:3] == ["ready", Outcome(3, 1.0), Outcome(4, 1.0)]
    assert (said[3].replicates, said[3].seconds) == (0, 0.0)
    assert "UnpicklingError" in said[3].failure
    assert not other_side.answers.read()
    # whoever has started it decides when it ends, and what a model prints is no answer
    ignored = [("signal", number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)]
    assert other_side.asked == [*ignored, ("fdopen", ("copy of", 1), "wb"), ("dup2", 2, 1), "told"]
    other_side.orders.close()
    assert other_side.over.wait(10.0)
    assert other_side.asked[5:] == [("exit", 0)]


def test_a_child_makes_calls_between_orders_and_idle_ones_while_there_are_none(other_side, tmp_path):
    idle = Idle(
        [partial(os.mkdir, tmp_path / "a"), partial(os.mkdir, tmp_path / "a"), partial(os.mkdir, tmp_path / "b")]
    )
    for order in (partial(divmod, 7, 2), partial(divmod, 7, 0), idle):
        pickle.dump(pickle.dumps(order), other_side.orders)
    other_side.orders.flush()
    child.main()
    other_side.answers.seek(0)
    said = [pickle.load(other_side.answers) for _ in range(3)]
    assert said[0] == "ready"
    assert pickle.loads(said[1].packed) == (3, 1)
    assert "ZeroDivisionError" in said[2].failure
    assert not other_side.answers.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]  # a failure among them ends nothing


def test_a_process_with_nothing_to_do_ends_in_silence():
    """Its reader still waits for orders: the interpreter's end took that for a deadlock, and said so."""
    code = "from mfsolve.study.execution import child; child.IDLE = 0.2; child.serve()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""
