"""Share of synthetic items from counts in cells of items that come in clusters (MODEL 3.5.8)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.frozen import InputError

from .cell_counts import Counts
from .clustered_cells import ClusteredCells, pool_effect, reference_effect
from .reference_samples import GoodnessOfFit, ReferenceEstimate, estimate_from_counts
from .score_hypothesis import PRIOR

ROUNDS = 8
SETTLED = 0.01


def by_cluster(
    counts: Counts, cells: Sequence[Floats], level: float
) -> tuple[ReferenceEstimate, tuple[float, float, float]]:
    """Estimate from counts (k,) of pool, human and synthetic items, and the design effect of each sample.

    The pool's effect depends on the share: it is the largest of those at the estimate and at both ends of the interval,
    which are found again until they stay.

    Raises
    ------
    InputError
        For a pool of one cluster.
    """
    pool, human, synthetic = cells
    total = pool + human + synthetic
    p, q = ((x + PRIOR * total / total.sum()) / (x.sum() + PRIOR) for x in (human, synthetic))
    clusters = [one if one is not None and one.several else None for one in counts.clusters]
    if clusters[0] is not None and clusters[0].groups.count < 2:
        raise InputError("1 cluster given in the pool; at least 2 are needed")
    least = counts.clumping

    def effects(shares: Sequence[float]) -> Floats:
        found = least.copy()
        for k, one in enumerate(clusters):
            if one is None:
                continue
            each = [
                pool_effect(one, share, (p, q), float(least[0])) if k == 0
                else reference_effect(one, share, (p, q), k - 1)
                for share in shares
            ]  # fmt: skip
            found[k] = max(effect.within(level, float(least[k])) for effect in each)
        return found

    divided = least
    found = _divided(cells, divided, level)
    for _ in range(ROUNDS):
        middle = 0.5 if np.isnan(found.estimate.value) else found.estimate.value
        before, divided = divided, np.maximum(divided, effects([middle, *found.estimate.interval]))
        if np.all(divided <= before * (1.0 + SETTLED)):
            break
        found = _divided(cells, divided, level)
    fit = _fit(cells, clusters, least, level)
    return replace(found, goodness_of_fit=fit), (float(divided[0]), float(divided[1]), float(divided[2]))


def _divided(cells: Sequence[Floats], by: Floats, level: float) -> ReferenceEstimate:
    pool, human, synthetic = (c / f for c, f in zip(cells, by))
    return estimate_from_counts(pool, human, synthetic, level)


def _fit(
    cells: Sequence[Floats], clusters: Sequence[ClusteredCells | None], least: Floats, level: float
) -> GoodnessOfFit:
    """Chi-square of counts divided by their mean design effects, as an F (Thomas and Rao 1987, JASA 82)."""
    from scipy.special import fdtrc

    factor, freedom = least.copy(), np.inf
    for k, one in enumerate(clusters):
        if one is not None:
            factor[k] = np.clip(one.effect_on_cells(), least[k], max(one.groups.square, least[k]))
            freedom = min(freedom, one.groups.freedom)
    fit = _divided(cells, factor, level).goodness_of_fit
    if not fit.degrees_of_freedom > 0.0:
        return fit
    d = fit.degrees_of_freedom
    return GoodnessOfFit(fit.statistic, d, float(fdtrc(d, d * freedom, max(fit.statistic, 0.0) / d)))
