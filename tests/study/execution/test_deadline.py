"""Spans of time as batch systems write them, and an end by the clock."""

import threading
import time

import pytest

from mfsolve.study.execution import deadline
from mfsolve.study.execution.execute import OVER, STOP

pytestmark = pytest.mark.usefixtures("no_stop_requested")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 5400), ("1:30", 90), ("1:00:00", 3600), ("2-01:00:00", 2 * 86400 + 3600), ("1-0", 86400), ("0", 0),
        ("1:02:03", 3723), ("2:03", 123), ("3-04:05:06", 3 * 86400 + 4 * 3600 + 5 * 60 + 6), ("1-2:3", 86400 + 7380),
        ("0-1", 3600), ("9999", 599940), ("999-0", 999 * 86400),
    ],
)  # fmt: skip
def test_spans_of_time_are_those_of_batch_systems(text, seconds):
    assert deadline.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-5", "1.5", "9" * 50, "10000", "1000-0", "1:100"])
def test_other_spans_are_refused(text):
    with pytest.raises(ValueError, match=f"^'{text}': a span of time is needed, such as 90 .minutes. or 1:30:00$"):
        deadline.seconds(text)


def test_the_end_is_the_earlier_of_what_is_asked_and_what_slurm_says(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    assert deadline.seconds_left(None) is None
    assert deadline.seconds_left(30.0) == 30.0
    monkeypatch.setenv("SLURM_JOB_END_TIME", "1600")
    assert deadline.seconds_left(None) == 540.0  # a minute before the allocation ends
    assert deadline.seconds_left(30.0) == 30.0
    assert deadline.seconds_left(900.0) == 540.0
    monkeypatch.setenv("SLURM_JOB_END_TIME", "soon")
    assert deadline.seconds_left(30.0) == 30.0


def test_an_end_that_is_over_stops_at_once_and_ends_with_its_block(monkeypatch):
    for after in (0.0, -5.0):
        monkeypatch.setattr(threading.Timer, "start", lambda self: pytest.fail("waited for"))
        with pytest.raises(ZeroDivisionError), deadline.stopping(after):
            assert OVER.is_set()
            assert STOP.is_set()
            raise ZeroDivisionError
        assert not OVER.is_set()


def test_an_end_is_waited_for_and_forgotten_after_the_block(monkeypatch):
    timers = []

    class Timer(threading.Timer):
        def __init__(self, seconds, work):
            super().__init__(seconds, work)
            timers.append(self)

    monkeypatch.setattr(threading, "Timer", Timer)
    for after, waits in ((0.5, 0.5), (30.0, 30.0), (1e300, threading.TIMEOUT_MAX)):
        with deadline.stopping(after):
            assert not OVER.is_set()
            assert (timers[-1].interval, timers[-1].daemon, timers[-1].is_alive()) == (waits, True, True)
            timers[-1].function()
            assert OVER.is_set()
            assert STOP.is_set()
        assert not timers[-1].is_alive()
        assert not OVER.is_set()
    assert len(timers) == 3
    OVER.set()
    with deadline.stopping(None):
        assert len(timers) == 3
    assert OVER.is_set()  # of somebody else


def test_a_clock_that_rings_at_the_end_stops_no_later_run(monkeypatch):
    """Its thread may have begun to ask when the run is over; it has to be done before that is taken back."""
    begun, done = threading.Event(), threading.Event()

    class Late(threading.Event):
        def set(self):
            begun.set()
            time.sleep(0.1)
            super().set()
            done.set()

    over = Late()
    monkeypatch.setattr(deadline, "OVER", over)
    with deadline.stopping(0.001):
        assert begun.wait(10.0)
    assert done.wait(10.0)
    assert not over.is_set()
