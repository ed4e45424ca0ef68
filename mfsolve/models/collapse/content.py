"""Content: the fitted state of a generator, its contaminated pools and their refit (MODEL 1.1, 1.7).

A content object is the *fitted* state after a generation; the generator deployed from it is sampled at the
temperature delta. All families share one set of methods, so that the market's loop names none of them: Gaussian and
categorical content stand here, empirical content in `empirical` and `kernel_density`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import categorical, emission, producers
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.numerics.elementary import natural_logs
from mfsolve.kernels.numerics.special import loss_of_variance
from mfsolve.kernels.random import alias, variates
from mfsolve.models.parallel import blocks, run_blocks
from mfsolve.models.quantities import Quantity

from .draws import Draws
from .empirical import EmpiricalGaussian
from .functionals import loss_and_slope
from .kernel_density import EmpiricalKernel
from .parameters import Family, Parameters, Record, Refit


@runtime_checkable
class Content(Protocol):
    """Fitted content of a generation."""

    def divergence(self) -> float:
        """Divergence KL(q || p) of the generator deployed from it, in nats."""
        ...

    def mixture(self, contamination: float) -> tuple[float, float]:
        """Collapse loss KL(pool || p) of the contaminated pool, and its derivative in the contamination."""
        ...

    def contaminated(self, contamination: float) -> Self:
        """Content refitted to the exact pool of an infinite population."""
        ...

    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Emit the pool of producers with human shares `share` item by item: its human items, and the refit."""
        ...

    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Content refitted to a pool with given numbers of items, its statistics drawn from their law."""
        ...

    def observables(self) -> dict[str, float]:
        """Quantities that this family reports of the fitted state."""
        ...


@dataclass(frozen=True)
class Gaussian:
    """Gaussian content N(mean, variance I_d), sampled with the variance variance_ratio * variance."""

    mean: Floats
    variance: float
    variance_ratio: float

    QUANTITIES: ClassVar[Mapping[str, Quantity]] = {
        "pool_mean": Quantity(("generation",), "norm of the pool's fitted mean", "human standard deviations"),
        "pool_variance": Quantity(("generation",), "pool's fitted variance per dimension", "human variance"),
        "w2_drift": Quantity(("generation",), "W2 distance of content to human content", "human standard deviations"),
    }

    @classmethod
    def human(cls, parameters: Parameters, draws: Draws | None = None) -> Self:
        """Content fitted to human content itself, N(0, I_d)."""
        return cls(np.zeros(parameters.dimension), 1.0, parameters.variance_ratio)

    @property
    def distance(self) -> float:
        """Norm of the mean |m|, in human standard deviations."""
        return float(np.sqrt(sums.of_squares(self.mean)))

    @property
    def generator_variance(self) -> float:
        """Variance of the deployed generator per dimension, s2 = delta v."""
        return self.variance_ratio * self.variance

    def divergence(self) -> float:
        """Divergence KL(q || p) = d/2 (s2 - 1 - ln s2) + |m|^2/2, in nats."""
        s2, m = self.generator_variance, self.distance
        return float(0.5 * self.mean.size * loss_of_variance(s2) + 0.5 * m * m)

    def reverse_divergence(self) -> float:
        """Divergence KL(p || q) = d/2 (1/s2 - 1 + ln s2) + |m|^2 / (2 s2) of human content from the generator."""
        s2, m = self.generator_variance, self.distance
        return float(0.5 * self.mean.size * loss_of_variance(1.0 / s2) + 0.5 * m * m / s2)

    def mixture(self, contamination: float) -> tuple[float, float]:
        """Collapse loss and its derivative by quadrature, to 1e-11 in any dimension."""
        return loss_and_slope(contamination, self.distance, self.generator_variance, self.mean.size)

    def contaminated(self, contamination: float) -> Self:
        """Content with the mean and variance of the mixture."""
        rho, s2, m = contamination, self.generator_variance, self.distance
        spread = rho * (1.0 - rho) * m * m / self.mean.size
        return self._with(rho * self.mean, (1.0 - rho) + rho * s2 + spread)

    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Emit the pool block by block, keeping the sums of y = x - m and |y|^2."""
        s, stream = float(np.sqrt(self.generator_variance)), draws.items(step)
        rows = np.empty((len(blocks(share.size)), 2 + self.mean.size))

        def work(index: int, start: int, stop: int) -> None:
            emission.emit(stream, np.uint64(start), share[start:stop], items, self.mean, s, rows[index])

        run_blocks(work, share.size, draws.threads)
        sums.merge_rows(rows)
        return float(rows[0, 0]), self._refit(rows[0], share.size * items)

    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Content refitted to the same sums, drawn as normal and chi-square variates."""
        row = np.empty(2 + self.mean.size)
        s = float(np.sqrt(self.generator_variance))
        variates.gaussian_pool(draws.keys["content"], step, draws.replicate, human, synthetic, self.mean, s, row)
        return self._refit(row, human + synthetic)

    def histogram(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws, record: Record) -> Floats:
        """Density in bins (bins,) of the first coordinate of the pool that `emitted` draws at this step."""
        s, stream = float(np.sqrt(self.generator_variance)), draws.items(step)
        span = (-record.bin_range, record.bin_range)
        counts = np.zeros((len(blocks(share.size)), record.bins), np.int64)

        def work(index: int, start: int, stop: int) -> None:
            producers.histogram(stream, np.uint64(start), share[start:stop], items, self.mean, s, span, counts[index])

        run_blocks(work, share.size, draws.threads)
        width = 2.0 * record.bin_range / record.bins
        density: Floats = counts.sum(axis=0) / (share.size * float(items) * width)
        return density

    def density(self, contamination: float, record: Record) -> Floats:
        """Density of the first coordinate of the exact pool, averaged over each of the bins (bins,)."""
        from scipy.special import ndtr

        edges = np.linspace(-record.bin_range, record.bin_range, record.bins + 1)
        s = np.sqrt(self.generator_variance)
        mass = (1.0 - contamination) * ndtr(edges) + contamination * ndtr((edges - self.mean[0]) / s)
        density: Floats = np.diff(mass) / np.diff(edges)
        return density

    def observables(self) -> dict[str, float]:
        """Fitted mean and variance, and the drift W2(N(m, v I), N(0, I)) = sqrt(|m|^2 + d (1 - sqrt v)^2)."""
        m, gap = self.distance, 1.0 - float(np.sqrt(self.variance))
        return {
            "pool_mean": m,
            "pool_variance": self.variance,
            "w2_drift": float(np.sqrt(m * m + self.mean.size * gap * gap)),
        }

    def _refit(self, row: Floats, items: float) -> Self:
        shift = row[2:] / items
        variance = float(row[1] / items - sums.of_squares(shift)) / self.mean.size
        return self._with(self.mean + shift, max(0.0, variance))  # two equal items: rounding may go below

    def _with(self, mean: Floats, variance: float) -> Self:
        return type(self)(mean, variance, self.variance_ratio)


@dataclass(frozen=True)
class Categorical:
    """Token frequencies `fitted` (K,), sampled in proportion to fitted^(1 / variance_ratio)."""

    fitted: Floats
    human_frequency: Floats
    variance_ratio: float
    model: Floats

    QUANTITIES: ClassVar[Mapping[str, Quantity]] = {
        "support": Quantity(("generation",), "tokens with positive frequency in the pool", "tokens"),
        "entropy": Quantity(("generation",), "entropy of the fitted frequencies", "nats"),
        "total_variation": Quantity(("generation",), "total variation of fitted and human frequencies"),
    }

    @classmethod
    def human(cls, parameters: Parameters, draws: Draws | None = None) -> Self:
        """Content fitted to human content itself: Zipf frequencies, proportional to rank^-exponent."""
        rank = np.arange(1, parameters.vocabulary + 1, dtype=np.float64)
        p = np.empty_like(rank)
        categorical.temper(1.0 / rank, 1.0 / max(parameters.zipf_exponent, 1e-12), p)
        return cls._refitted(p, p, parameters.variance_ratio)

    @classmethod
    def _refitted(cls, fitted: Floats, human: Floats, delta: float) -> Self:
        model = np.empty_like(fitted)
        categorical.temper(fitted, delta, model)
        return cls(fitted, human, delta, model)

    def _functionals(self, contamination: float, frequency: Floats) -> Floats:
        out = np.empty(6)
        categorical.categorical_functionals(contamination, self.human_frequency, frequency, out)
        return out

    def divergence(self) -> float:
        """Divergence KL(q || p) in nats, an exact sum."""
        return float(self._functionals(0.0, self.model)[3])

    def reverse_divergence(self) -> float:
        """Divergence KL(p || q) in nats; infinite where a token has died."""
        p, q = self.human_frequency, self.model
        if not np.all(q > 0.0):
            return float("inf")
        log_p, log_q = np.empty(p.size), np.empty(p.size)
        natural_logs(p, log_p)
        natural_logs(q, log_q)
        return float(sums.total(p * (log_p - log_q)))

    def information(self, contamination: float) -> float:
        """Fisher information I(rho) about the contamination in one token."""
        return float(self._functionals(contamination, self.model)[2])

    def mixture(self, contamination: float) -> tuple[float, float]:
        """Collapse loss and its derivative as exact sums over the vocabulary."""
        out = self._functionals(contamination, self.model)
        return float(out[0]), float(out[1])

    def contaminated(self, contamination: float) -> Self:
        """Content with the frequencies of the mixture."""
        rho = contamination
        return self._with((1.0 - rho) * self.human_frequency + rho * self.model)

    def emitted(self, share: NDArray[np.uint32], items: int, step: np.uint64, draws: Draws) -> tuple[float, Self]:
        """Emit the pool token by token through alias tables, keeping the counts."""
        pair = [(np.empty(p.size), np.empty(p.size, np.int64)) for p in (self.human_frequency, self.model)]
        for p, table in zip((self.human_frequency, self.model), pair):
            alias.alias_table(p, *table)
        tables = categorical.AliasTables(*pair[0], *pair[1])
        counts, lock = np.zeros(self.model.size, np.int64), Lock()
        human = np.zeros(len(blocks(share.size)), np.int64)

        def work(index: int, start: int, stop: int) -> None:
            own = np.zeros(self.model.size, np.int64)
            human[index] = categorical.emit_tokens(
                draws.keys["label"], step, draws.replicate, np.uint64(start), share[start:stop], items, tables, own
            )
            with lock:  # integers: the order of blocks does not matter
                np.add(counts, own, out=counts)

        run_blocks(work, share.size, draws.threads)
        return float(human.sum()), self._with(counts / (share.size * float(items)))

    def drawn(self, human: float, synthetic: float, step: np.uint64, draws: Draws) -> Self:
        """Content refitted to token counts drawn as two multinomials."""
        counts = np.zeros(self.model.size)
        for origin, (n, p) in enumerate(((human, self.human_frequency), (synthetic, self.model))):
            lane = np.uint64(origin * p.size)
            variates.multinomial(draws.keys["content"], step, draws.replicate, lane, n, p, counts)
        return self._with(counts / (human + synthetic))

    def observables(self) -> dict[str, float]:
        """Number of surviving tokens, entropy, and total variation to human frequencies."""
        out = self._functionals(0.0, self.fitted)
        return {
            "support": float(np.count_nonzero(self.fitted)),
            "entropy": float(out[5]),
            "total_variation": float(out[4]),
        }

    def _with(self, fitted: Floats) -> Self:
        return self._refitted(fitted, self.human_frequency, self.variance_ratio)


AnyContent: TypeAlias = Gaussian | Categorical | EmpiricalGaussian | EmpiricalKernel


def family_of(parameters: Parameters) -> type[AnyContent]:
    """Class of content that an economy's generators are fitted in (MODEL 1.7)."""
    if parameters.content is Family.EMPIRICAL:
        return EmpiricalKernel if parameters.refit is Refit.KERNEL else EmpiricalGaussian
    return Categorical if parameters.content is Family.CATEGORICAL else Gaussian


def human_content(parameters: Parameters, draws: Draws | None = None) -> "AnyContent":
    """Content fitted to human content itself; a replicate's draws serve the integrals over empirical content."""
    return family_of(parameters).human(parameters, draws)
