"""Measure what shares of trials that may be correlated cover; `measure_coverage.py` writes the table they stand in.

Trials of a replicate have a share of their own, beta around p with a variance of correlation p (1 - p): at correlation 0
trials are independent, at 1 all trials of a replicate are alike. The rule of before, by which a chi-square test at 5 %
decided from 20 replicates on, and fewer were widened where they differed more than on average, is kept for comparison.
"""

import datetime
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from mfsolve.inference.estimate import student_quantile
from mfsolve.inference.intervals import share
from mfsolve.inference.shares import clopper_pearson, effective_trials

Generator = np.random.Generator
Ends = tuple[float, float]
BEGIN, END = "<!-- shares -->", "<!-- /shares -->"
LEVEL = 0.95


@dataclass(frozen=True)
class Cell:
    """Replicates of so many trials each (None: 1 to 60 at random), a share and a correlation."""

    replicates: int
    trials: tuple[int, ...] | None
    p: float
    correlation: float

    @property
    def name(self) -> str:
        """Sizes of replicates in words."""
        if self.trials is None:
            return f"{self.replicates} of 1 to 60"
        first, last = self.trials[0], self.trials[-1]
        return f"{self.replicates} of {last}" if first == last else f"1 of {first}, {self.replicates - 1} of {last}"

    def draw(self, rng: Generator) -> tuple[Any, Any]:
        """Successes and trials of a data set."""
        size = self.replicates
        n = rng.integers(1, 61, size) if self.trials is None else np.array(self.trials)
        own: Any = self.p
        if self.correlation == 1.0:
            own = (rng.random(size) < self.p) * 1.0
        elif self.correlation > 0.0:
            weight = 1.0 / self.correlation - 1.0
            own = rng.beta(self.p * weight, (1.0 - self.p) * weight, size)
        return rng.binomial(n, own, size) * 1.0, n * 1.0


def cells() -> Iterator[Cell]:
    """Few successes, unequal replicates, correlations too small to be seen, few replicates, and independent trials."""
    for correlation in (0.3, 0.8):
        for r in (20, 30, 60, 200):
            yield Cell(r, (50,) * r, 0.01, correlation)
    for r in (30, 100):
        yield Cell(r, (50,) * r, 0.02, 1.0)
    for r in (30, 100):
        for p in (0.1, 0.5):
            yield Cell(r, (2000, *(20,) * (r - 1)), p, 0.3)
    for correlation in (0.005, 0.01):
        yield Cell(20, (100,) * 20, 0.3, correlation)
    for r in (2, 5, 10, 30):
        for p, correlation in ((0.1, 0.05), (0.5, 0.05), (0.1, 0.3), (0.5, 0.3)):
            yield Cell(r, None, p, correlation)
    for r in (10, 30, 200):
        for p in (0.0, 0.01, 0.1, 0.5):
            yield Cell(r, (50,) * r, p, 0.0)
            yield Cell(r, None, p, 0.0)


def formerly(k: Any, n: Any) -> Ends:
    """Interval by the rule of before."""
    hits, total, count = float(k.sum()), float(n.sum()), k.size
    value, residual = hits / total, k - hits / total * n
    worth = total
    if 0.0 < value < 1.0:
        dispersion = float((residual**2 / n).sum()) / (value * (1 - value))
        if dispersion > count - 1 if count < 20 else chi2.sf(dispersion, count - 1) <= 0.05:
            variance = count / (count - 1) * float(residual @ residual) / total**2
            shrink = (student_quantile(LEVEL, total - 1) / student_quantile(LEVEL, count - 1)) ** 2
            worth = min(value * (1 - value) / variance * shrink, total)
    return clopper_pearson(worth * value, worth, LEVEL)


def measure(cell: Cell, repetitions: int) -> str:
    """Row of the table."""
    rng = np.random.default_rng([cell.replicates, round(1000 * cell.p), round(1000 * cell.correlation)])
    before = held = meant = assumed = 0
    widths = []
    for _ in range(repetitions):
        k, n = cell.draw(rng)
        low, high = formerly(k, n)
        before += low <= cell.p <= high
        found = share(k, n, LEVEL)
        within = found.low <= cell.p <= found.high
        held += within
        if noted := (found.note or "").startswith("holds if"):
            low, high = effective_trials(k, n).ends(LEVEL)
            within = within or low <= cell.p <= high
        assumed += noted
        meant += within
        low, high = clopper_pearson(float(k.sum()), float(n.sum()), LEVEL)
        widths.append((found.high - found.low) / (high - low))
    low = float(beta.ppf(0.025, meant, repetitions - meant + 1)) if meant else 0.0
    high = float(beta.ppf(0.975, meant + 1, repetitions - meant)) if meant < repetitions else 1.0
    shares = f"{before / repetitions:.3f} | {held / repetitions:.3f} | {assumed / repetitions:.2f} | {meant / repetitions:.3f}"
    ratio = f"{np.median(widths):.2f} | {math.fsum(widths) / repetitions:.2f}"
    return f"| {cell.name} | {cell.p:g} | {cell.correlation:g} | {shares} | {low:.3f} to {high:.3f} | {ratio} |"


def table(repetitions: int) -> str:
    """Section of the measured coverage, between its marks."""
    rows = []
    for cell in cells():
        rows.append(measure(cell, repetitions))
        print(rows[-1], file=sys.stderr, flush=True)
    head = f"""## Shares of trials that may be correlated

Made by `python tests/benchmarks/measure_coverage.py --only "shares of trials"` on {datetime.datetime.now(datetime.UTC).date()},
{repetitions} data sets a case, nominal level {LEVEL:.0%}. Trials of a replicate are correlated by a share of their own (beta). *Before*: a chi-square test
at 5 % decided from 20 replicates on, and fewer were widened where they differed more than on average. *Covered*: by the interval.
*Assumed*: share of data sets where nothing shows whether trials are correlated (no replicate with two successes, and fewer than
five with one), so that the interval is that of independent trials and its note has the other one. *Covered or noted*: the same where that
other one is taken. *Width*: of the interval, over that of as many independent trials; median and mean.

| replicates, trials | p | correlation | before | covered | assumed | covered or noted | 95 % interval of it | width | mean |
|---|---|---|---|---|---|---|---|---|---|
"""
    return BEGIN + "\n" + head + "\n".join(rows) + "\n" + END
