"""Data files that a user's own model reads: declared ones are part of its fingerprint, others are told of."""

import logging
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.commands import run as commands
from mfsolve.commands.terminal import BAD_INPUT
from mfsolve.experiments import _user_sources, load
from mfsolve.experiments._undeclared_files import undeclared
from mfsolve.experiments._user_checks import GuestError
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import code_of

MODEL = '''"""A level that is read from a file."""
from pathlib import Path

import numpy as np

from mfsolve.experiments import Arm, Experiment, Output, Frozen, generator

HERE = Path(__file__).parent


def drawn(case):
    return {"x": Output((), "x")}


def draw(case, seed, replicate, threads):
    return {"x": LEVEL + generator(seed, replicate).random()}


EXPERIMENT = Experiment(name="m", title="m", parameters=Frozen, arms={"a": Arm(draw=draw, drawn=drawn)}FILES)
'''
STUDY = 'model = "reads:EXPERIMENT"\nfigures = []\nensemble.replicates = 4\n'


@pytest.fixture(params=["import", "draw"])
def folder(request, tmp_path):
    """A study whose model reads sub/d.csv, when it is imported or whenever it draws."""
    here = tmp_path / "mine"
    (here / "sub").mkdir(parents=True)
    (here / "sub" / "d.csv").write_text("10\n")
    text, read = MODEL.replace("FILES", ', files=("sub/d.csv",)'), "np.loadtxt(HERE / 'sub' / 'd.csv')"
    if request.param == "draw":
        text = text.replace('"x": LEVEL', f'"x": {read}')
    else:
        text = text.replace("\n\n\ndef drawn", f"\nLEVEL = {read}\n\n\ndef drawn", 1)
    (here / "reads.py").write_text(text)
    (here / "study.toml").write_text(STUDY)
    return here


def run(folder, out, **options):
    return commands.run(str(folder / "study.toml"), out=str(out), **{"workers": 1, **options})


def levels(out):
    with h5py.File(next(out.glob("*.h5"))) as file:
        return file["a/x"][()]


def test_replicates_of_other_data_are_never_mixed(folder, tmp_path, caplog):
    assert run(folder, tmp_path / "out") == 0
    assert (np.floor(levels(tmp_path / "out")) == 10).all()
    before = code_of(load("reads:EXPERIMENT", folder))
    (folder / "sub" / "d.csv").write_text("20\n")
    assert code_of(load("reads:EXPERIMENT", folder)) != before
    with pytest.raises(StudyError, match="was computed by other code"):
        run(folder, tmp_path / "out", replicates=8)
    assert run(folder, tmp_path / "other") == 0
    assert (np.floor(levels(tmp_path / "other")) == 20).all()
    (folder / "sub" / "d.csv").write_text("10\n")
    assert code_of(load("reads:EXPERIMENT", folder)) == before
    assert run(folder, tmp_path / "out", replicates=8) == 0
    assert (np.floor(levels(tmp_path / "out")) == 10).all()
    assert "which it does not declare" not in caplog.text


def test_data_are_kept_with_the_run_which_goes_on_without_the_original(folder, tmp_path):
    assert run(folder, tmp_path / "out") == 0
    assert (tmp_path / "out/sub/d.csv").read_text() == "10\n"
    (folder / "sub" / "d.csv").write_text("20\n")  # its module is still loaded here
    assert main(["run", str(tmp_path / "out"), "--replicates", "6", "--workers", "1"]) == 0
    assert (np.floor(levels(tmp_path / "out")) == 10).all()
    shutil.rmtree(folder)
    assert main(["run", str(tmp_path / "out"), "--replicates", "8", "--workers", "1"]) == 0
    assert levels(tmp_path / "out").size == 8


def test_data_that_change_during_a_run_do_not_reach_it(folder, tmp_path):
    """Tasks read the copy in the run directory."""
    from mfsolve.study.execution import execute, plan
    from mfsolve.study.file.config import load_study
    from mfsolve.study.storage.store import RunDirectory

    directory = RunDirectory(tmp_path / "out", load_study(folder / "study.toml"))
    directory.open()
    (folder / "sub" / "d.csv").write_text("20\n")
    order = execute._order(directory.study, plan.Task(0, 0, 4), directory.shards, 1, {"code": "x"}, None, None)
    assert execute.carry_out(order).replicates == 4
    with h5py.File(next(directory.shards.glob("*.h5"))) as file:
        assert (np.floor(file["x"][()]) == 10).all()


def test_data_that_change_before_they_are_kept_are_told_of(folder, tmp_path):
    experiment = load("reads:EXPERIMENT", folder)
    (folder / "sub" / "d.csv").write_text("20\n")
    with pytest.raises(GuestError, match=r"d\.csv: has changed since the model was loaded"):
        _user_sources.keep(experiment, tmp_path, lambda path, data: None)


def test_a_large_file_is_read_again_where_it_has_changed(folder, monkeypatch):
    monkeypatch.setattr(_user_sources, "LARGE", 1)
    before = code_of(load("reads:EXPERIMENT", folder))
    assert code_of(load("reads:EXPERIMENT", folder)) == before
    (folder / "sub" / "d.csv").write_text("100\n")
    assert code_of(load("reads:EXPERIMENT", folder)) != before


@pytest.mark.parametrize(("declared", "expected"), [
    ('"sub/d.csv"', "files: names of files are needed"), ("(1,)", "files: names of files are needed"),
    ('("d.csv",)', r"files: 'd\.csv' given; there is no such file beside it, in .*mine"),
    ('("../mine/sub/d.csv",)', "there is no such file"), ('("sub",)', "there is no such file"),
    ('(str(HERE / "sub" / "d.csv"),)', "there is no such file"),
])  # fmt: skip
def test_a_declaration_that_names_no_file_is_one_line(folder, declared, expected):
    path = folder / "reads.py"
    path.write_text(path.read_text().replace('("sub/d.csv",)', declared))
    with pytest.raises(GuestError, match=expected):
        load("reads:EXPERIMENT", folder)


def test_data_do_not_take_the_place_of_a_file_of_the_run(folder, tmp_path):
    path = folder / "reads.py"
    (folder / "sub").rename(folder / "shards")
    path.write_text(path.read_text().replace("sub", "shards"))
    with pytest.raises(StudyError, match="a run directory has another file of that name; rename the data"):
        run(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("where", ["beside", "above"])
def test_a_file_that_is_not_declared_is_told_of_once(folder, tmp_path, caplog, where):
    path = folder / "reads.py"
    text = path.read_text().replace(', files=("sub/d.csv",)', "")
    if where == "above":
        (tmp_path / "d.csv").write_text("10\n")
        text = text.replace("HERE / 'sub' / 'd.csv'", "HERE.parent / 'd.csv'")
    path.write_text(text)
    with caplog.at_level(logging.WARNING, "mfsolve"):
        logging.getLogger("mfsolve").addHandler(caplog.handler)
        try:
            assert run(folder, tmp_path / "out") == 0
        finally:
            logging.getLogger("mfsolve").removeHandler(caplog.handler)
    told = [record.getMessage() for record in caplog.records if "does not declare" in record.getMessage()]
    said, mend = (
        ("sub/d.csv", 'files=("sub/d.csv",)') if where == "beside" else (str(tmp_path / "d.csv"), "put it beside")
    )
    assert len(told) == 1, told
    assert f"reads.py reads {said}, which it does not declare" in told[0]
    assert mend in told[0]


def test_code_libraries_and_files_that_are_written_are_no_data(tmp_path, caplog):
    (tmp_path / "quiet.py").write_text(
        MODEL.replace("FILES", "").replace(
            '"x": LEVEL',
            '"x": bool((HERE / "log.txt").write_text("x")) + len(Path(np.__file__).read_text()) * 0'
            ' + len((HERE / "quiet.py").read_bytes()) * 0 + (HERE / "none.csv").exists()',
        )
    )
    experiment = load("quiet:EXPERIMENT", tmp_path)
    from mfsolve.study.audit.audit_design import base_case

    experiment.arms["a"].draw(base_case(experiment, "a"), 1, 0, 1)
    assert undeclared(experiment.home) == []
    assert (tmp_path / "log.txt").is_file()


def test_a_model_of_a_package_reads_what_stands_beside_it(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "d.csv").write_text("3\n")
    text = MODEL.replace("FILES", ', files=("d.csv",)').replace('"x": LEVEL', "\"x\": np.loadtxt(HERE / 'd.csv')")
    (package / "market.py").write_text(text)
    home = load("pack.market:EXPERIMENT", tmp_path).home
    assert [name for name, _ in home.data] == ["pack/d.csv"]
    _user_sources.keep(
        load("pack.market:EXPERIMENT", tmp_path), tmp_path / "kept", lambda path, data: path.write_bytes(data)
    )
    assert (tmp_path / "kept/pack/d.csv").read_text() == "3\n"


def test_a_mistake_of_a_declaration_ends_with_two(folder, tmp_path, capsys):
    (folder / "sub" / "d.csv").unlink()
    assert main(["run", str(folder / "study.toml"), "--out", str(tmp_path / "out")]) == BAD_INPUT
    assert not Path(tmp_path / "out").exists()
