"""Empirical content: human items are rows of the user's data, and the generator is refitted to the pool (MODEL 1.7).

All quantities are in units of the human rows' own means and standard deviations. For divergences, human content is the
family's own fit of the human rows: features that the family cannot express do not count as collapse, and KL(q || p) is
0 for a generator of full temperature trained on human rows alone. The distance of content from human content that no
one trained on is `w2_drift`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import divergence, gaussian_pool
from mfsolve.kernels.collapse import empirical as kernels
from mfsolve.kernels.numerics import linear_algebra, sums, wasserstein
from mfsolve.models.parallel import blocks, run_blocks
from mfsolve.models.quantities import Quantity

from .draws import Draws
from .human_rows import Reservoir, Smooth, Yardstick, cholesky, reservoir
from .parameters import Parameters, Record

POINTS, POINTS_WITHOUT_REPLICATES = 2**13, 2**17
STANDARD = "human standard deviations"


@dataclass(frozen=True, eq=False)
class Empirical(ABC):
    """Fitted content with mean (d,) and covariance (d, d), sampled at variance_ratio * covariance."""

    yardstick: Yardstick
    mean: Floats
    covariance: Floats
    variance_ratio: float
    loss_error: float

    QUANTITIES: ClassVar[Mapping[str, Quantity]] = {
        "pool_mean": Quantity(("generation",), "norm of the pool's mean", STANDARD),
        "pool_variance": Quantity(("generation",), "pool's variance, averaged over features", "human variance"),
        "w2_drift": Quantity(("generation",), "W2 distance (sliced) of content to held-out human rows", STANDARD),
        "w2_error": Quantity(("generation",), "standard error of w2_drift from random directions", STANDARD),
        "loss_error": Quantity(("generation",), "standard error of collapse_loss from Monte Carlo integration", "nats"),
    }

    @property
    @abstractmethod
    def generator(self) -> Smooth:
        """Law of synthetic items."""

    @abstractmethod
    def squared_distances(self) -> Floats:
        """Squared W2 distances to the probe on each of the yardstick's directions (L,)."""

    @abstractmethod
    def functionals(self, contamination: float) -> Floats:
        """Collapse loss, its derivative in the contamination, I, and standard errors of the first two (5,)."""

    @abstractmethod
    def contaminated(self, contamination: float) -> Self:
        """Content refitted to the exact pool of an infinite population."""

    @abstractmethod
    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Emit the pool of producers with human shares `share` item by item: its human items, and the refit."""

    @abstractmethod
    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Content refitted to a pool with given numbers of items, its statistics drawn from their law."""

    def divergence(self) -> float:
        """Divergence KL(q || p) in nats."""
        return float(self.functionals(1.0)[0])

    def mixture(self, contamination: float) -> tuple[float, float]:
        """Collapse loss KL(pool || p) of the contaminated pool, and its derivative in the contamination."""
        loss, slope, *_ = self.functionals(contamination)
        return float(loss), float(slope)

    def information(self, contamination: float) -> float:
        """Fisher information I(rho) about the contamination in one item."""
        return float(self.functionals(contamination)[2])

    def density(self, contamination: float, record: Record) -> Floats:
        """Density of the pool's first feature: a histogram of human rows, and the generator at the bins' midpoints."""
        edges = np.linspace(-record.bin_range, record.bin_range, record.bins + 1)
        middles = 0.5 * (edges[:-1] + edges[1:])
        synthetic = np.empty(middles.size)
        divergence.trapezoid_weights(self.generator.first().log_density(middles[:, None]), 1.0, synthetic)
        return (1.0 - contamination) * human_histogram(self.yardstick.reservoir, edges) + contamination * synthetic

    def observables(self) -> dict[str, float]:
        """Moments, and W2 to the held-out rows: exact for one feature, sliced with its standard error for more."""
        square = self.squared_distances()
        mean = float(sums.total(square)) / square.size
        spread = float(sums.total((square - mean) ** 2)) / max(1, square.size - 1)
        return {
            "pool_mean": float(np.sqrt(sums.total(self.mean * self.mean))),
            "pool_variance": float(sums.total(np.ascontiguousarray(np.diag(self.covariance)))) / self.mean.size,
            "w2_drift": float(np.sqrt(mean)),
            "w2_error": 0.5 * float(np.sqrt(spread / square.size / mean)) if mean > 0.0 else 0.0,
            "loss_error": self.loss_error,
        }


def human_histogram(source: Reservoir, edges: Floats) -> Floats:
    """Density of the first feature of human rows in the bins between `edges`."""
    counts, _ = np.histogram(source.rows[:, 0], edges)
    return np.asarray(counts / (source.rows.shape[0] * np.diff(edges)))


def degenerate_functionals() -> Floats:
    """Functionals of content that has shrunk to a point: NaN (5,)."""
    return np.full(5, np.nan)


@dataclass(frozen=True, eq=False)
class EmpiricalGaussian(Empirical):
    """Content whose generator is N(mean, variance_ratio * covariance), so that two moments of the pool survive."""

    @classmethod
    def human(cls, parameters: Parameters, draws: Draws | None = None) -> Self:
        """Content fitted to the human rows themselves."""
        assert parameters.features is not None
        source = reservoir(parameters.features, parameters.held_out)
        mean = np.zeros(source.rows.shape[1])
        points = POINTS if draws else POINTS_WITHOUT_REPLICATES
        yardstick = Yardstick.make(source, Smooth(mean[None], source.factor), points, draws)
        return cls(yardstick, mean, source.covariance, parameters.variance_ratio, 0.0)

    @cached_property
    def generator(self) -> Smooth:
        """Law of synthetic items, a single Gaussian kernel."""
        return Smooth(self.mean[None], cholesky(self.variance_ratio * self.covariance))

    @cached_property
    def _log_ratios(self) -> tuple[Floats, Floats, Floats]:
        """Log ratios ln(q / p) at items of p and of q, and their equal weights."""
        own, q, p = self.yardstick, self.generator, self.yardstick.human
        x = q.items(own.uniforms[1], own.normals[1])
        weight = np.full(x.shape[0], 1.0 / x.shape[0])
        return q.log_density(own.points) - own.log_human, q.log_density(x) - p.log_density(x), weight

    def functionals(self, contamination: float) -> Floats:
        """Functionals (5,): for one feature by quadrature, to 1e-11, for more by Monte Carlo with common numbers."""
        if not self.generator.alive:
            return degenerate_functionals()
        out = np.zeros(5)
        if self.mean.size == 1:
            s2 = self.variance_ratio * float(self.covariance[0, 0])
            gaussian_pool.gaussian_functionals(contamination, float(abs(self.mean[0])), s2, 1, out[:3])
            return out
        under_p, under_q, weight = self._log_ratios
        divergence.functionals(contamination, under_p, weight, under_q, weight, out)
        return out

    def divergence(self) -> float:
        """Divergence KL(q || p) in nats, in closed form."""
        if not self.generator.alive:
            return float("nan")
        return float(linear_algebra.gaussian_divergence(self.mean, self.generator.factor, self.yardstick.human.factor))

    def squared_distances(self) -> Floats:
        """Squared W2 distances of the fitted Gaussian to the probe (L,), exactly."""
        own, out = self.yardstick, np.empty(self.yardstick.directions.shape[0])
        factor = cholesky(self.covariance)
        wasserstein.sliced_gaussian_gap(own.directions, own.probe, own.pieces, self.mean, factor, out)
        return out

    def contaminated(self, contamination: float) -> Self:
        """Content with the mean and covariance of the mixture."""
        rho, m = contamination, self.mean
        spread = rho * (1.0 - rho) * m[:, None] * m[None]
        covariance = (1.0 - rho) * self.yardstick.reservoir.covariance + rho * self.variance_ratio * self.covariance
        return self._with(rho * m, covariance + spread, rho)

    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Emit the pool block by block, keeping the sums of y = x - m and y y^T."""
        rows = np.empty((len(blocks(share.size)), self._sums().size))
        source, stream = self.yardstick.reservoir.rows, draws.items(step)
        generator = kernels.Normal(self.mean, self.generator.factor)

        def work(index: int, start: int, stop: int) -> None:
            kernels.emit_moments(stream, np.uint64(start), share[start:stop], items, source, generator, rows[index])

        run_blocks(work, share.size, draws.threads)
        sums.merge_rows(rows)
        return float(rows[0, 0]), self._refit(rows[0], share.size * float(items))

    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Content refitted to the same sums, drawn as multinomial counts of rows and a Wishart matrix."""
        row, source = self._sums(), self.yardstick.reservoir.rows
        generator = kernels.Normal(self.mean, self.generator.factor)
        kernels.moments_from_law(draws.keys["content"], step, draws.replicate, human, synthetic, source, generator, row)
        return self._refit(row, human + synthetic)

    def _sums(self) -> Floats:
        d = self.mean.size
        return np.empty(1 + d + d * (d + 1) // 2)

    def _refit(self, row: Floats, items: float) -> Self:
        d = self.mean.size
        shift, second = row[1 : 1 + d] / items, np.empty((d, d))
        below = np.tril_indices(d)
        second[below] = row[1 + d :] / items
        second.T[below] = second[below]
        return self._with(self.mean + shift, second - shift[:, None] * shift[None], 1.0 - row[0] / items)

    def _with(self, mean: Floats, covariance: Floats, contamination: float) -> Self:
        error = float(self.functionals(contamination)[3])
        return type(self)(self.yardstick, mean, covariance, self.variance_ratio, error)
