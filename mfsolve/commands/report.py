"""`mfsolve report`: finished runs as one page of HTML, with RO-Crate metadata beside their files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mfsolve.commands import explain
from mfsolve.commands.messages import warn
from mfsolve.models.frozen import InputError
from mfsolve.paths import exists
from mfsolve.report.page import Run, crate, page
from mfsolve.report.tables import to_json
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import header
from mfsolve.study.storage.digests import digests, together
from mfsolve.study.storage.files import write_text
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.run_lookup import finished_run
from mfsolve.study.storage.store import RunDirectory

CRATE = "ro-crate-metadata.json"


def report(folders: Sequence[str], to: str | None = None) -> int:
    """Write the page of finished runs, and the metadata of each beside its files.

    Raises
    ------
    StudyError
        Where a folder holds no finished run, or the page cannot be written.
    """
    directories = [finished_run(folder, of_any_code=True) for folder in folders]
    runs = [described(directory) for directory in directories]
    target = Path(to) if to else (directories[0].path if len(runs) == 1 else Path()) / "report.html"
    try:
        write_text(target, page(runs))
    except OSError as error:
        raise StudyError(f"{target}: cannot be written: {error.strerror}; give another file with --page") from None
    print(target)
    for directory, run in zip(directories, runs):
        try:
            write_text(
                directory.path / CRATE,
                to_json(crate(directory.path, files(directory, run), run.summary["title"], run.made_by)) + "\n",
            )
        except OSError as error:
            warn(f"{directory.path / CRATE}: left out: {error.strerror}")
    return 0


def described(directory: RunDirectory) -> Run:
    """Everything that the page says of a run."""
    path = directory.path
    summary = read_record(directory.summary, f"rewrite it with: mfsolve merge {path}", hashed=True)
    made_by = directory.made_by()
    made_by["versions"] = {str(name): str(held) for name, held in json.loads(made_by["versions"]).items()}
    directory.refuse_damage()
    found = digests(directory.consolidated)
    return Run(
        name=made_by["name"], question=question(made_by), equations=equations(directory.study.experiment.name, path),
        summary=summary, made_by=made_by, study=(path / "study.toml").read_text(encoding="utf-8"),
        figures=[path / name for name in summary["figures"] if name.endswith(".png") and exists(path / name)],
        digests=found, digest=together(found), folder=str(path),
    )  # fmt: skip


def files(directory: RunDirectory, run: Run) -> list[Path]:
    """Files of a run that others can read."""
    names = ["study.toml", directory.consolidated.name, "summary.json", "table.md", "run.json", "report.html"]
    names += [name for figure in run.figures for name in (figure.name, f"{figure.stem}.pdf")]
    return [path for name in names if exists(path := directory.path / name)]


def question(made_by: Mapping[str, Any]) -> str:
    """The header of the study file, in paragraphs; that of the shipped study of that name where it was not kept."""
    path = shipped_studies().get(str(made_by["name"]))
    return str(made_by.get("about", "" if path is None else header(path)))


def equations(experiment: str, folder: Path) -> str:
    """The sections that an experiment cites, or what a user's own says, whose sources stand in the folder."""
    try:
        return explain.find(experiment, None, folder)
    except InputError:
        return ""
