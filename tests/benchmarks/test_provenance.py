"""Provenance against its peers: SciPy's minimize_scalar per data set, NumPy's vectorised Newton; the equilibrium scan.

Run with `pytest tests/benchmarks/test_provenance.py --benchmark-only`. Peers are timed in the same run, in turn.
"""

import os
import time

import numpy as np
from mfsolve.kernels import likelihood, pools
from mfsolve.kernels.philox import stream_key
from scipy.optimize import minimize_scalar

from mfsolve.models import collapse, provenance

ITEMS, SETS = 10_000, 64
THREADS = min(2, os.cpu_count() or 1)
RHO, S2 = 0.3, 0.319


def medians(*functions, rounds):
    """Median seconds of each function, called in turn."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for row, function in zip(times, functions):
            start = time.perf_counter()
            function()
            row.append(time.perf_counter() - start)
    return [float(np.median(row)) for row in times]


def data():
    t, key = np.empty((SETS, ITEMS)), stream_key(1, "benchmark")
    for k in range(SETS):
        pools.draw_gaussian(key, np.uint64(0), np.uint64(k), RHO, 0.0, S2, 1, 0.0, 0.0, t[k])
    return t


def scipy_loop(p, q, accuracy):
    """One data set after the other, as one would write it: log likelihood of the two densities."""
    options = {"xatol": accuracy}
    return [
        minimize_scalar(
            lambda rho, a=a, b=b: -np.log((1 - rho) * a + rho * b).sum(),
            bounds=(0, 1),
            method="bounded",
            options=options,
        ).x
        for a, b in zip(p, q)
    ]


def numpy_newton(u):
    """All data sets at once, on q / p - 1, until every step is below 1e-12."""
    rho = np.full(len(u), 0.5)
    for _ in range(50):
        w = u / (1 + rho[:, None] * u)
        step = w.sum(1) / (w * w).sum(1)
        rho = np.clip(rho + step, 0, 1)
        if np.abs(step).max() < 1e-12:
            break
    return rho


def spread(t, out):
    provenance.checks.run_sets(lambda a, b: likelihood.maxima(t[a:b], 1e-12, out[a:b]), len(t), THREADS)


def test_mle_ensemble_against_scipy_and_numpy(benchmark):
    t, out = np.tile(data(), (4, 1)), np.empty((4 * SETS, 2))
    p, q = (1 - t[:16]) / 2, (1 + t[:16]) / 2
    u = (2 * t / (1 - t))[:SETS]
    ours, one, loop, exact, newton = medians(
        lambda: spread(t, out), lambda: likelihood.maxima(t[:SETS], 1e-12, out[:SETS]), lambda: scipy_loop(p, q, 1e-5),
        lambda: scipy_loop(p, q, 1e-10), lambda: numpy_newton(u), rounds=7,
    )  # fmt: skip
    ours, one, loop, exact, newton = ours / len(t), one / SETS, loop / 16, exact / 16, newton / SETS
    np.testing.assert_allclose(0.5 + 0.5 * out[:SETS, 0], numpy_newton(u), rtol=0, atol=1e-10)
    benchmark.extra_info.update(
        microseconds=1e6 * ours, microseconds_one_thread=1e6 * one, scipy=1e6 * loop, scipy_same_accuracy=1e6 * exact,
        numpy=1e6 * newton, times_scipy=loop / one, times_scipy_same_accuracy=exact / one, times_numpy=newton / one,
        times_scipy_threads=loop / ours, times_numpy_threads=newton / ours,
    )  # fmt: skip
    benchmark(likelihood.maxima, t[:SETS], 1e-12, out[:SETS])


def test_drawn_and_estimated_in_one_go(benchmark):
    content = provenance.Content(variance=S2)
    provenance.maximum_likelihood(RHO, content, ITEMS, 2, 1)
    rng = np.random.default_rng(1)

    def peer():
        x = rng.normal(size=(SETS, ITEMS)) * np.where(rng.random((SETS, ITEMS)) < RHO, S2**0.5, 1.0)
        numpy_newton(np.exp(0.5 * x * x * (1 - 1 / S2)) / S2**0.5 - 1)

    ours, theirs = medians(
        lambda: provenance.maximum_likelihood(RHO, content, ITEMS, 4 * SETS, 1, threads=THREADS), peer, rounds=5
    )
    ours, theirs = ours / (4 * SETS * ITEMS), theirs / (SETS * ITEMS)
    benchmark.extra_info.update(
        nanoseconds_per_item=1e9 * ours, numpy=1e9 * theirs, faster=theirs / ours, seconds_for_1e9_items=1e9 * ours
    )
    benchmark(provenance.maximum_likelihood, RHO, content, ITEMS, SETS, 1, threads=THREADS)


def test_a_million_equilibria(benchmark):
    n, rng = 10**6, np.random.default_rng(2)
    columns = {
        "cost_curvature": rng.uniform(0.05, 1, n), "verified_share": rng.uniform(0, 1, n),
        "erosion": rng.uniform(0, 4, n), "cost_spread": rng.uniform(0, 0.3, n), "variance_ratio": rng.uniform(0.05, 0.95, n),
    }  # fmt: skip
    table = collapse.points(collapse.Parameters(), columns)
    collapse.scan(table[:10])
    found = benchmark.pedantic(collapse.scan, (table,), {"threads": THREADS}, rounds=1)
    benchmark.extra_info.update(several=int((found.count > 1).sum()))


def test_pmir_policy_over_plain_simulation(benchmark):
    case = (collapse.Parameters(), 20_000, 16, 10, 1)

    def run(policy):
        collapse.simulate(case[0], policy, *case[1:])

    run("pmir")
    plain, seen = medians(lambda: run("closed_form"), lambda: run("pmir"), rounds=15)
    benchmark.extra_info.update(overhead=seen / plain - 1)
    benchmark(run, "pmir")
