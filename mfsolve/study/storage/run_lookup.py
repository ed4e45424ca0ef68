"""Run directories that stand there already, by their paths."""

import os
import shlex
import warnings
from pathlib import Path

from mfsolve.paths import is_dir, is_file
from mfsolve.study.file.config import resolve
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import read_toml
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.store import RunDirectory

SHOWN = 4
"""Runs that a message names."""


def go_on(path: Path) -> str:
    """The command that computes what is missing of a run directory."""
    return f"mfsolve run {shlex.quote(str(path))}"


def kept_name(file: Path) -> str | None:
    """The name of the study where a run directory keeps it in this file; None for any other file.

    Raises
    ------
    StudyError
        Where the record beside it is damaged.
    """
    made_by = file.with_name("run.json")
    return _recorded_name(made_by) if file.name == "study.toml" and is_file(made_by) else None


def _recorded_name(made_by: Path) -> str:
    name = read_record(made_by, "delete it and run the study again, which writes it anew").get("name")
    if not isinstance(name, str) or not name or name != Path(name).name or name.startswith(".") or "\0" in name:
        raise StudyError(f"{made_by}: name: {name!r} given; the name of a study file is needed")
    return name


def load_run(path: str) -> RunDirectory:
    """A run directory by its path.

    Raises
    ------
    StudyError
        Where no run stands there.
    """
    folder = Path(path)
    made_by = folder / "run.json"
    if not is_file(made_by):
        if is_file(folder / "calibration.json"):
            raise StudyError(f"{folder}: is a calibration, no run; show and plot take it")
        raise StudyError(f"{folder}: not a run directory (it has no run.json){meant_run(folder)}")
    frozen = folder / "study.toml"
    if not is_file(frozen):
        raise StudyError(f"{frozen}: is missing; run the study again with --out {folder}, which writes it anew")
    return RunDirectory(folder, resolve(read_toml(frozen), _recorded_name(made_by), str(frozen)))


def meant_run(path: Path) -> str:
    """End of a message on a path where no run stands: the run of that name in results, or those in the folder."""
    if path.name and is_file(Path("results") / path / "run.json"):
        return f"; did you mean {Path('results') / path}?"
    runs = sorted(path / name for name in os.listdir(path) if is_file(path / name / "run.json")) if is_dir(path) else []
    if len(runs) == 1:
        return f"; did you mean {runs[0]}?"
    more = ", ..." if len(runs) > SHOWN else ""
    return f"; runs in it: {', '.join(str(run.name) for run in runs[:SHOWN])}{more}" if runs else ""


def load_again(path: str) -> RunDirectory:
    """Load a run whose study another process has loaded, too, which has said what there is to be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_run(path)


def finished_run(path: str, of_any_code: bool = False) -> RunDirectory:
    """A run directory whose data and report are whole, and made by this code, unless they may be `of_any_code`.

    Raises
    ------
    StudyError
        Where no finished run stands there.
    """
    directory = load_run(path)
    if not (directory.whole() if of_any_code else directory.finished()):
        raise StudyError(f"{directory.path}: is not finished; go on with: {go_on(directory.path)}")
    return directory
