"""Continuation of a run: what may differ between a study and the one that its run directory holds, and what is kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mfsolve.study.file.config import Study
from mfsolve.study.file.points import WORDS, Point, own_keys
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.shards import Shard, verify

FREE = (
    "title", "estimates", "figures", "calibration", "ensemble.level", "ensemble.replicates", "ensemble.half_width",
    "ensemble.half_width_of", "ensemble.most_replicates",
)  # fmt: skip
"""Keys that may differ between a run and its continuation: the number of replicates, and how they are reported."""


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.") or {f"{prefix}{key}": {}}
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def is_free(key: str, study: Study) -> bool:
    """True of a key of a resolved study that decides none of its numbers: one of `FREE`, or the words of an arm."""
    words = {
        f"{study.experiment.section}.{point.arm}.{WORDS}"
        for point in study.points
        if WORDS in own_keys(study.experiment, point.case.rule)
    }
    return any(key == free or key.startswith(f"{free}.") for free in FREE) or key in words


def refuse_changes(folder: Path, before: Mapping[str, Any], study: Study, also: Sequence[str] = ()) -> None:
    """Refuse to continue a run of another study.

    Parameters
    ----------
    folder
        The run directory.
    before
        The study that it holds, resolved.
    study
        The study to be run there.
    also
        Keys of `FREE` that have to be equal all the same.

    Raises
    ------
    StudyError
        Naming every key that differs.
    """
    old, new = (  # an empty table, such as no grid, says nothing
        {key: value for key, value in flatten(table).items() if value != {}} for table in (before, study.resolved)
    )
    changes = [
        f"{key}: {old.get(key, 'absent')} there, {new.get(key, 'absent')} here"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key) and (key in also or not is_free(key, study))
    ]
    if changes:
        raise StudyError(f"{folder}: holds another study ({'; '.join(changes)}); choose another --out, or remove it")


def data_files(study: Study, taken: frozenset[str]) -> list[Path]:
    """Data files that a study names, to be copied beside the frozen study; `taken` are the run directory's own names.

    Raises
    ------
    StudyError
        Where two files, or a file and one of the run directory, have one name.
    """
    case = study.points[0].case
    files = [f for settings in (case.parameters, case.population, case.record) for f in settings.data_files()]
    own = {name.casefold() for name in taken}
    for source, name in _declared(study):
        other = any(f.name.casefold() == name.casefold() and not f.samefile(source) for f in files)
        if other or name.split("/")[0].casefold() in own or name.startswith("."):
            raise _name_taken(source)
    names = [source.name.casefold() for source in files]  # some file systems know no case
    for place, (source, name) in enumerate(zip(files, names)):
        twin = any(names[i] == name and not files[i].samefile(source) for i in range(place))
        if twin or name in own or name.startswith("."):
            raise _name_taken(source)
    return files


def _name_taken(source: Path) -> StudyError:
    return StudyError(f"{source}: a run directory has another file of that name; rename the data")


def _declared(study: Study) -> list[tuple[Path, str]]:
    """Data files that a user's own experiment declares, and their paths in its folder; it keeps them itself."""
    home = study.experiment.home
    return [] if home is None or home.installed else [(home.folder / name, name) for name, _ in home.data]


def refuse_loss(
    file: Path, held: Mapping[str, np.ndarray], kept: Sequence[range], shards: Sequence[Shard], read: bool = False
) -> int:
    """Refuse to replace a consolidated file by one without replicates that stand nowhere else.

    Parameters
    ----------
    file
        The consolidated file that stands there.
    held
        Numbers of the replicates that it has of each point, by its key.
    kept
        Replicates that the new file will have.
    shards
        Shards of the study.
    read
        True to read the shards that hold what the new file will not have.

    Returns
    -------
    int
        Replicates of a point in the file that stands there, the most of any.

    Raises
    ------
    StudyError
        Naming the file, how many replicates it has and what to do.
    DamagedFileError
        Where a shard that is read is not whole.
    """
    count = max((len(rows) for rows in held.values()), default=0)
    for key, rows in held.items():
        left = _without(_ranges(rows), kept)
        beside = [s for s in shards if s.key == key and not s.solved] if left else []
        needed = [s for s in beside if any(s.start < part.stop and part.start < s.stop for part in left)]
        if _without(left, [range(s.start, s.stop) for s in needed]):
            there = rows.size - sum(part.stop - part.start for part in left)
            raise StudyError(
                f"{file}: holds {count} replicates, of which the new one would have {there}; "
                f"the others are not in the folder shards, and would be lost: ask for --replicates {rows.max() + 1} or "
                "more, or choose another --out"
            )
        for shard in needed if read else ():
            verify(shard)
    return count


def replicates_of(file: h5py.File, points: Sequence[Point]) -> dict[str, np.ndarray]:
    """Numbers of the replicates that a consolidated file holds of each point, by its key."""
    there = {point.key: file[point.label] for point in points if point.label in file}
    return {
        key: np.asarray(group["replicate"])
        for key, group in there.items()
        if group.attrs.get("key") == key and "replicate" in group
    }


def _ranges(numbers: np.ndarray) -> list[range]:
    """Different numbers as ranges, in order."""
    ordered = np.sort(numbers)
    gaps = np.flatnonzero(np.diff(ordered) != 1)
    starts, ends = ordered[[0, *(gaps + 1)][: ordered.size]], ordered[[*gaps, -1][: ordered.size]]
    return [range(start, last + 1) for start, last in zip(starts.tolist(), ends.tolist())]


def _without(ranges: Sequence[range], taken: Sequence[range]) -> list[range]:
    """Parts of ranges that are in order which lie in none of others, whatever their order."""
    left = list(ranges)
    for cut in sorted(taken, key=lambda part: part.start):
        first = bisect_right(left, cut.start, key=lambda part: part.stop)
        last = bisect_left(left, cut.stop, key=lambda part: part.start)
        if first < last:
            begun, ended = left[first], left[last - 1]
            rest = (range(begun.start, min(cut.start, begun.stop)), range(max(cut.stop, ended.start), ended.stop))
            left[first:last] = [part for part in rest if part.start < part.stop]
    return left
