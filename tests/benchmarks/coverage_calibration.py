"""Print coverage of calibrated parameters, and of orders of few replicates, with known truths: `COVERAGE.md`, Calibration."""

import argparse
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

from mfsolve.calibration.landscape import Box, SimulatedMoments
from mfsolve.calibration.search import SearchOptions, calibrate
from mfsolve.calibration.targets import Targets, Weighting
from mfsolve.inference.convergence import fit_order_of_means

LINEAR = np.array([[1, 0], [0, 1], [1, 1], [1, -1], [2, 1], [1, 3]], float)
SIZES = 10.0 * 2.0 ** np.arange(8)

Model = Callable[[Any, Generator, int], Any]


def counts(at: Any, rng: Generator, replicates: int) -> Any:
    """Mean, variance and share of zeros of 20 Poisson counts, by inversion so that seeds are common."""
    terms = np.arange(1, 120)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(terms))])
    below = np.cumsum(np.exp(np.arange(120) * math.log(at[0]) - at[0] - log_factorial))
    drawn = np.searchsorted(below, rng.random((replicates, 20)) * below[-1])
    return np.stack([drawn.mean(1), drawn.var(1), (drawn == 0).mean(1)], axis=1)


def autoregression(at: Any, rng: Generator, replicates: int) -> Any:
    """Variance and first two autocovariances of 100 steps."""
    shocks = at[1] * rng.standard_normal((100, replicates))
    path = np.empty_like(shocks)
    path[0] = shocks[0] / math.sqrt(1.0 - at[0] ** 2)
    for t in range(1, 100):
        path[t] = at[0] * path[t - 1] + shocks[t]
    path -= path.mean(axis=0)
    return np.stack([(path[lag:] * path[: 100 - lag]).sum(axis=0) / 100 for lag in range(3)], axis=1)


def linear(at: Any, rng: Generator, replicates: int) -> Any:
    """Six normal moments, linear in two parameters."""
    return LINEAR @ at + rng.standard_normal((replicates, 6))


def calibrated(
    model: Model, truth: Any, ranges: Any, replicates: int, repetitions: int,
    rule: Weighting = Weighting.EFFICIENT, errors: Any = None,
) -> Iterator[tuple[Any, Any, Any]]:  # fmt: skip
    """Yield targets, whether the intervals cover, and the p-value of J."""
    for repetition in range(repetitions):
        value = model(truth, np.random.default_rng(77_000 + repetition), 1)[0]
        seed = 5_000_000 + repetition

        def evaluate(values: Any, seed: int = seed) -> list[SimulatedMoments | None]:
            drawn = [model(at, np.random.default_rng(seed), replicates) for at in values]
            return [SimulatedMoments(x.mean(axis=0), np.cov(x.T)) for x in drawn]

        box = Box.of(ranges)
        found = calibrate(evaluate, Targets.of(value, replicates, errors), box, SearchOptions(120, 32, 2, rule))
        ends = [found.fit.estimate(j, float(v), 0.95, replicates) for j, v in enumerate(found.values)]
        yield value, [not e.low > t and not e.high < t for e, t in zip(ends, truth)], found.fit.p_value


def orders(replicates: int, noise: float, repetitions: int) -> tuple[float, float]:
    """Return the coverage of an order of 1 under constant noise, and how often there is no interval."""
    covered = unknown = 0
    for seed in range(repetitions):
        x = 1.0 / SIZES[:, None] + noise * np.random.default_rng(seed).standard_normal((SIZES.size, replicates))
        spread = x.std(axis=1, ddof=1) / math.sqrt(replicates)
        order = fit_order_of_means(SIZES, np.abs(x.mean(axis=1)), spread, replicates=replicates)
        unknown += math.isnan(order.low)
        covered += not order.low > 1.0 and not order.high < 1.0
    return covered / repetitions, unknown / repetitions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    repetitions = parser.parse_args().repetitions
    warnings.simplefilter("ignore")
    for replicates in (2, 4, 7, 8):
        for noise in (0.03, 0.1, 0.3):
            covered, unknown = orders(replicates, noise, repetitions)
            print(f"| {replicates} | {noise:g} | {covered:.3f} | {unknown:.3f} | {repetitions} |", flush=True)
    nan = math.nan
    mixed = np.array([1.0, nan] * 3)
    wide, auto = [(-20.0, 20.0)] * 2, [(-0.9, 0.97), (0.2, 3.0)]
    cases: dict[str, tuple[Any, ...]] = {
        "20 counts, R = 64": (counts, np.array([3.0]), [(0.1, 20.0)], 64, repetitions),
        "6 linear moments, R = 12, diagonal": (linear, np.zeros(2), wide, 12, repetitions, Weighting.DIAGONAL),
        "6 linear moments, R = 12": (linear, np.zeros(2), wide, 12, repetitions),
        "6 linear moments, R = 12, every other standard error": (
            linear, np.zeros(2), wide, 12, repetitions, Weighting.EFFICIENT, mixed,
        ),
        "autoregression, 3 moments, R = 64": (autoregression, np.array([0.6, 1.0]), auto, 64, repetitions),
    }  # fmt: skip
    for label, case in cases.items():
        rows = list(calibrated(*case))
        hits = " and ".join(f"{share:.3f}" for share in np.mean([hit for _, hit, _ in rows], axis=0))
        print(f"| {label} | {hits} | {np.mean([p < 0.05 for *_, p in rows]):.3f} | {repetitions} |", flush=True)
        if case[0] is counts:
            none = [hit for value, hit, _ in rows if value[2] == 0.0]
            print(f"| {label}, published without zeros | {np.mean(none):.3f} | | {len(none)} |", flush=True)


if __name__ == "__main__":
    main()
