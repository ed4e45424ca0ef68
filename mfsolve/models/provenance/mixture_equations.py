"""Shares of sources in a pool from means of functions: equations, test-inverted intervals, test of fit (MODEL 3.5).

For any functions of an item, the pool's mean is the mixture of the sources' means. With T(alpha) the difference and
V(alpha) its covariance by document, {alpha : T' V^-1 T <= quantile} holds the shares whatever the functions are; good
functions make it small.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats

from .sample_moments import Mean

ROUNDS = 30
SETTLED = 1e-10
SCAN = 401


class Fit(NamedTuple):
    """Test that some mixture explains the pool: Hotelling's statistic, degrees of freedom, p-value, distance.

    `distance` is the largest deviation in standard errors and `worst` the function that has it.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    distance: float
    worst: int


@dataclass(frozen=True)
class Equations:
    """Means of F functions in a pool and in each of C sources (MODEL 3.5)."""

    pool: Mean
    sources: tuple[Mean, ...]

    def of(self, functions: Sequence[int] | slice) -> "Equations":
        """The equations of some functions only."""

        def part(mean: Mean) -> Mean:
            return Mean(mean.value[functions], mean.covariance[functions][:, functions], mean.freedom, mean.items)

        return Equations(part(self.pool), tuple(part(source) for source in self.sources))

    def gap(self, shares: Floats) -> Floats:
        """Difference T (F,) of the pool's means from those of a mixture."""
        return np.asarray(self.pool.value - sum(s * m.value for s, m in zip(shares, self.sources)))

    def covariance(self, shares: Floats) -> Floats:
        """Covariance V (F, F) of T at shares (C,)."""
        return np.asarray(self.pool.covariance + sum(s**2 * m.covariance for s, m in zip(shares, self.sources)))

    def freedom(self, shares: Floats) -> float:
        """Degrees of freedom of V (Satterthwaite), from the traces of its parts."""
        parts = [(float(np.trace(self.pool.covariance)), self.pool.freedom)]
        parts += [(float(s**2 * np.trace(m.covariance)), m.freedom) for s, m in zip(shares, self.sources)]
        below = sum(v * v / f for v, f in parts if f > 0.0)
        return sum(v for v, _ in parts) ** 2 / below if below > 0.0 else math.inf

    def distance(self, shares: Floats) -> float:
        """Statistic T' V^-1 T at given shares; functions without any spread say nothing."""
        gap, covariance = self.gap(shares), self.covariance(shares)
        return float(gap @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ gap)

    def solve(self, fixed: tuple[int, float] | None = None) -> Floats:
        """Shares (C,) in the simplex that come nearest to T = 0, V being that of the shares found.

        `fixed` holds one share at a value.
        """
        count = len(self.sources)
        shares = np.full(count, 1.0 / count)
        if fixed is not None:
            shares = np.full(count, (1.0 - fixed[1]) / max(count - 1, 1))
            shares[fixed[0]] = fixed[1]
        if fixed is not None and count == 2:
            return shares
        for _ in range(ROUNDS):
            weight = np.linalg.pinv(self.covariance(shares), rcond=1e-10, hermitian=True)
            before, shares = shares, self._nearest(weight, fixed)
            if np.abs(shares - before).max() < SETTLED:
                break
            shares = 0.5 * (shares + before)
        return shares

    def _nearest(self, weight: Floats, fixed: tuple[int, float] | None) -> Floats:
        """Minimum of T' W T over the simplex, by its faces: there are few sources."""
        m = np.stack([source.value for source in self.sources], axis=1)
        free = [c for c in range(m.shape[1]) if fixed is None or c != fixed[0]]
        mass = 1.0 if fixed is None else 1.0 - fixed[1]
        target = self.pool.value if fixed is None else self.pool.value - fixed[1] * m[:, fixed[0]]
        best, found = math.inf, np.zeros(m.shape[1])
        for size in range(1, len(free) + 1):
            for face in itertools.combinations(free, size):
                shares = np.zeros(m.shape[1])
                if fixed is not None:
                    shares[fixed[0]] = fixed[1]
                last = face[-1]
                steps = m[:, list(face[:-1])] - m[:, [last]]
                rest = target - mass * m[:, last]
                inner = np.linalg.pinv(steps.T @ weight @ steps, hermitian=True) @ (steps.T @ weight @ rest)
                shares[list(face[:-1])] = inner
                shares[last] = mass - inner.sum()
                if shares.min() < 0.0:
                    continue
                gap = self.pool.value - m @ shares
                value = float(gap @ weight @ gap)
                if value < best:
                    best, found = value, shares
        return found

    def interval(self, source: int, level: float) -> tuple[float, float]:
        """Interval of one share: all values that the equations do not reject, the other shares being free.

        Just-identified equations make this Fieller's set, by Student's t; both of its ends lie in [0, 1]. Where every
        value is rejected, the estimate's end remains.
        """
        from scipy.optimize import brentq
        from scipy.special import stdtrit

        best = float(self.solve()[source])

        def excess(share: float) -> float:
            shares = self.solve((source, share))
            quantile = float(stdtrit(max(self.freedom(shares), 1.0), 0.5 + 0.5 * level))
            return self.distance(shares) - quantile**2

        x = np.unique(np.append(np.linspace(0.0, 1.0, SCAN if len(self.sources) == 2 else 41), best))
        inside = np.array([excess(float(v)) <= 0.0 for v in x])
        if not inside.any():
            return best, best
        low, high = int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1])
        left = 0.0 if low == 0 else float(brentq(excess, x[low - 1], x[low], xtol=1e-9))
        right = 1.0 if high == x.size - 1 else float(brentq(excess, x[high], x[high + 1], xtol=1e-9))
        return left, right

    def standard_error(self, shares: Floats) -> Floats:
        """Covariance (C, C) of the shares by linearisation inside the simplex, from V at the estimate."""
        m = np.stack([source.value for source in self.sources], axis=1)
        count = m.shape[1]
        basis = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, :-1]]))[0][:, 1:]
        weight = np.linalg.pinv(self.covariance(shares), rcond=1e-10, hermitian=True)
        steps = m @ basis
        inner = np.linalg.pinv(steps.T @ weight @ steps, hermitian=True)
        return np.asarray(basis @ inner @ basis.T)

    def fit(self, names: int) -> Fit:
        """Test of more functions than shares: Hotelling's T^2 of the nearest mixture, as an F.

        `names` functions, the last ones, may be named as the worst.
        """
        from scipy.special import fdtrc

        shares = self.solve()
        covariance = self.covariance(shares)
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True, tol=1e-10 * max(np.trace(covariance), 1e-300)))
        freedom = rank - (len(self.sources) - 1)
        statistic, nu = self.distance(shares), self.freedom(shares)
        if freedom < 1 or nu <= freedom + 1:
            return Fit(math.nan, max(freedom, 0), math.nan, math.nan, -1)
        scaled = statistic * (nu - freedom + 1.0) / (nu * freedom)
        p_value = float(fdtrc(freedom, nu - freedom + 1.0, scaled))
        gap, spread = self.gap(shares), np.sqrt(np.diag(covariance))
        z = np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 1e-12)
        worst = int(np.argmax(np.abs(z)))
        first = gap.size - names
        return Fit(statistic, freedom, p_value, float(z[worst]), worst - first if worst >= first else -1)
