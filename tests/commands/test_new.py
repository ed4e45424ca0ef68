"""`mfsolve new`: the template of every experiment is a study that can be run, with every setting in it."""

import json
import re
import tomllib

import pytest

from mfsolve.cli import main
from mfsolve.commands import run as commands
from mfsolve.commands.catalogue import describe
from mfsolve.commands.new import template
from mfsolve.experiments import NAMES, load
from mfsolve.study.file.config import load_study
from mfsolve.study.file.toy import shrink


@pytest.mark.parametrize("model", NAMES)
def test_the_template_of_every_experiment_is_a_study_of_it(tmp_path, model):
    path = tmp_path / "mine.toml"
    path.write_text(template("mine", model))
    study, experiment = load_study(path), load(model)
    raw = tomllib.loads(path.read_text())
    assert (study.title, study.experiment.name) == ("mine", model)
    assert study.points
    for section in ("parameters", "population", "record"):
        kind = getattr(experiment, section)
        unset = {setting["name"] for setting in describe(kind) if setting["default"] in (None, {})}
        assert set(kind.model_fields) - unset <= set(raw.get(section, {})), section
    assert all(f"[{experiment.section}.{rule}]" in path.read_text() for rule in experiment.arms)
    line = next(
        (line for line in path.read_text().splitlines() if line.startswith("# parameters.") and "[" in line), ""
    )
    grid = line.removeprefix("# ")
    if grid and "NAME" not in grid:  # the commented grid can be uncommented
        path.write_text(path.read_text().replace(f"# [grid]\n{line}", f"[grid]\n{grid}"))
        assert len(load_study(path).axes) == 1


@pytest.mark.parametrize("model", ["creator_stream", "deals_table", "lineage"])
def test_a_template_runs_and_reports(tmp_path, model):
    import tomli_w

    path = tmp_path / "mine.toml"
    pictures = {} if model == "lineage" else {"figures": []}
    path.write_text(tomli_w.dumps(shrink(tomllib.loads(template("mine", model))) | pictures))
    assert commands.run(str(path), out=str(tmp_path / "out"), workers=1) == 0
    rows = json.loads((tmp_path / "out/summary.json").read_text())["rows"]
    assert [row["name"] for row in rows] == [spec.name for spec in load_study(path).estimates]


def test_models_that_are_none_and_pairs_that_exclude_each_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--model", "colapse"]) == 2
    assert capsys.readouterr().err == "--model: 'colapse' given: unknown; did you mean collapse?\n"
    assert main(["new", "mine", "--model", "nobody:EXPERIMENT"]) == 2
    assert "there is no nobody.py" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["new", "mine", "--model", "collapse", "--like", "headline"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [["list", "two"], ["explain", "two"], ["new", "mine", "--model", "two"], ["list", "two.py"]]
)
def test_a_model_beside_that_is_named_without_its_experiment(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.py").write_text("")
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "for two.py write 'two:EXPERIMENT'" in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["two.py"]


@pytest.mark.parametrize("name", [".", "..", "", "/", "./", "folder/", "mine.toml/", ".mine", ".toml", "a\nb"])
@pytest.mark.parametrize("form", [[], ["--experiment"], ["--like", "headline"]])
def test_a_name_that_is_no_file_s_writes_nothing(tmp_path, run_here, name, form):
    (tmp_path / "folder").mkdir()
    done = run_here("new", name, *form, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"given: (is empty|the name of a file is needed, such as mine\.(toml|py))$", done.stderr)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_name_with_quotes_is_a_title(tmp_path, run_here):
    assert run_here("new", 'the "best"', cwd=tmp_path).returncode == 0
    assert load_study(tmp_path / 'the "best".toml').title == 'the "best"'
