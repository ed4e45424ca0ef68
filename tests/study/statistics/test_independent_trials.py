"""Shipped studies declare trials independent where their experiment draws them so, and nowhere else."""

import functools
import json

import numpy as np
import pytest
from support.toy import write_toy

from mfsolve.commands import run
from mfsolve.inference.dispersion import homogeneity_p_value
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies

DRAWN_ONE_BY_ONE = {
    ("atlas_networks", "digraphs"): "random digraphs of one stream, each with a lane of its own for its paths",
    ("provenance", "pools"): "data sets, each with the counter of its own number",
    ("creator_phases", "markets"): "points of a box, uniform draws of their own",
    ("creator_rests", "markets"): "points of a box, uniform draws of their own",
    ("creator_rests", "away"): "the same, those that lose their innovators",
    ("equity_inequality", "rising_chains"): "chains of an endless sequence; their links are correlated",
    ("objections", "economies"): "economies, uniform draws of their own",
    ("separability", "economies"): "economies, uniform draws of their own",
    ("supply_shock", "economies"): "economies, uniform draws of their own",
    ("supply_shock", "adopters"): "the same, those with adopters",
    ("uniqueness", "economies"): "economies, uniform draws of their own",
    ("uniqueness", "checked"): "the first of these",
}
STUDIES = {"equity_inequality": 100, "evasion": 40, "uniqueness": 60, "segmentation": 40, "curse_phases": 20}
"""Studies whose toys are drawn, and how often."""


@functools.cache
def declared():
    """Studies with such estimates, and what these count."""
    found = {
        name: load_study(path) for name, path in shipped_studies().items() if "independent_trials" in path.read_text()
    }
    return {name: (study, [e for e in study.estimates if e.independent_trials]) for name, study in found.items()}


def test_what_is_declared_is_drawn_one_by_one():
    pairs = {(study.experiment.name, e.trials) for study, rows in declared().values() for e in rows}
    assert pairs == set(DRAWN_ONE_BY_ONE)


def test_trials_of_one_unit_are_not_declared():
    """Links share the chain that they are in."""
    rows = load_study(shipped_studies()["equity_inequality"]).estimates
    assert {e.trials for e in rows if e.statistic == "share" and not e.independent_trials} == {"links", "value_rises"}


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_replicates_differ_no_more_than_independent_trials_do(name, tmp_path):
    study = load_study(write_toy(shipped_studies()[name], tmp_path))
    rows = {(e.quantity, e.trials, e.arm or study.arms[0]) for e in study.estimates if e.independent_trials}
    assert rows
    for arm in sorted({arm for *_, arm in rows}):
        case = next(point.case for point in study.points if point.arm == arm)
        drawn = [study.experiment.arm(case).draw(case, 77, i, 1) for i in range(STUDIES[name])]
        for quantity, trials, _ in sorted(row for row in rows if row[2] == arm):
            k, n = (np.array([float(one[key]) for one in drawn]) for key in (quantity, trials))
            assert homogeneity_p_value(k[n > 0], n[n > 0]) > 1e-4, (quantity, arm)


@pytest.mark.slow
def test_one_replicate_of_independent_trials_has_an_interval_and_no_other(tmp_path):
    path = write_toy(shipped_studies()["equity_inequality"], tmp_path)
    run.run(str(path), out=str(tmp_path / "out"), replicates=1, workers=1)
    rows = json.loads((tmp_path / "out/summary.json").read_text())["rows"]
    declared_ones = {e.name for e in load_study(path).estimates if e.independent_trials}
    assert declared_ones
    for row in rows:
        assert (row["estimate"]["low"] is not None) == (row["name"] in declared_ones), row["name"]
        assert (row["verdict"] is None or row["verdict"] == "cannot tell") or row["name"] in declared_ones
