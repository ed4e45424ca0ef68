"""Le Cam's two-point bound: its rate, its limits without information, the pairs that attain it."""

import math

import numpy as np
import pytest

from mfsolve.models import provenance
from mfsolve.models.provenance import GaussianContent, impossibility


def test_hardest_bound_falls_as_one_over_n():
    n = np.array([100.0, 1000.0, 10_000.0])
    for variance in (0.3, 0.7):
        bound = provenance.minimax_regret(0.3, GaussianContent(variance=variance), 0.305, n)
        assert np.all(np.diff(bound) < 0)
        np.testing.assert_allclose(np.log(bound[-1] / bound[0]) / np.log(100), -1.0, atol=0.1)


def test_without_information_regret_stays_unless_nothing_is_at_stake():
    content = GaussianContent(variance=1.0)
    n = np.array([1.0, 1e3, 1e9])
    staked = provenance.minimax_regret(0.3, content, 0.305, n, stake=0.3)
    assert np.all(staked == staked[0])
    assert staked[0] == pytest.approx(0.305 * (0.3 / 0.61) ** 2 / 4)
    assert np.all(provenance.minimax_regret(0.3, content, 0.305, n) == 0.0)
    stripped = GaussianContent(variance=1.0, watermark=3.0, stripping=1.0)
    assert np.all(provenance.minimax_regret(0.3, stripped, 0.305, n, stake=0.3) == staked)
    marked = GaussianContent(variance=1.0, watermark=3.0)
    assert provenance.minimax_regret(0.3, marked, 0.305, n, stake=0.3)[1] < 0.05 * staked[1]


def test_hardest_pairs_are_those_of_the_bound():
    content = GaussianContent(variance=0.4735)
    n = np.array([10.0, 1e4])
    bound, pairs = impossibility.hardest_pairs(0.3, content, 0.305, n, 0.3)
    np.testing.assert_array_equal(bound, impossibility.minimax_regret(0.3, content, 0.305, n, 0.3))
    for value, (low, high), size in zip(bound, pairs, n):
        gap = (high - low) * 0.3 / 0.61
        tv = math.sqrt(1 - impossibility.affinity(low, high, content) ** (2 * size))
        assert value == pytest.approx(0.305 * gap**2 / 4 * (1 - tv), rel=1e-9)
    assert np.diff(pairs, axis=1)[1] < np.diff(pairs, axis=1)[0]


@pytest.mark.parametrize("stake", [0.3, None])
def test_one_item_leaves_what_the_posterior_mean_forgoes(stake):
    """The least average regret at two contaminations: above the bound, and below twice it (Le Cam's inequalities)."""
    kappa, s2 = 0.305, 0.4735
    content = GaussianContent(variance=s2)
    bound, ((low, high),) = impossibility.hardest_pairs(0.3, content, kappa, [1.0], stake)
    x, step = np.linspace(-12.0, 12.0, 48_001, retstep=True)
    p, q = (np.exp(-0.5 * x * x / v) / math.sqrt(2.0 * math.pi * v) for v in (1.0, s2))
    first, second = ((1.0 - rho) * p + rho * q for rho in (low, high))
    gap = np.diff([impossibility.best_subsidy(rho, content, kappa, stake) for rho in (low, high)])[0]
    least = 0.5 * kappa * gap**2 * step * np.sum(first * second / (first + second))
    assert 0.5 * least < bound[0] < least
