"""Coverage of the collapse law's slope on logs like those that people keep: cases of `measure_coverage.py`."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import signal

from mfsolve.inference.regression import Start, collapse_law

Generator = np.random.Generator
Made = tuple[str, str, float, Callable[[Generator], Any], float]
SLOPE = 0.1


def noise(rng: Generator, length: int, coefficient: float) -> Any:
    """Stationary AR(1) errors."""
    found = rng.normal(size=length)
    found[0] /= np.sqrt(1 - coefficient**2)
    return signal.lfilter([1], [1, -coefficient], found)


def log(rng: Generator, lengths: tuple[int, ...], coefficient: float, **options: Any) -> Any:
    """Slope of runs at contamination 1 after their first generation, every measurement with an error of 0.05."""
    generation = np.concatenate([np.arange(n) for n in lengths])
    errors = np.concatenate([noise(rng, n, coefficient) for n in lengths])
    if options.get("start") == "truly exact":
        options["start"] = Start.EXACT
        errors[generation == 0] = 0.0
    scale = options.pop("scale", 0.05) * np.ones(generation.size)
    if options.pop("given", False):
        scale = np.where(generation == 0, 0.1, 0.05)
        options["log_quality_error"] = scale
    quality = -SLOPE * generation + scale * errors
    return collapse_law(
        generation, np.minimum(generation, 1.0), quality, np.repeat(np.arange(len(lengths)), lengths), **options
    )


def cases() -> Iterator[Made]:
    """Kind, situation, truth, draw, and share of the repetitions."""
    for length in (6, 11, 16):
        for f in (0.0, 0.5, 0.9):
            yield ("collapse law, one run", f"{length} generations, AR({f})", SLOPE,
                   lambda rng, n=length, f=f: log(rng, (n,), f), 0.4)  # fmt: skip
        yield ("collapse law, one run, errors given", f"{length} generations, that of the first twice as large", SLOPE,
               lambda rng, n=length: log(rng, (n,), 0.0, given=True), 0.4)  # fmt: skip
        yield ("collapse law, exact start", f"{length} generations, first one without error", SLOPE,
               lambda rng, n=length: log(rng, (n,), 0.0, start="truly exact"), 0.4)  # fmt: skip
        yield ("collapse law, start wrongly taken for exact, only", f"{length} generations, AR(0.0)", SLOPE,
               lambda rng, n=length: log(rng, (n,), 0.0, start=Start.EXACT), 0.4)  # fmt: skip
    for lengths in ((3,) * 10, (2,) * 10, (3,) * 3, (6,) * 4, (11, 6, 6, 4), (6, 6)):
        for f in (0.0, 0.5):
            yield ("collapse law, several runs", f"lengths {lengths}, AR({f})", SLOPE,
                   lambda rng, n=lengths, f=f: log(rng, n, f), 2.0)  # fmt: skip
