"""Means of functions of documents, with covariances by document: all that a mixture's equations need (MODEL 3.5)."""

from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats


@dataclass
class Moments:
    """Sums over independent documents of v = (items, sums of F functions over them) and of v v'.

    Memory does not grow with the number of documents: `total` is (F + 1,), `square` (F + 1, F + 1).
    """

    documents: int
    total: Floats
    square: Floats

    @classmethod
    def none(cls, functions: int) -> "Moments":
        """Sums over no document at all."""
        return cls(0, np.zeros(functions + 1), np.zeros((functions + 1, functions + 1)))

    def add(self, weight: Floats, values: Floats) -> None:
        """Add documents with `weight` (n,) items each and sums of functions `values` (n, F) over these."""
        rows = np.column_stack([weight, values])
        self.documents += rows.shape[0]
        self.total += rows.sum(axis=0)
        self.square += rows.T @ rows


@dataclass(frozen=True)
class Mean:
    """Mean (F,) of functions over a source's items, its covariance (F, F), and the degrees of freedom behind it."""

    value: Floats
    covariance: Floats
    freedom: float
    items: float


def mean(parts: list[Moments]) -> Mean:
    """Average of the means of some folds, with the sandwich covariance by document (MODEL 3.5).

    A fold's mean is a ratio, sum of values over sum of items, whose documents have the influences
    (values - mean items) / items in all; folds enter with equal weights, since each is measured by a score of its own.
    """
    value, covariance, freedom, items = 0.0, 0.0, 0.0, 0.0
    for part in parts:
        n, weight = part.documents, float(part.total[0])
        here = part.total[1:] / weight
        residual = np.column_stack([-here, np.eye(here.size)])
        spread = residual @ part.square @ residual.T / weight**2
        value = value + here / len(parts)
        covariance = covariance + spread * (n / max(n - 1.0, 1.0)) / len(parts) ** 2
        freedom += n - 1.0
        items += weight
    return Mean(np.asarray(value), np.asarray(covariance), freedom, items)
