"""Notes of tasks under way: what is written, what of it is believed, and when it goes."""

import os
import subprocess
import sys

import pytest

from mfsolve.study.execution import pending_tasks as module
from mfsolve.study.execution.cleanup import FILES
from mfsolve.study.execution.pending_tasks import InFlight, Part, clear_stored, in_flight
from mfsolve.study.storage import temporary
from mfsolve.study.storage.temporary import begun, temporary_for

KEY, OTHER = "0123456789abcdef", "f" * 16


@pytest.fixture
def notes(tmp_path):
    """Writes notes of a process that is gone, and returns their path."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()

    def write(text, number=0):
        path = tmp_path / f".tasks.{temporary._place()}-{process.pid}-5-{number:016x}.underway"
        path.write_text(text)
        return path

    return write


def test_a_part_is_called_by_its_replicates():
    said = [Part(KEY, *span).said for span in ((3, 4, False), (3, 5, False), (3, 9, False), (0, 1, True))]
    assert said == ["replicate 3", "replicates 3..4", "replicates 3..8", "what is solved"]


def test_parts_meet_where_they_share_a_replicate_of_one_point():
    part = Part(KEY, 3, 6, False)
    meet = [(2, 4), (5, 6), (0, 9), (3, 6), (4, 5)]
    apart = [(0, 3), (6, 9)]
    assert [part.meets(Part(KEY, *span, False)) for span in meet + apart] == [True] * 5 + [False] * 2
    assert not part.meets(Part(OTHER, 3, 6, False))
    assert not part.meets(Part(KEY, 3, 6, True))
    assert Part(KEY, 0, 1, True).meets(Part(KEY, 0, 1, True))


def test_what_begins_and_ends_is_a_line_each(tmp_path):
    with in_flight(tmp_path) as found:
        assert list(tmp_path.iterdir()) == []  # nothing is written before something begins
        found.end(Part(KEY, 0, 1, False))
        found.begin(Part(KEY, 3, 6, False))
        found.begin(Part(OTHER, 0, 1, True))
        found.end(Part(KEY, 3, 6, False))
        (path,) = tmp_path.iterdir()
        assert path.name.startswith(".tasks.")
        assert path.suffix == ".underway"
        assert path in FILES
        assert path.read_text() == f"+{KEY} 3 6 0\n+{OTHER} 0 1 1\n-{KEY} 3 6 0\n"
        assert path.stat().st_mode & 0o777 == 0o644 & ~_umask()
        assert InFlight(tmp_path).suspects == []  # of a process that lives
    assert list(tmp_path.iterdir()) == []
    assert path not in FILES
    held = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with in_flight(tmp_path) as found:
            found.begin(Part(KEY, 3, 6, False))
    assert len(os.listdir("/dev/fd")) == held
    found.close()  # once more does nothing


def _umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_without_a_folder_nothing_is_noted(tmp_path):
    with in_flight(None) as found:
        found.begin(Part(KEY, 3, 6, False)), found.end(Part(KEY, 3, 6, False))
        assert found.suspects == []
    with in_flight(tmp_path / "none") as found:  # which cannot be written
        found.begin(Part(KEY, 3, 6, False)), found.end(Part(KEY, 3, 6, False))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_listed_is_as_none(tmp_path, monkeypatch):
    def broken(folder):
        raise OSError("stale")

    monkeypatch.setattr(module, "_left_behind", broken)
    with in_flight(tmp_path) as found:
        found.begin(Part(KEY, 3, 6, False))
        assert found.suspects == []
    assert list(tmp_path.iterdir()) == []


def test_suspects_are_what_had_begun_and_not_ended_as_far_as_lines_are_whole(tmp_path, notes):
    notes(f"+{KEY} 0 4 0\n+{KEY} 4 8 0\n+{OTHER} 0 1 1\n-{KEY} 0 4 0\n+{OTHER} 0 1 0\n-{OTHER} 5 6 0\n+{KEY} 8 1")
    notes(f"?{KEY} 1 2 0\n+{KEY} 1 2 3\n+{KEY} 20 24 0\n\xff\n", 1)
    (tmp_path / ".notes.txt").write_text(f"+{KEY} 30 34 0\n")
    wanted = [Part(KEY, 4, 8, False), Part(OTHER, 0, 1, True), Part(OTHER, 0, 1, False), Part(KEY, 20, 24, False)]
    assert sorted(InFlight(tmp_path).suspects) == sorted(wanted)
    mine = temporary_for(tmp_path / "tasks", "underway")
    mine.write_text(f"+{KEY} 40 44 0\n")
    assert sorted(InFlight(tmp_path).suspects) == sorted(wanted)
    foreign = tmp_path / f".tasks.{'0' * 12}-{os.getpid()}-{begun(os.getpid())}-{'0' * 16}.underway"
    foreign.write_text(f"+{KEY} 50 54 0\n")  # cannot be looked up
    assert sorted(InFlight(tmp_path).suspects) == sorted([*wanted, Part(KEY, 50, 54, False)])
    (tmp_path / foreign.name.replace("0" * 16, "1" * 16)).mkdir()  # cannot be read
    assert len(InFlight(tmp_path).suspects) == 5


def shard(folder, name):
    (folder / f"{name}.h5").write_text("")


def test_notes_go_once_all_that_they_name_is_stored(tmp_path, notes):
    path = notes(f"+{KEY} 0 4 0\n+{OTHER} 0 1 1\n")
    other = notes("", 1)
    clear_stored(tmp_path)
    assert (path.exists(), other.exists()) == (True, False)
    for name, left in (
        (f"{KEY}-0-2", True),
        (f"{OTHER}-0-1", True),
        (f"{KEY}-2-4", True),
        ("notes", True),
        (f"{OTHER}-solved", False),
    ):
        shard(tmp_path, name)
        clear_stored(tmp_path)
        assert path.exists() == left, name
    mine = temporary_for(tmp_path / "tasks", "underway")
    mine.write_text("")
    clear_stored(tmp_path)
    assert mine.exists()  # of a process that lives


def test_older_notes_that_are_settled_go_with_the_run(tmp_path, notes):
    path = notes(f"+{KEY} 0 4 0\n")
    with in_flight(tmp_path) as found:
        assert found.suspects == [Part(KEY, 0, 4, False)]
    assert path.exists()
    with in_flight(tmp_path):
        shard(tmp_path, f"{KEY}-0-4")
    assert not path.exists()


def test_notes_of_elsewhere_stay_where_nothing_is_suspected(tmp_path):
    foreign = tmp_path / f".tasks.{'0' * 12}-{os.getpid()}-5-{'0' * 16}.underway"
    foreign.write_text("")  # of a process that may live, with nothing under way at the moment
    with in_flight(tmp_path) as found:
        assert found.suspects == []
    assert foreign.exists()


def test_a_full_disk_does_not_stop_a_run(tmp_path, monkeypatch):
    with in_flight(tmp_path) as found:
        found.begin(Part(KEY, 3, 6, False))
        monkeypatch.setattr(os, "write", lambda *unused: (_ for _ in ()).throw(OSError(28, "full")))
        found.begin(Part(KEY, 6, 9, False))
        monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
