"""Means of functions of documents, with covariances by document: all that a mixture's equations need (MODEL 3.5)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats

from .clusters import ClusterSums, Grouped, jackknife

Indexer = list[int] | slice
Indices = NDArray[np.int64]


@dataclass
class Moments:
    """Sums over independent documents of v = (items, sums of F functions over them), of v v', and of third powers.

    Memory does not grow with the number of documents: `total` is (F + 1,), `square` (F + 1, F + 1), `cube` (4, F) with
    the sums of value^3, value^2 items, value items^2 and items^3.

    Copies of a document are one cluster, whose sums are added before they are squared; `documents` counts clusters.
    Of what squares and third powers of values hold beyond those of single documents, `square_of_copies` (F, F) and
    `cube_of_copies` (F,) keep account, and `pairs` and `triples` of the same for a value of 1.
    """

    documents: int
    total: Floats
    square: Floats
    cube: Floats
    square_of_copies: Floats
    cube_of_copies: Floats
    clustered: bool = False
    pairs: float = 0.0
    triples: float = 0.0
    clusters: ClusterSums | None = None

    @classmethod
    def none(cls, functions: int) -> "Moments":
        """Sums over no document at all."""
        square = np.zeros((functions + 1, functions + 1))
        none = np.zeros(functions)
        return cls(0, np.zeros(functions + 1), square, np.zeros((4, functions)), np.outer(none, none), none)

    def add(self, weight: Floats, values: Floats, again: Indices | None = None, cluster: Indices | None = None) -> None:
        """Add documents with `weight` (n,) items each and sums of functions `values` (n, F) over these.

        `again` (n,) says how often each was met before: the m-th copy takes the square of a cluster from (m - 1)^2 to
        m^2 times that of its document, and the third power alike. `cluster` (n,) are numbers of clusters of documents.
        """
        rows = np.column_stack([weight, values])
        if cluster is not None:
            self.clusters = self.clusters or ClusterSums.none(values.shape[1])
            self.clusters.add(cluster, rows)
        self.documents += rows.shape[0]
        self.total += rows.sum(axis=0)
        self.square += rows.T @ rows
        w = weight[:, None]
        self.cube += [(values**3).sum(0), (values**2 * w).sum(0), (values * w**2).sum(0), (0.0 * values + w**3).sum(0)]
        self.clustered = self.clustered or bool(np.any(weight != 1.0))
        if again is not None and again.any():
            self._cluster(rows, again.astype(np.float64))

    def _cluster(self, rows: Floats, again: Floats) -> None:
        """Turn squares and third powers of documents that were added as different ones into those of clusters."""
        copy = again > 0.0
        rows, pairs = rows[copy], 2.0 * again[copy]
        triples = 3.0 * again[copy] * (again[copy] + 1.0)
        values, w, more = rows[:, 1:], rows[:, :1], triples[:, None]
        square = (rows * pairs[:, None]).T @ rows
        cubes = [(more * x).sum(0) for x in (values**3, values**2 * w, values * w**2, 0.0 * values + w**3)]
        self.documents -= rows.shape[0]
        self.square += square
        self.cube += cubes
        self.square_of_copies += square[1:, 1:]
        self.cube_of_copies += cubes[0]
        self.pairs += float(pairs.sum())
        self.triples += float(triples.sum())


@dataclass(frozen=True)
class Mean:
    """Mean (F,) of functions over a source's items, its covariance (F, F) and third cumulants (F,).

    `second` (F, F) and `third` (F,) are the raw moments of one item, None where documents hold several items; `freedom`
    are the degrees of freedom behind the covariance. `copied` are the factors by which copies raise the variance and
    the third cumulant of a mean of documents that are items; `grouped` are the clusters that a user names.
    """

    value: Floats
    covariance: Floats
    cumulant: Floats
    freedom: float
    documents: int
    items: float
    second: Floats | None
    third: Floats | None
    copied: tuple[float, float] = (1.0, 1.0)
    grouped: Grouped | None = None

    @property
    def draws(self) -> float:
        """Number of independent items, or of clusters that are worth as much."""
        return self.items if self.grouped is None else self.items / self.grouped.square

    def of(self, functions: Indexer) -> "Mean":
        """The mean of some functions only."""
        second = None if self.second is None else self.second[functions][:, functions]
        third = None if self.third is None else self.third[functions]
        covariance = self.covariance[functions][:, functions]
        return Mean(self.value[functions], covariance, self.cumulant[functions], self.freedom, self.documents,
                    self.items, second, third, self.copied, self.grouped)  # fmt: skip


def mean(parts: list[Moments]) -> Mean:
    """Average of the means of some folds, with the sandwich covariance by document (MODEL 3.5).

    A fold's mean is a ratio, sum of values over sum of items, whose documents have the influences
    (values - mean items) / items in all; folds enter with equal weights, since each is measured by a score of its own,
    or with those of their items where copies, which stand in one fold, make folds unequal.

    Where clusters have several documents, errors are by cluster, and folds weigh by their items.
    """
    clusters = [part.clusters for part in parts if part.clusters is not None]
    several = any(sums.several for sums in clusters)
    size, count = parts[0].cube.shape[1], float(len(parts))
    value, covariance, cumulant = np.zeros(size), np.zeros((size, size)), np.zeros(size)
    second, third, freedom, items = np.zeros((size, size)), np.zeros(size), 0.0, 0.0
    pairs, triples = sum(part.pairs for part in parts), sum(part.triples for part in parts)
    every = sum(float(part.total[0]) for part in parts)
    for part in parts:
        n, weight = part.documents, float(part.total[0])
        if pairs or several:
            if not weight:
                continue
            count = every / weight
        here = part.total[1:] / weight
        residual = np.column_stack([-here, np.eye(size)])
        covariance += residual @ part.square @ residual.T / weight**2 * (n / max(n - 1.0, 1.0)) / count**2
        a, b, c, d = part.cube
        cumulant += (a - 3.0 * b * here + 3.0 * c * here**2 - d * here**3) / weight**3 / count**3
        value += here / count
        second += (part.square[1:, 1:] - part.square_of_copies) / weight / count
        third += (a - part.cube_of_copies) / weight / count
        freedom += n - 1.0
        items += weight
    documents = sum(part.documents for part in parts)
    grouped = None
    if several:
        rows = np.concatenate([sums.rows for sums in clusters])
        grouped = Grouped.of(rows[:, 0])
        covariance, freedom = jackknife(rows, value), grouped.freedom
        cumulant = ((rows[:, 1:] - rows[:, :1] * value) ** 3).sum(axis=0) / items**3
    if any(part.clustered for part in parts):
        return Mean(value, covariance, cumulant, freedom, documents, items, None, None, grouped=grouped)
    copied = (1.0 + pairs / items, 1.0 + triples / items)
    return Mean(value, covariance, cumulant, freedom, documents, items, second, third, copied, grouped)
