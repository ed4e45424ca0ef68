"""Presence of files: absence is told from errors of the system, on any version of Python."""

import errno
import os

import pytest

from mfsolve.paths import below, entries, exists, is_dir, is_file


def test_files_folders_and_nothing(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    found = {path: (exists(path), is_file(path), is_dir(path)) for path in (file, tmp_path)}
    assert found == {file: (True, True, False), tmp_path: (True, False, True)}
    for name in ("missing", "dangling", "circle", "a.txt/below", "n" * 300, "a\0b", "\ud800"):
        assert not exists(tmp_path / name)
        assert not is_file(tmp_path / name)
        assert not is_dir(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE, errno.EINTR])
def test_an_error_of_the_system_is_not_absence(tmp_path, monkeypatch, number):
    def fail(path, **options):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, "stat", fail)
    for asked in (exists, is_file, is_dir):
        with pytest.raises(OSError, match=os.strerror(number)):
            asked(tmp_path)


def test_a_name_that_windows_cannot_have_is_absent(monkeypatch):
    def fail(path):
        error = OSError(errno.EINVAL, "invalid name", path)
        error.winerror = 123
        raise error

    monkeypatch.setattr(os, "stat", fail)
    assert not exists("a:b")


def test_files_by_pattern_beside_and_below(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv", "deep/er/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in entries(tmp_path, "*.txt")] == ["a.txt", "b.txt"]
    assert [path.name for path in below(tmp_path, "*.txt")] == ["a.txt", "b.txt", "d.txt"]


@pytest.mark.parametrize("listing", [below, entries])
def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path, monkeypatch, listing):
    def fail(path):
        raise PermissionError(errno.EACCES, "no", str(path))

    monkeypatch.setattr(os, "scandir", fail)
    monkeypatch.setattr(os, "listdir", fail)
    with pytest.raises(PermissionError):
        listing(tmp_path, "*")
