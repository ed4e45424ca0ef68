"""Run directories that stand there already, by their paths."""

import warnings
from pathlib import Path

from mfsolve.paths import is_file
from mfsolve.study.config import StudyError, read_toml, resolve
from mfsolve.study.software import read_record
from mfsolve.study.store import RunDirectory


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
        raise StudyError(f"{folder}: not a run directory (it has no run.json)")
    frozen = folder / "study.toml"
    name = read_record(made_by, "delete it and run the study again, which writes it anew").get("name")
    if not isinstance(name, str) or not name or name != Path(name).name or name.startswith(".") or "\0" in name:
        raise StudyError(f"{made_by}: name: {name!r} given; the name of a study file is needed")
    return RunDirectory(folder, resolve(read_toml(frozen), name, str(frozen)))


def load_again(path: str) -> RunDirectory:
    """Load a run whose study another process has loaded, too, which has said what there is to be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_run(path)


def finished_run(path: str) -> RunDirectory:
    """A run directory whose data and report are whole.

    Raises
    ------
    StudyError
        Where no finished run stands there.
    """
    directory = load_run(path)
    if not directory.finished():
        raise StudyError(f"{directory.path}: is not finished; go on with: mfsolve run {directory.path}/study.toml")
    return directory
