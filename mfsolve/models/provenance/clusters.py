"""Clusters: items of a sample that are one draw, such as the rows of an author or near copies (MODEL 3.5.8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.rows import Rows
from mfsolve.data.words import Indices, Words
from mfsolve.models.frozen import InputError

from .copies import NOTHING, scattered

LEAST_CLUSTERS = 10
"""Clusters of a reference that its halves and folds are made of."""


class Numbering:
    """Number of the cluster of every item, counted from 0 as they are met.

    A copy of an item belongs to the cluster where that was met first, unless it stands `elsewhere` too (MODEL 3.5.6).
    """

    def __init__(self, elsewhere: Words | None = None) -> None:
        self._elsewhere = np.empty(0, np.uint64) if elsewhere is None else elsewhere
        self._first: dict[int, int] = {}
        self.place: dict[int, int] = {}
        self.labels: set[int] = set()
        self.several = False  # whether a label was given twice

    def __call__(self, labels: Words, identity: Words | None = None) -> Indices:
        """Numbers (n,) of the clusters of some more items with labels and, where copies count, identities (n,)."""
        named = set(labels.tolist())
        self.several = self.several or len(named) < labels.size or not named.isdisjoint(self.labels)
        self.labels |= named
        mine = labels
        if identity is not None:
            counted = (identity != NOTHING) & ~np.isin(identity, self._elsewhere)
            distinct, first, inverse = np.unique(identity[counted], return_index=True, return_inverse=True)
            given = labels[counted][first].tolist()
            owner = [self._first.setdefault(one, label) for one, label in zip(distinct.tolist(), given)]
            mine = labels.copy()
            mine[counted] = np.array(owner, np.uint64)[inverse]
        distinct, first, inverse = np.unique(mine, return_index=True, return_inverse=True)
        place = np.empty(distinct.size, np.int64)
        for k in np.argsort(first).tolist():
            place[k] = self.place.setdefault(int(distinct[k]), len(self.place))
        return place[inverse]


@dataclass
class ClusterSums:
    """Sums over each cluster of (items, values), filled block by block; `several`: one has two documents."""

    rows: Floats
    several: bool = True

    @classmethod
    def none(cls, functions: int) -> "ClusterSums":
        """Sums over no cluster."""
        return cls(np.zeros((0, functions + 1)))

    def add(self, number: Indices, rows: Floats) -> None:
        """Add documents (n, F + 1) of the clusters with these numbers (n,)."""
        more = int(number.max(initial=-1)) + 1 - self.rows.shape[0]
        if more > 0:
            self.rows = np.concatenate([self.rows, np.zeros((more, self.rows.shape[1]))])
        np.add.at(self.rows, number, rows)


@dataclass(frozen=True)
class Grouped:
    """Clusters of a mean: their number, that of equal ones worth as much, and Sum s^2 / n and Sum s^3 / n.

    s are the numbers of items, n their sum. `effective` is (Sum s^2)^2 / Sum s^4 (Carter, Schnepel and Steigerwald
    2017, Review of Economics and Statistics 99, for clusters that are one draw).
    """

    count: int
    effective: float
    square: float
    cube: float

    @classmethod
    def of(cls, sizes: Floats) -> "Grouped":
        """Clusters of these sizes (G,)."""
        s = sizes[sizes > 0.0]
        square, n = float((s**2).sum()), float(s.sum())
        return cls(s.size, square**2 / float((s**4).sum()), square / n, float((s**3).sum()) / n)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a variance between the clusters."""
        return max(self.effective - 1.0, 1.0)


def clusters_report(found: Mapping[str, Grouped | None]) -> dict[str, Any]:
    """Numbers of clusters by sample, and of equal ones worth as much, for a report; nothing where there are none."""
    named = {name: one for name, one in found.items() if one is not None}
    if not named:
        return {}
    return {"clusters": {name: {"number": one.count, "effective": one.effective} for name, one in named.items()}}


def jackknife(rows: Floats, value: Floats) -> Floats:
    """Covariance (F, F) of a ratio of sums by delete-one-cluster jackknife, from sums (G, F + 1) of (items, values).

    CV3 of Bell and McCaffrey (2002, Survey Methodology 28), which allows for clusters that draw the mean to themselves;
    MacKinnon, Nielsen and Webb (2023, Journal of Econometrics 232) recommend it for few or unequal ones. Equal clusters
    of one item have the sample variance of a mean.
    """
    held = rows[rows[:, 0] > 0.0]
    n, count = float(held[:, 0].sum()), held.shape[0]
    if count < 2:
        return np.full((value.size, value.size), np.inf)
    away = (held[:, 1:] - held[:, :1] * value) / (n - held[:, :1])
    return np.asarray((count - 1.0) / count * away.T @ away)


def parts(numbers: Indices, count: int, content: Words | None = None) -> Indices:
    """Part (n,) of every item, clusters kept whole: each goes, largest first, to the part with the fewest items.

    Clusters of one item go in turn. Equal clusters go by the `content` (n,) of their items, or as they are numbered.
    """
    sizes = np.bincount(numbers)
    held, part, mine = np.zeros(count), np.zeros(sizes.size, np.int64), np.zeros(sizes.size, np.uint64)
    if content is not None:
        np.add.at(mine, numbers, scattered(content))
    for k in np.lexsort((mine, -sizes)).tolist():
        part[k] = int(np.argmin(held))
        held[part[k]] += sizes[k]
    return part[numbers]


def grouped(labels: Words | None) -> bool:
    """True where a cluster has two items: clusters of one each are none."""
    return labels is not None and np.unique(labels).size < labels.size


def of_reference(
    name: str, labels: Words | None, identity: Words | None = None, elsewhere: Words | None = None
) -> Indices | None:
    """Numbers (n,) of the clusters of a reference's items; None where no cluster has two.

    `elsewhere` are identities of items of another sample, which are no copies.

    Raises
    ------
    InputError
        For fewer than `LEAST_CLUSTERS`, of which no two halves could be made.
    """
    if labels is None or not grouped(labels):
        return None
    numbers = Numbering(elsewhere)(labels, identity)
    count = np.unique(numbers).size
    if count < LEAST_CLUSTERS:
        raise InputError(f"{name}: {count} clusters given; at least {LEAST_CLUSTERS} are needed in a reference")
    return numbers


def of_references(
    names: Sequence[str], labels: Sequence[Words | None], identity: Sequence[Words]
) -> list[Indices | None]:
    """Numbers of the clusters of every reference's items, as `of_reference`."""
    found = []
    for mine, (name, given, own) in enumerate(zip(names, labels, identity)):
        others = [other for k, other in enumerate(identity) if k != mine]
        found.append(of_reference(name, given, own, np.concatenate([np.empty(0, np.uint64), *others])))
    return found


def grouped_rows(rows: Rows, clusters: Words | None, *, reference: bool) -> Rows:
    """The same rows with their clusters, which stay whole where a reference is halved; none without two rows."""
    numbers = of_reference(rows.name, clusters) if reference else None
    return replace(rows, clusters=clusters, measured=None if numbers is None else parts(numbers, 2) == 1)
