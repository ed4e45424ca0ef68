"""Moments of a level's samples, taken batch by batch: those of all samples at once."""

import math

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.level_moments import Level


class Told:
    """Rows that are known; it notes what it was asked for."""

    def __init__(self, rows):
        self.rows, self.asked = np.asarray(rows, float), []

    def __call__(self, level, first, count):
        self.asked.append((level, first, count))
        return self.rows[first : first + count]


def rows(count, start=0):
    """Skewed fine and coarse values whose first corrections, so many as `start`, are equal."""
    rng = np.random.default_rng(1)
    coarse = rng.gamma(2.0, size=count) + 5.0
    correction = 3.0 + rng.gamma(1.0, size=count)
    correction[:start] = 2.5
    return np.column_stack([coarse + correction, coarse])


@pytest.mark.parametrize("batch", [1, 7, 30, 50, 51, 2**17])
@pytest.mark.parametrize("start", [0, 10, 29])
def test_moments_do_not_depend_on_batches(batch, start):
    sampler = Told(rows(50, start))
    level = Level(3)
    level.extend(sampler, 30, batch)
    level.extend(sampler, 20, batch)  # it has more already
    level.extend(sampler, 50, batch)
    assert sum(count for _, _, count in sampler.asked) == level.count == 50
    assert {number for number, _, _ in sampler.asked} == {level.level} == {3}
    assert max(count for _, _, count in sampler.asked) == min(batch, 30)
    fine, coarse = sampler.rows.T
    gap = fine - coarse
    assert list(level.mean) == pytest.approx([gap.mean(), fine.mean(), coarse.mean()], rel=1e-12)
    spreads = [level.variance, level.fine_variance, level.coarse_variance]
    assert spreads == pytest.approx([x.var(ddof=1) for x in (gap, fine, coarse)], rel=1e-12)
    assert level.kurtosis == pytest.approx(stats.kurtosis(gap, fisher=False), rel=1e-10)


def test_no_more_is_asked_for_at_once_than_131072_samples():
    sampler = Told(np.zeros((140_000, 2)))
    Level(0).extend(sampler, 140_000)
    assert sampler.asked == [(0, 0, 131_072), (0, 131_072, 140_000 - 131_072)]


def test_a_rare_correction_that_begins_a_batch_is_measured_like_any_other():
    """Equal corrections, then a batch whose first is the rare one: what came before was not at that one."""
    gap = np.zeros(64)
    gap[[16, 40]] = 10.0
    level = Level(1)
    level.extend(Told(np.column_stack([gap, 0 * gap])), 64, 16)
    assert level.kurtosis == pytest.approx(stats.kurtosis(gap, fisher=False), rel=1e-12)


def test_batches_that_are_equal_each_and_differ_from_one_another_have_a_spread():
    gap = np.repeat([1.0, 4.0, 4.0], 8)
    level = Level(1)
    level.extend(Told(np.column_stack([gap, 0 * gap])), 24, 8)
    assert level.kurtosis == pytest.approx(stats.kurtosis(gap, fisher=False), rel=1e-12)


def test_equal_corrections_have_no_kurtosis():
    level = Level(1)
    level.extend(Told(np.column_stack([np.arange(20.0) + 3.0, np.arange(20.0)])), 20, 6)
    assert math.isnan(level.kurtosis)
    assert (level.variance, level.mean[0]) == (0.0, 3.0)
