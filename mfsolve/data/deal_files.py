"""Tables of data deals, as CSV or JSON, and the sixteen disclosed values that come along."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mfsolve.data.formats import json_value, recognise
from mfsolve.data.source import Source
from mfsolve.data.table import Table
from mfsolve.models.arguments import nearest
from mfsolve.models.data_deals.table import Code, DataDeal, Value, parse_value
from mfsolve.models.frozen import InputError

COLUMNS = {
    "receiver": "data_receiver", "aggregator": "data_aggregator", "year": "date", "content_type": "type",
    "value_raw": "value_raw", "codes": "codes",
}  # fmt: skip
"""Columns that are read: as a CSV file names them, and a JSON file."""
AMOUNTS = {"value_min_usd": "value_min", "value_max_usd": "value_max"}
ALSO = {
    "buyer": "receiver", "seller": "aggregator", "type": "content_type", "value": "value_raw", "amount": "value_raw",
    "date": "year",
}  # fmt: skip
"""Other names of columns in a CSV file, where the first is not there; columns beside these are not used."""
EARLIEST, LATEST = 1950, 2100
YEAR = re.compile(r"([0-9]{4})(?:-[0-9]{2}(?:-[0-9]{2})?)?")
"""A year, or a date that begins with one."""


def read_deals(path: Path) -> list[DataDeal]:
    """Read a table of data deals (MODEL 6.1).

    CSV: columns receiver, aggregator, year (blank where not known), content_type, value_raw, and optionally codes
    (marks separated by `|`), value_min_usd, value_max_usd; others are not used, and `ALSO` has other names. JSON: a
    list of records with data_receiver, data_aggregator, date, type, value_raw, codes (a list) and the others of the
    same kind.

    Raises
    ------
    InputError
        Naming file, row, column and value: a cell that is missing or cannot be read, or an amount in dollars that is
        not what `value_raw` says.
    """
    source = Source.of(path)
    if ".json" in (suffix.lower() for suffix in path.suffixes) or recognise(source)[0] == "list":
        deals = [_deal(path, where, row, {**COLUMNS, **AMOUNTS}) for where, row in _json_rows(source)]
    else:
        deals = [_deal(path, where, row, {}) for where, row in _csv_rows(source)]
    if not deals:
        raise InputError(f"{path}: has no rows; at least one deal is needed")
    return deals


@cache
def disclosed_deals() -> tuple[DataDeal, ...]:
    """The sixteen public deals with a disclosed value, from luisoala/data-deals (Apache License 2.0)."""
    return tuple(read_deals(Path(str(resources.files("mfsolve.data") / "disclosed_deals.csv"))))


def _csv_rows(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    path, table = source.path, Table.open(source.path, source)
    names = [ALSO[name] if name in ALSO and ALSO[name] not in table.header else name for name in table.header]
    for name in COLUMNS:
        if name not in names and name != "codes":
            raise InputError(f"{path}: column {name!r} is missing{nearest(name, table.header)}")
    for line, cells in table.rows():
        row: dict[str, Any] = {name: text.strip() for name, text in zip(names, cells)}
        row["codes"] = [text.strip() for text in row.get("codes", "").split("|")]
        yield f"line {line}", row


def _json_rows(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    path, found = source.path, json_value(source)
    if not isinstance(found, list):
        raise InputError(f"{path}: {type(found).__name__} given; a list of deals is needed")
    for number, record in enumerate(found, 1):
        if not isinstance(record, Mapping):
            raise InputError(f"{path}: row {number}: {record!r} given; a record of a deal is needed")
        for name in COLUMNS.values():
            if name not in record:
                raise InputError(f"{path}: row {number}, column {name}: is missing")
        row = {name: record[theirs] for name, theirs in COLUMNS.items()}
        if not isinstance(row["codes"], list):
            raise InputError(f"{path}: row {number}, column codes: {row['codes']!r} given; a list of marks is needed")
        for name, theirs in AMOUNTS.items():
            row[name] = "" if record.get(theirs) is None else record[theirs]
        yield f"row {number}", row


def _deal(path: Path, where: str, row: Mapping[str, Any], names: Mapping[str, str]) -> DataDeal:
    """Read a row as a deal; InputError, with the file's own name of the column, where it cannot be one."""

    def refuse(column: str, message: str) -> InputError:
        return InputError(f"{path}: {where}, column {names.get(column, column)}: {message}")

    for name in ("receiver", "aggregator", "content_type"):
        if not isinstance(row[name], str) or not row[name].strip():
            raise refuse(name, f"{row[name]!r} given; a name is needed")
    year = _year(row["year"])
    if year is None and row["year"] != "":
        raise refuse("year", f"{row['year']!r} given; allowed: a year from {EARLIEST} to {LATEST}")
    if not isinstance(row["value_raw"], str):
        raise refuse("value_raw", f"{row['value_raw']!r} given; a text is needed")
    try:
        value = parse_value(row["value_raw"])
    except ValueError as error:
        raise refuse("value_raw", str(error)) from None
    for column, amount in _amounts(value).items():
        given = row.get(column, "")
        if given == "":
            continue
        try:
            if isinstance(given, bool) or "_" in str(given):
                raise TypeError
            agrees = amount is not None and abs(float(given) - amount) <= 1e-9 * max(amount, 1.0)
        except (TypeError, ValueError, OverflowError):
            raise refuse(column, f"{given!r:.80} given; a number below 1.8e308 is needed") from None
        if not agrees:
            raise refuse(column, f"{given!s:.80} given; value_raw {row['value_raw']!r} says {amount or 'nothing'}")
    return DataDeal(
        row["receiver"].strip(), row["aggregator"].strip(), year, row["content_type"].strip(), value,
        _codes(row["codes"], refuse),
    )  # fmt: skip


def _year(given: object) -> int | None:
    found = YEAR.fullmatch(str(given).strip())
    year = int(found[1]) if found and not isinstance(given, bool) else 0
    return year if EARLIEST <= year <= LATEST else None


def _amounts(value: Value | None) -> dict[str, float | None]:
    """Ends of a value as the two columns in dollars may state them; the upper one stays empty where it is open."""
    if value is None:
        return dict.fromkeys(AMOUNTS)
    return {"value_min_usd": value.low, "value_max_usd": None if value.open else value.high}


def _codes(given: Iterable[object], refuse: Any) -> frozenset[Code]:
    marks = [mark for mark in given if mark != ""]
    known = [str(code) for code in Code]
    for mark in marks:
        if mark not in known:
            raise refuse("codes", f"{mark!r} given; allowed: {', '.join(known)}")
    return frozenset(Code(str(mark)) for mark in marks)
