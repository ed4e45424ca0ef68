"""Creators by the billion, drawn, summed and forgotten; their continuum limit (MODEL 4.1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.creators import effort
from mfsolve.kernels.random import beta_stream
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, seed_word, thread_count, whole
from mfsolve.models.parallel import BLOCK, blocks, run_blocks

from .aggregate_root import centred, fourth
from .continuum import Continuum
from .loadings import Beta, Distribution, TwoPoint, Uniform, law
from .populations import Atoms, Population, Stream
from .static_market import Aggregates, check_scalars, solved

MOST = 2**32
MOST_AT_ONCE = 2**14
DRAWS_AT_ONCE = 2**25
"""Creators that are drawn in one call, about: a tenth of a second."""


def sample(distribution: Distribution, creators: int, seed: int, replicate: int = 0, threads: int = 1) -> Population:
    """A population of creators with loadings drawn from a distribution, held in O(1) memory.

    Creator i's loading is a function of (seed, replicate, i) alone. Of a two-point law only the exact number
    of creators at each point is kept; the draws are made once, one by one.
    """
    law(distribution)
    creators, threads = whole("creators", creators, 1, MOST), thread_count(threads)
    seed_word("seed", seed, 64)
    word = seed_word("replicate", replicate, 32)
    key = stream_key(seed, "creators.loading")
    if isinstance(distribution, TwoPoint):
        high = count_high(distribution.share_high, key, word, creators, threads)
        return Atoms(np.array([distribution.low, distribution.high]), np.array([float(creators - high), float(high)]))
    return Stream(counters(distribution, key, word), creators, Continuum(distribution, 1.0).centre, threads)


def counters(distribution: Uniform | Beta, key: NDArray[np.uint64], replicate: np.uint64) -> beta_stream.Stream:
    """A law as the kernels name it, with the counters that loadings are drawn from."""
    if isinstance(distribution, Uniform):
        width = distribution.high - distribution.low
        return beta_stream.Stream(beta_stream.UNIFORM, distribution.low, width, key, replicate)
    return beta_stream.Stream(beta_stream.BETA, distribution.a, distribution.b, key, replicate)


def drawn_loadings(distribution: Distribution, creators: int, seed: int, replicate: int = 0) -> Floats:
    """Loadings (n,) of the creators that `streamed_market` sums: the first n of one endless sequence."""
    base = Uniform() if isinstance(distribution, TwoPoint) else distribution
    drawn = np.empty(creators)
    beta_stream.draw(counters(base, stream_key(seed, "creators.loading"), np.uint64(replicate)), 0, drawn)
    return distribution.quantile(drawn) if isinstance(distribution, TwoPoint) else drawn


def count_high(share: float, key: NDArray[np.uint64], replicate: np.uint64, creators: int, threads: int) -> int:
    """Number of creators who are drawn with the high loading."""
    counts = np.zeros(len(blocks(creators)), dtype=np.int64)

    def work(index: int, start: int, stop: int) -> None:
        counts[index] = int(beta_stream.count_successes(share, key, replicate, start, stop - start))

    run_blocks(work, creators, threads)
    return int(counts.sum())


def streamed_market(
    distribution: Distribution,
    creators: int,
    seed: int,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
    replicate: int = 0,
    threads: int = 1,
) -> Aggregates:
    """Market and planner of up to 2^32 creators whose loadings are drawn and never stored (MODEL 4.1).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    creators : int
        Number of creators, [1, 2^32].
    seed, replicate : int
        The loadings are a function of both; seed in [0, 2^64 - 1], replicate in [0, 2^32 - 1].
    bias_variance, cost_exponent, cost_scale : float
        v > 0, g > 1 and k > 0, as in `static_market`.
    threads : int
        Threads; the results do not depend on it.

    Returns
    -------
    Aggregates
        The fields of `StaticMarket` that are not arrays per creator. One pass over the creators for g = 2 or
        a two-point law, a few passes otherwise (each draws the loadings anew).

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_scalars(bias_variance, cost_exponent, cost_scale)
    population = sample(distribution, creators, seed, replicate, threads)
    return solved(population, bias_variance, cost_exponent, cost_scale)


class Streamed(NamedTuple):
    """Aggregates of many streamed markets (R,), as `Aggregates` names them."""

    aggregate_market: Floats
    aggregate_planner: Floats
    precision_market: Floats
    precision_planner: Floats
    precision_gap: Floats
    profit: Floats
    welfare_planner: Floats


def side_by_side(distribution: Distribution, creators: int, cost_exponent: float) -> int:
    """Markets that `streamed_markets` should be asked for at a time; 0 where it does not serve them."""
    served = isinstance(distribution, Uniform | Beta) and cost_exponent == 2.0 and creators <= BLOCK
    return max(1, min(MOST_AT_ONCE, DRAWS_AT_ONCE // creators)) if served else 0


def streamed_markets(
    distribution: Uniform | Beta,
    creators: int,
    seed: int,
    bias_variance: float,
    cost_scale: float,
    replicates: range,
    threads: int,
) -> Streamed:
    """`streamed_market` of consecutive replicates for quadratic costs, bit for bit: many small markets in one call.

    Raises
    ------
    ValueError
        As `streamed_market`.
    """
    v, k, count = float(bias_variance), float(cost_scale), len(replicates)
    stream = sample(distribution, creators, seed, replicates[0])
    assert isinstance(stream, Stream)
    scales = np.array([2.0 * k, k])
    w, roots = np.empty((count, 7)), np.empty((count, 2, 2))

    def work(index: int, start: int, stop: int) -> None:
        draws = stream.draws._replace(replicate=stream.draws.replicate + np.uint64(start))
        effort.quadratic_streams(draws, creators, stream.centre, v, 1.0 / scales, w[start:stop], roots[start:stop])

    run_blocks(work, count, threads, -(-count // threads))
    A, u = roots[:, :, 0].T, roots[:, :, 1].T  # (2, R): market and planner
    energy = fourth(stream.creators, w.T[:, None], stream.centre, u, A) / (scales * scales)[:, None]
    unfit = ~(centred(w.T[:, None], u, A) & np.isfinite(A) & np.isfinite(energy)).all(axis=0)
    precision = A * A / v + np.array([[2.0], [1.0]]) * k * energy
    cost = k * energy / 2.0
    found = Streamed(
        A[0], A[1], precision[0], precision[1],
        np.divide(precision[0], precision[1], out=np.ones(count), where=precision[1] > 0.0),
        precision[0] - 2.0 * cost[0], precision[1] - cost[1],
    )  # fmt: skip
    for place in np.flatnonzero(unfit):  # about another centre, or with a line that says why there is none
        market = streamed_market(distribution, creators, seed, v, 2.0, k, replicates[place])
        for name, values in found._asdict().items():
            values[place] = getattr(market, name)
    return found


def continuum_market(
    distribution: Distribution,
    creators: float = np.inf,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
) -> Aggregates:
    """The market with the law of the loadings in place of a draw, by quadrature (MODEL 4.1).

    With finite `creators` N every sum over creators is N times an expectation. With `creators` infinite the
    fields are the limits *per creator*: A solves E[l e(A) (1 - l A)] = 0 and `precision_*`, `profit`,
    `welfare_*` are divided by N.

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    creators : float
        Their mass N, (0, inf].
    bias_variance, cost_exponent, cost_scale : float
        v > 0, g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    Aggregates

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    law(distribution)
    number("creators", creators, "(0, inf]")
    check_scalars(bias_variance, cost_exponent, cost_scale)
    mass, v = (1.0, np.inf) if np.isinf(creators) else (float(creators), bias_variance)
    return solved(Continuum(distribution, mass), v, cost_exponent, cost_scale)
