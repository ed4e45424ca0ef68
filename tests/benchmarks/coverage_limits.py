"""Cases for `measure_coverage.py` in which intervals are known to cover less, or did before: heavy tails and rare events.

Studies that stop by themselves make rounds as the executor does, from 64 replicates on, under common random numbers: both
arms differ by a constant, in rounding, until a rare event is met.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mfsolve.inference import intervals
from mfsolve.inference.anytime import gain
from mfsolve.inference.convergence import fit_order_of_means
from mfsolve.inference.regression import through_origin
from mfsolve.inference.stopping import AnytimeMean
from mfsolve.study.file.precision import EXPECTED, FIRST, following
from mfsolve.study.statistics.order_estimands import magnitude

Generator = np.random.Generator
MOST = 2**14


def order_of_errors(size: Any, errors_by_size: Any) -> Any:
    """Order of the root-mean-square error of the replicates at each size, as a study fits it."""
    means, spread = np.array([magnitude(errors, True) for errors in errors_by_size]).T
    return fit_order_of_means(size, means, spread, replicates=min(map(len, errors_by_size)))


def until(target: float, make: Callable[[int], Any], found: Callable[[Any], Any]) -> Any:
    """The interval of a study that stops at a half-width; `make` has columns (k, n) of further replicates."""
    held = make(64)
    while True:
        estimate, count = found(held), held.shape[1]
        if estimate.half_width <= target or count >= MOST:
            return estimate
        ratio = estimate.half_width / target
        more = following(count, math.inf if math.isnan(ratio) else ratio, MOST) - count
        held = np.concatenate([held, make(more)], axis=1)


def stopped_mean(samples: Any, scale: float = 0.0) -> Any:
    """Interval of a mean, or of differences of numbers of size `scale`, at any number of replicates."""
    return AnytimeMean(0.95, EXPECTED, FIRST).update(samples, scale).estimate()


def difference(rng: Generator, rare: float) -> Any:
    """Of arms that differ by 0.1, and by 1 more in a rare event."""

    def make(n: int) -> Any:
        b = 10.0 * rng.normal(size=n)
        return np.stack([b + 0.1 + (rng.random(n) < rare), b])

    return until(0.05, make, lambda both: stopped_mean(both[0] - both[1], float(np.abs(both).max())))


def relative(rng: Generator, rare: float) -> Any:
    """Of arms whose ratio is 1.1, and half as much again in a rare event."""

    def make(n: int) -> Any:
        b = rng.lognormal(size=n)
        return np.stack([1.1 * b * (1.0 + 0.5 * (rng.random(n) < rare)), b])

    return until(0.05, make, lambda both: gain(*both, expected_replicates=EXPECTED, first=FIRST))


def cases() -> Iterator[tuple[Any, ...]]:
    """Kind, situation, truth, interval, share of the repetitions."""
    for rare in (0.01, 0.03):
        event = f"event in {rare:.0%} of replicates"
        yield "anytime difference, stopped at 0.05", event, 0.1 + rare, lambda rng, r=rare: difference(rng, r), 1.0
        yield "anytime gain, stopped at 0.05", event, 0.1 + 0.55 * rare, lambda rng, r=rare: relative(rng, r), 1.0
    for spread in (1.0, 1.5, 2.0):
        name, truth = f"lognormal, log-s.d. {spread:g}", math.exp(spread**2 / 2)
        yield (
            "anytime, stopped at a quarter of the mean", name, truth,
            lambda rng, s=spread, m=truth: until(
                0.25 * m, lambda count: rng.lognormal(0, s, (1, count)), lambda x: stopped_mean(x[0])
            ), 1.0,
        )  # fmt: skip
        if spread > 1.0:
            for n in (16, 32):
                yield (
                    "mean, heavy tail", f"{name}, n = {n}", truth,
                    lambda rng, s=spread, n=n: intervals.mean(rng.lognormal(0, s, n)), 1.0,
                )  # fmt: skip
    size = 2.0 ** np.arange(3, 11)
    for replicates in (16, 64):
        yield (
            "order, heavy tail", f"lognormal errors, 8 sizes of {replicates} replicates", 0.5,
            lambda rng, r=replicates: order_of_errors(
                size, [x**-0.5 * (rng.lognormal(0, 1, r) - math.exp(0.5)) for x in size]
            ), 1.0,
        )  # fmt: skip
    for runs in (3, 10, 20):
        x, run = np.tile(np.arange(1.0, 7.0), runs), np.repeat(np.arange(runs), 6)
        yield (
            "slope of several runs, heavy tail", f"{runs} runs with lognormal slopes", 0.0,
            lambda rng, x=x, run=run, k=runs: through_origin(
                x, np.repeat(rng.lognormal(0, 1, k) - math.exp(0.5), 6) * x + 0.1 * rng.normal(size=x.size), run=run
            ), 1.0,
        )  # fmt: skip
