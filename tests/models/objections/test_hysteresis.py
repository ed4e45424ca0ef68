"""Hysteresis of contamination: paths end at equilibria, loops at folds, thresholds at the unstable equilibrium."""

import numpy as np
import pytest

from mfsolve.models.collapse import Generator, Parameters
from mfsolve.models.objections.hysteresis import Producers, Setting, folds, follow, ramp, returns, threshold, unstable

MARKET = Setting(Parameters(cost_curvature=0.02, verified_share=1.0), 2.0, Generator.FIXED)


def test_paths_end_at_the_equilibrium_on_their_side():
    clean, middle, dirty = MARKET.equilibria(0.03)
    assert unstable(MARKET, 0.03) == middle.contamination
    for start, end in ((middle.contamination - 0.02, clean), (middle.contamination + 0.02, dirty)):
        assert follow(MARKET, np.full(400, 0.03), start)[-1] == pytest.approx(end.contamination, abs=1e-6)


def test_a_ramp_turns_near_the_folds_and_a_slower_one_nearer():
    low, high = folds(MARKET, (0.0, 0.15))
    assert low == 0.0  # the clean equilibrium is there without a subsidy
    assert len(MARKET.equilibria(high - 1e-4)) == 3
    assert len(MARKET.equilibria(high + 1e-4)) == 1
    slow, fast = (ramp(MARKET, (0.0, 0.15), 31, n) for n in (40, 4))
    step = 0.005
    turn = slow.crossing(slow.rising, slow.level)
    assert high - 1e-6 <= turn <= high + 2 * step
    assert fast.crossing(fast.rising, fast.level) >= turn
    assert slow.rising[0] - slow.falling[0] > 0.5
    assert slow.width >= high - low - 1e-6


def test_one_equilibrium_has_no_threshold_and_no_folds():
    dear = Setting(Parameters(cost_curvature=0.3, verified_share=1.0), 2.0, Generator.FIXED)
    draws = Producers(np.zeros((2, 3)), np.zeros((2, 3)))
    assert np.isnan(unstable(dear, 0.1))
    assert np.isnan(threshold(dear, 0.1, draws))
    assert np.all(np.isnan(folds(dear, (0.0, 0.1))))


def test_finite_markets_return_below_the_unstable_equilibrium_only():
    random = np.random.default_rng(8)
    middle = unstable(MARKET, 0.0)
    thresholds = []
    for _ in range(8):
        draws = Producers(*random.random((2, 60, 2000)))
        thresholds.append(threshold(MARKET, 0.0, draws))
    assert returns(MARKET, 0.0, middle - 0.1, draws)
    assert not returns(MARKET, 0.0, middle + 0.1, draws)
    error = np.std(thresholds, ddof=1) / np.sqrt(8)
    assert abs(np.mean(thresholds) - middle) < 5.0 * error + 1.0 / 2000


def test_finite_markets_hold_the_generator():
    draws = Producers(np.zeros((2, 3)), np.zeros((2, 3)))
    refitted = MARKET._replace(generator=Generator.REST)
    with pytest.raises(ValueError, match="generator: 'rest' given; allowed: fixed"):
        threshold(refitted, 0.0, draws)
    with pytest.raises(ValueError, match="generator"):
        returns(refitted, 0.0, 0.5, draws)
