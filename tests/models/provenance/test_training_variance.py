"""The variance of a share that comes from models fitted to finite references, where their folds meet in pairs."""

import numpy as np
import pytest

from mfsolve.models.provenance.mixture_equations import Equations
from mfsolve.models.provenance.sample_moments import Mean, Moments, mean

FOLDS, EACH, DIMENSIONS = 5, 8, 30
RUNS = 3000


def folds_of(rng, shift=0.0):
    """Two sources that do not differ, and each fold's means under g(x) = x (mean_q - mean_p) of the other folds."""
    x = rng.normal(size=(2, FOLDS, EACH, DIMENSIONS))
    centre = x.mean(axis=2)
    found = []
    for source in x:
        parts = []
        for fold in range(FOLDS):
            others = [k for k in range(FOLDS) if k != fold]
            line = centre[1, others].mean(axis=0) - centre[0, others].mean(axis=0)
            moments = Moments.none(1)
            moments.add(np.ones(EACH), (source[fold] @ line)[:, None])
            parts.append(moments)
        found.append(mean(parts))
    return tuple(found)


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 1.0, 1.0), (0.3, 1.0, 1.4), (0.5, 1.0, 1.6), (1.0, 1.0, 1.0)]
)
def test_pairs_of_one_source_count_twice(share, least, most):
    """All of the gap's variance is the training's: of an exact pool, nothing else varies.

    At 0 and 1 the variance is right. Between them, where it leaves out what pairs of two sources take off, it is at most
    3 / 2 of that, at 1 / 2; counting all pairs twice gave 4 / 3 at the ends and 2 in the middle.
    """
    rng, shares = np.random.default_rng(3), np.array([1.0 - share, share])
    zero = np.zeros((1, 1))
    pool = Mean(np.zeros(1), zero, np.zeros(1), 1e9, 10**9, 1e9, zero, np.zeros(1))
    items = FOLDS * EACH
    training = np.array([[2.0 * DIMENSIONS / (items * (1.0 - 1.0 / FOLDS))]])  # of x line, its mean being zero
    gap, variance = [], []
    for _ in range(RUNS):
        found = Equations(pool, folds_of(rng), training)
        gap.append(float(found.gap(shares)[0]))
        variance.append(float(found.covariance(shares)[0, 0]))
    ratio = np.mean(variance) / np.var(gap)
    noise = 4 * np.sqrt(2.0 / RUNS)  # of the variance of gaps that are near normal
    assert least - noise < ratio < most + noise
