"""The sandbox: bundles of data chosen from small trials by a fitted scaling law (MODEL 6.4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import sandbox as kernels
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.random.normals import normals
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import seed_word
from mfsolve.models.creators.loadings import Uniform
from mfsolve.models.creators.precision import precision_of_sums
from mfsolve.models.creators.static_market import static_market
from mfsolve.models.creators.streamed_market import drawn_loadings
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks

SIZES = np.array([0.01, 0.02, 0.04, 0.08])
"""Sizes of trials, as shares of what the mean source offers."""
EXHAUSTIVE = 14
"""Sources up to which the best bundle is found by trying all."""


class SandboxParameters(Frozen):
    """Sources on offer, the target of the task, and the trials that a sandbox allows (MODEL 6.4)."""

    sources: int = Field(12, ge=2, le=10**6, description="sources, loadings uniform on [0, 1]")
    bias_variance: float = Field(4.0, gt=0.0, le=1e6, description="variance v of the common factor")
    cost_scale: float = Field(0.05, gt=0.0, le=1e6, description="scale k of the cost k e^2 / 2")
    trials: int = Field(64, ge=4, le=10**6, description="trials at each size")
    padded: float = Field(0.0, ge=0.0, le=1.0, description="probability that a source is padded with repeated items")
    padding: float = Field(10.0, ge=1.0, le=1e6, description="items that a padded source claims per item it has")


class Offer(NamedTuple):
    """Sources (n,): gap of the loading to the task's, items that there are, items that are claimed, price asked."""

    gap: Floats
    effort: Floats
    claimed: Floats
    price: Floats


class Extrapolation(NamedTuple):
    """Gaps and items (n,) that the fitted law predicts, and its loss at full size."""

    gap: Floats
    effort: Floats
    loss: Floats


def offer(p: SandboxParameters, seed: int, replicate: int = 0) -> Offer:
    """Draw sources with the planner's efforts; the task's target is theta + c b, c uniform. Prices vary by half."""
    seed_word("seed", seed, 64)
    loading = drawn_loadings(Uniform(), p.sources, seed, replicate)
    effort = static_market(loading, p.bias_variance, 2.0, p.cost_scale).effort_planner + 0.1 / p.cost_scale
    drawn = np.empty(2 * p.sources + 2)
    zero = np.uint64(0)
    uniforms(stream_key(seed, "data_deals.offer"), zero, zero, seed_word("replicate", replicate, 32), zero, drawn)
    padded = drawn[: p.sources] <= p.padded
    claimed = np.where(padded, p.padding * effort, effort)
    return Offer(loading - drawn[-1], effort, claimed, effort * (0.5 + drawn[p.sources : 2 * p.sources]))


def extrapolate(p: SandboxParameters, given: Offer, seed: int, replicate: int = 0, threads: int = 1) -> Extrapolation:
    """Fit loss = floor + a / n to trials of every source, and extend it to the items that are claimed (MODEL 6.4).

    Weighted least squares, weights n^2: the error of a mean square is proportional to it, and 1/n is most of it. Where
    padding repeats items, trials are too small to show it.
    """
    seed_word("seed", seed, 64)
    n, T = given.gap.size, p.trials
    deviation, spare = np.empty(T), np.empty(T)
    word, zero = seed_word("replicate", replicate, 32), np.uint64(0)
    normals(stream_key(seed, "data_deals.bias"), zero, zero, word, zero, deviation, spare)
    deviation *= np.sqrt(p.bias_variance)
    sizes = SIZES * float(total(given.effort)) / n
    loss, cross = np.empty((n, sizes.size)), np.empty(n)
    key = stream_key(seed, "data_deals.trials")

    def work(index: int, a: int, b: int) -> None:
        kernels.trials(key, word, a, given.gap[a:b], deviation, sizes, loss[a:b], cross[a:b])

    run_blocks(work, n, threads)
    x, w = 1.0 / sizes, sizes * sizes
    w = w / w.sum()
    middle = float((w * x).sum())
    mean = (loss * w).sum(axis=1)
    slope = ((loss - mean[:, None]) * (w * (x - middle))).sum(axis=1) / float((w * (x - middle) ** 2).sum())
    a = np.maximum(slope, 0.1)  # a source has no less noise than a tenth of one item's
    floor = np.maximum(mean - a * middle, 0.0)
    gap = np.sign(cross) * np.sqrt(floor / p.bias_variance)
    items = given.claimed / a
    return Extrapolation(gap, items, floor + 1.0 / items)


def standalone(gap: Floats, effort: Floats, v: float) -> Floats:
    """Precision (n,) of each source alone, 1 / (gap^2 v + 1/n)."""
    return np.asarray(effort / (1.0 + gap * gap * v * effort))


def bundle_precision(given: Offer, chosen: NDArray[np.uint8], v: float) -> float:
    """True precision of a bundle for the task."""
    e = given.effort * chosen
    own = given.gap * e
    return precision_of_sums(float(total(e)), float(total(own)), float(total(given.gap * own)), v)


def choose(gap: Floats, effort: Floats, price: Floats, v: float, budget: float, greedy: bool) -> NDArray[np.uint8]:
    """Bundle (n,) of 0 and 1 within a budget: greedy by contribution, or by each source's own value, per price."""
    chosen = np.zeros(gap.size, dtype=np.uint8)
    if greedy:
        kernels.greedy_bundle(gap, effort, price, 1.0 / v, budget, chosen)
    else:
        order = np.argsort(-standalone(gap, effort, v) / price, kind="stable")
        kernels.fill_in_order(order, price, budget, chosen)
    return chosen


def best_precision(given: Offer, v: float, budget: float) -> float:
    """Greatest true precision within a budget: of all bundles, or of the better of two choices with full knowledge."""
    if given.gap.size <= EXHAUSTIVE:
        return float(kernels.best_bundle(given.gap, given.effort, given.price, 1.0 / v, budget))
    known = (choose(given.gap, given.effort, given.price, v, budget, greedy) for greedy in (True, False))
    return max(bundle_precision(given, chosen, v) for chosen in known)
