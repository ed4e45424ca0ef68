"""A user's own content: rows of numeric features from an array, a CSV file or a shipped data set (MODEL 1.7)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.datasets import SHIPPED
from mfsolve.data.named_data import NamedData, read_once
from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError

LEAST_ROWS, MOST_COLUMNS = 20, 100


@dataclass(frozen=True, eq=False)
class Features(NamedData):
    """Rows of numeric features; two are equal where their content is.

    Attributes
    ----------
    name, path, sha256
        As of every `NamedData`; the hash is that of shape and numbers.
    columns : tuple of str
        Names of the features, d of them.
    rows : ndarray (n, d)
        Finite numbers, read-only.
    """

    columns: tuple[str, ...]
    rows: Floats

    shipped = SHIPPED
    kind = "data set"

    @classmethod
    def of(cls, given: Any) -> "Features":
        """Read features in any form that a user may give them.

        Parameters
        ----------
        given
            An array (n, d) or (n,); the name of a shipped data set (`co2`); the path of a CSV file with a header; or a
            mapping with `data` (such a name or path), and optionally `folder` (that a relative path starts from) and
            `sha256` (that the content must have).

        Raises
        ------
        ValueError
            Naming file, line and column of an unusable entry; for content that does not match its `sha256`.
        """
        if isinstance(given, Features):
            return given
        if isinstance(given, str | Path):
            if str(given) in SHIPPED:
                return _shipped(str(given))
            return read_once(Path(given), _read, f"a CSV file, or {', '.join(SHIPPED)}")
        if isinstance(given, Mapping):
            return cls.described(given)
        return _array("array", None, (), given)

    def __repr__(self) -> str:
        return f"Features({self.name!r}, {self.rows.shape[0]} x {self.rows.shape[1]}, sha256={self.sha256[:12]})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name where the data can be read again, so that a task stays small on its way to a worker."""
        if self.path is None and self.name not in SHIPPED:
            return _array, (self.name, None, self.columns, np.array(self.rows))
        return super().__reduce__()


def _array(name: str, path: Path | None, columns: tuple[str, ...], values: Any) -> Features:
    try:
        rows = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise InputError("an array of numbers (rows, features) is needed") from None
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise InputError(f"shape {rows.shape} given; allowed: (rows, features)")
    if rows.shape[1] > MOST_COLUMNS:
        raise InputError(f"{rows.shape[1]} columns given; allowed: at most {MOST_COLUMNS}")
    if rows.shape[0] < max(LEAST_ROWS, 4 * rows.shape[1]):
        raise InputError(
            f"{rows.shape[0]} rows of {rows.shape[1]} features given; "
            f"allowed: at least {max(LEAST_ROWS, 4 * rows.shape[1])}"
        )
    bad = np.argwhere(~np.isfinite(rows))
    if bad.size:
        raise InputError(f"row {bad[0][0]}, column {bad[0][1]}: {rows[tuple(bad[0])]:g} given; allowed: finite")
    columns = columns or tuple(f"x{k}" for k in range(rows.shape[1]))
    rows.flags.writeable = False
    digest = hashlib.sha256(repr(rows.shape).encode() + rows.astype("<f8").tobytes())
    return Features(name, path, digest.hexdigest(), columns, rows)


def _read(given: Path, path: Path) -> Features:
    table = Table.open(given)
    blocks = list(table.numbers(table.header))
    rows = np.concatenate(blocks) if blocks else np.empty((0, len(table.header)))
    try:
        return _array(path.name, path, table.header, rows)
    except InputError as error:
        raise InputError(f"{given}: {error}") from None


@lru_cache(maxsize=8)
def _shipped(name: str) -> Features:
    columns, rows = SHIPPED[name]()
    return _array(name, None, columns, rows)
