import argparse
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mfsolve
from mfsolve.cli import COMMANDS, COMPILING, main
from mfsolve.experiments import NAMES, load
from mfsolve.experiments.experiment import INHERITING, SECTIONS
from mfsolve.grammar import parser
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.sweep import DesignSettings
from mfsolve.study.statistics.estimate_spec import EstimateSpec


def test_json_is_all_that_stands_on_stdout(run_cli, run_here, study_file, tmp_path):
    done = run_cli("run", study_file, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {row["name"] for row in summary["rows"]} == {"contamination", "gain"}
    assert summary["rows"][0]["verdict"] == "missed"  # a figure of 0.5, far from this market
    assert "replicates to compute" in done.stderr
    again = run_here("show", tmp_path / "results/small", "--json", cwd=tmp_path)
    assert json.loads(again.stdout) == summary


def test_default_folder_table_and_markdown(run_here, study_file, tmp_path):
    done = run_here("run", "small.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "95 % interval" in done.stdout
    assert "results/small/small.h5" in done.stdout
    table = (tmp_path / "results/small/table.md").read_text()
    assert table.startswith("| estimate of |")
    assert "| contamination |" in table


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "nowhere.toml"], "nowhere.toml: no such study file"),
        (["run", "headlin"], "did you mean headline?"),
        (
            ["run", "creator_stream"],
            "creator_stream: is an experiment, not a study; its studies: billion_creators; to write",
        ),
        (["run", "small.toml", "--set", "parameters.imitatio=1"], "did you mean imitation?"),
        (["calibrate", "nowhere.toml"], "nowhere.toml: no such study file"),
        (["calibrate", "small.toml"], "small.toml: calibration: is missing"),
        (["calibrate", "small.toml", "--set", "calibration.free.parameters.imitation=1"], "a range is needed"),
        (["show", "nowhere"], "nowhere: not a run directory"),
        (["merge", "nowhere"], "nowhere: not a run directory"),
        (["plot", "nowhere"], "nowhere: not a run directory"),
        (["verify", "collapse.drift"], "did you mean collapse.drift"),
        (["new", "no/such/folder/x"], "no/such/folder: no such folder"),
        (["new", "small"], "small.toml: already exists"),
        (["run", "small.toml", "--workers", "0"], "a whole number from 1 on"),
        (["run", "small.toml", "--shard", "4/3"], "I/N with 1 <= I <= N is needed"),
        (["run", "small.toml", "--replicates", "0"], "a whole number from 1 on"),
        (["regress", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_bad_input_is_one_line_code_2_and_writes_nothing(run_here, study_file, tmp_path, arguments, expected):
    before = sorted(tmp_path.rglob("*"))
    done = run_here(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unknown_option_is_answered_by_its_command(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["run", "headline", "--dryrun"])
    assert "mfsolve run: error: unrecognized arguments: --dryrun; did you mean --dry-run?" in capsys.readouterr().err
    assert main(["check", "collapse", "--size", "foo"]) == 2  # before an audit of minutes
    assert "--size: 'foo' given: unknown; known: population.producers" in capsys.readouterr().err


def test_folder_that_cannot_be_written_is_one_line(run_here, study_file, tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    done = run_here("run", study_file, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert "results" in done.stderr


def test_list_names_models_parameters_ranges_and_studies(run_here, tmp_path):
    done = run_here("list", "--json", cwd=tmp_path)
    content = json.loads(done.stdout)
    parameters = {p["name"]: p for p in content["models"]["collapse"]["parameters"]}
    assert parameters["variance_ratio"]["default"] == 0.4735
    assert parameters["variance_ratio"]["range"] == "(0, 1]"
    for model in content["models"].values():
        assert all(p["meaning"] for section in ("parameters", "population", "record") for p in model[section])
    assert set(content["studies"]) >= {"headline", "policies"}
    overview = run_here("list", cwd=tmp_path).stdout
    assert len(overview.splitlines()) <= len(content["models"]) + len(content["studies"]) + 20  # a line each
    assert all(name in overview for name in [*content["models"], *content["studies"]])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("collapse", ["[parameters]", "variance_ratio", "[policies.watermark]", "stripping", "reference"]),
        ("collapse", ["w2_drift", "W2 distance of content", "human standard deviations", "generation"]),
        ("headline", ["headline figures", "mfsolve run headline", "MODEL 1.6: mfsolve explain 1.6"]),
        ("multiplicity", ["experiment multiplicity", "Findings"]),  # a model and a study
        ("study", ["[ensemble]", "replicates", "common_random_numbers", "statistic", "[calibration]"]),
    ],
)
def test_list_of_one_thing(capsys, name, words):
    assert main(["list", name]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in words), printed
    assert main(["list", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["statics", "deals_table", "collapse", "lineage"])
def test_list_of_a_model_has_no_empty_column_and_names_its_equations(capsys, name):
    assert main(["list", name]) == 0
    printed = capsys.readouterr().out
    assert re.search(rf"equations and sources: MODEL \d.*: mfsolve explain {name}$", printed, re.MULTILINE)
    rows = [line for line in printed.splitlines() if line]
    heads = [k for k, line in enumerate(rows) if line.split()[:1] == ["name"]]
    assert heads
    for k in heads:
        columns = [match.start() for match in re.finditer(r"\S+", rows[k])]
        body = list(itertools.takewhile(lambda line: line[0] not in "[" and line[:3] != "equ", rows[k + 1 :]))
        body = body[: next((n for n, line in enumerate(body) if line.startswith("variables")), len(body))]
        for start, stop in itertools.pairwise([*columns, 1000]):
            assert any(line[start:stop].strip() for line in body), (rows[k], start)


def test_every_argument_of_a_command_says_what_it_is():
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in commands.choices.items():
        for action in command._actions:
            assert action.help, (name, action.dest)
            assert action.option_strings or action.choices or action.metavar, (name, action.dest)


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_quiet_silences_progress_and_not_the_report(run_here, study_file, tmp_path, quiet):
    done = run_here("run", "small.toml", *quiet, cwd=tmp_path)
    assert "95 % interval" in done.stdout
    assert bool(done.stderr) != bool(quiet)


def test_a_study_without_estimates_says_so(run_here, tmp_path, study_text):
    (tmp_path / "alone.toml").write_text(study_text.partition("[[estimates]]")[0])
    done = run_here("run", "alone.toml", cwd=tmp_path)
    said = " ".join(done.stdout.split())
    assert "The study has no [[estimates]]: its replicates are stored, and no row is reported." in said
    assert "mfsolve new NAME --model collapse" in said


def test_list_study_has_every_key_of_a_study_file(capsys):
    assert main(["list", "study", "--json"]) == 0
    listed = {
        section: [key["name"] for key in keys] for section, keys in json.loads(capsys.readouterr().out)["study"].items()
    }
    assert {*listed.pop("study"), *listed} == {*SECTIONS, *INHERITING, "arms"}
    assert listed["arms"] == ["rule", "label"]
    assert listed["design"] == [*DesignSettings.model_fields, "over"]
    assert listed["estimates"] == list(EstimateSpec.model_fields)
    assert main(["list", "study"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    words = {load(name).word for name in NAMES} - {"arm"}
    assert {"policy", "solver", "choice"} <= words
    assert all(f"{word} ([" in printed for word in words)


def test_list_of_nothing(capsys):
    assert main(["list", "colapse"]) == 2
    assert capsys.readouterr().err == "colapse: no such experiment or study; did you mean collapse?\n"


def test_new_is_a_copy_of_a_shipped_study_where_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--like", "headline"]) == 0
    assert load_study(Path("mine.toml")).estimates == load_study(shipped_studies()["headline"]).estimates
    assert main(["new", "other", "--like", "headlin"]) == 2
    assert capsys.readouterr().err == "--like: headlin: no such shipped study; did you mean headline?\n"
    assert not Path("other.toml").exists()


def test_plot_draws_again(run_here, study_file, tmp_path):
    assert run_here("run", study_file, "--set", 'figures=["paths"]', cwd=tmp_path).returncode == 0
    figure = tmp_path / "results/small/paths.png"
    content = figure.read_bytes()
    figure.unlink()
    done = run_here("plot", "results/small", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert figure.read_bytes() == content


def test_closed_pipe_is_no_error(tmp_path):
    """Nobody reads: the reader of the pipe has gone before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "mfsolve", "explain", "collapse"],
            cwd=tmp_path, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_animation_on_request(run_here, study_file, tmp_path):
    assert run_here("run", study_file, "--replicates", "2", cwd=tmp_path).returncode == 0
    done = run_here("plot", "results/small", "--animate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/small/content.gif").read_bytes()[:6] in (b"GIF87a", b"GIF89a")
    assert not list((tmp_path / "results/small").glob(".*"))


def options_of():
    """Every option of every command, with what stands for its value."""
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in commands.choices.items():
        for action in command._actions:
            long = [option for option in action.option_strings if option.startswith("--")]
            yield name, long, action.metavar


def test_every_command_is_carried_out_by_a_function():
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert COMMANDS.keys() == commands.choices.keys()
    assert commands.choices.keys() >= COMPILING


def test_an_option_has_one_name_and_means_the_same_in_every_command():
    assert [(name, long) for name, long, _ in options_of() if len(long) > 1] == []
    meant = {}
    for name, long, metavar in options_of():
        for option in long:
            meant.setdefault(option, {}).setdefault(metavar, []).append(name)
    own = {"--source", "--unit"}
    assert {option: found for option, found in meant.items() if len(found) > 1 and option not in own} == {}
    assert set(meant["--page"]["FILE"]) == {"report", "verify"}
    assert set(meant["--time-limit"]["H:MM:SS"]) == {"run", "submit"}
    assert set(meant["--figure"]["PATH"]) == {"deals", "provenance", "regress"}
    assert {other for option in meant for other in meant if other.startswith(f"{option}-")} <= {
        "--bargaining-share",
        "--date-format",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["regres", "x.csv"], "argument COMMAND: 'regres' given: unknown; did you mean regress?"),
        (["example", "d", "--data", "topic"], "argument --data: 'topic' given: unknown; did you mean topics?"),
        (["completion", "fish"], "argument shell: invalid choice: 'fish'"),
        (["provenance", "p.csv", "--humn", "h.csv"], "unrecognized arguments: --humn; did you mean --human?"),
        (["report", "d", "--out", "p.html"], "unrecognized arguments: --out; did you mean --page?"),
        (["show", "d", "--zzzz"], "unrecognized arguments: --zzzz"),
        (["submit", "headline", "--arry=3"], "unrecognized arguments: --arry; did you mean --array?"),
        (["run", "headline", "--replicate", "0"], "a whole number from 1 on"),  # the beginning of an option is enough
        (["show", "a", "b"], "unrecognized arguments: b"),
    ],
)
def test_a_word_that_resembles_the_right_one_is_answered_with_it(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_file_that_hides_a_module_of_python_is_named_in_a_line(tmp_path):
    (tmp_path / "queue.py").write_text("")
    (tmp_path / "study.toml").write_text(
        'model = "creator_stream"\n[laws.uniform]\n[population]\ncreators = 10\n[ensemble]\nreplicates = 2\n'
    )
    command = [sys.executable, "-m", "mfsolve", "run", "study.toml"]
    source = str(Path(mfsolve.__file__).parent.parent)
    found = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr.splitlines()[-1] == "queue.py: has the name of a module of Python, which it hides: rename it"
    assert "Traceback" not in found.stderr
