"""Dialects of text tables: what separates cells, and which mark the decimals have.

Both are read off the first rows; a first line `sep=;`, as Excel has it, names the delimiter. A cell that can be read in
two ways, such as 1,234 without a cell beside it that tells decimals from thousands, is refused and not guessed at.
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
_GROUPED = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}((\{mark}\d{{3}})+\{other}\d+|(\{mark}\d{{3}}){{2,}})")
    for mark, other in (",.", ".,")
}
"""Thousands beyond doubt: 19,934.94 or 1,234,567."""
_SPACED = re.compile(r"[+-]?[1-9]\d{0,2}([ \u00a0\u202f'\u2019])\d{3}(\1\d{3})*([.,]\d+)?")
"""Thousands apart by blanks or apostrophes, which nothing else is."""
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?\s*")


@dataclass(frozen=True)
class Dialect:
    """Delimiter of cells, and marks of decimals and of thousands that the first rows show beyond doubt: `,` and `.`.

    `said` where the first line says which delimiter it is, and is no row.
    """

    delimiter: str = ","
    marks: frozenset[str] = frozenset()
    thousands: frozenset[str] = frozenset()
    said: bool = False

    def value(self, text: str) -> float:
        """Return the number in a cell, per cent as a share; NaN where it is none.

        Raises
        ------
        ValueError
            For a cell that can be read in two ways.
        """
        cell = text.strip()
        if cell.endswith("%"):
            return self.value(cell[:-1]) / 100.0
        if spaced := _SPACED.fullmatch(cell):
            return _number(cell.replace(spaced[1], "").replace(",", "."))
        for mark, other in (",.", ".,"):
            known = mark in self.thousands and mark not in self.marks and _THOUSANDS[mark].fullmatch(cell)
            if known or _GROUPED[mark].fullmatch(cell):
                return _number(cell.replace(mark, "").replace(other, "."))
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
    if said := separator(lines[0] if lines else ""):
        rows = list(_parsed(lines[1:], said))
        return Dialect(said, *_marks(cell.strip() for row in rows[1:] for cell in row), said=True)
    told = list(itertools.dropwhile(lambda line: not line.strip("".join(DELIMITERS) + '" \r\n'), lines))
    tables = {delimiter: list(_parsed(told, delimiter)) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: _rank(tables[d]))  # the first of equals: a comma
    return Dialect(delimiter, *_marks(cell.strip() for row in tables[delimiter][1:] for cell in row))


def separator(line: str) -> str | None:
    """Delimiter that a first line such as `sep=;` names; None for any other line."""
    found = _SEPARATOR.fullmatch(line.lstrip("\ufeff"))
    return found[1] if found else None


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


def _marks(cells: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Marks of decimals and of thousands that cells show beyond doubt."""
    decimals: set[str] = set()
    thousands: set[str] = set()
    for given in cells:
        cell = given.removesuffix("%").rstrip()
        grouped = next((mark for mark in ",." if _GROUPED[mark].fullmatch(cell)), None)
        if grouped is not None:
            thousands.add(grouped)
            decimals |= {"," if grouped == "." else "."} & set(cell)
        elif "," in cell:
            if _COMMA.fullmatch(cell) and not _THOUSANDS[","].fullmatch(cell):
                decimals.add(",")
        elif "." in cell and not _THOUSANDS["."].fullmatch(cell) and not math.isnan(_number(cell)):
            decimals.add(".")
    return frozenset(decimals), frozenset(thousands)


def _number(text: str) -> float:
    """A number; NaN where there is none. Python reads 2020_01 as 202001, which nobody means by it."""
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
