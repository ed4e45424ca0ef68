"""Continuation of a run: what may differ between a study and the one that its run directory holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mfsolve.study.file.config import Study
from mfsolve.study.file.source import StudyError

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
        if old.get(key) != new.get(key) and (key in also or not any(key == f or key.startswith(f + ".") for f in FREE))
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
    names = [source.name.casefold() for source in files]  # some file systems know no case
    for place, (source, name) in enumerate(zip(files, names)):
        twin = any(names[i] == name and not files[i].samefile(source) for i in range(place))
        if twin or name in own or name.startswith("."):
            raise StudyError(f"{source}: a run directory has another file of that name; rename the data")
    return files
