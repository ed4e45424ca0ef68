"""A pool and its two reference samples: what their rows are, and what is kept of a stream of them."""

import enum
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.csv_file import Table
from mfsolve.study.config import StudyError

KEPT = 200_000
"""Numbers a systematic sample keeps at most."""


class Kind(enum.StrEnum):
    """What a row of the files is."""

    TOKENS = "tokens"
    FEATURES = "features"
    LIKELIHOODS = "likelihoods"


COLUMNS = {Kind.TOKENS: ("token", "count"), Kind.LIKELIHOODS: ("log_human", "log_synthetic")}


@dataclass
class SystematicSample:
    """Every k-th number of a stream of unknown length, k doubling as it grows: at most `KEPT` are held."""

    stride: int = 1
    skip: int = 0
    parts: list[Floats] = field(default_factory=list)
    held: int = 0

    def add(self, values: Floats) -> None:
        """Take the next values of the stream."""
        taken = values[self.skip :: self.stride].copy()  # a view would keep the whole block
        self.skip = (self.skip - values.size) % self.stride
        self.parts.append(taken)
        self.held += taken.size
        if self.held > KEPT:
            everything = np.concatenate(self.parts)
            if everything.size % 2:
                self.skip += self.stride
            self.parts, self.held, self.stride = [everything[::2]], (everything.size + 1) // 2, 2 * self.stride

    def values(self) -> Floats:
        """What is held."""
        return np.concatenate(self.parts) if self.parts else np.empty(0)


def detect(table: Table, asked: str | None) -> Kind:
    """Kind of the files, from the pool's header or as asked.

    Raises
    ------
    StudyError
        For a kind that the header contradicts.
    """
    named = next((kind for kind, columns in COLUMNS.items() if set(columns) <= set(table.header)), Kind.FEATURES)
    kind = Kind(asked) if asked else named
    check(table, kind, table.header)
    return kind


def check(table: Table, kind: Kind, features: tuple[str, ...]) -> None:
    """Refuse a file that lacks a column; features need the pool's own columns."""
    for name in COLUMNS.get(kind, features):
        if name not in table.header:
            raise StudyError(
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
            raise StudyError(
                f"{table.path}: line {number}, column count: {row[column].strip()!r} given; allowed: [0, inf)"
            )
        if not row[place]:
            raise StudyError(f"{table.path}: line {number}, column token: the cell is missing; a token is needed")
        yield row[place], count


def token_counts(table: Table) -> dict[str, float]:
    """Count of every token; a token may stand in several rows. Memory grows with the vocabulary only."""
    counts: dict[str, float] = {}
    for token, count in _tokens(table):
        counts[token] = counts.get(token, 0.0) + count
    _some(table, sum(counts.values()))
    return counts


def known_token_counts(table: Table, known: Collection[str]) -> tuple[dict[str, float], float]:
    """Counts of known tokens, and of all others together: memory grows with `known` only."""
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
        raise StudyError(f"{table.path}: counts no item; at least 1 is needed")
