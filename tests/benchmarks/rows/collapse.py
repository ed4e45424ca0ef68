"""The market of model collapse: a generation item by item, a whole replicate, many small ones side by side."""

import functools

import numba
import numpy as np
from benchmarks.row import Contender, Peer, Row, z_score
from mfsolve.kernels.collapse import emission, producers
from mfsolve.kernels.random import normals, philox

from mfsolve.experiments.collapse import EXPERIMENT
from mfsolve.experiments.experiment import Case
from mfsolve.models import collapse
from mfsolve.models.collapse.many_markets import finite_paths
from mfsolve.models.collapse.parameters import Parameters, Population, Record
from mfsolve.models.collapse.policies import policy_of

KEY, OTHER, ZERO = philox.stream_key(1, "a"), philox.stream_key(1, "b"), np.uint64(0)
ITEMS, SPREAD = 16, 0.7


@functools.cache
def shares(n):
    """Human shares of producers, as whole numbers over 2^31."""
    return (np.random.default_rng(0).random(n) * 2**31).astype(np.uint32)


def human_share(n):
    """Distance of the number of human items from its expectation, in standard errors, from (human, squares, total)."""
    p = shares(n) / 2**31
    return lambda found: z_score(found[0], ITEMS * p.sum(), np.sqrt(ITEMS * (p * (1 - p)).sum()))


def items(n, threads):
    share, centre = shares(n), np.zeros(1)

    def call():
        out = np.empty(3)
        emission.emit(producers.ItemStream(KEY, OTHER, ZERO, ZERO), ZERO, share, ITEMS, centre, SPREAD, out)
        return out

    return Contender(call, human_share(n))


def numpy_items(share, s, generator, chunk=2000):
    """The same pool, vectorised, in chunks of 32,000 items (256 kB)."""
    human = total = squares = 0.0
    for start in range(0, share.size, chunk):
        own = share[start : start + chunk]
        is_human = generator.random((ITEMS, own.size)) < own
        y = generator.standard_normal((ITEMS, own.size))
        y *= np.where(is_human, 1.0, s)
        human += np.count_nonzero(is_human)
        total += y.sum()
        squares += np.einsum("ij,ij->", y, y)
    return human, squares, total


def vectorised(n, threads):
    share, generator = shares(n) / 2**31, np.random.Generator(np.random.SFC64(2))
    return Contender(lambda: numpy_items(share, SPREAD, generator), human_share(n))


def jitted(n, threads):
    """As one would write it with Numba and NumPy's Generator."""

    @numba.njit(error_model="numpy")
    def pool(generator, share, s):
        human, squares, total = 0.0, 0.0, 0.0
        for own in share:
            for _ in range(ITEMS):
                is_human = generator.random() < own
                y = generator.standard_normal() * (1.0 if is_human else s)
                human += is_human
                squares += y * y
                total += y
        return human, squares, total

    share, generator = shares(n) / 2**31, np.random.Generator(np.random.SFC64(2))
    return Contender(lambda: pool(generator, share, SPREAD), human_share(n))


@numba.njit(error_model="numpy")
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


def draws(n, threads):
    labels, first, second = np.empty((4, 512), np.uint64), np.empty(512), np.empty(512)
    return Contender(lambda: draws_only(KEY, OTHER, n, ITEMS, labels, first, second))


def numpy_market(n, policy, generations=10, delta=0.4735, kappa=0.305, b=0.6504, rho=0.0113, elasticity=1.0268):
    """The study's replicate in vectorised NumPy: same market, same quantities, quadrature on a fixed grid."""
    generator = np.random.Generator(np.random.SFC64(3))
    share, mean, v, log_quality = np.full(n, 1 - rho), 0.0, 1.0, 0.0
    x = np.linspace(-12.0, 12.0, 4001)
    p = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    for _ in range(generations):
        s2 = delta * v
        kl = 0.5 * (s2 - 1 - np.log(s2)) + 0.5 * mean * mean
        target = min(1.0, kl / (2 * kappa)) if policy == "closed_form" else 0.0
        share[generator.random(n) < b * rho] = target
        human, squares, total = numpy_items(share, np.sqrt(s2), generator)
        rho = 1 - human / (n * ITEMS)
        total -= human * mean  # items less the generator's mean; the cross term of the squares is negligible here
        shift = total / (n * ITEMS)
        q = np.exp(-0.5 * (x - mean) ** 2 / s2) / np.sqrt(2 * np.pi * s2)
        pool = (1 - rho) * p + rho * q
        log_quality -= elasticity * np.sum(pool * np.log(pool / p)) * (x[1] - x[0])
        mean, v = mean + shift, squares / (n * ITEMS) - shift * shift
    return rho, log_quality


@functools.cache
def expected(n, policy):
    """Mean and standard deviation of the last contamination of a replicate, from 12 of them."""
    draw = EXPERIMENT.arms[policy].draw
    found = [draw(case(n, policy), 2, k, 1)["contamination"][-1] for k in range(12)]
    return float(np.mean(found)), float(np.std(found, ddof=1))


def case(n, policy):
    size = collapse.Population(producers=n, items=ITEMS, generations=10)
    return Case(collapse.Parameters(), collapse.POLICIES[policy](), size, collapse.Record())


def replicate(n, threads, policy="closed_form"):
    whole, draw = case(n, policy), EXPERIMENT.arms[policy].draw

    def error(found):
        return z_score(float(found["contamination"][-1]), *expected(n, policy))

    return Contender(lambda: draw(whole, 1, 0, threads), error)


def numpy_replicate(n, threads, policy="closed_form"):
    return Contender(lambda: numpy_market(n, policy), lambda found: z_score(float(found[0]), *expected(n, policy)))


SMALL = Population(producers=100, items=ITEMS, generations=10, sampling="statistics")
GRID = np.linspace(-8.0, 8.0, 97)


def numpy_markets(n, generator, delta=0.4735, kappa=0.305, b=0.6504, rho0=0.0113, c=1.0268):
    """Contamination and log quality of n replicates side by side, cohort by cohort; the loss on a fixed grid."""
    N, M, T, X = SMALL.producers, ITEMS, SMALL.generations, GRID
    count, share = np.zeros((n, T + 1)), np.zeros((n, T + 1))
    count[:, 0], share[:, 0] = N, 1 - rho0
    rho, mean, v, log_quality = np.full(n, rho0), np.zeros(n), np.ones(n), np.zeros(n)
    p = np.exp(-0.5 * X * X) / np.sqrt(2 * np.pi)
    for t in range(T):
        s2 = delta * v
        kl = 0.5 * (s2 - 1 - np.log(s2) + mean * mean)
        movers = generator.binomial(count[:, : t + 1].astype(int), np.minimum(1.0, b * rho)[:, None])
        count[:, : t + 1] -= movers
        count[:, t + 1] = movers.sum(axis=1)
        share[:, t + 1] = np.minimum(1.0, kl / (2 * kappa))
        human = generator.binomial((count[:, : t + 2] * M).astype(int), share[:, : t + 2]).sum(axis=1)
        rho, synthetic = 1 - human / (N * M), N * M - human
        total, squares = np.zeros(n), np.zeros(n)
        for k, s, centre in ((human, 1.0, -mean), (synthetic, np.sqrt(s2), 0.0)):
            here = centre + s * generator.standard_normal(n) / np.sqrt(np.maximum(k, 1))
            total += k * here
            squares += k * here * here + s * s * generator.chisquare(np.maximum(k - 1, 1))
        q = np.exp(-0.5 * (X - mean[:, None]) ** 2 / s2[:, None]) / np.sqrt(2 * np.pi * s2)[:, None]
        pool = (1 - rho)[:, None] * p + rho[:, None] * q
        log_quality -= c * np.sum(pool * np.log(pool / p), axis=1) * (X[1] - X[0])
        shift = total / (N * M)
        mean, v = mean + shift, squares / (N * M) - shift * shift
    return rho, log_quality


@functools.cache
def small_expected():
    """Mean and standard error of the last contamination over 2^15 small markets of another seed."""
    last = finite_paths(Parameters(), policy_of("closed_form"), SMALL, Record(), 5, range(2**15), 1)["contamination"][
        :, -1
    ]
    return float(last.mean()), float(last.std())


def small_error(last):
    mean, deviation = small_expected()
    return z_score(float(last.mean()), mean, deviation * np.sqrt(1 / last.size + 2.0**-15))


def small_markets(n, threads):
    rule = policy_of("closed_form")
    return Contender(
        lambda: finite_paths(Parameters(), rule, SMALL, Record(), 1, range(n), threads),
        lambda found: small_error(found["contamination"][:, -1]),
    )


def numpy_small_markets(n, threads):
    generator = np.random.Generator(np.random.SFC64(3))
    return Contender(lambda: numpy_markets(n, generator), lambda found: small_error(found[0]))


STANDARD = "in standard errors of as many draws"
ROWS = (
    Row(
        "generation", "a generation of {n} producers with 16 items each, item by item",
        f"distance of the number of human items from its expectation, {STANDARD}", 10**5, items,
        (
            Peer("numpy", "NumPy in chunks that fit the cache, SFC64", vectorised),
            Peer("numba", "Numba loops with NumPy's Generator", jitted),
        ),
        ("its draws", draws), (10**3, 10**4, 10**5, 10**6),
    ),
    Row(
        "replicate", "a replicate of the headline study, {n} producers, 10 generations",
        "distance of the last contamination from the mean of other replicates, in their standard deviations", 10**5, replicate,
        (Peer("numpy", "the same market in NumPy", numpy_replicate, less="2 outputs instead of 22"),),
        None, (10**3, 10**4, 10**5),
    ),
    Row(
        "small_markets", "{n} markets of 100 producers side by side, 10 generations, sampled statistics",
        f"distance of the mean last contamination from that of others, {STANDARD}", 4096, small_markets,
        (Peer("numpy", "the same markets as NumPy arrays", numpy_small_markets, less="2 outputs instead of 22"),),
        None, (256, 1024, 4096), threaded=True,
    ),
)  # fmt: skip
