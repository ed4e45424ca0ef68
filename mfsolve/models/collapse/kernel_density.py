"""Empirical content whose generator remembers items: a kernel density of a sample of the pool (MODEL 1.7).

The generator keeps K pool items c_1..K with mean m and covariance S. Its fitted content is the smoothed bootstrap that
preserves their covariance (Silverman 1986, section 6.4): an item is m + (c_i - m + b e) / sqrt(1 + b^2), i uniform,
e ~ N(0, S), b the bandwidth. At temperature delta it is contracted towards m by sqrt(delta): the generator has
covariance delta S, as the Gaussian one has, and its modes remain while they move together.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import divergence, producers
from mfsolve.kernels.collapse import empirical as kernels
from mfsolve.kernels.numerics import wasserstein
from mfsolve.kernels.random import philox
from mfsolve.models.parallel import blocks, run_blocks

from .draws import Draws
from .empirical import Empirical, degenerate_functionals
from .human_rows import Smooth, Yardstick, cholesky, moments, projected, reservoir
from .parameters import Parameters

POINTS, POINTS_WITHOUT_REPLICATES = 2**10, 2**12
LAST_BLOCK = np.uint64(2**32 - 1)
MOST_PLACES = 2**16
STEPS = 4.0  # places of the quadrature in a kernel's standard deviation: its error is below 1e-30
REACH = 9.0  # standard deviations beyond the outermost centre


@dataclass(frozen=True, eq=False)
class EmpiricalKernel(Empirical):
    """Content whose generator is a kernel density of `kept` (K, d), `bandwidth` standard deviations wide each."""

    kept: Floats
    bandwidth: float
    centres: int

    @classmethod
    def human(cls, parameters: Parameters, draws: Draws | None = None) -> Self:
        """Content fitted to the human rows, all of which the generator keeps."""
        assert parameters.features is not None
        source = reservoir(parameters.features, parameters.held_out)
        width = source.bandwidth(parameters.bandwidth)
        mean, covariance = moments(source.rows)
        points = POINTS if draws else POINTS_WITHOUT_REPLICATES
        human = smoothed(source.rows, mean, covariance, width, 1.0)
        yardstick = Yardstick.make(source, human, points, draws)
        delta = parameters.variance_ratio
        return cls(yardstick, mean, covariance, delta, 0.0, source.rows, width, parameters.centres)

    @cached_property
    def generator(self) -> Smooth:
        """Law of synthetic items, a kernel for each kept item."""
        return smoothed(self.kept, self.mean, self.covariance, self.bandwidth, self.variance_ratio)

    @cached_property
    def _log_ratios(self) -> tuple[Floats, Floats, Floats, Floats] | None:
        """Log ratios ln(q / p) and weights at points of p and at points of q; None where content is but a point."""
        own, q, p = self.yardstick, self.generator, self.yardstick.human
        if self.mean.size > 1:
            x = q.items(own.uniforms[1], own.normals[1])
            weight = np.full(x.shape[0], 1.0 / x.shape[0])
            return q.log_density(own.points) - own.log_human, weight, q.log_density(x) - p.log_density(x), weight
        width = min(float(q.factor[0, 0]), float(p.factor[0, 0]))
        wide = REACH * max(float(q.factor[0, 0]), float(p.factor[0, 0]))
        low = min(float(q.centres.min()), float(p.centres.min())) - wide
        high = max(float(q.centres.max()), float(p.centres.max())) + wide
        if not (high - low) * STEPS < MOST_PLACES * width:
            return None
        step = width / STEPS
        count = int((high - low) / step) + 2
        places = np.linspace(low, low + (count - 1) * step, count)
        log_p, log_q = p.log_density(places[:, None]), q.log_density(places[:, None])
        under_p, under_q = np.empty(places.size), np.empty(places.size)
        divergence.trapezoid_weights(log_p, step, under_p)
        divergence.trapezoid_weights(log_q, step, under_q)
        return log_q - log_p, under_p, log_q - log_p, under_q

    def functionals(self, contamination: float) -> Floats:
        """Functionals (5,): for one feature by a trapezoid rule, for more by Monte Carlo with common numbers."""
        ratios = self._log_ratios if self.generator.alive else None
        if ratios is None:
            return degenerate_functionals()
        out = np.empty(5)
        divergence.functionals(contamination, *ratios, out)
        if self.mean.size == 1:
            out[3:] = 0.0
        return out

    def squared_distances(self) -> Floats:
        """Squared W2 distances of the kept items to the probe (L,), by sorting."""
        own, k = self.yardstick, self.kept.shape[0]
        u, v = np.arange(k + 1) / k, np.arange(own.probe.shape[1] + 1) / own.probe.shape[1]
        out = np.empty(own.directions.shape[0])
        for i, (theta, probe) in enumerate(zip(own.directions, own.probe)):
            x = np.sort(projected(self.kept, theta))
            out[i] = wasserstein.quantile_gap(u, x, x, v, probe, probe)
        return out

    def contaminated(self, contamination: float) -> Self:
        """Refuse an infinite population: the sample that a kernel density keeps is finite.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("refit: 'kernel' given; allowed: 'gaussian', for an infinite population")

    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Draw the labels of all items, and of the items only those that the generator keeps."""
        counts = np.zeros(len(blocks(share.size)))

        def work(index: int, start: int, stop: int) -> None:
            counts[index] = producers.count_labels(
                draws.keys["label"], step, draws.replicate, np.uint64(start), share[start:stop], items
            )

        run_blocks(work, share.size, draws.threads)
        index = subset(draws.keys["content"], step, draws.replicate, share.size * items, self.centres)
        kept, rows = np.empty((index.size, self.mean.size)), self.yardstick.reservoir.rows
        kernels.kept_items(draws.items(step), index, share, items, rows, self.generator.mixture, kept)
        human = float(counts.sum())
        return human, self._refit(kept, 1.0 - human / (share.size * float(items)))

    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Draw the kept items of both kinds, whose numbers are hypergeometric."""
        total = human + synthetic
        index = subset(draws.keys["content"], step, draws.replicate, int(total), self.centres)
        kept, rows = np.empty((index.size, self.mean.size)), self.yardstick.reservoir.rows
        n_human = int(np.count_nonzero(index < human))
        kernels.fresh_items(draws.keys["content"], step, draws.replicate, n_human, rows, self.generator.mixture, kept)
        return self._refit(kept, synthetic / total)

    def _refit(self, kept: Floats, contamination: float) -> Self:
        error = float(self.functionals(contamination)[3])
        mean, covariance = moments(kept)
        return type(self)(
            self.yardstick, mean, covariance, self.variance_ratio, error, kept, self.bandwidth, self.centres
        )


def smoothed(kept: Floats, mean: Floats, covariance: Floats, bandwidth: float, variance_ratio: float) -> Smooth:
    """Kernel density of `kept` (K, d) with covariance variance_ratio times theirs."""
    shrink = sqrt(variance_ratio / (1.0 + bandwidth * bandwidth))
    return Smooth(mean + shrink * (kept - mean), shrink * bandwidth * cholesky(covariance))


def subset(key: NDArray[np.uint64], step: np.uint64, replicate: np.uint64, total: int, size: int) -> NDArray[np.int64]:
    """Random subset of `size` of the numbers 0..total-1, ascending, all subsets equally likely; all if there are fewer.

    Floyd's algorithm (Bentley & Floyd 1987).
    """
    if total <= size:
        return np.arange(total)
    u, index = np.empty(size), np.empty(size, np.int64)
    philox.uniforms(key, LAST_BLOCK, step, replicate, np.uint64(0), u)
    kernels.subset(u, total, index)
    index.sort()
    return index
