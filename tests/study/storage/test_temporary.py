"""Names of files that are being written, the processes behind them, and what differs between operating systems."""

import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mfsolve.study.storage import system, temporary
from mfsolve.study.storage.files import new_hdf5, replaced, write_text

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="of Linux alone")


@pytest.fixture(scope="module")
def gone():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    return process.pid


def test_left_overs_of_processes_that_ended_are_swept_and_no_others(tmp_path, monkeypatch):
    def leave(place, process, begun, age=0.0):
        path = tmp_path / f".a.h5.{place}-{process}-{begun}-{os.urandom(8).hex()}.tmp"
        path.write_text("half")
        os.utime(path, (time.time() - age,) * 2)
        return path

    here, me = temporary._place(), os.getpid()
    begun = temporary.begun(me)
    dead = [leave(here, 2**30, 5), leave(here, me, begun + 1), leave("0" * 12, me, begun, 7200.0)]
    (tmp_path / ".a.h5.host-5.tmp").write_text("of an earlier version")
    os.utime(tmp_path / ".a.h5.host-5.tmp", (0, 0))
    # the same number in another namespace of this host, as drivers in two containers have it
    alive = [leave(here, me, begun), leave("0" * 12, 2**30, 5)]
    with replaced(tmp_path / "now") as writing:
        writing.write_text("x")
        temporary.remove_leftovers(tmp_path)
        assert writing.exists()
    assert not any(path.exists() for path in dead)
    assert sorted(path for path in tmp_path.iterdir() if path.name != "now") == sorted(alive)


def test_what_is_planted_under_a_temporary_name_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    names = [temporary.temporary_for(tmp_path / "a.h5") for _ in range(100)]
    assert len(set(names)) == 100
    monkeypatch.setattr("mfsolve.study.storage.files.temporary_for", lambda path: path.with_name(".planted.tmp"))
    (tmp_path / ".planted.tmp").symlink_to(victim)
    for write in (lambda: write_text(tmp_path / "a.txt", "other"), lambda: new_hdf5(tmp_path / "a.h5").__enter__()):
        with pytest.raises(FileExistsError):
            write()
        (tmp_path / ".planted.tmp").unlink(missing_ok=True)
        (tmp_path / ".planted.tmp").symlink_to(victim)
    assert victim.read_text() == "mine"


def test_a_name_tells_the_place_the_process_and_when_it_began(tmp_path):
    found = temporary.temporary_for(tmp_path / "a.h5", "notes")
    match = re.fullmatch(r"\.a\.h5\.([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{16}\.notes", found.name)
    assert match
    assert found.parent == tmp_path
    assert int(match[2]) == os.getpid()
    assert int(match[3]) == temporary.begun(os.getpid())
    assert temporary.NAME.fullmatch(found.name)[1] == match[1]
    assert temporary.temporary_for(tmp_path / "a.h5").suffix == ".tmp"
    long = temporary.temporary_for(tmp_path / ("x" * 200))  # a system takes 255 bytes
    assert long.name.startswith("." + "x" * 80 + ".")
    assert len(long.name) < 255


@LINUX
def test_a_place_is_a_boot_of_a_host_and_a_namespace():
    parts = [
        socket.gethostname(),
        Path("/proc/sys/kernel/random/boot_id").read_text(),
        os.readlink("/proc/self/ns/pid"),
    ]
    assert temporary._place() == hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def test_a_left_over_is_known_by_its_process(tmp_path, gone):
    mine = temporary.temporary_for(tmp_path / "a.h5")
    assert temporary.left_over(mine) is False
    here, began = temporary._place(), temporary.begun(os.getpid())
    names = {
        f".a.{here}-{gone}-{began}-{'0' * 16}.tmp": True,
        f".a.{here}-{os.getpid()}-{began - 1}-{'0' * 16}.tmp": True,
        f".a.{'0' * 12}-{gone}-{began}-{'0' * 16}.tmp": None,
        f".a.{here}-{gone}-{began}-{'0' * 15}.tmp": None,
        ".a.tmp": None,
    }
    assert {name: temporary.left_over(tmp_path / name) for name in names} == names


def test_files_of_another_place_go_after_an_hour_and_one_that_cannot_be_looked_at_stays(tmp_path, monkeypatch, gone):
    foreign = [tmp_path / f".{name}.{'0' * 12}-{gone}-5-{'0' * 16}.tmp" for name in "abcd"]
    for path, age in zip(foreign, (3599.0, 3600.0, 3601.0, 9999.0)):
        path.write_text("half")
        os.utime(path, (1e9 - age,) * 2)
    (tmp_path / ".folder.tmp").mkdir()
    (tmp_path / ".link.tmp").symlink_to(tmp_path / "nothing")
    monkeypatch.setattr(temporary, "_now", lambda folder: 1e9)
    look = Path.lstat
    monkeypatch.setattr(Path, "lstat", lambda path: look(path if path != foreign[2] else tmp_path / "taken away"))
    temporary.remove_leftovers(tmp_path / "none", tmp_path)
    monkeypatch.undo()
    assert [path.exists() for path in foreign] == [True, True, True, False]
    assert (tmp_path / ".folder.tmp").is_dir()
    assert (tmp_path / ".link.tmp").is_symlink()
    temporary.remove_leftovers(tmp_path)
    assert not any(path.exists() for path in foreign)


def test_the_clock_is_that_of_the_folder(tmp_path):
    (tmp_path / "a").write_text("x")
    assert temporary._now(tmp_path) - (tmp_path / "a").stat().st_mtime == pytest.approx(0.0, abs=30.0)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("lacking", [[], ["pread", "pwrite"]])
def test_bytes_are_read_and_written_at_a_place(tmp_path, monkeypatch, lacking):
    for name in lacking:
        monkeypatch.delattr(os, name)
    descriptor = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT | system.BINARY)
    try:
        assert system.write_at(descriptor, b"abcdef", 0) == 6
        assert system.write_at(descriptor, b"XY", 3) == 2
        assert system.read_at(descriptor, 3, 2) == b"cXY"
        assert system.read_at(descriptor, 9, 4) == b"Yf"
        assert system.read_at(descriptor, 1, 0) == b"a"
        assert system.read_at(descriptor, 1, 6) == b""
    finally:
        os.close(descriptor)


def test_a_file_takes_another_s_name_and_with_only_new_no_taken_one(tmp_path, monkeypatch):
    source, target = tmp_path / "a", tmp_path / "b"
    for round in ("first", "second"):
        source.write_text(round)
        system.replace(source, target)
        assert (target.read_text(), source.exists()) == (round, False)
    source.write_text("third")
    with pytest.raises(FileExistsError):
        system.replace(source, target, only_new=True)
    assert (source.read_text(), target.read_text()) == ("third", "second")
    target.unlink()
    system.replace(source, target, only_new=True)
    assert (target.read_text(), source.exists()) == ("third", False)

    def none(*unused):
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", none)
    source.write_text("fourth")
    with pytest.raises(FileExistsError) as told:
        system.replace(source, target, only_new=True)
    assert told.value.filename == str(target)
    assert target.read_text() == "third"
    target.unlink()
    system.replace(source, target, only_new=True)
    assert (target.read_text(), source.exists()) == ("fourth", False)


def test_windows_is_asked_again_while_somebody_has_the_file_open(tmp_path, monkeypatch):
    slept, fails = [], []
    rename = os.replace

    def refusing(*given):
        if fails:
            raise fails.pop()
        rename(*given)

    monkeypatch.setattr(os, "replace", refusing)
    monkeypatch.setattr(system.time, "sleep", slept.append)
    monkeypatch.setattr(system, "WINDOWS", True)
    for times in (0, 2, 3):
        fails[:] = [PermissionError("open")] * times
        slept.clear()
        (tmp_path / "a").write_text("x")
        system.replace(tmp_path / "a", tmp_path / "b")
        assert len(slept) == times
    for windows, times in ((True, 4), (False, 1)):
        monkeypatch.setattr(system, "WINDOWS", windows)
        fails[:] = [PermissionError("open")] * times
        (tmp_path / "a").write_text("x")
        with pytest.raises(PermissionError):
            system.replace(tmp_path / "a", tmp_path / "b")


@LINUX
def test_the_beginning_of_a_process_is_the_system_s_and_none_of_one_that_is_gone(gone):
    ticks = os.sysconf("SC_CLK_TCK")
    assert system.begun(os.getpid()) == pytest.approx(
        ticks * (psutil.Process().create_time() - psutil.boot_time()), abs=5 * ticks
    )
    assert system.begun(gone) is None


def test_where_there_is_no_proc_the_beginning_is_in_milliseconds(monkeypatch, gone):
    monkeypatch.setattr(system, "Path", lambda text: Path("/no/such") / text.lstrip("/"))
    assert system.begun(os.getpid()) == int(1000.0 * psutil.Process().create_time())
    assert system.begun(gone) is None
    assert system.begun(-1) is None
    assert system.begun(2**70) is None

    def denied(process):
        raise psutil.AccessDenied(process)

    monkeypatch.setattr(psutil, "Process", denied)
    assert system.begun(os.getpid()) == 0
