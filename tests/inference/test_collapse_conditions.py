"""Slopes condition by condition: equal ones keep their level, unequal ones are told apart, each stands for its own runs."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.collapse_conditions import Condition, Conditions, _difference, by_condition
from mfsolve.inference.collapse_paths import paths
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.least_squares import Covariance
from mfsolve.inference.regression import slope_of

T = np.arange(13)
CONSTANT = np.minimum(T, 1.0)
NOISY = 0.01 * np.random.default_rng(1).normal(size=26) - np.tile(0.1 * T, 2)


def conditions(seed, slopes, runs=4):
    names = np.repeat([f"c{i}" for i in range(len(slopes))], runs)
    rng = np.random.default_rng(seed)
    loss = np.concatenate([slope * T for slope in slopes for _ in range(runs)])
    law = paths(
        np.tile(T, names.size),
        np.tile(CONSTANT, names.size),
        -loss + 0.05 * rng.normal(size=loss.size),
        np.repeat(np.arange(names.size), T.size),
    )
    return by_condition(law, names.tolist())


def test_equal_slopes_keep_their_level_and_unequal_ones_are_told_apart():
    equal = [conditions(seed, (0.1, 0.1, 0.1)).p_value < 0.05 for seed in range(25)]
    assert np.mean(equal) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 25)
    apart = conditions(1, (0.1, 0.15))
    assert apart.p_value < 0.01
    assert [one.fit.slope for one in apart.each] == pytest.approx([0.1, 0.15], abs=0.01)
    assert apart.to_dict()["slopes"][1]["condition"] == "c1"


def test_each_condition_has_the_slope_of_its_own_runs():
    rng = np.random.default_rng(5)
    names, run = ["b", "a", "b", "a", "a"], np.repeat(np.arange(5), 13)
    quality = -np.outer([0.1, 0.2, 0.1, 0.2, 0.2], T).ravel() + 0.05 * rng.normal(size=65)
    options = {"level": 0.9, "covariance": Covariance.CLUSTER}
    found = by_condition(paths(np.tile(T, 5), np.tile(CONSTANT, 5), quality, run), names, **options)
    assert [one.name for one in found.each] == ["b", "a"]
    for one, mine in zip(found.each, ([0, 2], [1, 3, 4])):
        keep = np.isin(run, mine)
        alone = slope_of(
            paths(np.tile(T, len(mine)), np.tile(CONSTANT, len(mine)), quality[keep], run[keep]), **options
        )
        assert one == Condition(one.name, alone)
    first, second = (one.fit.estimate() for one in found.each)
    assert found.p_value == _difference(first, second)


def estimate(value, error, freedom):
    return Estimate(value, error, value, value, 0.95, 9, Method.HAC, freedom)


def test_equal_slopes_are_tested_as_welch_would():
    """Each slope is the mean of a sample: the p-value is that of two samples of unequal variance."""
    rng = np.random.default_rng(6)
    a, b = rng.normal(0, 1, 7), rng.normal(1, 3, 12)
    found = _difference(estimate(a.mean(), stats.sem(a), 6), estimate(b.mean(), stats.sem(b), 11))
    assert found == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, rel=1e-12)
    assert _difference(estimate(1.0, 0.5, 3), estimate(1.5, 0.5, 3)) == pytest.approx(
        2 * stats.t.sf(0.5**0.5, 6), rel=1e-12
    )
    assert _difference(estimate(1.0, 0.0, 3), estimate(1.0, 0.0, 3)) == 1.0
    assert _difference(estimate(1.0, 0.0, 3), estimate(1.5, 0.0, 3)) == 0.0
    assert _difference(estimate(1.0, 0.0, 3), estimate(2.0, 0.5, 3)) == pytest.approx(2 * stats.t.sf(2.0, 3), rel=1e-12)
    normal = _difference(estimate(1.0, 0.3, math.inf), estimate(2.0, 0.4, math.inf))
    assert normal == pytest.approx(2 * stats.norm.sf(2.0), rel=1e-12)
    assert _difference(estimate(2.0, 0.4, 5), estimate(1.0, 0.3, 9)) == pytest.approx(
        _difference(estimate(1.0, 0.3, 9), estimate(2.0, 0.4, 5)), rel=1e-12
    )
    tiny = _difference(estimate(1e-200, 5e-201, 3), estimate(1.5e-200, 5e-201, 3))
    assert tiny == pytest.approx(_difference(estimate(1.0, 0.5, 3), estimate(1.5, 0.5, 3)), rel=1e-12)


def test_the_smallest_p_value_counts_as_often_as_there_are_pairs():
    apart = conditions(2, (0.1, 0.1, 0.113))
    pairs = [
        _difference(apart.each[i].fit.estimate(), apart.each[j].fit.estimate()) for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert 3 * min(pairs) < 1
    assert apart.p_value == pytest.approx(3 * min(pairs), rel=1e-12)
    assert conditions(3, (0.1, 0.1, 0.1, 0.1)).p_value <= 1.0
    two = conditions(2, (0.1, 0.113))
    assert two.p_value == pytest.approx(_difference(*(one.fit.estimate() for one in two.each)), rel=1e-12)


def test_a_condition_without_a_slope_has_a_reason():
    law = paths(np.tile(T, 2), np.concatenate([CONSTANT, 0 * CONSTANT]), NOISY, np.repeat([0, 1], 13))
    found = by_condition(law, ["a", "b"])
    assert "constant" in found.each[1].reason
    assert math.isnan(found.p_value)
    assert (found.each[0].reason, found.each[1].fit) == (None, None)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["equal_p_value"] is None
    assert record["slopes"][1] == {"condition": "b", "reason": found.each[1].reason}
    assert record["slopes"][0] == {"condition": "a", "reason": None, **found.each[0].fit.to_dict()}
    assert Conditions(found.each, 0.25).to_dict()["equal_p_value"] == 0.25
