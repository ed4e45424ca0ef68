"""All equilibria of many economies of the collapse market."""

import functools

import numpy as np
from benchmarks.row import Contender, Peer, Row

from mfsolve.models import collapse

FEW = 10
"""Economies that are also solved one by one."""


@functools.cache
def columns(n):
    """Economies over wide ranges."""
    rng = np.random.default_rng(2)
    return {
        "cost_curvature": rng.uniform(0.05, 1, n), "verified_share": rng.uniform(0, 1, n),
        "erosion": rng.uniform(0, 4, n), "cost_spread": rng.uniform(0, 0.3, n), "variance_ratio": rng.uniform(0.05, 0.95, n),
    }  # fmt: skip


def certified(n):
    """Contaminations of the first economies, each list certified."""
    found = []
    for k in range(min(n, FEW)):
        values = {name: float(column[k]) for name, column in columns(n).items()}
        erosion = values.pop("erosion")
        economy = collapse.Parameters().model_copy(update=values)
        found.append([e.contamination for e in collapse.equilibria(economy, erosion=erosion)])
    return found


def scan(n, threads):
    table = collapse.economy_table(collapse.Parameters(), columns(n))

    def error(found):
        rows = zip(certified(n), found.count, found.contamination)
        return max(
            np.abs(np.array(exact) - row[:count]).max() if len(exact) == count else 1.0 for exact, count, row in rows
        )

    return Contender(lambda: collapse.scan(table, threads=threads), error)


def one_by_one(n, threads):
    return Contender(lambda: certified(n), lambda found: 0.0, share=min(n, FEW) / n)


ROWS = (
    Row(
        "equilibria", "all equilibria of {n} economies",
        f"largest distance from the certified ones of {FEW} economies; 1 where one is missed", 10**5, scan,
        (Peer("mfsolve", "our own certified search, economy by economy", one_by_one),), None,
        (10**3, 10**4, 10**5), threaded=True,
    ),
)  # fmt: skip
