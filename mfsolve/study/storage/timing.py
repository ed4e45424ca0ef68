"""Time that a run has taken: a note of each execution beside the shards, and their sum in the run directory.

Executions may be slices that run at a time, or may end by a crash. Each writes a note of its own, and the sum is made
of all of them; it says how many replicates it accounts for, so that a note that a crash has taken is missed.
"""

import json
import math
import secrets
from pathlib import Path
from typing import Any, NamedTuple

from mfsolve.paths import entries, exists
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_first, write_text
from mfsolve.study.storage.records import read_record

NOTES, BEFORE = "timing-*.json", "timing-before.json"
"""Notes of executions; that of those before executions had one."""


class Timing(NamedTuple):
    """Time that replicates took: seconds in simulation by all workers, and by the clock, with so many workers."""

    replicates: int
    simulation_seconds: float
    wall_seconds: float
    workers: int


def note(folder: Path, spent: Timing) -> None:
    """Note what an execution took in the folder `shards` of a run directory."""
    before = _read(folder.parent / "timing.json")
    if before is not None and not any(True for _ in folder.glob(NOTES)):  # by a version without notes
        write_first(folder / BEFORE, _text(before))
    write_text(folder / f"timing-{secrets.token_hex(8)}.json", _text(spent))


def sum_up(folder: Path, of: int) -> None:
    """Write the sum of the notes of a run directory, whose study is `of` so many replicates, what is solved included.

    Without notes, nothing is changed.
    """
    notes = [found for path in entries(folder / "shards", NOTES) if (found := _read(path)) is not None]
    if not notes:
        return
    total = Timing(
        sum(one.replicates for one in notes),
        math.fsum(one.simulation_seconds for one in notes),
        math.fsum(one.wall_seconds for one in notes),
        max(one.workers for one in notes),
    )
    write_text(folder / "timing.json", json.dumps({**total._asdict(), "of": of}) + "\n")


def seconds_of(folder: Path) -> float | None:
    """Seconds in simulation of all replicates of a run; None where they are not known of all.

    Raises
    ------
    StudyError
        Where the record is damaged.
    """
    path = folder / "timing.json"
    if not exists(path):
        return None
    mend = "delete it; it only records how long the run took"
    found = read_record(path, mend)
    if not _time(found.get("simulation_seconds")):
        raise StudyError(f"{path}: damaged; {mend}")
    accounted, of = found.get("replicates"), found.get("of")
    if not isinstance(accounted, int) or not isinstance(of, int) or accounted < of:
        return None
    return float(found["simulation_seconds"])


def _read(path: Path) -> Timing | None:
    """A note, or the record of a version without notes; None where it is not there or is not one."""
    try:
        held: dict[str, Any] = read_record(path, "")
        found = Timing(*(held[name] for name in Timing._fields))
    except (FileNotFoundError, StudyError, KeyError):
        return None
    counts = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in (found.replicates, found.workers))
    return found if counts and _time(found.simulation_seconds) and _time(found.wall_seconds) else None


def _time(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0.0 <= given < math.inf


def _text(spent: Timing) -> str:
    return json.dumps(spent._asdict()) + "\n"
