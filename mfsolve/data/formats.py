"""Rows of a file in any of the formats that tables come in: text, JSON records, Parquet."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from typing import IO, Any

from mfsolve.data.dialect import Dialect, find
from mfsolve.data.source import UTF_8, Source
from mfsolve.models.frozen import InputError

LONGEST = 2**24
"""Characters in a line or a cell: more is no table."""
SAMPLE_LINES, SAMPLE_CHARACTERS = 1000, 2**20
Row = tuple[int, list[str]]
PARQUET = (".parquet", ".pq")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def recognise(source: Source) -> tuple[str, Dialect]:
    """Format (`text`, `lines` of JSON, `list` of JSON, `parquet`) and dialect of a file."""
    with source.bytes() as file:
        start = file.read(4)
    if start == b"PAR1":
        return "parquet", Dialect()
    if start and source.path.suffix.lower() in PARQUET:
        raise InputError(f"{source.path}: is not a Parquet file, despite its name; name a text table .csv")
    with source.bytes() as file:
        text = _text(source, file)
        lines, held = [], 0
        for line in itertools.islice(text, SAMPLE_LINES):
            lines.append(line)
            held += len(line)
            if held > SAMPLE_CHARACTERS:
                break
    first = next((line.lstrip() for line in lines if line.strip()), "")
    if first.startswith("{"):
        return "lines", Dialect()
    if first.startswith("["):
        return "list", Dialect()
    return "text", find(lines)


def rows(source: Source, kind: str, dialect: Dialect) -> Iterator[Row]:
    """Number and cells of the header and of every row; rows of text may be blank or have too few or many cells."""
    read = {"text": _text_rows, "lines": _json_lines, "list": _json_list, "parquet": _parquet_rows}[kind]
    with source.bytes() as file:
        yield from read(source, file, dialect)


def _text(source: Source, file: IO[bytes]) -> Iterator[str]:
    """Lines with their ends, bounded in length; in the source's encoding or, where a mark says so, UTF-16."""
    start = file.read(2)
    file.seek(0)
    encoding = "utf-16" if start in _UTF_16 else source.encoding
    number = 0
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        while line := text.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise InputError(
                    f"{source.path}: line {number}: longer than {LONGEST} characters; one row per line is needed"
                )
            if "\0" in line:
                raise InputError(f"{source.path}: line {number}: not a text file: it holds a zero byte")
            yield line


def _text_rows(source: Source, file: IO[bytes], dialect: Dialect) -> Iterator[Row]:
    if csv.field_size_limit() < LONGEST:
        csv.field_size_limit(LONGEST)
    lines = _text(source, file)
    before = len(list(itertools.islice(lines, int(dialect.said))))  # the line on the delimiter
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    begun = 1 + before
    try:
        for row in reader:
            yield reader.line_num + before, row
            begun = reader.line_num + 1 + before
    except csv.Error as error:
        raise InputError(f"{source.path}: line {begun}: {_complaint(str(error))}") from None


def _complaint(error: str) -> str:
    if "field limit" in error or "unexpected end" in error:
        return "a cell begins with a quote that is not closed"
    if "expected after" in error:
        return "a quote closes before its cell ends; double a quote inside a cell"
    return error


def _json_lines(source: Source, file: IO[bytes], dialect: Dialect) -> Iterator[Row]:
    return _records(source, _loaded(source, _text(source, file)))


def _loaded(source: Source, lines: Iterator[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _json(source, line, number, "one record per line or a list of records")


def _json(source: Source, content: str | bytes, number: int, needed: str) -> Any:
    """Content of a line (a text) or a file (bytes) as JSON; InputError where it is none, or names a cell twice."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                twice.append(name)
            found[name] = value
        return found

    try:
        value = json.loads(content, object_pairs_hook=once)
    except UnicodeError:
        raise
    except (ValueError, RecursionError) as error:
        line = number if isinstance(content, str) else getattr(error, "lineno", 1)
        raise InputError(f"{source.path}: line {line}: not JSON; {needed} is needed") from None
    if twice:
        where = f"line {number}" if isinstance(content, str) else "in a record"
        raise InputError(f"{source.path}: {where}, column {twice[0]!r}: given twice")
    return value


def json_value(source: Source) -> Any:
    """Content of a JSON file, which is held in memory as a whole; it may be compressed, with a byte order mark."""
    with source.bytes() as file:
        content = file.read()
        text = content if source.encoding == UTF_8 else content.decode(source.encoding)
        return _json(source, text, 1, "a list of records")


def _json_list(source: Source, file: IO[bytes], dialect: Dialect) -> Iterator[Row]:
    return _records(source, enumerate(json_value(source), start=1))


def _records(source: Source, found: Iterator[tuple[int, Any]]) -> Iterator[Row]:
    """Rows of records; the columns are those of the first thousand."""

    def checked() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, record in found:
            if not isinstance(record, dict):
                raise InputError(
                    f"{source.path}: record {number}: {type(record).__name__} given; named cells are needed"
                )
            yield number, record

    records = checked()
    head = list(itertools.islice(records, SAMPLE_LINES))
    names = list(dict.fromkeys(name for _, record in head for name in record))
    yield 1, names
    known = set(names)
    for number, record in itertools.chain(head, records):
        if not record.keys() <= known:
            name = next(name for name in record if name not in known)
            raise InputError(f"{source.path}: record {number}, column {name!r}: not in the first {SAMPLE_LINES}")
        yield number, [_cell(record.get(name)) for name in names]


def _parquet_rows(source: Source, file: IO[bytes], dialect: Dialect) -> Iterator[Row]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            f"{source.path}: is a Parquet file, which needs pyarrow: pip install 'mfsolve[parquet]'"
        ) from None
    try:
        table = parquet.ParquetFile(file)
        yield 0, [str(name) for name in table.schema_arrow.names]
        number = 0
        for batch in table.iter_batches(batch_size=2**12):
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns):
                number += 1
                yield number, [_cell(cell) for cell in cells]
    except arrow.ArrowException as error:
        raise InputError(f"{source.path}: not a readable Parquet file: {str(error).splitlines()[0]}") from None


def _cell(value: Any) -> str:
    """A value as the text of a cell; nothing is blank, a number keeps all its digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else str(value)
