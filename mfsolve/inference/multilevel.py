"""Multilevel Monte Carlo (Giles 2008): expectations to a requested root-mean-square error (MODEL 8)."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mfsolve.arrays import Floats


class LevelSampler(Protocol):
    """Samples of one quantity at levels of refinement; a sample is a function of (level, index) alone."""

    def __call__(self, level: int, first: int, count: int) -> Floats:
        """Coupled fine and coarse values (count, 2) of samples first .. first + count - 1; coarse is 0 on level 0."""

    def cost(self, level: int) -> float:
        """Cost of one coupled sample, in any unit."""

    def single_cost(self, level: int) -> float:
        """Cost of one sample of the fine value alone."""


@dataclass(frozen=True)
class Multilevel:
    """A multilevel estimate.

    Attributes
    ----------
    value : the estimate.
    standard_error : statistical error.
    bias : estimated magnitude of what is left out beyond the finest level.
    rmse : sqrt(standard_error^2 + bias^2), the achieved error as estimated; `target` is the requested one.
    samples, corrections, variances : per level: number of samples, mean and variance of fine - coarse.
    fine_variances : per level: variance of the fine value alone.
    cost : of all samples, in the sampler's unit.
    single_cost : what plain Monte Carlo on the finest level would cost for the same target.
    met : whether rmse <= target was reached within the largest level.
    """

    value: float
    standard_error: float
    bias: float
    rmse: float
    target: float
    samples: tuple[int, ...]
    corrections: tuple[float, ...]
    variances: tuple[float, ...]
    fine_variances: tuple[float, ...]
    cost: float
    single_cost: float
    met: bool


class _Level:
    """Running moments of one level's corrections and fine values."""

    def __init__(self, level: int) -> None:
        self.level, self.count = level, 0
        self.mean, self.scatter = np.zeros(2), np.zeros(2)  # of fine - coarse, and of fine

    def extend(self, sampler: LevelSampler, count: int, batch: int = 2**17) -> None:
        while self.count < count:
            n = min(batch, count - self.count)
            both = sampler(self.level, self.count, n)
            pair = np.stack([both[:, 0] - both[:, 1], both[:, 0]])
            mean = pair.mean(axis=1)
            gap = mean - self.mean
            whole = self.count + n
            self.scatter += np.sum((pair - mean[:, None]) ** 2, axis=1) + gap**2 * self.count * n / whole
            self.mean = self.mean + gap * n / whole
            self.count = whole

    @property
    def variance(self) -> float:
        return float(self.scatter[0] / (self.count - 1))

    @property
    def fine_variance(self) -> float:
        return float(self.scatter[1] / (self.count - 1))


def multilevel(
    sampler: LevelSampler,
    rmse: float,
    *,
    pilot: int = 256,
    smallest: int = 2,
    largest: int = 12,
    weak_order: float = 1.0,
    variance_order: float = 2.0,
    bias_share: float = 0.25,
) -> Multilevel:
    """Estimate an expectation to a root-mean-square error.

    The samples of each level follow the measured variances and costs (Giles' optimal allocation); levels are
    added until the bias, extrapolated from the last three corrections with the weak order, fits its share of
    the squared error.

    Parameters
    ----------
    sampler : the levels; costs grow with the level.
    rmse : requested root-mean-square error, > 0.
    pilot : samples of level 0 before its variance is used, >= 16; half as many for each further level, at least 64.
    smallest, largest : finest level at the start (>= 2) and at most.
    weak_order : levels' bias falls as 2^(-weak_order level), > 0.
    variance_order : guard: a level's variance is taken as at least half of what the level before and 2^(-order) give.
    bias_share : share of rmse^2 left to the bias, in (0, 1).

    Raises
    ------
    ValueError : an argument out of its range.
    """
    if not (np.isfinite(rmse) and rmse > 0.0):
        raise ValueError(f"rmse: {rmse!r} given; allowed: (0, inf)")
    if not 0.0 < bias_share < 1.0:
        raise ValueError(f"bias_share: {bias_share!r} given; allowed: (0, 1)")
    if not weak_order > 0.0:
        raise ValueError(f"weak_order: {weak_order!r} given; allowed: (0, inf)")
    if pilot < 16:
        raise ValueError(f"pilot: {pilot!r} given; allowed: [16, inf)")
    if not 2 <= smallest <= largest:
        raise ValueError(f"smallest, largest: {smallest!r}, {largest!r} given; allowed: 2 <= smallest <= largest")
    levels = [_Level(k) for k in range(smallest + 1)]
    while True:
        _fill(levels, sampler, (1.0 - bias_share) * rmse**2, pilot, variance_order)
        bias = _bias(levels, weak_order)
        if bias**2 <= bias_share * rmse**2 or len(levels) > largest:
            break
        levels.append(_Level(len(levels)))
    return _result(levels, sampler, rmse, bias, (1.0 - bias_share) * rmse**2)


def _fill(levels: list[_Level], sampler: LevelSampler, variance: float, pilot: int, order: float) -> None:
    """Sample every level until the estimate's variance fits."""
    for level in levels:
        level.extend(sampler, max(pilot >> level.level, min(pilot, 64)))
    for _ in range(20):
        spread = [level.variance for level in levels]
        for k in range(2, len(levels)):
            spread[k] = max(spread[k], 0.5 * spread[k - 1] * 2.0**-order)
        cost = [sampler.cost(level.level) for level in levels]
        total = sum(np.sqrt(v * c) for v, c in zip(spread, cost))
        wanted = [int(np.ceil(np.sqrt(v / c) * total / variance)) for v, c in zip(spread, cost)]
        if all(level.count >= n for level, n in zip(levels, wanted)):
            return
        for level, n in zip(levels, wanted):
            level.extend(sampler, n)


def _bias(levels: list[_Level], order: float) -> float:
    """Magnitude of the telescoping sum's rest: the largest that the last corrections allow, plus a standard error."""
    fade = 2.0**-order
    found = 0.0
    for back, level in enumerate(reversed(levels[1:][-3:])):
        noise = np.sqrt(level.variance / level.count) if back == 0 else 0.0
        found = max(found, (abs(float(level.mean[0])) + noise) * fade**back)
    return float(found * fade / (1.0 - fade))


def _result(levels: list[_Level], sampler: LevelSampler, rmse: float, bias: float, variance: float) -> Multilevel:
    error = float(np.sqrt(sum(level.variance / level.count for level in levels)))
    finest = levels[-1]
    return Multilevel(
        value=float(sum(level.mean[0] for level in levels)),
        standard_error=error,
        bias=bias,
        rmse=float(np.hypot(error, bias)),
        target=rmse,
        samples=tuple(level.count for level in levels),
        corrections=tuple(float(level.mean[0]) for level in levels),
        variances=tuple(level.variance for level in levels),
        fine_variances=tuple(level.fine_variance for level in levels),
        cost=float(sum(level.count * sampler.cost(level.level) for level in levels)),
        single_cost=float(max(finest.fine_variance / variance, 1.0) * sampler.single_cost(finest.level)),
        met=bool(np.hypot(error, bias) <= rmse),
    )


@dataclass(frozen=True)
class Single:
    """A plain Monte Carlo estimate on one level: what `multilevel` is compared with."""

    value: float
    standard_error: float
    samples: int
    cost: float


def single_level(sampler: LevelSampler, level: int, variance: float, *, pilot: int = 512) -> Single:
    """Plain Monte Carlo of the fine value of a level until its squared standard error is at most `variance` (> 0)."""
    if not variance > 0.0:
        raise ValueError(f"variance: {variance!r} given; allowed: (0, inf)")
    moments = _Level(level)
    moments.extend(sampler, pilot)
    while moments.fine_variance / moments.count > variance:
        moments.extend(sampler, int(np.ceil(moments.fine_variance / variance)) + 1)
    return Single(
        float(moments.mean[1]),
        float(np.sqrt(moments.fine_variance / moments.count)),
        moments.count,
        moments.count * sampler.single_cost(level),
    )
