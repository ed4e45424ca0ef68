"""Exponential families of one parameter that are refitted to their own samples, and their closed forms (MODEL 9.13)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from pydantic import Field
from scipy.special import psi

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas.exponential_families import Marks, Rules, family_paths, measure_families
from mfsolve.kernels.atlas.kept_items import Kept, kept_paths
from mfsolve.kernels.atlas.law_numbers import BERNOULLI, EXPONENTIAL, POISSON
from mfsolve.kernels.atlas.tails import poisson_measures
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, thread_count, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .closed_form import MOST_GENERATIONS, MOST_ITEMS
from .ensembles import LOSSES, PATH, Run, Yardsticks, labelled, means
from .kept_items import check_kept, sampled_pool
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
    check_workflow,
    known_workflow,
    sample_sizes,
    synthetic_items,
)

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {
    "mean": Quantity(PATH, "fitted mean, E theta"),
    "risk": Quantity(PATH, "squared error of the mean over the human variance"),
    "variance": Quantity(PATH, "variance of an item over the human one"),
    "log_mean": Quantity(PATH, "log of the mean over the human one, E ln(theta / theta_0)"),
    "divergence": Quantity(PATH, "divergence from human content, E KL(model || human)", "nat"),
    "dead": Quantity(PATH, "share of models whose items are all alike"),
    "tail": Quantity(PATH, "share of the mass of the largest human items that is kept"),
    "entropy": Quantity(PATH, "entropy of an item", "nat"),
    **LOSSES,
}
NAMES = (
    "mean", "risk", "variance", "log_mean", "divergence", "dead", "lost", "still_lost", "tail", "entropy",
)  # fmt: skip
"""Measures of an ensemble, in the order of the kernel."""
NUMBERS = {"exponential": EXPONENTIAL, "poisson": POISSON, "bernoulli": BERNOULLI}
CURVATURE = {"exponential": 1.0, "poisson": 0.0, "bernoulli": -1.0}
"""Coefficient c of the squared mean in the variance of an item: it is quadratic in the mean."""
BLOCK = 1024
"""Replicates per block of a sum; part of the definition of its bits."""


class ExponentialFamily(Frozen):
    """Items with one parameter, their mean, whose refit is the mean of a sample (MODEL 9.13)."""

    family: Literal["exponential", "poisson", "bernoulli"] = Field(
        "exponential", description="distribution of the items"
    )
    items: int = Field(100, ge=2, le=MOST_ITEMS, description="items n of a generation")
    mean: float = Field(0.3, ge=1e-6, le=1e6, description="human mean theta; of `bernoulli` in (0, 1)")

    def model_post_init(self, context: object) -> None:
        """Refuse a share that is none."""
        if self.family == "bernoulli" and self.mean >= 1.0:
            raise ValueError(f"mean: {self.mean!r} given; allowed: (0, 1), the share of a bernoulli family")

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that the family has: all, of counts all but `temperature`, which leaves the family."""
        return tuple(name for name in WORKFLOWS if name != "temperature" or self.family != "poisson")

    @property
    def bounded(self) -> bool:
        """True where the squared error of the mean has an upper bound: that of a share."""
        return self.family == "bernoulli"

    @property
    def spread(self) -> float:
        """Variance of a human item."""
        theta = self.mean
        return {"exponential": theta * theta, "poisson": theta, "bernoulli": theta * (1.0 - theta)}[self.family]


class FamilyMoments(NamedTuple):
    """Expectations over replicates at generations 0..T, each (T + 1,); NaN where no closed form is known.

    `mean` E theta_t, `risk` E (theta_t - theta_0)^2 over the human variance, `variance` E V(theta_t) over the human
    one, `log_mean` E ln(theta_t / theta_0).
    """

    mean: Floats
    risk: Floats
    variance: Floats
    log_mean: Floats


def check_family(family: ExponentialFamily, workflow: Workflow, generations: int) -> None:
    """Refuse a workflow that the family cannot have.

    Raises
    ------
    ValueError
        Naming the setting and what would be right.
    """
    check_workflow(workflow, family.workflows, f"the {family.family} family")
    check_synthetic(workflow, family.items, 1)
    if isinstance(workflow, Subsample):
        check_kept("items", float(family.items) * generations)


def rules_of(family: ExponentialFamily, workflow: Workflow) -> Rules:
    """A workflow in the letters of the kernel; rewards of `curated` are -x / (q s), s the human standard deviation."""
    plain = Rules(NUMBERS[family.family], float(family.mean), False, 0.0, 0.0, False, 0.0, 0.0, 1.0)
    match workflow:
        case Accumulate():
            return plain._replace(pooled=True)
        case Mixed():
            others = float(synthetic_items(family.items, workflow.ratio))
            return plain._replace(weight=workflow.human_weight, synthetic=others)
        case Verified():
            return plain._replace(tilted=True, a=float(workflow.strength))
        case Curated():
            return plain._replace(tilted=True, b=1.0 / (workflow.reward_variance * float(np.sqrt(family.spread))))
        case Temperature():
            return plain._replace(tilted=True, temperature=float(workflow.temperature))
        case Replace() | Growing() | Subsample():
            return plain


@lru_cache(maxsize=64)
def marks_of(family: ExponentialFamily, yardsticks: Yardsticks, half: int) -> Marks:
    """Marks in the letters of the kernel: tails have the human mass that a normal law has in its two."""
    from scipy.special import ndtr
    from scipy.stats import poisson

    mass, edge = float(2.0 * ndtr(-yardsticks.tail)), 0.0
    if family.family == "poisson":
        edge = float(poisson.isf(mass, family.mean))
        found = np.empty((1, 2))
        poisson_measures(np.array([edge]), np.array([float(family.mean)]), found)
        mass = float(found[0, 0])
    return Marks(float(yardsticks.loss / family.items), half, mass, edge)


def family_ensemble(
    family: ExponentialFamily, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> xr.Dataset:
    """Means over replicates of the measures of fitted models, at generations 0..T.

    Parameters
    ----------
    family, workflow
        The law of items, and the data that its generations are fitted to.
    run : Run
        Generations, replicates and seed. Replicate i is the same whatever block it is in.
    yardsticks : Yardsticks, optional
        When a model is lost.
    threads : int
        Threads that share the blocks; results do not depend on them.

    Returns
    -------
    Dataset (generation)
        `mean`, `risk` (squared error of the mean over the human variance), `variance` (of an item, over the human one),
        `log_mean` ln(theta / theta_0), `divergence` KL(model || human) in nats, `dead` (share of models whose items are
        all alike), `lost`, `still_lost`, `tail` (share of the mass of the largest human items, of two kinds the rarer,
        that is kept), `entropy` of an item in nats.

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    instance("family", family, ExponentialFamily)
    known_workflow(workflow)
    instance("run", run, Run)
    instance("yardsticks", yardsticks, Yardsticks | None)
    thread_count(threads)
    return labelled(QUANTITIES, run, family_means(family, workflow, run, yardsticks, threads))


def family_means(
    family: ExponentialFamily, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> dict[str, Floats]:
    """Arrays (T + 1,) of `family_ensemble`, by name."""
    run.check()
    check_family(family, workflow, run.generations)
    rules, marks = rules_of(family, workflow), marks_of(family, yardsticks or Yardsticks(), run.half)
    kept = Kept(rules.kind, rules.theta, family.items, 1, 0.0)
    sizes = sample_sizes(workflow, family.items, run.generations)
    key = stream_key(run.seed, "atlas exponential families")

    def fill(first: int, count: int, sums: Floats) -> None:
        paths = np.empty((2, run.generations + 1, count))
        paths[:, 0] = rules.theta
        folds = np.zeros_like(paths[0])
        if isinstance(workflow, Subsample):
            kept_paths(kept, key, first, paths)
        else:
            family_paths(rules, sizes, key, first, paths[0], folds)
        measure_families(rules.kind, paths[0], folds, marks, sums)

    return means(NAMES, run, BLOCK, threads, fill)


def exponential_family_closed_form(family: ExponentialFamily, workflow: Workflow, generations: int) -> FamilyMoments:
    """Exact expectations: the mean is a martingale, and its variance D follows from that of an item, 1 + c D (ours).

    In human variances, c = 1, 0, -1 of `exponential`, `poisson`, `bernoulli` (MODEL 9.13):

        replace, growing   D' = D + (1 + c D) / n            D_t = ((1 + c/n)^t - 1) / c, or t / n
        accumulate         D' = D + (1 + c D) / (n t^2)
        mixed              D' = w^2 / n + (1 - w)^2 (D + k (1 + c D) / n)
        subsample          the pool's recursion of MODEL 9.12

    The exponential's E ln(theta_t / theta_0) = t (psi(n) - ln n) under `replace`. Under `temperature` its E theta_t is
    T^(t - 1) theta_0, and E theta_t^2 = T^(2 t - 2) (1 + 1/n)^t theta_0^2. Where items are selected, or tempered in
    another family, no closed form is known.

    Parameters
    ----------
    family : ExponentialFamily
        Family of the items, and their number.
    workflow : Workflow
        What a generation is fitted to.
    generations : int
        T, in [1, 10^4].

    Returns
    -------
    FamilyMoments
        Expectations (T + 1,) at generations 0, ..., T.

    Raises
    ------
    ValueError
        For a workflow that the family cannot have, or generations outside [1, 10^4].
    """
    instance("family", family, ExponentialFamily)
    known_workflow(workflow)
    whole("generations", generations, 1, MOST_GENERATIONS)
    check_family(family, workflow, generations)
    n, c = float(family.items), CURVATURE[family.family]
    sizes = sample_sizes(workflow, family.items, generations)
    if isinstance(workflow, Temperature) and family.family == "exponential":
        return _tempered(family, workflow.temperature, generations)
    if isinstance(workflow, Verified | Curated | Temperature):
        unknown = np.full(generations + 1, np.nan)
        return FamilyMoments(unknown, unknown, unknown, unknown)
    risk = [0.0]
    for t, size in enumerate(sizes, start=1):
        last, item = risk[-1], 1.0 + c * risk[-1]
        if isinstance(workflow, Accumulate):
            risk.append(last + item / (n * t * t))
        elif isinstance(workflow, Mixed) and t > 1:
            w, synthetic = workflow.human_weight, synthetic_items(family.items, workflow.ratio)
            risk.append(w * w / n + (1.0 - w) ** 2 * (last + item / synthetic))
        else:
            risk.append(last + item / size)
    path = np.array(risk)
    if isinstance(workflow, Subsample):
        found = sampled_pool(family.items, generations, lambda _, of_mean: 1.0 + c * of_mean)
        path = np.concatenate([[0.0], found.mean])
    log_mean = np.full(generations + 1, np.nan)
    if family.family == "exponential" and isinstance(workflow, Replace | Growing):
        log_mean = np.concatenate([[0.0], np.cumsum(psi(sizes) - np.log(sizes))])
    return FamilyMoments(np.full(generations + 1, float(family.mean)), path, 1.0 + c * path, log_mean)


def _tempered(family: ExponentialFamily, temperature: float, generations: int) -> FamilyMoments:
    """Exact expectations of exponential items under `temperature`: a sample's mean is T theta_{t-1} times a gamma's."""
    n, t = float(family.items), np.arange(generations + 1.0)
    steps = np.maximum(t - 1.0, 0.0)
    ratio, square = temperature**steps, temperature ** (2.0 * steps) * (1.0 + 1.0 / n) ** t
    log_mean = t * (psi(n) - np.log(n)) + steps * np.log(temperature)
    return FamilyMoments(family.mean * ratio, square - 2.0 * ratio + 1.0, square, log_mean)
