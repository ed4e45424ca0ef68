"""Other drivers, folders that change or vanish, caches that many fill at once, too little memory: one line, or correct."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from torture.conftest import Studio

from mfsolve.study.file.config import load_study
from mfsolve.study.storage.store import RunDirectory

TORTURE = pytest.mark.torture
MEGABYTE = 2**20


@pytest.mark.parametrize("rounds", [pytest.param(2, id="some"), pytest.param(50, id="every", marks=TORTURE)])
def test_drivers_on_one_directory_end_with_the_same_bits(studio, rounds):
    for number in range(rounds):
        out = studio.new()
        begun = [
            studio.warm.start(["run", studio.study, "--out", out, "--workers", workers])
            for workers in (1, 2, 1 + number % 3)
        ]
        for ended in map(studio.warm.finish, begun):
            assert (ended.code, ended.lines) == (0, []), ended.err
        assert studio.resumed(out) == ""


@pytest.mark.parametrize("stride", [pytest.param(25, id="some"), pytest.param(1, id="every", marks=TORTURE)])
def test_another_study_that_begins_meanwhile_in_the_directory_is_refused_or_refuses(studio, stride):
    """Whichever has put its name there first computes; the other one says so. No run says that all is well and is not."""
    mark = studio.folder / "waits"
    named = [call.number for call in studio.calls if call.name == "link"]
    assert len(named) == 2  # study.toml and run.json
    for number in [*range(1, named[1], stride), *named]:
        out = studio.new()
        first = studio.warm.start(
            ["run", studio.study, "--out", out, "--workers", 1], folder=str(out), gate=["waiting", number, str(mark)]
        )
        while not mark.exists():
            time.sleep(0.002)
        second = studio.warm.run(["run", studio.study, "--out", out, "--workers", 1, "--set", "ensemble.seed=8"])
        mark.unlink()
        ends = studio.warm.finish(first), second
        own = Studio.numbers(out) == studio.truth
        for ended, well in zip(ends, (own, not own)):
            assert (ended.code, len(ended.lines)) == ((0, 0) if well else (2, 1)), (number, ended)
            assert well or "holds another study (ensemble.seed: " in ended.err
        assert own == (number > named[0])


def test_locks_of_others_are_not_waited_for(studio):
    out = studio.copy()
    (out / "small.h5").unlink()
    held = [open(path) for path in out.rglob("*") if path.is_file()]  # noqa: SIM115
    for file in held:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert studio.resumed(out) == ""
    for file in held:
        file.close()


def test_a_folder_that_can_be_read_only_shows_what_is_there_and_refuses_the_rest_in_one_line(studio):
    whole = studio.copy()
    ended = studio.run(whole, gate=["refusing_changes"])
    assert (ended.code, Studio.numbers(whole)) == (0, studio.truth), ended.err
    for missing in (["small.h5"], ["summary.json"], ["small.h5", min((whole / "shards").iterdir()).name]):
        out = studio.copy()
        for path in [path for path in out.rglob("*") if path.name in missing]:
            path.unlink()
        ended = studio.run(out, gate=["refusing_changes"])
        assert (ended.code, len(ended.lines)) == (1, 1), ended.err
        assert "Read-only file system" in ended.err
        assert studio.resumed(out) == ""


@pytest.mark.parametrize("stride", [pytest.param(45, id="some"), pytest.param(1, id="every", marks=TORTURE)])
def test_a_folder_that_vanishes_is_one_line(brief, stride):
    wrong = []
    for number in range(1, len(brief.calls), stride):
        out = brief.new()
        ended = brief.run(out, gate=["vanishing", number, str(out)])
        whole = ended.code == 0 and not ended.lines
        if not whole and (ended.code != 1 or len(ended.lines) != 1):
            wrong.append(f"before call {brief.calls[number]}: exit {ended.code}, {ended.err[-500:]}")
        elif found := brief.resumed(out):
            wrong.append(f"before call {brief.calls[number]}: {found}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:20])


def test_what_another_version_has_stored_is_refused_and_left_alone(studio):
    out = studio.copy()
    record = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(record | {"code": "f" * 16, "schema": 2}))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for arguments in (["run", studio.study, "--out", out], ["merge", out]):
        (out / "summary.json").unlink(missing_ok=True)
        ended = studio.warm.run(arguments)
        assert (ended.code, len(ended.lines)) == (2, 1), ended.err
        assert "other code" in ended.err
    del before[out / "summary.json"]
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((0, 3), id="some"),
        pytest.param((0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64), id="every", marks=TORTURE),
    ],
)
def test_too_little_memory_is_one_line(studio, limits):
    """Megabytes beyond what the process has taken already."""
    for limit in limits:
        out = studio.new()
        ended = studio.run(out, memory=limit * MEGABYTE)
        assert ended.code == 0 or (ended.code == 1 and len(ended.lines) == 1), (
            f"{limit} MB: exit {ended.code}, {ended.err}"
        )
        assert studio.resumed(out) == ""


KERNEL = """
import sys
sys.path.insert(0, {folder!r})
from mfsolve.kernels import _jit
import cold
print(cold.twice(21.0), flush=True)
"""


@TORTURE
def test_a_cold_cache_that_many_processes_fill_at_once_serves_them_all(tmp_path):
    (tmp_path / "cold.py").write_text(
        "from mfsolve.kernels._jit import kernel\n\n\n@kernel\ndef twice(x):\n    return 2.0 * x\n"
    )
    environment = os.environ | {"MFSOLVE_CACHE_DIR": str(tmp_path / "cache")}
    script = KERNEL.format(folder=str(tmp_path))
    for _ in range(2):  # empty, and then full
        running = [
            subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=-1, stderr=-1, text=True)
            for _ in range(6)
        ]
        assert [process.communicate() for process in running] == [("42.0\n", "")] * 6
    assert not list((tmp_path / "cache").rglob("*.tmp*"))


def test_readers_see_a_whole_run_while_it_is_written_anew(studio):
    """A reader beside a driver finds the file before or the one after, never a part of either."""
    out, study, seen = studio.copy(), load_study(studio.study), []
    over = threading.Event()

    def read():
        while not over.is_set():
            seen.append(RunDirectory(out, study).finished())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(3):
        assert studio.warm.run(["merge", out]).code == 0
    over.set()
    reader.join()
    assert seen
    assert all(seen)
