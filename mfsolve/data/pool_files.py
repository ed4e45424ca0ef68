"""Files of a pool and of its references: texts, counts of tokens, features, likelihoods (MODEL 3.5)."""

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfsolve.data.dates import Period, period_in_name, period_of
from mfsolve.data.feature_columns import asked_features, needed_features, refuse_texts
from mfsolve.data.source import Source
from mfsolve.data.table import LONGEST, Table, column_name, short
from mfsolve.data.texts_met import TextsMet
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import words
from mfsolve.models.provenance.cell_counts import Rows
from mfsolve.models.provenance.samples import LIKELIHOODS, Documents, Kind, Labelled, Numbers, Sample, Tokens
from mfsolve.models.provenance.words import BATCH, Unit
from mfsolve.paths import below, is_dir

ITEMS = ("item", "document", "doc", "doc_id", "document_id")
TEXTS = ("text", "content", "body", "abstract", "review", "sentence")
FILENAME = "filename"
DIGITS = 15
"""Digits of a count, which is a whole number to the last of them."""
Text = tuple[str, str | None]
"""A text and its period, where there is one."""


@dataclass(frozen=True)
class Reading:
    """Reading of files: kind of the samples, unit of texts, column of texts, column and length of periods.

    `named` says what the column `date` holds in messages: dates, or the group's name as it stands (`Period.AS_GIVEN`).
    `columns` of features are taken, all but those of `ignore` where none are named.
    """

    kind: str | None = None
    unit: Unit = Unit.DOCUMENT
    text: str | None = None
    date: str | None = None
    period: Period = Period.MONTH
    named: str = "date"
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def read_sample(path: Path, reading: Reading, like: Sample | None = None) -> Sample:
    """Find out what a file or folder holds; nothing but the header of a table is read yet (MODEL 3.5).

    A folder holds texts, one a file `.txt`; a file `.txt` one a line. A table holds texts in a named column; counts
    by `item`, `token`, `count`; counts by `token`, `count`; `log_human`, `log_synthetic`; a matrix of counts, one
    document a row, where `reading.kind` says so; or numeric features.

    Parameters
    ----------
    path, reading
        The file and what is known of it.
    like
        A sample whose columns of features this one has to have.

    Raises
    ------
    InputError
        Naming the file, and the column that is missing or has nothing to do with the kind.
    """
    if is_dir(path) or path.suffixes[-1:] == [".txt"] or path.suffixes[-2:] == [".txt", ".gz"]:
        if reading.date and not (is_dir(path) and reading.date == FILENAME):
            right = f"--date {FILENAME} takes dates from file names" if is_dir(path) else "give a table"
            if reading.named != "date":
                raise InputError(f"{path}: plain texts have no column {reading.date!r}; give a table")
            raise InputError(
                f"{path}: plain texts have no column {reading.date!r}; {right}, or give a file or folder a period"
            )
        return _documents(str(path), _folder(path, reading) if is_dir(path) else _lines(path), reading)
    table = Table.open(path)
    header, kind = table.header, reading.kind
    item = next((name for name in ITEMS if name in header), None)
    text = column_name(reading.text) if reading.text else None
    if text is None or (like is not None and text not in header):  # a reference may name its texts otherwise
        text = next((name for name in TEXTS if name in header), text)
    if kind in (None, "documents") and item and {"token", "count"} <= set(header):
        return Documents(str(path), lambda: _item_blocks(table, item, reading))
    if kind in (None, "tokens") and {"token", "count"} <= set(header):
        return Tokens(str(path), lambda: read_token_counts(table), lambda known: known_token_counts(table, known))
    if kind in (None, "likelihoods") and (set(LIKELIHOODS) <= set(header) or kind):
        return _numbers(table, LIKELIHOODS, Kind.LIKELIHOODS, reading)
    if kind in (None, "documents") and (text or kind):
        if text is None:
            raise InputError(f"{path}: no column of texts; known: {', '.join(header)}; --text names it")
        table.place(text)
        return _documents(str(path), lambda met: _cells(table, text, reading, met), reading)
    if kind == "tokens":
        raise InputError(f"{path}: column 'token' is missing; tokens files need: token, count")
    date = column_name(reading.date) if reading.date else None
    columns = tuple(name for name in header if name != date)
    if kind == "matrix":
        numbers = tuple(name for name in columns if name not in ITEMS)
        return Documents(str(path), lambda: _matrix_blocks(table, numbers, reading))
    if isinstance(like, Numbers):
        return _numbers(table, needed_features(table, like), Kind.FEATURES, reading)
    features = asked_features(table, columns, reading.columns, reading.ignore, reading.named)
    if date:
        table.place(date)
    if kind is None:
        refuse_texts(table, features)
    return _numbers(table, features, Kind.FEATURES, reading)


def _numbers(table: Table, columns: tuple[str, ...], kind: Kind, reading: Reading) -> Numbers:
    for name in columns:
        if name not in table.header:
            raise InputError(f"{table.path}: column {name!r} is missing; {kind} files need: {', '.join(columns)}")

    def of(names: tuple[str, ...]) -> Rows:
        infinite = kind is Kind.LIKELIHOODS
        return Rows(str(table.path), names, lambda: table.numbers(names, infinite=infinite), of)

    periods = _labels(table, reading)
    return Numbers(of(columns), kind, periods, table.header)


def _dated(table: Table, reading: Reading) -> Iterator[tuple[int, list[str], str]]:
    """Number and cells of every row, and its period."""
    assert reading.date is not None
    name = column_name(reading.date)
    place = table.place(name)
    for number, row in table.rows():
        given = table.text(number, name, row[place], f"a {reading.named}")
        yield number, row, period_of(given, reading.period, table.at(number, name))


def _documents(name: str, texts: Callable[[TextsMet], Iterator[Text]], reading: Reading) -> Documents:
    """Texts of a file or folder, but for blank ones and those without a date where dates are asked for."""
    met = TextsMet(name, reading.named)

    def written() -> Iterator[Text]:
        met.start()
        kept = 0
        for text in texts(met):
            if met.written(text[0]):
                kept += 1
                yield text
        if not kept:
            raise InputError(
                f"{name}: holds no text{f' with a {reading.named}' * bool(met.undated)}; at least 1 is needed"
            )

    return Documents(name, lambda: _in_blocks(written(), reading.unit), met=met)


def _folder(path: Path, reading: Reading) -> Callable[[TextsMet], Iterator[Text]]:
    files = below(path, "*.txt")
    if not files:
        raise InputError(f"{path}: holds no file .txt; at least 1 is needed")
    periods = [period_in_name(path, file, reading.period) if reading.date else None for file in files]

    def texts(_: TextsMet) -> Iterator[Text]:
        for file, period in zip(files, periods):
            with Source.of(file).bytes() as content:
                yield content.read().decode("utf-8-sig"), period

    return texts


def _lines(path: Path) -> Callable[[TextsMet], Iterator[Text]]:
    source = Source.of(path)

    def texts(_: TextsMet) -> Iterator[Text]:
        with source.bytes() as content, io.TextIOWrapper(content, encoding="utf-8-sig") as lines:
            number = 0
            while line := lines.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise InputError(
                        f"{path}: line {number}: longer than {LONGEST} characters; a text a line is needed"
                    )
                if line.strip():
                    yield line, None

    return texts


def _cells(table: Table, name: str, reading: Reading, met: TextsMet) -> Iterator[Text]:
    place = table.place(name)
    if not reading.date:
        yield from ((row[place], None) for _, row in table.rows())
        return
    date = column_name(reading.date)
    column = table.place(date)
    for number, row in table.rows():
        if given := row[column].strip():
            yield row[place], period_of(given, reading.period, table.at(number, date))
        elif row[place].strip():
            met.undated += 1
        else:
            met.blank += 1


def _in_blocks(texts: Iterator[Text], unit: Unit) -> Iterator[Labelled]:
    """Texts with their periods, split into words block by block: memory does not grow with their number."""
    batch: list[str] = []
    periods: list[str] = []
    room = BATCH
    for text, period in texts:
        batch.append(text)
        if period is not None:
            periods.append(period)
        room -= len(text) + 64
        if room <= 0:
            yield Labelled(words.split(batch, unit), periods or None)
            batch, periods, room = [], [], BATCH
    if batch:
        yield Labelled(words.split(batch, unit), periods or None)


def _item_blocks(table: Table, item: str, reading: Reading) -> Iterator[Labelled]:
    """Documents of a table of tokens by item; the rows of an item stand together."""
    places = table.place(item), table.place("token")
    column = table.place("count")
    rows = _dated(table, reading) if reading.date else ((number, row, "") for number, row in table.rows())
    items: list[tuple[Sequence[str], Sequence[float]]] = []
    periods: list[str] = []
    seen: set[int] = set()
    before, held = None, 0
    for number, row, period in rows:
        name = row[places[0]]
        if name != before:
            if hash(name) in seen:
                raise InputError(
                    f"{table.path}: {item} {short(name)}: its rows do not stand together; sort the file by {item}"
                )
            if held > BATCH // 8:
                yield Labelled(words.from_lists(items), periods if reading.date else None)
                items, periods, held = [], [], 0
            seen.add(hash(name))
            before = name
            items.append(([], []))
            periods.append(period)
        tokens, counts = items[-1]
        tokens.append(row[places[1]])  # type: ignore[attr-defined]  # a list of this function's
        counts.append(_count(table, number, row[column]))  # type: ignore[attr-defined]
        held += 1
    if items:
        yield Labelled(words.from_lists(items), periods if reading.date else None)


def _matrix_blocks(table: Table, columns: tuple[str, ...], reading: Reading) -> Iterator[Labelled]:
    """Documents of a matrix of counts, one a row; its columns are the tokens."""
    labels = _labels(table, reading)
    start = 0
    for counts in table.numbers(columns, low=0.0):
        periods = None if labels is None else labels[start : start + counts.shape[0]].tolist()
        start += counts.shape[0]
        yield Labelled(words.from_matrix(columns, counts), periods)


def _labels(table: Table, reading: Reading) -> NDArray[np.str_] | None:
    return None if reading.date is None else np.array([label for _, _, label in _dated(table, reading)])


def _tokens(table: Table) -> Iterator[tuple[str, float]]:
    place, column = table.header.index("token"), table.header.index("count")
    for number, row in table.rows():
        if not row[place]:
            table.text(number, "token", row[place], "a token")
        yield row[place], _count(table, number, row[column])


def _count(table: Table, number: int, text: str) -> float:
    quick = text.isdecimal() and len(text) <= DIGITS
    return float(text) if quick else table.number(number, "count", text, f"[0, {10**DIGITS}]")


def read_token_counts(table: Table) -> dict[str, float]:
    """Count of every token, summed over its rows; memory grows with the vocabulary only."""
    counts: dict[str, float] = {}
    for token, count in _tokens(table):
        counts[token] = counts.get(token, 0.0) + count
    _some(table, sum(counts.values()))
    return counts


def known_token_counts(table: Table, known: Collection[str]) -> tuple[dict[str, float], float]:
    """Counts of known tokens, and the number of all others together; memory grows with `known` only."""
    counts, others = dict.fromkeys(known, 0.0), 0.0
    for token, count in _tokens(table):
        if token in counts:
            counts[token] += count
        else:
            others += count
    _some(table, sum(counts.values()) + others)
    return counts, others


def _some(table: Table, items: float) -> None:
    if not items > 0.0:
        raise InputError(f"{table.path}: counts no item; at least 1 is needed")
