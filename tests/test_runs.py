"""Every shipped study runs at toy size; one that is forgotten fails here."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support import figures
from support.toy import write_toy

from mfsolve.calibration.section import calibration_of
from mfsolve.claims import claims
from mfsolve.commands import run as commands
from mfsolve.commands import verify as verify_command
from mfsolve.commands.calibrate import calibrate
from mfsolve.report import views
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import read_toml

RUNS = Path(__file__).parent.parent / "runs"
STUDIES = sorted(path.stem for path in RUNS.glob("*.toml"))


def test_no_study_is_forgotten():
    assert sorted(shipped_studies()) == STUDIES
    readme = (RUNS / "README.md").read_text()
    for name in STUDIES:
        assert f"runs/{name}.toml" in readme


LIGHT = {"pmir": "pmir_stopping", "supply_shock": "segmentation"}
"""Studies that are run for their experiments where the first one takes ten seconds."""
LONG = {"curse_phases", "policy_regimes", "subsidy_base"}
"""Studies that take longer at toy size than a test of the default run may."""
FURTHER = (pytest.mark.slow, pytest.mark.exhaustive)


def _toys():
    """All studies: one of each experiment, and those whose recorded figures show what no other does; exhaustive the rest."""
    recorded = {path.stem: set(re.findall("^== ([a-z]+)", path.read_text(), re.M)) for path in figures.FOLDER.iterdir()}
    chosen = {}
    for name in sorted(STUDIES, key=lambda name: (name not in recorded, name)):
        model = read_toml(RUNS / f"{name}.toml")["model"]
        chosen.setdefault(model, LIGHT.get(model, name))
    shown = set().union(*(recorded.get(name, set()) for name in chosen.values()))
    for name in STUDIES:
        new = recorded.get(name, set()) - shown
        shown |= new
        first = (pytest.mark.slow,) if name in LONG else ()
        yield pytest.param(name, marks=first if new or name in chosen.values() else FURTHER)


@pytest.mark.parametrize("name", [*_toys()])
def test_toy_run(name, tmp_path, monkeypatch):
    """It runs and says what it was asked; figures keep to their rules, and are those recorded in words, if any are."""
    path = write_toy(RUNS / f"{name}.toml", tmp_path)
    watch, recorded = figures.Watch(), figures.FOLDER / f"{name}.txt"
    monkeypatch.setattr(views, "save", watch.save)
    monkeypatch.setattr(commands, "default_size", lambda replicates, parts: replicates // 2)
    assert commands.run(str(path), out=str(tmp_path / "out"), workers=2) == 0
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    study = load_study(path)
    assert {row["name"] for row in summary["rows"]} == {e.name for e in study.estimates}
    for row in summary["rows"]:
        low, value, high = (row["estimate"][end] for end in ("low", "value", "high"))
        if low is None and high is None:  # too little for an interval: then the row says so
            assert row["note"], row["name"]
        else:
            assert low is None or low <= value, row["name"]
            assert high is None or value <= high, row["name"]
    assert summary["figures"]
    assert watch.faults == []
    if recorded.exists():
        assert figures.differences(recorded.read_text(encoding="utf-8"), watch.text()) == []


def _calibrations():
    """All studies with the section; the exhaustive tests alone calibrate a further one of an experiment."""
    seen = set()
    for name in (n for n in STUDIES if "calibration" in read_toml(RUNS / f"{n}.toml")):
        model = read_toml(RUNS / f"{name}.toml")["model"]
        yield pytest.param(name, marks=FURTHER if model in seen else ())
        seen.add(model)


@pytest.mark.parametrize("name", [*_calibrations()])
def test_toy_calibration(name, tmp_path):
    """Every moment gets an interval and a verdict, every parameter an estimate within its range."""
    path = write_toy(RUNS / f"{name}.toml", tmp_path)
    count = len(calibration_of(load_study(path, ["calibration.replicates=1000"])).moments)
    small = [f"calibration.replicates={count + 3}", "calibration.evaluations=9", "calibration.design=8", "figures=[]"]
    assert calibrate(str(path), out=str(tmp_path / "out"), workers=2, settings=small) == 0
    summary = json.loads((tmp_path / "out/calibration.json").read_text())
    assert all(m["low"] < m["simulated"] < m["high"] and isinstance(m["hit"], bool) for m in summary["moments"])
    assert all(p["range"][0] <= p["estimate"]["value"] <= p["range"][1] for p in summary["parameters"])
    load_study(tmp_path / "out/calibrated.toml")


@pytest.mark.parametrize("name", STUDIES)
def test_shipped_study_is_valid_as_it_stands(name):
    study = load_study(RUNS / f"{name}.toml")
    assert (calibration_of(study) is not None) == ("calibration" in read_toml(RUNS / f"{name}.toml"))
    assert study.estimates
    assert study.ensemble.replicates >= 1


def test_every_claim_is_measured_by_a_row_of_a_shipped_study():
    assert len(claims()) >= 88
    for claim in claims():
        rows = {e.name: e for e in load_study(RUNS / f"{claim.study}.toml").estimates}
        spec = rows[claim.estimate]
        assert spec.published is not None or spec.prediction is not None


def test_verify_gives_a_verdict_on_every_claim(tmp_path, monkeypatch, capsys):
    toys = {"headline": write_toy(shipped_studies()["headline"], tmp_path)}
    toys["headline"].write_text("figures = []\n" + toys["headline"].read_text())
    monkeypatch.setattr(verify_command, "shipped_studies", lambda: toys)
    asked = [claim.id for claim in claims() if claim.study == "headline"]
    options = verify_command.Options(tmp_path / "out", 2, as_json=True)
    assert verify_command.verify(asked, options) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["id"] for result in results] == asked
    words = {True: {"reproduced", "missed", "not determined"}, False: {"supported", "contradicted", "cannot tell"}}
    assert all(result["verdict"] in words[result["kind"] == "figure"] for result in results)
    assert all(result["replicates"] > 0 and result["seconds"] > 0.0 for result in results)
    assert verify_command.verify(asked[:1], replace(options, as_json=False, as_markdown=True)) == 0
    assert f"| `{asked[0]}` |" in capsys.readouterr().out


def test_the_register_is_listed_with_sources(capsys):
    assert verify_command.list_claims([], verify_command.Options(Path("unused"), 1, as_json=True)) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [claim["id"] for claim in listed] == [claim.id for claim in claims()]
    assert all(claim["source"] and claim["kind"] for claim in listed)
    chosen = {claim.id for claim in verify_command.chosen_claims([])}
    assert {claim["id"] for claim in listed if claim["source"].startswith(("ours", "second-hand"))}.isdisjoint(chosen)


def test_a_claim_of_the_register_keeps_what_it_allows(tmp_path):
    path = write_toy(RUNS / "headline.toml", tmp_path)
    path.write_text(path.read_text().replace("published = 0.78", "published = 0.78\nresolution = 0.5", 1))
    with pytest.raises(StudyError, match=r"resolution = 0\.5 given; the claim collapse\.contamination\.none has"):
        commands.run_directory(path)
