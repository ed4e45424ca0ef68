"""Measure what intervals of the growth of shares by period cover, and how often the test of its curve alarms.

    python -P tests/benchmarks/coverage_growth.py [--repetitions 200] [--only WORD]

writes its section of `mfsolve/inference/COVERAGE.md`. Beside it stands a least-squares fit of the curve to the shares, each
weighed by its own error, which leans to the middle and to small shares. Intervals of single periods are left out of the work.
"""

import argparse
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import beta

from mfsolve.data.samples import Kind, Numbers
from mfsolve.models.provenance.cross_fitted import Shares
from mfsolve.models.provenance.growth import Growth
from mfsolve.models.provenance.memory_samples import sample
from mfsolve.models.provenance.periods import Periods, by_period
from mfsolve.models.provenance.score_test import ScoreTest
from mfsolve.models.provenance.share import Settings

Generator = np.random.Generator
TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"
BEGIN, END = "<!-- growth -->", "<!-- /growth -->"
LEVEL, APART = 0.95, 2.0


@dataclass(frozen=True)
class Case:
    """Features of an item, periods of so many items each, log odds at the first and the last, rows of each reference.

    `part` is that of the repetitions asked for: cells take long.
    """

    columns: int
    periods: int
    items: int
    ends: tuple[float, float]
    references: int = 1000
    part: float = 1.0

    @property
    def name(self) -> str:
        """The case in words."""
        first, last = (1.0 / (1.0 + np.exp(-x)) for x in self.ends)
        law = f"share {first:.2f}" if first == last else f"shares {first:.2f} to {last:.2f}"
        feature = "1 feature" if self.columns == 1 else f"{self.columns} features"
        return f"{feature}, references of {self.references}: {self.periods} periods of {self.items}, {law}"

    @property
    def rate(self) -> float:
        """Growth of the log odds per period."""
        return (self.ends[1] - self.ends[0]) / (self.periods - 1)

    def draw(self, rng: Generator) -> Periods:
        """Shares by period of one data set."""
        times = np.repeat(np.arange(self.periods), self.items)
        odds = np.exp(np.linspace(*self.ends, self.periods))[times]
        gap = np.full(self.columns, APART / np.sqrt(self.columns))
        rows = (
            rng.normal(size=(times.size, self.columns)) + (rng.random(times.size) < odds / (1.0 + odds))[:, None] * gap
        )
        pool = Numbers(sample("pool", rows).rows, Kind.FEATURES, np.array([f"{1800 + t}" for t in times]))
        human, synthetic = (rng.normal(size=(self.references, self.columns)) + k * gap for k in (0, 1))
        return by_period({"pool": pool}, sample("human", human), sample("synthetic", synthetic), Settings(level=LEVEL))


def cases() -> Iterator[Case]:
    """Many small periods, a steep rise, large periods, small references; counts in cells and equations."""
    flat, rise = (float(np.log(0.3 / 0.7)),) * 2, (-2.5, 0.8)
    for columns, many, part in ((12, 120, 1.0), (1, 40, 0.5)):
        yield Case(columns, many, 20, flat, part=part)
        for items in (20, 500):
            yield Case(columns, 12, items, rise, part=part)
        yield Case(columns, 12, 500, flat, part=part)
        yield Case(columns, 12, 500, rise, 200, part=part)
        yield Case(columns, 4, 200, rise, part=part)


def to_shares(found: Periods) -> tuple[Any, Any]:
    """Log odds at the start and rate, and their errors, by least squares on shares, each weighed by its own error."""
    shares = np.array([a.share for a in found.answers.values()])
    errors = np.array([max(a.standard_error, 1e-3) for a in found.answers.values()])

    def residual(x: Any) -> Any:
        return (shares - 1.0 / (1.0 + np.exp(-np.clip(x[0] + x[1] * found.times, -30.0, 30.0)))) / errors

    fit = least_squares(residual, [-1.0, 0.0])
    return fit.x, np.sqrt(np.diag(np.linalg.pinv(fit.jac.T @ fit.jac)))


def measure(case: Case, repetitions: int) -> str:
    """Row of the table."""
    rng = np.random.default_rng([case.columns, case.periods, case.items, case.references, round(100 * case.rate)])
    truth, z = np.array([case.ends[0], case.rate]), 1.959963984540054
    held, before, alarms, silent = np.zeros(2), np.zeros(2), 0, 0
    for _ in range(repetitions):
        found = case.draw(rng)
        value, error = to_shares(found)
        before += np.abs(value - truth) <= z * error
        if not isinstance(found.growth, Growth):
            silent += 1
            held += 1
            continue
        start = np.log(found.growth.start / (1.0 - found.growth.start))
        held += np.abs(np.array([start, found.growth.rate]) - truth) <= z * np.sqrt(np.diag(found.growth.covariance))
        alarms += found.growth.p_value < 1.0 - LEVEL
    n, drawn = repetitions, max(repetitions - silent, 1)
    low = beta.ppf(0.025, alarms, drawn - alarms + 1) if alarms else 0.0
    high = beta.ppf(0.975, alarms + 1, drawn - alarms) if alarms < drawn else 1.0
    return (
        f"| {case.name} | {held[0] / n:.3f} | {held[1] / n:.3f} | {before[0] / n:.3f} | {before[1] / n:.3f} | "
        f"{alarms / drawn:.3f} | {low:.3f} to {high:.3f} | {silent / n:.2f} | {n} |"
    )


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--only", default="", help="cases that begin with this, whose rows are replaced in the table")
    asked = parser.parse_args()
    for test in (ScoreTest, Shares):
        test.interval = lambda *_: (0.1, 0.9)  # type: ignore[method-assign]
    rows = []
    for case in cases():
        if case.name.startswith(asked.only):
            rows.append(measure(case, round(case.part * asked.repetitions)))
            print(rows[-1], flush=True)
    old = TABLE.read_text()
    before, mark, rest = old.partition(BEGIN)
    if asked.only:
        kept = rest.partition(END)[0].splitlines()
        rows = [
            row for row in kept if row.startswith("| ") and not row.startswith(("| case", f"| {asked.only}"))
        ] + rows
    head = f"""## Growth by period

Made by `python -P tests/benchmarks/coverage_growth.py --repetitions {asked.repetitions}` on
{datetime.datetime.now(datetime.UTC).date()}. *Start* and *rate*: how often intervals of the log odds in the first period and of their growth cover at
nominal {LEVEL:.0%} (MODEL 3.5.5); *by shares*: those of least squares on the shares, each weighed by its own error. *Alarm*: share of
repetitions whose test of the logistic curve has p < {1 - LEVEL:.2f}, with such a curve as the truth. *No growth*: those that say why there
is none, and exclude nothing. Items of 1 feature are counted in cells, those of 12 measured by equations.

| case | start | rate | start by shares | rate by shares | alarm | 95 % interval of it | no growth | repetitions |
|---|---|---|---|---|---|---|---|---|
"""
    after = rest.partition(END)[2] if mark else "\n"
    TABLE.write_text(f"{before if mark else before + chr(10)}{BEGIN}\n{head}" + "\n".join(rows) + f"\n{END}{after}")


if __name__ == "__main__":
    main()
