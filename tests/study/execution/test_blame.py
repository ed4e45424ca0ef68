"""Blame: what `--set` breaks is said of the `--set`, and what is wrong in the file of the file."""

import pytest

from mfsolve.cli import main

ABOVE = """
model = "collapse"
figures = []
[population]
producers = 60
items = 4
generations = 5
[policies.none]
[policies.closed_form]
[ensemble]
replicates = 3
[[estimates]]
name = "share"
quantity = "contamination"
policy = "none"
published = 0.5
[calibration]
replicates = 8
[calibration.free]
parameters.imitation = [0.1, 1.0]
"""
BLAMED = {
    "a key": ("parameters.imitatio=1", "did you mean imitation?"),
    "a value": ("parameters.imitation=-1", "parameters.imitation: -1 given"),
    "a word": ("parameters.imitation=high", "a number is needed"),
    "a list in a list": ("grid.parameters.imitation=[0.1,[0.2]]", "grid"),
    "a list of one thing": ("record.snapshots=[99]", "record.snapshots"),
    "estimates": ('estimates=[{name="x",quantity="qualty",policy="none"}]', "did you mean quality?"),
    "lists of estimates": (
        'estimates=[{name="x",quantity=["quality",["y"]],policy="none"}]',
        "a list of texts or numbers",
    ),
    "what is no table": ("estimates.share.published=0.4", "estimates is not a table"),
    "extends": ("extends=headlin", "did you mean headline?"),
    "without": ('without=["policies.none"]', "without"),
    "a model": ("model=colapse", "did you mean collapse?"),
    "a module": ("model=nobody:EXPERIMENT", "there is no nobody.py"),
    "a figure": ('figures=["path"]', "did you mean paths?"),
    "a design": ('design={kind="sobol",points=3,over={parameters={imitation=[0.1,0.2]}}}', "design.points"),
    "calibration": ("calibration.free.parameters.imitation=1", "a range is needed"),
    "a half-width": ('ensemble.half_width_of=["shar"]', "did you mean share?"),
    "no assignment": ("parameters", "KEY=VALUE is needed"),
    "a mark": ("estimates=[{name='x',quantity='quality',policy='none',calibrated='yes'}]", "calibrated"),
    "disk": ("ensemble.replicates=4000000000", "on disk"),
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "above.toml").write_text(ABOVE)
    (tmp_path / "mine.toml").write_text('extends = "above.toml"\n[parameters]\nimitation = 0.5\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", BLAMED)
def test_what_a_setting_breaks_is_said_of_it(study, capsys, case):
    setting, expected = BLAMED[case]
    before = sorted(study.rglob("*"))
    assert main(["run", "mine.toml", "--set", "title=fine", "--set", setting]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"--set {setting}: "), said
    assert expected in said
    assert said.count("\n") == 1
    assert "mine.toml: " not in said
    assert sorted(study.rglob("*")) == before


def test_replicates_are_blamed_by_their_option_and_pairs_together(study, capsys):
    assert main(["run", "mine.toml", "--replicates", "5000000000"]) == 2
    assert capsys.readouterr().err.startswith("--replicates 5000000000: ensemble.replicates: ")
    assert main(["run", "mine.toml", "--dry-run", "--replicates", "4000000000"]) == 2
    assert capsys.readouterr().err.startswith("--replicates 4000000000: 4000000000 replicates of 2 points leave")
    assert main(["calibrate", "mine.toml", "--set", "calibration.free.parameters.imitation=1"]) == 2
    assert capsys.readouterr().err.startswith("--set calibration.free.parameters.imitation=1: calibration.free")


def test_the_file_is_blamed_for_its_own(study, capsys):
    (study / "mine.toml").write_text('extends = "above.toml"\n[parameters]\nimitatio = 0.5\n')
    assert main(["run", "mine.toml", "--set", "parameters.innovation=0.1"]) == 2
    assert capsys.readouterr().err.startswith("mine.toml: parameters.imitatio: unknown key")
