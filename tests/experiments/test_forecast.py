"""The forecast draws start and imitation from the errors of a measurement, and is the market without them."""

from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.calibration.problem import Problem
from mfsolve.calibration.summary import calibrated_study
from mfsolve.commands.terminal import find_study
from mfsolve.experiments import collapse as market
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.forecast import EXPERIMENT, Measured, parameters_of
from mfsolve.models import collapse
from mfsolve.study.file.config import load_study

SIZE = collapse.Population(producers=50, items=4, generations=3)


def case_of(**measured):
    return Case(Measured(**measured), collapse.ClosedForm(), SIZE, collapse.Record(), "closed_form")


def test_without_errors_it_is_the_market():
    case = case_of()
    plain = Case(collapse.Parameters(), case.arm, SIZE, case.record, "closed_form")
    found, expected = EXPERIMENT.arm(case).draw(case, 1, 2, 1), market.EXPERIMENT.arm(plain).draw(plain, 1, 2, 1)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_draws_have_the_errors_of_the_measurement():
    measured = Measured(initial_contamination=0.1, imitation=2.0, initial_odds_error=0.5, imitation_error=0.2,
                        error_correlation=-0.8)  # fmt: skip
    drawn = [parameters_of(measured, 1, k) for k in range(2000)]
    start = np.array([p.initial_contamination for p in drawn])
    odds, rate = np.log(start / (1 - start)), np.array([p.imitation for p in drawn])
    error = 4 / np.sqrt(2 * 2000)  # of a standard deviation, relatively: four standard errors
    assert abs(odds.std() / 0.5 - 1) < error
    assert abs(rate.std() / 0.2 - 1) < error
    assert abs(odds.mean() - np.log(0.1 / 0.9)) < 4 * 0.5 / np.sqrt(2000)
    assert abs(np.corrcoef(odds, rate)[0, 1] + 0.8) < 4 * (1 - 0.64) / np.sqrt(2000)


def test_imitation_is_never_negative():
    measured = Measured(imitation=0.1, imitation_error=1.0)
    assert min(parameters_of(measured, 1, k).imitation for k in range(50)) == 0.0


def test_a_calibration_seeks_without_errors_and_leaves_its_own():
    """Moments are those of exact parameters; the study that comes out has the errors of what was found."""
    problem = Problem.of(load_study(find_study("forecast")))
    names = [item.path[-1] for item in problem.calibration.free]
    values = np.array([{"initial_contamination": 0.2, "imitation": 0.8}[name] for name in names])
    for point in problem.points(values).values():
        case = point.case.parameters
        assert (case.initial_contamination, case.imitation) == pytest.approx((0.2, 0.8))
        assert (case.initial_odds_error, case.imitation_error, case.error_correlation) == (0.0, 0.0, 0.0)
    error = np.array([{"initial_contamination": 0.04, "imitation": 0.1}[name] for name in names])
    covariance = np.outer(error, error) * (np.eye(2) - 0.5 * (1 - np.eye(2)))
    found = SimpleNamespace(values=values, fit=SimpleNamespace(covariance=covariance))
    carried = calibrated_study(problem, found)["parameters"]
    assert carried["initial_odds_error"] == pytest.approx(0.04 / (0.2 * 0.8))
    assert carried["imitation_error"] == pytest.approx(0.1)
    assert carried["error_correlation"] == pytest.approx(-0.5)
    marks = {e["name"]: e.get("calibrated") for e in calibrated_study(problem, found)["estimates"]}
    fitted = {moment.name for moment in problem.calibration.moments}
    assert {name for name, mark in marks.items() if mark is True} == fitted != set()
    found.fit.covariance = np.full((2, 2), np.nan)  # neither is identified
    carried = calibrated_study(problem, found)["parameters"]
    assert [carried[name] for name in EXPERIMENT.errors.names] == [0.0, 0.0, 0.0]
