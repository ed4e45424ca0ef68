"""Awkward cases of the intervals of contamination, for the table that `measure_coverage.py` writes."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mfsolve.models.collapse import Parameters
from mfsolve.models.provenance import estimate_from_counts, estimate_with_known_generator, pmir, quantify

Generator = np.random.Generator
SHARE = 0.2  # of the repetitions asked for


class Interval(NamedTuple):
    """Ends of an interval."""

    low: float
    high: float


class Setting(NamedTuple):
    """Sources, and the items drawn: `kind` as in `sources`, cells, items of each reference, of the pool."""

    kind: str
    cells: int
    reference: int
    pool: int

    def __str__(self) -> str:
        return f"{self.kind}, {self.cells} cells, references of {self.reference}, pool of {self.pool}"


COUNTED = (
    (Setting("sharpened", 1000, 300, 500), (0.0, 0.01, 0.3, 0.9, 1.0)),
    (Setting("sharpened", 1000, 2000, 500), (0.3, 0.9)),
    (Setting("sharpened", 1000, 20_000, 5000), (0.9,)),
    (Setting("sharpened", 1000, 300, 20_000), (0.0, 0.3)),
    (Setting("sharpened", 5000, 100, 5000), (0.1,)),
    (Setting("sharpened", 20, 300, 100_000), (0.0, 0.3)),
    (Setting("sharpened", 20, 20_000, 5000), (0.3,)),
    (Setting("same", 1000, 300, 500), (0.0, 0.3)),
    (Setting("same", 20, 2000, 5000), (0.3,)),
    (Setting("disjoint", 5000, 300, 500), (0.3, 1.0)),
)
RATIOS = (1e-4, 1e-3, 0.01, 0.1, 0.4735)


def sources(setting: Setting) -> tuple[Any, Any]:
    """Frequencies of human and synthetic tokens: a Zipf law sharpened, unchanged, or halved into disjoint supports."""
    p = 1.0 / np.arange(1, setting.cells + 1)
    q = p ** (1.0 / 0.7) if setting.kind == "sharpened" else p.copy()
    if setting.kind == "disjoint":
        p[::2], q[1::2] = 0.0, 0.0
    return p / p.sum(), q / q.sum()


def counts(rng: Generator, setting: Setting, share: float) -> list[Any]:
    """Counts of one simulated pool, and of human and synthetic references."""
    p, q = sources(setting)
    laws = ((setting.pool, (1 - share) * p + share * q), (setting.reference, p), (setting.reference, q))
    return [rng.multinomial(n, f).astype(float) for n, f in laws]


def cases() -> Iterator[tuple[str, str, float, Callable[[Generator], Any], float]]:
    """Kind, situation, truth, draw and share of the repetitions of every case."""
    for setting, shares in COUNTED:
        for share in shares:
            yield (
                "contamination from counts", f"{setting}, share {share:g}", share,
                lambda rng, s=setting, x=share: Interval(*estimate_from_counts(*counts(rng, s, x)).estimate.interval),
                SHARE,
            )  # fmt: skip
    known = Setting("sharpened", 1000, 300, 500)
    for share in (0.0, 0.3, 0.9):
        yield (
            "contamination, generator known", f"{known}, share {share:g}", share,
            lambda rng, x=share: Interval(*estimate_with_known_generator(
                *counts(rng, known, x)[:2], sources(known)[1]).estimate.interval), SHARE,
        )  # fmt: skip
    for ratio in RATIOS:
        for imitation in (0.6504, 2.0):
            yield (
                "contamination, PMIR's last interval",
                f"variance ratio {ratio:g}, imitation {imitation:g}: its ends less the market's own", 0.0,
                lambda rng, r=ratio, i=imitation: stopped(rng, r, i), SHARE,
            )  # fmt: skip

    times = "120 log likelihoods, share 0.3, geometric numbers of copies, 3 on average; references of 400"
    for kind, copied in (("pool with copies", True), ("copies taken for independent, only", False)):
        yield (
            f"contamination, {kind}", times, 0.3, lambda rng, c=copied: of_copies(rng, c), SHARE,
        )  # fmt: skip
    yield (
        "contamination, pool with one row copied", "99 rows of 2 features once, one 300 times: its share less that of the rows",
        0.0, viral, SHARE,
    )  # fmt: skip


def of_copies(rng: Generator, known: bool) -> Interval:
    """Interval of a pool with copies; where they are not `known`, each is made another row by a jitter."""
    likelihoods = [
        scored(rng.normal(size=n) + s) for n, s in ((120, 0.7 * (rng.random(120) < 0.3)), (400, 0.0), (400, 0.7))
    ]
    pool = np.repeat(likelihoods[0], rng.geometric(1 / 3, 120), axis=0)
    if not known:
        pool = pool + 1e-9 * rng.normal(size=(pool.shape[0], 1))
    return Interval(*quantify(pool, *likelihoods[1:], kind="likelihoods").interval)


def scored(x: Any) -> Any:
    """Log likelihoods (n, 2) of items under both sources."""
    return np.column_stack([-0.5 * x**2, -0.5 * (x - 0.7) ** 2])


def viral(rng: Generator) -> Interval:
    """Interval of a pool with one row copied 300 times, less the pool's own share, copies included."""
    synthetic, times = rng.random(100) < 0.3, np.where(np.arange(100) == 0, 300, 1)
    pool = np.repeat(rng.normal(size=(100, 2)) + 1.5 * synthetic[:, None], times, axis=0)
    found = quantify(pool, rng.normal(size=(400, 2)), rng.normal(size=(400, 2)) + 1.5)
    own = float(np.repeat(synthetic, times).mean())
    return Interval(found.interval[0] - own, found.interval[1] - own)


def stopped(rng: Generator, ratio: float, imitation: float) -> Interval:
    """Interval of PMIR where it stops, less the market's own contamination."""
    economy = Parameters(variance_ratio=ratio, imitation=imitation)
    path, found = pmir(economy, 0.2, seed=int(rng.integers(2**31)))
    own = float(path.contamination.values[-1])
    return Interval(found.interval[0] - own, found.interval[1] - own)
