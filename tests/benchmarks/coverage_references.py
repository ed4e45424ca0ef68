"""Measure what intervals of shares cover beside references of unequal sizes, with copies, and with common items.

    python -P tests/benchmarks/coverage_references.py [--repetitions 100] [--only WORD]

Texts are bursty (Dirichlet-multinomial) with many rare words, of which each reference holds a part only; rows of features are
those of two normal sources. All are measured by `mfsolve.models.provenance.quantify`, as a user does. The table stands in
`mfsolve/inference/COVERAGE.md`.
"""

import argparse
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from mfsolve.models.provenance import quantify

Generator = np.random.Generator
Source = Callable[[Generator, bool, int], Any]
TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"
BEGIN, END = "<!-- references -->", "<!-- /references -->"
LEVEL, POOL, VOCABULARY, LENGTH, BURST, APART = 0.95, 300, 2000, 60, 150.0, 1.5
TOKENS = np.array([f"w{k}" for k in range(VOCABULARY)])


def laws() -> tuple[Any, Any]:
    """Word frequencies of human and of synthetic texts."""
    p = np.arange(1.0, VOCABULARY + 1) ** -1.0
    q = p * np.exp(0.6 * np.random.default_rng(0).normal(size=VOCABULARY))
    return p / p.sum(), q / q.sum()


def matrix(rng: Generator, synthetic: bool, count: int) -> Any:
    """Counts (count, V) of words."""
    own = rng.gamma(BURST * laws()[synthetic], size=(count, VOCABULARY)) + 1e-12
    return rng.multinomial(LENGTH, own / own.sum(axis=1, keepdims=True)).astype(np.float64)


def texts(rng: Generator, synthetic: bool, count: int) -> Any:
    """Texts (count,) with these words."""
    rows = matrix(rng, synthetic, count).astype(np.int64)
    return np.array([" ".join(rng.permutation(np.repeat(TOKENS, row))) for row in rows], dtype=object)


def features(rng: Generator, synthetic: bool, count: int, columns: int = 12) -> Any:
    """Rows (count, d) of a normal source."""
    return rng.normal(size=(count, columns)) + synthetic * APART / np.sqrt(columns)


def two_features(rng: Generator, synthetic: bool, count: int) -> Any:
    """Rows of 2 features, which are counted in cells."""
    return features(rng, synthetic, count, 2)


KINDS: dict[str, tuple[Source, str]] = {
    "texts": (texts, "documents"), "matrix": (matrix, "documents"), "12 features": (features, "features"),
    "2 features": (two_features, "features"),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Kind of the samples, items of each reference, true share; times each synthetic item stands in its reference.

    `again` is the part of the synthetic reference that has the copies, `common` the number of its items that stand in
    the human one too.
    """

    kind: str
    human: int
    synthetic: int
    share: float = 0.3
    times: int = 1
    again: float = 1.0
    common: int = 0

    @property
    def name(self) -> str:
        """Case in words."""
        said = f"{self.human} human, {self.synthetic} synthetic"
        if self.times > 1:
            said += f", {'each' if self.again == 1.0 else f'{self.again:g} of these'} {self.times} times"
        return said + f", {self.common} of these in both" * bool(self.common)

    def draw(self, rng: Generator) -> list[Any]:
        """Pool, human and synthetic reference."""
        source, few = KINDS[self.kind][0], rng.binomial(POOL, self.share)
        human, synthetic = source(rng, False, self.human), source(rng, True, self.synthetic)
        copied = synthetic[: round(self.again * self.synthetic)]
        return [
            np.concatenate([source(rng, False, POOL - few), source(rng, True, few)]),
            np.concatenate([human, synthetic[: self.common]]),
            np.concatenate([synthetic, *[copied] * (self.times - 1)]),
        ]


def cases() -> Iterator[Case]:
    """References of unequal sizes, small ones, with copies, and with common items."""
    for kind in ("texts", "matrix", "12 features", "2 features"):
        least = 100 if kind == "2 features" else 40  # half of them fit the score
        for human, synthetic in ((200, 200), (100, 400), (400, 100), (least, least), (least, 10 * least)):
            yield Case(kind, human, synthetic)
    for share in (0.0, 0.9):
        yield Case("texts", 80, 800, share)
    for kind in ("texts", "12 features"):
        yield Case(kind, 200, 200, times=3)
        yield Case(kind, 60, 60, times=3)
        yield Case(kind, 200, 200, times=5, again=0.1)
    for common in (20, 40):
        yield Case("texts", 200, 200, common=common)


def measure(case: Case, repetitions: int) -> str:
    """Row of the table."""
    rng = np.random.default_rng([sum(map(ord, case.kind + case.name)), case.human, round(100 * case.share)])
    found = []
    for _ in range(repetitions):
        answer = quantify(*case.draw(rng), kind=KINDS[case.kind][1])
        low, high = answer.interval
        found.append(
            (low <= case.share <= high, answer.share - case.share, high - low, answer.fit_p_value < 1.0 - LEVEL)
        )
    n, (held, error, width, alarm) = repetitions, np.array(found, dtype=np.float64).T
    k = int(held.sum())
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return (
        f"| {case.kind} | {case.name} | {case.share:g} | {k / n:.3f} | {low:.3f} to {high:.3f} | {error.mean():+.3f} | "
        f"{error.std():.3f} | {width.mean():.3f} | {alarm.mean():.2f} | {n} |"
    )


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--only", help="print the rows of cases with this word, and write nothing")
    asked = parser.parse_args()
    rows = []
    for case in cases():
        if asked.only is None or asked.only in f"{case.kind}, {case.name}":
            rows.append(measure(case, asked.repetitions))
            print(rows[-1], flush=True)
    if asked.only is not None:
        return
    head = f"""## References

Made by `python -P tests/benchmarks/coverage_references.py --repetitions {asked.repetitions}` on
{datetime.datetime.now(datetime.UTC).date()}. Intervals of shares at nominal {LEVEL:.0%} in pools of {POOL}, beside references of unequal sizes, with copies,
and with items of the other one (MODEL 3.5.2, 3.5.6). Texts of {LENGTH} words out of {VOCABULARY}, bursty, as a matrix too; two normal sources
{APART:g} standard deviations apart, of 12 features measured by equations or 2 counted in cells. *Bias* and *spread* are the mean and the
standard deviation of the errors of the share; *alarm*: share of repetitions whose test of fit has p < {1 - LEVEL:.2f}, with a mixture
as the truth. At shares near 0 and 1 estimates are cut off, which biases them. Rows counted in cells beside 100 human ones, of which
half fit the score, can cover less.

| items | references | share | covered | 95 % interval of it | bias | spread | mean width | alarm | repetitions |
|---|---|---|---|---|---|---|---|---|---|
"""
    old = TABLE.read_text()
    before, mark, rest = old.partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    TABLE.write_text(f"{before if mark else before + chr(10)}{BEGIN}\n{head}" + "\n".join(rows) + f"\n{END}{after}")


if __name__ == "__main__":
    main()
