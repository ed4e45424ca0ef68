"""Shares of sources in a pool from means of functions: the equations, their covariances and solution (MODEL 3.5).

For any functions of an item, the pool's mean is the mixture of the sources' means. T(alpha) is the difference, V(alpha)
its covariance.
"""

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats

from .alarms import APART
from .sample_moments import Indexer, Mean

ROUNDS = 30
SETTLED = 1e-9
NULL = 1e-9
"""Eigenvalue of the information, in parts of the largest, that is taken for 0."""


@dataclass(frozen=True)
class Equations:
    """Means of F functions in a pool and in each of C sources (MODEL 3.5).

    `training` (F, F) is the covariance of an item's functions that comes from the finite references which models are
    fitted to. The means' own covariances hold it once. A pair of documents of one source in two folds meets twice, each
    in the other's model, and moves both folds' means the same way, so that this part of it counts twice.
    """

    pool: Mean
    sources: tuple[Mean, ...]
    training: Floats | None = None

    def of(self, functions: Indexer) -> "Equations":
        """The equations of some functions only."""
        training = None if self.training is None else self.training[functions][:, functions]
        return Equations(self.pool.of(functions), tuple(source.of(functions) for source in self.sources), training)

    def gap(self, shares: Floats) -> Floats:
        """Difference T (F,) of the pool's means from those of a mixture."""
        return np.asarray(self.pool.value - sum(s * m.value for s, m in zip(shares, self.sources)))

    def pool_covariance(self, shares: Floats) -> Floats:
        """Covariance (F, F) of the pool's means.

        Of documents that are items, it is what a mixture with these shares has: it knows of rare synthetic documents
        that a small pool happens to lack. Of documents with several items it is the pool's own, by document. A single
        equation takes the larger of both.
        """
        own, model = self.pool.covariance, self.mixture_covariance(shares)
        if model is None or (self.pool.grouped is not None and model.size > 1):
            return own
        return np.maximum(model, own) if model.size == 1 else model

    def mixture_covariance(self, shares: Floats) -> Floats | None:
        """Covariance (F, F) of the means of a pool with these shares; None where documents hold several items.

        The items of a cluster are of one source, and no more alike than others of it.
        """
        seconds = [m.second for m in self.sources if m.second is not None]
        if len(seconds) < len(self.sources) or self.pool.second is None:
            return None
        mixed = sum(s * m.value for s, m in zip(shares, self.sources))
        second = sum(s * m for s, m in zip(shares, seconds))
        every = np.asarray(second - np.outer(mixed, mixed))
        if self.pool.grouped is None:
            return every / self.pool.items * self.pool.copied[0]
        between = np.asarray(sum(s * np.outer(m.value - mixed, m.value - mixed) for s, m in zip(shares, self.sources)))
        within = (every - between) * self.pool.copied[0]
        return np.asarray(within + between * self.pool.grouped.square) / self.pool.items

    def covariance(self, shares: Floats) -> Floats:
        """Covariance V (F, F) of T at shares (C,)."""
        references = sum(s**2 * m.covariance for s, m in zip(shares, self.sources))
        if self.training is not None:
            references = references + self.training * self._pairs_of_one_source(shares)
        return np.asarray(self.pool_covariance(shares) + references)

    def reference_variances(self, shares: Floats) -> Floats:
        """Variances (2,) of the T of one function by the errors of either of two references."""
        sizes = np.array([m.items for m in self.sources])
        training = 0.0 if self.training is None else float(self.training[0, 0]) / float(np.sum(1.0 / sizes))
        sampled = np.array([float(m.covariance[0, 0]) for m in self.sources])
        return np.asarray(shares**2 * (sampled + training / sizes**2))

    def _pairs_of_one_source(self, shares: Floats) -> float:
        """Part of `training` that the correlation of folds adds to V.

        With two sources, training's variance being shared as one over their sizes, it is that of pairs of one source.
        Two documents of different sources move the folds' means in opposite ways, which V leaves out: it is that much
        too large rather than too small. With more sources, pairs of two can add to the function of a third: then all
        pairs count.
        """
        sizes = [m.items for m in self.sources]
        if len(sizes) > 2:
            return float(sum(s**2 / n for s, n in zip(shares, sizes)))
        return float(sum((s / n) ** 2 for s, n in zip(shares, sizes)) / sum(1.0 / n for n in sizes))

    def skewness(self, shares: Floats) -> Floats:
        """Skewness (F,) of T at shares (C,)."""
        thirds = [m.third for m in self.sources if m.third is not None]
        cumulant = self.pool.cumulant
        if self.pool.grouped is not None:
            cumulant = self._skewness_of_clusters(shares, cumulant)
        elif len(thirds) == len(self.sources) and self.pool.third is not None:
            mixed = sum(s * m.value for s, m in zip(shares, self.sources))
            second = sum(s * np.diag(m.second) for s, m in zip(shares, self.sources) if m.second is not None)
            third = sum(s * m for s, m in zip(shares, thirds))
            cumulant = np.asarray(third - 3.0 * mixed * second + 2.0 * mixed**3) / self.pool.items**2
            cumulant = cumulant * self.pool.copied[1]
        cumulant = cumulant - sum(s**3 * m.cumulant for s, m in zip(shares, self.sources))
        spread = np.diag(self.covariance(shares)) ** 1.5
        return np.asarray(np.divide(cumulant, spread, out=np.zeros_like(spread), where=spread > 0.0))

    def _skewness_of_clusters(self, shares: Floats, own: Floats) -> Floats:
        """Third cumulants (F,) of a pool's means: of clusters of one source each, or the pool's own by cluster."""
        model, grouped = self.mixture_covariance(shares), self.pool.grouped
        if model is None or grouped is None or model.size > 1 or model[0, 0] < self.pool.covariance[0, 0]:
            return own
        total = 0.0
        mixed = float(sum(s * float(m.value[0]) for s, m in zip(shares, self.sources)))
        for share, m in zip(shares, self.sources):
            if m.second is None or m.third is None:
                return own
            mean, second, third = float(m.value[0]), float(m.second[0, 0]), float(m.third[0])
            away, spread = mean - mixed, second - mean**2
            lopsided = third - 3.0 * mean * second + 2.0 * mean**3
            total += share * (away**3 * grouped.cube + 3.0 * away * spread * grouped.square + lopsided)
        return np.array([total / self.pool.items**2])

    def freedom(self, shares: Floats) -> float:
        """Degrees of freedom of V (Satterthwaite), from the traces of its parts."""
        parts = [(float(np.trace(self.pool_covariance(shares))), self.pool.freedom)]
        if self.pool.second is not None:  # the mixture's covariance rests on the references
            known = parts[0][0]
            if self.pool.grouped is not None:
                model = self.mixture_covariance(shares)
                known = 0.0 if model is None or model.size > 1 else float(model[0, 0])
            parts = [
                (known, sum(m.freedom for m in self.sources)), (max(parts[0][0] - known, 0.0), self.pool.freedom)
            ]  # fmt: skip
        parts += [(float(s**2 * np.trace(m.covariance)), m.freedom) for s, m in zip(shares, self.sources)]
        below = sum(v * v / max(f, 1.0) for v, f in parts)
        return sum(v for v, _ in parts) ** 2 / below if below > 0.0 else math.inf

    def distance(self, shares: Floats) -> float:
        """Statistic T' V^-1 T at given shares; functions without any spread say nothing."""
        gap, covariance = self.gap(shares), self.covariance(shares)
        if gap.size == 1:
            return float(gap[0] ** 2 / max(covariance[0, 0], 1e-300))
        return float(gap @ _inverse(covariance) @ gap)

    def solve(self, fixed: tuple[int, float] | None = None, absent: Collection[int] = ()) -> Floats:
        """Shares (C,) in the simplex that come nearest to T = 0, V being that of the shares found.

        `fixed` holds one share at a value; those of `absent` sources are 0.
        """
        present = np.array([c not in absent for c in range(len(self.sources))])
        count = int(present.sum())
        shares = present / count
        if fixed is not None:
            shares = present * ((1.0 - fixed[1]) / max(count - 1, 1))
            shares[fixed[0]] = fixed[1]
            if count == 2:
                return shares
        for step in range(ROUNDS):
            weight = _inverse(self.covariance(shares))
            before, shares = shares, self._nearest(weight, fixed, absent)
            if np.abs(shares - before).max() < SETTLED:
                break
            if step > 3:
                shares = 0.5 * (shares + before)
        return shares

    def _nearest(self, weight: Floats, fixed: tuple[int, float] | None, absent: Collection[int]) -> Floats:
        """Minimum of T' W T over the simplex, by its faces: there are few sources."""
        m = np.stack([source.value for source in self.sources], axis=1)
        free = [c for c in range(m.shape[1]) if c not in absent and (fixed is None or c != fixed[0])]
        mass = 1.0 if fixed is None else 1.0 - fixed[1]
        target = self.pool.value if fixed is None else self.pool.value - fixed[1] * m[:, fixed[0]]
        best, found = math.inf, np.zeros(m.shape[1])
        for size in range(1, len(free) + 1):
            for face in itertools.combinations(free, size):
                shares = np.zeros(m.shape[1])
                if fixed is not None:
                    shares[fixed[0]] = fixed[1]
                last, others = face[-1], list(face[:-1])
                steps = m[:, others] - m[:, [last]]
                rest = target - mass * m[:, last]
                inner = _inverse(steps.T @ weight @ steps) @ (steps.T @ weight @ rest) if others else np.empty(0)
                shares[others] = inner
                shares[last] = mass - inner.sum()
                if shares.min() < 0.0:
                    continue
                gap = self.pool.value - m @ shares
                value = float(gap @ weight @ gap)
                if value < best:
                    best, found = value, shares
        return found

    def share_covariance(self, shares: Floats, absent: Collection[int] = ()) -> Floats:
        """Covariance (C, C) of the shares by linearisation, from V at the estimate.

        Where sources do not differ, the information is singular and its generalised inverse is that of the sums which
        the pool determines; the shares that have a part in its null space have inf. `absent` sources have 0.
        """
        present = [c for c in range(len(self.sources)) if c not in absent]
        basis, information = self._information(shares, present)
        values, vectors = np.linalg.eigh(information)
        known = values > NULL * values[-1]
        inner = _inverse(information) if known.all() else (vectors[:, known] / values[known]) @ vectors[:, known].T
        found = np.asarray(basis @ inner @ basis.T)
        lost = np.abs(basis @ vectors[:, ~known]).max(axis=1, initial=0.0) > math.sqrt(NULL)
        found[lost] = found[:, lost] = np.inf
        covariance = np.zeros((len(self.sources), len(self.sources)))
        covariance[np.ix_(present, present)] = found
        return covariance

    def alike(self, shares: Floats) -> list[tuple[int, ...]]:
        """Sets of sources that nothing, or no more than chance, tells apart: only the sum of their shares is known.

        Sources are alike where the null space of the information joins their shares, or where the means of all
        functions differ by less than `APART` standard errors of the references.
        """
        count = len(self.sources)
        basis, information = self._information(shares, range(count))
        values, vectors = np.linalg.eigh(information)
        null = basis @ vectors[:, ~(values > NULL * values[-1])]
        joined = np.abs(null @ null.T) > math.sqrt(NULL)
        for c, d in itertools.combinations(range(count), 2):
            one, other = self.sources[c], self.sources[d]
            spread = np.sqrt(np.maximum(np.diag(one.covariance + other.covariance), 0.0))
            if not np.any(np.abs(one.value - other.value) > APART * spread):
                joined[c, d] = joined[d, c] = True
        sets: list[set[int]] = []
        for c in range(count):
            mine = {c, *map(int, np.flatnonzero(joined[c]))}
            for other_set in [one for one in sets if one & mine]:
                mine |= other_set
                sets.remove(other_set)
            sets.append(mine)
        return sorted(tuple(sorted(one)) for one in sets if len(one) > 1)

    def _information(self, shares: Floats, present: Sequence[int]) -> tuple[Floats, Floats]:
        """Basis (C, C - 1) of the changes of the present sources' shares, and their information (C - 1, C - 1)."""
        m = np.stack([self.sources[c].value for c in present], axis=1)
        count = m.shape[1]
        basis = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, :-1]]))[0][:, 1:]
        steps = m @ basis
        return basis, np.asarray(steps.T @ _inverse(self.covariance(shares)) @ steps)


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a covariance in the units of its own spreads, directions without spread left out."""
    spread = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-150)
    if matrix.shape[0] == 1:
        return np.asarray(inverse[:, None] ** 2)
    unit = matrix * np.outer(inverse, inverse)
    return np.asarray(np.linalg.pinv(unit, rcond=1e-9, hermitian=True) * np.outer(inverse, inverse))
