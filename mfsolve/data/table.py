"""Tables that a user brings, read in blocks: memory does not grow with the file.

One reader for all commands: text with cells separated by commas, semicolons, tabs or bars, decimal points or commas,
any line ends, with or without a byte order mark; JSON records; Parquet; each of them plain or compressed by gzip, from
a file, a pipe or standard input (`-`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.dialect import Dialect
from mfsolve.data.formats import LONGEST, Row, recognise, rows
from mfsolve.data.source import Source
from mfsolve.models.arguments import inside, nearest
from mfsolve.models.frozen import InputError

__all__ = ["BLOCK", "LONGEST", "Table", "column_name", "short"]

BLOCK = 2**17
"""Cells held at a time."""
MOST_NAMED = 6
"""Columns that a message names of many."""
LONGEST_NAME = 200
"""Characters in a column's name: more is a line of text."""
MISSING = ("", "nan", "na", "n/a", "none", "null")
"""Cells without a value."""


class RowsLeftOut:
    """Count of the rows that the last pass left out, for they lacked a value in some of the columns at `places`."""

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places, self.count = places, 0
        self.columns: dict[int, int] = {}

    def of(self, lines: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows that lack nothing."""
        self.count, self.columns = 0, {}
        for number, row in lines:
            lacking = [place for place in self.places if row[place].strip().lower() in MISSING]
            if lacking:
                self.count += 1
                self.columns |= {place: 1 + self.columns.get(place, 0) for place in lacking}
            else:
                yield number, row


@dataclass(frozen=True)
class Table:
    """A table with a header.

    Attributes
    ----------
    path : Path
        The name in messages.
    header : tuple of str
        Names of the columns: lower case, with underscores for blanks and hyphens; a column without a name is
        `unnamed_K`, K its place counted from 0.
    given : tuple of str
        The names as they stand in the file.
    stream : bool
        Whether it came from standard input, a pipe or a device, beside which nothing is written.
    """

    path: Path
    header: tuple[str, ...]
    given: tuple[str, ...]
    stream: bool
    _source: Source = field(repr=False)
    _format: str = field(repr=False)
    _dialect: Dialect = field(repr=False)
    _left_out: RowsLeftOut | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path, source: Source | None = None, encoding: str | None = None) -> "Table":
        """Read the header, the first line that is not blank; a `source` that was opened before is not opened again.

        A text that is not UTF-8 is read in `encoding`, if one is given.

        Raises
        ------
        InputError
            For a file that cannot be read, is empty, has no header, or names a column twice.
        """
        source = source or Source.of(path, encoding)
        kind, dialect = recognise(source)
        lines = rows(source, kind, dialect)
        number, first = next((row for row in lines if any(cell.strip() for cell in row[1])), (0, []))
        lines.close()  # type: ignore[attr-defined]  # a generator
        while first and not first[-1].strip():
            first.pop()
        if not first:
            raise InputError(f"{path}: is empty; a header is needed")
        where, needed = f"{path}: line {number}", "given; a header with the columns' names is needed"
        if any(len(name) > LONGEST_NAME for name in first):
            raise InputError(f"{where}: {short(max(first, key=len))} {needed}")
        if all(not math.isnan(_value(dialect, name)) or name.strip().lower() == "nan" for name in first):
            raise InputError(
                f"{where}: {short(first[0].strip(), '')} given; a header with the columns' names is needed"
            )
        names = [column_name(name) for name in first]
        header = tuple(name or f"unnamed_{place}" for place, name in enumerate(names))
        for name in header:
            if header.count(name) > 1:
                raise InputError(f"{where}, column {name!r}: given twice")
        return cls(path, header, tuple(name.strip() for name in first), source.stream, source, kind, dialect)

    def complete(self, names: Sequence[str]) -> "Table":
        """Return the table without rows that lack a value in one of these columns; `left_out` says how many."""
        return replace(self, _left_out=RowsLeftOut(tuple(self.place(name) for name in names)))

    def left_out(self) -> str | None:
        """Return a note on the rows that the last pass left out; None where there are none."""
        met = self._left_out
        if met is None or not met.count:
            return None
        named = ", ".join(self.header[place] for place in sorted(met.columns)[:MOST_NAMED])
        more = f" and {len(met.columns) - MOST_NAMED} more columns" if len(met.columns) > MOST_NAMED else ""
        return f"{self.path}: left out: {met.count} row{'s' * (met.count > 1)} without a value in {named}{more}"

    def is_number(self, text: str) -> bool:
        """Return whether a cell holds a number, in whichever way it may be read."""
        try:
            return not math.isnan(self._dialect.value(text))
        except ValueError:
            return True

    def at(self, number: int, name: str | None = None) -> str:
        """Beginning of a message on a row, or on its cell in a column."""
        unit = {"parquet": "row", "list": "record"}.get(self._format, "line")
        return f"{self.path}: {unit} {number}" + (f", column {name}" if name else "")

    def shown(self, place: int) -> str:
        """Name of a column in messages: as commands know it, or as the file has it where that says more."""
        return self.given[place] if " - " in self.given[place] else self.header[place]

    def place(self, name: str) -> int:
        """Return the place of a column; InputError where there is none, or it has no name."""
        if name not in self.header:
            many = f"; known: {', '.join(short(own, '') for own in self.header[:MOST_NAMED])}, ..."
            near = nearest(name, self.header) if len(self.header) <= 20 else many
            raise InputError(f"{self.path}: column {name!r} is missing{near}")
        place = self.header.index(name)
        if not self.given[place]:
            raise InputError(f"{self.path}: column {place + 1} of {len(self.header)}: has no name")
        return place

    def rows(self) -> Iterator[Row]:
        """Line number and cells of every row that is not blank, nor left out by `complete`.

        Raises
        ------
        InputError
            For a row with more or fewer cells than the header; blank ones at its end are no cells too many.
        """
        if self._left_out is None:
            yield from self._every_row()
            return
        kept = False
        for row in self._left_out.of(self._every_row()):
            kept = True
            yield row
        if not kept and self._left_out.count:
            lacking = sorted(self._left_out.columns, key=self._left_out.columns.__getitem__)[-1]
            name = self.header[lacking]
            raise InputError(
                f"{self.path}: every row lacks a value, most of them in {name}; --ignore {name} leaves it out"
            )

    def _every_row(self) -> Iterator[Row]:
        lines = rows(self._source, self._format, self._dialect)
        next(row for row in lines if any(cell.strip() for cell in row[1]))
        width = len(self.header)
        for number, row in lines:
            if len(row) == width and row[0].strip():
                yield number, row
            elif any(cell.strip() for cell in row):
                if len(row) < width:
                    raise InputError(
                        f"{self.at(number, self.header[len(row)])}: the cell is missing; {width} cells are needed"
                    )
                if any(cell.strip() for cell in row[width:]):
                    decimals = self._dialect.delimiter == "," and self._format == "text"
                    hint = "; beside decimal commas, cells are separated by semicolons or tabs" if decimals else ""
                    raise InputError(
                        f"{self.at(number)}: {len(row)} cells given; allowed: {width}, one per column{hint}"
                    )
                yield number, row[:width]

    def numbers(self, names: Sequence[str], *, low: float = -math.inf, infinite: bool = False) -> Iterator[Floats]:
        """Blocks (rows, columns) of the named columns, in file order; `infinite` allows -inf, not in all of a row.

        Raises
        ------
        InputError
            Naming line and column: a cell that is missing, no number, not finite or below `low`.
        """
        places = [self.place(name) for name in names]
        held: list[list[str]] = []
        numbers: list[int] = []
        height = max(1, BLOCK // len(places))
        for number, row in self.rows():
            held.append([row[place] for place in places])
            numbers.append(number)
            if len(held) == height:
                yield self._parse(names, numbers, held, low, infinite)
                held, numbers = [], []
        if held:
            yield self._parse(names, numbers, held, low, infinite)

    def text(self, number: int, name: str, text: str, needed: str = "text") -> str:
        """Return the content of a cell in a line and a column; InputError where there is none."""
        if not text.strip():
            raise InputError(f"{self.at(number, name)}: the cell is missing; {needed} is needed")
        return text.strip()

    def number(self, number: int, name: str, text: str, allowed: str) -> float:
        """Return the number in a cell in a line and a column; InputError unless it lies in the interval."""
        text = self.text(number, name, text, "a number")
        try:
            value = self._dialect.value(text)
        except ValueError as error:
            raise InputError(f"{self.at(number, name)}: {error}") from None
        if math.isnan(value) and text.lower().lstrip("+-") != "nan":
            raise WordError(f"{self.at(number, name)}: {short(text)} given; a number is needed", name)
        if not inside(np.float64(value), allowed):
            raise InputError(f"{self.at(number, name)}: {text} given; allowed: {allowed}")
        return value

    def _block(self, held: list[list[str]]) -> Floats | None:
        """Numbers of many cells at once; None where one of them is none, or takes a second look."""
        if "," in self._dialect.marks:
            if "," in self._dialect.thousands or any("." in text for row in held for text in row):
                return None
            held = [[text.replace(",", ".") for text in row] for row in held]
        try:
            block = np.array(held, dtype=np.float64)
        except ValueError:
            return None
        return None if any("_" in text for row in held for text in row) else block

    def _parse(
        self, names: Sequence[str], numbers: list[int], held: list[list[str]], low: float, infinite: bool
    ) -> Floats:
        block = self._block(held)
        if block is not None:
            nothing = infinite & (block == -np.inf)
            if np.all(((block >= low) & np.isfinite(block)) | nothing) and not nothing.all(axis=1).any():
                return block
        allowed = f"{'[' if low > -math.inf or infinite else '('}{low:g}, inf)"
        block = np.empty((len(held), len(names)))
        for row, (number, cells) in enumerate(zip(numbers, held)):
            if infinite and all(_value(self._dialect, text) == -math.inf for text in cells):
                raise InputError(f"{self.at(number)}: -inf in every column; allowed: in all but one")
            for column, (name, text) in enumerate(zip(names, cells)):
                block[row, column] = self.number(number, name, text, allowed)
        return block


class WordError(InputError):
    """A cell that holds a word where a number is needed; `column` is the name of its column."""

    def __init__(self, message: object = "", column: str = "") -> None:
        super().__init__(message)
        self.column = column


def column_name(text: str) -> str:
    """Name of a column as a header has it: lower case, with underscores for blanks and hyphens."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def short(text: str, quote: str = "'") -> str:
    """A text as a message shows it: on one line, cut where it is long."""
    shown = repr(text)[1:-1]
    return f"{quote}{shown}{quote}" if len(shown) <= 60 else f"{quote}{shown[:40]}...{quote} ({len(text)} characters)"


def _value(dialect: Dialect, text: str) -> float:
    try:
        return dialect.value(text)
    except ValueError:
        return math.nan
