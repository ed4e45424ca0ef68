"""A process beside a run that shares its work, and what both do beforehand."""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from mfsolve.paths import exists
from mfsolve.report.look import preload
from mfsolve.study.execution.first_kernels import compilations
from mfsolve.study.execution.helper_process import helper_process
from mfsolve.study.file.config import read_study
from mfsolve.study.statistics.estimands import ESTIMANDS

REPORT = ("mfsolve.report.rows", "mfsolve.report.views")
"""Modules of every report."""


@contextlib.contextmanager
def process_beside(file: Path, folder: Path, workers: int, shard: tuple[int, int] | None) -> Iterator[None]:
    """A process that shares the work of a run, on a second core, unless what it imports is imported here already.

    It compiles the kernels of large files, imports what the report needs, and compiles the others. Where this process
    has to wait for one of them, it compiles what it needs next, and then imports.
    """
    if workers == 1 or shard or "matplotlib" in sys.modules or exists(folder / "summary.json"):
        yield
        return
    from mfsolve.kernels._compilation_marks import meanwhile

    study = str(file)
    large, small = (functools.partial(compilations, study, large) for large in (True, False))
    with helper_process(large, functools.partial(imports, study), small), meanwhile(_in_order(study)):
        yield


def _in_order(study: str) -> Iterator[Callable[[], object]]:
    """Yield the work of this process while it waits, which is found out once it does."""
    yield from compilations(study)
    yield from imports(study)


def imports(study: str) -> list[Callable[[], object]]:
    """Calls that import, one by one, what the report of a study file needs: a task does not wait for all of it."""
    statistics = {entry.get("statistic", "mean") for entry in read_study(Path(study)).get("estimates", [])}
    libraries = sorted({ESTIMANDS[name].library for name in statistics})
    return [*(functools.partial(import_module, name) for name in (*libraries, *REPORT)), preload]
