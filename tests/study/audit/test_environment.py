"""What surrounds an arm: processes with other hashes of texts, and files that it reads."""

import json

import pytest

from mfsolve.commands.check import check, find_experiment
from mfsolve.study.audit.audit import PROMISES, Audit
from mfsolve.study.audit.audit_design import base_case
from mfsolve.study.file.source import StudyError

MODEL = '''"""A number."""
from pathlib import Path

import numpy as np

from mfsolve.experiments import Arm, Experiment, Frozen, Output, generator

HERE = Path(__file__).parent


def drawn(case):
    return {"x": Output((), "x")}


def draw(case, seed, replicate, threads):
    print("said", replicate)
    return {"x": ADDED + generator(seed, replicate).random()}


EXPERIMENT = Experiment(name="m", title="m", parameters=Frozen, arms={"a": Arm(draw=draw, drawn=drawn)}FILES)
'''


def asked(tmp_path, promise, added, files=""):
    (tmp_path / "number.py").write_text(MODEL.replace("ADDED", added).replace("FILES", files))
    experiment = find_experiment(str(tmp_path / "number.py"))
    return PROMISES[promise](experiment, experiment.arms["a"], base_case(experiment, "a"), Audit())


@pytest.mark.parametrize("added", ["hash('abc') % 1000", "list({'a', 'b'}).index('a')", "__import__('os').getpid()"])
def test_what_depends_on_the_process_is_found(tmp_path, added):
    kept, said = asked(tmp_path, "processes", added)
    assert (kept, said.partition(",")[0]) == (False, "x differs in another process")


def test_what_does_not_is_kept_and_what_comes_up_there_is_said(tmp_path):
    assert asked(tmp_path, "processes", "sorted({'a', 'b'}).index('b')") == (True, "the same bits in 5 processes")
    fails = "0 if 'pytest' in __import__('sys').modules else 1 / 0"
    kept, said = asked(tmp_path, "processes", fails)
    assert kept is False
    assert said.startswith("in another process: ")
    assert "ZeroDivisionError" in said
    kept, said = asked(
        tmp_path, "processes", "0 if 'pytest' in __import__('sys').modules else __import__('os')._exit(1)"
    )
    assert (kept, said) == (False, "in another process: nothing comes back")


def test_an_experiment_of_the_house_is_asked_too():
    experiment = find_experiment("statics")
    rule = next(iter(experiment.arms))
    case = base_case(experiment, rule)
    assert PROMISES["processes"](experiment, experiment.arms[rule], case, Audit())[0] is True


def test_files_that_are_not_declared_are_found_and_said_once(tmp_path, capsys):
    (tmp_path / "d.csv").write_text("1\n")
    read = "np.loadtxt(HERE / 'd.csv')"
    (tmp_path / "number.py").write_text(MODEL.replace("ADDED", read).replace("FILES", ""))
    assert check(str(tmp_path / "number.py"), as_json=True) == 1
    printed = capsys.readouterr()
    assert "does not declare" not in printed.err
    found = json.loads(printed.out[printed.out.index("{") :])
    broken = [finding for finding in found["findings"] if finding["kept"] is False]
    assert [finding["promise"] for finding in broken] == ["files"]
    assert 'name it in the Experiment: files=("d.csv",)' in broken[0]["said"]
    (tmp_path / "number.py").write_text(MODEL.replace("ADDED", read).replace("FILES", ', files=("d.csv",)'))
    assert check(str(tmp_path / "number.py"), as_json=True) == 0
    assert asked(tmp_path, "files", "0") == (True, "reads none")
    assert asked(tmp_path, "files", "0", ', files=("d.csv",)') == (True, "1 declared")


@pytest.mark.parametrize("name", ["number.py:EXPERIMENT", "sub/number.py:EXPERIMENT"])
def test_a_file_and_a_name_is_answered_with_the_right_form(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helpers.py").write_text("")
    (tmp_path / "number.py").write_text("import helpers\n" + MODEL)
    with pytest.raises(StudyError, match=r"a module goes by its name: write 'number:EXPERIMENT'$"):
        find_experiment(name)


def test_an_error_that_passes_through_no_file_names_the_module(tmp_path):
    """Not the first by its name of those that it imports."""
    (tmp_path / "helpers.py").write_text("")
    text = MODEL.replace("ADDED", "0").replace("FILES", "").replace("draw=draw", "draw=int")
    (tmp_path / "number.py").write_text("import helpers\n" + text)
    experiment = find_experiment(str(tmp_path / "number.py"))
    with pytest.raises(ValueError, match=r"^[^:]*number\.py: TypeError"):
        experiment.arms["a"].draw(base_case(experiment, "a"), 1, 0, 1)
