"""Measure what intervals of shares of documents cover, and write the table into `mfsolve/inference/COVERAGE.md`.

    python -P tests/benchmarks/coverage_documents.py [--repetitions 100]
    python -P tests/benchmarks/coverage_documents.py --below 0.94 --repetitions 200

The second form goes on with the cells that cover less than that, up to so many repetitions.

Documents are multinomial with frequencies that are Dirichlet around those of their source: the smaller the
concentration, the burstier the words. Human and synthetic references hold 200 or 40 documents each and are drawn anew
in every repetition; the pool holds 50 to 5000 documents with each share.
"""

import argparse
import datetime
from pathlib import Path

import numpy as np
from scipy.stats import beta

from mfsolve.data.words import Block, from_matrix
from mfsolve.models.provenance.cross_fitted import CrossFitted
from mfsolve.models.provenance.word_likelihoods import WordLikelihoods

TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"
BEGIN, END = "<!-- documents -->", "<!-- /documents -->"
SHARES = (0.0, 0.02, 0.3, 0.7, 1.0)
POOLS = (50, 500, 5000)
VOCABULARY, REFERENCE, LENGTH, LEVEL = 300, 200, 100, 0.95
SETTINGS = {
    "bursty (20)": (20.0, REFERENCE), "mild (100)": (100.0, REFERENCE),
    "independent (10000)": (1e4, REFERENCE), "mild (100), references of 40": (100.0, 40),
}  # fmt: skip
"""Concentration and documents of each reference, by the name in the table."""
TOKENS = [f"w{i}" for i in range(VOCABULARY)]


def sources() -> tuple[np.ndarray, np.ndarray]:
    """Word frequencies of human and of synthetic documents."""
    rng = np.random.default_rng(0)
    p = rng.gamma(0.5, size=VOCABULARY) + 1e-3
    q = p * np.exp(0.6 * rng.normal(size=VOCABULARY))
    return p / p.sum(), q / q.sum()


def documents(rng: np.random.Generator, frequencies: np.ndarray, count: int, concentration: float) -> np.ndarray:
    """Counts (count, V) of bursty documents."""
    own = rng.gamma(concentration * frequencies, size=(count, VOCABULARY))
    return rng.multinomial(LENGTH, own / own.sum(axis=1, keepdims=True)).astype(np.float64)


def pool(rng: np.random.Generator, count: int, share: float, concentration: float) -> Block:
    """A pool whose documents are synthetic with a probability."""
    p, q = sources()
    k = rng.binomial(count, share)
    parts = [documents(rng, p, count - k, concentration), documents(rng, q, k, concentration)]
    return from_matrix(TOKENS, np.concatenate(parts))


Cell = tuple[int, float]
EVERY = [(count, share) for count in POOLS for share in SHARES]


def repetition(seed: int, setting: tuple[float, int], cells: list[Cell] = EVERY) -> dict[Cell, tuple[float, ...]]:
    """Covered, error, width, alarm of the test of fit, standard error, by size of the pool and share."""
    concentration, size = setting
    rng = np.random.default_rng([seed, int(concentration), size])
    references = [from_matrix(TOKENS, documents(rng, f, size, concentration)) for f in sources()]
    scorer, out = WordLikelihoods(references), {}
    for count, share in cells:
        behind = CrossFitted(scorer, 2)
        block = pool(rng, count, share, concentration)
        behind.add(block, block.document)
        found = behind.shares()
        low, high = found.interval(1, LEVEL)
        covered = low - 1e-9 <= share <= high + 1e-9
        error = float(found.value[1]) - share
        out[count, share] = (covered, error, high - low, found.fit.p_value < 0.05, found.standard_error[1], error**2)
    return out


def line(name: str, cell: Cell, mean: list[float], n: int) -> str:
    """A row of the table: means over n repetitions of what one returns."""
    k = round(mean[0] * n)
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return (
        f"| {name} | {cell[0]} | {cell[1]:g} | {k / n:.3f} | {low:.3f} to {high:.3f} | {mean[1]:+.4f} | "
        f"{mean[2]:.3f} | {mean[3]:.2f} | {mean[4]:.4f} | {max(0.0, mean[5] - mean[1] ** 2) ** 0.5:.4f} | {n} |"
    )


def go_on(below: float, n: int) -> None:
    """Add repetitions to the cells of the table that cover less, and write their rows anew."""
    text = TABLE.read_text()
    head, body = text.split(BEGIN)
    body, tail = body.split(END)
    rows = body.split("\n")
    for name, setting in SETTINGS.items():
        chosen: dict[Cell, tuple[int, list[float], int]] = {}
        for place, row in enumerate(rows):
            parts = [part.strip() for part in row.strip("|").split("|")]
            if parts[0] == name and parts[8] != "–" and float(parts[3]) < below and int(parts[10]) < n:
                held = [float(parts[k]) for k in (3, 5, 6, 7, 8, 9)]
                held[5] = held[5] ** 2 + held[1] ** 2
                chosen[int(parts[1]), float(parts[2])] = place, held, int(parts[10])
        if not chosen:
            continue
        first = min(done for _, _, done in chosen.values())
        found = [repetition(seed, setting, list(chosen)) for seed in range(first, n)]
        for cell, (place, held, done) in chosen.items():
            new = np.array([run[cell] for run in found], dtype=np.float64)[done - first :]
            mean = (np.array(held) * done + new.sum(axis=0)) / n
            rows[place] = line(name, cell, mean.tolist(), n)
            print(rows[place], flush=True)
    note = f"Cells below {below:g} were gone on with, to {n} repetitions, on {datetime.date.today()}."
    place = next(i for i, row in enumerate(rows) if row.startswith("| burstiness"))
    TABLE.write_text(f"{head}{BEGIN}" + "\n".join([*rows[:place], note, "", *rows[place:]]) + f"{END}{tail}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--below", type=float, help="go on with the cells of the table that cover less")
    asked = parser.parse_args()
    n = asked.repetitions
    if asked.below is not None:
        go_on(asked.below, n)
        return
    lines = [
        "## Documents", "",
        f"Made by `python -P tests/benchmarks/coverage_documents.py --repetitions {n}` on {datetime.date.today()}. Intervals "
        "of shares of documents",
        f"(MODEL 3.5) at nominal {LEVEL:.0%}: references of 200 documents each where no other number is said, {LENGTH} "
        "words a document. *Alarm*: share of",
        "repetitions whose test of fit has p < 0.05, with a mixture as the truth. *Reported*: mean standard error; "
        "*spread*: standard deviation of",
        "the estimates. At shares of 0 and 1 an interval can miss on one side only, and at 0.02 a pool of 50 holds no "
        "synthetic document in 1 of 3",
        "cases: there more than 95 % is covered by construction, and estimates spread less than their error.", "",
        "| burstiness | documents | share | covered | 95 % interval of it | bias | mean width | alarm | reported | spread "
        "| repetitions |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, setting in SETTINGS.items():
        runs = [repetition(seed, setting) for seed in range(n)]
        for count, share in runs[0]:
            rows = np.array([run[count, share] for run in runs], dtype=np.float64)
            lines.append(line(name, (count, share), rows.mean(axis=0).tolist(), n))
        print(name, flush=True)
    old = TABLE.read_text()
    kept = old.partition(BEGIN)[0].rstrip() + "\n\n" + old.partition(END)[2].lstrip()
    TABLE.write_text(f"{kept.rstrip()}\n\n{BEGIN}\n" + "\n".join(lines) + f"\n{END}\n")


if __name__ == "__main__":
    main()
