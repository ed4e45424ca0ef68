"""`mfsolve run`: from a study file to the report."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mfsolve import claims
from mfsolve.calibration.section import check as check_calibration
from mfsolve.commands import precision
from mfsolve.commands.messages import say
from mfsolve.commands.outcome import finish, show
from mfsolve.commands.run_helper import process_beside
from mfsolve.commands.tasks import compute, consolidate, scan
from mfsolve.commands.terminal import attribute_errors, find_study, refuse_no_folder
from mfsolve.paths import exists
from mfsolve.study.execution import budget
from mfsolve.study.execution.pending_tasks import clear_stored
from mfsolve.study.execution.plan import LARGEST, default_size, plan, remaining, share_of
from mfsolve.study.file.config import Setting, Study, load_study
from mfsolve.study.file.precision import targets
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.lost_files import lost, restore_records
from mfsolve.study.storage.run_lookup import go_on, kept_name
from mfsolve.study.storage.store import RunDirectory
from mfsolve.study.storage.temporary import remove_leftovers


def run(
    study_file: str,
    *,
    out: str | None = None,
    workers: int,
    replicates: int | None = None,
    settings: Sequence[str] = (),
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    as_json: bool = False,
) -> int:
    """Compute what is missing of a study, and report it. Running it again continues or shows what is there."""
    if shard and as_json:
        raise StudyError("--json: a slice has no report; leave it out here and give it to mfsolve merge")
    settings, file = settings_with_replicates(settings, replicates), find_study(study_file)
    folder = Path(out) if out else file.parent if kept_name(file) else results_of(file)
    with process_beside(file, folder, workers, shard):
        directory = run_directory(file, folder, settings)
        if directory.finished():
            return finished(directory, as_json)
        with attribute_errors(settings):
            refuse_what_cannot_fit(directory, workers)
        code = complete(directory, workers, scheduler, shard)
    if code or shard:
        return code
    return show(directory, as_json)


def results_of(file: Path) -> Path:
    """The folder of a study's results by default: results/STUDY, of a calibrated one results/STUDY_calibrated.

    The calibrated studies of a project all are in files of one name, which stand beside their calibration.
    """
    name = file.stem
    if name == "calibrated" and exists(file.parent / "calibration.json"):
        name = f"{file.resolve().parent.name.removesuffix('_calibration')}_calibrated"
    return Path("results") / name


def refuse_what_cannot_fit(directory: RunDirectory, workers: int) -> None:
    """Refuse a study that needs more disk, memory or time than there is, and say which arms take long.

    Raises
    ------
    StudyError
        One line that says what would fit.
    """
    for line in budget.refuse_what_cannot_fit(directory.study, directory.path, workers):
        say(line)


def finished(directory: RunDirectory, as_json: bool) -> int:
    """Show a finished run, after what its folder has lost beside the data is made anew."""
    clear_stored(directory.shards)
    gone = lost(directory)
    if not gone:
        say(f"{directory.path}: nothing is left to compute")
        return show(directory, as_json)
    say(f"{directory.path}: all data are stored; rewritten: {', '.join(gone)}")
    restore_records(directory)
    return finish(directory) or show(directory, as_json)


def settings_with_replicates(settings: Sequence[str], replicates: int | None) -> Sequence[str]:
    """Settings of the command line, that of `--replicates` among them."""
    if replicates is None:
        return settings
    return [*settings, Setting(f"ensemble.replicates={replicates}", f"--replicates {replicates}")]


def run_directory(study_file: Path, out: Path | None = None, settings: Sequence[str] = ()) -> RunDirectory:
    """The run directory of a study file, by default results/STUDY, or the one that keeps the file.

    Raises
    ------
    StudyError
        For a study that cannot be run, or a folder that holds a calibration.
    """
    study, kept = load_study(study_file, settings, (claims.check, check_calibration)), kept_name(study_file)
    folder = out or (study_file.parent if kept else results_of(study_file))
    refuse_no_folder(folder)
    if exists(folder / "evaluations.jsonl"):
        raise StudyError(f"{folder}: holds a calibration, not a run; choose another --out")
    return RunDirectory(folder, replace(study, name=kept) if kept else study)


def complete(
    directory: RunDirectory, workers: int, scheduler: str | None = None, shard: tuple[int, int] | None = None
) -> int:
    """Compute what is missing and, unless it is a slice only, report; 0 or the exit code of what went wrong."""
    if shard:
        refuse_slices(directory.study)
    with _begun(directory, shard is not None) as held:
        code = _complete(directory, workers, scheduler, shard)
        count = directory.study.ensemble.replicates
        if count < held and not code and not shard:
            left = f"file, table and figures cover {count} of {held} replicates; the others remain in its folder shards"
            say(f"{directory.path}: {left}; for all: {go_on(directory.path)} --replicates {held}")
        return code


@contextlib.contextmanager
def _begun(directory: RunDirectory, sliced: bool) -> Iterator[int]:
    """Open a run directory, and yield the replicates joined in it; a new one stands nowhere after a refusal."""
    known = exists(directory.path / "run.json")
    held = directory.open(sliced)
    try:
        yield held
    except StudyError:
        if not known and not any(directory.shards.iterdir()):
            directory.forget()
        raise


def _complete(directory: RunDirectory, workers: int, scheduler: str | None, shard: tuple[int, int] | None) -> int:
    remove_leftovers(directory.path, directory.shards)
    clear_stored(directory.shards)

    def join(held: RunDirectory) -> int:
        """Compute what is missing and join it, anew where a shard turned out to be broken."""
        while True:
            tasks = plan(held.study, default_size(held.study.ensemble.replicates, workers), LARGEST, workers)
            code = compute(held, remaining(held.study, tasks, scan(held)), workers, scheduler)
            if code or consolidate(held):
                return code

    if targets(directory.study):
        return precision.complete(directory, join) or finish(directory)
    if not shard:
        return join(directory) or finish(directory)
    size = default_size(directory.study.ensemble.replicates, shard[1])
    tasks = share_of(plan(directory.study, size, LARGEST, shard[1]), *shard)
    code = compute(directory, remaining(directory.study, tasks, scan(directory)), workers, scheduler, tasks)
    if code == 0:
        say(f"slice {shard[0]} of {shard[1]} is stored; once all are: mfsolve merge {directory.path}")
    return code


def refuse_slices(study: Study) -> None:
    """Refuse, with a StudyError, a study that cannot be computed in slices that do not know of each other."""
    if targets(study):
        raise StudyError("half_width: the study stops depending on its results; run it without slices")
