"""The static supply shock over many economies."""

import functools

import numpy as np
from benchmarks.row import Contender, Peer, Row
from naive import supply_shock as naive
from scipy.special import betainc

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock.many_economies import COLUMNS

DEFAULT = supply_shock.Parameters()


@functools.cache
def columns(n):
    """Parameters of n economies, one array each, of which two vary."""
    rng = np.random.default_rng(1)
    found = {name: np.full(n, float(getattr(DEFAULT, name))) for name in COLUMNS}
    found["ai_cost"], found["pollution_weight"] = rng.uniform(0.005, 0.07, n), rng.uniform(0.0, 0.03, n)
    return found


def scan(n, threads):
    table = {name: columns(n)[name] for name in ("ai_cost", "pollution_weight")}

    def call():
        return supply_shock.scan(DEFAULT, table, threads=threads)

    def error(found):
        """Of the AI share against four times as many cells."""
        fine = supply_shock.scan(DEFAULT, {k: v[:2000] for k, v in table.items()}, cells=64).ai_share
        return float(np.abs(np.asarray(found.ai_share)[:2000] - fine).max())

    return Contender(call, error)


def numpy_shares(p):
    """AI shares by bisection on pollution, all economies at a time; order exit, AI, human taken for granted.

    The upper boundary by bisection on skill inside: half of what the kernel computes, and no welfare.
    """
    volume = (p["reference_cost"] / p["ai_cost"]) ** p["volume_exponent"]

    def adopters(b):
        margin = np.maximum((1.0 - p["ai_cost"]) * p["ai_quality"] - b, 0.0)
        gross = margin**2 / (4.0 * p["ai_quality"])
        start = np.clip(1.0 - (gross - p["outside_option"]) / p["adoption_skill_cost"], 0.0, 1.0)
        low, high = start.copy(), np.ones_like(start)
        for _ in range(45):
            s = 0.5 * (low + high)
            human = np.maximum(s - b - s * s / (2.0 * p["human_efficiency"]), 0.0) ** 2 / (4.0 * s)
            above = human > gross - p["adoption_skill_cost"] * (1.0 - s)
            low, high = np.where(above, low, s), np.where(above, s, high)
        return np.maximum(betainc(2.0, 2.0, low) - betainc(2.0, 2.0, start), 0.0)

    low, high = np.zeros_like(volume), p["pollution_weight"] * np.log1p(volume)
    for _ in range(45):
        b = 0.5 * (low + high)
        more = p["pollution_weight"] * np.log1p(volume * adopters(b)) > b
        low, high = np.where(more, b, low), np.where(more, high, b)
    return adopters(low)


def bisected(n, threads):
    few = min(n, 2000)
    p = {name: values[:few] for name, values in columns(n).items()}

    def error(found):
        ours = supply_shock.scan(DEFAULT, {k: p[k] for k in ("ai_cost", "pollution_weight")}, cells=64)
        same = np.asarray(ours.order) == supply_shock.ORDERS.index("exit ai human")
        return float(np.abs(found - ours.ai_share)[same].max())

    return Contender(lambda: numpy_shares(p), error, share=few / n)


def one_by_one(n, threads):
    """SciPy's `brentq` and `quad`, one economy at a time, welfare included."""
    p = columns(n)
    economies = [
        DEFAULT.model_copy(update={k: float(p[k][i]) for k in ("ai_cost", "pollution_weight")}) for i in range(2)
    ]

    def error(found):
        table = {k: p[k][:2] for k in ("ai_cost", "pollution_weight")}
        return float(np.abs(np.array(found) - supply_shock.scan(DEFAULT, table, cells=64).welfare).max())

    return Contender(lambda: [naive.segments(e)["welfare"] for e in economies], error, share=2 / n)


ROWS = (
    Row(
        "supply_shock", "static markets of {n} economies, shares and welfare",
        "largest distance of the AI share, SciPy's of welfare, from our own on four times as many cells", 10**5, scan,
        (
            Peer("numpy", "NumPy bisection, a sample, extrapolated", bisected, less="shares only"),
            Peer("scipy", "SciPy `brentq` and `quad`, two economies, extrapolated", one_by_one),
        ),
        None, (10**3, 10**4, 10**5), threaded=True,
    ),
)  # fmt: skip
