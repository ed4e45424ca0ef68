"""Contamination of a pool whose generator is known, human content being known from a sample only (MODEL 3.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.arrays import Floats, aligned
from mfsolve.models.arguments import number, vector

from .information_continuous import log_density
from .kernel_density import kernel_log_density
from .reference_samples import ReferenceEstimate, score_estimate
from .score_test import ScoreTest

CELLS, PER_CELL, LEAST = 64, 20.0, 40
QUANTILES = 2**16


def estimate_with_known_generator(
    pool: ArrayLike, human: ArrayLike, synthetic: Any, level: float = 0.95
) -> ReferenceEstimate:
    """Estimate the contamination of a pool from its known generator q and a sample of human items (MODEL 3.2).

    Parameters
    ----------
    pool, human
        Counts of items per cell, vectors (k,), k >= 2, where `synthetic` holds probabilities; otherwise items on the
        line, vectors (n,) and (m,), m >= 40.
    synthetic
        Probabilities of the cells (k,), or a frozen distribution on the line with `logpdf` and `ppf`.
    level
        Level of the interval in (0, 1).

    Returns
    -------
    ReferenceEstimate
        Root of the score with p estimated too, and what the score test accepts. Items on the line get a score, ln q
        less the log of a kernel density of every second human item, and are counted in cells of the score together with
        the other human items: an inaccurate kernel density costs information, but does not bias the estimate.

    Raises
    ------
    ValueError
        Naming the argument, the value and the range.
    """
    level = number("level", level, "(0, 1)")
    if not hasattr(synthetic, "ppf"):
        pool, human, synthetic = aligned(pool=pool, human=human, synthetic=synthetic)
    o, a = (vector(name, x, "(-inf, inf)", own=True) for name, x in (("pool", pool), ("human", human)))
    if hasattr(synthetic, "ppf"):
        o, a, q = _counted(o, a, synthetic)
    else:
        q = vector("synthetic", synthetic, "(-inf, inf)", own=True)
        if q.min() < 0.0 or abs(q.sum() - 1.0) > 1e-9:
            raise ValueError(
                f"synthetic: sum {q.sum():g}, least {q.min():g} given; allowed: probabilities that sum to 1"
            )
        if not o.size == a.size == q.size >= 2:
            raise ValueError(
                f"pool, human, synthetic: {o.size}, {a.size}, {q.size} cells given; allowed: equal, at least 2"
            )
    for name, counts in (("pool", o), ("human", a)):
        if counts.min() < 0.0 or not counts.sum() > 0.0:
            raise ValueError(
                f"{name}: least {counts.min():g}, sum {counts.sum():g} given; allowed: counts >= 0, sum > 0"
            )
    return score_estimate(ScoreTest(o, a, q / q.sum(), known=True), level)


def _counted(pool: Floats, human: Floats, synthetic: Any) -> tuple[Floats, Floats, Floats]:
    """Counts of the pool and of every second human item in cells of the score, and the generator's mass in each."""
    if human.size < LEAST:
        raise ValueError(f"human: {human.size} items given; allowed: at least {LEAST}")
    fitted, counted = human[::2], human[1::2]

    def score(x: Floats) -> Floats:
        return np.clip(log_density(synthetic, x) - kernel_log_density(x, fitted), -700.0, 700.0)

    drawn = np.asarray(synthetic.ppf((np.arange(QUANTILES) + 0.5) / QUANTILES), dtype=np.float64)
    scores = [score(x) for x in (pool, counted, drawn)]
    cells = int(min(CELLS, max(4, counted.size // PER_CELL)))
    levels = np.arange(1, cells) / cells
    edges = np.unique(np.concatenate([np.quantile(s, levels[i::2]) for i, s in enumerate(scores[1:])]))
    o, a, q = (np.bincount(np.searchsorted(edges, s), minlength=edges.size + 1).astype(float) for s in scores)
    return o, a, q / QUANTILES
