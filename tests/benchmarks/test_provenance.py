"""Provenance against its peers: SciPy's minimize_scalar per data set, NumPy's vectorised Newton; the equilibrium scan;
PMIR's round against the plain simulation of the same items.

Run with `pytest tests/benchmarks/test_provenance.py --benchmark-only -n 0`. Peers are timed in the same run, in turn; where
one core is at work, by its own clock.
"""

import math
import os
import time

import numba
import numpy as np
from mfsolve.kernels._jit import kernel
from mfsolve.kernels.provenance import ensembles, likelihood
from mfsolve.kernels.provenance.pmir_round import ITEMS as BLOCK
from mfsolve.kernels.provenance.pmir_round import add_moments, coordinate
from mfsolve.kernels.random.normals import normal_pair
from mfsolve.kernels.random.philox import philox, stream_key, unit
from scipy.optimize import minimize_scalar
from support.stopwatch import fastest, medians

from mfsolve.models import collapse, parallel, provenance
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.provenance.pmir import clear_market

ITEMS, SETS = 10_000, 64
FEW = (
    8  # data sets that stay in the second-level cache, as those of an ensemble do, which draws and estimates one by one
)
THREADS = min(2, os.cpu_count() or 1)
RHO, S2 = 0.3, 0.319


@kernel
def maxima(t, tolerance, out):
    """Maximum-likelihood estimates of data sets t (sets, n): out (sets, 2) = theta, sum w^2."""
    sums, none = np.empty(3), np.empty(0)
    for k in range(t.shape[0]):
        out[k, 0], _ = likelihood.maximum(t[k], none, tolerance, sums)
        out[k, 1] = sums[1]


def data(sets):
    t, key = np.empty((sets, ITEMS)), stream_key(1, "benchmark")
    pool = ensembles.GaussianPool(RHO, 0.0, S2, 1, 0.0, 0.0)
    for k in range(sets):
        ensembles.draw_gaussian(key, np.uint64(0), np.uint64(k), pool, t[k])
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


def peers(t, few):
    """SciPy's loops over the first few data sets, NumPy's over all, and how many each solves."""
    p, q, u = (1 - t[:few]) / 2, (1 + t[:few]) / 2, 2 * t / (1 - t)
    return {
        "scipy": (lambda: scipy_plain(p, q, 1e-5), few),  # accuracy 1e-5 is SciPy's default
        "scipy_1e-10": (lambda: scipy_plain(p, q, 1e-10), few),
        "scipy_informed": (lambda: scipy_informed(t[:few], 1e-5), few),
        "numpy": (lambda: numpy_newton(u), len(t)),
        "numpy_in_cache": (lambda: numpy_newton_in_cache(u), len(t)),
    }


def compared(benchmark, t, few, repeats):
    """Microseconds a data set, and how many times the peers take: maxima to 1e-5, SciPy's default, and to 1e-12.

    Ours are called `repeats` times in a row, as often as SciPy reads a data set: what it leaves in cache we find there.
    """
    out = np.empty((len(t), 2))

    def repeated(error):
        for _ in range(repeats):
            maxima(t, error, out)

    ours = {f"maxima_{e:g}": (lambda e=e: repeated(2 * e), repeats * len(t)) for e in (1e-5, 1e-12)}
    both = ours | peers(t, few)
    times = medians(*(function for function, _ in both.values()), rounds=9, clock=time.process_time)
    per_set = {name: seconds / sets for name, seconds, (_, sets) in zip(both, times, both.values())}
    benchmark.extra_info.update({f"microseconds {name}": 1e6 * seconds for name, seconds in per_set.items()})
    for mine in ours:
        benchmark.extra_info.update({f"times {name}, {mine}": per_set[name] / per_set[mine] for name in both})
    benchmark(maxima, t, 2e-5, out)


def test_mle_of_data_sets_in_cache(benchmark):
    t, out = data(FEW), np.empty((FEW, 2))
    maxima(t, 1e-12, out)
    # an objective known to 2^-53 gives its minimum away to 1e-8 only, whatever accuracy is asked for
    np.testing.assert_allclose(0.5 + 0.5 * out[:, 0], scipy_informed(t, 1e-10), rtol=0, atol=1e-6)
    np.testing.assert_allclose(0.5 + 0.5 * out[:, 0], numpy_newton(2 * t / (1 - t)), rtol=0, atol=1e-11)
    quick = np.empty((FEW, 2))
    maxima(t, 2e-5, quick)
    np.testing.assert_allclose(quick[:, 0], out[:, 0], rtol=0, atol=2e-5)
    compared(benchmark, t, FEW, 40)


def test_mle_of_data_sets_from_memory(benchmark):
    compared(benchmark, data(SETS), 16, 1)


def test_mle_of_data_sets_two_threads(benchmark):
    """By the wall clock, SciPy on one core; a thread reads its few data sets again and again."""
    t, sets = data(FEW), 512 * FEW
    out = np.empty((sets, 2))

    def solve(error, start, stop):
        for k in range(start, stop, FEW):
            maxima(t, error, out[k : k + FEW])

    def spread(error):
        parallel.run_blocks(lambda _, start, stop: solve(error, start, stop), sets, THREADS, SETS)

    p, q = (1 - t) / 2, (1 + t) / 2
    quick, full, scipy = medians(lambda: spread(2e-5), lambda: spread(2e-12), lambda: scipy_plain(p, q, 1e-5), rounds=9)
    benchmark.extra_info.update(
        {
            f"times scipy, {THREADS} threads, {e}": scipy / FEW / (s / sets)
            for e, s in (("1e-5", quick), ("1e-12", full))
        }
    )
    benchmark(spread, 2e-5)


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
    """The policy `pmir` of the market, which draws the statistics of what it inspects."""
    case = (collapse.Parameters(), 20_000, 16, 10, 1)

    def run(policy):
        collapse.simulate(case[0], policy, *case[1:])

    run("pmir")
    plain, seen = medians(lambda: run("closed_form"), lambda: run("pmir"), rounds=15)
    benchmark.extra_info.update(overhead=seen / plain - 1)
    benchmark(run, "pmir")


@numba.njit(error_model="numpy")
def draw_and_refit(key, step, replicate, rho, m, s, n, sums):
    """The items of `pmir_round.draw_and_estimate` on the line, and their sums, as fast as we know how."""
    k0, k1 = key[0], key[1]
    room = np.empty((2, BLOCK))
    sums[:] = 0.0
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        pairs, lane = (size + 1) // 2, np.uint64(start // 2)
        x_a, x_b = room[0, :pairs], room[0, pairs : 2 * pairs]
        for i in range(pairs):
            w0, w1, w2, w3 = philox(k0, k1, lane + np.uint64(i), np.uint64(1), step, replicate)
            a, b = normal_pair(k0, k1, lane + np.uint64(i), np.uint64(0), step, replicate)
            x_a[i] = coordinate(a, unit(w0, w1) <= rho, m[0], s)
            x_b[i] = coordinate(b, unit(w2, w3) <= rho, m[0], s)
        add_moments(room[0, :size], sums)


def plain_rounds(parameters, items, rounds, seed):
    """PMIR's market without a regulator who estimates: the same items drawn and refitted, the closed form known."""
    import xarray as xr

    key, rule = stream_key(seed, "provenance/pmir"), collapse.ClosedForm()
    rho, content = parameters.initial_contamination, Gaussian.human(parameters)
    source, path = content, []
    for k in range(rounds):
        sums = np.empty(2)
        s = math.sqrt(source.generator_variance)
        draw_and_refit(key, np.uint64(k), np.uint64(0), rho, source.mean, s, items, sums)
        mean = sums[:1] / items
        refit = Gaussian(mean, float(sums[1] / items - mean[0] ** 2), parameters.variance_ratio)
        subsidy = rule.levers(parameters, content.divergence()).subsidy
        path.append((rho, content.divergence(), subsidy, items, content.variance, refit.variance))
        rho, source = clear_market(parameters, rho, content, subsidy), content
        content = source.contaminated(rho)
    names = ("contamination", "divergence", "subsidy", "items", "pool_variance", "refit_variance")
    return xr.Dataset(
        {name: ("round", column) for name, column in zip(names, np.array(path).T)},
        coords={"round": np.arange(rounds)}, attrs={"seed": str(seed), **parameters.model_dump(mode="json")},
    )  # fmt: skip


def test_pmir_round_over_plain_round(benchmark):
    """Per round, from runs of 10 and of 110 rounds; and a run of ten rounds against `collapse.simulate` of as many items."""
    economy = collapse.Parameters()

    def pmir(items, rounds):
        return provenance.pmir(
            economy, 1e-9, settings=provenance.PmirSettings(items=items, rounds=rounds, budget=2**53)
        )[0]

    np.testing.assert_allclose(  # the same items
        plain_rounds(economy, 5000, 4, 1).refit_variance[1:2], pmir(5000, 4).estimated_variance[1:2], rtol=1e-12
    )
    for items in (10_000, 100_000):
        short, long, plain, plain_long, market = (
            fastest(function, 25)
            for function in (
                lambda n=items: pmir(n, 10),
                lambda n=items: pmir(n, 110),
                lambda n=items: plain_rounds(economy, n, 10, 1),
                lambda n=items: plain_rounds(economy, n, 110, 1),
                lambda n=items: collapse.simulate(economy, "closed_form", n // 16, 16, 10, 1),
            )
        )
        benchmark.extra_info.update({
            f"microseconds a round, {items} items": 1e6 * (long - short) / 100,
            f"overhead of a round, {items} items": (long - short) / (plain_long - plain) - 1,
            f"overhead of ten rounds and their Dataset, {items} items": short / plain - 1,
            f"ten rounds over collapse.simulate, {items} items": short / market - 1,
        })  # fmt: skip
    benchmark(pmir, 10_000, 10)
