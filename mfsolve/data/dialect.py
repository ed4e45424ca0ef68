"""Dialects of text tables: what separates cells, and which mark the decimals have.

Both are read off the first rows. A cell that can be read in two ways, such as 1,234 without a cell beside it that tells
decimals from thousands, is refused and not guessed at.
"""

import csv
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+") for mark in ",."}


@dataclass(frozen=True)
class Dialect:
    """Delimiter of cells, and the decimal marks that the first rows show beyond doubt: some of `,` and `.`."""

    delimiter: str = ","
    marks: frozenset[str] = frozenset()

    def value(self, text: str) -> float:
        """Return the number in a cell; NaN where it is none.

        Raises
        ------
        ValueError
            For a cell that can be read in two ways.
        """
        cell = text.strip()
        if "," in cell:
            if not _COMMA.fullmatch(cell) or self.marks == {"."}:
                if _THOUSANDS[","].fullmatch(cell):
                    raise ValueError(f"{cell!r} given; write thousands without a comma")
                return math.nan
            if _THOUSANDS[","].fullmatch(cell) and self.marks != {","}:
                raise ValueError(f"{cell!r} given, which is either {cell.replace(',', '.')} or {cell.replace(',', '')}")
            return float(cell.replace(",", "."))
        if "," in self.marks and _THOUSANDS["."].fullmatch(cell):
            raise ValueError(f"{cell!r} given beside decimal commas; write thousands without a point")
        return _number(cell)


def find(lines: Sequence[str]) -> Dialect:
    """Find the dialect of a table from its first lines, the header among them."""
    told = list(itertools.dropwhile(lambda line: not line.strip("".join(DELIMITERS) + '" \r\n'), lines))
    tables = {delimiter: list(_parsed(told, delimiter)) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: _rank(tables[d]))  # the first of equals: a comma
    return Dialect(delimiter, frozenset(_marks(cell.strip() for row in tables[delimiter][1:] for cell in row)))


def _parsed(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Rows that are not blank; a quoted cell that the sample cuts off ends them."""
    try:
        for row in csv.reader(lines, delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error:
        return


def _rank(rows: list[list[str]]) -> tuple[bool, float, int]:
    """Preference for a delimiter: the header has several columns, rows have as many cells, and those are many."""
    if not rows:
        return False, 0.0, 0
    width = len(rows[0])
    fitting = sum(len(row) == width for row in rows[1:]) / max(len(rows) - 1, 1)
    return width > 1, fitting, width


def _marks(cells: Iterable[str]) -> Iterator[str]:
    for cell in cells:
        if "," in cell:
            if _COMMA.fullmatch(cell) and not _THOUSANDS[","].fullmatch(cell):
                yield ","
        elif "." in cell and not _THOUSANDS["."].fullmatch(cell) and not math.isnan(_number(cell)):
            yield "."


def _number(text: str) -> float:
    """A number; NaN where there is none. Python reads 2020_01 as 202001, which nobody means by it."""
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
