"""Prices, thresholds and advice of a study that is too large, in exact words; nothing is tried for real."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from mfsolve.study.execution import budget
from mfsolve.study.execution.budget import Budget
from mfsolve.study.execution.extremes import Extreme
from mfsolve.study.execution.overhead import overhead
from mfsolve.study.execution.trial import Trial, TrialResult
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError

MODEL = """
import numpy as np
from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output

class Parameters(Frozen):
    step: float = Field(1.0, gt=0.0, description="step")
    other: float = Field(1.0, gt=0.0, description="another one")

class Agents(Frozen):
    agents: int = Field(10, ge=1, le=10**9, description="agents")

def drawn(case):
    return {"x": Output((), "x"), "y": Output(("path",), "y")}

def solved(case):
    return {"z": Output(("path",), "z")}

def refuse(case):
    if case.parameters.step < 1e-11 or case.parameters.step > 1e13:
        raise ValueError("step: too small")

def places(case):
    return {"path": np.arange(5.0)}

EXPERIMENT = Experiment(
    name="priced", title="priced", parameters=Parameters, population=Agents, path="path",
    arms={
        "drawn": Arm(draw=lambda *_: {}, drawn=drawn, coordinates=places, check=refuse),
        "solved": Arm(solve=lambda *_: {}, solved=solved, coordinates=places),
    },
)
"""
STUDY = """
model = "priced:EXPERIMENT"
[arms.drawn]
[arms.solved]
[ensemble]
replicates = 12
seed = 3
[[estimates]]
name = "x"
arm = "drawn"
quantity = "x"
"""


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """The study of an arm that draws and one that solves, with some settings."""
    folder = tmp_path_factory.mktemp("priced")
    (folder / "priced.py").write_text(MODEL)
    (folder / "s.toml").write_text(STUDY)
    return lambda *settings: load_study(folder / "s.toml", settings)


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine with a GiB of everything, on which nothing is carried out."""
    monkeypatch.setattr(budget, "free_disk", lambda folder: 2.0**30)
    monkeypatch.setattr(budget, "free_memory", lambda: 2.0**30)
    monkeypatch.setattr(budget, "probe", lambda *_: pytest.fail("tried"))


def refused(message, ask, *arguments):
    with pytest.raises(StudyError) as caught:
        ask(*arguments)
    assert str(caught.value) == message


# --- words


def test_the_price_in_words(load):
    study = load()
    price = Budget(2, 12, 2.0**21, 2.0**21, 2.0**30, 2.0**20, 2.0**31, 7200.0, 4)
    lines = [
        "points       2: arms drawn, solved; places 1",
        "replicates   12, 12 of each point",
        "disk         2 MiB; 1 GiB are free",
        "memory       1 MiB for 4 workers; 2 GiB are free",
        "time         about 2 hours",
    ]
    assert list(price.lines(study)) == lines
    until = load("ensemble.half_width=0.1", "ensemble.most_replicates=99", "grid.parameters.step=[1.0, 2.0, 3.0]")
    assert list(replace(price, most_disk=2.0**23, seconds=math.inf, memory=math.nan).lines(until)) == [
        "points       2: arms drawn, solved; places 3",
        "replicates   12, 12 of each point, then more until half-widths are reached, at most 99 of each",
        "disk         2 MiB, at most 8 MiB; 1 GiB are free",
        "time         longer than the trial lasted",
    ]
    assert list(replace(price, seconds=math.nan).lines(study)) == lines[:4]
    record = budget.as_record(replace(price, seconds=math.inf, memory=math.nan))
    assert record == {
        "points": 2, "replicates": 12, "disk": 2.0**21, "most_disk": 2.0**21, "free_disk": 2.0**30, "memory": None, "free_memory": 2.0**31,
        "seconds": None, "workers": 4, "simulation_seconds": 0.0, "compilation_seconds": 0.0, "storage_seconds": 0.0,
        "report_seconds": 0.0,
    }  # fmt: skip
    parted = replace(price, simulation_seconds=7000.0, storage_seconds=199.0, report_seconds=0.4)
    assert [*parted.lines(study)][-1] == "time         about 2 hours: simulation 120 minutes, storage 3.3 minutes"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"), (999.4, "999 B"), (1000, "0.977 KiB"), (1024, "1 KiB"), (999 * 2**10, "999 KiB"),
        (1000 * 2**10, "0.977 MiB"), (1.5 * 2**20, "1.5 MiB"), (2**30, "1 GiB"), (2**40, "1 TiB"),
        (999 * 2**50, "999 PiB"), (1000 * 2**50, "0.977 EiB"), (2**70, "1024 EiB"), (999.6, "0.976 KiB"), (999.6 * 2**10, "0.976 MiB"),
    ],
)  # fmt: skip
def test_bytes_in_words(count, said):
    assert budget.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1.0, "1 second"), (0.996, "1 second"), (0.01, "0.01 seconds"), (1.26, "1.3 seconds"), (99.6, "100 seconds"),
        (119.0, "120 seconds"), (120.0, "2 minutes"), (7199.0, "120 minutes"),
        (7200.0, "2 hours"), (172799.0, "48 hours"), (172800.0, "2 days"), (8640000.0, "100 days"),
    ],
)  # fmt: skip
def test_times_in_words(seconds, said):
    assert budget.span(seconds) == f"about {said}"


def test_bytes_that_were_asked_for_are_read_from_numpys_words():
    with pytest.raises(MemoryError) as caught:
        np.empty(2**59)
    assert budget._asked(f"out of memory: {caught.value}") == 2.0**62
    for k, unit in enumerate(("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")):
        assert budget._asked(f"Unable to allocate 1.50 {unit} for an array") == 1.5 * 1024.0**k
    assert budget._asked("Unable to allocate 7 B for an array") == 7.0
    for unsaid in ("out of memory", "Unable to allocate 3 ZiB for an array", "allocate much"):
        assert budget._asked(unsaid) == math.inf


def test_what_the_machine_has(monkeypatch, tmp_path):
    monkeypatch.undo()
    asked = []
    monkeypatch.setattr(
        budget.shutil, "disk_usage", lambda path: asked.append(path) or SimpleNamespace(free=7, used=8, total=9)
    )
    assert budget.free_disk(tmp_path / "not" / "yet") == budget.free_disk(tmp_path) == 7.0
    assert asked == [tmp_path.resolve()] * 2
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000, free=5, total=9))
    assert budget.free_memory() == 1000.0
    assert budget.memory_share(4) == 200.0  # of four fifths


# --- disk


def test_bytes_on_disk(load):
    """Six numbers a replicate and five that are solved, twice, and a MiB for each arm."""
    assert budget.disk(load()) == (2 * 8 * (6 * 12 + 5) + 2 * 2**20, 2 * 8 * 6)
    study = load("grid.parameters.step=[1.0, 2.0]", "ensemble.replicates=5")
    assert budget.disk(study) == (4 * 8 * (6 * 5 + 5) + 2 * 2**20, 4 * 8 * 6)


@pytest.mark.parametrize(
    ("free", "advice"),
    [
        (2200, None), (2199, "--replicates 11 would fit"), (1700, "--replicates 7 would fit"),
        (1699, "--replicates 6 would fit"), (1100, "--replicates 1 would fit"),
        (1099, "not even one replicate fits"), (500, "not even one replicate fits"),
    ],
)  # fmt: skip
def test_replicates_that_fit_on_the_disk(load, tmp_path, monkeypatch, free, advice):
    """1000 bytes, and 100 for each of 12 replicates; what stands in the folder already is part of it."""
    study = load()
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "one").write_bytes(bytes(300))
    monkeypatch.setattr(budget, "disk", lambda study: (2200.0, 100.0))
    monkeypatch.setattr(budget, "free_disk", lambda folder: free - 300.0)
    if advice is None:
        budget.refuse_disk(study, tmp_path)
        return
    message = f"12 replicates of 2 points leave 2.15 KiB on disk, {budget.size(free)} are free: {advice}"
    refused(f"{study.source}: {message}", budget.refuse_disk, study, tmp_path)
    monkeypatch.setattr(budget, "disk", lambda study: (2200.0, 0.0))
    with pytest.raises(StudyError, match=r"are free: not even one replicate fits$"):
        budget.refuse_disk(study, tmp_path)


# --- memory

LARGE, SMALL = Extreme("population", "agents", 10**9, 10.0), Extreme("parameters", "step", 1e-12, 1.0)


@pytest.mark.parametrize(
    ("failure", "found", "said"),
    [
        ("no: this\nand that", [], "no: this"),
        ("no", [SMALL, LARGE],
         "parameters.step = 1e-12, population.agents = 1e+09: no; a value nearer to 1 is needed"),
        ("no; try 2", [SMALL], "parameters.step = 1e-12: no; try 2"),
        ("no; allowed: 2", [SMALL], "parameters.step = 1e-12: no; allowed: 2"),
        # a quarter of the 1/16 that would do if memory were proportional to it
        ("out of memory: allocate 16.0 GiB", [LARGE, SMALL],
         "a replicate needs 16 GiB, a worker has 1 GiB: population.agents = 1e+09 asks for it; about 2e+07 would fit"),
        ("out of memory: allocate 16.0 GiB", [SMALL],
         "a replicate needs 16 GiB, a worker has 1 GiB: parameters.step = 1e-12 asks for it; about 6e-11 would fit"),
        ("out of memory: allocate 16.0 GiB", [],
         "a replicate needs 16 GiB, a worker has 1 GiB: smaller sizes are needed"),
        ("out of memory", [], "a replicate needs more memory than there is, a worker has 1 GiB: smaller sizes are needed"),
        ("out of memory", [SMALL, LARGE], "a replicate needs more memory than there is, a worker has 1 GiB: "
         "parameters.step = 1e-12, population.agents = 1e+09: too large to fit"),
    ],
)  # fmt: skip
def test_what_would_fit_into_memory(load, failure, found, said):
    study = load()
    result = TrialResult(math.nan, math.nan, math.nan, failure)
    refused(f"{study.source}: drawn: {said}", budget.refuse_memory, study, study.points[0], found, result, 2.0**30)
    budget.refuse_memory(study, study.points[0], found, replace(result, failure=None), 2.0**30)


# --- time


def folder_of(study):
    return str(Path(study.source).resolve().parent)


def timed(monkeypatch, seconds):
    """Let a replicate take so many seconds, by its part of the way from the usual case; the parts that are tried."""
    parts = []

    def seconds_between(study, point, found, part, workers):
        parts.append(part)
        return seconds(part)

    monkeypatch.setattr(budget, "_seconds_between", seconds_between)
    return parts


def long(found, usual, power):
    """Seconds that are a power of the work, of which the usual case takes so many."""
    ratio = math.prod(one.ratio for one in found)
    return lambda part: usual * ratio ** (power * part)


@pytest.mark.parametrize(
    ("usual", "power", "said"),
    [
        # 12 replicates, two at a time: six after one another, each 1e12 times the usual one
        (1e-5, 1.0, "2 years: parameters.step = 1e-12 asks for it; about 7e-10 takes a day"),
        (1e-5, 0.9, None),
        (1e-3, 0.5, None),
        (1e4, 0.5, "2e+03 years: parameters.step = 1e-12 asks for it; about 0.5 takes a day"),
        (1e6, 0.5, "2e+05 years: smaller sizes are needed"),
        (1e9, 0.26, "3e+05 years: smaller sizes are needed"),
        (1e9, 0.24, None),  # two short measurements say as much of what takes no longer
        (1e9, -1.0, None),
        (1e-6, 1.5, "2e+01 years: parameters.step = 1e-12 asks for it; about 7e-09 takes a day"),  # no more than the first
    ],
)  # fmt: skip
def test_times_are_a_power_of_the_size(load, monkeypatch, usual, power, said):
    study = load()
    parts = timed(monkeypatch, long([SMALL], usual, power))
    if said is None:
        budget.refuse_time(study, study.points[0], [SMALL], 2)
    else:
        message = f"{study.source}: drawn: its replicates take about {said}"
        refused(message, budget.refuse_time, study, study.points[0], [SMALL], 2)
    assert parts == pytest.approx([1 / 3, 1 / 4])  # 10000 and 1000 times the work of the usual one


@pytest.mark.parametrize(("arm", "each"), [(0, 6.0), (1, 1.0)])
def test_a_year_is_waited_for(load, monkeypatch, arm, each):
    """The replicates of a worker after one another; what is solved once."""
    study = load()
    year = 365.25 * 86400.0
    for factor, longer in ((1.0 - 1e-9, False), (1.0 + 1e-9, True)):
        timed(monkeypatch, long([SMALL], factor * year / each / 1e12, 1.0))
        if longer:
            with pytest.raises(StudyError, match="take about 1 years"):
                budget.refuse_time(study, study.points[arm], [SMALL], 2)
        else:
            budget.refuse_time(study, study.points[arm], [SMALL], 2)


def test_cases_that_do_not_end_in_time_are_passed_over(load, monkeypatch):
    study = load()
    ask = (budget.refuse_time, study, study.points[0], [SMALL], 2)
    slow = long([SMALL], 1e-3, 1.0)
    parts = timed(monkeypatch, lambda part: slow(part) if part < 0.3 and not 0.15 < part < 0.2 else math.inf)
    with pytest.raises(StudyError, match=r"about 2e[+]02 years"):
        ask[0](*ask[1:])
    assert parts == pytest.approx([1 / 3, 1 / 4, 1 / 6, 1 / 12])
    parts = timed(monkeypatch, lambda part: slow(part) if part < 0.1 else math.inf)
    budget.refuse_time(*ask[1:])  # one says nothing of how time grows
    assert len(parts) == 4
    # a case that is not that far from the usual one, and several settings that are far from it together
    near = Extreme("parameters", "step", 1e3, 1.0)
    parts = timed(monkeypatch, long([near], 1e20, 1.0))
    with pytest.raises(StudyError, match="smaller sizes are needed"):
        budget.refuse_time(study, study.points[0], [near], 2)
    assert parts == pytest.approx([1.0, 2 / 3])
    parts = timed(monkeypatch, long([near], 1e20, 1.0))
    budget.refuse_time(study, study.points[0], [Extreme("parameters", "step", 5.0, 1.0)], 2)
    assert parts == [1.0]
    parts = timed(monkeypatch, long([near, SMALL], 1e-7, 1.0))
    with pytest.raises(
        StudyError, match=r"about 2e[+]01 years: parameters.step = 1000 asks for it; about 2e[+]02 takes"
    ):
        # from 6e-7 to 6e8 seconds: a day at 0.744 of the way, and 1000 ^ 0.744 = 171 ...
        budget.refuse_time(study, study.points[0], [near, SMALL], 2)
    assert parts == pytest.approx([4 / 15, 3 / 15])


def test_numbers_of_years_without_end(load, monkeypatch):
    study = load()
    far = Extreme("parameters", "step", 1e-300, 1.0)
    timed(monkeypatch, lambda part: 1e300 * 1e10 ** (100.0 * part / 10.0))
    with pytest.raises(StudyError, match=r"take about 3e[+]296 years"):  # e^700 seconds
        budget.refuse_time(study, study.points[0], [far], 2)


def test_seconds_of_a_case_between(load, monkeypatch):
    study = load("parameters.step=1e-10")
    point = study.points[0]
    small = Extreme("parameters", "step", 1e-10, 1.0)
    given = []

    def seconds(*found, part=0.5):
        monkeypatch.setattr(budget, "probe", lambda *asked: given.append(asked) or [TrialResult(*found)])
        return budget._seconds_between(study, point, [small], part, 4)

    assert seconds(2.0, 3.0, math.nan) == 5.0
    case = replace(point.case, parameters=point.case.parameters.model_copy(update={"step": pytest.approx(1e-5)}))
    assert given == [([Trial("priced:EXPERIMENT", case, point.seed, 1, folder_of(study))], 0.8 * 2.0**30 / 4, 6.0)]
    assert seconds(2.0, math.nan, math.nan) == 2.0
    assert seconds(math.nan, 3.0, math.nan) == 3.0
    assert seconds(1e-7, math.nan, math.nan) == 1e-6
    assert seconds(math.inf, math.nan, math.nan) == math.inf
    assert seconds(2.0, math.nan, math.nan, "failed") == math.inf
    assert seconds(2.0, math.nan, math.nan, part=1.2) == math.inf  # refused by the model
    assert len(given) == 6


# --- what is tried


def test_the_most_extreme_point_of_each_arm_is_tried(load, tmp_path, monkeypatch):
    given, results = [], [TrialResult(1.0, math.nan, math.nan)] * 2
    monkeypatch.setattr(budget, "probe", lambda *asked: given.append(asked) or results)
    monkeypatch.setattr(budget, "refuse_time", lambda *asked: given.append(asked) or 7200.0)
    budget.refuse_what_cannot_fit(load(), tmp_path, 4)
    assert given == []  # nothing is beyond what is usual
    study = load("grid.parameters.step=[1e-9, 1e-10, 5e-9, 1.0]", "grid.parameters.other=[1.0, 2.0]")
    budget.refuse_what_cannot_fit(study, tmp_path, 4)
    ((trials, share, patience),) = given
    assert (share, patience) == (0.8 * 2.0**30 / 4, 20.0)
    chosen = [next(p for p in study.points if p.arm == arm and p.case.parameters.step == 1e-10) for arm in study.arms]
    assert trials == [Trial("priced:EXPERIMENT", point.case, point.seed, 1, folder_of(study)) for point in chosen]
    assert [trial.case.parameters.other for trial in trials] == [1.0, 1.0]  # the first of those that are alike
    results[1] = TrialResult(math.inf, math.nan, math.nan)
    given.clear()
    (note,) = budget.refuse_what_cannot_fit(study, tmp_path, 4)
    assert note == f"{chosen[1].label}: parameters.step = 1e-10: its replicates take about 2 hours"
    assert given[1:] == [(study, chosen[1], [Extreme("parameters", "step", 1e-10, 1.0)], 4)]
    results[1] = TrialResult(math.inf, math.nan, math.nan, "died")
    given.clear()
    with pytest.raises(
        StudyError, match=r"solved/step=1e-10,other=1.0: parameters.step = 1e-10: died; a value nearer to 1 is needed$"
    ):
        budget.refuse_what_cannot_fit(study, tmp_path, 4)
    assert len(given) == 1
    monkeypatch.setattr(budget, "free_disk", lambda folder: 0.0)
    with pytest.raises(StudyError, match="on disk"):
        budget.refuse_what_cannot_fit(study, tmp_path, 4)


def test_the_price_of_a_study(load, tmp_path, monkeypatch):
    study = load("grid.parameters.step=[1.0, 2.0, 3.0]")
    given = []
    results = [TrialResult(2.0, math.nan, 100.0), TrialResult(math.nan, 5.0, math.nan)]
    monkeypatch.setattr(budget, "probe", lambda *asked: given.append(asked) or results)
    found = budget.price(study, tmp_path, 4)
    simulated, beside = 3 * (2.0 * 12 + 5.0) / 4, overhead(study, 4)
    assert found == Budget(
        points=6, replicates=36, disk=budget.disk(study)[0], most_disk=budget.disk(study)[0], free_disk=2.0**30, memory=400.0, free_memory=2.0**30,
        seconds=simulated + sum(beside), workers=4, simulation_seconds=simulated, compilation_seconds=beside.compilation,
        storage_seconds=beside.storage, report_seconds=beside.report,
    )  # fmt: skip
    until = replace(study, ensemble=study.ensemble.model_copy(update={"half_width": 0.1, "most_replicates": 99}))
    needed, each = budget.disk(study)
    assert budget.price(until, tmp_path, 4).most_disk == needed + 87 * each
    assert budget.price(study, tmp_path, 1000).workers == 39  # 36 replicates, and what is solved at three points
    del given[1:]
    ((trials, share),) = given
    assert share == 0.8 * 2.0**30 / 4
    assert {(t.case.rule, t.case.parameters.step, t.threads) for t in trials} == {("drawn", 1.0, 1), ("solved", 1.0, 1)}
    results[:] = [replace(result, memory=math.nan) for result in results]
    assert math.isnan(budget.price(study, tmp_path, 4).memory)
    results[0] = replace(results[0], failure="out of memory")
    with pytest.raises(StudyError, match="needs more memory than there is, a worker has 205 MiB: smaller sizes"):
        budget.price(study, tmp_path, 4)
    monkeypatch.setattr(budget, "free_disk", lambda folder: 0.0)
    with pytest.raises(StudyError, match="on disk"):
        budget.price(study, tmp_path, 4)
