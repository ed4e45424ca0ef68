"""CSV files of numbers, read in blocks: memory does not grow with the file."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.arguments import inside
from mfsolve.models.frozen import InputError

BLOCK = 2**17
"""Cells held at a time."""
LONGEST = 2**24
"""Characters in a line: more is no table."""


@dataclass(frozen=True)
class Table:
    """A CSV file with a header."""

    path: Path
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> "Table":
        """Read the header; names are lower case, with underscores for blanks and hyphens.

        Raises
        ------
        InputError
            For a file that cannot be read, is empty, has no header, or names a column twice.
        """
        _, first = next(cls(path, ())._lines(), (0, None))
        if first is None:
            raise InputError(f"{path}: is empty; a header is needed")
        header = tuple(name.strip().lower().replace("-", "_").replace(" ", "_") for name in first)
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise InputError(f"{path}: line 1: {first[0]!r} given; separate cells by commas")
        if all(_is_number(name) for name in first):
            raise InputError(f"{path}: line 1: {first[0].strip()} given; a header with the columns' names is needed")
        for name in header:
            if not name or header.count(name) > 1:
                raise InputError(f"{path}: line 1, column {name!r}: {'has no name' if not name else 'given twice'}")
        return cls(path, header)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        try:
            with open(self.path, newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(self._bounded(file))
                try:
                    for row in reader:
                        yield reader.line_num, row
                except csv.Error as error:
                    raise InputError(f"{self.path}: line {reader.line_num}: {error}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self.path}: {getattr(error, 'strerror', None) or 'not a UTF-8 text file'}") from None

    def _bounded(self, file: TextIO) -> Iterator[str]:
        number = 0
        while line := file.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise InputError(
                    f"{self.path}: line {number}: longer than {LONGEST} characters; a line a row is needed"
                )
            yield line

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row that is not blank.

        Raises
        ------
        InputError
            For a row with more or fewer cells than the header.
        """
        lines = self._lines()
        next(lines)
        width = len(self.header)
        for number, row in lines:
            if len(row) == width and row[0].strip():
                yield number, row
            elif any(cell.strip() for cell in row):
                if len(row) < width:
                    raise InputError(
                        f"{self.path}: line {number}, column {self.header[len(row)]}: the cell is missing; "
                        f"{width} cells are needed"
                    )
                if len(row) > width:
                    raise InputError(
                        f"{self.path}: line {number}: {len(row)} cells given; allowed: {width}, a column each"
                    )
                yield number, row

    def numbers(self, names: Sequence[str], *, low: float = -math.inf, infinite: bool = False) -> Iterator[Floats]:
        """Blocks (rows, columns) of the named columns, in file order; `infinite` allows -inf, not in all of a row.

        Raises
        ------
        InputError
            Naming line and column: a cell that is missing, no number, not finite or below `low`.
        """
        places = [self.header.index(name) for name in names]
        rows: list[list[str]] = []
        numbers: list[int] = []
        height = max(1, BLOCK // len(places))
        for number, row in self.rows():
            rows.append([row[place] for place in places])
            numbers.append(number)
            if len(rows) == height:
                yield self._parse(names, numbers, rows, low, infinite)
                rows, numbers = [], []
        if rows:
            yield self._parse(names, numbers, rows, low, infinite)

    def text(self, number: int, name: str, text: str, needed: str = "text") -> str:
        """Return the content of a cell in a line and a column; InputError where there is none."""
        if not text.strip():
            raise InputError(f"{self.path}: line {number}, column {name}: the cell is missing; {needed} is needed")
        return text.strip()

    def number(self, number: int, name: str, text: str, allowed: str) -> float:
        """Return the number in a cell in a line and a column; InputError unless it lies in the interval."""
        text = self.text(number, name, text, "a number")
        where = f"{self.path}: line {number}, column {name}"
        if not _is_number(text):
            raise InputError(f"{where}: {text!r} given; a number is needed")
        if not inside(np.float64(text), allowed):
            raise InputError(f"{where}: {text} given; allowed: {allowed}")
        return float(text)

    def _parse(
        self, names: Sequence[str], numbers: list[int], rows: list[list[str]], low: float, infinite: bool
    ) -> Floats:
        try:
            block = np.array(rows, dtype=np.float64)
        except ValueError:
            block = None
        if block is not None:
            nothing = infinite & (block == -np.inf)
            if np.all(((block >= low) & np.isfinite(block)) | nothing) and not nothing.all(axis=1).any():
                return block
        allowed = f"{'[' if low > -math.inf or infinite else '('}{low:g}, inf)"
        for number, row in zip(numbers, rows):
            if infinite and all(_is_number(text) and float(text) == -math.inf for text in row):
                raise InputError(f"{self.path}: line {number}: -inf in every column; allowed: in all but one")
            for name, text in zip(names, row):
                self.number(number, name, text, allowed)
        raise AssertionError("a block that NumPy refuses has a cell that float refuses")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
