"""`mfsolve run`, `merge`, `show`, `plot`: from a study file to the report."""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mfsolve import claims
from mfsolve.calibration.section import check as check_calibration
from mfsolve.commands import partial, precision
from mfsolve.commands.beside import process_beside
from mfsolve.commands.compiling import noticed
from mfsolve.commands.messages import detail, say, warn
from mfsolve.commands.terminal import FAILED, attribute_errors, find_study, refuse_no_folder
from mfsolve.paths import exists
from mfsolve.report import tables
from mfsolve.study import budget
from mfsolve.study.config import Setting, Study, StudyError, load_study
from mfsolve.study.existing import go_on, kept_name, load_run
from mfsolve.study.files import write_text
from mfsolve.study.fingerprint import statistics_fingerprint
from mfsolve.study.in_flight import clear_stored
from mfsolve.study.lost_files import lost, restore_records
from mfsolve.study.plan import LARGEST, Task, default_size, plan, remaining, share_of
from mfsolve.study.precision import targets
from mfsolve.study.seal import DamagedFileError
from mfsolve.study.shards import Shard, drop_broken
from mfsolve.study.software import read_record, with_hash
from mfsolve.study.store import RunDirectory
from mfsolve.study.temporary import remove_leftovers


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
        raise StudyError("--json: a slice has no report; leave it out, and give it to: mfsolve merge")
    settings, file = with_replicates(settings, replicates), find_study(study_file)
    folder = Path(out) if out else file.parent if kept_name(file) else Path("results") / file.stem
    with process_beside(file, folder, workers, shard):
        directory = run_directory(file, folder, settings)
        if directory.finished():
            return finished(directory, as_json)
        with attribute_errors(settings):
            for line in budget.refuse_what_cannot_fit(directory.study, directory.path, workers):
                say(line)
        code = complete(directory, workers, scheduler, shard)
    if code or shard:
        return code
    return show(directory, as_json)


def finished(directory: RunDirectory, as_json: bool) -> int:
    """Show a finished run, after what its folder has lost beside the data is made anew."""
    clear_stored(directory.shards)
    gone = lost(directory)
    if not gone:
        say(f"{directory.path}: everything is already there")
        return show(directory, as_json)
    say(f"{directory.path}: all data are there; made anew: {', '.join(gone)}")
    restore_records(directory)
    return finish(directory) or show(directory, as_json)


def with_replicates(settings: Sequence[str], replicates: int | None) -> Sequence[str]:
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
    folder = out or (study_file.parent if kept else Path("results") / study.name)
    refuse_no_folder(folder)
    if exists(folder / "evaluations.jsonl"):
        raise StudyError(f"{folder}: holds a calibration, no run; choose another --out")
    return RunDirectory(folder, replace(study, name=kept) if kept else study)


def complete(
    directory: RunDirectory, workers: int, scheduler: str | None = None, shard: tuple[int, int] | None = None
) -> int:
    """Compute what is missing and, unless it is a slice only, report; 0 or the exit code of what went wrong."""
    if shard:
        refuse_slices(directory.study)
    with _begun(directory, shard is not None):
        return _complete(directory, workers, scheduler, shard)


@contextlib.contextmanager
def _begun(directory: RunDirectory, sliced: bool) -> Iterator[None]:
    """Open a run directory; one that stood nowhere before stands nowhere after a refusal."""
    known = exists(directory.path / "run.json")
    directory.open(sliced)
    try:
        yield
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
        say(f"slice {shard[0]} of {shard[1]} is stored; when all are: mfsolve merge {directory.path}")
    return code


def refuse_slices(study: Study) -> None:
    """Refuse, with a StudyError, a study that cannot be computed in slices that do not know of each other."""
    if targets(study):
        raise StudyError("half_width: a study with it stops by what all replicates say: run it without slices")


def consolidate(directory: RunDirectory) -> bool:
    """Join all shards; False where some turned out to be broken, which are set aside and said."""
    shards = scan(directory)
    try:
        directory.consolidate(shards)
    except DamagedFileError:
        broken = drop_broken(shards)
        for line in broken:
            warn(line)
        if not broken:
            raise
        return False
    return True


def scan(directory: RunDirectory, aside: bool = True) -> list[Shard]:
    """Verified shards; what had to be set aside, or is left where it is, is said."""
    shards, complaints = directory.scan(aside)
    for line in complaints:
        warn(line)
    return shards


def compute(
    directory: RunDirectory,
    tasks: list[Task],
    workers: int,
    scheduler: str | None,
    part: Sequence[Task] | None = None,
) -> int:
    """Carry out tasks with a progress display; 0, or the exit code of what went wrong.

    `part` is all of a slice, where the tasks are what is left of one.
    """
    if not tasks:
        return 0
    from mfsolve.commands.failures import failed
    from mfsolve.commands.progress import Progress
    from mfsolve.study.execute import execute
    from mfsolve.study.software import software

    study = directory.study
    asked = sum(task.replicates for task in tasks)
    whole = plan(study, study.ensemble.replicates) if part is None else part
    total = sum(task.replicates for task in whole)
    spec, watch = None, None
    for candidate in study.estimates:
        point = next(p for p in study.points if p.arm == (candidate.arm or study.arms[0]))
        if candidate.statistic == "mean" and candidate.quantity in study.experiment.arm(point.case).drawn(point.case):
            spec, watch = candidate, (point, candidate.quantity, candidate.index(study.experiment, point.case))
            break
    who = f"{workers} workers" if scheduler is None else f"workers of {scheduler}"
    of = "replicates" if part is None else "replicates of the slice"
    say(f"{study.title}: {asked} of {total} {of} to compute ({len(study.points)} points), {who}")
    if asked < total:
        detail(f"{directory.path}: goes on with {total - asked} replicates that are stored")
    begun = time.perf_counter()
    with Progress(total, total - asked, study.ensemble.level, spec.name if spec else None) as progress, noticed():
        report = execute(
            study, tasks, directory.shards, workers=workers, scheduler=scheduler,
            attributes=software(study.experiment), watch=watch, progress=progress,
        )  # fmt: skip
    wall = time.perf_counter() - begun
    detail(f"{report.done} replicates in {wall:.2f} s, {report.seconds:.2f} s of them in simulation by all workers")
    code = failed(report, directory, scheduler)
    if code:
        return code
    write_text(directory.path / "timing.json", json.dumps(
        {"replicates": report.done, "simulation_seconds": report.seconds, "wall_seconds": wall, "workers": workers}
    ) + "\n")  # fmt: skip
    return 0


def finish(directory: RunDirectory) -> int:
    """Estimate, draw, and store the report; a process beside this one takes its part where there is one."""
    from mfsolve.report import sensitivity
    from mfsolve.report.listing import listings, markdown
    from mfsolve.report.look import pyplot
    from mfsolve.report.rows import begin_to_analyse
    from mfsolve.report.views import draw

    study = directory.study
    with noticed():
        analysis = begin_to_analyse(directory)
        if study.figures:
            pyplot()  # imported meanwhile
        rows = analysis.value()
        figures = draw(directory, rows)
    summary: dict[str, Any] = {
        "title": study.title,
        "study": dict(study.resolved),
        "statistics": statistics_fingerprint(),
        "level": study.ensemble.level,
        "rows": [row.to_dict() for row in rows],
        "listings": listings(directory),
        "sensitivity": [found.to_dict() for found in sensitivity.sensitivities(directory, rows)],
        "figures": [path.name for path in figures],
        "file": directory.consolidated.name,
    }
    found = "".join(markdown(listing) for listing in summary["listings"]) + sensitivity.markdown(summary["sensitivity"])
    write_text(directory.path / "table.md", tables.markdown(summary["rows"], study.ensemble.level) + found)
    write_text(directory.summary, tables.to_json(with_hash(summary)) + "\n")
    return 0


def show(directory: RunDirectory, as_json: bool) -> int:
    """Print the stored report."""
    summary = read_record(directory.summary, f"write it anew with: mfsolve merge {directory.path}", hashed=True)
    if as_json:
        print(tables.to_json(summary))
        return 0
    tables.show(summary)
    if summary.get("sensitivity"):
        from mfsolve.report import sensitivity

        sensitivity.show(summary["sensitivity"])
    from mfsolve.report.listing import heading

    for listing in summary.get("listings", []):
        print(f"{heading(listing)}, listed in {directory.summary}")
    print(f"data: {directory.consolidated}   table: {directory.path / 'table.md'}")
    if summary["figures"]:
        print(
            f"figures: {', '.join(str(directory.path / name) for name in summary['figures'] if name.endswith('.png'))}"
        )
    return 0


def merge(path: str, as_json: bool = False, *, partly: bool = False) -> int:
    """Join the shards of a run directory and report; says what is missing, or joins `partly` what is there."""
    directory = load_run(path)
    directory.refuse_other_code()
    if partly:
        return partial.join(directory, scan(directory), as_json)
    study = directory.study
    while True:
        left = remaining(study, plan(study, study.ensemble.replicates), scan(directory))
        if left:
            count, label = sum(task.replicates for task in left), study.points[left[0].point].label
            warn(
                f"{path}: {count} replicates are missing, first {left[0].start}..{left[0].stop - 1} of {label}; "
                f"compute them with: {go_on(directory.path)}; "
                f"or join what is there: mfsolve merge --partial {directory.path}"
            )
            return FAILED
        if consolidate(directory):
            return finish(directory) or show(directory, as_json)


def show_run(path: str, as_json: bool = False) -> int:
    """Print the report of a run directory, or of a calibration."""
    if exists(Path(path) / "calibration.json"):
        from mfsolve.commands import calibrate

        return calibrate.show(Path(path), as_json)
    directory = load_run(path)
    if not exists(directory.summary):
        return partial.show(directory, scan(directory, aside=False), as_json)
    return show(directory, as_json)


def plot(path: str, animated: bool = False) -> int:
    """Draw the figures of a finished run or calibration again, and a run's content as an animation where asked."""
    if exists(Path(path) / "calibration.json"):
        from mfsolve.commands import calibrate

        return calibrate.plot(Path(path))
    directory = load_run(path)
    if not exists(directory.consolidated):
        raise StudyError(f"{directory.path}: has no data yet; go on with: {go_on(directory.path)}")
    from mfsolve.report.rows import analyse
    from mfsolve.report.views import draw

    directory.refuse_damage()
    for file in draw(directory, analyse(directory)):
        print(file)
    if animated:
        from mfsolve.report.animation import animate

        print(animate(directory))
    return 0
