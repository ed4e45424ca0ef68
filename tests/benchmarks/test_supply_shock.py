"""The static supply shock over many economies against SciPy, economy by economy, and vectorised NumPy bisection.

Run with `pytest tests/benchmarks/test_supply_shock.py --benchmark-only -n 0`.
"""

import time

import numpy as np
from naive import supply_shock as naive
from scipy.special import betainc

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock.many_economies import COLUMNS

DEFAULT = supply_shock.Parameters()
SIDE = 1000
COSTS, WEIGHTS = np.geomspace(0.005, 0.07, SIDE), np.linspace(0.0, 0.03, SIDE)


def numpy_shares(columns):
    """AI shares by bisection on pollution, all economies at a time; order exit, AI, human taken for granted.

    The upper boundary by bisection on skill inside: half of what the kernel computes, and no welfare.
    """
    p = dict(zip(COLUMNS, columns))
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


def test_a_million_economies(benchmark):
    grid = {"ai_cost": COSTS[:, None], "pollution_weight": WEIGHTS[None, :]}
    supply_shock.scan(DEFAULT, {"ai_cost": COSTS[:10]})
    start = time.perf_counter()
    found = benchmark.pedantic(supply_shock.scan, (DEFAULT, grid), {"threads": 2}, rounds=1)
    seconds = time.perf_counter() - start

    # vectorised NumPy on a sample of the same economies
    r = np.random.default_rng(1)
    i, j = r.integers(0, SIDE, (2, 5000))
    columns = [np.full(5000, float(getattr(DEFAULT, name))) for name in COLUMNS]
    columns[COLUMNS.index("ai_cost")], columns[COLUMNS.index("pollution_weight")] = COSTS[i], WEIGHTS[j]
    start = time.perf_counter()
    shares = numpy_shares(columns)
    vectorised = (time.perf_counter() - start) / 5000
    ours = found.ai_share.reshape(SIDE, SIDE)[i, j]
    same = found.order.reshape(SIDE, SIDE)[i, j] == supply_shock.ORDERS.index("exit ai human")
    assert np.abs(shares - ours)[same].max() < 1e-9

    # SciPy, one economy at a time, welfare included
    start = time.perf_counter()
    for k in range(3):
        p = DEFAULT.model_copy(update={"ai_cost": float(COSTS[i[k]]), "pollution_weight": float(WEIGHTS[j[k]])})
        assert abs(naive.segments(p)["welfare"] - found.welfare.reshape(SIDE, SIDE)[i[k], j[k]]) < 1e-9
    scalar = (time.perf_counter() - start) / 3
    each = seconds / SIDE**2
    benchmark.extra_info.update(
        seconds_for_a_million=seconds, microseconds=1e6 * each, faster_than_numpy=vectorised / each,
        faster_than_scipy=scalar / each,
    )  # fmt: skip
