"""Studies with one setting at an end of its declared range, run as `mfsolve run` runs them, and what becomes of each.

    python -m support.ranges EXPERIMENT [FIRST [EVERY]]     (from tests/)

prints a line of JSON before and one after each setting: a reader with a clock sees which of them does not end.
"""

import contextlib
import enum
import io
import json
import math
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import h5py
import numpy as np
import psutil

from mfsolve.commands import run as commands
from mfsolve.experiments import load
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.frozen import Frozen, InputError
from mfsolve.study.blocks import draw_block
from mfsolve.study.execution import budget, execute, trial
from mfsolve.study.execution.extremes import extremes
from mfsolve.study.execution.trial import TrialResult
from mfsolve.study.file.config import Study, read_study, resolve
from mfsolve.study.file.points import Point
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toy import shrink
from mfsolve.study.storage.store import RunDirectory

HUGE, TINY = 1e300, 1e-300
"""Values where a range has no end, and just inside one that is open at zero."""
COMPILING = 300.0
"""Seconds of processor time for the first setting of a process, which compiles kernels."""
SIZES = 500
"""Whole numbers beyond this are sizes that take long: what bounds them is tested elsewhere."""
EFFORT = ("rmse",)
"""Settings that are an amount of work, without bound at an end of their range."""
SMALLER: dict[str, dict[str, dict[str, Any]]] = {
    "collapse": {"population": {"generations": 2}},
    "governance": {"population": {"cells": 8, "dt": 5.0, "times": [0, 20]}},
    "supply_shock": {"markets.sweep": {"threshold_maps": [], "places": 3, "weights": [0.0, 0.0075]}},
}
"""Tables of settings of experiments whose toy size takes longer than this has time."""
NEEDED = {"subsidy": 0.1, "subsidies": [0.1, 0.2]}
"""Settings without a default that no shipped study shows."""
RUNS = Path(__file__).parents[2] / "runs"


class Setting(NamedTuple):
    """A setting of a study and its value: the keys that lead to it."""

    path: tuple[str, ...]
    value: Any

    @property
    def said(self) -> str:
        """As a command line has it."""
        return f"{'.'.join(self.path)}={self.value!r}"

    @property
    def is_size(self) -> bool:
        """True for a whole number, or an effort, that takes long."""
        return (isinstance(self.value, int) and self.value > SIZES) or (self.path[-1] in EFFORT and self.value < 1.0)


def ends(field: Any) -> list[Any]:
    """Values at the ends of a field's range: closed ends, just inside open ones, huge where there is none; all names."""
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_args(kind) == (float, float):  # a range, from low to high
        return [[TINY, 2.0 * TINY], [0.5 * HUGE, HUGE], [TINY, HUGE]]
    if kind is bool:
        return [not field.get_default()]
    if get_origin(kind) is Literal:
        return [name for name in get_args(kind) if name != field.get_default()]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [str(member.value) for member in kind if member is not field.get_default()]
    if kind not in (int, float):
        return []
    low, high = (-(2**62), 2**62) if kind is int else (-HUGE, HUGE)
    for constraint in field.metadata:
        for name, toward in (("ge", 0), ("gt", 1)):
            if getattr(constraint, name, None) is not None:
                low = _inside(getattr(constraint, name), toward, kind)
        for name, toward in (("le", 0), ("lt", -1)):
            if getattr(constraint, name, None) is not None:
                high = _inside(getattr(constraint, name), toward, kind)
    return [value for value in (low, high) if value != field.get_default()]


def _inside(end: float, toward: int, kind: type) -> Any:
    if kind is int:
        return int(end) + toward
    if toward == 0:
        return float(end)
    return math.copysign(TINY, toward) if end == 0.0 else float(np.nextafter(end, math.inf * toward))


def settings(experiment: Experiment) -> Iterator[Setting]:
    """Every setting of an experiment and of each of its arms, at the ends of its range."""
    for section in ("parameters", "population", "record"):
        yield from _of(getattr(experiment, section), (section,))
    for label, arm in experiment.arms.items():
        yield from _of(arm.settings, (experiment.section, label))


def _of(kind: type[Frozen], path: tuple[str, ...]) -> Iterator[Setting]:
    for key, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen) and not field.is_required():
            yield from _of(field.annotation, (*path, key))
        else:
            yield from (Setting((*path, key), value) for value in [*ends(field), *_tables(field.annotation)])


def _tables(annotation: Any) -> Iterator[dict[str, Any]]:
    """Tables for a field that takes one of several kinds: each kind, with each of its own settings at its ends."""
    for one in get_args(annotation):
        if isinstance(one, type) and issubclass(one, Frozen) and "kind" in one.model_fields:
            kind = {"kind": one.model_fields["kind"].default}
            if not any(field.is_required() for field in one.model_fields.values()):
                yield kind
                yield from ({**kind, key: end} for key, field in one.model_fields.items() for end in ends(field))


class Bench:
    """An experiment's study at toy size with all its arms, in which settings are changed one at a time."""

    def __init__(self, name: str) -> None:
        self.experiment = load(name, RUNS)
        shipped = [read_study(path) for path in shipped_studies().values()]
        mine = [raw for raw in shipped if raw["model"] == name]
        raw: dict[str, Any] = {"model": name, "figures": []}
        for section in ("parameters", "population"):
            kind = getattr(self.experiment, section)
            if any(field.is_required() for field in kind.model_fields.values()):
                raw[section] = mine[0][section]
        section = self.experiment.section
        given = {t.get("rule", label): t for other in mine for label, t in other.get(section, {}).items()}
        raw[section] = {
            label: {
                key: (NEEDED | given.get(label, {}))[key]
                for key, field in arm.settings.model_fields.items()
                if field.is_required() and key in NEEDED | given.get(label, {})
            }
            for label, arm in self.experiment.arms.items()
        }
        self.raw, self.left_out = self._standing(shrink(raw, RUNS))
        if self.left_out and "parameters" in mine[0]:  # arms that need other parameters than the default ones
            other = self._standing(shrink({**raw, "parameters": mine[0]["parameters"]}, RUNS))
            self.raw, self.left_out = min((self.raw, self.left_out), other, key=lambda found: len(found[1]))
        self.apart = dict(self._apart(mine))

    def _apart(self, mine: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Studies of one arm, of those that are left out, with what else a shipped study of it has."""
        section = self.experiment.section
        for label in list(self.left_out):
            for other in mine:
                tables = [t for name, t in other.get(section, {}).items() if t.get("rule", name) == label]
                kept = {key: other[key] for key in ("parameters", "population") if key in other}
                raw = {"model": self.experiment.name, "figures": [], **kept, section: {label: dict(*tables[:1])}}
                alone, refused = self._standing(shrink(raw, RUNS)) if tables else (raw, {label: ""})
                if not refused:
                    del self.left_out[label]
                    yield label, alone
                    break

    def _standing(self, raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """A study of two replicates without the arms that cannot stand, and why they cannot."""
        raw = json.loads(json.dumps(raw))
        raw["ensemble"] = {"replicates": 2}
        for place, smaller in SMALLER.get(self.experiment.name, {}).items():
            table = raw
            for key in place.split("."):
                table = table.setdefault(key, {})
            table |= smaller
        return raw, self._keep(raw)

    def _keep(self, raw: dict[str, Any]) -> dict[str, str]:
        """Leave out arms that cannot stand as the settings are; returns why."""
        section, refused = self.experiment.section, {}
        for label, table in list(raw[section].items()):
            try:
                resolve({**raw, section: {label: table}}, "x", str(RUNS / "x.toml"))
            except InputError as why:
                refused[label] = str(why)
                del raw[section][label]
        return refused

    def study(self, setting: Setting | None) -> Study:
        """The study with a setting, of the arms that can have it; every output along the path is an estimate.

        Raises
        ------
        InputError
            Where no arm can.
        """
        section = self.experiment.section
        alone = setting is not None and setting.path[0] == section
        raw = json.loads(json.dumps(self.apart.get(setting.path[1], self.raw) if setting and alone else self.raw))
        if setting is not None:
            if setting.path[0] == section:
                raw[section] = {setting.path[1]: raw[section].get(setting.path[1], {})}
            table = raw
            for key in setting.path[:-1]:
                table = table.setdefault(key, {})
            table[setting.path[-1]] = setting.value
            refused = self._keep(raw)
            if not raw[section]:
                raise InputError(next(iter(refused.values())))
        study = resolve(raw, "x", str(RUNS / "x.toml"))
        path = (self.experiment.path,)
        raw["estimates"] = [
            {"name": f"{point.arm} {name}", "quantity": name, self.experiment.word: point.arm}
            for point in study.points
            for name in islice((n for n, o in self.experiment.outputs(point.case).items() if o.dims in ((), path)), 2)
        ]
        return resolve(raw, "x", str(RUNS / "x.toml"))

    def outcome(self, setting: Setting | None) -> dict[str, Any]:
        """What becomes of the study: refused, numbers, or a fault; and what is no number then, with what is said.

        Where every output is a number nothing is left to go wrong, and it is not stored; elsewhere, and without a
        setting, the whole run is carried out.
        """
        try:
            study = self.study(setting)
            with tempfile.TemporaryDirectory() as folder:
                budget.refuse_what_cannot_fit(study, Path(folder), 1)
                if setting is not None and all(self._tried(study, point) for point in study.points):
                    return {"outcome": "numbers"}
                return self._run(RunDirectory(Path(folder) / "out", study))
        except InputError as why:
            return {"outcome": "refused", "said": str(why)}
        except Exception as error:
            return {"outcome": "fault", "said": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}

    def _tried(self, study: Study, point: Point) -> bool:
        """True where a point gives numbers; where it fails at an extreme setting, `budget` refuses it before the run."""
        try:
            return self._finite(point)
        except Exception as error:
            found = extremes(point)
            if not found:
                raise
            failure = f"out of memory: {error}" if isinstance(error, MemoryError) else str(error) or repr(error)
            budget.refuse_memory(study, point, found, TrialResult(math.nan, math.nan, math.nan, failure), 2.0**30)
            raise

    def _finite(self, point: Point) -> bool:
        """True where all outputs of a point, drawn and solved, are numbers, and there are some."""
        arm, coordinates = self.experiment.arm(point.case), self.experiment.coordinates(point.case)
        found = dict(draw_block(arm, point.case, point.seed, range(2)).arrays) if arm.drawn(point.case) else {}
        shapes = {name: (2, *(coordinates[dim].size for dim in o.dims)) for name, o in arm.drawn(point.case).items()}
        if arm.solve is not None and arm.solved(point.case):
            found |= arm.solve(point.case, 1)
            shapes |= {n: tuple(coordinates[dim].size for dim in o.dims) for n, o in arm.solved(point.case).items()}
        if arm.reference is not None:
            arm.reference.compute(point.case)
        assert {name: np.shape(found[name]) for name in shapes} == shapes
        return bool(found) and all(np.size(found[name]) and np.isfinite(found[name]).all() for name in shapes)

    def _run(self, directory: RunDirectory) -> dict[str, Any]:
        code = commands.complete(directory, 1)
        if code:
            log = directory.path / "failures.log"
            return {"outcome": "fault", "said": f"exit {code}", "trace": log.read_text() if log.exists() else ""}
        none = {}
        with h5py.File(directory.consolidated) as file:
            for point in directory.study.points:
                for name in self.experiment.outputs(point.case):
                    values = np.asarray(file[point.label][name][()], dtype=np.float64)
                    if values.size == 0 or not np.isfinite(values).all():
                        none[f"{point.arm} {name}"] = float(1.0 - np.isfinite(values).mean()) if values.size else 1.0
        rows = json.loads(directory.summary.read_text())["rows"]
        silent = [row["name"] for row in rows if row["estimate"]["value"] is None and not row["note"]]
        outputs = sum(len(self.experiment.outputs(point.case)) for point in directory.study.points)
        return {"outcome": "numbers", "none": none, "silent": silent, "outputs": outputs}


def stand_ins() -> list[tuple[Any, str, Any]]:
    """Attributes of modules by which replicates are drawn here, without Dask, and none is tried apart before.

    What a process apart would find is found here: a failure, by `Bench`; one that does not end, by `survey`.
    """
    nothing = TrialResult(math.nan, math.nan, math.nan)
    return [
        (execute, "completed", lambda connection, run, orders: ((order, run(order)) for order in orders)),
        (execute, "connected", lambda workers, scheduler: contextlib.nullcontext()),
        (budget, "probe", lambda trials, limit, patience=0.0: [nothing for _ in trials]),
    ]


def survey(name: str, seconds: float) -> Iterator[dict[str, Any]]:
    """What becomes of every setting of an experiment; one that takes longer is ended, and is a fault."""
    here, first = Path(__file__).parents[1], 0
    while True:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.ranges", name, str(first)], cwd=here, stdout=subprocess.PIPE, text=True
        )
        begun: dict[str, Any] = {}
        try:
            for found in _lines(process, seconds):
                if "begun" in found:
                    begun = found
                    continue
                begun = {}
                yield found
        finally:
            process.kill()
            process.wait()
        if not begun:
            if process.returncode not in (0, -signal.SIGKILL):
                yield {"setting": "", "outcome": "fault", "said": f"exit {process.returncode}"}
            return
        said = f"no end within {seconds:g} s" if process.returncode == -signal.SIGKILL else f"exit {process.returncode}"
        yield {"index": begun["index"], "setting": begun["begun"], "outcome": "fault", "said": said}
        first = begun["index"] + 1


def _lines(process: "subprocess.Popen[str]", seconds: float) -> Iterator[dict[str, Any]]:
    """Lines of a process that takes so much processor time for each at most."""
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    watched = psutil.Process(process.pid)
    spent, warm = 0.0, False
    try:
        while True:
            try:
                line = lines.get(timeout=0.5)
            except queue.Empty:
                with contextlib.suppress(psutil.Error):
                    if sum(watched.cpu_times()[:2]) > spent + (seconds if warm else COMPILING):
                        return
                continue
            if line is None:
                return
            if not line.startswith("{"):  # what a library writes by itself
                continue
            with contextlib.suppress(psutil.Error):
                spent = sum(watched.cpu_times()[:2])
            found = json.loads(line)
            warm = warm or "setting" in found or "compiled" in found
            yield found
    finally:
        process.kill()
        reader.join()
        process.stdout.close()


def main(name: str, first: int = 0, every: int = 1) -> None:
    """Try the settings of an experiment."""
    for module, attribute, value in stand_ins():
        setattr(module, attribute, value)
    trial._limited(3 * 2**30)
    warnings.simplefilter("ignore")
    out = sys.stdout
    sys.stdout = sys.stderr = io.StringIO()
    bench = Bench(name)
    tried = [None, *settings(bench.experiment)]
    if first == 0:
        print(json.dumps({"settings": len(tried), "left_out": bench.left_out}), file=out, flush=True)
    else:  # once more without a setting, so that the next one is not given the time to compile
        print(json.dumps({"compiled": bench.outcome(None)["outcome"]}), file=out, flush=True)
    for index in range(first, len(tried), every):
        setting = tried[index]
        said = "" if setting is None else setting.said
        if setting is not None and setting.is_size:
            continue
        print(json.dumps({"index": index, "begun": said}), file=out, flush=True)
        begun = time.process_time()
        found = bench.outcome(setting)
        found["seconds"] = round(time.process_time() - begun, 3)
        print(json.dumps({"index": index, "setting": said, **found}), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
