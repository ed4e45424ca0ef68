"""Laws of lost quality: each is found in its own data, false alarms keep their level, and conditions are compared."""

import math

import numpy as np
import pytest
from scipy import optimize

from mfsolve.inference.collapse_conditions import by_condition
from mfsolve.inference.collapse_laws import Law, compare
from mfsolve.inference.collapse_paths import Start, paths

T = np.arange(13)
CONSTANT = np.minimum(T, 1.0)
RISING = 1 - 0.8**T
RISING_X = np.append(0, np.cumsum(RISING[1:] ** 2))


def noisy(seed, loss, scale=0.01):
    return -loss + scale * np.random.default_rng(seed).normal(size=np.size(loss))


@pytest.mark.parametrize(("law", "share", "loss"), [
    (Law.COLLAPSE, CONSTANT, 0.1 * T),
    (Law.EXPONENT, RISING, 0.3 * np.append(0, np.cumsum(RISING[1:] ** 4))),
    (Law.POWER, CONSTANT, 0.2 * T**0.5),
    (Law.BOUNDED, CONSTANT, 1 - np.exp(-T / 4)),
    (Law.LOGARITHMIC, CONSTANT, 0.8 * np.log1p(T / 0.5)),
    (Law.CONSTANT, CONSTANT, 0.7 * (T > 0)),
    (Law.NONE, CONSTANT, 0.0 * T),
])  # fmt: skip
def test_each_law_is_best_on_its_own_data(law, share, loss):
    found = [compare(paths(T, share, noisy(seed, loss, 0.004))) for seed in range(8)]
    assert sum(one.laws[0].law is law for one in found) >= 6
    assert all((one.misfit is None) == (law is Law.COLLAPSE) for one in found)
    assert all(sum(fit.weight for fit in one.laws) == pytest.approx(1.0) for one in found)


def test_a_log_that_saturates_is_not_described():
    """A slope of 0.155 with an R^2 of -8 once passed without a word."""
    quality = np.log([1, 0.52, 0.31, 0.3, 0.31, 0.29, 0.3, 0.31, 0.3, 0.29, 0.3, 0.31])
    found = compare(paths(T[:12], CONSTANT[:12], quality))
    assert found.laws[0].law is Law.BOUNDED
    assert "the same loss after the first generation describes the data better" in found.misfit
    assert found.p_value < 1e-5
    origin = compare(paths(T[:12], CONSTANT[:12], quality, start=Start.EXACT))
    assert origin.of(Law.COLLAPSE).r_squared < 0.5
    assert origin.misfit is not None


def test_lack_of_fit_keeps_its_level():
    """Twelve laws' worth of chances, one level: at most 5 % of 100 straight logs are called bent."""
    alarms = [compare(paths(T, RISING, noisy(seed, 0.1 * RISING_X))).p_value < 0.05 for seed in range(100)]
    assert np.mean(alarms) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 100)


def test_fits_are_those_of_scipy():
    """Two runs with an intercept each, weights, and a bounded law: the same numbers by a general optimiser."""
    rng = np.random.default_rng(3)
    error = rng.integers(1, 4, 26) * 0.01
    loss = np.tile(1 - np.exp(-T / 5), 2) + error * rng.normal(size=26) + np.repeat([0.0, 0.3], 13)
    run = np.repeat([0, 1], 13)
    found = compare(paths(np.tile(T, 2), np.tile(CONSTANT, 2), -loss, run, error)).of(Law.BOUNDED)

    def model(x, bound, k, first, second):
        return np.where(run == 0, first, second) + bound * -np.expm1(-x / k)

    theirs, _ = optimize.curve_fit(model, np.tile(T, 2).astype(float), loss, [1, 5, 0, 0.3], sigma=error)
    assert (found.slope, found.shape) == pytest.approx(theirs[:2], rel=1e-5)
    rss = float((((loss - model(np.tile(T, 2), *theirs)) / (error / error.min())) ** 2).sum())
    assert found.criterion == pytest.approx(26 * math.log(rss / 26) + 10 * (1 + 6 / 20), rel=1e-8)


def test_given_errors_that_are_too_small_are_said():
    law = paths(T, CONSTANT, noisy(1, 0.1 * T, 0.05), None, np.full(13, 0.01))
    assert compare(law).chi_square_p_value < 1e-6
    assert "exceed the standard errors given" in compare(law).misfit
    fair = [compare(paths(T, CONSTANT, noisy(s, 0.1 * T, 0.05), None, np.full(13, 0.05))) for s in range(100)]
    assert np.mean([one.chi_square_p_value < 0.1 for one in fair]) == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 100))


def test_an_exponent_needs_contamination_that_changes():
    assert compare(paths(T, CONSTANT, noisy(1, 0.1 * T))).of(Law.EXPONENT) is None
    found = compare(paths(T, RISING, noisy(1, 0.1 * RISING_X, 1e-5))).of(Law.EXPONENT)
    assert found.shape == pytest.approx(2.0, abs=0.01)


def conditions(seed, slopes, runs=4):
    names = np.repeat([f"c{i}" for i in range(len(slopes))], runs)
    rng = np.random.default_rng(seed)
    loss = np.concatenate([slope * T for slope in slopes for _ in range(runs)])
    law = paths(np.tile(T, names.size), np.tile(CONSTANT, names.size), -loss + 0.05 * rng.normal(size=loss.size),
                np.repeat(np.arange(names.size), T.size))  # fmt: skip
    return by_condition(law, names.tolist())


def test_equal_slopes_keep_their_level_and_unequal_ones_are_told_apart():
    equal = [conditions(seed, (0.1, 0.1, 0.1)).p_value < 0.05 for seed in range(40)]
    assert np.mean(equal) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 40)
    apart = conditions(1, (0.1, 0.15))
    assert apart.p_value < 0.01
    assert [one.fit.slope for one in apart.each] == pytest.approx([0.1, 0.15], abs=0.01)
    assert apart.to_dict()["slopes"][1]["condition"] == "c1"


def test_a_condition_without_a_slope_has_a_reason():
    law = paths(
        np.tile(T, 2), np.concatenate([CONSTANT, 0 * CONSTANT]), noisy(1, np.tile(0.1 * T, 2)), np.repeat([0, 1], 13)
    )
    found = by_condition(law, ["a", "b"])
    assert "constant" in found.each[1].reason
    assert math.isnan(found.p_value)
