"""Snapshots of a cloud of particles: moments, quantiles, histograms, distance to the human distribution (MODEL 2.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real
from mfsolve.kernels.flow import langevin
from mfsolve.kernels.numerics.sums import merge_rows, total
from mfsolve.kernels.random import philox
from mfsolve.models.parallel import blocks, run_blocks

from . import functionals
from .energies import Gaussian, Mixture
from .parameters import Parameters
from .potentials import compiled, human

Work = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Snapshots:
    """Output times of a particle simulation, with what is kept of the cloud at each of them beside its moments.

    Attributes
    ----------
    times : (n,) increasing, >= 0.
    quantiles : probabilities in [0, 1] whose quantiles are kept (dimension 1).
    histogram : bin edges, increasing; densities of the first coordinate in the bins are kept.
    clouds : keep all positions.
    transport : keep w2_drift (a sort at every output time in dimension 1).
    """

    times: ArrayLike
    quantiles: Sequence[float] = ()
    histogram: Sequence[float] = ()
    clouds: bool = False
    transport: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", np.atleast_1d(real("times", self.times, own=True)))
        for name in ("quantiles", "histogram"):
            object.__setattr__(self, name, tuple(real(name, getattr(self, name)).tolist()))

    def check(self, parameters: Parameters) -> None:
        """ValueError for probabilities or bin edges that are out of their range."""
        quantiles = tuple(self.quantiles)
        if quantiles and (parameters.dimension != 1 or not all(0.0 <= u <= 1.0 for u in quantiles)):
            raise ValueError(f"quantiles: {quantiles!r} given; allowed: probabilities in [0, 1], in dimension 1")
        if len(self.histogram) == 1 or np.any(np.diff(self.histogram) <= 0.0):
            raise ValueError("histogram: allowed: two or more increasing bin edges")

    def coordinates(self) -> dict[str, Any]:
        """Coordinates of the dimensions that quantiles and histograms run along."""
        edges = np.asarray(self.histogram, dtype=float)
        found: dict[str, Any] = {}
        if len(self.quantiles):
            found["probability"] = np.asarray(self.quantiles, dtype=float)
        if edges.size:
            found["bin"] = 0.5 * (edges[1:] + edges[:-1])
        return found


def moments(parameters: Parameters, x: Floats, mean: Floats, threads: int) -> dict[str, Any]:
    """Mean, variance per dimension (divisor N), second moment and mean potential of the cloud x (d, n)."""
    d, n = x.shape
    sums = np.empty((len(blocks(n)), 3))
    form = compiled(parameters.potential, d)

    def work(block: int, start: int, stop: int) -> None:
        langevin.scatter(mean, x[:, start:stop], sums[block])
        sums[block, 2] = 0.5 * sums[block, 1]
        if not isinstance(parameters.potential, Gaussian):
            sums[block, 2] = total(form.values(x[:, start:stop]))

    run_blocks(work, n, threads)
    merge_rows(sums)
    return {
        "mean": mean.copy(),
        "variance": sums[0, 0] / (n * d),
        "second_moment": sums[0, 1] / n,
        "potential_energy": sums[0, 2] / n,
    }


def distribution(parameters: Parameters, x: Floats, snapshots: Snapshots) -> dict[str, Any]:
    """Quantiles, histogram, distance to the human distribution and positions, where asked for."""
    quantiles, histogram, transport = snapshots.quantiles, snapshots.histogram, snapshots.transport
    shot: dict[str, Any] = {}
    d, n = x.shape
    if len(quantiles) or (transport and d == 1):
        ordered = np.sort(x[0])
        if len(quantiles):
            shot["quantile"] = np.interp(np.asarray(quantiles) * n - 0.5, np.arange(n), ordered)
        if transport:
            shot["w2_drift"] = functionals.w2_to_human(parameters, ordered)
    elif transport and isinstance(parameters.potential, Gaussian):
        centre = x.mean(axis=1)
        covariance = np.atleast_2d(np.cov(x, bias=True))
        shot["w2_drift"] = functionals.bures(centre, covariance, np.zeros(d), np.eye(d))
    if len(histogram):
        edges = np.asarray(histogram, dtype=float)
        counts, _ = np.histogram(x[0], edges)
        shot["histogram"] = counts / (n * np.diff(edges))
    if snapshots.clouds:
        shot["cloud"] = x.copy()
    return shot


def draw_human(parameters: Parameters, key: NDArray[np.uint64], replicate: np.uint64, x: Floats) -> None:
    """Fill x (d, n) with draws from p: quantiles of uniforms in the first coordinate, normals in the others."""
    d, n = x.shape
    uniforms = np.empty(n)
    zero = np.uint64(0)
    philox.uniforms(key, np.uint64(d + 1), zero, replicate, zero, uniforms)
    langevin.start(key, replicate, zero, np.zeros(d), 1.0, x)
    potential = parameters.potential
    if isinstance(potential, Gaussian | Mixture) and not (d == 1 and parameters.domain):
        if isinstance(potential, Mixture):
            component = np.searchsorted(np.cumsum(potential.weights)[:-1], uniforms)
            x *= np.array(potential.deviations)[component]
            x[0] += np.array(potential.means)[component]
        return
    x[0] = human(potential, parameters.domain if d == 1 else None).quantile(uniforms)
