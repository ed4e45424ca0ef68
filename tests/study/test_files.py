import errno
import os
import resource
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from mfsolve.study import files


def test_replaced_keeps_the_old_file_when_the_block_fails(tmp_path):
    path = tmp_path / "x.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replaced(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_hdf5_file_round_trip_is_what_h5py_writes(tmp_path):
    data = np.random.default_rng(1).random((500, 7))
    with files.new_hdf5(tmp_path / "a.h5") as file:
        for start in range(0, 500, 60):
            if start == 0:
                file.create_dataset("x", data.shape, "f8", chunks=(50, 7), fletcher32=True)
            file["x"][start : start + 60] = data[start : start + 60]
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["x"][:], data)


def test_a_guarded_file_reads_writes_and_moves_as_any_other(tmp_path):
    guard = files.GuardedFile(tmp_path / "x")
    assert (guard.readable(), guard.writable(), guard.seekable()) == (True, True, True)
    assert (guard.write(b"abcdef"), guard.tell()) == (6, 6)
    assert [guard.seek(-2, os.SEEK_END), guard.seek(1, os.SEEK_CUR), guard.seek(1)] == [4, 5, 1]
    few, many = bytearray(3), bytearray(9)
    assert [guard.readinto(few), guard.tell(), guard.readinto(many)] == [3, 4, 2]
    assert bytes(few + many) == b"bcdef" + bytes(7)
    assert guard.write(b"g") == 1
    assert [guard.truncate(9), (tmp_path / "x").read_bytes()] == [9, b"abcdefg" + bytes(2)]
    assert [guard.seek(0, os.SEEK_END), guard.seek(2), guard.truncate()] == [9, 2, 2]
    guard.seal({"what": 1})
    assert (tmp_path / "x").read_bytes()[:2] == b"ab"
    assert (tmp_path / "x").stat().st_size == guard.tell() > 2
    guard.close()
    guard.close()
    assert guard.closed
    with pytest.raises(FileExistsError):
        files.GuardedFile(tmp_path / "x")


def test_what_a_block_raises_passes_unless_a_write_failed_first(tmp_path, monkeypatch):
    with pytest.raises(ZeroDivisionError), files.new_hdf5(tmp_path / "a.h5") as file:
        file.create_dataset("x", data=np.ones(9))
        raise ZeroDivisionError

    def full(descriptor, data, offset):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"), files.new_hdf5(tmp_path / "a.h5") as file:
        file.create_dataset("x", data=np.ones(9))
        file.flush()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_every_new_folder_is_entered_on_the_disk(tmp_path, monkeypatch):
    entered = []
    monkeypatch.setattr(files, "sync", entered.append)
    files.make_folder(tmp_path / "a" / "b")
    assert entered == [tmp_path / "a", tmp_path]
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert entered[2:] == [tmp_path / "a" / "b"]


def test_files_are_read_beside_who_locks_them_and_errors_name_them(tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(FileNotFoundError) as why:
        files.read_hdf5(path)
    assert (why.value.errno, why.value.filename) == (errno.ENOENT, str(path))
    with pytest.raises(FileNotFoundError) as why:
        files.sync(path)
    assert why.value.filename == str(path)
    path.write_bytes(b"no such format")
    with pytest.raises(OSError, match="signature") as why:
        files.read_hdf5(path)
    assert why.value.errno is None
    path.unlink()
    with h5py.File(path, "w") as file:
        file["x"] = 3.0
    with h5py.File(path, "r"), files.read_hdf5(path) as again:
        assert again["x"][()] == 3.0
        with pytest.raises((OSError, ValueError)):
            again["y"] = 1.0


@pytest.mark.parametrize("failing", range(5))
def test_a_flush_on_the_way_that_fails_is_an_error_of_the_file(tmp_path, monkeypatch, failing):
    """The system says once that bytes did not reach the disk; a later flush of the same file succeeds."""
    monkeypatch.setattr(files, "FLUSHED", 3000)
    fsync, calls = os.fsync, []

    def flush(descriptor):
        calls.append(descriptor)
        if len(calls) - 1 == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    in_the_background = files.in_the_background

    def at_once(work, *arguments):
        flushes = in_the_background(work, *arguments)
        flushes.exception(timeout=10.0)
        return flushes

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(files, "in_the_background", at_once)
    with pytest.raises(OSError, match=r"a\.h5") as why, files.new_hdf5(tmp_path / "a.h5") as file:
        for k in range(6):
            file.create_dataset(f"x{k}", data=np.ones(500))
    assert why.value.errno == errno.EIO
    assert len(calls) == failing + 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [1, 700, 3000, 20_000, 100_000])
def test_no_space_at_any_point_is_an_oserror_and_leaves_nothing(tmp_path, monkeypatch, limit):
    written = 0
    pwrite = os.pwrite

    def full(descriptor, data, offset):
        nonlocal written
        written += len(data)
        if written > limit:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"), files.new_hdf5(tmp_path / "a.h5") as file:
        for k in range(4):
            file.create_dataset(f"x{k}", data=np.random.default_rng(k).random((100, 64)), chunks=(10, 64))
    assert list(tmp_path.iterdir()) == []


def test_a_real_limit_on_file_size_does_not_take_the_process_down(tmp_path):
    script = """
import sys, numpy as np
from pathlib import Path
from mfsolve.study.files import new_hdf5
try:
    with new_hdf5(Path(sys.argv[1]) / "a.h5") as file:
        file.create_dataset("x", data=np.zeros((1000, 1000)), chunks=(10, 1000))
except OSError as error:
    print("refused", error.errno)
print("alive")
"""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == [f"refused {errno.EFBIG}", "alive"]
    assert list(tmp_path.iterdir()) == []
