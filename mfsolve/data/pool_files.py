"""Files of a pool and of its references: what they hold, and the reader of it (MODEL 3.5)."""

from pathlib import Path

from mfsolve.data.feature_columns import asked_features, needed_features, refuse_texts
from mfsolve.data.pool_counts import item_blocks, matrix_blocks, numbers_of
from mfsolve.data.pool_reading import Reading
from mfsolve.data.pool_texts import documents, texts_of_column, texts_of_folder, texts_of_lines
from mfsolve.data.samples import LIKELIHOODS, Documents, Kind, Numbers, Sample, Tokens
from mfsolve.data.table import Table, column_name
from mfsolve.data.token_files import known_token_counts, read_token_counts
from mfsolve.models.frozen import InputError
from mfsolve.paths import is_dir

ITEMS = ("item", "document", "doc", "doc_id", "document_id")
TEXTS = ("text", "content", "body", "abstract", "review", "sentence")
FILENAME = "filename"


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
                f"{path}: plain texts have no column {reading.date!r}; {right}, or one file or folder per period"
            )
        if reading.cluster and not reading.reference:
            raise InputError(f"{path}: plain texts have no column {reading.cluster!r}; give a table")
        return documents(
            str(path), texts_of_folder(path, reading) if is_dir(path) else texts_of_lines(path, reading), reading, True
        )
    table = Table.open(path, encoding=reading.encoding)
    reading = reading.in_table(table)
    header, kind = table.header, reading.kind
    item = next((name for name in ITEMS if name in header), None)
    text = column_name(reading.text) if reading.text else None
    if text is None or (like is not None and text not in header):  # a reference may name its texts otherwise
        text = next((name for name in TEXTS if name in header), text)
    if kind in (None, "documents") and item and {"token", "count"} <= set(header):
        return Documents(str(path), lambda: item_blocks(table, item, reading), clustered=reading.cluster is not None)
    if kind in (None, "tokens") and {"token", "count"} <= set(header):
        if reading.cluster and not reading.reference:
            raise InputError(f"{path}: counts by token have no items to cluster by {reading.cluster!r}")
        return Tokens(str(path), lambda: read_token_counts(table), lambda known: known_token_counts(table, known))
    if kind in (None, "likelihoods") and (set(LIKELIHOODS) <= set(header) or kind):
        return numbers_of(table, LIKELIHOODS, Kind.LIKELIHOODS, reading)
    if kind in (None, "documents") and (text or kind):
        if text is None:
            raise InputError(f"{path}: no column of texts; known: {', '.join(header)}; name it with --text")
        table.place(text)
        return documents(str(path), lambda met: texts_of_column(table, text, reading, met), reading)
    if kind == "tokens":
        raise InputError(f"{path}: column 'token' is missing; tokens files need: token, count")
    date = column_name(reading.date) if reading.date else None
    columns = tuple(name for name in header if name not in (date, reading.cluster))
    if kind == "matrix":
        numbers = tuple(name for name in columns if name not in ITEMS)
        clustered = reading.cluster is not None
        return Documents(str(path), lambda: matrix_blocks(table, numbers, reading), clustered=clustered)
    if isinstance(like, Numbers):
        return numbers_of(table, needed_features(table, like), Kind.FEATURES, reading)
    features = asked_features(table, columns, reading.columns, reading.ignore, reading.named)
    if date:
        table.place(date)
    if kind is None:
        refuse_texts(table, features)
    return numbers_of(table, features, Kind.FEATURES, reading)
