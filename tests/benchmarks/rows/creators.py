"""The creators' market, and each creator's share of the precision."""

import functools

import numpy as np
from benchmarks.row import Contender, Peer, Row
from naive import creators as naive

from mfsolve.models import intermediary
from mfsolve.models.creators import Uniform, static_market, streamed_market
from mfsolve.models.intermediary import OrderScheme


@functools.cache
def loadings(n):
    return np.random.default_rng(0).random(n)


def residual(loading, g):
    """Relative distance of the market's aggregate A, found by either side, from what its own efforts sum to."""

    def of(A):
        efforts = (np.abs(1 - loading * A) ** 2 / g) ** (1 / (g - 1))
        return abs(np.sum(loading * efforts * (1 - loading * A)) / A - 1)

    return of


def market(n, threads, g):
    x = loadings(n)
    error = residual(x, g)
    return Contender(lambda: static_market(x, 1.0, g, threads=threads), lambda m: error(m.aggregate_market))


def numpy_market(n, threads, g):
    x = loadings(n)
    error = residual(x, g)
    return Contender(lambda: naive.market(x, 1.0, g, 1.0), lambda found: error(found[0][0]))


def one_read(n, threads):
    return Contender(loadings(n).sum)


def optimum(n, threads):
    x = loadings(n)
    return Contender(lambda: static_market(x).profit, lambda found: abs(found / static_market(x).profit - 1))


def slsqp(n, threads):
    x = loadings(n)

    def call():
        return -naive.brute_force(x, 1.0, 2.0, 1.0, 2.0).fun

    return Contender(call, lambda found: abs(found / static_market(x).profit - 1))


def aggregate(powers):
    """The market's A at quadratic cost from sums of powers 1 to 4 of the loadings: a cubic equation."""
    from scipy.optimize import brentq

    s1, s2, s3, s4 = powers
    return brentq(lambda A: A - (s1 - 3 * A * s2 + 3 * A * A * s3 - A**3 * s4) / 2.0, 0.0, 1.0 + s1, xtol=1e-15)


def of_the_law(n):
    """Relative distance of A from that of n loadings spread evenly over [0, 1]."""
    exact = aggregate([n / (k + 1) for k in range(1, 5)])
    return lambda found: abs(found / exact - 1)


def streamed(n, threads):
    return Contender(lambda: streamed_market(Uniform(), n, 1, threads=threads).aggregate_market, of_the_law(n))


def numpy_streamed(n, threads):
    """Draws and sums of powers in chunks that fit the cache."""
    generator, x, y = np.random.Generator(np.random.SFC64(1)), np.empty(2**14), np.empty(2**14)
    few = min(n, 10**7)

    def call():
        powers = np.zeros(4)
        for start in range(0, few, x.size):
            size = min(x.size, few - start)
            generator.random(out=x[:size])
            np.copyto(y[:size], x[:size])
            powers[0] += y[:size].sum()
            for k in range(1, 4):
                np.multiply(y[:size], x[:size], out=y[:size])
                powers[k] += y[:size].sum()
        return aggregate(powers * (n / few))

    return Contender(call, of_the_law(n), share=few / n)


STRATIFIED = OrderScheme(stratified=True)


@functools.cache
def game(n):
    """Loadings, efforts, and Shapley values known to a hundredth of what either side is asked for."""
    x = loadings(n)
    e = np.asarray(static_market(x).effort_planner)
    return x, e, intermediary.shapley(x, e, 1.0, 200_000, 9, STRATIFIED).value


def relative(n):
    exact = game(n)[2]
    return lambda value: float(np.linalg.norm(np.asarray(value) - exact) / np.linalg.norm(exact))


def shapley(n, threads, scheme, orders):
    x, e, _ = game(n)
    return Contender(lambda: intermediary.shapley(x, e, 1.0, orders, 1, scheme, threads=threads).value, relative(n))


def coalitions(n):
    """Phi of many coalitions (k, n) at once, as a game of shapiq."""
    x, e, _ = game(n)
    terms = np.stack([e, x * e, x * x * e], axis=1)

    def value(members):
        s0, s1, s2 = (np.atleast_2d(np.asarray(members, dtype=float)) @ terms).T
        return s0 - s1**2 / (1.0 + s2)

    return value


def by_shapiq(n, threads, method, budget):
    import shapiq

    kind, value = getattr(shapiq, method), coalitions(n)

    def call():
        options = {"index": "SV"} if method == "KernelSHAPIQ" else {}
        found = kind(n=n, random_state=1, **options).approximate(budget=budget, game=value)
        return np.array([found[(i,)] for i in range(n)])

    return Contender(call, relative(n))


NUMPY = (Peer("scipy", "NumPy and SciPy `brentq`", functools.partial(numpy_market, g=2.0)),)
ROWS = (
    Row(
        "creators", "creator market and planner, {n} creators, quadratic cost", "relative residual of the fixed point",
        10**6, functools.partial(market, g=2.0), NUMPY, ("one read of the array", one_read), (10**4, 10**5, 10**6),
    ),
    Row(
        "creators_general", "the same, cost exponent 2.5", "relative residual of the fixed point", 10**6,
        functools.partial(market, g=2.5),
        (Peer("scipy", "NumPy and SciPy `brentq`", functools.partial(numpy_market, g=2.5), threaded=True),),
        ("one read of the array", one_read), (10**4, 10**5, 10**6), threaded=True,
    ),
    Row(
        "creators_streamed", "{n} creators drawn and streamed, market and planner",
        "relative distance of the aggregate from that of the law", 10**8, streamed,
        (Peer("numpy", "NumPy, SFC64, in chunks that fit the cache, 10^7 extrapolated", numpy_streamed),), None,
        (10**6, 10**7, 10**8, 10**9), threaded=True,
    ),
    Row(
        "creators_optimum", "profit of {n} creators, quadratic cost", "relative, of the profit", 300, optimum,
        (Peer("scipy", "SciPy SLSQP in as many dimensions", slsqp),), None, (100, 200, 300),
    ),
    Row(
        "shapley", "Shapley values of {n} creators to 1 %", "root mean square error of the values over their root mean square", 200,
        functools.partial(shapley, scheme=STRATIFIED, orders=4),
        (
            Peer("shapiq", "shapiq KernelSHAP, which does not get there", functools.partial(by_shapiq, method="KernelSHAP", budget=5000)),
            Peer("mfsolve", "our own plain orders", functools.partial(shapley, scheme=OrderScheme(), orders=100)),
            Peer(
                "shapiq", "shapiq PermutationSamplingSV",
                functools.partial(by_shapiq, method="PermutationSamplingSV", budget=20_000),
            ),
        ),
    ),
)  # fmt: skip
