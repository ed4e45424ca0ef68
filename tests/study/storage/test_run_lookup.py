"""Run directories by their paths, and the study that one keeps."""

import json

import pytest

from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.run_lookup import go_on, kept_name


@pytest.fixture
def keeps(tmp_path):
    """The study file of a folder whose record says so."""

    def write(record):
        (tmp_path / "study.toml").write_text("")
        (tmp_path / "run.json").write_text(json.dumps(record))
        return tmp_path / "study.toml"

    return write


def test_a_folder_keeps_its_study_under_its_name(keeps, tmp_path):
    assert kept_name(keeps({"name": "headline"})) == "headline"
    (tmp_path / "other.toml").write_text("")
    assert kept_name(tmp_path / "other.toml") is None
    (tmp_path / "run.json").unlink()
    assert kept_name(tmp_path / "study.toml") is None


@pytest.mark.parametrize("name", [None, 5, "", ".hidden", "a/b", "../a", "/a", "a\0b", ".."])
def test_a_name_that_leaves_the_folder_is_refused(keeps, name):
    with pytest.raises(StudyError, match=r"run\.json: name: .* given; the name of a study file is needed"):
        kept_name(keeps({"name": name}))


def test_the_command_that_goes_on_can_be_pasted(tmp_path):
    assert go_on(tmp_path / "a b") == f"mfsolve run '{tmp_path}/a b'"
    assert go_on(tmp_path) == f"mfsolve run {tmp_path}"
