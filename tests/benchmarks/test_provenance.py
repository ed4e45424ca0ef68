"""Provenance against its peers: SciPy's minimize_scalar per data set, NumPy's vectorised Newton; the equilibrium scan.

Run with `pytest tests/benchmarks/test_provenance.py --benchmark-only -n 0`. Peers are timed in the same run, in turn.
"""

import os

import numpy as np
from mfsolve.kernels import likelihood, pools
from mfsolve.kernels.philox import stream_key
from scipy.optimize import minimize_scalar
from stopwatch import medians

from mfsolve.models import collapse, provenance

ITEMS, SETS = 10_000, 64
THREADS = min(2, os.cpu_count() or 1)
RHO, S2 = 0.3, 0.319


def data():
    t, key = np.empty((SETS, ITEMS)), stream_key(1, "benchmark")
    for k in range(SETS):
        pools.draw_gaussian(key, np.uint64(0), np.uint64(k), RHO, 0.0, S2, 1, 0.0, 0.0, t[k])
    return t


def scipy_plain(p, q, accuracy):
    """One data set after the other, as one would write it first: log likelihood of the two densities."""
    return [
        minimize_scalar(
            lambda rho, a=a, b=b: -np.log((1 - rho) * a + rho * b).sum(),
            bounds=(0, 1),
            method="bounded",
            options={"xatol": accuracy},
        ).x
        for a, b in zip(p, q)
    ]


def scipy_informed(t, accuracy):
    """The same with as little arithmetic as NumPy allows: one product, one log1p and one sum per item and evaluation."""
    return [
        0.5 + 0.5 * minimize_scalar(
            lambda theta, x=x: -np.log1p(theta * x).sum(),
            bounds=(-1, 1),
            method="bounded",
            options={"xatol": 2 * accuracy},
        ).x
        for x in t
    ]  # fmt: skip


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


def numpy_newton_in_cache(u):
    """One data set at a time, so that its arrays stay in the second-level cache."""
    return np.concatenate([numpy_newton(u[k : k + 1]) for k in range(len(u))])


def spread(t, out):
    """Data sets of `out` spread over the threads; block by block they are those of t."""
    provenance.checks.run_sets(lambda a, b: likelihood.maxima(t, 1e-12, out[a:b]), len(out), THREADS)


def test_mle_ensemble_against_scipy_and_numpy(benchmark):
    t, few = data(), 16
    many, one = np.empty((16 * SETS, 2)), np.empty((SETS, 2))
    p, q, u = (1 - t[:few]) / 2, (1 + t[:few]) / 2, 2 * t / (1 - t)
    likelihood.maxima(t, 1e-12, one)
    theirs = {
        "scipy_plain": (lambda: scipy_plain(p, q, 1e-5), few),
        "scipy_plain_1e-10": (lambda: scipy_plain(p, q, 1e-10), few),
        "scipy": (lambda: scipy_informed(t[:few], 1e-5), few),
        "scipy_1e-10": (lambda: scipy_informed(t[:few], 1e-10), few),
        "numpy": (lambda: numpy_newton(u), SETS),
        "numpy_in_cache": (lambda: numpy_newton_in_cache(u), SETS),
    }
    # an objective known to 2^-53 gives its minimum away to 1e-8 only, whatever accuracy is asked for
    np.testing.assert_allclose(0.5 + 0.5 * one[:few, 0], scipy_informed(t[:few], 1e-10), rtol=0, atol=1e-6)
    np.testing.assert_allclose(0.5 + 0.5 * one[:, 0], numpy_newton(u), rtol=0, atol=1e-11)
    ours = {
        "threads": (lambda: spread(t, many), len(many)),
        "one_thread": (lambda: likelihood.maxima(t, 1e-12, one), SETS),
    }
    both = ours | theirs
    times = medians(*(function for function, _ in both.values()), rounds=9)
    per_set = {name: seconds / sets for (name, (_, sets)), seconds in zip(both.items(), times)}
    benchmark.extra_info.update({f"microseconds {name}": 1e6 * seconds for name, seconds in per_set.items()})
    for mine in ours:
        benchmark.extra_info.update({f"times {name}, {mine}": per_set[name] / per_set[mine] for name in theirs})
    benchmark(likelihood.maxima, t, 1e-12, one)


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
