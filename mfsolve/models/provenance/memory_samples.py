"""Samples of a pool and of its references that a caller has in memory (MODEL 3.5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data import words
from mfsolve.data.rows import Rows
from mfsolve.data.samples import LIKELIHOODS, Documents, Kind, Labelled, Numbers, Sample, Tokens
from mfsolve.data.words import Unit, Words, identities
from mfsolve.models.arguments import require


@dataclass(frozen=True)
class Asked:
    """Settings by which a sample is read: kind, unit of texts, columns to take or to leave, of texts, of clusters.

    `cluster` is a column of tables, or labels (n,) by the name of the sample.
    """

    kind: Kind | None = None
    unit: Unit = Unit.DOCUMENT
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    text: str = "text"
    cluster: str | Mapping[str, Any] | None = None


def sample(name: str, value: Any, asked: Asked | None = None) -> Sample:
    """A sample from what a caller has: texts, a table, an array, counts by token.

    Texts are a list of strings; a table is a DataFrame, with the columns that the files of the command have, of which
    only those that are chosen have to hold numbers; an array (n,) or (n, d) holds features; counts are a mapping, or a
    Series whose index holds the tokens. Nothing of the caller's is kept or changed.

    Raises
    ------
    ValueError
        Naming the argument, for masked or complex values and for what none of this is.
    """
    asked = asked or Asked()
    kind, unit = asked.kind, asked.unit
    if isinstance(value, Documents | Tokens | Numbers):
        return value
    require(not isinstance(value, np.ma.MaskedArray), name, "a masked array", "an array without a mask")
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        return _frame(name, value, asked)
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        if value.dtype.kind in "iuf" and all(isinstance(label, str) for label in value.index):
            require(bool(value.index.is_unique), name, "a token twice", "each token once")
            return _counts(name, {str(k): float(v) for k, v in value.items()})
        value = value.to_numpy()
    if isinstance(value, Mapping):
        return _counts(name, {str(k): float(v) for k, v in value.items()})
    clusters = _given_clusters(name, asked)
    require(not isinstance(value, str | bytes), name, value, "a list of texts, a table, an array, or counts by token")
    if not isinstance(value, np.ndarray):
        value = list(value)
        if value and all(isinstance(item, str) for item in value):
            return _texts(name, value, unit, clusters)
    array = np.array(value)
    require(array.dtype.kind != "c", name, "complex numbers", "real numbers")
    if array.dtype.kind in "UT" or (array.dtype.kind == "O" and all(isinstance(v, str) for v in array.ravel())):
        return _texts(name, [str(item) for item in array.ravel()], unit, clusters)
    require(array.dtype.kind in "iuf" and array.ndim in (1, 2), name, value, "texts, or an array (n,) or (n, d)")
    matrix = array.astype(np.float64).reshape(array.shape[0], -1)
    require(bool(np.isfinite(matrix).all()), name, "a value that is not finite", "finite numbers")
    if kind is Kind.DOCUMENTS:
        return _matrix(name, [str(k) for k in range(matrix.shape[1])], matrix, clusters)
    columns = LIKELIHOODS if kind is Kind.LIKELIHOODS else tuple(f"x{k}" for k in range(matrix.shape[1]))
    _enough_labels(name, clusters, matrix.shape[0])
    return Numbers(Rows(name, columns, lambda: iter([matrix])), kind or Kind.FEATURES, clusters=clusters)


def _given_clusters(name: str, asked: Asked) -> Words | None:
    """Clusters of a sample that is no table, by its name."""
    if not isinstance(asked.cluster, Mapping) or name not in asked.cluster:
        return None
    return identities(np.asarray(asked.cluster[name]).ravel().tolist())


def _enough_labels(name: str, clusters: Words | None, items: int) -> None:
    given = items if clusters is None else clusters.size
    require(given == items, f"cluster[{name!r}]", given, f"{items} labels, one an item")


def _texts(name: str, texts: Sequence[str], unit: Unit, clusters: Words | None = None) -> Documents:
    _enough_labels(name, clusters, len(texts))

    def blocks() -> Iterator[Labelled]:
        size = 4096
        for start in range(0, len(texts), size):
            part = slice(start, start + size)
            yield Labelled(words.split(texts[part], unit), None, None if clusters is None else clusters[part])

    return Documents(name, blocks, clustered=clusters is not None)


def _matrix(name: str, tokens: Sequence[str], counts: Floats, clusters: Words | None = None) -> Documents:
    require(bool((counts >= 0.0).all()), name, "a negative count", "counts >= 0")
    _enough_labels(name, clusters, counts.shape[0])
    return Documents(
        name,
        lambda: iter([Labelled(words.from_matrix(tokens, counts), None, clusters)]),
        clustered=clusters is not None,
    )


def _counts(name: str, counts: Mapping[str, float]) -> Tokens:
    for token, count in counts.items():
        require(0.0 <= count < np.inf, f"{name}[{token!r}]", count, "[0, inf)")

    def known(tokens: Sequence[str]) -> tuple[Mapping[str, float], float]:
        mine = {token: counts.get(token, 0.0) for token in tokens}
        return mine, sum(counts.values()) - sum(mine.values())

    return Tokens(name, lambda: counts, known)


def _frame(name: str, frame: Any, asked: Asked) -> Sample:
    columns = [str(column) for column in frame.columns]
    kind = asked.kind

    def column(label: str) -> Any:
        place = columns.index(label)
        return frame.iloc[:, place] if hasattr(frame, "iloc") else frame[frame.columns[place]]

    named = asked.cluster if isinstance(asked.cluster, str) else None
    clusters = None
    if named is not None and named in columns:
        labels = list(column(named))
        require(not any(map(_missing, labels)), name, "a missing cluster", "one a row")
        clusters = identities(labels)
    if kind in (None, Kind.DOCUMENTS) and {"item", "token", "count"} <= set(columns):
        return _items(name, column("item"), column("token"), column("count"), clusters)
    if kind in (None, Kind.TOKENS) and {"token", "count"} <= set(columns):
        summed: dict[str, float] = {}
        for token, count in zip(column("token"), column("count")):
            summed[str(token)] = summed.get(str(token), 0.0) + float(count)
        return _counts(name, summed)
    likelihoods = kind in (None, Kind.LIKELIHOODS) and set(LIKELIHOODS) <= set(columns)
    if not likelihoods and kind in (None, Kind.DOCUMENTS) and asked.text in columns and asked.text not in asked.columns:
        return _texts(name, [str(item) for item in column(asked.text)], asked.unit, clusters)

    def of(wanted: tuple[str, ...]) -> Rows:
        return Rows(name, wanted, lambda: iter([_matrix_of(name, {label: column(label) for label in wanted})]), of)

    features = tuple(c for c in columns if c != named)
    if likelihoods:
        return Numbers(of(LIKELIHOODS), Kind.LIKELIHOODS, clusters=clusters)
    if kind is Kind.DOCUMENTS:
        tokens = [c for c in features if c not in asked.ignore and (not asked.columns or c in asked.columns)]
        return _matrix(name, tokens, next(of(tuple(tokens)).blocks()), clusters)
    return Numbers(of(features), Kind.FEATURES, clusters=clusters)


def _missing(value: Any) -> bool:
    """True for None, NaN, and what pandas has for a missing value."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _matrix_of(name: str, columns: Mapping[str, Any]) -> Floats:
    """Numbers (n, d) of columns of a table."""
    out = []
    for label, column in columns.items():
        values = np.asarray(column.to_numpy())
        try:
            if values.dtype.kind in "Mmc":
                raise TypeError
            out.append(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            missing = values.dtype.kind == "O" and any(map(_missing, column))
            texts = any(isinstance(value, str) for value in values.ravel()) or not missing
            require(texts, f"{name}[{label!r}]", "a cell that is missing", "finite numbers")
            raise ValueError(
                f"{name}: column {label!r} holds no numbers; choose features by columns=[...], or leave it out by "
                f"ignore=[{label!r}]; texts stand in a column 'text', or one that text= names"
            ) from None
        require(bool(np.isfinite(out[-1]).all()), f"{name}[{label!r}]", "a cell that is missing or not finite",
                "finite numbers")  # fmt: skip
    return np.column_stack(out) if out else np.empty((0, 0))


def _items(
    name: str, items: Sequence[Any], tokens: Sequence[Any], counts: Sequence[Any], clusters: Words | None
) -> Documents:
    order: dict[Any, tuple[list[str], list[float]]] = {}
    own: dict[Any, int] = {}
    for k, (item, token, count) in enumerate(zip(items, tokens, counts)):
        require(0.0 <= float(count) < np.inf, name, count, "counts in [0, inf)")
        held = order.setdefault(item, ([], []))
        held[0].append(str(token))
        held[1].append(float(count))
        if clusters is not None:
            same = own.setdefault(item, int(clusters[k])) == int(clusters[k])
            require(same, f"{name}: item {item}", "two clusters", "one")
    named = None if clusters is None else np.array(list(own.values()), np.uint64)
    listed = list(order.values())
    return Documents(name, lambda: iter([Labelled(words.from_lists(listed), None, named)]), clustered=named is not None)
