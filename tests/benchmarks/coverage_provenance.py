"""Measured coverage of the intervals and tests of contamination, as a markdown table; run as a script.

    python tests/benchmarks/coverage_provenance.py [repetitions]

One row a kind and case: nominal, measured (the worst of the cases that it stands for), repetitions.
"""

import itertools
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.models.provenance.score_test import ScoreTest

Vector = NDArray[np.float64]
HEAD = "| kind | case | nominal | measured | repetitions |\n|---|---|---|---|---|"
VOCABULARIES, REFERENCES, POOLS = (20, 1000, 5000), (100, 300, 2000, 20_000), (200, 500, 5000)
SHARES = (0.0, 0.01, 0.1, 0.3, 0.9, 1.0)
LEVEL = 0.95
WIDEST, NARROWEST = 1.0, 1e-4  # generators, by variance ratio


class Row(NamedTuple):
    """A line of the table."""

    kind: str
    case: str
    nominal: str
    measured: str
    repetitions: int

    def __str__(self) -> str:
        return f"| {self.kind} | {self.case} | {self.nominal} | {self.measured} | {self.repetitions} |"


def sources(kind: str, vocabulary: int) -> tuple[Vector, Vector]:
    """Frequencies of human and synthetic tokens: a Zipf law sharpened, unchanged, or halved into disjoint supports."""
    p = 1.0 / np.arange(1, vocabulary + 1)
    q = p ** (1.0 / 0.7) if kind == "sharpened" else p.copy()
    if kind == "disjoint":
        p[::2], q[1::2] = 0.0, 0.0
    return p / p.sum(), q / q.sum()


def draws(
    rng: np.random.Generator,
    laws: tuple[Vector, Vector],
    share: float,
    pool: int,
    reference: int,
    *,
    known: bool = False,
) -> ScoreTest:
    """Counts of one simulated pool and its references."""
    p, q = laws
    counts = [rng.multinomial(n, f).astype(float) for n, f in ((pool, (1 - share) * p + share * q), (reference, p))]
    return ScoreTest(*counts, q if known else rng.multinomial(reference, q).astype(float), known)


def holds(test: ScoreTest, share: float, level: float = LEVEL) -> bool:
    """True where the interval holds the share: it is accepted, or is the end of [0, 1] that the score points to."""
    at = test.at(share)
    score = float(at.score[0])
    pointed_to = (share == 0.0 and score <= 0.0) or (share == 1.0 and score >= 0.0)
    return pointed_to or abs(score) <= float(at.critical(level)[0])


def counts(repetitions: int = 100) -> Iterator[Row]:
    """Intervals of contamination from counts: every vocabulary, reference, pool and share; fit and common source."""
    rng = np.random.default_rng(20260407)
    for kind, vocabulary, reference in itertools.product(("sharpened", "same", "disjoint"), VOCABULARIES, REFERENCES):
        laws, covered, fits, alike = sources(kind, vocabulary), [], [], []
        for pool, share in itertools.product(POOLS, SHARES):
            tests = [draws(rng, laws, share, pool, reference) for _ in range(repetitions)]
            covered.append(np.mean([holds(test, share) for test in tests]))
            fits += [test.at(share).misfit.p_value() for test in tests[: max(repetitions // 5, 1)]]
            if kind == "same":
                alike += [test.same_source().p_value() for test in tests[: max(repetitions // 5, 1)]]
        case = f"{kind}, K = {vocabulary}, references of {reference}"
        yield Row(
            "contamination from counts", f"{case}: mean and worst of pools x shares", f"{LEVEL:g}",
            f"{np.mean(covered):.3f}, {np.min(covered):.3f}", repetitions * len(covered),
        )  # fmt: skip
        yield _alarms("fit of the mixture", case, fits)
        if alike:
            yield _alarms("common source", case, alike)


def _alarms(kind: str, case: str, p_values: list[float]) -> Row:
    """Rates of alarms at three levels."""
    known = np.array(p_values)[~np.isnan(p_values)]
    rates = ", ".join(f"{np.mean(known <= level):.4f}" for level in (0.1, 0.01, 0.001)) if known.size else "no test"
    return Row(kind, case, "0.1, 0.01, 0.001", rates, known.size)


if __name__ == "__main__":
    print(HEAD, flush=True)
    for row in counts(int(sys.argv[1]) if len(sys.argv) > 1 else 100):
        print(row, flush=True)
