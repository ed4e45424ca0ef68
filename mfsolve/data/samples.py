"""Samples of a pool and of its references, in the forms in which people have them (MODEL 3.5)."""

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data import words
from mfsolve.data.rows import Rows
from mfsolve.data.words import Block, Words
from mfsolve.models.frozen import InputError

SHORTEST_RUN = 10  # rows that a running number needs
NUMBERS = ("id", "index", "row", "unnamed", "unnamed:", "nr", "no", "rownames", "row_id")
LARGEST_INTEGER = 2.0**53


class Kind(enum.StrEnum):
    """Kind of a sample: words by document, words in all, numeric features, log likelihoods under both sources."""

    DOCUMENTS = "documents"
    TOKENS = "tokens"
    FEATURES = "features"
    LIKELIHOODS = "likelihoods"


LIKELIHOODS = ("log_human", "log_synthetic")


class Labelled(NamedTuple):
    """Items in a block, and the periods and clusters of its documents where there are any."""

    block: Block
    periods: Sequence[str] | None = None
    clusters: Words | None = None


@dataclass(frozen=True)
class Documents:
    """Documents that can be read repeatedly, block by block.

    `met` is what the reader of a file has to say of it, `clustered` whether blocks name the documents' clusters.
    """

    name: str
    blocks: Callable[[], Iterator[Labelled]]
    kind: Kind = Kind.DOCUMENTS
    met: Any = None
    clustered: bool = False

    def whole(self) -> tuple[Block, Words | None]:
        """All documents in memory, and their clusters where any has one."""
        every = list(self.blocks())
        named = all_named([(labelled.block.documents, labelled.clusters) for labelled in every])
        return words.joined(labelled.block for labelled in every), named


@dataclass(frozen=True)
class Tokens:
    """Counts of tokens without documents; `known` reads those of some tokens only, and the number of all others."""

    name: str
    counts: Callable[[], Mapping[str, float]]
    known: Callable[[Sequence[str]], tuple[Mapping[str, float], float]]
    kind: Kind = Kind.TOKENS


@dataclass(frozen=True)
class Numbers:
    """Rows of numbers, features or log likelihoods, and the period and the cluster of every row where there are any.

    `header` has all columns of a file, whatever they are for. `left_out` says which rows the last pass over it did not
    take.
    """

    rows: Rows
    kind: Kind
    periods: NDArray[np.str_] | None = None
    header: tuple[str, ...] = ()
    clusters: Words | None = None
    left_out: Callable[[], str | None] | None = None

    @property
    def name(self) -> str:
        """The name in messages."""
        return self.rows.name

    def of(self, columns: Sequence[str]) -> "Numbers":
        """The same rows with some columns only, in this order."""
        for column in columns:
            if column not in self.rows.columns:
                raise InputError(f"{self.name}: column {column!r} is missing")
        if tuple(columns) == self.rows.columns:
            return self
        if self.rows.of is not None:
            return replace(self, rows=self.rows.of(tuple(columns)))
        places, blocks = [self.rows.columns.index(c) for c in columns], self.rows.blocks
        rows = Rows(self.name, tuple(columns), lambda: (np.ascontiguousarray(b[:, places]) for b in blocks()))
        return replace(self, rows=rows)

    def period(self, label: str) -> "Numbers":
        """The rows of one period."""
        assert self.periods is not None
        mine, blocks = self.periods == label, self.rows.blocks

        def chosen() -> Iterator[Floats]:
            start = 0
            for block in blocks():
                yield block[mine[start : start + block.shape[0]]]
                start += block.shape[0]

        clusters = None if self.clusters is None else self.clusters[mine]
        return Numbers(Rows(self.name, self.rows.columns, chosen), self.kind, clusters=clusters)


Sample = Documents | Tokens | Numbers


def running_numbers(rows: Rows) -> list[str]:
    """Columns that number the rows: whole numbers that ascend from row to row, fill a range once each, or say so.

    A column says so by its name, such as `id` or `Unnamed: 0`, where it holds whole numbers.
    """
    d = len(rows.columns)
    good, ascending = np.ones(d, bool), np.ones(d, bool)
    last, low, high = np.full(d, -np.inf), np.full(d, np.inf), np.full(d, -np.inf)
    total: list[int] = [0] * d
    n = 0
    for block in rows.blocks():
        if not block.size:
            continue
        good &= np.all((block == np.floor(block)) & (np.abs(block) < LARGEST_INTEGER), axis=0)
        if not good.any():
            return []
        steps = np.diff(np.vstack([last, block]), axis=0)
        ascending &= np.all(steps > 0.0, axis=0)
        last = block[-1]
        low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
        n += block.shape[0]
        for k in np.flatnonzero(good).tolist():
            total[k] += int(block[:, k].sum())
    found = []
    for k, name in enumerate(rows.columns):
        fills = high[k] - low[k] + 1 == n and 2 * total[k] == n * int(low[k] + high[k])
        says = name.lower().split("_")[0] in NUMBERS or name.lower() in NUMBERS
        if good[k] and n >= SHORTEST_RUN and (ascending[k] or fills or says):
            found.append(name)
    return found


def clustered(one: Sample) -> bool:
    """True where the items of a sample name their clusters."""
    return one.clusters is not None if isinstance(one, Numbers) else isinstance(one, Documents) and one.clustered


def all_named(given: Sequence[tuple[int, Words | None]]) -> Words | None:
    """Clusters of several samples of so many items, one after the other; an item without one is one of its own."""
    if all(clusters is None for _, clusters in given):
        return None
    starts = np.cumsum([0, *(count for count, _ in given)])
    return np.concatenate([
        np.arange(start, start + count, dtype=np.uint64) if clusters is None else clusters
        for start, (count, clusters) in zip(starts, given)
    ])  # fmt: skip
