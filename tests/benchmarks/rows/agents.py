"""The agent-based market, period by period."""

import functools

import numpy as np
from benchmarks.row import Contender, Peer, Row
from mfsolve.kernels.random import philox

from mfsolve.models.agents import path
from mfsolve.models.agents.parameters import Parameters, Population, Shock

P, PERIODS = Parameters(), 20
COMPARED = ("surviving", "human_share", "creator_share", "adopting", "buying", "creative_change")


def people(n):
    """Creators, AI firms and consumers among n agents."""
    creators, firms = n * 19 // 400, n // 400
    return creators, firms, n - creators - firms


def population(n):
    creators, firms, consumers = people(n)
    return Population(creators=creators, ai_firms=firms, consumers=consumers, periods=PERIODS, reference=1)


@functools.cache
def expected(n):
    """Means and standard deviations of the compared outputs in the last period, over 100 of our paths."""
    rows = [path.finite(P, population(n), Shock(), 2, r, 1) for r in range(100)]
    values = np.array([[row[name][-1] for name in COMPARED] for row in rows])
    return values.mean(axis=0), values.std(axis=0, ddof=1)


def farthest(n, last):
    """Largest distance of the compared outputs from the means of our paths, in standard deviations of one."""
    mean, deviation = expected(n)
    return float(np.max(np.abs(np.array([last[name] for name in COMPARED]) - mean) / np.maximum(deviation, 1e-12)))


def market(n, threads):
    size = population(n)
    return Contender(
        lambda: path.finite(P, size, Shock(), 1, 0, threads),
        lambda rows: farthest(n, {name: rows[name][-1] for name in COMPARED}),
    )


def of_module(n, threads, module):
    """A market of `tests/peers`: made, and stepped through its periods."""
    import importlib

    made = importlib.import_module(f"peers.{module}").Market

    def call():
        theirs = made(P, *people(n), seed=1)
        for _ in range(PERIODS):
            theirs.step()
        return theirs.rows

    return Contender(call, lambda rows: farthest(n, rows[-1]))


def draws(n, threads):
    """The random words of the consumers: two blocks of four for each, in every period."""
    key, counter, consumers = philox.stream_key(1, "x"), np.zeros(4, np.uint64), people(n)[2]
    out = np.empty((min(consumers, 2**12), 4), np.uint64)
    times = max(1, 2 * consumers // len(out)) * (PERIODS + 1)

    def call():
        for _ in range(times):
            philox.words(key, counter, out)

    return Contender(call)


ROWS = (
    Row(
        "agents", f"{PERIODS} periods of a market of {{n}} agents who learn, offer and shop",
        "largest distance of six outputs in the last period from their means over 100 of our paths, in standard deviations of a path",
        10**4, market,
        (
            Peer("mesa", "Mesa, objects", functools.partial(of_module, module="mesa_agents")),
            Peer("ambr", "ambr, Polars columns", functools.partial(of_module, module="ambr_agents")),
            Peer("abmax", "abmax, JAX", functools.partial(of_module, module="abmax_agents"), threaded=True),
        ),
        ("its consumers' random words", draws), (10**3, 10**4, 10**5, 10**6),
    ),
)  # fmt: skip
