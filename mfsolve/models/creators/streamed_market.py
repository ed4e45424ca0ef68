"""Creators by the billion, drawn, summed and forgotten; their continuum limit (MODEL 4.1)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels.creators import effort
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, require, seed_word, thread_count, whole
from mfsolve.models.parallel import blocks, run_blocks

from .continuum import Continuum
from .loadings import Beta, Distribution, TwoPoint, Uniform, law
from .populations import Array, Atoms, Population, Stream
from .static_market import Aggregates, check_scalars, solved

if TYPE_CHECKING:
    import xarray as xr

MOST = 2**32


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
    return Stream(*kernel_law(distribution), creators, key, replicate, Continuum(distribution, 1.0).centre, threads)


def kernel_law(distribution: Uniform | Beta) -> tuple[int, float, float]:
    """A law as the kernels name it."""
    if isinstance(distribution, Uniform):
        return effort.UNIFORM, distribution.low, distribution.high - distribution.low
    return effort.BETA, distribution.a, distribution.b


def drawn_loadings(distribution: Distribution, creators: int, seed: int, replicate: int = 0) -> Array:
    """Loadings (n,) of the creators that `streamed_market` sums: the first n of one endless sequence."""
    base = Uniform() if isinstance(distribution, TwoPoint) else distribution
    drawn = Stream(*kernel_law(base), creators, stream_key(seed, "creators.loading"), replicate, 0.0).loadings(
        0, creators
    )
    return distribution.quantile(drawn) if isinstance(distribution, TwoPoint) else drawn


def count_high(share: float, key: NDArray[np.uint64], replicate: np.uint64, creators: int, threads: int) -> int:
    """How many of the creators are drawn with the high loading."""
    counts = np.zeros(len(blocks(creators)), dtype=np.int64)

    def work(index: int, start: int, stop: int) -> None:
        counts[index] = int(effort.stream_count(share, key, replicate, start, stop - start))

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
    return Aggregates(*solved(population, bias_variance, cost_exponent, cost_scale))


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
    return Aggregates(*solved(Continuum(distribution, mass), v, cost_exponent, cost_scale))


def approach(
    distribution: Distribution,
    sizes: tuple[int, ...] = (100, 1000, 10_000, 100_000),
    replicates: int = 64,
    seed: int = 0,
    bias_variance: float = 1.0,
    cost_exponent: float = 2.0,
    cost_scale: float = 1.0,
) -> "xr.Dataset":
    """How fast drawn markets come to the infinite one: errors by size and replicate (MODEL 4.1).

    Parameters
    ----------
    distribution : Uniform, TwoPoint or Beta
        Law of the loadings.
    sizes : tuple of int
        Two or more different numbers of creators, [1, 2^32].
    replicates : int
        Draws of each size, [2, 2^32].
    seed : int
        The loadings are a function of it, in [0, 2^64 - 1].
    bias_variance, cost_exponent, cost_scale : float
        v > 0, g > 1 and k > 0, as in `static_market`.

    Returns
    -------
    Dataset (size, replicate)
        `aggregate`, `precision` (per creator) of the market in each draw. By size: `aggregate_error`,
        `precision_error`, root mean square distances from the limit; `aggregate_noise`, `precision_noise`,
        standard deviations over draws; `aggregate_bias`, `precision_bias`, distances of the deterministic
        market with the same N. Attributes: the limits and the least-squares slopes of log noise on log N.
        Noise falls as N^{-1/2}. The bias falls as 1/N if loadings are spread; if imitators are all alike, A
        comes to its limit as N^{-(g-1)/(g+1)}, N^{-1/3} for g = 2, and that decides the error.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    import xarray as xr

    require(len(set(sizes)) >= 2, "sizes", sizes, "two or more different numbers of creators")
    replicates = whole("replicates", replicates, 2, MOST)
    args = (bias_variance, cost_exponent, cost_scale)
    limit = continuum_market(distribution, np.inf, *args)
    finite = [continuum_market(distribution, n, *args) for n in sizes]
    draws = [[streamed_market(distribution, n, seed, *args, replicate=r) for r in range(replicates)] for n in sizes]
    series = {
        "aggregate": (
            np.array([[m.aggregate_market for m in row] for row in draws]),
            np.array([m.aggregate_market for m in finite]),
            limit.aggregate_market,
        ),
        "precision": (
            np.array([[m.precision_market / m.creators for m in row] for row in draws]),
            np.array([m.precision_market / m.creators for m in finite]),
            limit.precision_market,
        ),
    }
    result = xr.Dataset(coords={"size": np.array(sizes), "replicate": np.arange(replicates)})
    for name, (drawn, certain, end) in series.items():
        noise = drawn.std(axis=1, ddof=1)
        result[name] = (("size", "replicate"), drawn)
        result[f"{name}_error"] = ("size", np.sqrt(np.mean((drawn - end) ** 2, axis=1)))
        result[f"{name}_noise"] = ("size", noise)
        result[f"{name}_bias"] = ("size", certain - end)
        result.attrs[f"{name}_limit"] = end
        result.attrs[f"{name}_noise_slope"] = float(np.polyfit(np.log(sizes), np.log(noise), 1)[0])
    return result
