"""Identification of a study's parameters: its own problem at toy size, and the jackknife on known numbers."""

from pathlib import Path

import numpy as np
import pytest

from mfsolve.calibration.identification import _jackknife, identify
from mfsolve.calibration.problem import Problem
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


def test_the_jackknife_takes_the_bias_of_a_square():
    """The square of a mean is too large by the variance of the mean; without its bias it is right."""
    x = np.random.default_rng(2).normal(0.5, 1.0, 16)
    whole, parts = np.array([x.mean() ** 2]), np.array([[(np.delete(x, i)).mean() ** 2] for i in range(16)])
    value = _jackknife(whole, parts)[0][0]
    assert value == pytest.approx(max(x.mean() ** 2 - x.var(ddof=1) / 16, 0.0))
