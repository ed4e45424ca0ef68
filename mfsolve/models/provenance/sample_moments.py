"""Means of functions of documents, with covariances by document: all that a mixture's equations need (MODEL 3.5)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats

Indexer = list[int] | slice


@dataclass
class Moments:
    """Sums over independent documents of v = (items, sums of F functions over them), of v v', and of third powers.

    Memory does not grow with the number of documents: `total` is (F + 1,), `square` (F + 1, F + 1), `cube` (4, F) with
    the sums of value^3, value^2 items, value items^2 and items^3.
    """

    documents: int
    total: Floats
    square: Floats
    cube: Floats
    clustered: bool = False

    @classmethod
    def none(cls, functions: int) -> "Moments":
        """Sums over no document at all."""
        return cls(0, np.zeros(functions + 1), np.zeros((functions + 1, functions + 1)), np.zeros((4, functions)))

    def add(self, weight: Floats, values: Floats) -> None:
        """Add documents with `weight` (n,) items each and sums of functions `values` (n, F) over these."""
        rows = np.column_stack([weight, values])
        self.documents += rows.shape[0]
        self.total += rows.sum(axis=0)
        self.square += rows.T @ rows
        w = weight[:, None]
        self.cube += [(values**3).sum(0), (values**2 * w).sum(0), (values * w**2).sum(0), (0.0 * values + w**3).sum(0)]
        self.clustered = self.clustered or bool(np.any(weight != 1.0))


@dataclass(frozen=True)
class Mean:
    """Mean (F,) of functions over a source's items, its covariance (F, F) and third cumulants (F,).

    `second` (F, F) and `third` (F,) are the raw moments of one item, None where documents hold several items; `freedom`
    are the degrees of freedom behind the covariance.
    """

    value: Floats
    covariance: Floats
    cumulant: Floats
    freedom: float
    documents: int
    items: float
    second: Floats | None
    third: Floats | None

    def of(self, functions: Indexer) -> "Mean":
        """The mean of some functions only."""
        second = None if self.second is None else self.second[functions][:, functions]
        third = None if self.third is None else self.third[functions]
        covariance = self.covariance[functions][:, functions]
        return Mean(self.value[functions], covariance, self.cumulant[functions], self.freedom, self.documents,
                    self.items, second, third)  # fmt: skip


def mean(parts: list[Moments]) -> Mean:
    """Average of the means of some folds, with the sandwich covariance by document (MODEL 3.5).

    A fold's mean is a ratio, sum of values over sum of items, whose documents have the influences
    (values - mean items) / items in all; folds enter with equal weights, since each is measured by a score of its own.
    """
    size, count = parts[0].cube.shape[1], len(parts)
    value, covariance, cumulant = np.zeros(size), np.zeros((size, size)), np.zeros(size)
    second, third, freedom, items = np.zeros((size, size)), np.zeros(size), 0.0, 0.0
    for part in parts:
        n, weight = part.documents, float(part.total[0])
        here = part.total[1:] / weight
        residual = np.column_stack([-here, np.eye(size)])
        covariance += residual @ part.square @ residual.T / weight**2 * (n / max(n - 1.0, 1.0)) / count**2
        a, b, c, d = part.cube
        cumulant += (a - 3.0 * b * here + 3.0 * c * here**2 - d * here**3) / weight**3 / count**3
        value += here / count
        second += part.square[1:, 1:] / weight / count
        third += a / weight / count
        freedom += n - 1.0
        items += weight
    documents = sum(part.documents for part in parts)
    if any(part.clustered for part in parts):
        return Mean(value, covariance, cumulant, freedom, documents, items, None, None)
    return Mean(value, covariance, cumulant, freedom, documents, items, second, third)
