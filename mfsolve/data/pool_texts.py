"""Texts of a pool and of its references: a folder, a file of lines, a column of a table, block by block (MODEL 3.5)."""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mfsolve.data import words
from mfsolve.data.dates import period_in_name, period_of
from mfsolve.data.pool_reading import BATCH, Reading
from mfsolve.data.samples import Documents, Labelled
from mfsolve.data.source import Source
from mfsolve.data.table import LONGEST, Table, column_name
from mfsolve.data.text_counts import TextCounts
from mfsolve.data.words import Unit, identities
from mfsolve.models.frozen import InputError
from mfsolve.paths import below

Text = tuple[str, str | None, str | None]
"""A text, its period and its cluster, where there are any."""


def documents(
    name: str, texts: Callable[[TextCounts], Iterator[Text]], reading: Reading, plain: bool = False
) -> Documents:
    """Texts of a file or folder, but for blank ones and those without a date where dates are asked for."""
    met = TextCounts(name, reading.named)

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


def texts_of_folder(path: Path, reading: Reading) -> Callable[[TextCounts], Iterator[Text]]:
    """Texts of the files `.txt` of a folder, one each, dated by their names where dates are asked for."""
    files = below(path, "*.txt")
    if not files:
        raise InputError(f"{path}: holds no .txt file; at least 1 is needed")
    periods = [period_in_name(path, file, reading.period) if reading.date else None for file in files]

    def texts(_: TextCounts) -> Iterator[Text]:
        for file, period in zip(files, periods):
            source = Source.of(file, reading.encoding)
            with source.bytes() as content:
                yield content.read().decode(source.encoding), period, None

    return texts


def texts_of_lines(path: Path, reading: Reading) -> Callable[[TextCounts], Iterator[Text]]:
    """Texts of a file, one a line."""
    source = Source.of(path, reading.encoding)

    def texts(_: TextCounts) -> Iterator[Text]:
        with source.bytes() as content, io.TextIOWrapper(content, encoding=source.encoding) as lines:
            number = 0
            while line := lines.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise InputError(
                        f"{path}: line {number}: longer than {LONGEST} characters; one text per line is needed"
                    )
                if line.strip():
                    yield line, None, None

    return texts


def texts_of_column(table: Table, name: str, reading: Reading, met: TextCounts) -> Iterator[Text]:
    """Texts of a column of a table; those without a date are counted in `met` where dates are asked for."""
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
