"""A pool and its two reference samples, read from CSV files in blocks: memory does not grow with the files."""

import csv
import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfsolve.study.config import StudyError

Floats = NDArray[np.float64]
BLOCK = 32_768
"""Rows held at a time."""
KEPT = 200_000
"""Numbers a systematic sample keeps at most."""


class Kind(enum.StrEnum):
    """What a row of the files is."""

    TOKENS = "tokens"
    FEATURES = "features"
    LIKELIHOODS = "likelihoods"


COLUMNS = {Kind.TOKENS: ("token", "count"), Kind.LIKELIHOODS: ("log_human", "log_synthetic")}


@dataclass(frozen=True)
class Table:
    """A CSV file with a header."""

    path: Path
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> "Table":
        """Read the header.

        Raises
        ------
        StudyError
            For a file that cannot be read, is empty, or names a column twice.
        """
        first = next(cls(path, ())._lines(), None)
        if first is None:
            raise StudyError(f"{path}: is empty; a header is needed")
        header = tuple(name.strip().lower().replace("-", "_").replace(" ", "_") for name in first[1])
        for name in header:
            if not name or header.count(name) > 1:
                raise StudyError(f"{path}: column {name!r}: {'has no name' if not name else 'given twice'}")
        return cls(path, header)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        try:
            with open(self.path, newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file)
                for row in reader:
                    yield reader.line_num, row
        except (OSError, UnicodeDecodeError) as error:
            raise StudyError(f"{self.path}: {getattr(error, 'strerror', None) or 'not a UTF-8 text file'}") from None
        except csv.Error as error:
            raise StudyError(f"{self.path}: {error}") from None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row that is not blank."""
        lines = self._lines()
        next(lines)
        for number, row in lines:
            if any(cell.strip() for cell in row):
                if len(row) < len(self.header):
                    raise StudyError(f"{self.path}: row {number}, column {self.header[len(row)]}: the cell is missing")
                yield number, row

    def numbers(self, names: tuple[str, ...], *, low: float = -math.inf, infinite: bool = False) -> Iterator[Floats]:
        """Blocks (rows, columns) of the named columns, in file order.

        Raises
        ------
        StudyError
            Naming row and column: a cell that is missing, no number, not finite or below `low`.
        """
        places = [self.header.index(name) for name in names]
        rows: list[list[str]] = []
        numbers: list[int] = []
        for number, row in self.rows():
            rows.append([row[place] for place in places])
            numbers.append(number)
            if len(rows) == BLOCK:
                yield self._parse(names, numbers, rows, low, infinite)
                rows, numbers = [], []
        if rows:
            yield self._parse(names, numbers, rows, low, infinite)

    def _parse(
        self, names: tuple[str, ...], numbers: list[int], rows: list[list[str]], low: float, infinite: bool
    ) -> Floats:
        try:
            block = np.array(rows, dtype=np.float64)
        except ValueError:
            block = None
        if block is not None and np.all(((block >= low) & np.isfinite(block)) | (infinite & (block == -np.inf))):
            return block
        for number, row in zip(numbers, rows):
            for name, text in zip(names, row):
                where = f"{self.path}: row {number}, column {name}"
                try:
                    value = float(text)
                except ValueError:
                    missing = not text.strip()
                    raise StudyError(
                        f"{where}: {'the cell is missing' if missing else f'{text!r} is not a number'}"
                    ) from None
                if not (value >= low and math.isfinite(value)) and not (infinite and value == -math.inf):
                    raise StudyError(f"{where}: {text.strip()} given; allowed: {'[' if low == 0 else '('}{low:g}, inf)")
        raise AssertionError("a block that NumPy refuses has a cell that float refuses")


@dataclass
class SystematicSample:
    """Every k-th number of a stream of unknown length, k doubling as it grows: at most `KEPT` are held."""

    stride: int = 1
    skip: int = 0
    parts: list[Floats] = field(default_factory=list)
    held: int = 0

    def add(self, values: Floats) -> None:
        """Take the next values of the stream."""
        taken = values[self.skip :: self.stride]
        self.skip = (self.skip - values.size) % self.stride
        self.parts.append(taken)
        self.held += taken.size
        if self.held > KEPT:
            everything = np.concatenate(self.parts)
            if everything.size % 2:
                self.skip += self.stride
            self.parts, self.held, self.stride = [everything[::2]], (everything.size + 1) // 2, 2 * self.stride

    def values(self) -> Floats:
        """What is held."""
        return np.concatenate(self.parts) if self.parts else np.empty(0)


def detect(table: Table, asked: str | None) -> Kind:
    """Kind of the files, from the pool's header or as asked.

    Raises
    ------
    StudyError
        For a kind that the header contradicts.
    """
    named = next((kind for kind, columns in COLUMNS.items() if set(columns) <= set(table.header)), Kind.FEATURES)
    kind = Kind(asked) if asked else named
    check(table, kind, table.header)
    return kind


def check(table: Table, kind: Kind, features: tuple[str, ...]) -> None:
    """Refuse a file that lacks a column; features need the pool's own columns."""
    for name in COLUMNS.get(kind, features):
        if name not in table.header:
            raise StudyError(
                f"{table.path}: column {name!r} is missing; "
                f"{kind.value} files need: {', '.join(COLUMNS.get(kind, features))}"
            )


def token_counts(table: Table) -> dict[str, float]:
    """Count of every token; a token may stand in several rows. Memory grows with the vocabulary only."""
    counts: dict[str, float] = {}
    place = table.header.index("token")
    column = table.header.index("count")
    for number, row in table.rows():
        try:
            count = float(row[column])
        except ValueError:
            count = math.nan
        if not 0.0 <= count < math.inf:
            raise StudyError(
                f"{table.path}: row {number}, column count: {row[column].strip()!r} given; allowed: [0, inf)"
            )
        counts[row[place]] = counts.get(row[place], 0.0) + count
    if not sum(counts.values()) > 0.0:
        raise StudyError(f"{table.path}: counts no item; at least 1 is needed")
    return counts
