"""Records of a run as JSON: whole, and held against a hash of themselves."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import naming


def read_record(path: Path, mend: str, hashed: bool = False) -> dict[str, Any]:
    """A table that was stored as JSON, held against its hash, which is to be there where it is `hashed`.

    Raises
    ------
    StudyError
        Where it is damaged; `mend` says what to do then.
    OSError
        Naming the file, where it cannot be read.
    """
    try:
        with naming(path):
            found = json.loads(path.read_text(encoding="utf-8"))
        whole = is_whole(found, hashed)
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise StudyError(f"{path}: damaged; {mend}")
    return without_hash(found)


def is_whole(table: Any, hashed: bool) -> bool:
    """True for a table whose hash fits; where it need not be `hashed`, for one without a hash too."""
    if not isinstance(table, dict):
        return False
    if "sha256" not in table:
        return not hashed
    return bool(table["sha256"] == _hash(without_hash(table)))


def without_hash(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table as it was before `with_hash`."""
    return {key: value for key, value in table.items() if key != "sha256"}


def with_hash(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table as JSON holds it, with a hash of itself, which `read_record` checks."""
    held: dict[str, Any] = json.loads(json.dumps(table))
    return {**held, "sha256": _hash(held)}


def _hash(table: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(table).encode()).hexdigest()
