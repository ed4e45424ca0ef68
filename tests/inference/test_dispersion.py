"""Equal shares in all replicates: the chi-square test's level where counts are few, and its power."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.dispersion import TABLES, homogeneity_p_value


def test_many_counts_have_pearsons_chi_square():
    k, n = np.array([60.0, 90.0, 45.0, 80.0]), np.array([200.0, 260.0, 180.0, 220.0])
    theirs = stats.chi2_contingency(np.array([k, n - k]), correction=False)
    assert homogeneity_p_value(k, n) == pytest.approx(theirs.pvalue, rel=1e-10)


def test_few_counts_have_the_tables_of_the_same_totals():
    """Six successes of three replicates of four trials: every table is written out."""
    n, chance, statistic = np.full(3, 4.0), {}, {}
    for k in itertools.product(range(5), repeat=3):
        if sum(k) == 4:
            chance[k] = math.prod(math.comb(4, one) for one in k) / math.comb(12, 4)
            statistic[k] = sum((one - 4 / 3) ** 2 for one in k)
    assert sum(chance.values()) == pytest.approx(1.0)
    exact = sum(p for k, p in chance.items() if statistic[k] >= statistic[4, 0, 0] - 1e-9)
    found = homogeneity_p_value(np.array([4.0, 0.0, 0.0]), n)
    assert exact == pytest.approx(3 / 495)
    assert abs(found - exact) < 4 * math.sqrt(exact / TABLES)


@pytest.mark.parametrize(
    ("replicates", "trials", "p"), [(10, 50, 0.01), (10, 50, 0.1), (40, 25, 0.02), (1000, 50, 0.02), (2, 300, 0.5)]
)
def test_independent_trials_are_rarely_called_unlike(replicates, trials, p):
    rng = np.random.default_rng([7, replicates])
    found = [
        homogeneity_p_value(rng.binomial(trials, p, replicates) * 1.0, np.full(replicates, 1.0 * trials))
        for _ in range(600)
    ]
    for level in (0.001, 0.01):
        assert sum(p < level for p in found) <= stats.binom.isf(1e-4, 600, level)


@pytest.mark.parametrize(
    ("replicates", "trials", "p", "correlation"),
    [(20, 100, 0.3, 0.05), (5, 200, 0.5, 0.1), (40, 25, 0.5, 0.1), (1000, 20, 0.1, 0.1)],
)
def test_trials_that_hang_together_are_found(replicates, trials, p, correlation):
    rng, weight = np.random.default_rng(3), 1 / correlation - 1
    own = rng.beta(p * weight, (1 - p) * weight, (50, replicates))
    found = [homogeneity_p_value(k * 1.0, np.full(replicates, 1.0 * trials)) for k in rng.binomial(trials, own)]
    assert np.mean(np.array(found) < 0.001) > 0.75


def test_nothing_is_said_of_one_replicate_one_outcome_or_a_success_here_and_there():
    for k, n in (([3.0], [9.0]), ([0.0] * 4, [9.0] * 4), ([9.0] * 4, [9.0] * 4)):
        assert homogeneity_p_value(np.array(k), np.array(n)) == 1.0
    k = np.zeros(2000)
    k[:3] = 5.0
    assert homogeneity_p_value(k, np.full(2000, 10.0)) == 1.0
    assert homogeneity_p_value(10.0 - k, np.full(2000, 10.0)) == 1.0


def test_the_rarest_of_tables_is_as_rare_as_tables_are_drawn():
    """No table drawn is as far out as all twenty successes in one replicate of ten: the sample itself is the only one."""
    k = np.zeros(10)
    k[3] = 20.0
    assert homogeneity_p_value(k, np.full(10, 20.0)) == 1 / (1 + TABLES)


def test_fewer_successes_than_replicates_have_tables_too():
    k = np.array([0.0, 3.0, 0.0, 0.0, 0.0])
    exact = 5 * math.comb(4, 3) / math.comb(20, 3)
    for few in (k, 4.0 - k):
        assert abs(homogeneity_p_value(few, np.full(5, 4.0)) - exact) < 4 * math.sqrt(exact / TABLES)


@pytest.mark.parametrize("trials", [5e8 - 1, 5e8, 5e8 + 1])
def test_a_billion_trials_have_no_tables(trials):
    """Where numpy draws none, the chi-square distribution stands, however few successes there are."""
    found = homogeneity_p_value(np.array([6.0, 0.0]), np.full(2, trials))
    if trials < 5e8:
        assert abs(found - 2 / 2**6) < 4 * math.sqrt(2 / 2**6 / TABLES)
    else:
        assert found == pytest.approx(stats.chi2.sf(6.0, 1), rel=1e-6)
