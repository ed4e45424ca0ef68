"""A process beside a command: what it is asked to do meanwhile, its share of the work, and what it tells."""

import logging
import os
import queue
import subprocess
import sys
import threading
import time
import warnings
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
from support.elsewhere import imported, imports, place, speaks, there, unreadable

from mfsolve.study.execution import child_messages as told
from mfsolve.study.execution import helper_process as helpers
from mfsolve.study.execution import processes
from mfsolve.study.execution.helper_process import Begun, helped, helper_process, share


@pytest.fixture(autouse=True)
def found_elsewhere(monkeypatch):
    """A process that is started here finds the functions above."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def test_without_another_process_all_is_made_here():
    here = os.getpid()
    assert not helped()
    assert Begun(partial(there, 1)).value() == (1, here)
    assert share(place, there, range(3)) == [(0, here), (1, here), (2, here)]


def test_a_system_that_starts_no_process_takes_nothing_away(monkeypatch):
    def none():
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(helpers, "Process", none)
    with helper_process():
        assert not helped()
        assert Begun(partial(there, 1)).value() == (1, os.getpid())


def test_another_process_takes_its_share_and_what_it_cannot_do_is_done_here(monkeypatch):
    here, mine, theirs = os.getpid(), threading.Event(), threading.Event()

    def slow(item):
        mine.set()
        assert theirs.wait(60.0)
        return place(item)

    def found(call, plain=Begun.found):
        assert mine.wait(60.0)
        value = plain(call)
        theirs.set()
        return value

    with helper_process():
        assert helped()
        other = Begun(partial(there, 1)).value()[1]
        assert other != here
        with monkeypatch.context() as patch:
            patch.setattr(Begun, "found", found)
            made = share(slow, there, range(30, 42))
        assert [item for item, _ in made] == list(range(30, 42))
        assert {where for _, where in made} == {here, other}
        with pytest.raises(ValueError, match=r"^bad$"):
            Begun(partial(there, "bad")).value()  # by this process, with its own traceback
        assert Begun(partial(there, 2)).value() == (2, other)
        assert share(place, there, ["fatal", "bad"]) == [("fatal", here), ("bad", here)]
        third = Begun(partial(there, 3)).value()[1]
        assert third != here
        assert (third == other) == (sys.platform == "win32")  # the one that was killed is another one now
    assert not helped()


@pytest.mark.parametrize("elsewhere", [unreadable, lambda item: place(item)], ids=["values", "calls"])
def test_what_cannot_travel_is_made_here(elsewhere, monkeypatch):
    """Either way: no item is lost, of which the others would be waited for without end."""
    here, items = os.getpid(), ["unreadable", "other", "third"]
    tried = threading.Event()

    def slow(item):
        assert tried.wait(60.0)
        return place(item)

    def found(call, plain=Begun.found):
        try:
            return plain(call)
        finally:
            tried.set()

    monkeypatch.setattr(Begun, "found", found)
    with helper_process():
        made = share(slow, elsewhere, items)
        assert [item for item, _ in made] == items
        assert ("unreadable", here) in made
        assert Begun(partial(elsewhere, "unreadable"), partial(place, "unreadable")).value() == ("unreadable", here)
        assert Begun(os.getpid).value() != here  # which has lost nothing by it


@pytest.mark.parametrize("error", [IndexError, OSError, StopIteration])
def test_an_error_of_what_is_made_here_is_raised(error):
    """It is not taken for the end of the list."""

    def fails(item):
        raise error(item)

    with pytest.raises(error):
        share(fails, there, [1, 2])


def test_it_outlives_the_tasks_of_a_run_and_ends_with_the_block():
    with helper_process(partial(import_module, "chunk_of_nothing"), partial(imports, "colorsys")):
        other = Begun(os.getpid).value()
        processes.dismiss()
        assert Begun(os.getpid).value() == other
        deadline = time.monotonic() + 60.0
        while not Begun(partial(imported, "colorsys")).value():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)


class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def test_what_it_says_is_said_here(caplog):
    own, kept = logging.getLogger("mfsolve"), Kept()
    caplog.set_level(logging.DEBUG, "mfsolve")
    own.addHandler(kept)
    try:
        with warnings.catch_warnings(record=True) as seen, helper_process():
            warnings.simplefilter("always")
            assert Begun(speaks).value() == 0
    finally:
        own.removeHandler(kept)
    assert kept.texts == ["a detail of it", "a word"]
    assert [(str(warning.message), warning.category) for warning in seen] == [("an assumption fails", RuntimeWarning)]


def test_kernels_that_it_compiles_are_counted_here(monkeypatch):
    event = import_module("numba.core.event")
    with event.install_recorder("numba:compile") as recorder:
        for begins in (True, False):
            told.Told(told._compile, (begins,)).repeat()
    assert [found.is_start for _, found in recorder.buffer] == [True, False]
    monkeypatch.delitem(sys.modules, "numba.core.event")
    told._compile(True)  # nobody listens


def test_a_record_is_handed_over_whole_and_printed_once(monkeypatch):
    said: queue.SimpleQueue = queue.SimpleQueue()
    handler = told._Forward(said.put)
    record = logging.LogRecord("mfsolve", logging.INFO, "file", 1, "%d of %d", (1, 2), None)
    handler.emit(record)
    assert record.printed
    assert said.get().arguments[0].getMessage() == "1 of 2"


def test_the_report_is_the_same_with_another_process_and_without(study_file, tmp_path):
    """Figures and numbers, byte for byte; the second process is there where a command has more than one worker."""
    texts = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        command = [
            sys.executable,
            "-m",
            "mfsolve",
            "run",
            str(study_file),
            "--out",
            "out",
            "--workers",
            str(workers),
            "--set",
            'figures=["forest", "paths", "regression", "welfare"]',
            "-v",
        ]
        out.mkdir()
        done = subprocess.run(command, cwd=out, capture_output=True, text=True, check=True)
        texts.append(done.stdout)
        assert "beside" not in done.stderr  # nothing was done twice
    assert texts[0] == texts[1]
    names = [path.name for path in sorted((tmp_path / "1" / "out").glob("*.p[dn][fg]"))]
    assert len(names) >= 4
    for name in names:
        assert (tmp_path / "1" / "out" / name).read_bytes() == (tmp_path / "2" / "out" / name).read_bytes(), name
