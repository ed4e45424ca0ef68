"""Measure what intervals of pools with clusters cover; `measure_coverage.py` writes the table they stand in.

    python -P tests/benchmarks/coverage_clusters.py [--repetitions 200] [--only WORD]

A cluster is synthetic with the probability of the share, as a whole, but for mixed ones, whose rows are synthetic with a
probability of their cluster's own. Rows are those of two normal sources, with a part that a cluster's rows have in common:
all but a little of it where they are near copies. Each pool is measured as clusters and, for comparison, as independent rows.
"""

import argparse
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from mfsolve.models.provenance import quantify

Generator = np.random.Generator
TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"
BEGIN, END = "<!-- clusters -->", "<!-- /clusters -->"
LEVEL, SHARE, APART, REFERENCE = 0.95, 0.3, 2.0, 400
MEASURED_BY = {2: "cells", 12: "equations"}
"""Way to measure rows with so many features: by counts in cells of a score, or by means of cross-fitted scores."""


@dataclass(frozen=True)
class Case:
    """Sizes of a pool's clusters, and what their rows have in common.

    `common` is the share of the variance about the source's mean that a cluster's rows have in common, `mixed` whether
    rows of a cluster may be of both sources, `references` rows of each reference's clusters.
    """

    name: str
    sizes: tuple[int, ...]
    common: float
    mixed: bool = False
    references: int = 1

    def draw(self, rng: Generator, columns: int) -> tuple[list[Any], dict[str, Any]]:
        """Pool, human and synthetic rows, and their clusters."""
        own = rng.beta(1.5 * SHARE, 1.5 * (1.0 - SHARE), len(self.sizes)) if self.mixed else SHARE
        synthetic = np.repeat(rng.random(len(self.sizes)) < own, self.sizes)
        labels = np.repeat(np.arange(len(self.sizes)), self.sizes)
        if self.mixed:
            synthetic = rng.random(labels.size) < np.repeat(own, self.sizes)
        samples, clusters = [self.rows(rng, labels, synthetic, columns)], {"pool": labels}
        for name, source in (("human", False), ("synthetic", True)):
            labels = np.arange(REFERENCE) // self.references
            samples.append(self.rows(rng, labels, np.full(REFERENCE, source), columns))
            clusters[name] = labels
        return samples, clusters

    def rows(self, rng: Generator, labels: Any, synthetic: Any, columns: int) -> Any:
        """Rows of clusters with labels."""
        shared = rng.normal(size=(labels.max() + 1, columns))[labels]
        noise = np.sqrt(self.common) * shared + np.sqrt(1.0 - self.common) * rng.normal(size=(labels.size, columns))
        return noise + synthetic[:, None] * APART / np.sqrt(columns)


def cases() -> Iterator[Case]:
    """Near copies, authors, documents cut into rows; few clusters, unequal ones, one that dominates, single rows."""
    near = 1.0 - 1e-4
    for count in (4, 8, 30):
        yield Case(f"{count} near-copied rows, 25 times each", (25,) * count, near)
    yield Case("60 rows once, one near-copied 180 times", (180, *(1,) * 60), near)
    yield Case("60 near-copied rows, 1 to 40 times", tuple(1 + (13 * k) % 40 for k in range(60)), near)
    for count in (6, 20, 80):
        yield Case(f"{count} authors of 10 rows, 0.2 in common", (10,) * count, 0.2)
    yield Case("40 authors of 10 rows, nothing in common", (10,) * 40, 0.0)
    yield Case("40 authors of 10 rows of both sources", (10,) * 40, 0.2, mixed=True)
    yield Case("30 authors of 2 rows, one of 120, 0.2 in common", (120, *(2,) * 30), 0.2)
    yield Case("40 authors of 10 rows, references too, 0.2 in common", (10,) * 40, 0.2, references=10)
    yield Case("400 rows of references of 40 authors, 0.2 in common", (1,) * 400, 0.2, references=10)
    yield Case("200 clusters of 1 row", (1,) * 200, 0.0)


def measure(case: Case, columns: int, repetitions: int) -> str:
    """Row of the table."""
    rng = np.random.default_rng([columns, len(case.sizes), sum(map(ord, case.name))])
    held, plain, widths, alarms = 0, 0, [], [0, 0]
    for _ in range(repetitions):
        samples, clusters = case.draw(rng, columns)
        found, independent = quantify(*samples, cluster=clusters), quantify(*samples)
        held += found.interval[0] <= SHARE <= found.interval[1]
        plain += independent.interval[0] <= SHARE <= independent.interval[1]
        widths.append([np.ptp(x.interval) for x in (found, independent)])
        alarms[0] += found.fit_p_value < 1.0 - LEVEL
        alarms[1] += independent.fit_p_value < 1.0 - LEVEL
    n = repetitions
    low = float(beta.ppf(0.025, held, n - held + 1)) if held else 0.0
    high = float(beta.ppf(0.975, held + 1, n - held)) if held < n else 1.0
    width = np.mean(widths, axis=0)
    return (
        f"| {case.name} | {MEASURED_BY[columns]} | {held / n:.3f} | {low:.3f} to {high:.3f} | {plain / n:.3f} | "
        f"{width[0]:.3f} | {width[1]:.3f} | {alarms[0] / n:.2f} | {alarms[1] / n:.2f} | {n} |"
    )


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--only", help="print the rows of cases with this word, and write nothing")
    asked = parser.parse_args()
    rows = []
    for case in cases():
        for columns in MEASURED_BY:
            if asked.only is None or asked.only in case.name:
                rows.append(measure(case, columns, asked.repetitions))
                print(rows[-1], flush=True)
    if asked.only is not None:
        return
    head = f"""## Clusters

Made by `python -P tests/benchmarks/coverage_clusters.py --repetitions {asked.repetitions}` on
{datetime.datetime.now(datetime.UTC).date()}. Intervals of shares of {SHARE:g} at nominal {LEVEL:.0%}, the rows of a cluster being one draw (MODEL 3.5.8), and *before*, the
same rows taken for independent: what `--cluster` is for. The share is the probability that a cluster is synthetic. Two sources
{APART:g} standard deviations apart, references of {REFERENCE} rows each; rows of 2 features are counted in cells, those of 12 measured by
equations. *Alarm*: share of repetitions whose test of fit has p < {1 - LEVEL:.2f}, with a mixture as the truth; a pool of few clusters has no
test by equations.

| pool | by | covered | 95 % interval of it | before | mean width | before | alarm | before | repetitions |
|---|---|---|---|---|---|---|---|---|---|
"""
    old = TABLE.read_text()
    before, mark, rest = old.partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    TABLE.write_text(f"{before if mark else before + chr(10)}{BEGIN}\n{head}" + "\n".join(rows) + f"\n{END}{after}")


if __name__ == "__main__":
    main()
