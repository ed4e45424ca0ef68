"""Tables of a pool and its references: features, likelihoods, counts of tokens by item or in a matrix (MODEL 3.5)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data import words
from mfsolve.data.dates import period_of
from mfsolve.data.pool_reading import BATCH, Reading
from mfsolve.data.rows import Rows
from mfsolve.data.samples import Kind, Labelled, Numbers
from mfsolve.data.table import Table, WordError, column_name, short
from mfsolve.data.token_files import count_of
from mfsolve.data.words import identities
from mfsolve.models.frozen import InputError


def numbers_of(table: Table, columns: tuple[str, ...], kind: Kind, reading: Reading) -> Numbers:
    """Features or likelihoods in columns of a table."""
    for name in columns:
        if name not in table.header:
            raise InputError(f"{table.path}: column {name!r} is missing; {kind} files need: {', '.join(columns)}")

    date = (column_name(reading.date),) if reading.date else ()
    if kind is Kind.FEATURES:  # a likelihood that is none says that a model failed there
        table = table.complete((*columns, *date))

    def blocks(names: tuple[str, ...]) -> Iterator[Floats]:
        try:
            yield from table.numbers(names, infinite=kind is Kind.LIKELIHOODS)
        except WordError as error:
            raise InputError(f"{error}{_instead(error.column, kind, reading)}") from None

    def of(names: tuple[str, ...]) -> Rows:
        return Rows(str(table.path), names, lambda: blocks(names), of)

    periods = _labels(table, reading)
    return Numbers(of(columns), kind, periods, table.header, _clusters(table, reading), table.left_out)


def _instead(name: str, kind: Kind, reading: Reading) -> str:
    """Remedies for a column of words in a pool: it is left out, or names groups."""
    if kind is not Kind.FEATURES or reading.reference or reading.columns:
        return ""
    grouped = "" if reading.date else f", or group by it with --by {name}"
    return f"; leave it out with --ignore {name}{grouped}"


def item_blocks(table: Table, item: str, reading: Reading) -> Iterator[Labelled]:
    """Documents of a table of tokens by item; the rows of an item stand together."""
    places = table.place(item), table.place("token")
    column = table.place("count")
    rows = _dated(table, reading) if reading.date else ((number, row, "") for number, row in table.rows())
    group = None if reading.cluster is None else table.place(reading.cluster)
    items: list[tuple[list[str], list[float]]] = []
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
                    f"{table.path}: {item} {short(name)}: its rows are not together; sort the file by {item}"
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
        tokens.append(row[places[1]])
        counts.append(count_of(table, number, row[column]))
        held += 1
    if items:
        yield block()


def matrix_blocks(table: Table, columns: tuple[str, ...], reading: Reading) -> Iterator[Labelled]:
    """Documents of a matrix of counts, one a row; its columns are the tokens."""
    labels, clusters = _labels(table, reading), _clusters(table, reading)
    start = 0
    for counts in table.numbers(columns, low=0.0):
        here = slice(start, start + counts.shape[0])
        periods = None if labels is None else labels[here].tolist()
        start = here.stop
        yield Labelled(words.from_matrix(columns, counts), periods, None if clusters is None else clusters[here])


def _dated(table: Table, reading: Reading) -> Iterator[tuple[int, list[str], str]]:
    """Number and cells of every row, and its period."""
    assert reading.date is not None
    name = column_name(reading.date)
    place = table.place(name)
    for number, row in table.rows():
        given = table.text(number, name, row[place], f"a {reading.named}")
        yield number, row, period_of(given, reading.period, table.at(number, name), reading.date_format)


def _labels(table: Table, reading: Reading) -> NDArray[np.str_] | None:
    return None if reading.date is None else np.array([label for _, _, label in _dated(table, reading)])


def _clusters(table: Table, reading: Reading) -> words.Words | None:
    """Clusters of all rows of a table."""
    if (name := reading.cluster) is None:
        return None
    place = table.place(name)
    return identities(table.text(number, name, row[place], "a cluster") for number, row in table.rows())
