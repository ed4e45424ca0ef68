"""`mfsolve merge`, `show`, `plot`: what is asked of a run directory."""

from pathlib import Path
from typing import Any

from mfsolve.commands import partial_run
from mfsolve.commands.messages import say, warn
from mfsolve.commands.outcome import finish, show
from mfsolve.commands.tasks import consolidate, scan
from mfsolve.commands.terminal import FAILED
from mfsolve.paths import exists
from mfsolve.study.execution.plan import plan, remaining
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.fingerprint import statistics_fingerprint
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.run_lookup import go_on, load_run
from mfsolve.study.storage.store import RunDirectory


def merge(path: str, as_json: bool = False, *, partly: bool = False) -> int:
    """Join the shards of a run directory and report; says what is missing, or joins `partly` what is there."""
    directory = load_run(path)
    directory.refuse_other_code()
    if partly:
        return partial_run.join(directory, scan(directory), as_json)
    study = directory.study
    while True:
        left = remaining(study, plan(study, study.ensemble.replicates), scan(directory))
        if left:
            count, first = sum(task.replicates for task in left), left[0]
            warn(
                f"{path}: {'1 replicate is' if count == 1 else f'{count} replicates are'} missing, first "
                f"{_numbers(first.start, first.stop - 1)} of arm {study.points[first.point].label}; "
                f"compute them with: {go_on(directory.path)}; "
                f"or join what is stored: mfsolve merge --partial {directory.path}"
            )
            return FAILED
        if consolidate(directory):
            return finish(directory) or show(directory, as_json)


def _numbers(first: int, last: int) -> str:
    """Numbers of replicates that follow one another."""
    return f"{first}" if first == last else f"{first} to {last}"


def show_run(path: str, as_json: bool = False) -> int:
    """Print the report of a run directory, or of a calibration."""
    if exists(Path(path) / "calibration.json"):
        from mfsolve.commands import calibrate

        return calibrate.show(Path(path), as_json)
    directory = load_run(path)
    if not exists(directory.summary):
        return partial_run.show(directory, scan(directory, aside=False), as_json)
    return show(directory, as_json)


def plot(path: str, animated: bool = False) -> int:
    """Draw the figures of a finished run or calibration again, and a run's content as an animation where asked.

    Where other code has made the estimates and verdicts of its report, that is written anew, so that figures and table
    say the same.
    """
    if exists(Path(path) / "calibration.json"):
        from mfsolve.commands import calibrate

        return calibrate.plot(Path(path))
    directory = load_run(path)
    if not exists(directory.consolidated):
        raise StudyError(f"{directory.path}: has no data yet; go on with: {go_on(directory.path)}")
    from mfsolve.report.rows import analyse
    from mfsolve.report.views import draw

    directory.refuse_damage()
    if _reported_otherwise(directory):
        finish(directory)
        say(f"{directory.path}: summary.json and table.md were made by other code; rewritten, as the figures are")
        files = [directory.path / name for name in _report(directory)["figures"]]
    else:
        files = draw(directory, analyse(directory))
    for file in files:
        print(file)
    if animated:
        from mfsolve.report.animation import animate

        print(animate(directory))
    return 0


def _report(directory: RunDirectory) -> dict[str, Any]:
    return read_record(directory.summary, f"rewrite it with: mfsolve merge {directory.path}", hashed=True)


def _reported_otherwise(directory: RunDirectory) -> bool:
    """True where the stored report holds estimates and verdicts of other code."""
    return exists(directory.summary) and _report(directory).get("statistics") != statistics_fingerprint()
