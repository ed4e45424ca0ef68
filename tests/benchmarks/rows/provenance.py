"""Contamination of pools: maximum likelihood, and the rounds of PMIR."""

import functools
import math

import numpy as np
from benchmarks.row import Contender, Peer, Row
from mfsolve.kernels._jit import kernel
from mfsolve.kernels.provenance import ensembles, likelihood
from mfsolve.kernels.provenance.pmir_round import ITEMS as BLOCK
from mfsolve.kernels.provenance.pmir_round import Pool, Stream, add_moments, draw_line
from mfsolve.kernels.random.philox import stream_key

from mfsolve.models import collapse, parallel, provenance
from mfsolve.models.collapse.content import Gaussian
from mfsolve.models.provenance.pmir_round import clear_market

SETS, RHO, S2 = 8, 0.3, 0.319  # so few data sets stay in the second-level cache


@kernel
def maxima(t, tolerance, out):
    """Maximum-likelihood estimates of data sets t (sets, n): out (sets, 2) = theta, sum w^2."""
    sums, none = np.empty(3), np.empty(0)
    for k in range(t.shape[0]):
        out[k, 0], _ = likelihood.maximum(t[k], none, tolerance, sums)
        out[k, 1] = sums[1]


@functools.cache
def contrasts(n):
    """Likelihood contrasts (q - p) / (q + p) of the items of every data set."""
    t, key = np.empty((SETS, n)), stream_key(1, "benchmark")
    pool = ensembles.GaussianPool(RHO, 0.0, S2, 1, 0.0, 0.0)
    for k in range(SETS):
        ensembles.draw_gaussian(key, np.uint64(0), np.uint64(k), pool, t[k])
    return t


@functools.cache
def exact(n):
    """Contamination of the data sets to rounding, by Newton's method on extended precision."""
    u = (2 * contrasts(n) / (1 - contrasts(n))).astype(np.longdouble)
    return newton(u, 1e-17).astype(float)


def newton(u, enough=1e-12):
    """All data sets at once, on q / p - 1, until every step is small."""
    rho = np.full(len(u), 0.5, u.dtype)
    for _ in range(50):
        w = u / (1 + rho[:, None] * u)
        step = w.sum(1) / (w * w).sum(1)
        rho = np.clip(rho + step, 0, 1)
        if np.abs(step).max() < enough:
            break
    return rho


def farthest(n):
    return lambda found: float(np.abs(np.asarray(found) - exact(n)).max())


def ours(n, threads, accuracy):
    """On several threads every one does all data sets: work grows with the cores, as it does over replicates."""
    t, out = contrasts(n), np.empty((SETS * threads, 2))

    def some(_, start, stop):
        for k in range(start, stop, SETS):
            maxima(t, 2 * accuracy, out[k : k + SETS])

    def call():
        parallel.run_blocks(some, out.shape[0], threads, SETS)
        return 0.5 + 0.5 * out[:SETS, 0]

    return Contender(call, farthest(n), share=float(threads))


def scipy_bounded(n, threads):
    """One data set after the other, as one would write it first: log likelihood of the two densities."""
    from scipy.optimize import minimize_scalar

    p, q = (1 - contrasts(n)) / 2, (1 + contrasts(n)) / 2

    def call():
        return [
            minimize_scalar(
                lambda rho, a=a, b=b: -np.log((1 - rho) * a + rho * b).sum(), bounds=(0, 1), method="bounded",
                options={"xatol": 1e-5},
            ).x
            for a, b in zip(p, q)
        ]  # fmt: skip

    return Contender(call, farthest(n))


def scipy_informed(n, threads):
    """The same with as little arithmetic as NumPy allows: one product, one log1p and one sum per item and evaluation."""
    from scipy.optimize import minimize_scalar

    t = contrasts(n)

    def call():
        return [
            0.5 + 0.5 * minimize_scalar(
                lambda theta, x=x: -np.log1p(theta * x).sum(), bounds=(-1, 1), method="bounded", options={"xatol": 2e-5},
            ).x
            for x in t
        ]  # fmt: skip

    return Contender(call, farthest(n))


def numpy_newton(n, threads):
    """One data set at a time, so that its arrays stay in the second-level cache."""
    u = 2 * contrasts(n) / (1 - contrasts(n))
    return Contender(lambda: np.concatenate([newton(u[k : k + 1]) for k in range(len(u))]), farthest(n))


def one_division(n, threads):
    """What every evaluation has to do at least: a division for each item, and a sum of the ratios."""
    t, room = contrasts(n), np.empty(n)

    def call():
        for row in t:
            np.divide(1.0, row, out=room)
            room.sum()

    return Contender(call)


@kernel
def draw_and_refit(stream, pool, n, sums):
    """The items of `pmir_round.draw_and_estimate` on the line, drawn as there, and their sums."""
    stream, pool = Stream(*stream), Pool(*pool)
    room = np.empty(BLOCK)
    sums[:] = 0.0
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        draw_line(stream, np.uint64(start // 2), pool, room[: (size + 1) // 2 * 2])
        add_moments(room[:size], sums)


ROUNDS = 10


def plain_rounds(n, threads):
    """PMIR's market without a regulator who estimates: the same items drawn and refitted, the closed form known."""
    parameters, key, rule = collapse.Parameters(), stream_key(1, "provenance/pmir"), collapse.ClosedForm()

    def call():
        rho, content = parameters.initial_contamination, Gaussian.human(parameters)
        source, found = content, []
        for k in range(ROUNDS):
            sums = np.empty(2)
            s = math.sqrt(source.generator_variance)
            draw_and_refit((key, np.uint64(k), np.uint64(0)), (rho, source.mean, s), n, sums)
            mean = sums[:1] / n
            refit = Gaussian(mean, float(sums[1] / n - mean[0] ** 2), parameters.variance_ratio)
            subsidy = rule.levers(parameters, content.divergence()).subsidy
            found.append(refit.variance)
            rho, source = clear_market(parameters, rho, content, subsidy), content
            content = source.contaminated(rho)
        return found

    return Contender(call)


def pmir(n, threads):
    economy = collapse.Parameters()
    settings = provenance.PmirSettings(items=n, rounds=ROUNDS, budget=2**53)
    refit = plain_rounds(n, 1).call

    def same_items(found):
        return abs(found[0].estimated_variance.values[1] / refit()[1] - 1)

    return Contender(lambda: provenance.pmir(economy, 1e-9, settings=settings), same_items)


PEERS = (
    Peer("numpy", "NumPy, Newton to 1e-12, pool by pool", numpy_newton),
    Peer("scipy", "SciPy `minimize_scalar`, one log1p an item", scipy_informed),
    Peer("scipy", "SciPy `minimize_scalar`, naive version", scipy_bounded),
)
ROWS = (
    Row(
        "likelihood", "maximum-likelihood contamination of 8 pools of {n} items, asked for 1e-5",
        "largest distance from the maximum", 10**4, functools.partial(ours, accuracy=1e-5), PEERS,
        ("a division and a sum an item", one_division), (10**3, 10**4, 10**5), threaded=True,
    ),
    Row(
        "likelihood_exact", "the same, asked for 1e-12", "largest distance from the maximum", 10**4,
        functools.partial(ours, accuracy=1e-12), PEERS[:1],
        ("a division and a sum an item", one_division), (10**3, 10**4, 10**5),
    ),
    Row(
        "pmir", "ten rounds of PMIR on {n} items each, as a Dataset",
        "relative distance of the second round's variance from that of the same items refitted alone", 10**4, pmir, (),
        ("the same items drawn and refitted, the market without estimation", plain_rounds), (10**4, 10**5, 10**6),
    ),
)  # fmt: skip
