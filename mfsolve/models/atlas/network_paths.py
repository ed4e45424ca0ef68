"""Simulated networks of linear and of Gaussian models (MODEL 9.11)."""

from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.kernels.atlas import networks as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, replicate_range, seed_word, thread_count, whole
from mfsolve.models.parallel import run_blocks
from mfsolve.models.quantities import Quantity, dataset

from .networks import Network

if TYPE_CHECKING:
    import xarray as xr

BLOCK = 2**10
"""Models of one call of a kernel; even, since two share a counter."""
ZERO = np.uint64(0)
BOTH = ("replicate", "generation")
QUANTITIES = {
    "risk": Quantity(BOTH, "squared error of a model's mean, average over models"),
    "common": Quantity(BOTH, "squared mean of all models"),
    "disagreement": Quantity(BOTH, "variance between models"),
    "variance": Quantity(BOTH, "variance of a model, average over models"),
    "loss": Quantity(BOTH, "squared W2 distance to human content, average over models"),
}
States = tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
"""Means and variances (n, R) of a generation, and of the next."""


def simulate_linear(
    network: Network, noise: float, generations: int, seed: int, *, replicates: range = range(1), threads: int = 1
) -> "xr.Dataset":
    """Draw linear models theta' = W theta + sqrt(noise) z from theta = 0, the human value (MODEL 9.11).

    Parameters
    ----------
    network : Network
        n models, and whose items each takes.
    noise : float
        Variance of a refit, in [0, inf).
    generations : int
        T, in [1, 10^6].
    seed : int
        In [0, 2^64 - 1].
    replicates : range
        Consecutive numbers of the replicates R to draw, each in [0, 2^32 - 1].
    threads : int
        In [1, 1024].

    Returns
    -------
    Dataset (replicate, generation)
        `risk`, mean of theta_i^2 over models; `common`, the square of the models' mean; `disagreement`, their variance
        around it. Bits do not depend on threads or on which replicates are drawn together.

    Raises
    ------
    ValueError
        For an argument out of its range.
    """
    seed_word("seed", seed, 64)
    arrays = linear_paths(network, noise, generations, seed, replicates=replicates, threads=threads)
    return _labelled(arrays, replicates)


def linear_paths(
    network: Network, noise: float, generations: int, seed: int, *, replicates: range = range(1), threads: int = 1
) -> Arrays:
    """Arrays (replicates, generations) of `simulate_linear`, by name."""
    instance("network", network, Network)
    spread = np.full(network.models, np.sqrt(number("noise", noise, "[0, inf)")))
    draws, R = _draws("linear", generations, seed, replicates), len(replicates)
    theta, after = np.zeros((network.models, R)), np.empty((network.models, R))
    found = np.empty((generations, 3, R))
    for t, draw in enumerate(draws):
        _linear_generation(draw, network, (spread, theta, after), thread_count(threads))
        theta, after = after, theta
        kernels.summary(theta, found[t])
    return _named(found, ("risk", "common", "disagreement"))


def simulate_gaussian(
    network: Network, items: int, generations: int, seed: int, *, replicates: range = range(1), threads: int = 1
) -> "xr.Dataset":
    """Draw Gaussian models, each refitted to `items` items of its sources, from the human law N(0, 1) (MODEL 9.11).

    Parameters
    ----------
    network : Network
        n models, and whose items each takes.
    items : int
        Items of a refit, in [2, 10^6].
    generations : int
        T, in [1, 10^6].
    seed : int
        In [0, 2^64 - 1].
    replicates : range
        Consecutive numbers of the replicates R to draw, each in [0, 2^32 - 1].
    threads : int
        In [1, 1024].

    Returns
    -------
    Dataset (replicate, generation)
        `risk`, `common` and `disagreement` of the models' means, as of linear models; `variance`, mean over models;
        `loss`, squared W2 distance of a model from the human law, mean over models.

    Raises
    ------
    ValueError
        For an argument out of its range.
    """
    seed_word("seed", seed, 64)
    arrays = gaussian_paths(network, items, generations, seed, replicates=replicates, threads=threads)
    return _labelled(arrays, replicates)


def gaussian_paths(
    network: Network, items: int, generations: int, seed: int, *, replicates: range = range(1), threads: int = 1
) -> Arrays:
    """Arrays (replicates, generations) of `simulate_gaussian`, by name."""
    instance("network", network, Network)
    n, draws, R = whole("items", items, 2, 10**6), _draws("gaussian", generations, seed, replicates), len(replicates)
    now = (np.zeros((network.models, R)), np.ones((network.models, R)))
    after = (np.empty((network.models, R)), np.empty((network.models, R)))
    found = np.empty((generations, 5, R))
    for t, draw in enumerate(draws):
        _gaussian_generation(draw, network, n, (now, after), thread_count(threads))
        now, after = after, now
        kernels.summary(now[0], found[t, :3])
        kernels.means(now[1], found[t, 3])
        kernels.means((1.0 - np.sqrt(now[1])) ** 2, found[t, 4])
    found[:, 4] += found[:, 0]
    return _named(found, ("risk", "common", "disagreement", "variance", "loss"))


def _draws(kind: str, generations: int, seed: int, replicates: range) -> list[kernels.Draw]:
    """Counters of every generation."""
    T = whole("generations", generations, 1, 10**6)
    replicate_range(replicates)
    key = stream_key(seed, f"atlas.networks.{kind}")
    return [kernels.Draw(key, np.uint64(replicates.start), ZERO, np.uint64(t)) for t in range(T)]


def _linear_generation(
    draw: kernels.Draw, network: Network, state: tuple[Floats, Floats, Floats], threads: int
) -> None:
    spread, theta, after = state

    def work(index: int, start: int, stop: int) -> None:
        kernels.linear_step(draw, network.rows, spread, theta, start, stop, after)

    run_blocks(work, network.models, threads, BLOCK)


def _gaussian_generation(draw: kernels.Draw, network: Network, items: int, state: States, threads: int) -> None:
    (mean, variance), (next_mean, next_variance) = state

    def work(index: int, start: int, stop: int) -> None:
        kernels.gaussian_step(draw, network.rows, items, (mean, variance), start, stop, (next_mean, next_variance))

    run_blocks(work, network.models, threads, BLOCK)


def _labelled(arrays: Arrays, replicates: range) -> "xr.Dataset":
    """Paths from generation 1 on, with long names."""
    T = next(iter(arrays.values())).shape[1]
    return dataset(QUANTITIES, {"replicate": np.array(replicates), "generation": np.arange(1, T + 1)}, arrays)


def _named(found: Floats, names: tuple[str, ...]) -> Arrays:
    """Summaries (T, k, R) as arrays (R, T), by name."""
    return {name: np.ascontiguousarray(found[:, k].T) for k, name in enumerate(names)}
