"""Folders that runs are continued in, lose files of, or cannot use: one command goes on, one line says why not."""

import json
import shutil
from pathlib import Path

import pytest

from mfsolve.commands import run as commands
from mfsolve.commands.run import results_of
from mfsolve.report import tables
from mfsolve.study.execution import completion
from mfsolve.study.storage.lost_files import lost
from mfsolve.study.storage.records import with_hash
from mfsolve.study.storage.run_lookup import load_run
from mfsolve.study.storage.store import RunDirectory


@pytest.fixture(scope="module")
def finished(tmp_path_factory, study_text):
    """A run with a figure, done."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.toml").write_text(study_text.replace("figures = []", 'figures = ["forest"]'))
    assert commands.run(str(folder / "small.toml"), out=str(folder / "out"), workers=1) == 0
    return folder


@pytest.fixture
def out(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "of it")
    return tmp_path / "of it" / "out"


def content(folder, but=()):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name not in but}


def test_an_unfinished_run_goes_on_by_its_folder_or_by_the_study_that_it_keeps(out, tmp_path, run_here):
    whole = content(out, ("small.h5", "timing.json"))
    for study, options in ((out, ()), (out / "study.toml", ()), (out / "study.toml", ("--out", out))):
        for name in ("small.h5", "summary.json"):
            (out / name).unlink()
        next((out / "shards").glob("*.h5")).unlink()
        done = run_here("run", study, *options, cwd=tmp_path)
        assert done.returncode == 0
        assert content(out, ("small.h5", "timing.json")) == whole
        assert (out / "small.h5").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["of it"]


@pytest.mark.parametrize("command", ["show", "merge", "export", "report", "diff", "plot"])
def test_every_command_says_how_an_unfinished_run_goes_on(out, tmp_path, run_here, command):
    for name in ("small.h5", "summary.json"):
        (out / name).unlink()
    next((out / "shards").glob("*.h5")).unlink()
    more = {"export": ["x.csv"], "diff": [out]}.get(command, [])
    done = run_here(command, out, *more, cwd=tmp_path)
    assert f"mfsolve run '{out}'" in done.stderr
    assert done.returncode == (0 if command == "show" else 1 if command == "merge" else 2)


@pytest.mark.parametrize(
    ("name", "kept"),
    [(name, 0) for name in ("study.toml", "run.json", "table.md", "forest.png", "forest.pdf")]
    + [("study.toml", 40), ("run.json", 40)],
)
def test_what_a_finished_run_has_lost_beside_its_data_is_made_anew(out, tmp_path, run_here, name, kept):
    """Files that are gone, or of which so many bytes are left."""
    whole = content(out)
    (out / name).unlink()
    if kept:
        (out / name).write_bytes(whole[name][:kept])
    done = run_here("run", out.parent / "small.toml", "--out", out, cwd=tmp_path)
    assert done.returncode == 0
    assert f"{out}: all data are stored; rewritten: {name}\n" in done.stderr
    now = content(out)
    if name == "run.json":
        before, after = json.loads(whole.pop(name)), json.loads(now.pop(name))
        assert {key for key in before if before[key] != after[key]} <= {"created"}
    assert now == whole
    for command in ("show", "merge", "plot"):
        assert run_here(command, out, cwd=tmp_path).returncode == 0


def test_plot_rewrites_a_report_of_other_code(out, tmp_path, run_here):
    """Figures said "cannot tell" beside a table that said "supported"."""
    whole = content(out)
    held = json.loads(whole["summary.json"])
    held = {name: value for name, value in held.items() if name != "sha256"} | {"statistics": "other"}
    (out / "summary.json").write_text(tables.to_json(with_hash(held)) + "\n")
    (out / "table.md").write_text("supported\n")
    done = run_here("plot", out, cwd=tmp_path)
    assert done.returncode == 0
    assert f"{out}: summary.json and table.md were made by other code; rewritten, as the figures are\n" in done.stderr
    assert done.stdout.splitlines() == [str(out / name) for name in json.loads(whole["summary.json"])["figures"]]
    assert content(out) == whole
    assert "rewritten" not in run_here("plot", out, cwd=tmp_path).stderr


def test_nothing_is_lost_of_a_whole_run(out, tmp_path, run_here):
    directory = load_run(str(out))
    assert isinstance(directory, RunDirectory)
    assert lost(directory) == []
    assert "nothing is left to compute" in run_here("run", out, cwd=tmp_path).stderr


def test_a_run_without_its_study_says_what_to_do(out, tmp_path, run_here):
    (out / "study.toml").unlink()
    done = run_here("show", out, cwd=tmp_path)
    said = f"{out / 'study.toml'}: is missing; run the study again with --out {out}, which writes it anew"
    assert (done.returncode, done.stderr.strip()) == (2, said)
    (out / "study.toml").write_text("title = ")
    (out / "summary.json").unlink()
    done = run_here("run", out.parent / "small.toml", "--out", out, cwd=tmp_path)
    assert done.returncode == 2
    assert "delete it, and the same command writes it anew" in done.stderr
    (out / "study.toml").unlink()
    assert run_here("run", out.parent / "small.toml", "--out", out, cwd=tmp_path).returncode == 0


def test_a_run_that_cannot_begin_leaves_nothing(study_file, tmp_path, run_here):
    for address in ("nofile.json", "foo://bar", ""):
        done = run_here("run", study_file, "--scheduler", address, "--out", "x", cwd=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) <= 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.toml"]


def test_what_stood_there_before_stays(study_file, tmp_path, run_here):
    assert run_here("run", study_file, "--shard", "1/2", "--out", "x", cwd=tmp_path).returncode == 0
    held = sorted(path.name for path in (tmp_path / "x").rglob("*"))
    assert run_here("run", study_file, "--scheduler", "foo://bar", "--out", "x", cwd=tmp_path).returncode == 2
    assert sorted(path.name for path in (tmp_path / "x").rglob("*")) == held


def test_what_is_no_folder_is_refused(study_file, tmp_path, run_here):
    (tmp_path / "link").symlink_to(tmp_path / "purged")
    (tmp_path / "file").write_text("mine")
    for name, why in (("link", f"links to {tmp_path / 'purged'}, which does not exist"), ("file", "is a file")):
        done = run_here("run", study_file, "--out", name, cwd=tmp_path)
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
        assert f"--out {name}: {why}" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_show_leaves_a_broken_shard_where_it_is(out, tmp_path, run_here):
    (out / "summary.json").unlink()
    broken = next((out / "shards").glob("*.h5"))
    broken.write_bytes(broken.read_bytes()[:-100])
    held = sorted(path.name for path in out.rglob("*"))
    done = run_here("show", out, cwd=tmp_path)
    assert f"{broken}: " in done.stderr
    assert "left out" in done.stderr
    assert sorted(path.name for path in out.rglob("*")) == held
    assert "set aside" in run_here("run", out, cwd=tmp_path).stderr


def test_a_calibration_is_no_run(study_file, tmp_path, run_here):
    folder = tmp_path / "calibration"
    folder.mkdir()
    for name in ("evaluations.jsonl", "calibration.json"):
        (folder / name).write_text("{}\n")
    done = run_here("run", study_file, "--out", folder, cwd=tmp_path)
    assert (done.returncode, "holds a calibration, not a run" in done.stderr) == (2, True)
    done = run_here("export", folder, "x.csv", cwd=tmp_path)
    assert (done.returncode, "is a calibration, no run; show and plot take it" in done.stderr) == (2, True)
    assert sorted(path.name for path in folder.iterdir()) == ["calibration.json", "evaluations.jsonl"]


def test_an_export_without_a_folder_is_refused(out, tmp_path, run_here):
    for ending in ("csv", "parquet", "nc"):
        done = run_here("export", out, f"nowhere/x.{ending}", cwd=tmp_path)
        assert (done.returncode, done.stderr.strip()) == (2, f"nowhere/x.{ending}: there is no folder nowhere")


def test_a_slice_has_no_report(study_file, tmp_path, run_here):
    done = run_here("run", study_file, "--shard", "1/2", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--json: a slice has no report" in done.stderr


def test_no_more_workers_than_replicates_are_paid_for(study_file, tmp_path, run_here):
    few, many = (
        json.loads(run_here("run", study_file, "--dry-run", "--json", "--workers", n, cwd=tmp_path).stdout)
        for n in (24, 100_000)
    )
    assert few["workers"] == many["workers"] == 24
    assert "most_disk" in few
    done = run_here("run", study_file, "--dry-run", "--set", "ensemble.half_width=1e-9", cwd=tmp_path)
    assert "at most" in next(line for line in done.stdout.splitlines() if line.startswith("disk"))


def test_workers_are_waited_for_as_long_as_is_asked():
    assert completion._patience is None
    with completion.waiting(600.0), completion.waiting(None):
        assert completion._patience is None
    with completion.waiting(7200.0):
        assert completion._patience == 7200.0


def test_calibrated_studies_of_a_project_have_folders_of_their_own(tmp_path):
    for name in ("first", "second"):
        folder = tmp_path / f"{name}_calibration"
        folder.mkdir()
        (folder / "calibrated.toml").write_text("")
        assert results_of(folder / "calibrated.toml") == Path("results/calibrated")  # a file of that name
        (folder / "calibration.json").write_text("{}")
        assert results_of(folder / "calibrated.toml") == Path(f"results/{name}_calibrated")
    assert results_of(Path("mine.toml")) == Path("results/mine")
