"""Kernels against NumPy in the same run; run with `pytest tests/benchmarks/test_kernels.py --benchmark-only -n 0`.

Both sides of a ratio are timed alternately, on one thread, and compared by their medians. Nothing is asserted on time.
"""

import numba
import numpy as np
import pytest
from mfsolve.kernels.collapse import producers
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.random import normals, philox, variates
from support.stopwatch import medians

from mfsolve.experiments.collapse import EXPERIMENT
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse

KEY, OTHER = philox.stream_key(1, "a"), philox.stream_key(1, "b")
N, M = 100_000, 16
ZERO = np.uint64(0)


@pytest.fixture
def compare(benchmark):
    """Time `ours`; record under `name` how many times longer `theirs` takes."""

    def run(name, ours, theirs, goal):
        benchmark.pedantic(ours, rounds=5, warmup_rounds=1)
        mine, other = medians(ours, theirs, rounds=9)
        benchmark.extra_info[name] = {"ratio": other / mine, "ours": mine, "theirs": other, "goal": goal}

    return run


def test_normals_against_numpy(compare):
    """A million normals in blocks of 2^14, which both sides keep in cache."""
    first, second, whole = np.empty(2**13), np.empty(2**13), np.empty(2**14)
    generator = np.random.Generator(np.random.PCG64(1))

    def ours():
        for block in range(64):
            normals.normals(KEY, np.uint64(block), ZERO, ZERO, ZERO, first, second)

    def theirs():
        for _ in range(64):
            generator.standard_normal(out=whole)

    compare("normals: PCG64 standard_normal / ours", ours, theirs, ">= 2.5")


@pytest.mark.parametrize("n", [10**4, 10**6, 10**7])
def test_sums_against_numpy(compare, n):
    """A pairwise sum against NumPy's, whose order depends on the CPU. Measured: 3.3, 1.1 and 2 with AVX-512."""
    x = np.random.default_rng(0).normal(size=n)
    repeats = 10**7 // n

    def ours():
        for _ in range(repeats):
            sums.total(x)

    def theirs():
        for _ in range(repeats):
            np.sum(x)

    compare(f"sum of {n} items: np.sum / ours", ours, theirs, ">= 0.9")


SHARE = (np.random.default_rng(0).random(N) * 2**31).astype(np.uint32)


def items():
    out = np.empty(3)
    producers.emit(producers.ItemStream(KEY, OTHER, ZERO, ZERO), ZERO, SHARE, M, np.zeros(1), 0.7, out)
    return out


def numpy_items(share, s, generator, chunk=2000):
    """The same pool, vectorised, in chunks of 32,000 items (256 kB)."""
    human = total = squares = 0.0
    for start in range(0, share.size, chunk):
        own = share[start : start + chunk]
        is_human = generator.random((M, own.size)) < own
        y = generator.standard_normal((M, own.size))
        y *= np.where(is_human, 1.0, s)
        human += np.count_nonzero(is_human)
        total += y.sum()
        squares += np.einsum("ij,ij->", y, y)
    return human, squares, total


@numba.njit(error_model="numpy", nogil=True)
def draws_only(key, other, n, m, labels, first, second):
    """The random draws of one generation, in its blocks of lanes, and nothing else: words and normals stored."""
    for start in range(0, n, labels.shape[1]):
        for q in range(m // 4):
            a, b, c, d = labels[0], labels[1], labels[2], labels[3]
            for i in range(labels.shape[1]):
                lane = np.uint64(start + i)
                a[i], b[i], c[i], d[i] = philox.philox(key[0], key[1], lane, np.uint64(q), np.uint64(0), np.uint64(0))
            for pair in range(2):
                block = np.uint64(2 * q + pair)
                for i in range(labels.shape[1]):
                    lane = np.uint64(start + i)
                    first[i], second[i] = normals.normal_pair(
                        other[0], other[1], lane, block, np.uint64(0), np.uint64(0)
                    )


def test_items_against_numpy(compare):
    share, generator = SHARE / 2**31, np.random.Generator(np.random.PCG64(2))

    def theirs():
        return numpy_items(share, 0.7, generator)

    np.testing.assert_allclose(items()[0], theirs()[0], atol=10 * np.sqrt(N * M))
    compare("one generation, item by item: NumPy / ours", items, theirs, ">= 4")


def test_items_against_their_draws(compare):
    labels, first, second = np.empty((4, 512), np.uint64), np.empty(512), np.empty(512)

    def draws():
        draws_only(KEY, OTHER, N, M, labels, first, second)

    compare("one generation / its random draws alone", draws, items, "<= 1.6")


def test_statistics_against_items(compare):
    """Where shares differ between producers: counts one by one. With cohorts the cost does not depend on N at all."""
    out = np.empty(3)
    n, p = np.full(10, N * M / 10.0), np.linspace(0.1, 0.9, 10)
    counts = np.empty(10)

    def cohorts():
        variates.binomials(KEY, ZERO, ZERO, ZERO, n, p, counts)
        human = sums.total(counts)
        variates.gaussian_pool(OTHER, ZERO, ZERO, human, N * M - human, np.zeros(1), 0.7, out)

    compare("one generation: item by item / sampled statistics of ten cohorts", cohorts, items, ">= 30")


def test_individual_counts_against_items(compare):
    out = np.empty(3)

    def individuals():
        human = producers.count_human(KEY, ZERO, ZERO, ZERO, SHARE, M)
        variates.gaussian_pool(OTHER, ZERO, ZERO, human, N * M - human, np.zeros(1), 0.7, out)

    compare("one generation: item by item / sampled statistics producer by producer", individuals, items, "(none)")


def numpy_market(policy, generations=10, delta=0.4735, kappa=0.305, b=0.6504, rho=0.0113, elasticity=1.0268):
    """The study's replicate in vectorised NumPy: same market, same quantities, PCG64, quadrature on a fixed grid."""
    generator = np.random.Generator(np.random.PCG64(3))
    share, mean, v, log_quality = np.full(N, 1 - rho), 0.0, 1.0, 0.0
    x = np.linspace(-12.0, 12.0, 4001)
    p = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    for _ in range(generations):
        s2 = delta * v
        kl = 0.5 * (s2 - 1 - np.log(s2)) + 0.5 * mean * mean
        target = min(1.0, kl / (2 * kappa)) if policy == "closed_form" else 0.0
        share[generator.random(N) < b * rho] = target
        human, squares, total = numpy_items(share, np.sqrt(s2), generator)
        rho = 1 - human / (N * M)
        total -= human * mean  # items less the generator's mean; the cross term of the squares is negligible here
        shift = total / (N * M)
        q = np.exp(-0.5 * (x - mean) ** 2 / s2) / np.sqrt(2 * np.pi * s2)
        pool = (1 - rho) * p + rho * q
        log_quality -= elasticity * np.sum(pool * np.log(pool / p)) * (x[1] - x[0])
        mean, v = mean + shift, squares / (N * M) - shift * shift
    return rho, log_quality


@pytest.mark.parametrize("policy", ["none", "closed_form"])
def test_replicate_of_the_headline_study_against_numpy(compare, policy):
    size = collapse.Population(producers=N, items=M, generations=10)
    case = Case(collapse.Parameters(), collapse.POLICIES[policy](), size, collapse.Record())

    def ours():
        return EXPERIMENT.arms[policy].draw(case, 1, 0, 1)

    def theirs():
        return numpy_market(policy)

    run, twin = ours(), theirs()
    assert abs(run["contamination"][-1] - twin[0]) < 0.1  # ten standard deviations: the same market
    assert abs(run["log_quality"][-1] - twin[1]) < 0.1
    compare(f"replicate of the headline study ({policy}): NumPy / ours", ours, theirs, "(none)")
