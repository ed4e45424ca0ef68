"""The run directory: what opens it, what it refuses, and when it is finished."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from pydantic import Field
from support.urn import Parameters

from mfsolve.models.frozen import Frozen
from mfsolve.study.file import config
from mfsolve.study.file.config import resolve
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import as_toml, read_toml
from mfsolve.study.origin.fingerprint import statistics_fingerprint
from mfsolve.study.origin.software import software
from mfsolve.study.storage import seal, store
from mfsolve.study.storage.continuation import data_files, flatten, refuse_changes
from mfsolve.study.storage.files import new_hdf5
from mfsolve.study.storage.records import with_hash
from mfsolve.study.storage.store import RunDirectory


def said(ask, *arguments, **options):
    with pytest.raises(StudyError) as caught:
        ask(*arguments, **options)
    return str(caught.value)


def test_nested_tables_as_dotted_keys():
    assert flatten({"a": 1, "b": {"c": {"d": [2]}, "e": {}}, "f": {}}) == {"a": 1, "b.c.d": [2], "b.e": {}, "f": {}}


def test_the_folder_says_what_was_begun_by_whom(opened, urn, tmp_path):
    directory = opened()
    assert read_toml(tmp_path / "out/study.toml") == json.loads(json.dumps(directory.study.resolved))
    assert directory.shards.is_dir()
    assert (tmp_path / "out/urn_home.py").read_bytes() == b"x = 1"
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert (tmp_path / "out/run.json").read_text() == json.dumps(record, indent=2) + "\n"  # people read it
    assert record.keys() == {"name", "versions", "code", "git_revision", "host", "created", "about"}
    assert (record["name"], record["code"], record["about"]) == ("small", software(urn)["code"], "")
    made = directory.made_by()
    assert {key: made[key] for key in ("name", "code")} == {"name": "small", "code": record["code"]}
    before = (tmp_path / "out/run.json").read_bytes()
    directory.open()
    assert (tmp_path / "out/run.json").read_bytes() == before
    directory.forget(), directory.forget()
    assert not (tmp_path / "out/run.json").exists()
    assert not (tmp_path / "out/study.toml").exists()


def test_a_continuation_may_report_otherwise_and_have_more_replicates(opened, tmp_path):
    estimates = [{"name": "a", "quantity": "red", "way": "draws"}]
    free = {"replicates": 9, "level": 0.9, "half_width": 0.5, "half_width_of": ["a"], "most_replicates": 99}
    again = opened(
        title="another", estimates=estimates, calibration={"free": {"x": 1}}, figures=["forest"], ensemble=free
    )
    again.open()
    assert read_toml(tmp_path / "out/study.toml") == json.loads(json.dumps(again.study.resolved))


CHANGED = {
    "seed": ({"ensemble": {"seed": 4}}, "ensemble.seed: 3 there, 4 here"),
    "parameters": ({"parameters": {"steps": 3}}, "parameters.steps: 2 there, 3 here"),
    "an arm": (
        {"ways": {"draws": {}}},
        "ways.both.bias: 0.0 there, absent here; ways.both.rule: both there, absent here; "
        "ways.both.size: 2 there, absent here",
    ),
    "a grid": ({"grid": {"parameters": {"share": [0.5]}}}, "grid.parameters.share: absent there, [0.5] here"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_another_study_is_refused_and_the_differences_are_named(opened, tmp_path, case):
    changes, differences = CHANGED[case]
    before = (tmp_path / "out/study.toml").read_bytes()
    assert said(opened(**changes).open) == (
        f"{tmp_path / 'out'}: holds another study ({differences}); choose another --out, or remove it"
    )
    assert (tmp_path / "out/study.toml").read_bytes() == before


def test_a_name_that_only_begins_as_a_free_one_is_not_free(opened):
    frozen = {**opened().study.resolved, "titles": "x", "estimates": [], "calibration": {"x": 1}}
    run = opened()
    assert "(titles: x there, absent here)" in said(refuse_changes, run.path, frozen, run.study)
    refuse_changes(run.path, {**run.study.resolved, "calibration": {"x": 1}}, run.study)


def test_slices_agree_on_the_replicates_until_they_are_joined(opened):
    more = {"ensemble": {"replicates": 9}}
    assert "(ensemble.replicates: 5 there, 9 here)" in said(opened(**more).open, sliced=True)
    opened().open(sliced=True)
    summary = opened().summary
    four, five = (
        json.dumps(with_hash({"statistics": statistics_fingerprint(), "study": {"ensemble": {"replicates": count}}}))
        for count in (4, 5)
    )
    for text, joined in (("{", False), ("[]", False), ("{}", False), (four, False), (five, True)):
        summary.write_text(text)
        assert opened()._joined({"ensemble": {"replicates": 5}}) == joined
    opened(**more).open(sliced=True)


def test_another_driver_that_was_first_is_found(opened, urn, tmp_path, monkeypatch):
    """Between the look at the folder and the first file another process has written its own."""
    other = opened(ensemble={"seed": 4})
    out = tmp_path / "late"
    late = RunDirectory(out, other.study)
    monkeypatch.setattr(store, "keep", lambda *unused: shutil.copy(tmp_path / "out/study.toml", out / "study.toml"))
    assert "ensemble.seed: 3 there, 4 here" in said(late.open)
    shutil.rmtree(out)
    same = RunDirectory(out, opened(title="mine").study)
    same.open()
    assert read_toml(out / "study.toml")["title"] == "mine"
    shutil.rmtree(out)
    code = json.dumps({**json.loads((tmp_path / "out/run.json").read_text()), "code": "0" * 16})
    monkeypatch.setattr(store, "keep", lambda *unused: (out / "run.json").write_text(code))
    assert "was computed by other code" in said(RunDirectory(out, other.study).open)


def test_other_code_or_libraries_are_refused(opened, urn, tmp_path):
    path = tmp_path / "out/run.json"
    record, mine = json.loads(path.read_text()), software(urn)["code"]
    path.write_text(json.dumps({**record, "code": "0" * 16}))
    assert said(opened().open) == (
        f"{tmp_path / 'out'}: was computed by other code ({'0' * 16}, here {mine}); results of different code are not "
        "mixed: choose another --out"
    )
    versions = {**record["versions"], "numpy": "1.0", "h5py": "0.1"}
    for stored in (versions, json.dumps(versions)):  # earlier records have a text
        path.write_text(json.dumps({**record, "versions": stored}))
        assert said(opened().open) == (
            f"{tmp_path / 'out'}: this process has numpy {np.__version__}, not 1.0: results of different code or "
            "libraries are not mixed; choose another --out"
        )


def test_records_with_versions_as_a_table_or_as_a_text_are_one(opened, tmp_path):
    made, path = opened().made_by(), tmp_path / "out/run.json"
    record = json.loads(path.read_text())
    assert record["versions"] == json.loads(made["versions"])
    path.write_text(json.dumps({**record, "versions": json.dumps(record["versions"])}))
    assert opened().made_by() == made


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"versions": 3, "code": "c"}',
        '{"versions": {}, "code": "c"}',
        '{"versions": "{}", "code": "c"}',
    ],
)
def test_a_damaged_record_says_how_it_is_mended(opened, tmp_path, text):
    path = tmp_path / "out/run.json"
    path.write_text(text)
    line = said(opened().made_by)
    no_table = text in ("{", "[]")
    assert line == (
        f"{path}: damaged; delete it and run the study again, which writes it anew"
        if no_table
        else f"{path}: not the record of a run; delete it and run the study again"
    )
    path.unlink()
    opened().open()
    assert opened().made_by()["name"] == "small"


@pytest.mark.parametrize(
    "names",
    [["run.json"], ["study.toml"], ["small.h5"], [".h5"], ["a/x.csv", "b/x.csv"], ["Run.JSON"], ["x.csv", "X.csv"]],
)
def test_data_never_take_the_place_of_a_file_of_the_run(tmp_path, names):
    for name in names:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("1,2\n")
    found, nothing = ([tmp_path / "data" / name for name in names], [])
    parts = {part: SimpleNamespace(data_files=lambda f=f: f) for part, f in zip("pqr", (found, nothing, nothing))}
    case = SimpleNamespace(parameters=parts["p"], population=parts["q"], record=parts["r"])
    study = SimpleNamespace(name="small", points=[SimpleNamespace(case=case)], experiment=SimpleNamespace(home=None))
    with pytest.raises(StudyError, match="a run directory has another file of that name; rename the data"):
        RunDirectory(tmp_path / "out", study).open()
    assert not (tmp_path / "out").exists()


class Sheet(Frozen):
    """A file of data, which a frozen study names as it stands beside it."""

    data: str
    folder: str = Field("", exclude=True)

    @property
    def path(self):
        return Path(self.folder) / self.data


class WithSheet(Parameters):
    """Parameters of the urn with a file."""

    FILES = ("sheet",)
    sheet: Sheet | None = None


def test_data_are_copied_beside_the_frozen_study_and_read_from_there(urn, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("1\n")
    monkeypatch.setattr(config, "load", lambda *unused: replace(urn, parameters=WithSheet))
    raw = {"model": "urn", "figures": [], "parameters": {"sheet": "rows.csv"}}
    for text in ("1\n", "2\n"):
        (tmp_path / "rows.csv").write_text(text)
        directory = RunDirectory(tmp_path / "out", resolve(raw, "small", str(tmp_path / "small.toml")))
        directory.open()
        assert (tmp_path / "out/rows.csv").read_text() == text
        assert directory.study.points[0].case.parameters.sheet.path == tmp_path / "out/rows.csv"
        assert (directory.study.name, directory.study.source) == ("small", str(tmp_path / "out/study.toml"))
    again = RunDirectory(tmp_path / "out", directory.study)  # from the run directory itself
    before = (tmp_path / "out/rows.csv").stat().st_ino
    again.open()
    assert (tmp_path / "out/rows.csv").stat().st_ino == before


def test_one_file_may_be_named_twice(tmp_path):
    (tmp_path / "x.csv").write_text("1\n")
    files = [tmp_path / "x.csv", tmp_path / "x.csv"]
    part, none = SimpleNamespace(data_files=lambda: files), SimpleNamespace(data_files=list)
    case = SimpleNamespace(parameters=none, population=part, record=none)
    study = SimpleNamespace(name="small", points=[SimpleNamespace(case=case)], experiment=SimpleNamespace(home=None))
    assert data_files(study, frozenset()) == files


def test_a_finished_run_is_one_whose_file_and_summary_are_whole(finished, opened, monkeypatch):
    asked = []
    check = seal.check
    monkeypatch.setattr(seal, "check", lambda path: asked.append(path) or check(path))
    assert finished.finished()
    assert asked == []  # what this process has written itself
    again = opened()
    assert [again.finished(), again.finished()] == [True, True]
    assert asked == [again.consolidated]
    assert not opened(title="other").finished()
    assert not opened(ensemble={"replicates": 6}).finished()
    kept = again.summary.read_text()
    older = {name: value for name, value in json.loads(kept).items() if name not in ("sha256", "statistics")}
    others = [json.dumps(with_hash(found)) for found in (older, {**older, "statistics": "0" * 16})]
    for text in ("{", "[]", "{}", json.dumps({**json.loads(kept), "sha256": "0"}), *others):
        again.summary.write_text(text)
        assert not opened().finished()
    again.summary.unlink()
    assert not opened().finished()
    again.summary.write_text(kept)
    assert opened().finished()
    damaged = bytearray(again.consolidated.read_bytes())
    damaged[100] ^= 1
    again.consolidated.write_bytes(damaged)
    assert not opened().finished()
    path = again.consolidated
    assert said(opened().refuse_damage) == (
        f"{path}: checksum does not match; rewrite it with: mfsolve merge {again.path}"
    )
    assert "checksum does not match" in said(opened().column, again.study.points[0], "red")
    path.unlink()
    assert not opened().finished()


@pytest.mark.parametrize("what", ["schema_version", "code", "key", "replicate", "group"])
def test_a_file_of_something_else_is_not_whole(finished, opened, what):
    with h5py.File(finished.consolidated) as old, new_hdf5(finished.path / "new.h5") as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
        group = new[finished.study.points[1].label]
        if what in ("schema_version", "code"):
            new.attrs[what] = 2
        elif what == "key":
            group.attrs["key"] = "0" * 16
        elif what == "group":
            del new[finished.study.points[1].label]
        else:
            del group["replicate"]
            group["replicate"] = np.arange(4)
    shutil.copy(finished.path / "new.h5", finished.consolidated)
    assert not opened().finished()


def test_a_study_that_stopped_by_itself_is_finished_with_its_own_count(finished, opened):
    """It asked for two replicates at first, and for a half-width; it was joined at five."""
    asked = {"replicates": 2, "half_width": 0.5}
    estimates = [{"name": "a", "quantity": "red", "way": "draws"}]
    whole = opened(ensemble={**asked, "replicates": 5}, estimates=estimates)
    whole.summary.write_text(
        json.dumps(with_hash({"statistics": statistics_fingerprint(), "study": whole.study.resolved}))
    )
    again = opened(ensemble=asked, estimates=estimates)
    assert again.finished()
    assert again.study.ensemble.replicates == again.study.resolved["ensemble"]["replicates"] == 5
    more = opened(ensemble={**asked, "replicates": 6}, estimates=estimates)  # than it has
    assert not more.finished()
    assert more.study.ensemble.replicates == 6
    same = opened(ensemble={**asked, "replicates": 5}, estimates=estimates)
    assert same.finished()
    other = opened(ensemble={**asked, "half_width": 0.4}, estimates=estimates)
    assert not other.finished()
    assert other.study.ensemble.replicates == 2
    whole.summary.write_text("[]")
    assert not opened(ensemble=asked, estimates=estimates).finished()
    fixed = opened(ensemble={"replicates": 2})
    fixed.summary.write_text(
        json.dumps(
            with_hash(
                {"statistics": statistics_fingerprint(), "study": opened(ensemble={"replicates": 5}).study.resolved}
            )
        )
    )
    assert not fixed.finished()
    assert fixed.study.ensemble.replicates == 2  # it has a number of its own


def test_the_file_says_what_it_is(finished):
    with h5py.File(finished.consolidated) as file:
        attributes = dict(file.attrs)
    made = finished.made_by()
    assert {name: attributes[name] for name in ("title", "schema_version", "seed", "model")} == {
        "title": "an urn",
        "schema_version": 1,
        "seed": "3",
        "model": "urn",
    }
    assert {name: attributes[name] for name in ("versions", "code", "git_revision", "host")} == {
        name: made[name] for name in ("versions", "code", "git_revision", "host")
    }
    assert attributes["study"] == as_toml(finished.study.resolved)
    assert attributes["created"] > "2"
