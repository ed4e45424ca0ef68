import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, before NumPy is imported

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support import times
from support.agreement import agrees as agrees  # a fixture of every test
from support.batch_site import no_cluster as no_cluster  # a fixture of every test
from support.batch_site import site as site  # a fixture
from support.calibration import GAIN
from support.order import arrange

# the same examples in every run: what fails once can be run again
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Leave out what is slow, then put tests that use the same kernels beside each other."""
    times.mark(items, whole=config.args == config.getini("testpaths"))
    yield
    items[:] = arrange(items)


def pytest_collection_finish() -> None:
    """Keep what has been imported out of collections of garbage, which would look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


STUDY = """
title = "test"
model = "collapse"
figures = []

[population]
producers = 300
items = 4
generations = 5

[record]
snapshots = [2, 5]

[policies.none]
[policies.closed_form]

[ensemble]
replicates = 12
seed = 7

[[estimates]]
name = "contamination"
quantity = "contamination"
policy = "none"
published = 0.5
"""
STUDY += GAIN


@pytest.fixture(scope="session")
def study_text() -> str:
    """A small study with two policies."""
    return STUDY


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """A small study with two policies, in a folder of its own."""
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture
def run_cli():
    """Run the command line in a process of its own, as a user would."""

    def run(*arguments: object, cwd: Path, **options) -> subprocess.CompletedProcess[str]:
        environment = os.environ | options.pop("env", {})
        return subprocess.run(
            [sys.executable, "-m", "mfsolve", *map(str, arguments)],
            cwd=cwd, capture_output=True, text=True, env=environment, timeout=300, check=False, **options,
        )  # fmt: skip

    return run


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Run the command line in this process: the code and the words of `run_cli`, without a start of Python."""

    def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        from mfsolve.cli import main

        monkeypatch.chdir(cwd)
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as leave:  # of the grammar
            code = int(leave.code or 0)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run
