"""Contamination read in a pool whose human text has drifted towards the generator (MODEL 7.3)."""

import enum
from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.provenance.reference_samples import ReferenceEstimate, estimate_from_counts

CELLS = 24


class Path(enum.StrEnum):
    """Path of human content towards the generator: a mixture with it, or a normal law of a variance between."""

    MIXTURE = "mixture"
    VARIANCE = "variance"


class Laws(NamedTuple):
    """Probabilities of cells (k,): original human content, the generator, human content of the day."""

    human: Floats
    synthetic: Floats
    drifted: Floats


def normal_cells(edges: Floats, variance: float) -> Floats:
    """Probabilities of the cells between inner edges (k - 1,) under N(0, variance)."""
    from scipy.special import ndtr

    return np.diff(np.concatenate([[0.0], ndtr(edges / np.sqrt(variance)), [1.0]]))


def laws(variance_ratio: float, drift: float, path: Path) -> Laws:
    """Laws over cells of equal human probability, human content having gone the share `drift` of the way."""
    from scipy.special import ndtri

    edges = ndtri(np.arange(1, CELLS) / CELLS)
    human, synthetic = normal_cells(edges, 1.0), normal_cells(edges, variance_ratio)
    if path is Path.MIXTURE:
        return Laws(human, synthetic, (1.0 - drift) * human + drift * synthetic)
    return Laws(human, synthetic, normal_cells(edges, 1.0 - drift * (1.0 - variance_ratio)))


def pool_law(at: Laws, contamination: float) -> Floats:
    """Probabilities of cells in the pool."""
    return (1.0 - contamination) * at.drifted + contamination * at.synthetic


def reading(at: Laws, contamination: float) -> float:
    """Contamination that maximum likelihood reads in an infinite pool, the original human content taken for human.

    On the path of mixtures rho + (1 - rho) drift, exactly: the pool is a mixture of the two references, and no test of
    fit can see the drift.
    """
    from scipy.optimize import brentq

    pool = pool_law(at, contamination)
    contrast = at.synthetic - at.human

    def score(rho: float) -> float:
        return float(np.sum(pool * contrast / ((1.0 - rho) * at.human + rho * at.synthetic)))

    if score(0.0) <= 0.0 or score(1.0) >= 0.0:
        return 0.0 if score(0.0) <= 0.0 else 1.0
    return float(brentq(score, 0.0, 1.0, xtol=1e-14))


def counted(law: Floats, uniforms: Floats) -> Floats:
    """Counts of items in cells (k,), one item for each uniform number."""
    edges = np.cumsum(law)[:-1]
    return np.bincount(np.searchsorted(edges, uniforms, side="right"), minlength=law.size).astype(np.float64)


def estimated(at: Laws, contamination: float, pool: Floats, human: Floats, synthetic: Floats) -> ReferenceEstimate:
    """Estimate with its test of fit from a simulated pool and references; the arrays are uniform numbers of items."""
    return estimate_from_counts(
        counted(pool_law(at, contamination), pool), counted(at.human, human), counted(at.synthetic, synthetic)
    )
