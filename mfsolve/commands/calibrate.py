"""`mfsolve calibrate`: free parameters of a study from its published figures, by simulated moments."""

import contextlib
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.calibration import tables as report
from mfsolve.calibration.evaluate import Evaluation, Evaluator
from mfsolve.calibration.ledger import Ledger
from mfsolve.calibration.problem import Problem
from mfsolve.calibration.search import CalibrationResult, SearchOptions
from mfsolve.calibration.search import calibrate as search
from mfsolve.calibration.summary import calibrated_study, summarise
from mfsolve.commands.compilation_notices import noticed
from mfsolve.commands.messages import count, say, warn
from mfsolve.commands.progress import Meter
from mfsolve.commands.terminal import find_study, refuse_no_folder
from mfsolve.experiments._user_sources import keep
from mfsolve.paths import exists
from mfsolve.report import tables
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import as_toml, read_toml
from mfsolve.study.storage.continuation import refuse_changes
from mfsolve.study.storage.files import write_bytes, write_text
from mfsolve.study.storage.records import read_record, with_hash

SUMMARY = "calibration.json"
POINTS = "points.csv"


def calibrate(
    study_file: str, *, out: str | None = None, workers: int, settings: Sequence[str] = (), as_json: bool = False
) -> int:
    """Search, estimate, and store the report. Running it again goes on from the points that are stored.

    Raises
    ------
    StudyError
        For a study that cannot be calibrated, or a folder that holds something else.
    OSError
        Where results cannot be stored; what was stored is kept.
    """
    problem = Problem.of(load_study(find_study(study_file), settings, (Problem.of,)))
    study = problem.study
    folder = Path(out) if out else Path("results") / f"{study.name}_calibration"
    if exists(folder / "run.json"):
        raise StudyError(f"{folder}: holds a run, not a calibration; choose another --out")
    refuse_no_folder(folder)
    if exists(folder / "study.toml"):
        refuse_changes(folder, read_toml(folder / "study.toml"), study)
    ledger = Ledger(folder / "evaluations.jsonl", study.experiment)
    ledger.open()
    with contextlib.closing(ledger):
        write_text(folder / "study.toml", as_toml(study.resolved))
        keep(study.experiment, folder, write_bytes)
        result = _search(problem, ledger, workers, folder)
    summary = summarise(problem, result)
    _store(summary, result, problem, folder)
    return show(folder, as_json)


def _search(problem: Problem, ledger: Ledger, workers: int, folder: Path) -> CalibrationResult:
    chosen = problem.calibration.settings
    if ledger.broken:
        warn(f"{ledger.path}: {ledger.broken} damaged lines left out; their points are computed again")
    stored = f", {count(len(ledger), 'point')} stored" if len(ledger) else ""
    free, moments = count(len(problem.calibration.free), "parameter"), count(len(problem.calibration.moments), "moment")
    say(
        f"{problem.study.title}: calibrating {free} to {moments}, up to {chosen.evaluations} points of "
        f"{chosen.replicates} replicates, {count(workers, 'worker')}{stored}"
    )
    options = SearchOptions(
        chosen.evaluations, chosen.design, chosen.starts, chosen.weighting, underidentified=chosen.underidentified
    )
    with Meter(chosen.evaluations, 0, "point") as meter, noticed():
        failures = 0

        def progress(outcome: Evaluation) -> None:
            nonlocal failures
            failures += outcome.found is None
            meter.advance(1, f"{failures} infeasible" if failures else "")

        with Evaluator(problem, ledger, workers, progress) as evaluate:
            try:
                return search(evaluate, problem.targets(), problem.box(), options, problem.start())
            except ValueError as error:
                raise StudyError(f"{problem.study.name}: {error}; see {folder / 'evaluations.jsonl'}") from None


def _store(summary: dict[str, Any], result: CalibrationResult, problem: Problem, folder: Path) -> None:
    names = [item.name for item in problem.calibration.free]
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow([*names, "distance"])
    table.writerows([*map(repr, map(float, row)), repr(float(d))] for row, d in zip(result.points, result.distances))
    write_text(folder / POINTS, lines.getvalue())
    write_text(folder / "calibrated.toml", as_toml(calibrated_study(problem, result)))
    write_text(folder / "calibration.md", report.markdown(summary))
    figures = report.draw(summary, _read_points(folder / POINTS), folder) if problem.study.figures else []
    stored = with_hash({**summary, "figures": [path.name for path in figures]})
    write_text(folder / SUMMARY, tables.to_json(stored) + "\n")


def _read_points(path: Path) -> dict[str, NDArray[np.float64]]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
    except (ValueError, csv.Error):
        raise StudyError(f"{path}: damaged; calibrate again, which starts from the stored points") from None


def _summary(folder: Path) -> dict[str, Any]:
    return read_record(folder / SUMMARY, "calibrate again, which starts from the stored points", hashed=True)


def show(folder: Path, as_json: bool) -> int:
    """Print the stored report of a calibration."""
    summary = _summary(folder)
    if as_json:
        print(tables.to_json(summary))
        return 0
    titles, lines = report.parameter_table(summary)
    tables.print_table(f"{summary['title']}: calibration", titles, lines, [None] * len(lines))
    titles, lines = report.moment_table(summary)
    tables.print_table("moments", titles, lines, [report.verdict(m) for m in summary["moments"]])
    for line in report.remarks(summary):
        tables.remark(line)
    print(f"table: {folder / 'calibration.md'}   calibrated study: {folder / 'calibrated.toml'}")
    if summary["figures"]:
        print(f"figures: {', '.join(str(folder / name) for name in summary['figures'] if name.endswith('.png'))}")
    return 0


def plot(folder: Path) -> int:
    """Draw the figures of a calibration again."""
    summary = _summary(folder)
    for file in report.draw(summary, _read_points(folder / POINTS), folder):
        print(file)
    return 0
