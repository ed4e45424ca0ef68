"""Reduced studies of `mfsolve verify --quick`, and what they can say of a claim: at most that they bear it out."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mfsolve.inference.verdicts import Verdict
from mfsolve.paths import make_dir
from mfsolve.study.file.config import read_study
from mfsolve.study.file.toml_text import as_toml, read_toml
from mfsolve.study.file.toy import shrink
from mfsolve.study.file.variable_settings import is_range
from mfsolve.study.storage.files import write_text

REPLICATES = 16
AGAINST = (Verdict.CONTRADICTED, Verdict.MISSED)
CANNOT_TELL = "cannot tell (reduced)"
"""The verdict of a study whose sizes or places are fewer than those that the claim speaks of."""


def reduced_study(path: Path, folder: Path) -> Path:
    """Write the reduced study of a shipped one, and return its file."""
    small = shrink(read_study(path), path.parent, sizes_only=True)
    small["ensemble"]["replicates"] = REPLICATES
    small["figures"] = []
    make_dir(folder)
    target = folder / path.name
    write_text(target, as_toml(small))
    return target


def seen_in_part(path: Path) -> set[str]:
    """Claims of a shipped study that its reduced study sees at some of their places only."""
    raw = read_toml(path)
    small = shrink(read_study(path), path.parent, sizes_only=True)
    cut = {axis for axis, values in _axes(raw.get("grid", {})) if dict(_axes(small["grid"]))[axis] != values}
    return {
        entry["claim"]["id"] for entry in raw.get("estimates", []) if "claim" in entry and cut - {entry.get("axis")}
    }


def _axes(grid: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Axes of a grid by their full names, with their values."""
    found = []
    for key, values in grid.items():
        tables = isinstance(values, Mapping) and not is_range(values)
        found += _axes(values, f"{above}{key}.") if tables else [(above + key, values)]
    return found


def as_reduced(rows: Sequence[Mapping[str, Any]], in_part: Collection[str]) -> list[dict[str, Any]]:
    """Verdicts of reduced studies, in words for what these can say.

    A small population may contradict what holds of a large one, so that no claim is refuted; one that is measured at
    some of its places only is not borne out either.
    """
    against = {row["id"] for row in rows if row["verdict"] in AGAINST}
    return [
        {
            **row,
            **({"verdict": CANNOT_TELL, "said": CANNOT_TELL} if _open(row, in_part) else {}),
            **({"overall": CANNOT_TELL} if row["overall"] and row["id"] in {*against, *in_part} else {}),
        }
        for row in rows
    ]


def _open(row: Mapping[str, Any], in_part: Collection[str]) -> bool:
    """True of a row that is judged, against its claim or at some of the claim's places."""
    return row["verdict"] in AGAINST or (row["verdict"] is not None and row["id"] in in_part)
