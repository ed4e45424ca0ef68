"""Measure how often `mfsolve regress` says that the collapse law does not describe logs, true and bent (MODEL 8.10).

    python tests/benchmarks/verdict_collapse.py [--repetitions 300]

Runs at contamination 1 after their first generation, every measurement with an independent error of 0.02, losses of 0.1 a
generation on average; `lack_of_fit_collapse.py` has autocorrelated errors.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from coverage_collapse import noise
from scipy.stats import beta

from mfsolve.inference.collapse_laws import compare
from mfsolve.inference.collapse_paths import paths
from mfsolve.inference.collapse_verdict import LawVerdict, judged
from mfsolve.inference.regression import slope_of

Curve = Callable[[Any, int], Any]
DESIGNS = ((1, 5), (1, 6), (1, 10), (8, 4), (30, 4), (5, 10))
"""Runs and measurements of each."""
CURVES: dict[str, Curve] = {
    "collapse law": lambda t, last: 0.1 * t,
    "power 0.5": lambda t, last: 0.1 * last * (t / last) ** 0.5,
    "power 2": lambda t, last: 0.1 * last * (t / last) ** 2,
    "bounded, k = 2": lambda t, last: 0.1 * last * np.expm1(-t / 2) / np.expm1(-last / 2),
    "no loss": lambda t, last: 0.0 * t,
}


def cases() -> Iterator[tuple[str, int, int]]:
    """Truth, runs and measurements."""
    yield from ((name, runs, length) for name in CURVES for runs, length in DESIGNS)


def verdict(name: str, runs: int, length: int, seed: int) -> LawVerdict:
    """Verdict on one log."""
    rng = np.random.default_rng([31, seed, runs, length])
    time = np.tile(np.arange(length), runs)
    curve = CURVES[name](np.arange(length), length - 1)
    loss = np.concatenate([curve + rng.normal(0, 0.2) + 0.02 * noise(rng, length, 0.0) for _ in range(runs)])
    measured = paths(time, np.minimum(time, 1.0), -loss, np.repeat(np.arange(runs), length))
    return judged(slope_of(measured), compare(measured))


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=300)
    count = parser.parse_args().repetitions
    print("| truth | runs x measurements | not described | 95 % interval of it | not told apart |")
    print("|---|---|---|---|---|")
    for name, runs, length in cases():
        found = [verdict(name, runs, length, seed) for seed in range(count)]
        k = sum(one.misfit is not None for one in found)
        low = beta.ppf(0.025, k, count - k + 1) if k else 0.0
        high = beta.ppf(0.975, k + 1, count - k) if k < count else 1.0
        untold = sum(one.misfit is None and bool(one.untold) for one in found) / count
        print(
            f"| {name} | {runs} x {length} | {k / count:.3f} | {low:.3f} to {high:.3f} | {untold:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
