"""Measure the lack-of-fit test of `mfsolve regress` under AR(1) errors (MODEL 8.10); writes COVERAGE.md's table.

    python tests/benchmarks/lack_of_fit_collapse.py [--repetitions 500]

Logs are those of `verdict_collapse.py`. Beside the test stands the one for independent errors, which was used before.
"""

import datetime
from collections.abc import Iterator

import numpy as np
from coverage_collapse import noise
from coverage_table import measured, put
from scipy.stats import beta
from verdict_collapse import CURVES

from mfsolve.inference.collapse_paths import paths
from mfsolve.inference.collapse_tests import line_tests, under_coefficient

BEGIN, END = "<!-- lack of fit -->", "<!-- /lack of fit -->"
LAW, *RIVALS = [name for name in CURVES if name != "no loss"]


def cases() -> Iterator[tuple[str, int, int, float]]:
    """Truth, runs, measurements and the AR(1) coefficient of the errors."""
    for runs, length in ((1, 5), (1, 6), (1, 10), (1, 20), (1, 40), (3, 6), (8, 4), (5, 10), (10, 5), (10, 20)):
        yield from ((LAW, runs, length, f) for f in (0.0, 0.3, 0.6))
    for name in RIVALS:
        yield from ((name, 1, length, f) for length in (5, 6, 8, 10) for f in (0.0, 0.6))


def measure(name: str, runs: int, length: int, f: float, repetitions: int) -> str:
    """Row of the table."""
    time, curve = np.tile(np.arange(length), runs), CURVES[name](np.arange(length), length - 1)
    found = []
    for seed in range(repetitions):
        rng = np.random.default_rng([37, seed, runs, length])
        loss = np.concatenate([curve + rng.normal(0, 0.2) + 0.02 * noise(rng, length, f) for _ in range(runs)])
        measured = paths(time, np.minimum(time, 1.0), -loss, np.repeat(np.arange(runs), length))
        tests = line_tests(measured, changes=False)
        found.append((under_coefficient(measured, False, 0.0)[0], tests.lack_of_fit, tests.autocorrelation))
    white, lack, bound = np.array(found).T
    k = int((lack < 0.05).sum())
    low = beta.ppf(0.025, k, repetitions - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, repetitions - k) if k < repetitions else 1.0
    shares = f"{(white < 0.05).mean():.3f} | {k / repetitions:.3f} | {low:.3f} to {high:.3f} | {np.median(bound):.2f}"
    return f"| {name} | {runs} x {length} | {f:g} | {shares} |"


def main() -> None:
    """Measure, and write the table in the place of the one that is there."""
    rows, repetitions = measured(cases(), measure, 500)
    section = f"""{BEGIN}
## Lack of fit of the collapse law under autocorrelated errors

Made by `tests/benchmarks/lack_of_fit_collapse.py` on {datetime.datetime.now(datetime.UTC).date()}, {repetitions} logs a case, nominal level 5 %. Share of logs in which the
collapse law is rejected: by the test for independent errors, which was used before, and by that for the least favourable AR(1)
errors that the residuals allow; *allowed*: the largest coefficient that they do, median. Errors of 0.02, a mean loss of 0.1 a generation.

| truth | runs x measurements | AR(1) | for independent errors | rejected | 95 % interval of it | allowed |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}
{END}
"""
    put(BEGIN, END, section)


if __name__ == "__main__":
    main()
