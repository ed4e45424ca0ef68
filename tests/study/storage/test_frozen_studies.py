"""Studies as they are written into folders: whatever is read there again has the same points."""

import json
from pathlib import Path

import pytest

import mfsolve
from mfsolve.commands import run as commands
from mfsolve.commands import run_directory
from mfsolve.commands.export import export
from mfsolve.experiments._user_sources import keep
from mfsolve.study.file.config import load_study
from mfsolve.study.file.precision import targets, with_replicates
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import as_toml
from mfsolve.study.storage.files import make_folder, write_bytes
from mfsolve.study.storage.run_lookup import load_run
from mfsolve.study.storage.store import RunDirectory

PACKAGE = Path(mfsolve.__file__).parent


QUICK = ("headline", "atlas_weighting", "pmir_rounds", "calibrate_agents")
"""Studies that stand for the others in the default run."""


@pytest.mark.parametrize("names", [QUICK, pytest.param(tuple(shipped_studies()), marks=pytest.mark.slow)])
def test_a_shipped_study_is_frozen_with_its_points_in_their_order(tmp_path, names):
    """As it is once it has gone on to more replicates, as a study with a half-width does."""
    for name in names:
        study = load_study(shipped_studies()[name])
        run = RunDirectory(tmp_path / name, with_replicates(study, study.ensemble.replicates + 1))
        make_folder(run.path)
        keep(study.experiment, run.path, write_bytes)
        run.freeze()
        again = load_study(run.path / "study.toml")
        assert [(point.key, point.label) for point in again.points] == [(p.key, p.label) for p in study.points], name
        assert again.resolved == run.study.resolved, name
        assert again.calibration == study.calibration, name


def test_studies_are_written_by_one_function():
    """TOML's own order, values before tables, would change the axes of a design."""
    users = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if "tomli_w" in path.read_text()}
    assert users == {"study/file/toml_text.py"}


MIXED = """
[design]
kind = "sobol"
points = 4
[design.over]
parameters.cost_curvature = { range = [0.1, 1.0], scale = "log" }
parameters.imitation = [0.4, 0.9]
"""


@pytest.fixture
def mixed(tmp_path, study_text):
    """A study that stops by itself, over a design whose first axis is a table and whose second one is a list."""
    path = tmp_path / "mixed.toml"
    path.write_text(
        study_text.partition('[[estimates]]\nname = "gain"')[0].replace("seed = 7", "seed = 7\nhalf_width = 0.2")
        + MIXED
    )
    return path


def test_a_run_that_stops_by_itself_is_found_again(mixed, tmp_path, capsys, monkeypatch):
    out = str(tmp_path / "out")
    assert commands.run(str(mixed), out=out, workers=1) == 0
    study = load_study(mixed)
    assert targets(study)
    assert [point.key for point in load_run(out).study.points] == [point.key for point in study.points]
    table = (tmp_path / "out/table.md").read_text()
    assert run_directory.merge(out) == 0
    assert (tmp_path / "out/table.md").read_text() == table
    assert run_directory.plot(out) == 0
    assert export(out, str(tmp_path / "data.csv")) == 0
    monkeypatch.setattr(commands, "compute", lambda *a: pytest.fail("computed again"))
    capsys.readouterr()
    assert commands.run(out, workers=1) == 0
    assert "nothing is left to compute" in capsys.readouterr().err


def test_axes_of_a_study_that_is_written_keep_their_order(mixed, tmp_path):
    study = load_study(mixed)
    assert list(study.axes) == ["parameters.cost_curvature", "parameters.imitation"]
    (tmp_path / "again.toml").write_text(as_toml(study.resolved))
    assert json.dumps(load_study(tmp_path / "again.toml").resolved) == json.dumps(study.resolved)
