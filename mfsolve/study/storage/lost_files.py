"""Files of a finished run that are no longer there, or no longer whole, while its data and its report are."""

from collections.abc import Iterator
from pathlib import Path

from mfsolve.paths import exists
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import header, read_toml
from mfsolve.study.origin.software import ORIGIN, record_text
from mfsolve.study.storage.files import read_hdf5, write_text
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.store import RunDirectory


def lost(run: RunDirectory) -> list[str]:
    """Names of files that a finished run has lost: its study, its record, its table, and figures."""
    return [*_lost_records(run), *(name for name in ("table.md", *_figures(run)) if not exists(run.path / name))]


def _lost_records(run: RunDirectory) -> Iterator[str]:
    try:
        if not exists(run.path / "study.toml"):
            raise StudyError("it is not there")
        read_toml(run.path / "study.toml")
    except StudyError:
        yield "study.toml"
    try:
        run.made_by()
    except (StudyError, FileNotFoundError):
        yield "run.json"


def _figures(run: RunDirectory) -> list[str]:
    return [str(name) for name in read_record(run.summary, "", hashed=True)["figures"]]


def restore_records(run: RunDirectory) -> None:
    """Write the study and the record of a finished run anew where they are lost: its data say who has made them."""
    gone = list(_lost_records(run))
    if "study.toml" in gone:
        run.freeze()
    if "run.json" in gone:
        with read_hdf5(run.consolidated) as file:
            made = {name: str(file.attrs[name]) for name in (*ORIGIN, "created")}
        record = {"name": run.study.name, **made, "about": header(Path(run.study.source))}
        write_text(run.path / "run.json", record_text(record))
