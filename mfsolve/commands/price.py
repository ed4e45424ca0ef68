"""`mfsolve run --dry-run`: the price of a study, and nothing computed."""

from collections.abc import Sequence
from pathlib import Path

from mfsolve.commands.run import run_directory, settings_with_replicates
from mfsolve.commands.terminal import attribute_errors, find_study
from mfsolve.report import tables
from mfsolve.study.execution import budget


def price(
    study_file: str,
    *,
    out: str | None = None,
    workers: int,
    replicates: int | None = None,
    settings: Sequence[str] = (),
    as_json: bool = False,
) -> int:
    """Print points, replicates, disk, memory and time of a study.

    Raises
    ------
    StudyError
        Where it cannot fit, with what would.
    """
    settings = settings_with_replicates(settings, replicates)
    directory = run_directory(find_study(study_file), Path(out) if out else None, settings)
    with attribute_errors(settings):
        found = budget.price(directory.study, directory.path, workers)
    print(tables.to_json(budget.as_record(found)) if as_json else "\n".join(found.lines(directory.study)))
    return 0
