import errno
import gc
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from mfsolve.study.storage import files


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
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(guard._descriptor)
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
from mfsolve.study.storage.files import new_hdf5
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


def test_a_file_is_everybodys_to_read_and_never_behind_a_link(tmp_path):
    before = os.umask(0)
    try:
        files.GuardedFile(tmp_path / "x").close()
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        files.GuardedFile(tmp_path / "link")


def test_what_the_system_does_in_part_is_done_whole(tmp_path, monkeypatch):
    """It may write and read fewer bytes than it was asked to."""
    pwrite, pread = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(descriptor, data[:2], offset))
    monkeypatch.setattr(os, "pread", lambda descriptor, count, offset: pread(descriptor, min(count, 3), offset))
    guard = files.GuardedFile(tmp_path / "x")
    assert guard.write(b"abcdefg") == 7
    buffer = bytearray(9)
    assert [guard.seek(1), guard.readinto(buffer), guard.tell()] == [1, 6, 7]
    assert buffer == b"bcdefg" + bytes(3)
    assert guard.write(np.array([1.0])) == 8  # bytes, whatever the items are
    assert (tmp_path / "x").read_bytes() == b"abcdefg" + np.array([1.0]).tobytes()
    guard.close()


def test_after_the_first_failure_nothing_is_written_and_the_library_does_not_see_it(tmp_path, monkeypatch):
    guard = files.GuardedFile(tmp_path / "x")
    guard.write(b"abc")
    errors = [OSError(errno.ENOSPC, "first"), OSError(errno.EIO, "second")]
    calls = []

    def fail(*asked):
        calls.append(asked[1:])
        raise errors[len(calls) - 1]

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", fail)
        assert [guard.write(b"de"), guard.tell(), guard.write(b"f"), guard.tell()] == [2, 5, 1, 6]
        assert guard.seek(0, os.SEEK_END) == 6
    assert guard.error is errors[0]
    assert [guard.write(b"g"), guard.truncate(1)] == [1, 1]
    assert (tmp_path / "x").read_bytes() == b"abc"
    with pytest.raises(OSError, match="first"):
        guard.seal({})
    assert len(calls) == 1
    guard.close()
    short = files.GuardedFile(tmp_path / "y")
    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", lambda *asked: fail(None, *asked))
        assert short.truncate(5) == 5
    assert short.error is errors[1]
    short.close()


def test_bytes_are_flushed_on_the_way_by_the_quarter_of_a_gib(tmp_path, monkeypatch):
    flushed = []

    class Slow:
        """A flush that takes its time."""

        ready = False

        def done(self):
            return self.ready

        def exception(self):
            flushed.append("waited for")

    slow = Slow()
    monkeypatch.setattr(files, "in_the_background", lambda *asked: flushed.append(asked) or slow)
    monkeypatch.setattr(files.system, "write_at", lambda descriptor, data, offset: len(data))
    guard = files.GuardedFile(tmp_path / "x")
    large = memoryview(bytes(2**28))  # zeros that are never touched
    guard.write(large[:-1])
    assert flushed == []
    guard.write(b"a")
    assert flushed == [(os.fsync, guard._descriptor)]
    guard.write(large)
    assert len(flushed) == 1  # one at a time
    slow.ready = True
    guard.write(b"a")
    assert flushed[1:] == ["waited for", (os.fsync, guard._descriptor)]
    guard.close()
    assert flushed[3:] == ["waited for"]


@pytest.mark.parametrize(
    ("first", "later", "kept"),
    [
        (None, OSError("later"), "later"),
        (OSError("first"), OSError("later"), "first"),
        (None, RuntimeError(), "None"),
        (OSError("first"), None, "first"),
    ],
)
def test_the_first_failure_is_the_one_that_is_kept(tmp_path, first, later, kept):
    guard = files.GuardedFile(tmp_path / "x")
    guard.error, guard._flush = first, SimpleNamespace(exception=lambda: later)
    guard.close()
    assert str(guard.error) == kept


def test_work_in_the_background_has_an_outcome_and_nobody_waits_for_it():
    seen = []
    outcome = files.in_the_background(lambda *given: seen.append((given, threading.current_thread())), 1, "a")
    assert outcome.result(10.0) is None
    ((given, thread),) = seen
    assert (given, thread.name, thread.daemon) == ((1, "a"), "mfsolve-flush", True)
    with pytest.raises(ZeroDivisionError):
        files.in_the_background(lambda: 1 / 0).result(10.0)


def test_a_file_has_its_name_once_its_bytes_are_on_the_disk_and_then_the_name_is(tmp_path, monkeypatch):
    log, replace = [], files.system.replace
    monkeypatch.setattr(files, "sync", lambda path: log.append(("sync", path)))
    monkeypatch.setattr(files.system, "replace", lambda *asked: log.append(asked) or replace(*asked))
    for only_new in (False, True):
        path = tmp_path / f"x{only_new:d}"
        with files.replaced(path, only_new) as temporary:
            temporary.touch()
        assert temporary.parent == tmp_path
        assert log == [("sync", temporary), (temporary, path, only_new), ("sync", tmp_path)]
        log.clear()
    assert files.write_first(tmp_path / "y", "é") is True
    assert files.write_first(tmp_path / "y", "b") is False
    assert (tmp_path / "y").read_bytes() == "é".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x0", "x1", "y"]


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (lambda temporary: OSError(errno.ENOSPC, "no space"), "PATH"),
        (lambda temporary: OSError(errno.ENOSPC, "no space", str(temporary)), "PATH"),
        (lambda temporary: OSError(errno.ENOSPC, "no space", "another"), "another"),
        (lambda temporary: OSError("no number"), None),
    ],
)
def test_an_error_names_the_file_that_was_to_be_there(tmp_path, error, named):
    with pytest.raises(OSError, match=r"^no number$|no space") as why, files.replaced(tmp_path / "x") as temporary:
        raise error(temporary)
    assert why.value.filename == (str(tmp_path / "x") if named == "PATH" else named)
    assert why.value.errno == (None if named is None else errno.ENOSPC)


def test_an_error_of_the_system_without_a_name_is_given_one(tmp_path):
    for error, expected in (
        (OSError(errno.EIO, "failed"), (errno.EIO, "failed", str(tmp_path))),
        (OSError(errno.EIO, "failed", "other"), (errno.EIO, "failed", "other")),
        (OSError("unnumbered"), (None, None, None)),
    ):
        with pytest.raises(OSError, match=r"failed|unnumbered") as why, files.naming(tmp_path):
            raise error
        assert (why.value.errno, why.value.strerror, why.value.filename) == expected


@pytest.mark.parametrize("windows", [False, True])
def test_folders_are_synced_where_the_system_can(tmp_path, monkeypatch, windows):
    monkeypatch.setattr(files.system, "WINDOWS", windows)
    (tmp_path / "x").touch()
    opened, closed, synced = [], [], []
    monkeypatch.setattr(
        files,
        "os",
        SimpleNamespace(
            O_RDWR=os.O_RDWR,
            O_RDONLY=os.O_RDONLY,
            fsync=synced.append,
            close=closed.append,
            open=lambda path, flags: opened.append((path, flags)) or len(opened),
        ),
    )
    files.sync(tmp_path)
    files.sync(tmp_path / "x")
    folder = [] if windows else [(tmp_path, os.O_RDONLY)]
    assert opened == [*folder, (tmp_path / "x", os.O_RDWR if windows else os.O_RDONLY)]
    assert closed == synced == list(range(1, len(opened) + 1))


def test_a_descriptor_is_given_back_once_even_if_that_fails(tmp_path, monkeypatch):
    """Its number may belong to another file at once: closed again, that one would lose what is written to it."""
    guard, real, closed = files.GuardedFile(tmp_path / "x"), os.close, []

    def fail(descriptor):
        closed.append(descriptor)
        real(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "close", fail)
    with pytest.raises(OSError, match="Input/output error"):
        guard.close()
    guard.close()
    del guard
    gc.collect()
    assert len(closed) == 1


def test_an_error_at_a_folder_that_stands_is_not_that_it_stands(tmp_path, monkeypatch):
    def fail(path, **options):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(os, "stat", fail)
    with pytest.raises(OSError, match="Input/output error"):
        files.make_folder(tmp_path)


@pytest.mark.parametrize(("number", "known"), [
    (errno.EINVAL, False), (errno.ENOSYS, False), (errno.ENOTSUP, False), (errno.EIO, True), (errno.ENOSPC, True),
])  # fmt: skip
def test_a_file_system_that_cannot_be_asked_for_a_folder_is_no_error_and_one_that_fails_is(
    tmp_path, monkeypatch, number, known
):
    fsync = os.fsync

    def flush(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    path = tmp_path / "a.txt"
    if known:
        with pytest.raises(OSError, match=os.strerror(number)) as why:
            files.write_text(path, "new")
        assert why.value.filename == str(path)
    else:
        files.write_text(path, "new")
        files.make_folder(tmp_path / "b/c")
    assert path.read_text() == "new"
    assert [found.name for found in tmp_path.iterdir() if found.is_file()] == ["a.txt"]


def test_a_file_whose_bytes_cannot_be_forced_to_the_disk_is_not_written(tmp_path, monkeypatch):
    def flush(descriptor):
        raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(os, "fsync", flush)
    with pytest.raises(OSError, match="no"):
        files.write_text(tmp_path / "a.txt", "new")
    assert list(tmp_path.iterdir()) == []
