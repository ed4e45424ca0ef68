"""Tables of data deals, as text, JSON or Parquet, and the sixteen disclosed values that come along."""

import json
import logging
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mfsolve.data.table import Table, short
from mfsolve.models.data_deals.table import Code, DataDeal, Value, parse_value
from mfsolve.models.frozen import InputError

LOG = logging.getLogger(__name__)

NAMES = ("receiver", "aggregator", "content")
"""Fields by whose names deals are grouped."""
COLUMNS = ("receiver", "aggregator", "year", "content_type", "value_raw", "codes")
"""Columns that are read, of text, JSON and Parquet alike; all but the last are needed."""
ALSO = {
    "buyer": "receiver", "seller": "aggregator", "type": "content_type", "value": "value_raw", "amount": "value_raw",
    "date": "year", "data_receiver": "receiver", "data_aggregator": "aggregator", "value_min": "value_min_usd",
    "value_max": "value_max_usd",
}  # fmt: skip
"""Other names of columns, where the first is not there; columns beside these are not used."""
MOST_NAMED = 10
"""Rows that cannot be read and are named."""
MEANINGS = ", ".join(f"{code} ({code.name.lower().replace('_', ' ')})" for code in Code)
"""Codes of a deal, each with what it says."""
EARLIEST, LATEST = 1950, 2100
YEAR = re.compile(r"([0-9]{4})(?:-[0-9]{2}(?:-[0-9]{2})?)?")
"""A year, or a date that begins with one."""


def read_deals(path: Path, encoding: str | None = None, rates: Mapping[str, float] | None = None) -> list[DataDeal]:
    """Read a table of data deals (MODEL 6.1).

    Text, records of JSON (a list, or one a line) or Parquet, with the columns receiver, aggregator, year (blank where
    not known), content_type, value_raw, and optionally codes (marks separated by `|`, or a list), value_min_usd,
    value_max_usd; others are not used, and `ALSO` has other names.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        Of a text that is not UTF-8.
    rates : mapping of str to float, optional
        Dollars of one unit of other currencies, by their codes.

    Raises
    ------
    InputError
        Naming file, row, column and value of the first ten rows that cannot be read: a cell that is missing or is
        none, or an amount in dollars that is not what `value_raw` says.
    """
    table = Table.open(path, encoding=encoding)
    own = _own_names(table)
    deals, lines, refused = [], [], []
    for line, cells in table.rows():
        try:
            deals.append(_deal(table, line, cells, own, rates))
            lines.append(table.at(line).rpartition(": ")[2])
        except InputError as error:
            refused.append(str(error))
    if refused:
        raise InputError(_all_of(path, refused))
    if not deals:
        raise InputError(f"{path}: has no rows; at least one deal is needed")
    alike = _alike(path, deals)
    _note_repeated(path, alike, lines)
    return alike


def _note_repeated(path: Path, deals: Sequence[DataDeal], lines: Sequence[str]) -> None:
    """Say which rows are one deal by all that is read of them; every one counts."""
    places: dict[DataDeal, list[str]] = {}
    for deal, line in zip(deals, lines, strict=True):
        places.setdefault(deal, []).append(line)
    repeated = [" = ".join(same) for same in places.values() if len(same) > 1]
    if repeated:
        more = f"; and {len(repeated) - MOST_NAMED} more" if len(repeated) > MOST_NAMED else ""
        LOG.warning(
            "%s: rows are identical and each counts: %s%s; leave out what is one deal twice",
            path, "; ".join(repeated[:MOST_NAMED]), more,
        )  # fmt: skip


def _alike(path: Path, deals: list[DataDeal]) -> list[DataDeal]:
    """Deals with one spelling of names that differ in case and spaces only, the first one in the table; it is said."""
    for column in NAMES:
        spellings: dict[str, list[str]] = {}
        for name in dict.fromkeys(getattr(deal, column) for deal in deals):
            spellings.setdefault("".join(name.casefold().split()), []).append(name)
        meant = {name: names[0] for names in spellings.values() for name in names[1:]}
        if meant:
            deals = [replace(deal, **{column: meant.get(name := getattr(deal, column), name)}) for deal in deals]
            several = [" = ".join(map(repr, names)) for names in spellings.values() if len(names) > 1]
            more = f"; and {len(several) - MOST_NAMED} more" if len(several) > MOST_NAMED else ""
            LOG.warning("%s: one %s under several spellings: %s%s", path, column, "; ".join(several[:MOST_NAMED]), more)
    return deals


@cache
def disclosed_deals() -> tuple[DataDeal, ...]:
    """The sixteen public deals with a disclosed value, from luisoala/data-deals (Apache License 2.0)."""
    return tuple(read_deals(Path(str(resources.files("mfsolve.data") / "disclosed_deals.csv"))))


def _all_of(path: Path, refused: Sequence[str]) -> str:
    """All complaints in one line, equal ones together, and what is allowed of the first two kinds."""
    if len(refused) == 1:
        return refused[0]
    parts = [text.removeprefix(f"{path}: ").partition("; ") for text in refused]
    allowed = dict.fromkeys(remedy for _, _, remedy in parts if remedy)
    places: dict[str, list[str]] = {}
    for what, _, _ in parts:
        place, _, complaint = what.partition(", ")
        places.setdefault(complaint, []).append(place)
    named = "; ".join(_at(*alike) for alike in list(places.items())[:MOST_NAMED])
    left = sum(len(alike) for alike in list(places.values())[MOST_NAMED:])
    more = f"; and {left} more" if left else ""
    return f"{path}: {len(refused)} rows cannot be read: {named}{more}; {'; '.join(list(allowed)[:2])}"


def _at(complaint: str, places: Sequence[str]) -> str:
    """A complaint, such as on a column, with the rows that it is made of."""
    if len(places) == 1:
        return f"{places[0]}, {complaint}"
    unit = places[0].partition(" ")[0]
    numbers = [place.partition(" ")[2] for place in places]
    shown = numbers[:MOST_NAMED] if len(numbers) > MOST_NAMED else numbers[:-1]
    last = f"{len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else numbers[-1]
    return f"{unit}s {', '.join(shown)} and {last}, {complaint}"


def _own_names(table: Table) -> dict[str, str]:
    """Columns that are read by the name that the file has for them."""
    own = {name: name for name in (*COLUMNS, "value_min_usd", "value_max_usd") if name in table.header}
    for name in table.header:
        if name in ALSO:
            own.setdefault(ALSO[name], name)
    lacking = [name for name in COLUMNS[:-1] if name not in own]
    if lacking:
        raise InputError(f"{table.path}: {_missing(lacking, table.header)}")
    return own


def _missing(lacking: Sequence[str], header: Sequence[str]) -> str:
    """Columns that a table lacks, and all that it has; a name is suggested only where it is nearly the one needed."""
    near = {name: get_close_matches(name, header, n=1, cutoff=0.8) for name in lacking}
    meant = "".join(f"; did you mean {found[0]} by {name}?" for name, found in near.items() if found)
    known = ", ".join(short(own, "") for own in header[:MOST_NAMED]) + ", ..." * (len(header) > MOST_NAMED)
    many = "columns" if len(lacking) > 1 else "column"
    are = "are" if len(lacking) > 1 else "is"
    return f"{many} {', '.join(map(repr, lacking))} {are} missing{meant}; known: {known}"


def _marks(cell: str) -> list[str]:
    """Marks of a cell: separated by bars, or a list of JSON."""
    try:
        found = json.loads(cell) if cell.startswith("[") else cell.split("|")
    except (ValueError, RecursionError):
        found = [cell]
    return [str(mark).strip() for mark in found]


def _deal(
    table: Table, line: int, cells: Sequence[str], own: Mapping[str, str], rates: Mapping[str, float] | None
) -> DataDeal:
    """Read a row as a deal; InputError, with the file's own name of the column, where it cannot be one."""
    row = {name: cells[table.header.index(theirs)].strip() for name, theirs in own.items()}

    def refuse(column: str, message: str) -> InputError:
        return InputError(f"{table.at(line, own[column])}: {message}")

    for name in ("receiver", "aggregator", "content_type"):
        if not row[name]:
            raise refuse(name, f"{row[name]!r} given; a name is needed")
    year = _year(row["year"])
    if year is None and row["year"] != "":
        raise refuse("year", f"{row['year']!r} given; allowed: a year from {EARLIEST} to {LATEST}")
    try:
        value = parse_value(row["value_raw"], rates)
    except ValueError as error:
        raise refuse("value_raw", str(error)) from None
    for column, amount in _amounts(value).items():
        given = row.get(column, "")
        if given == "":
            continue
        try:
            if "_" in given or not math.isfinite(float(given)):
                raise ValueError
        except ValueError:
            raise refuse(column, f"{given!r:.80} given; a number below 1.8e308 is needed") from None
        if amount is None or abs(float(given) - amount) > 1e-9 * max(amount, 1.0):
            raise refuse(column, f"{given!s:.80} given; value_raw {row['value_raw']!r} says {amount or 'nothing'}")
    return DataDeal(
        row["receiver"], row["aggregator"], year, row["content_type"], value,
        _codes(_marks(row.get("codes", "")), refuse),
    )  # fmt: skip


def _year(given: str) -> int | None:
    found = YEAR.fullmatch(given)
    year = int(found[1]) if found else 0
    return year if EARLIEST <= year <= LATEST else None


def _amounts(value: Value | None) -> dict[str, float | None]:
    """Ends of a value as the two columns in dollars may state them; the upper one stays empty where it is open."""
    if value is None:
        return {"value_min_usd": None, "value_max_usd": None}
    return {"value_min_usd": value.low, "value_max_usd": None if value.open else value.high}


def _codes(given: Iterable[str], refuse: Any) -> frozenset[Code]:
    marks = [mark for mark in given if mark != ""]
    known = {str(code).lower(): code for code in Code}
    for mark in marks:
        if mark.lower() not in known:
            raise refuse("codes", f"{mark!r} given; allowed: {MEANINGS}")
    return frozenset(known[mark.lower()] for mark in marks)
