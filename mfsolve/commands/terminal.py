"""Exit codes, and study files by name: what every command ends with or takes."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from mfsolve.experiments import NAMES
from mfsolve.paths import exists, is_dir, is_file
from mfsolve.study.file.shipped import beside, resembling, shipped_studies
from mfsolve.study.file.source import CannotFitError, StudyError
from mfsolve.study.file.toml_text import read_toml
from mfsolve.study.storage.run_lookup import meant_run

SHOWN = 4
"""Studies that a message names."""
FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143


def find_study(name: str) -> Path:
    """A study file by path, the one that a run directory keeps, or a shipped one by name.

    Raises
    ------
    StudyError
        Where there is neither.
    """
    path = Path(name)
    if is_file(path):
        return path
    if is_file(path / "run.json"):
        return path / "study.toml"
    shipped = shipped_studies()
    if name in shipped:
        return shipped[name]
    if name in NAMES:
        of_it = [study for study, file in shipped.items() if read_toml(file).get("model") == name]
        hint = f"its studies: {', '.join(of_it[:SHOWN])}{', ...' if len(of_it) > SHOWN else ''}; " if of_it else ""
        raise StudyError(f"{name}: is an experiment, not a study; {hint}to write one: mfsolve new NAME --model {name}")
    if is_dir(path):
        raise StudyError(f"{name}: is a folder without a run (it has no run.json){beside(path) or meant_run(path)}")
    raise StudyError(f"{name}: no such study file{beside(path) or resembling(path.stem, shipped, 'mfsolve list')}")


def refuse_no_folder(folder: Path) -> None:
    """Refuse what cannot become a folder to write to: StudyError says what stands there."""
    if folder.is_symlink() and not exists(folder):
        raise StudyError(f"--out {folder}: links to {folder.readlink()}, which does not exist; name another folder")
    if is_file(folder):
        raise StudyError(f"--out {folder}: is a file; name a folder")


@contextlib.contextmanager
def attribute_errors(settings: Sequence[str]) -> Iterator[None]:
    """Attribute a refusal of what cannot fit to the settings of the command line that ask for it."""
    try:
        yield
    except CannotFitError as error:
        guilty = [s for s in settings if s.partition("=")[0].rpartition(".")[2].strip() in error.keys]
        if not guilty:
            raise
        options = " ".join(getattr(setting, "option", f"--set {setting}") for setting in guilty)
        raise StudyError(f"{options}: {error.reason}") from None
