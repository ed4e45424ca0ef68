"""Files of a pool and of its references: texts, counts of tokens, features, likelihoods (MODEL 3.5)."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfsolve.data.dates import Period, period_in_name, period_of
from mfsolve.data.feature_columns import asked_features, needed_features, refuse_texts
from mfsolve.data.source import Source
from mfsolve.data.table import LONGEST, Table, column_name, short
from mfsolve.data.texts_met import TextsMet
from mfsolve.data.token_files import count_of, known_token_counts, read_token_counts
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import words
from mfsolve.models.provenance.clusters import identities
from mfsolve.models.provenance.rows import Rows
from mfsolve.models.provenance.samples import LIKELIHOODS, Documents, Kind, Labelled, Numbers, Sample, Tokens
from mfsolve.models.provenance.words import BATCH, Unit
from mfsolve.paths import below, is_dir

ITEMS = ("item", "document", "doc", "doc_id", "document_id")
TEXTS = ("text", "content", "body", "abstract", "review", "sentence")
FILENAME = "filename"
Text = tuple[str, str | None, str | None]
"""A text, its period and its cluster, where there are any."""


@dataclass(frozen=True)
class Reading:
    """Reading of files: kind of the samples, unit of texts, column of texts, column and length of periods.

    `named` says what the column `date` holds in messages: dates, or the group's name as it stands (`Period.AS_GIVEN`).
    `columns` of features are taken, all but those of `ignore` where none are named. `cluster` is a column
    that says which rows are one draw; a `reference` may lack it. `encoding` is that of texts that are not UTF-8.
    """

    kind: str | None = None
    unit: Unit = Unit.DOCUMENT
    text: str | None = None
    date: str | None = None
    period: Period = Period.MONTH
    named: str = "date"
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    date_format: str | None = None
    cluster: str | None = None
    reference: bool = False
    encoding: str | None = None

    def in_table(self, table: Table) -> "Reading":
        """The same without a column of clusters that a reference lacks; InputError where another table lacks it."""
        if self.cluster is None or (self.reference and self.cluster not in table.header):
            return replace(self, cluster=None)
        table.place(self.cluster)
        return self


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
        if reading.cluster and not reading.reference:
            raise InputError(f"{path}: plain texts have no column {reading.cluster!r}; give a table")
        return _documents(str(path), _folder(path, reading) if is_dir(path) else _lines(path, reading), reading, True)
    table = Table.open(path, encoding=reading.encoding)
    reading = reading.in_table(table)
    header, kind = table.header, reading.kind
    item = next((name for name in ITEMS if name in header), None)
    text = column_name(reading.text) if reading.text else None
    if text is None or (like is not None and text not in header):  # a reference may name its texts otherwise
        text = next((name for name in TEXTS if name in header), text)
    if kind in (None, "documents") and item and {"token", "count"} <= set(header):
        return Documents(str(path), lambda: _item_blocks(table, item, reading), clustered=reading.cluster is not None)
    if kind in (None, "tokens") and {"token", "count"} <= set(header):
        if reading.cluster and not reading.reference:
            raise InputError(f"{path}: counts by token have no items that {reading.cluster!r} could put together")
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
    columns = tuple(name for name in header if name not in (date, reading.cluster))
    if kind == "matrix":
        numbers = tuple(name for name in columns if name not in ITEMS)
        clustered = reading.cluster is not None
        return Documents(str(path), lambda: _matrix_blocks(table, numbers, reading), clustered=clustered)
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

    date = (column_name(reading.date),) if reading.date else ()
    if kind is Kind.FEATURES:  # a likelihood that is none says that a model failed there
        table = table.complete((*columns, *date))

    def of(names: tuple[str, ...]) -> Rows:
        infinite = kind is Kind.LIKELIHOODS
        return Rows(str(table.path), names, lambda: table.numbers(names, infinite=infinite), of)

    periods = _labels(table, reading)
    return Numbers(of(columns), kind, periods, table.header, _clusters(table, reading), table.left_out)


def _dated(table: Table, reading: Reading) -> Iterator[tuple[int, list[str], str]]:
    """Number and cells of every row, and its period."""
    assert reading.date is not None
    name = column_name(reading.date)
    place = table.place(name)
    for number, row in table.rows():
        given = table.text(number, name, row[place], f"a {reading.named}")
        yield number, row, period_of(given, reading.period, table.at(number, name), reading.date_format)


def _documents(
    name: str, texts: Callable[[TextsMet], Iterator[Text]], reading: Reading, plain: bool = False
) -> Documents:
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

    clustered = reading.cluster is not None and not plain
    return Documents(name, lambda: _in_blocks(written(), reading.unit), met=met, clustered=clustered)


def _folder(path: Path, reading: Reading) -> Callable[[TextsMet], Iterator[Text]]:
    files = below(path, "*.txt")
    if not files:
        raise InputError(f"{path}: holds no file .txt; at least 1 is needed")
    periods = [period_in_name(path, file, reading.period) if reading.date else None for file in files]

    def texts(_: TextsMet) -> Iterator[Text]:
        for file, period in zip(files, periods):
            source = Source.of(file, reading.encoding)
            with source.bytes() as content:
                yield content.read().decode(source.encoding), period, None

    return texts


def _lines(path: Path, reading: Reading) -> Callable[[TextsMet], Iterator[Text]]:
    source = Source.of(path, reading.encoding)

    def texts(_: TextsMet) -> Iterator[Text]:
        with source.bytes() as content, io.TextIOWrapper(content, encoding=source.encoding) as lines:
            number = 0
            while line := lines.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise InputError(
                        f"{path}: line {number}: longer than {LONGEST} characters; a text a line is needed"
                    )
                if line.strip():
                    yield line, None, None

    return texts


def _cells(table: Table, name: str, reading: Reading, met: TextsMet) -> Iterator[Text]:
    place = table.place(name)
    date = column_name(reading.date) if reading.date else None
    column = None if date is None else table.place(date)
    group = None if reading.cluster is None else table.place(reading.cluster)
    for number, row in table.rows():
        period = None
        if column is not None and date is not None:
            if given := row[column].strip():
                period = period_of(given, reading.period, table.at(number, date), reading.date_format)
            elif row[place].strip():
                met.undated += 1
                continue
            else:
                met.blank += 1
                continue
        cluster = None
        if group is not None and reading.cluster is not None:
            cluster = table.text(number, reading.cluster, row[group], "a cluster")
        yield row[place], period, cluster


def _in_blocks(texts: Iterator[Text], unit: Unit) -> Iterator[Labelled]:
    """Texts with their periods, split into words block by block: memory does not grow with their number."""
    batch: list[Text] = []
    room = BATCH
    for text in texts:
        batch.append(text)
        room -= len(text[0]) + 64
        if room <= 0:
            yield _block(batch, unit)
            batch, room = [], BATCH
    if batch:
        yield _block(batch, unit)


def _block(batch: Sequence[Text], unit: Unit) -> Labelled:
    texts, periods, clusters = zip(*batch)
    return Labelled(
        words.split(texts, unit),
        None if periods[0] is None else periods,
        None if clusters[0] is None else identities(clusters),
    )


def _item_blocks(table: Table, item: str, reading: Reading) -> Iterator[Labelled]:
    """Documents of a table of tokens by item; the rows of an item stand together."""
    places = table.place(item), table.place("token")
    column = table.place("count")
    rows = _dated(table, reading) if reading.date else ((number, row, "") for number, row in table.rows())
    group = None if reading.cluster is None else table.place(reading.cluster)
    items: list[tuple[Sequence[str], Sequence[float]]] = []
    periods: list[str] = []
    clusters: list[str] = []

    def block() -> Labelled:
        named = identities(clusters) if clusters else None
        return Labelled(words.from_lists(items), periods if reading.date else None, named)

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
                yield block()
                items, periods, clusters, held = [], [], [], 0
            seen.add(hash(name))
            before = name
            items.append(([], []))
            periods.append(period)
            if group is not None and reading.cluster is not None:
                clusters.append(table.text(number, reading.cluster, row[group], "a cluster"))
        elif group is not None and row[group].strip() != clusters[-1]:
            raise InputError(
                f"{table.at(number, reading.cluster)}: {short(row[group])} given; {item} has {clusters[-1]!r}"
            )
        tokens, counts = items[-1]
        tokens.append(row[places[1]])  # type: ignore[attr-defined]  # a list of this function's
        counts.append(count_of(table, number, row[column]))  # type: ignore[attr-defined]
        held += 1
    if items:
        yield block()


def _matrix_blocks(table: Table, columns: tuple[str, ...], reading: Reading) -> Iterator[Labelled]:
    """Documents of a matrix of counts, one a row; its columns are the tokens."""
    labels, clusters = _labels(table, reading), _clusters(table, reading)
    start = 0
    for counts in table.numbers(columns, low=0.0):
        here = slice(start, start + counts.shape[0])
        periods = None if labels is None else labels[here].tolist()
        start = here.stop
        yield Labelled(words.from_matrix(columns, counts), periods, None if clusters is None else clusters[here])


def _labels(table: Table, reading: Reading) -> NDArray[np.str_] | None:
    return None if reading.date is None else np.array([label for _, _, label in _dated(table, reading)])


def _clusters(table: Table, reading: Reading) -> words.Words | None:
    """Clusters of all rows of a table."""
    if (name := reading.cluster) is None:
        return None
    place = table.place(name)
    return identities(table.text(number, name, row[place], "a cluster") for number, row in table.rows())
