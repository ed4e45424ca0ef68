"""`mfsolve show` of a run that is not finished."""

import json

import h5py
import pytest

from mfsolve.cli import main
from mfsolve.commands import run as commands
from mfsolve.commands import run_directory
from mfsolve.commands.terminal import FAILED
from mfsolve.study.execution import task_sizes as pace
from mfsolve.study.storage.shards import checksum


def test_an_unfinished_run_shows_how_much_is_there_and_its_table(study_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "default_size", lambda replicates, parts: 4)
    monkeypatch.setattr(pace, "SHORT", -1.0)
    out, whole = tmp_path / "out", tmp_path / "whole"
    assert commands.run(str(study_file), out=str(whole), workers=1, replicates=8) == 0
    expected = {row["name"]: row["estimate"] for row in json.loads((whole / "summary.json").read_text())["rows"]}
    assert commands.run(str(study_file), out=str(out), workers=1) == 0
    for name in ("summary.json", "small.h5"):
        (out / name).unlink()
    next(path for path in sorted((out / "shards").iterdir()) if path.name.endswith("-8-12.h5")).unlink()
    files = sorted(path.name for path in out.rglob("*"))
    capsys.readouterr()
    assert run_directory.show_run(str(out), as_json=True) == 0
    said = capsys.readouterr()
    assert "unfinished: 20 of 24 replicates are stored; go on with: mfsolve run" in said.err
    summary = json.loads(said.out)
    assert summary["unfinished"] == {"stored": 20, "asked": 24, "common": 8}
    assert {row["name"]: row["estimate"] for row in summary["rows"]} == expected
    assert run_directory.show_run(str(out)) == 0
    assert "8 of 12 replicates" in capsys.readouterr().out
    assert sorted(path.name for path in out.rglob("*")) == files  # nothing is written
    assert main(["merge", str(out)]) == FAILED
    assert f"or join what is stored: mfsolve merge --partial {out}" in capsys.readouterr().err
    for _ in range(2):  # what is joined is a finished run of its own, and may be joined again
        assert main(["merge", "--partial", str(out), "--json"]) == 0
        joined = json.loads(capsys.readouterr().out)
        assert {row["name"]: row["estimate"] for row in joined["rows"]} == expected
    with h5py.File(out / "partial" / "small.h5") as part, h5py.File(whole / "small.h5") as all_of_it:
        assert {name: checksum(part[name]) for name in part} == {name: checksum(all_of_it[name]) for name in all_of_it}
    assert main(["show", str(out / "partial")]) == 0
    capsys.readouterr()
    for path in (out / "shards").glob("*-4-8.h5"):
        path.unlink()
    assert run_directory.show_run(str(out)) == 0
    said = capsys.readouterr()
    assert "no replicate is stored at all points yet" not in said.err
    for path in (out / "shards").glob("*-0-4.h5"):
        path.unlink()
    assert run_directory.show_run(str(out)) == 0
    said = capsys.readouterr()
    assert "no replicate is stored at all points yet" in said.err
    assert said.out == ""
    assert main(["merge", "--partial", str(out)]) == FAILED
    assert "nothing to join" in capsys.readouterr().err


def test_what_all_points_have_need_not_be_the_first_replicates(study_file, tmp_path, capsys, monkeypatch):
    """Of a point 0..3 and 8..11 are there, of the other 2..11: as where slices of an array are missing."""
    monkeypatch.setattr(commands, "default_size", lambda replicates, parts: 2)
    monkeypatch.setattr(pace, "SHORT", -1.0)
    out = tmp_path / "out"
    assert commands.run(str(study_file), out=str(out), workers=1) == 0
    with h5py.File(out / "small.h5") as file:
        whole = {name: file[name]["contamination"][[2, 3, 8, 9, 10, 11]] for name in file}
    for name in ("summary.json", "small.h5"):
        (out / name).unlink()
    first, second = {path.name.split("-")[0] for path in (out / "shards").glob("*.h5")}
    for name in (f"{first}-4-6", f"{first}-6-8", f"{second}-0-2"):
        (out / "shards" / f"{name}.h5").unlink()
    capsys.readouterr()
    assert main(["merge", "--partial", str(out), "--json"]) == 0
    assert "6 of 12 replicates, those stored at every point" in capsys.readouterr().err
    with h5py.File(out / "partial" / "small.h5") as part:
        for name, expected in whole.items():
            assert part[name]["replicate"][()].tolist() == [2, 3, 8, 9, 10, 11]
            assert part[name]["contamination"][()].tobytes() == expected.tobytes()
    assert main(["show", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unfinished"] == {"stored": 18, "asked": 24, "common": 6}


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(commands.StudyError, match="not a run directory"):
        run_directory.show_run(str(tmp_path))


def test_slices_that_are_done_can_be_joined_whichever_they_are(study_file, tmp_path, capsys):
    out = tmp_path / "out"
    for index in (1, 3):
        assert commands.run(str(study_file), out=str(out), workers=1, replicates=24, shard=(index, 3)) == 0
    capsys.readouterr()
    assert main(["merge", "--partial", str(out), "--json"]) == 0
    assert "16 of 24 replicates, those stored at every point" in capsys.readouterr().err
