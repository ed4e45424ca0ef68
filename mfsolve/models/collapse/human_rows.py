"""Human content as rows of the user's data, and the yardstick for divergences and distances from it (MODEL 1.7)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.features import Features
from mfsolve.kernels.collapse import divergence
from mfsolve.kernels.collapse import empirical as kernels
from mfsolve.kernels.numerics import linear_algebra, wasserstein
from mfsolve.kernels.numerics.elementary import exponential, natural_log
from mfsolve.kernels.random import normals, philox
from mfsolve.kernels.random.directions import random_directions

from .draws import Draws
from .parameters import Bandwidth

LEAST_PROBE = 8
DIRECTIONS = 128
ZERO, ONE = np.uint64(0), np.uint64(1)


@dataclass(frozen=True, eq=False)
class Smooth:
    """An equal mixture of Gaussian kernels N(centres[c], factor factor^T): centres (K, d), factor (d, d) lower."""

    centres: Floats
    factor: Floats

    @property
    def mixture(self) -> kernels.Mixture:
        """The mixture as kernels take it."""
        return kernels.Mixture(self.centres, self.factor)

    @property
    def alive(self) -> bool:
        """True where the mixture has a density."""
        return bool(np.all(np.isfinite(self.factor)))

    def items(self, u: Floats, z: Floats) -> Floats:
        """Items (n, d) made of uniforms u (n,) on [0, 1), which pick the kernel, and normals z (n, d)."""
        x = np.empty_like(z)
        kernels.mixture_items(u, z, self.mixture, x)
        return x

    def log_density(self, x: Floats) -> Floats:
        """Log density (n,) at points x (n, d)."""
        out = np.empty(x.shape[0])
        divergence.log_density(x, self.centres, self.factor, out)
        return out

    def first(self) -> "Smooth":
        """Law of the first coordinate."""
        return Smooth(np.ascontiguousarray(self.centres[:, :1]), np.ascontiguousarray(self.factor[:1, :1]))


@dataclass(frozen=True, eq=False)
class Reservoir:
    """Rows of features in units of their own mean and standard deviation, split in two.

    Attributes
    ----------
    rows : ndarray (n, d)
        Rows that human items are drawn from, with replacement; every column has mean 0 and variance 1.
    probe : ndarray (k, d)
        Held-out rows, which no one trains on.
    covariance, factor : ndarray (d, d)
        Of `rows`, and its lower Cholesky factor.
    """

    rows: Floats
    probe: Floats
    covariance: Floats
    factor: Floats

    def bandwidth(self, rule: Bandwidth) -> float:
        """Width of a kernel over the standard deviation of the sample: n^(-1/(d+4)), Silverman's with n (d+2)/4 for n.

        n is the number of human rows at every generation: a pool that repeats them adds nothing about human content.
        """
        n, d = self.rows.shape
        count = float(n) if rule is Bandwidth.SCOTT else 0.25 * n * (d + 2)
        return float(exponential(-natural_log(count) / (d + 4)))


@lru_cache(maxsize=8)
def reservoir(features: Features, held_out: float) -> Reservoir:
    """Split and standardise features; the choice of the held-out rows depends on their number alone.

    Raises
    ------
    ValueError
        For too few rows on either side, and for a column that is constant or explained by those before it.
    """
    n, d = features.rows.shape
    kept = round(held_out * n)
    if kept < LEAST_PROBE or n - kept < 2 * (d + 1):
        raise ValueError(
            f"held_out: {held_out:g} given: of {n} rows it leaves {n - kept} to draw from and {kept} to probe with; "
            f"allowed: at least {2 * (d + 1)} and {LEAST_PROBE}"
        )
    order = np.empty(n)
    philox.uniforms(philox.stream_key(0, "collapse/held out"), ZERO, ZERO, ZERO, ZERO, order)
    shuffled = np.argsort(order, kind="stable")
    raw, probe = features.rows[np.sort(shuffled[kept:])], features.rows[np.sort(shuffled[:kept])]
    mean, covariance = moments(raw)
    scale = np.sqrt(np.diag(covariance))
    for name, spread in zip(features.columns, scale):
        if not spread > 0.0:
            raise ValueError(f"features: column {name} is constant; leave it out")
    rows = np.ascontiguousarray((raw - mean) / scale)
    _, covariance = moments(rows)
    factor = np.empty((d, d))
    dependent = linear_algebra.cholesky(covariance, factor)
    if dependent >= 0:
        raise ValueError(
            f"features: column {features.columns[dependent]} follows from the columns before it; leave it out"
        )
    return Reservoir(rows, np.ascontiguousarray((probe - mean) / scale), covariance, factor)


def moments(x: Floats) -> tuple[Floats, Floats]:
    """Mean (d,) and covariance (d, d) of rows (n, d), with divisor n."""
    mean, covariance = np.empty(x.shape[1]), np.empty((x.shape[1], x.shape[1]))
    linear_algebra.moments(np.ascontiguousarray(x), mean, covariance)
    return mean, covariance


def cholesky(covariance: Floats) -> Floats:
    """Lower Cholesky factor of a covariance (d, d); NaN where it is not positive definite."""
    factor = np.empty_like(covariance)
    linear_algebra.cholesky(covariance, factor)
    return factor


@dataclass(frozen=True, eq=False)
class Yardstick:
    """Yardstick that content is measured with, the same at every generation and for every policy of a replicate.

    Attributes
    ----------
    reservoir : Reservoir
    human : Smooth
        Human content as the generator's family fits it: the reference of divergences.
    uniforms, normals : ndarray (2, M), (2, M, d)
        Common random numbers of Monte Carlo integrals under human content and under the generator.
    points, log_human : ndarray (M, d), (M,)
        Items of human content, and its log density there.
    directions, probe : ndarray (L, d), (L, k)
        Directions on the sphere, and the probe's projections on each, sorted.
    pieces : ndarray (k,)
        Integrals of the normal quantile function, as `wasserstein.normal_pieces` gives them.
    """

    reservoir: Reservoir
    human: Smooth
    uniforms: Floats
    normals: Floats
    points: Floats
    log_human: Floats
    directions: Floats
    probe: Floats
    pieces: Floats

    @classmethod
    def make(cls, source: Reservoir, human: Smooth, points: int, draws: Draws | None) -> Self:
        """Make a yardstick with random numbers from a replicate's own keys, or fixed ones without a replicate."""
        d = source.rows.shape[1]
        points = 0 if d == 1 else points  # in one dimension integrals are quadratures
        key, replicate = (
            (draws.keys["measure"], draws.replicate) if draws else (philox.stream_key(0, "collapse/measure"), ZERO)
        )
        u, z = np.empty((2, points)), np.empty((2, points, d))
        other = np.empty(points)
        for origin in range(2):
            lane = np.uint64(origin * points)
            philox.uniforms(key, np.uint64(d), ONE, replicate, lane, u[origin])
            for k in range(d):
                first = np.empty(points)
                normals.normals(key, np.uint64(k), ONE, replicate, lane, first, other)
                z[origin, :, k] = first
        u = 1.0 - u
        x = human.items(u[0], z[0])
        directions = np.ones((1, 1))
        if d > 1:
            directions = np.empty((DIRECTIONS, d))
            random_directions(key, replicate, directions)
        sorted_probe = np.stack([np.sort(projected(source.probe, theta)) for theta in directions])
        pieces = np.empty(source.probe.shape[0])
        wasserstein.normal_pieces(pieces)
        return cls(source, human, u, z, x, human.log_density(x), directions, sorted_probe, pieces)


def projected(x: Floats, direction: Floats) -> Floats:
    """Projections (n,) of rows x (n, d) on a direction (d,)."""
    out = np.empty(x.shape[0])
    wasserstein.project(direction, np.ascontiguousarray(x.T), out)
    return out
