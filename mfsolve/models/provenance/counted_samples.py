"""Counts of a pool and its two references per cell, and their products free of bias (MODEL 3.2)."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from mfsolve.arrays import Floats

POOL, HUMAN, SYNTHETIC = range(3)
UNIT = np.eye(3, dtype=np.int64)
NONE = (0, 0, 0)
Shift = tuple[int, int, int]  # items of each sample, by which counts are changed or that are drawn


@dataclass(frozen=True)
class Samples:
    """Counts of pool, human and synthetic items per cell (k,), sums positive.

    Where the generator is `known`, `synthetic` holds its frequencies, which carry no noise.
    """

    pool: Floats
    human: Floats
    synthetic: Floats
    known: bool = False

    @cached_property
    def cells(self) -> tuple[Floats, Floats]:
        """Distinct counts (3, u) and how many cells have them (u,): rare tokens share few."""
        counts = np.stack([self.pool, self.human, self.synthetic])
        distinct, times = np.unique(counts[:, counts.sum(0) > 0.0], axis=1, return_counts=True)
        return distinct, times.astype(np.float64)

    @cached_property
    def sizes(self) -> tuple[float, float, float]:
        """Items of pool, human and synthetic reference."""
        return float(self.pool.sum()), float(self.human.sum()), float(self.synthetic.sum())

    @cached_property
    def given(self) -> tuple[float, float, float]:
        """Weight of an item of each sample in the frequency that all have in common: none outweighs both others."""
        n, na, nb = self.sizes
        if self.known:
            return 1.0, 1.0, n + na
        w = [min(size, n + na + nb - size) / size for size in (n, na, nb)]
        return w[0], w[1], w[2]

    def tuples(self, shift: Shift, drawn: Shift) -> Floats:
        """Ordered tuples of distinct items, `drawn` from each sample, in cells changed by a shift (u,).

        Per share of all such tuples that are distinct: their mean is the product of the samples' expected counts.
        """
        if (shift, drawn) in self._tuples:
            return self._tuples[shift, drawn]
        counts, times = self.cells
        total = np.ones(times.size)
        for sample, k in enumerate(drawn):
            if self.known and sample == SYNTHETIC:
                total = total * counts[sample] ** k
                continue
            y, size = np.maximum(counts[sample] + shift[sample], 0.0), self.sizes[sample]
            for used in range(k):
                total = total * (np.maximum(y - used, 0.0) * (size / max(size - used, 1e-9)))
        self._tuples[shift, drawn] = np.asarray(total)
        return self._tuples[shift, drawn]

    @cached_property
    def _tuples(self) -> dict[tuple[Shift, Shift], Floats]:
        """Tuples counted so far: they do not depend on the contamination."""
        return {}


@cache
def items(*samples: int) -> Shift:
    """One item of each sample named."""
    counts = UNIT[list(samples)].sum(0).tolist()
    return counts[0], counts[1], counts[2]


def plus(shift: Shift, other: Shift) -> Shift:
    """Sum of two shifts."""
    return shift[0] + other[0], shift[1] + other[1], shift[2] + other[2]


def less(shift: Shift, other: Shift) -> Shift:
    """A shift with the items of another taken away."""
    return shift[0] - other[0], shift[1] - other[1], shift[2] - other[2]
