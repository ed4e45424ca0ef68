"""Targets of simulated moments, the covariance of the gap between both, and weighting matrices for it (MODEL 8.9).

Notation as in `moments`: Omega = V + Sigma / R + rounding^2 / 3.
"""

import enum
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats
from mfsolve.inference.estimate import finite_vector

SMALLEST_EIGENVALUE = 1e-8
"""Of the correlation matrix of the moments' errors: below it the matrix counts as singular."""
RIDGE_EIGENVALUE = 1e-6
"""What the smallest eigenvalue of a singular one is raised to, by shrinking it towards the diagonal."""
SMALLEST_ERROR = 1e-6
"""Standard error of a moment that neither varies nor is rounded anywhere, as a share of its target."""
UNSEEN = 3.0
"""Events, of mean number in all replicates, that replicates without any exclude at 95 %: the rule of three."""


class Weighting(enum.StrEnum):
    """Rule that weighs moments against each other in the second step."""

    EFFICIENT = "efficient"
    DIAGONAL = "diagonal"


@dataclass(frozen=True)
class Targets:
    """Values that the simulated moments should have, and how well these are known.

    Attributes
    ----------
    value : ndarray, shape (k,)
    standard_error : ndarray, shape (k,)
        Of the source; NaN where it gives none.
    rounding : ndarray, shape (k,)
        Half a unit of the last digit that is given.
    weight : ndarray, shape (k,)
        Relative to the weighting's own; 0 for a moment that is watched but not fitted.
    replicates : int
        R behind every simulated moment.
    least : ndarray, shape (k,), optional
        Least variance of a gap that has none of its own, see `rule_of_three`.
    """

    value: Floats
    standard_error: Floats
    rounding: Floats
    weight: Floats
    replicates: int
    least: Floats | None = None

    @staticmethod
    def of(
        value: ArrayLike,
        replicates: int,
        standard_error: ArrayLike | None = None,
        rounding: ArrayLike | None = None,
        weight: ArrayLike | None = None,
    ) -> "Targets":
        """Targets, by default without errors of their own, exact to the last digit, and of equal weight.

        Raises
        ------
        ValueError
            For a value that is not finite, vectors of different lengths, or fewer than 2 replicates.
        """
        values = finite_vector("value", value)
        if replicates < 2:
            raise ValueError(f"replicates must be at least 2, got {replicates}")
        given = {"standard_error": (standard_error, math.nan), "rounding": (rounding, 0.0), "weight": (weight, 1.0)}
        vectors = {
            name: np.full(values.size, default) if array is None else np.asarray(array, dtype=np.float64)
            for name, (array, default) in given.items()
        }
        for name, vector in vectors.items():
            if vector.shape != values.shape:
                raise ValueError(f"{name} must have the shape of value {values.shape}, got {vector.shape}")
            if np.any(vector < 0.0):
                raise ValueError(f"{name} must not be negative")
        return Targets(values, replicates=replicates, **vectors)

    @property
    def fitted(self) -> NDArray[np.bool_]:
        """Moments with a weight (k,)."""
        return self.weight > 0.0

    def error(self, simulated: Floats) -> Floats:
        """Omega (k, k) from the covariance of one replicate (k, k)."""
        omega, floor = self._without_floor(simulated), self._smallest()
        if self.least is not None:
            floor = np.maximum(floor, self.least)
        return np.asarray(omega + np.diag(np.where(self.silent(simulated), floor, 0.0)))

    def _without_floor(self, simulated: Floats) -> Floats:
        unknown = np.isnan(self.standard_error)
        own = np.where(np.outer(unknown, unknown), simulated, np.diag(np.nan_to_num(self.standard_error) ** 2))
        return np.asarray(own + simulated / self.replicates + np.diag(self.rounding**2 / 3.0))

    def _smallest(self) -> Floats:
        return np.asarray((SMALLEST_ERROR * np.where(self.value == 0.0, 1.0, np.abs(self.value))) ** 2)

    def silent(self, simulated: Floats) -> NDArray[np.bool_]:
        """Moments (k,) without variance, rounding or standard error: replicates say nothing of their errors."""
        return np.asarray(np.diag(self._without_floor(simulated)) < self._smallest())

    def typical(self, simulated: list[Floats]) -> Floats:
        """Median variance of each gap (k,) over the covariances at several points, where it has one.

        A share of rare events has none at most points: their median would be that of a moment known exactly.
        """
        variance = np.array([np.diag(self.error(at)) for at in simulated])
        silent = np.array([self.silent(at) for at in simulated])
        variance[silent & ~silent.all(axis=0)] = np.nan
        return np.asarray(np.nanmedian(variance, axis=0))

    def rule_of_three(self, simulated: list[Floats]) -> "Targets":
        """Targets whose silent moments have the variance that R replicates without an event cannot exclude.

        One event in R replicates is the smallest variance that a moment has at any point; no event is compatible with
        up to three. A moment that varies nowhere is known exactly.
        """
        variance = np.array([np.diag(self.error(at)) for at in simulated])
        variance[np.array([self.silent(at) for at in simulated])] = np.inf
        smallest = variance.min(axis=0)
        return replace(self, least=np.where(np.isfinite(smallest), UNSEEN * smallest, 0.0))

    def freedom(self, simulated: Floats) -> float:
        """Degrees of freedom of Omega as an estimate: R - 1 where all of it is simulated, infinite where nothing is.

        Satterthwaite's match of the total variance, over the fitted moments.
        """
        keep = np.ix_(self.fitted, self.fitted)
        unknown = np.isnan(self.standard_error)
        part = np.where(np.outer(unknown, unknown), 1.0, 0.0) + 1.0 / self.replicates
        omega = self.error(simulated)[keep]
        inverse = np.linalg.pinv(omega, hermitian=True)
        share, rank = np.sum(inverse * (part * simulated)[keep]), np.sum(inverse * omega)
        return float((self.replicates - 1) * (rank / share) ** 2) if share > 0.0 else math.inf


@dataclass(frozen=True)
class Weights:
    """A weighting matrix (k, k), zero for moments that are not fitted, and how far it was shrunk to the diagonal."""

    matrix: Floats
    shrinkage: float = 0.0

    def root(self) -> Floats:
        """C (k, k) with C'C = W."""
        values, vectors = np.linalg.eigh(self.matrix)
        return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)

    def distance(self, gap: Floats) -> float:
        """Weighted squared length g' W g of a gap g (k,)."""
        return float(gap @ self.matrix @ gap)


def weights(omega: Floats, weight: Floats, rule: Weighting = Weighting.EFFICIENT) -> Weights:
    """Weighting matrix: the inverse of Omega (or of its diagonal), times the square roots of relative weights.

    An Omega that is singular (more moments than replicates tell apart, or moments that move as one) is first shrunk
    towards its diagonal, as little as makes it regular.
    """
    kept = np.flatnonzero(weight > 0.0)
    part = omega[np.ix_(kept, kept)]
    scale = np.sqrt(np.diag(part))
    correlation = part / np.outer(scale, scale)
    shrinkage = 0.0
    if rule is Weighting.DIAGONAL:
        correlation = np.eye(kept.size)
    elif (smallest := float(np.linalg.eigvalsh(correlation)[0])) < SMALLEST_EIGENVALUE:
        shrinkage = (RIDGE_EIGENVALUE - smallest) / (1.0 - smallest)
        correlation = (1.0 - shrinkage) * correlation + shrinkage * np.eye(kept.size)
    factor = np.sqrt(weight[kept]) / scale
    matrix = np.zeros_like(omega)
    inverse = np.linalg.inv(correlation)
    matrix[np.ix_(kept, kept)] = np.outer(factor, factor) * 0.5 * (inverse + inverse.T)
    return Weights(matrix, shrinkage)
