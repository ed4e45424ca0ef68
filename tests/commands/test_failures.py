"""What is said of executions that left something undone: by kinds of errors, never by words in a user's own names."""

import errno
import json
from types import SimpleNamespace

import pytest

from mfsolve.commands import run as commands
from mfsolve.commands.failures import failed
from mfsolve.commands.terminal import attribute_errors
from mfsolve.study.execution import execute as module
from mfsolve.study.execution.execute import Report, execute
from mfsolve.study.execution.plan import plan
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import CannotFitError, StudyError


@pytest.mark.parametrize(
    ("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False), (errno.EROFS, False)]
)
def test_space_is_to_be_freed_where_the_system_lacks_it(tmp_path, monkeypatch, capsys, study_text, number, full):
    folder = tmp_path / "workspace of quota" / "shards"
    folder.mkdir(parents=True)

    def refuse(*arguments, **options):
        raise OSError(number, "words", str(folder / "a.h5"))

    monkeypatch.setattr(module, "write_shard", refuse)
    monkeypatch.setattr(module, "write_solved", refuse)
    (tmp_path / "small.toml").write_text(study_text)
    study = load_study(tmp_path / "small.toml")
    report = execute(study, plan(study, 1)[:1], folder, workers=1, scheduler=None, attributes={})
    assert (report.cannot_store, report.full) == (f"words: {folder / 'a.h5'}", full)
    assert failed(report, SimpleNamespace(path=folder.parent, shards=folder), None) == 1
    assert ("free some space" in capsys.readouterr().err) is full


def test_a_refusal_is_of_the_settings_that_ask_for_too_much_not_of_those_whose_keys_are_in_a_path():
    settings = ["population.work=3", "ensemble.replicates=5"]
    with pytest.raises(StudyError) as caught, attribute_errors(settings):
        raise CannotFitError("/home/u: a/work/study.toml", "work: none: too many", ["replicates"])
    assert str(caught.value) == "--set ensemble.replicates=5: work: none: too many"
    with pytest.raises(StudyError) as caught, attribute_errors(settings):
        raise CannotFitError("/home/u/work/study.toml", "too many", ["agents"])
    assert str(caught.value) == "/home/u/work/study.toml: too many"


def test_failures_are_forgotten_once_all_is_stored(tmp_path, study_text):
    (tmp_path / "small.toml").write_text(study_text)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/failures.log").write_text("of an earlier execution")
    assert commands.run(str(tmp_path / "small.toml"), out=str(tmp_path / "out"), workers=1) == 0
    assert not (tmp_path / "out/failures.log").exists()
    assert json.loads((tmp_path / "out/timing.json").read_text())["replicates"]


def test_a_log_of_failures_stays_while_something_is_left(tmp_path, capsys):
    log = tmp_path / "failures.log"
    report = Report(done=1, asked=2, failures=["a\nb"])
    assert failed(report, SimpleNamespace(path=tmp_path, shards=tmp_path), None) == 1
    assert log.read_text() == "a\nb"
