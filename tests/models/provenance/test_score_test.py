"""Contamination from counts with a handful of items a cell: the score, coverage, and what is not known."""

import numpy as np
import pytest
from naive import provenance as naive
from naive.profile_likelihood import ProfileLikelihood
from scipy import stats

from mfsolve.models.provenance import estimate_from_counts
from mfsolve.models.provenance.cell_counts import Counts
from mfsolve.models.provenance.quantify import Quantification
from mfsolve.models.provenance.score_test import ScoreTest

LEVEL = 0.95


def laws(kind, cells):
    p = 1 / np.arange(1, cells + 1)
    q = {"sharpened": p ** (1 / 0.7), "same": p}[kind].copy()
    return p / p.sum(), q / q.sum()


def draws(sets, kind, cells, reference, pool, rho, seed=1):
    rng, (p, q) = np.random.default_rng(seed), laws(kind, cells)
    for _ in range(sets):
        sizes = ((pool, (1 - rho) * p + rho * q), (reference, p), (reference, q))
        yield [rng.multinomial(n, f).astype(float) for n, f in sizes]


def fewest(sets):
    """Intervals that hold the truth in all but one of 10^4 series of this length, at the level promised."""
    return stats.binom.ppf(1e-4, sets, LEVEL)


@pytest.mark.parametrize("rho", [0.0, 0.37, 1.0])
def test_the_score_is_that_of_pairs_of_distinct_items(rho):
    rng = np.random.default_rng(3)
    counts = rng.poisson([[3.0] * 6, [1.5] * 6, [2.0] * 6]).astype(float)
    want = naive.score_of_distinct_items(*counts, rho)
    assert ScoreTest(*counts).at(rho).score[0] == pytest.approx(want, rel=1e-10)


def test_the_score_has_no_bias_where_a_likelihood_has_one():
    """Mean zero at the truth, from cells of less than an item: Poisson counts, whose identity the weights rest on."""
    rng, (p, q), rho, sets = np.random.default_rng(4), laws("sharpened", 300), 0.3, 300
    z = []
    for _ in range(sets):
        counts = [rng.poisson(n * f).astype(float) for n, f in ((200, 0.7 * p + 0.3 * q), (100, p), (100, q))]
        z.append(ScoreTest(*counts).at(rho).score[0])
    # the three totals are random here and taken as given: a relative error of 1 / 100
    assert abs(np.mean(z)) < 4.5 * np.std(z) / np.sqrt(sets) + 0.01 * np.std(z)


@pytest.mark.parametrize(("reference", "rho", "sets"), [(300, 0.0, 20), (2000, 0.9, 12)])
def test_sparse_references_do_not_mislead(reference, rho, sets):
    """Old intervals, by a profile likelihood over a thousand cells, hold the truth in 0 to 5 of 100 pools."""
    held = old = 0
    for i, counts in enumerate(draws(sets, "sharpened", 1000, reference, 500, rho)):
        low, high = estimate_from_counts(*counts).estimate.interval
        held += low <= rho <= high
        if i < 8:
            profile = ProfileLikelihood(*counts)
            old += profile.best[1] - profile.log_likelihood(rho) <= 0.5 * stats.chi2.ppf(LEVEL, 1)
    assert held >= fewest(sets)
    assert old < fewest(8)


def test_references_of_one_source_tell_nothing():
    """Whatever the pool is like: all of [0, 1], but for one pool in twenty, and a note that says so."""
    sets, wide = 25, 0
    for counts in draws(sets, "same", 1000, 300, 500, 0.0):
        found = estimate_from_counts(*counts)
        wide += found.estimate.interval == (0.0, 1.0)
        if found.estimate.interval == (0.0, 1.0):
            notes = Quantification(found, Counts(*counts, 0.0)).warnings()
            assert any("all of [0, 1]" in note or "the share cannot be estimated" in note for note in notes)
    assert wide >= fewest(sets)


def test_no_region_far_away_where_the_pool_is_large():
    """Near 1 the score is zero too, 14 standard errors from any mixture that explains the pool."""
    sets = 12
    drawn = draws(sets, "sharpened", 1000, 2000, 50_000, 0.0)
    found = np.array([estimate_from_counts(*counts).estimate.interval for counts in drawn])
    assert np.sum(found[:, 0] == 0.0) >= fewest(sets)
    assert np.max(found[:, 1]) < 0.3


def test_a_pool_that_no_mixture_explains_has_an_interval_around_the_estimate():
    p, q = laws("sharpened", 50)
    rng = np.random.default_rng(5)
    found = estimate_from_counts(rng.multinomial(3000, p[::-1]), rng.multinomial(3000, p), rng.multinomial(3000, q))
    assert found.goodness_of_fit.p_value < 1e-6
    assert found.estimate.interval[0] <= found.estimate.value <= found.estimate.interval[1]


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "cells", "reference", "pool", "rho"), [
    ("sharpened", 1000, 300, 500, 0.3),
    ("sharpened", 1000, 300, 20_000, 0.3),
    ("sharpened", 20, 300, 100_000, 0.0),
    ("same", 20, 2000, 5000, 0.3),
])  # fmt: skip
def test_intervals_hold_in_awkward_cases(kind, cells, reference, pool, rho):
    sets = 100
    found = [
        estimate_from_counts(*counts).estimate.interval for counts in draws(sets, kind, cells, reference, pool, rho)
    ]
    assert sum(low <= rho <= high for low, high in found) >= fewest(sets)
