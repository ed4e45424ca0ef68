"""Ensembles of Gaussian models that are fitted to their own samples (MODEL 9.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas.gaussian import Marks, Recursion, gaussian_paths
from mfsolve.kernels.atlas.kept_items import Kept, kept_paths, measure_paths
from mfsolve.kernels.atlas.law_numbers import NORMAL
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, thread_count, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .closed_form import (
    MOST_DIMENSIONS,
    MOST_GENERATIONS,
    MOST_ITEMS,
    Moments,
    accumulate_closed_form,
    curation_closed_form,
    mixed_closed_form,
    sampled_closed_form,
)
from .ensembles import LOSSES, PATH, Run, Yardsticks, labelled, means
from .kept_items import check_kept, subsample_closed_form
from .workflows import (
    WORKFLOWS,
    Accumulate,
    Curated,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Temperature,
    Verified,
    Workflow,
    check_synthetic,
    known_workflow,
    name_of,
    sample_sizes,
    synthetic_items,
)

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {
    "variance": Quantity(PATH, "variance of the fitted model, E s2"),
    "log_variance": Quantity(PATH, "log variance, E ln s2"),
    "mean_square": Quantity(PATH, "square of the fitted mean, E m^2"),
    "w2": Quantity(PATH, "squared Wasserstein distance to human content, E W2^2"),
    "risk": Quantity(PATH, "population risk, E KL(human || model)"),
    "tail": Quantity(PATH, "share of the human tails that is kept"),
    **LOSSES,
}
NAMES = ("variance", "log_variance", "mean_square", "w2", "risk", "tail", "lost", "still_lost")
"""Measures of an ensemble, in the order of the kernel."""
BLOCK = 4096
"""Replicates per block of a sum; part of the definition of its bits."""


class Gaussian(Frozen):
    """A Gaussian family that is refitted to samples, from human items N(0, 1) (MODEL 9.2)."""

    bounded: ClassVar[bool] = False
    """True where the risk has an upper bound: it has none."""

    items: int = Field(100, ge=2, le=MOST_ITEMS, description="items n of a generation")
    divisor: Literal["n", "n-1"] = Field("n-1", description="divisor in a variance; n-1 is unbiased")
    dimension: int = Field(1, ge=1, le=MOST_DIMENSIONS, description="dimensions d of the content; models are isotropic")

    @property
    def unbiased(self) -> bool:
        """True where the scatter is divided by n - 1."""
        return self.divisor == "n-1"

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: all."""
        return tuple(WORKFLOWS)


def check_gaussian(family: Gaussian, workflow: Workflow, generations: int) -> None:
    """Refuse a workflow that the family cannot have.

    Raises
    ------
    ValueError
        Naming the setting and what would be right.
    """
    if isinstance(workflow, Subsample):
        check_kept("items", float(family.items) * family.dimension * generations)
    check_synthetic(workflow, family.items, 2)


def recursion(family: Gaussian, workflow: Workflow) -> Recursion:
    """A workflow in the letters of the kernel: pool, divisor, weights and tilt of the fitted law."""
    offset = 1.0 if family.unbiased else 0.0
    plain = Recursion(False, offset, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, float(family.dimension))
    match workflow:
        case Accumulate():
            return plain._replace(pooled=True)
        case Mixed():
            others = float(synthetic_items(family.items, workflow.ratio))
            return plain._replace(weight=workflow.human_weight, synthetic=others)
        case Verified():
            a = workflow.strength
            return plain._replace(a=1.0 - a, b=a, g=1.0 - a)
        case Curated():
            return plain._replace(b=1.0 / workflow.reward_variance)
        case Temperature():
            return plain._replace(temperature=workflow.temperature)
        case Replace() | Growing():
            return plain
    raise ValueError(f"workflow: {name_of(workflow)!r} given; its items are kept, see kept_items")


def human_risk(family: Gaussian) -> float:
    """Expected risk of a fit to n human items, finite from n = 4 on; else that at n = 4 stands for it."""
    return float(
        sampled_closed_form(np.full(1, float(max(family.items, 4))), family.unbiased, 1.0, family.dimension).risk[1]
    )


@lru_cache(maxsize=64)
def marks_of(family: Gaussian, yardsticks: Yardsticks, half: int) -> Marks:
    """Marks in the letters of the kernel."""
    from scipy.special import ndtr

    lost = yardsticks.loss * human_risk(family)
    return Marks(float(yardsticks.tail), float(2.0 * ndtr(-yardsticks.tail)), lost, half)


def gaussian_ensemble(
    family: Gaussian, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> xr.Dataset:
    """Means over replicates of the measures of fitted models, at generations 0..T.

    Parameters
    ----------
    family, workflow
        The family and the data that its generations are fitted to.
    run : Run
        Generations, replicates and seed. Replicate i is the same whatever block it is in.
    yardsticks : Yardsticks, optional
        Marks of tails and losses.
    threads : int
        Threads that share the blocks; results do not depend on them.

    Returns
    -------
    Dataset (generation)
        `variance`, `log_variance`, `mean_square`, `w2`, `risk`, `tail` (share of the human tail mass that is kept),
        `lost` (share of replicates that are lost), `still_lost` (those among them that were lost at half-time).

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    instance("family", family, Gaussian)
    known_workflow(workflow)
    instance("run", run, Run)
    instance("yardsticks", yardsticks, Yardsticks | None)
    thread_count(threads)
    return labelled(QUANTITIES, run, gaussian_means(family, workflow, run, yardsticks, threads))


def gaussian_means(
    family: Gaussian, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> dict[str, Floats]:
    """Arrays (T + 1,) of `gaussian_ensemble`, by name."""
    run.check()
    check_gaussian(family, workflow, run.generations)
    rules = None if isinstance(workflow, Subsample) else recursion(family, workflow)
    kept = Kept(NORMAL, 0.0, family.items, family.dimension, 1.0 if family.unbiased else 0.0)
    marks = marks_of(family, yardsticks or Yardsticks(), run.half)
    sizes = sample_sizes(workflow, family.items, run.generations)
    key = stream_key(run.seed, "atlas gaussian")

    def fill(first: int, count: int, sums: Floats) -> None:
        if rules is not None:
            gaussian_paths(rules, marks, sizes, key, first, count, sums)
            return
        paths = np.zeros((2, run.generations + 1, count))
        paths[1, 0] = 1.0
        kept_paths(kept, key, first, paths)
        measure_paths(paths, marks, float(family.dimension), sums)

    return means(NAMES, run, BLOCK, threads, fill)


def gaussian_closed_form(family: Gaussian, workflow: Workflow, generations: int) -> Moments:
    """Closed forms of a workflow, NaN where none is known (MODEL 9.3).

    All are exact, but that of `curated`, which is the limit of infinitely many items.

    Parameters
    ----------
    family : Gaussian
        Items of a generation, dimension and kind of fit.
    workflow : Workflow
        What a generation is fitted to.
    generations : int
        T, in [1, 10^4].

    Returns
    -------
    Moments
        Expectations (T + 1,) at generations 0, ..., T, in units of human content.

    Raises
    ------
    ValueError
        For an argument out of its range, naming it.
    """
    instance("family", family, Gaussian)
    known_workflow(workflow)
    whole("generations", generations, 1, MOST_GENERATIONS)
    sizes = sample_sizes(workflow, family.items, generations)
    d = family.dimension
    unknown = np.full(generations + 1, np.nan)
    match workflow:
        case Replace() | Growing():
            return sampled_closed_form(sizes, family.unbiased, 1.0, d)
        case Temperature():
            return sampled_closed_form(sizes, family.unbiased, workflow.temperature, d)
        case Accumulate():
            found = accumulate_closed_form(family.items, generations, family.unbiased)
            return found._replace(mean_square=d * found.mean_square)
        case Subsample():
            found = subsample_closed_form(family.items, generations, family.unbiased)
            return found._replace(mean_square=d * found.mean_square)
        case Mixed():
            found = mixed_closed_form(family.items, generations, workflow, family.unbiased)
            return found._replace(mean_square=d * found.mean_square)
        case Curated():
            variance = curation_closed_form(generations, workflow.reward_variance)
            logs, none = np.log(variance), np.zeros(generations + 1)
            risk = 0.5 * d * (1.0 / variance - 1.0 + logs)
            return Moments(variance, logs, none, d * (1.0 - np.sqrt(variance)) ** 2, risk)
        case Verified():
            return Moments(unknown, unknown, unknown, unknown, unknown)
