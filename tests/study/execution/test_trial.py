"""Trials of a replicate, with clocks and processes that only seem to be."""

import io
import json
import math
import os
import pickle
import subprocess
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from support.urn import URN, study_of

from mfsolve.study.execution import budget, packed_case
from mfsolve.study.execution import trial as module
from mfsolve.study.execution.trial import Trial, TrialResult, probe, tried
from mfsolve.study.file.config import load_study

CASE = study_of({"ways": {"both": {}}}).points[0].case
TRIAL = Trial("urn", CASE, 5, 3)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The urn is no experiment of the house, and is found all the same where a case is packed."""
    monkeypatch.setattr(packed_case, "load", lambda name, folder: URN)


def ticking(steps):
    """A clock that shows the next moment at every look."""
    moments = iter(steps)
    return lambda: next(moments)


def arm(calls, drawn=True, solved=True, reference=True):
    note = lambda name: lambda *given: calls.append((name, *given))  # noqa: E731
    return SimpleNamespace(
        draw=note("draw"),
        drawn=lambda case: drawn,
        solve=note("solve"),
        solved=lambda case: solved,
        reference=SimpleNamespace(compute=note("limit")) if reference else None,
    )


def carried_out(monkeypatch, found, clock):
    monkeypatch.setattr(module, "load", lambda name, folder: SimpleNamespace(arm=lambda case: found))
    monkeypatch.setattr(module.time, "perf_counter", ticking(clock))
    return tried(TRIAL)


def test_what_is_solved_is_timed_once_and_a_draw_by_its_second(monkeypatch):
    calls = []
    found = carried_out(monkeypatch, arm(calls), [10.0, 13.0, 20.0, 24.0, 30.0, 30.5])
    assert (found.solve, found.draw, found.failure) == (3.0, 0.5, None)
    assert math.isnan(found.memory)
    assert calls == [("solve", CASE, 3), ("draw", CASE, 5, 0, 3), ("draw", CASE, 5, 1, 3), ("limit", CASE)]


@pytest.mark.parametrize(("first", "draws"), [(59.0, 2), (60.0, 1), (61.0, 1)])
def test_a_draw_that_takes_a_minute_is_its_own_time(monkeypatch, first, draws):
    calls = []
    found = carried_out(
        monkeypatch, arm(calls, solved=False, reference=False), [1.0, 10.0, 10.0 + first, 200.0, 200.0 + first]
    )
    assert len(calls) == draws
    assert math.isnan(found.solve)
    assert found.draw == (first if draws == 2 else 200.0 - 10.0)


def test_nothing_is_timed_where_there_is_nothing_to_do(monkeypatch):
    calls = []
    found = carried_out(monkeypatch, arm(calls, drawn=False, solved=False), [1.0])
    assert (math.isnan(found.draw), math.isnan(found.solve), calls) == (True, True, [("limit", CASE)])
    nothing = SimpleNamespace(draw=None, solve=None, drawn=lambda case: True, solved=lambda case: True, reference=None)
    assert carried_out(monkeypatch, nothing, [1.0]).failure is None


@pytest.mark.parametrize(
    ("error", "line"),
    [(MemoryError("9 GiB"), "out of memory: 9 GiB"), (ValueError("no"), "no"), (KeyError(), "KeyError")],
)
def test_a_failure_is_told(monkeypatch, error, line):
    def fails(*unused):
        raise error

    found = arm([])
    found.draw = fails
    found = carried_out(monkeypatch, found, [10.0, 13.0, 20.0])
    assert (found.failure, found.solve, math.isnan(found.draw)) == (line, 3.0, True)


class Process:
    """A process that answers after so many looks, unless it is killed before."""

    def __init__(self, looks, lines):
        self.looks, self.lines, self.given, self.killed = looks, lines, [], 0

    pid, returncode, said = 17, 0, ""

    def communicate(self, given, timeout):
        self.given.append((given, timeout))
        if not self.killed and len(self.given) <= self.looks:
            raise subprocess.TimeoutExpired("trial", timeout)
        return "\n".join(self.lines).encode(), self.said.encode()

    def kill(self):
        self.killed += 1


LINE = json.dumps({"draw": 1.0, "solve": 2.0, "memory": 3.0, "failure": None})


def probed(monkeypatch, process, waited, taken, patience, trials=2):
    asked = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: asked.append(command) or process)
    monkeypatch.setattr(module.time, "monotonic", ticking([100.0, *(100.0 + seconds for seconds in waited)]))
    times = iter(taken)
    monkeypatch.setattr(module, "_processor_time", lambda pid: next(times))
    found = probe([TRIAL] * trials, 2.5e9, patience)
    assert asked == [[module.sys.executable, "-m", "mfsolve.study.execution.trial", "2500000000"]]
    assert pickle.loads(process.given[0][0]) == [TRIAL] * trials
    assert {given for given, _ in process.given[1:]} <= {None}  # it is on its way
    return found


def test_answers_are_those_of_the_process_as_many_as_were_asked(monkeypatch):
    wanted = TrialResult(1.0, 2.0, 3.0)
    process = Process(0, ["noise of a library", LINE, LINE, LINE])
    assert probed(monkeypatch, process, [], [], 120.0) == [wanted] * 2
    assert process.given[0][1] == module.LOOK
    process = Process(1, [LINE])
    first, second = probed(monkeypatch, process, [0.05], [], 0.05)
    assert process.given[0][1] == 0.05
    assert first == wanted
    assert (second.draw, second.failure) == (math.inf, "a replicate ended its process with exit code 0")
    assert [math.isnan(second.solve), math.isnan(second.memory)] == [True, True]
    assert process.killed == 0


def test_patience_is_counted_in_processor_time_of_which_a_probe_gets_a_tenth_at_least(monkeypatch):
    """It waits while others have the processor, and not for one that does nothing."""
    for waited, taken, killed in (
        ([1.9, 2.0, 3.0], [2.0], 0),
        ([1.9, 2.0, 3.0], [2.1], 1),
        ([1.9, 20.0, 20.0], [0.1, 0.1], 0),
        ([1.9, 20.0, 20.1], [0.1, 0.1], 1),
        ([20.1, 30.0, 40.0], [0.0, 0.0, 0.0], 1),
    ):
        process = Process(len(waited), [LINE])
        first, second = probed(monkeypatch, process, waited, taken, 2.0)
        assert process.killed == killed, (waited, taken)
        assert first == TrialResult(1.0, 2.0, 3.0)
        assert second.draw == math.inf
        assert (second.failure is None) is bool(killed)


@pytest.mark.parametrize(
    ("code", "said", "failure"),
    [
        (1, "Traceback:\n  File 'x.py'\nModuleNotFoundError: No module named 'mymarket'\n\n",
         "a replicate ended its process with exit code 1: ModuleNotFoundError: No module named 'mymarket'"),
        (3, "", "a replicate ended its process with exit code 3"),
        (-11, "some word\n", "a replicate ended its process by SIGSEGV: some word"),
        (-9, "", "a replicate ended its process by SIGKILL (out of memory?)"),
        (1, "Traceback:\nMemoryError\n", "out of memory: MemoryError"),
        (1, "x\nnumpy._ArrayMemoryError: Unable to allocate 8.00 GiB for an array",
         "out of memory: numpy._ArrayMemoryError: Unable to allocate 8.00 GiB for an array"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
         "out of memory: what():  std::bad_alloc"),
        (-6, "LLVM ERROR: out of memory\nStack dump:\n0.", "out of memory: LLVM ERROR: out of memory"),
    ],
)  # fmt: skip
def test_what_ended_a_process_is_said_and_memory_is_blamed_only_where_it_is_to_blame(monkeypatch, code, said, failure):
    process = Process(0, [LINE])
    process.returncode, process.said = code, said
    first, second = probed(monkeypatch, process, [], [], 120.0)
    assert first == TrialResult(1.0, 2.0, 3.0)
    assert second.failure == failure


OWN = """import os

from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output


class Parameters(Frozen):
    size: int = Field(1, ge=1, description="what happens")


class Population(Frozen):
    firms: int = Field(1, ge=1, description="firms")


def drawn(case):
    return {"x": Output((), "a number")}


def draw(case, seed, replicate, threads):
    print('{"what a model": "prints is no answer"}')
    if case.parameters.size == 2:
        os._exit(7)
    return {"x": 1.0}


ONE = Arm(draw=draw, drawn=drawn, coordinates=lambda case: {})
EXPERIMENT = Experiment(name="x", title="own", parameters=Parameters, population=Population, arms={"one": ONE})
"""


@pytest.mark.parametrize("away", [True, False])
def test_a_model_of_ones_own_is_tried_where_its_study_stands(tmp_path, monkeypatch, away):
    """From another folder, too; what it prints is no answer, and what ends it is said."""
    monkeypatch.undo()
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    (folder / "study.toml").write_text('model = "own:EXPERIMENT"\nfigures = []\n[grid]\nparameters.size = [1, 2]\n')
    monkeypatch.chdir(tmp_path if away else folder)
    study = load_study(Path("sub/study.toml") if away else Path("study.toml"))
    trials = [budget._trial(study, point.case, point.seed) for point in study.points]
    first, second = probe(trials, 2.0**30)
    assert first.failure is None
    assert first.draw >= 0.0
    assert second.failure == "a replicate ended its process with exit code 7"
    assert tried(trials[0]).failure is None


class Slow(Process):
    """A process that takes its time to vanish."""

    def communicate(self, given, timeout):
        self.given.append((given, timeout))
        if len(self.given) <= self.looks:
            raise subprocess.TimeoutExpired("trial", timeout)
        return b"", b""


def test_a_process_is_killed_once(monkeypatch):
    process = Slow(3, [])
    (found,) = probed(monkeypatch, process, [3.0, 4.0, 5.0], [2.5, 3.5, 4.5], 2.0, trials=1)
    assert process.killed == 1
    assert found.failure is None


def test_the_processor_time_of_a_process(monkeypatch):
    times = os.times()
    assert module._processor_time(os.getpid()) == pytest.approx(times.user + times.system, abs=1.0)
    monkeypatch.setattr(
        psutil, "Process", lambda process: SimpleNamespace(cpu_times=lambda: SimpleNamespace(user=3, system=4))
    )
    assert module._processor_time(5) == 7.0

    def gone(process):
        raise psutil.NoSuchProcess(process)

    monkeypatch.setattr(psutil, "Process", gone)
    assert module._processor_time(5) == 0.0


@pytest.mark.parametrize("limited", [True, False])
def test_trials_come_in_pickled_and_go_out_as_lines(monkeypatch, limited):
    resource = SimpleNamespace(getrusage=lambda who: SimpleNamespace(ru_maxrss=5), RUSAGE_SELF=0)
    asked = []
    monkeypatch.setattr(module, "_limited", lambda limit: asked.append(limit) or (resource if limited else None))
    monkeypatch.setattr(module, "load", lambda name, folder: URN)
    answers = io.StringIO()
    module.carry_out(io.BytesIO(pickle.dumps([TRIAL, TRIAL])), answers, 77)
    lines = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert asked == [77]
    assert len(lines) == 2
    for line in lines:
        assert line["memory"] == 5120.0 if limited else math.isnan(line["memory"])
        assert min(line["draw"], line["solve"]) >= 0.0
        assert line["failure"] is None


def test_the_address_space_is_what_there_is_the_limit_and_a_gibibyte_for_code(monkeypatch):
    resource = pytest.importorskip("resource")
    asked = []
    monkeypatch.setattr(resource, "setrlimit", lambda which, ends: asked.append((which, ends)))
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(memory_info=lambda: SimpleNamespace(vms=1000)))
    assert module._limited(77) is resource
    assert asked == [(resource.RLIMIT_AS, (2**30 + 1077, 2**30 + 1077))]
    monkeypatch.setitem(module.sys.modules, "resource", None)
    assert module._limited(77) is None
