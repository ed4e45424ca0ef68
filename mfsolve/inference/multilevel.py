"""Multilevel Monte Carlo (Giles 2008): expectations to a requested root-mean-square error (MODEL 8)."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mfsolve.inference.level_moments import Level, LevelSampler


@dataclass(frozen=True)
class Multilevel:
    """Multilevel estimate with its error and checks.

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
    met : whether rmse <= target was reached within the largest level and no check failed.
    kurtosis : per level: of fine - coarse, NaN where all are equal; the relative standard error of a variance from n
        samples is sqrt((kurtosis - 1) / n).
    consistency : per level above 0: |mean of fine on the level below - mean of coarse| over three standard errors of
        that difference; the telescoping sum is one sum only where it is at most 1 (Giles 2015).
    unseen : largest probability of a correction that no sample of some level has shown, at 97.5 %.
    checks : what failed, in words; empty where all is well.
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
    kurtosis: tuple[float, ...]
    consistency: tuple[float, ...]
    unseen: float
    checks: tuple[str, ...]


@dataclass(frozen=True)
class MultilevelSettings:
    """Settings of a multilevel estimate.

    Attributes
    ----------
    pilot : fewest samples of every level, >= 16. A correction rarer than 3.7 / pilot may pass unseen; `unseen` says so.
    smallest, largest : finest level at the start (>= 2) and at most.
    weak_order : levels' bias falls as 2^(-weak_order level), > 0. Where the last corrections fall more slowly, by more
        than three standard errors, and the bias that follows misses the target, `checks` says so.
    variance_order : guard: a level's variance is taken as at least half of what the level before and 2^(-order) give.
    bias_share : share of rmse^2 left to the bias, in (0, 1).
    bound : largest size that a correction, or a value of level 0, can have, > 0, where the caller knows one: every
        level is then sampled until what it has not shown (3.7 / samples, at 97.5 %) times this fits the bias's share.
    most : samples of one level beyond which no more are drawn only because its corrections are rare, >= pilot.

    Raises
    ------
    ValueError : an argument out of its range.
    """

    pilot: int = 256
    smallest: int = 2
    largest: int = 12
    weak_order: float = 1.0
    variance_order: float = 2.0
    bias_share: float = 0.25
    bound: float | None = None
    most: int = 2**20

    def __post_init__(self) -> None:
        if not 0.0 < self.bias_share < 1.0:
            raise ValueError(f"bias_share: {self.bias_share!r} given; allowed: (0, 1)")
        if not self.weak_order > 0.0:
            raise ValueError(f"weak_order: {self.weak_order!r} given; allowed: (0, inf)")
        if self.most < self.pilot:
            raise ValueError(f"most: {self.most!r} given; allowed: [pilot, inf)")
        if self.pilot < 16:
            raise ValueError(f"pilot: {self.pilot!r} given; allowed: [16, inf)")
        if not 2 <= self.smallest <= self.largest:
            given = f"{self.smallest!r}, {self.largest!r}"
            raise ValueError(f"smallest, largest: {given} given; allowed: 2 <= smallest <= largest")
        if self.bound is not None and not self.bound > 0.0:
            raise ValueError(f"bound: {self.bound!r} given; allowed: (0, inf)")


def multilevel(sampler: LevelSampler, rmse: float, **options: Any) -> Multilevel:
    """Estimate an expectation to a root-mean-square error.

    The samples of each level follow the measured variances and costs (Giles' optimal allocation); levels are
    added until the bias, extrapolated from the last three corrections with the weak order, fits its share of
    the squared error.

    Parameters
    ----------
    sampler : the levels; costs grow with the level.
    rmse : requested root-mean-square error, > 0.
    **options : fields of `MultilevelSettings`.

    Notes
    -----
    A level's variance is known to a relative sqrt((kurtosis - 1) / n), and rare corrections have a large kurtosis: each
    level is sampled until that is at most a quarter, with the largest kurtosis of the levels up to the next, so that a
    level that has not shown its rare corrections is not trusted when its neighbours have. What still
    fails is named in `checks`, and `met` is false then. Corrections that no level has shown can only be
    bounded by who knows their size: give `bound`, or raise `pilot`.

    References
    ----------
    Giles (2015), Multilevel Monte Carlo methods, Acta Numerica 24.

    Raises
    ------
    ValueError : an argument out of its range.
    """
    if not (np.isfinite(rmse) and rmse > 0.0):
        raise ValueError(f"rmse: {rmse!r} given; allowed: (0, inf)")
    s = MultilevelSettings(**options)
    shown = 0 if s.bound is None else math.ceil(-math.log(0.025) * s.bound / (math.sqrt(s.bias_share) * rmse))
    pilot = max(s.pilot, min(shown, s.most))
    levels = [Level(k) for k in range(s.smallest + 1)]
    while True:
        _fill(levels, sampler, (1.0 - s.bias_share) * rmse**2, pilot, s.variance_order, s.most)
        bias = _bias(levels, s.weak_order)
        if bias**2 <= s.bias_share * rmse**2 or len(levels) > s.largest:
            break
        levels.append(Level(len(levels)))
    return _result(levels, sampler, rmse, bias, shown, s)


# Rounds of sampling, each of which may show that more samples are needed; where variances have no bound, all do.
_ROUNDS = 100
# Largest relative standard error of a level's variance: samples must be 16 times the kurtosis less one.
_VARIANCE_ERROR = 0.25


def _needed(levels: list[Level], place: int) -> int:
    """Samples that a level needs for its variance to be known, by the largest kurtosis up to the next level."""
    worst = float(np.fmax.reduce([level.kurtosis for level in levels[: place + 2]], initial=1.0))
    return math.ceil((worst - 1) / _VARIANCE_ERROR**2)


def _too_rare(levels: list[Level]) -> list[int]:
    return [level.level for level in levels if level.count < _needed(levels, level.level)]


def _fill(levels: list[Level], sampler: LevelSampler, variance: float, pilot: int, order: float, most: int) -> None:
    """Sample every level until the estimate's variance fits and the levels' own variances are known."""
    for level in levels:
        level.extend(sampler, pilot)
    for _ in range(_ROUNDS):
        for level in levels:
            level.extend(sampler, min(_needed(levels, level.level), most))
        spread = [level.variance for level in levels]
        for k in range(2, len(levels)):
            spread[k] = max(spread[k], 0.5 * spread[k - 1] * 2.0**-order)
        cost = np.array([sampler.cost(level.level) for level in levels])
        total = sum(np.sqrt(spread * cost))
        wanted = np.ceil(np.sqrt(spread / cost) * total / variance).astype(int).tolist()
        if all(level.count >= n for level, n in zip(levels, wanted)) and all(
            levels[k].count >= most for k in _too_rare(levels)
        ):
            return
        for level, n in zip(levels, wanted):
            level.extend(sampler, n)


def _bias(levels: list[Level], order: float) -> float:
    """Magnitude of the telescoping sum's rest: the largest that the last corrections allow, plus a standard error."""
    fade = 2.0**-order
    found = 0.0
    for back, level in enumerate(reversed(levels[1:][-3:])):
        noise = np.sqrt(level.variance / level.count) if back == 0 else 0.0
        found = max(found, (abs(float(level.mean[0])) + noise) * fade**back)
    return float(found * fade / (1.0 - fade))


def _too_slow(levels: list[Level], allowed: float, order: float) -> str | None:
    """Words on a bias that is too large by the fastest fall that the last corrections allow, if slower than stated."""
    last = levels[1:][-3:]
    size = np.array([abs(float(level.mean[0])) for level in last])
    if not size.any():
        return None
    error = np.array([math.sqrt(level.variance / level.count) for level in last])
    error = np.maximum(error, 1e-9 * size.max())  # of what is without noise, to rounding
    back = np.arange(size.size - 1.0, -1.0, -1.0)

    def fitted(fade: float) -> tuple[float, float]:
        """Size of the last correction, and the squares left, where each is `fade` times the one before."""
        shape = fade**-back / error
        top = float(shape @ (size / error)) / float(shape @ shape)
        return top, float(((size / error - top * shape) ** 2).sum())

    orders = order - np.linspace(0.0, order + 1.0, 401)  # down to corrections that double
    found = [fitted(2.0**-each) for each in orders]
    least = min(squares for _, squares in found)
    place = next(i for i, (_, squares) in enumerate(found) if squares <= least + 9.0)
    if place == 0:
        return None
    fade = 2.0 ** -orders[place]
    rest = found[place][0] * fade / (1.0 - fade) if fade < 1.0 else math.inf
    if rest <= allowed:
        return None
    return (
        f"the last corrections scale as 2^({-orders[place]:.2g} level) at best, not with weak_order = {order:g}: "
        f"a bias of {rest:.2g}"
    )


def _result(
    levels: list[Level], sampler: LevelSampler, rmse: float, bias: float, shown: int, s: MultilevelSettings
) -> Multilevel:
    order, variance = s.weak_order, (1.0 - s.bias_share) * rmse**2
    error = float(np.sqrt(sum(level.variance / level.count for level in levels)))
    finest = levels[-1]
    consistency = tuple(_consistency(below, level) for below, level in pairwise(levels))
    failed = []
    if shown > min(level.count for level in levels):
        failed.append(f"corrections up to the bound may go unnoticed: {shown} samples a level are needed")
    for level, ratio in zip(levels[1:], consistency):
        if ratio > 1:
            failed.append(f"level {level.level}: its coarse values do not agree with level {level.level - 1}")
    if rare := _too_rare(levels):
        needed = max(_needed(levels, k) for k in rare)
        failed.append(
            f"levels {rare}: corrections too rare for their variance to be known: {needed} samples are needed"
        )
    if slow := _too_slow(levels, math.sqrt(max(rmse**2 - error**2, 0.0)), order):
        failed.append(slow)
    silent = [level.level for level in levels[1:] if math.isnan(level.kurtosis)]
    if silent and len(silent) < len(levels) - 1:
        failed.append(f"levels {silent}: all corrections are equal, on other levels they differ")
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
        met=bool(np.hypot(error, bias) <= rmse) and not failed,
        kurtosis=tuple(level.kurtosis for level in levels),
        consistency=consistency,
        unseen=-math.expm1(math.log(0.025) / min(level.count for level in levels)),
        checks=tuple(failed),
    )


def _consistency(below: Level, level: Level) -> float:
    """Gap between two samples' means of one quantity, over three of its standard errors."""
    fine, coarse = float(below.mean[1]), float(level.mean[2])
    gap = abs(fine - coarse)
    error = math.sqrt(below.fine_variance / below.count + level.coarse_variance / level.count)
    # Equal values differ by rounding.
    rounding = 64 * np.finfo(float).eps * (abs(fine) + abs(coarse))
    return gap / (3 * error + rounding) if gap > rounding else 0.0
