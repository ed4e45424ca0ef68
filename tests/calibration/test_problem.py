"""A study and its section [calibration] as a problem: values, points, moments."""

import json

import numpy as np
import pytest
from support.calibration import ESTIMATES, STUDY

from mfsolve.calibration.evaluate import Evaluator
from mfsolve.calibration.ledger import Ledger
from mfsolve.calibration.problem import Problem
from mfsolve.commands import run as run_commands
from mfsolve.models import collapse
from mfsolve.study.file.config import load_study, resolve
from mfsolve.study.file.source import StudyError


def test_resolved_calibration_is_a_study_file_for_the_same(calibration_file):
    problem = Problem.of(load_study(calibration_file))
    again = Problem.of(resolve(dict(problem.study.resolved), "small", "resolved"))
    assert (again.calibration.free, again.calibration.moments) == (
        problem.calibration.free,
        problem.calibration.moments,
    )
    assert again.study.resolved == problem.study.resolved
    assert problem.study.resolved["calibration"]["moments"] == ["contamination", "contamination early", "gain"]
    assert problem.calibration.seed == again.calibration.seed != problem.study.ensemble.seed


def test_policy_settings_and_whole_numbers_can_be_free(tmp_path):
    path = tmp_path / "free.toml"
    path.write_text(
        f'model = "collapse"\n{ESTIMATES}\n[population]\nproducers = 100\nitems = 2\ngenerations = 3\n'
        "[calibration.free]\npolicies.fixed.subsidy = [0, 0.5]\npopulation.items = [1, 9]\n"
    )
    study = load_study(path)
    problem = Problem.of(study)
    assert problem.box().whole.tolist() == [False, True]
    assert problem.start().tolist() == [0.2, 2.0]
    points = problem.points(np.array([0.3, 4.0]))
    assert set(points) == {"none"}  # no moment concerns the other
    assert points["none"].case.population.items == 4
    resolved = problem.calibration.resolved()["free"]
    assert resolved["population"]["items"] == {"range": [1, 9], "scale": "linear"}
    assert resolved["policies"]["fixed"]["subsidy"]["range"] == [0.0, 0.5]


def test_study_without_the_section_is_refused(study_file):
    with pytest.raises(StudyError, match=r"calibration: is missing; name free parameters under \[calibration.free\]"):
        Problem.of(load_study(study_file))


def test_moments_are_those_of_the_report(calibration_file, tmp_path):
    """Every statistic of the same replicates, by calibration and by `run`."""
    extra = """
[[estimates]]
name = "difference"
statistic = "difference"
quantity = "w2_drift"
policy = "closed_form"
baseline = "none"
published = 0.1
[[estimates]]
name = "quantile"
statistic = "quantile"
quantity = "quality"
policy = "none"
probability = 0.75
published = 0.9
"""
    for statistic in ("slope", "hac_slope", "r_squared"):
        extra += f'[[estimates]]\nname = "{statistic}"\nstatistic = "{statistic}"\nquantity = "quality_loss"\n'
        extra += 'against = "exposure"\npolicy = "none"\npublished = 0.2\n'
    text = STUDY.replace("replicates = 8", "replicates = 16\nseed = 7").replace("replicates = 4", "replicates = 16")
    calibration_file.write_text(text + extra)
    study = load_study(calibration_file)
    problem = Problem.of(study)
    ledger = Ledger(tmp_path / "ledger/evaluations.jsonl", "collapse")
    ledger.open()
    values = np.array([[collapse.Parameters().initial_contamination, collapse.Parameters().imitation]])
    with Evaluator(problem, ledger, 2) as evaluate:
        (found,) = evaluate(values)
    ledger.close()
    assert run_commands.run(str(calibration_file), out=str(tmp_path / "out"), workers=2) == 0
    rows = json.loads((tmp_path / "out/summary.json").read_text())["rows"]
    np.testing.assert_allclose(found.moments, [row["estimate"]["value"] for row in rows], rtol=1e-12)
    errors = np.sqrt(np.diag(found.covariance) / 16)
    for row, error in zip(rows, errors):
        if row["statistic"] != "hac_slope":  # whose error is that of one series, not of replicates
            assert row["estimate"]["standard_error"] == pytest.approx(error, rel=1e-6), row["name"]


def test_a_published_share_is_a_moment_with_its_trials(tmp_path):
    """It was left out without a word: a share of replicates is a mean of indicators."""
    path = tmp_path / "share.toml"
    share = '[[estimates]]\nname = "synthetic"\nstatistic = "share"\nquantity = "contamination"\ntrials = "quality"\n'
    path.write_text(
        f'model = "collapse"\n{ESTIMATES}\n{share}policy = "none"\npublished = 0.5\n'
        "[population]\nproducers = 100\nitems = 2\ngenerations = 3\n[ensemble]\nreplicates = 4\n"
        "[calibration]\nreplicates = 6\n[calibration.free]\npolicies.fixed.subsidy = [0, 0.5]\n"
    )
    problem = Problem.of(load_study(path))
    assert [m.name for m in problem.calibration.moments] == ["contamination", "quality", "synthetic"]
    points = problem.points(problem.start())
    block = problem.replicates(points, range(6), 1)
    found = problem.moments(points, [block])
    assert found.moments[2] == pytest.approx(found.moments[0] / found.moments[1], rel=1e-12)
