"""Samples of a pool and of its references, in the forms in which people have them (MODEL 3.5)."""

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.models.arguments import require, shown
from mfsolve.models.frozen import InputError

from . import words
from .cell_counts import Rows
from .words import Block, Unit

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
    """Items in a block, and the periods of its documents where there are any."""

    block: Block
    periods: Sequence[str] | None = None


@dataclass(frozen=True)
class Documents:
    """Documents that can be read repeatedly, block by block; `met` is what the reader of a file has to say of it."""

    name: str
    blocks: Callable[[], Iterator[Labelled]]
    kind: Kind = Kind.DOCUMENTS
    met: Any = None

    def whole(self) -> Block:
        """All documents in memory."""
        return words.joined(labelled.block for labelled in self.blocks())


@dataclass(frozen=True)
class Tokens:
    """Counts of tokens without documents; `known` reads those of some tokens only, and the number of all others."""

    name: str
    counts: Callable[[], Mapping[str, float]]
    known: Callable[[Sequence[str]], tuple[Mapping[str, float], float]]
    kind: Kind = Kind.TOKENS


@dataclass(frozen=True)
class Numbers:
    """Rows of numbers, features or log likelihoods, and the period of every row where there are any.

    `header` has all columns of a file, whatever they are for.
    """

    rows: Rows
    kind: Kind
    periods: NDArray[np.str_] | None = None
    header: tuple[str, ...] = ()

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

        return Numbers(Rows(self.name, self.rows.columns, chosen), self.kind)


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


def sample(name: str, value: Any, kind: Kind | None = None, unit: Unit = Unit.DOCUMENT, text: str = "text") -> Sample:
    """A sample from what a caller has: texts, a table, an array, counts by token.

    Texts are a list of strings; a table is a DataFrame, with the columns that the files of the command have; an array
    (n,) or (n, d) holds features; counts are a mapping, or a Series whose index holds the tokens. Nothing of the
    caller's is kept or changed.

    Raises
    ------
    ValueError
        Naming the argument, for masked or complex values and for what none of this is.
    """
    if isinstance(value, Documents | Tokens | Numbers):
        return value
    require(not isinstance(value, np.ma.MaskedArray), name, "a masked array", "an array without a mask")
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        return _frame(name, value, kind, unit, text)
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        if value.dtype.kind in "iuf" and all(isinstance(label, str) for label in value.index):
            require(bool(value.index.is_unique), name, "a token twice", "each token once")
            return _counts(name, {str(k): float(v) for k, v in value.items()})
        value = value.to_numpy()
    if isinstance(value, Mapping):
        return _counts(name, {str(k): float(v) for k, v in value.items()})
    require(not isinstance(value, str | bytes), name, value, "a list of texts, a table, an array, or counts by token")
    if not isinstance(value, np.ndarray):
        value = list(value)
        if value and all(isinstance(item, str) for item in value):
            return _texts(name, value, unit)
    array = np.array(value)
    require(array.dtype.kind != "c", name, "complex numbers", "real numbers")
    if array.dtype.kind in "UT" or (array.dtype.kind == "O" and all(isinstance(v, str) for v in array.ravel())):
        return _texts(name, [str(item) for item in array.ravel()], unit)
    require(array.dtype.kind in "iuf" and array.ndim in (1, 2), name, value, "texts, or an array (n,) or (n, d)")
    matrix = array.astype(np.float64).reshape(array.shape[0], -1)
    require(bool(np.isfinite(matrix).all()), name, "a value that is not finite", "finite numbers")
    if kind is Kind.DOCUMENTS:
        return _matrix(name, [str(k) for k in range(matrix.shape[1])], matrix)
    columns = LIKELIHOODS if kind is Kind.LIKELIHOODS else tuple(f"x{k}" for k in range(matrix.shape[1]))
    return Numbers(Rows(name, columns, lambda: iter([matrix])), kind or Kind.FEATURES)


def _texts(name: str, texts: Sequence[str], unit: Unit, periods: Sequence[str] | None = None) -> Documents:
    def blocks() -> Iterator[Labelled]:
        size = 4096
        for start in range(0, len(texts), size):
            part = slice(start, start + size)
            yield Labelled(words.split(texts[part], unit), None if periods is None else periods[part])

    return Documents(name, blocks)


def _matrix(name: str, tokens: Sequence[str], counts: Floats) -> Documents:
    require(bool((counts >= 0.0).all()), name, "a negative count", "counts >= 0")
    return Documents(name, lambda: iter([Labelled(words.from_matrix(tokens, counts))]))


def _counts(name: str, counts: Mapping[str, float]) -> Tokens:
    for token, count in counts.items():
        require(0.0 <= count < np.inf, f"{name}[{token!r}]", count, "[0, inf)")

    def known(tokens: Sequence[str]) -> tuple[Mapping[str, float], float]:
        mine = {token: counts.get(token, 0.0) for token in tokens}
        return mine, sum(counts.values()) - sum(mine.values())

    return Tokens(name, lambda: counts, known)


def _frame(name: str, frame: Any, kind: Kind | None, unit: Unit, text: str) -> Sample:
    columns = [str(column) for column in frame.columns]

    def column(label: str) -> list[Any]:
        return list(frame.iloc[:, columns.index(label)])

    if kind in (None, Kind.DOCUMENTS) and {"item", "token", "count"} <= set(columns):
        return _items(name, column("item"), column("token"), column("count"))
    if kind in (None, Kind.TOKENS) and {"token", "count"} <= set(columns):
        summed: dict[str, float] = {}
        for token, count in zip(column("token"), column("count")):
            summed[str(token)] = summed.get(str(token), 0.0) + float(count)
        return _counts(name, summed)
    if kind in (None, Kind.LIKELIHOODS) and set(LIKELIHOODS) <= set(columns):
        return sample(name, frame[list(LIKELIHOODS)].to_numpy(), Kind.LIKELIHOODS)
    if kind in (None, Kind.DOCUMENTS) and text in columns:
        return _texts(name, [str(item) for item in column(text)], unit)
    try:
        matrix = np.array(frame.to_numpy(), dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: columns {shown(columns)} given; allowed: numbers, or a column {text!r}") from None
    require(bool(np.isfinite(matrix).all()), name, "a cell that is missing or not finite", "finite numbers")
    if kind is Kind.DOCUMENTS:
        return _matrix(name, columns, matrix)
    return Numbers(Rows(name, tuple(columns), lambda: iter([matrix])), Kind.FEATURES)


def _items(name: str, items: Sequence[Any], tokens: Sequence[Any], counts: Sequence[Any]) -> Documents:
    order: dict[Any, tuple[list[str], list[float]]] = {}
    for item, token, count in zip(items, tokens, counts):
        require(0.0 <= float(count) < np.inf, name, count, "counts in [0, inf)")
        held = order.setdefault(item, ([], []))
        held[0].append(str(token))
        held[1].append(float(count))
    return Documents(name, lambda: iter([Labelled(words.from_lists(list(order.values())))]))
