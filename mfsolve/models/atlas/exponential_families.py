"""Exponential families of one parameter that are refitted to their own samples, and their closed forms (MODEL 9.13)."""

from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field
from scipy.special import psi

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas.exponential_families import MEASURES, Marks, Rules, family_paths, measure_families
from mfsolve.kernels.atlas.kept import BERNOULLI, EXPONENTIAL, POISSON, Kept, kept_paths
from mfsolve.kernels.numerics.sums import merge_rows
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import require, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks

from .closed_form import MOST_GENERATIONS, MOST_ITEMS
from .gaussian import Run, Yardsticks
from .kept_items import check_kept, sampled_pool
from .workflows import Accumulate, Growing, Mixed, Replace, Subsample, Workflow, name_of, sample_sizes

NAMES = ("mean", "risk", "variance", "log_mean", "divergence", "dead", "lost", "still_lost")
"""Measures of an ensemble, in the order of the kernel."""
NUMBERS = {"exponential": EXPONENTIAL, "poisson": POISSON, "bernoulli": BERNOULLI}
CURVATURE = {"exponential": 1.0, "poisson": 0.0, "bernoulli": -1.0}
"""Coefficient c of the squared mean in the variance of an item: it is quadratic in the mean."""
BLOCK = 1024
"""Replicates per block of a sum; part of the definition of its bits."""


class ExponentialFamily(Frozen):
    """Items with one parameter, their mean, whose refit is the mean of a sample (MODEL 9.13)."""

    family: Literal["exponential", "poisson", "bernoulli"] = Field("exponential", description="law of the items")
    items: int = Field(100, ge=2, le=MOST_ITEMS, description="items n of a generation")
    mean: float = Field(0.3, gt=0.0, le=1e6, description="human mean theta; of `bernoulli` in (0, 1)")

    def model_post_init(self, context: object) -> None:
        """Refuse a share that is none."""
        if self.family == "bernoulli" and self.mean >= 1.0:
            raise ValueError(f"mean: {self.mean!r} given; allowed: (0, 1), the share of a bernoulli family")

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
    if isinstance(workflow, Subsample):
        check_kept("items", float(family.items) * generations)
    elif isinstance(workflow, Mixed):
        good = family.items / workflow.ratio >= 1.0
        require(good, "ratio", workflow.ratio, f"(0, {family.items}]: a refit needs a synthetic item")
    elif not isinstance(workflow, Replace | Accumulate | Growing):
        raise ValueError(
            f"workflow: {name_of(workflow)!r} given; an exponential family has replace, accumulate, subsample, mixed, "
            "growing"
        )


def family_ensemble(
    family: ExponentialFamily, workflow: Workflow, run: Run, yardsticks: Yardsticks | None = None, threads: int = 1
) -> dict[str, Floats]:
    """Means over replicates of the measures of fitted models, at generations 0..T, each (T + 1,).

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
    dict
        `mean`, `risk` (squared error of the mean over the human variance), `variance` (of an item, over the human one),
        `log_mean` ln(theta / theta_0), `divergence` KL(model || human) in nats, `dead` (share of models whose items are
        all alike), `lost`, `still_lost`.

    Raises
    ------
    ValueError
        For an argument out of its range, or a workflow that the family cannot have.
    """
    places = whole("generations", run.generations, 1, MOST_GENERATIONS) + 1
    whole("replicates", run.replicates, 1, 2**31)
    check_family(family, workflow, run.generations)
    kind, theta = NUMBERS[family.family], float(family.mean)
    marks = Marks(float((yardsticks or Yardsticks()).loss / family.items), max(1, run.generations // 2))
    mixed = workflow if isinstance(workflow, Mixed) else Mixed(weight=0.0)
    rules = Rules(kind, theta, isinstance(workflow, Accumulate), mixed.human_weight, float(mixed.ratio))
    sizes = sample_sizes(workflow, family.items, run.generations)
    key = stream_key(run.seed, "atlas exponential families")
    sums = np.zeros((-(-run.replicates // BLOCK), places, MEASURES))

    def work(index: int, start: int, stop: int) -> None:
        paths = np.empty((2, places, stop - start))
        paths[:, 0] = theta
        if isinstance(workflow, Subsample):
            kept_paths(Kept(kind, theta, family.items, 1, 0.0), key, run.first + start, paths)
        else:
            family_paths(rules, sizes, key, run.first + start, paths[0])
        measure_families(kind, paths[0], marks, sums[index])

    run_blocks(work, run.replicates, threads, BLOCK)
    rows = sums.reshape(len(sums), -1)
    merge_rows(rows)
    return dict(zip(NAMES, rows[0].reshape(places, MEASURES).T / run.replicates))


def exponential_family_oracle(family: ExponentialFamily, workflow: Workflow, generations: int) -> FamilyMoments:
    """Exact expectations: the mean is a martingale, and its variance D follows from that of an item, 1 + c D (ours).

    In human variances, c = 1, 0, -1 of `exponential`, `poisson`, `bernoulli` (MODEL 9.13):

        replace, growing   D' = D + (1 + c D) / n            D_t = ((1 + c/n)^t - 1) / c, or t / n
        accumulate         D' = D + (1 + c D) / (n t^2)
        mixed              D' = w^2 / n + (1 - w)^2 (D + k (1 + c D) / n)
        subsample          the pool's recursion of MODEL 9.12

    The exponential's E ln(theta_t / theta_0) = t (psi(n) - ln n) under `replace`.

    Raises
    ------
    ValueError
        For a workflow that the family cannot have, or generations outside [1, 10^4].
    """
    whole("generations", generations, 1, MOST_GENERATIONS)
    check_family(family, workflow, generations)
    n, c = float(family.items), CURVATURE[family.family]
    sizes = sample_sizes(workflow, family.items, generations)
    risk = [0.0]
    for t, size in enumerate(sizes, start=1):
        last, item = risk[-1], 1.0 + c * risk[-1]
        if isinstance(workflow, Accumulate):
            risk.append(last + item / (n * t * t))
        elif isinstance(workflow, Mixed) and t > 1:
            w, synthetic = workflow.human_weight, np.floor(n / workflow.ratio)
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
