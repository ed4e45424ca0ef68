"""The price of a study, and what is refused before anything is computed."""

import contextlib
import json
import math
import re

import pytest

from mfsolve.commands import run as commands
from mfsolve.commands.price import price
from mfsolve.study.execution import budget, plan
from mfsolve.study.execution.trial import Trial, TrialResult, probe
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.shards import Shard


def test_a_dry_run_says_what_is_then_left_and_computes_nothing(study_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert price(str(study_file), out=str(out), workers=2, as_json=True) == 0
    assert not out.exists()
    said = json.loads(capsys.readouterr().out)
    assert (said["points"], said["replicates"], said["workers"]) == (2, 24, 2)
    assert said["seconds"] > 0.0
    assert 2**26 < said["memory"] < 2**33
    assert commands.run(str(study_file), out=str(out), workers=1) == 0
    held = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    each = budget.disk(load_study(study_file))[1]
    # shards and the joined file hold every number twice; beside it headers of files, within the room allowed for
    assert 12 * each <= held <= said["disk"] + 12 * each


def test_too_many_replicates_are_refused_with_the_number_that_fits(study_file, tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "free_disk", lambda folder: 2.0**30)
    with pytest.raises(StudyError) as caught:
        commands.run(str(study_file), out=str(tmp_path / "out"), workers=2, replicates=2**32 - 1)
    found = re.search(
        r"4294967295 replicates of 2 points leave .* TiB on disk, 1 GiB are free: --replicates (\d+) would fit",
        str(caught.value),
    )
    assert found, caught.value
    assert not (tmp_path / "out").exists()
    study = load_study(study_file, [f"ensemble.replicates={found[1]}"])
    assert budget.disk(study)[0] <= 2.0**30 < budget.disk(study)[0] + 2.0 * budget.disk(study)[1]


def test_a_population_that_no_memory_holds_is_refused(study_file, tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "memory_share", lambda workers: 2.0**30)
    with pytest.raises(
        StudyError, match=r"a replicate needs 16 GiB, a worker has 1 GiB: population\.producers = 4\.29497e\+09 asks"
    ):
        commands.run(
            str(study_file), out=str(tmp_path / "out"), workers=2, settings=["population.producers=4294967295"]
        )
    assert not (tmp_path / "out").exists()


def test_a_probe_that_takes_too_long_is_ended(study_file):
    point = load_study(study_file).points[0]
    (found,) = probe([Trial("collapse", point.case, 1, 1)], 2.0**30, patience=0.01)
    assert math.isinf(found.draw)
    assert found.failure is None


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (
            1.0,
            r"none: its replicates take about 6 years: parameters\.cost_curvature = 1e-12 asks for it; about 2e-09 takes a day$",
        ),
        (0.5, "none: parameters.cost_curvature = 1e-12: its replicates take about 5.5 minutes"),
        (0.0, ""),
    ],
)
def test_replicates_that_nobody_waits_for_are_refused(study_file, tmp_path, monkeypatch, power, said):
    """A replicate does not end in time; what easier ones take tells whether anybody would wait for it."""

    def tried(trials, limit, patience):
        seconds = [1e-4 * (0.305 / trial.case.parameters.cost_curvature) ** power for trial in trials]
        return [TrialResult(s if s < min(patience, 10.0) else math.inf, math.nan, math.nan) for s in seconds]

    monkeypatch.setattr(budget, "probe", tried)
    study = load_study(study_file, ["parameters.cost_curvature=1e-12"])
    with pytest.raises(StudyError, match=said) if power == 1.0 else contextlib.nullcontext():
        assert [*budget.refuse_what_cannot_fit(study, tmp_path, 2), ""][0] == said


def test_a_plan_is_small_whatever_the_replicates(study_file):
    study = load_study(study_file, ["ensemble.replicates=4294967295"])
    tasks = plan.plan(study, plan.default_size(2**32 - 1, 2))
    assert len(tasks) <= plan.MOST_TASKS + 2
    assert sum(task.replicates for task in tasks) == 2 * (2**32 - 1)


def test_what_remains_of_a_plan(study_file, tmp_path):
    study = load_study(study_file, ["ensemble.replicates=20"])
    keys = [point.key for point in study.points]
    held = [Shard(tmp_path, keys[0], a, b) for a, b in ((7, 12), (0, 3), (2, 4))] + [Shard(tmp_path, keys[1], 0, 20)]
    left = plan.remaining(study, plan.plan(study, 5), held)
    assert [(t.point, t.start, t.stop) for t in left] == [(0, 4, 5), (0, 5, 7), (0, 12, 15), (0, 15, 20)]
