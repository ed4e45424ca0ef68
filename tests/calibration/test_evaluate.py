"""Moments at many points, by several workers, every point stored."""

import json

import numpy as np

from mfsolve.calibration.evaluate import Evaluator
from mfsolve.calibration.ledger import Ledger
from mfsolve.calibration.problem import Problem
from mfsolve.study.file.config import load_study


def evaluated(problem, folder, workers):
    """Moments at two points that differ in both parameters, and the file that they were stored in."""
    ledger = Ledger(folder / "evaluations.jsonl", "collapse")
    ledger.open()
    seen = []
    with Evaluator(problem, ledger, workers, seen.append) as evaluate:
        found = evaluate(np.array([[0.1, 0.6], [0.2, 0.9], [0.1, 0.6]]))
    ledger.close()
    return found, seen


def test_moments_do_not_depend_on_workers_and_points_are_simulated_once(calibration_file, tmp_path):
    problem = Problem.of(load_study(calibration_file))
    one, seen = evaluated(problem, tmp_path / "one", 1)
    three, _ = evaluated(problem, tmp_path / "three", 3)
    for a, b in zip(one, three):
        assert a.moments.tobytes() == b.moments.tobytes()
        assert a.covariance.tobytes() == b.covariance.tobytes()
    assert [evaluation.simulated for evaluation in seen] == [True, True, False]
    _, again = evaluated(problem, tmp_path / "one", 1)
    assert not any(evaluation.simulated for evaluation in again)


def test_point_that_cannot_be_simulated_is_stored_with_its_reason(calibration_file, tmp_path):
    study = load_study(calibration_file, ["parameters.variance_ratio=1e-300", "population.generations=40"])
    problem = Problem.of(study)
    ledger = Ledger(tmp_path / "ledger/evaluations.jsonl", "collapse")
    ledger.open()
    with Evaluator(problem, ledger, 2) as evaluate:
        assert evaluate(np.array([[0.29, 1.19]])) == [None]
    ledger.close()
    record = json.loads((tmp_path / "ledger/evaluations.jsonl").read_text().splitlines()[1])
    assert "collapsed to a point" in record["failure"]
    assert record["moments"] is None
