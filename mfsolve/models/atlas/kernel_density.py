"""Kernel density estimates that are refitted to items of their own, and their closed forms (MODEL 9.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas.gaussian import Marks
from mfsolve.kernels.atlas.kernel_density import ALL, NEWEST, SAMPLE, Smoothing, density_paths
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, thread_count, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .closed_form import MOST_GENERATIONS
from .ensembles import LOSSES, PATH, Run, Yardsticks, labelled, means
from .kept_items import check_kept, sampled_pool
from .workflows import Accumulate, Subsample, Workflow, check_workflow, known_workflow, sample_sizes

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {
    "variance": Quantity(PATH, "variance of the estimate, E s2"),
    "log_variance": Quantity(PATH, "log variance, E ln s2"),
    "mean_square": Quantity(PATH, "square of the mean, E m^2"),
    "diversity": Quantity(PATH, "probability that two items descend from different human ones"),
    "founders": Quantity(PATH, "share of human items that have descendants"),
    "tail": Quantity(PATH, "share of the human tails that is kept"),
    **LOSSES,
}
NAMES = ("variance", "log_variance", "mean_square", "diversity", "founders", "tail", "lost", "still_lost")
"""Measures of an ensemble, in the order of the kernel."""
BLOCK = 256
"""Replicates per block of a sum; part of the definition of its bits."""


class KernelDensity(Frozen):
    """A density estimate with Gaussian kernels, from human items N(0, 1) (MODEL 9.14)."""

    items: int = Field(100, ge=2, le=10**6, description="items n of a generation")
    bandwidth: float | None = Field(
        None,
        ge=0.0,
        le=100.0,
        description="bandwidth h; 0: the bootstrap; none: by Silverman's rule for normal content",
    )

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: those whose items come from centres of equal weights."""
        return ("replace", "accumulate", "subsample", "growing")

    @property
    def bounded(self) -> bool:
        """True where the mean's squared error has an upper bound on average: items are human ones, drawn again."""
        return self.bandwidth == 0.0


class DensityMoments(NamedTuple):
    """Expectations over replicates at generations 0..T, each (T + 1,).

    `variance` E s2_t of the estimate, `mean_square` E m_t^2, `diversity` the chance that the centres of two items have
    different founders.
    """

    variance: Floats
    mean_square: Floats
    diversity: Floats


def check_density(family: KernelDensity, workflow: Workflow, generations: int) -> None:
    """Refuse a workflow that the family cannot have.

    Raises
    ------
    ValueError
        Naming the setting and what would be right.
    """
    check_workflow(workflow, family.workflows, "the family of kernel densities")
    check_kept("items", 2.0 * float(sample_sizes(workflow, family.items, generations).sum()))


def density_ensemble(
    family: KernelDensity, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> xr.Dataset:
    """Means over replicates of the measures of density estimates, at generations 0..T.

    Parameters
    ----------
    family, workflow
        Items and bandwidth, and the data that generations are fitted to.
    run : Run
        Generations, replicates and seed. Replicate i is the same whatever block it is in.
    yardsticks : Yardsticks, optional
        Marks of tails and losses.
    threads : int
        Threads that share the blocks; results do not depend on them.

    Returns
    -------
    Dataset (generation)
        `variance` and `log_variance` of the estimate, `mean_square`, `diversity` (chance that two draws of a centre
        descend from different human items), `founders` (share of human items that some centre descends from), `tail`
        (share of the human tail mass that is kept), `lost` (share of replicates whose `mean_square`, the risk, is above
        ten times 1/n, that of a fit to human items, or what the yardsticks say), `still_lost`.

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    instance("family", family, KernelDensity)
    known_workflow(workflow)
    instance("run", run, Run)
    instance("yardsticks", yardsticks, Yardsticks | None)
    thread_count(threads)
    return labelled(QUANTITIES, run, density_means(family, workflow, run, yardsticks, threads))


def density_means(
    family: KernelDensity, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> dict[str, Floats]:
    """Arrays (T + 1,) of `density_ensemble`, by name."""
    from scipy.special import ndtr

    run.check()
    check_density(family, workflow, run.generations)
    keep = ALL if isinstance(workflow, Accumulate) else SAMPLE if isinstance(workflow, Subsample) else NEWEST
    rules = Smoothing(keep, float(family.bandwidth or 0.0), family.bandwidth is None)
    sizes = sample_sizes(workflow, family.items, run.generations).astype(np.int64)
    key = stream_key(run.seed, "atlas kernel density")
    held = yardsticks or Yardsticks()
    marks = Marks(float(held.tail), float(2.0 * ndtr(-held.tail)), float(held.loss / family.items), run.half)

    def fill(first: int, count: int, sums: Floats) -> None:
        density_paths(rules, marks, sizes, key, first, count, sums)

    return means(NAMES, run, BLOCK, threads, fill)


def widened(bandwidth: float | None, spread: float, centres: float) -> float:
    """E s2 of an estimate with centres whose variance over their number has the mean `spread`."""
    if bandwidth is not None:
        return spread + bandwidth * bandwidth
    return float(spread * (1.0 + centres / (centres - 1.0) * (4.0 / (3.0 * centres)) ** 0.4))


def _moments(bandwidth: float | None, workflow: Workflow, items: int, generations: int) -> tuple[Floats, Floats]:
    """E s2_t and E m_t^2 at generations 0..T."""
    n = float(items)
    if isinstance(workflow, Subsample):
        found = sampled_pool(items, generations, lambda pool, _: widened(bandwidth, (1.0 - 1.0 / n) * pool, n))
        return np.concatenate([[1.0], found.model]), np.concatenate([[0.0], found.mean])
    variance, square, second = [1.0], [0.0], 0.0
    for t, size in enumerate(sample_sizes(workflow, items, generations), start=1):
        if isinstance(workflow, Accumulate):
            second = ((t - 1.0) * second + variance[-1] + square[-1]) / t
            square.append(square[-1] + variance[-1] / (n * t * t))
            variance.append(widened(bandwidth, second - square[-1], n * t))
        else:
            square.append(square[-1] + variance[-1] / size)
            variance.append(widened(bandwidth, (1.0 - 1.0 / size) * variance[-1], size))
    return np.array(variance), np.array(square)


def kernel_density_closed_form(family: KernelDensity, workflow: Workflow, generations: int) -> DensityMoments:
    """Exact expectations of an estimate that is refitted to its own items (ours; MODEL 9.14).

    Replaced, E s2_t = (1 - 1/n) E s2_{t-1} + h^2 -> n h^2; by Silverman's rule E s2_t = (1 - 1/n + a) E s2_{t-1},
    a = (4 / (3 n))^(2/5). Diversity is the variance of h = 0: founders do not know of the bandwidth.

    Parameters
    ----------
    family : KernelDensity
        Items of a generation, and the bandwidth.
    workflow : Workflow
        What a generation is fitted to.
    generations : int
        T, in [1, 10^4].

    Returns
    -------
    DensityMoments
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For a workflow that the family cannot have, or generations outside [1, 10^4].
    """
    instance("family", family, KernelDensity)
    known_workflow(workflow)
    whole("generations", generations, 1, MOST_GENERATIONS)
    check_density(family, workflow, generations)
    variance, square = _moments(family.bandwidth, workflow, family.items, generations)
    return DensityMoments(variance, square, _moments(0.0, workflow, family.items, generations)[0])
