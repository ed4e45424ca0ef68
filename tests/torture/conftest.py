"""Fixtures of the torture: a warm process, a study, and what its undisturbed run leaves behind."""

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from torture import study
from torture.calls import Call
from torture.warm import Ended, Warm

from mfsolve.study.storage.digests import digests, together


class Studio:
    """A small study, run again and again in folders of their own."""

    def __init__(self, warm: Warm, folder: Path, *options: object) -> None:
        self.warm, self.folder, self.options, self._names = warm, folder, options, itertools.count()
        folder.mkdir(exist_ok=True)
        self.study = study.write(folder)
        self.note = folder / "calls.json"
        ended = self.run(folder / "whole", note=self.note)
        assert ended.code == 0, ended.err
        self.calls = [
            Call(number, name, file, (None, os.O_CREAT if changes else 0), place)
            for number, name, file, changes, place in ended.calls
        ]
        self.truth = self.numbers(folder / "whole")

    def new(self) -> Path:
        """A run directory that does not exist yet."""
        return self.folder / f"out{next(self._names)}"

    def copy(self) -> Path:
        """A copy of the finished run."""
        return Path(shutil.copytree(self.folder / "whole", self.new()))

    def run(self, out: Path, **options: object) -> Ended:
        """Run the study, with a seam on the files of its run directory."""
        arguments = ["run", self.study, "--out", out, "--workers", "1", *self.options]
        return self.warm.run(arguments, **{"folder": str(out), **options})

    @staticmethod
    def numbers(out: Path) -> tuple[str, str]:
        """One hash of all stored numbers, and the rows of the report."""
        return together(digests(out / "small.h5")), json.dumps(json.loads((out / "summary.json").read_text())["rows"])

    def resumed(self, out: Path) -> str:
        """Run again what was disturbed; what is wrong with the outcome, empty where nothing is."""
        ended = self.run(out)
        if ended.code != 0 or ended.lines:
            return f"resumed: exit {ended.code}, {ended.err[-500:]}"
        if self.numbers(out) != self.truth:
            return "resumed: other numbers"
        left = [path.name for path in out.rglob("*") if path.name.endswith((".tmp", ".broken", ".underway"))]
        shutil.rmtree(out)
        return f"resumed: {left} are left" if left else ""


@pytest.fixture(scope="package")
def memory() -> Iterator[Path]:
    """A folder in memory, where there is one: nothing here asks whether the disk keeps its promise."""
    home = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="torture-", dir=home) as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def warm() -> Iterator[Warm]:
    """A process that runs what it is asked to in children of its own."""
    with Warm() as found:
        yield found


@pytest.fixture(scope="package")
def studio(warm: Warm, memory: Path) -> Studio:
    """A study of 64 replicates in eight tasks."""
    return Studio(warm, memory / "study")


@pytest.fixture(scope="package")
def brief(warm: Warm, memory: Path) -> Studio:
    """The same study with a replicate for the first and one for the last round of every loop."""
    return Studio(warm, memory / "brief", "--replicates", 2)
