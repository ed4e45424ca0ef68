"""Contamination from counts: coverage with the noise of the references, and the test of fit."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.models.provenance import estimate_from_counts

Z = 4.5  # standard errors allowed


@pytest.mark.parametrize("sets", [40, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def test_counts_cover_with_the_references_noise(sets):
    p = 1 / np.arange(1, 31)
    p /= p.sum()
    q = p**2 / np.sum(p**2)
    rng, hits, fits = np.random.default_rng(0), 0, []
    for _ in range(sets):
        pool = rng.multinomial(3000, 0.7 * p + 0.3 * q)
        found = estimate_from_counts(pool, rng.multinomial(4000, p), rng.multinomial(4000, q))
        hits += found.estimate.interval[0] <= 0.3 <= found.estimate.interval[1]
        fits.append(found.goodness_of_fit.p_value)
    # half an item of smoothing in 30 cells moves the estimate by less than a tenth of its error
    assert abs(hits / sets - 0.95) < Z * math.sqrt(0.95 * 0.05 / sets)
    assert stats.kstest(fits, "uniform").pvalue > 1e-4
    foreign = rng.multinomial(3000, np.full(30, 1 / 30))
    assert estimate_from_counts(foreign, 4000 * p, 4000 * q).goodness_of_fit.p_value < 1e-10
