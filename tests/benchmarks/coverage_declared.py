"""Measure shares of trials that are declared independent, and are or are not; writes the table in COVERAGE.md anew.

    python tests/benchmarks/coverage_declared.py [--repetitions 2000]

A family is twenty true claims, each on replicates of its own, judged together.
"""

import argparse
import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from coverage_shares import LEVEL, Cell
from scipy.stats import beta

from mfsolve.inference.intervals import share
from mfsolve.inference.verdicts import Kind, Question, Verdict, judge

TABLE = Path(__file__).parents[2] / "mfsolve/inference/COVERAGE.md"
BEGIN, END = "<!-- declared -->", "<!-- /declared -->"
CLAIMS = 20


def cells() -> Iterator[Cell]:
    """Independent trials, and trials that are correlated."""
    for r in (2, 3, 5, 10):
        for p in (0.01, 0.1, 0.5):
            yield Cell(r, (50,) * r, p, 0.0)
    for r in (2, 5, 10, 30):
        for correlation in (0.01, 0.05, 0.3):
            yield Cell(r, (50,) * r, 0.3, correlation)


def measure(cell: Cell, repetitions: int) -> str:
    """Row of the table."""
    rng = np.random.default_rng([19, cell.replicates, round(1000 * cell.p), round(1000 * cell.correlation)])
    held, noted, ratios = np.zeros((repetitions, 2), bool), np.zeros((repetitions, 2), bool), []
    for i in range(repetitions):
        k, n = cell.draw(rng)
        both = [share(k, n, LEVEL, independent=one) for one in (False, True)]
        held[i] = [one.low <= cell.p <= one.high for one in both]
        noted[i] = [one.note is not None for one in both]
        ratios.append((both[0].high - both[0].low) / (both[1].high - both[1].low))
    k = int(held[:, 1].sum())
    low = beta.ppf(0.025, k, repetitions - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, repetitions - k) if k < repetitions else 1.0
    families = [family(cell, rng, one, repetitions // 5) for one in (False, True)]
    return (
        f"| {cell.name} | {cell.p:g} | {cell.correlation:g} | {held[:, 0].mean():.3f} | {noted[:, 0].mean():.2f} "
        f"| {np.median(ratios):.2f} | {families[0]:.3f} | {held[:, 1].mean():.3f} | {low:.3f} to {high:.3f} "
        f"| {noted[:, 1].mean():.3f} | {families[1]:.3f} |"
    )


def family(cell: Cell, rng: np.random.Generator, independent: bool, repetitions: int) -> float:
    """Share of families of true claims in which one is contradicted."""
    wrong = 0
    for _ in range(repetitions):
        found = [share(*cell.draw(rng), LEVEL, independent=independent) for _ in range(CLAIMS)]
        asked = [Question(one, cell.p, cell.p, 0.05, Kind.THEOREM) for one in found]
        wrong += any(answer.verdict is Verdict.CONTRADICTED for answer in judge(asked, LEVEL))
    return wrong / repetitions


def table(repetitions: int) -> str:
    """The table between its marks."""
    rows = []
    for cell in cells():
        rows.append(measure(cell, repetitions))
        print(rows[-1], flush=True)
    return f"""{BEGIN}
## Shares of trials that are declared independent

Made by `tests/benchmarks/coverage_declared.py` on {datetime.datetime.now(datetime.UTC).date()}, {repetitions} data sets a case, nominal level {LEVEL:.0%}. Without and
with `independent_trials`: *covered* by the interval, *noted* share of data sets with a note, *family* share of {repetitions // 5}
families of twenty true claims in which one is contradicted; *width*: of the interval without, over that with the
declaration, median. Where trials are correlated the declaration is false.

| replicates, trials | p | correlation | covered | noted | width | family | covered, declared | 95 % interval of it | noted | family |
|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}
{END}
"""


def main() -> None:
    """Measure, and write the table in the place of the one that is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=2000)
    before, mark, rest = TABLE.read_text().partition(BEGIN)
    made = table(parser.parse_args().repetitions)
    TABLE.write_text(f"{before if mark else before.rstrip() + chr(10) * 2}{made}{rest.partition(END)[2].lstrip()}")


if __name__ == "__main__":
    main()
