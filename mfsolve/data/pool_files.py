"""Files of a pool and of its two reference samples: kinds of rows, and counts of tokens."""

import enum
import math
from collections.abc import Collection, Iterator

from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError


class Kind(enum.StrEnum):
    """Kind of the rows of a file."""

    TOKENS = "tokens"
    FEATURES = "features"
    LIKELIHOODS = "likelihoods"


COLUMNS = {Kind.TOKENS: ("token", "count"), Kind.LIKELIHOODS: ("log_human", "log_synthetic")}


def detect(table: Table, asked: str | None) -> Kind:
    """Kind of the files, as asked or from the pool's header.

    Raises
    ------
    InputError
        For a kind whose columns are missing.
    """
    named = next((kind for kind, columns in COLUMNS.items() if set(columns) <= set(table.header)), Kind.FEATURES)
    kind = Kind(asked) if asked else named
    check(table, kind, table.header)
    return kind


def check(table: Table, kind: Kind, features: tuple[str, ...]) -> None:
    """Raise InputError for a file that lacks a column; files of features need the columns of the pool."""
    for name in COLUMNS.get(kind, features):
        if name not in table.header:
            raise InputError(
                f"{table.path}: column {name!r} is missing; "
                f"{kind.value} files need: {', '.join(COLUMNS.get(kind, features))}"
            )


def _tokens(table: Table) -> Iterator[tuple[str, float]]:
    place, column = table.header.index("token"), table.header.index("count")
    for number, row in table.rows():
        try:
            count = float(row[column])
        except ValueError:
            count = math.nan
        if not 0.0 <= count < math.inf:
            table.number(number, "count", row[column], "[0, inf)")
        if not row[place]:
            table.text(number, "token", row[place], "a token")
        yield row[place], count


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
