"""Identification of a study's parameters: its own problem at toy size, and the jackknife on known numbers."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from mfsolve.calibration.identification import _shares, identify
from mfsolve.calibration.landscape import Box
from mfsolve.calibration.problem import Problem
from mfsolve.calibration.singular_values import strengths
from mfsolve.calibration.targets import Targets
from mfsolve.study.file.config import load_study

STUDY = Path(__file__).parents[2] / "runs/agents_identification.toml"


@pytest.mark.slow
def test_more_parameters_than_moments_leave_directions_free():
    settings = ["calibration.replicates=12", "population.periods=90", "population.creators=20"]
    problem = Problem.of(load_study(STUDY, settings))
    one, two = identify(problem, 1), identify(problem, 2)
    assert np.array_equal(one.singular, two.singular)
    assert np.all(one.singular[9:] == 0.0)
    assert one.least_rank <= one.rank <= min(9, one.most_rank + 1)
    assert np.all((one.low <= one.singular) & (one.singular <= one.high))
    assert np.all((one.shares >= 0.0) & (one.shares <= 1.0))
    assert one.directions @ one.directions.T == pytest.approx(np.eye(17), abs=1e-9)


def test_shares_have_the_errors_of_an_angle():
    """One direction at an angle to the first axis: shares of cos^2 and sin^2, ends a t quantile of errors away."""
    angles = np.random.default_rng(2).normal(0.1, 0.05, 16)

    def projector(angle):
        direction = np.array([np.cos(angle), np.sin(angle)])
        return np.outer(direction, direction)

    left_out = np.array([np.delete(angles, i).mean() for i in range(16)])
    found = _shares(projector(angles.mean()), np.array([projector(angle) for angle in left_out]))
    half = stats.t.ppf(0.975, 15) * angles.std(ddof=1) / 4.0
    ends = angles.mean() + np.array([0.0, -half, half])
    assert [each[1] for each in found] == pytest.approx(np.sin(ends) ** 2, rel=1e-3)
    assert [each[0] for each in found] == pytest.approx(np.cos(ends[[0, 2, 1]]) ** 2, rel=1e-3)
    near = _shares(projector(0.0), np.array([projector(angle - angles.mean()) for angle in left_out]))
    assert near[2][1] == pytest.approx(np.sin(half) ** 2, rel=1e-3)  # signs of errors about 0 are not lost
    assert near[1][0] == pytest.approx(np.cos(half) ** 2, rel=1e-3)
    assert near[1][1] == 0.0


class Linear:
    """Moments D theta and normal errors, of which nine tenths of the variance are common to all points."""

    def __init__(self, slope, replicates, rng):
        self.slope, self.rng, self.common = slope, rng, rng.standard_normal((replicates, len(slope)))
        free = [SimpleNamespace(name=str(i)) for i in range(slope.shape[1])]
        self.calibration = SimpleNamespace(settings=SimpleNamespace(replicates=replicates), free=free)

    def start(self):
        return np.full(self.slope.shape[1], 0.5)

    def box(self):
        return Box.of([(0.0, 1.0)] * self.slope.shape[1])

    def points(self, row):
        return row

    def replicates(self, here, piece, threads):
        own = self.rng.standard_normal((len(piece), len(self.slope)))
        return {"x": self.slope @ here + np.sqrt(0.9) * self.common[list(piece)] + np.sqrt(0.1) * own}

    def moments(self, here, blocks):
        x = np.concatenate([block["x"] for block in blocks])
        return SimpleNamespace(moments=x.mean(axis=0), covariance=np.cov(x.T))

    def targets(self):
        return Targets.of(np.full(len(self.slope), 5.0), len(self.common))


def test_singular_values_are_covered_where_the_covariance_is_an_estimate():
    """Without its error 0.4 of the intervals held the first of 12 moments' values, and 0.3 of the zeros exceeded 0."""
    rng, held, moved = np.random.default_rng(4), 0, 0
    slope = np.zeros((12, 2))
    slope[:, 0] = 6.0 / np.sqrt(12.0)
    for _ in range(40):
        found = identify(Linear(slope, 64, rng), 1)
        held += found.low[0] <= 6.0 / np.sqrt(1 + 1 / 64) <= found.high[0]
        moved += found.low[1] > 0.0
        assert found.least_rank == 1
        assert np.all((found.shares_low <= found.shares) & (found.shares <= found.shares_high))
    assert held >= 33  # of 40 at 0.95: fewer in one of 2000
    assert moved <= 7


def test_too_few_replicates_for_the_covariance_are_refused():
    slope = np.ones((12, 2))
    with pytest.raises(ValueError, match=r"calibration\.replicates = 14 given; allowed: at least 15"):
        identify(Linear(slope, 14, np.random.default_rng(1)), 1)
    identify(Linear(slope, 15, np.random.default_rng(1)), 1)


def test_singular_values_without_any_error_are_points():
    whitened = np.diag([5.0, 2.0, 0.5])[:, :2]
    found = strengths(whitened, np.stack([whitened] * 8), 3, np.inf)
    for each in (found.values, found.low, found.high):
        assert each == pytest.approx([5.0, 2.0])
    wide = strengths(whitened.T, np.stack([whitened.T] * 8), 2, 20.0)
    for i, value in enumerate((5.0, 2.0)):
        ends = value * np.sqrt(stats.chi2.ppf([0.025, 0.975], 19 + i) / 20.0)
        assert (wide.low[i], wide.high[i]) == pytest.approx(tuple(ends))
        assert wide.values[i] == pytest.approx(value * np.sqrt((17 + i) / 20.0))
    assert wide.values[2] == wide.low[2] == wide.high[2] == 0.0
