"""Threads that wait for one another give way to processes."""

import math
from dataclasses import replace

import pytest

import mfsolve
from mfsolve.study import contention, execute
from mfsolve.study.config import resolve
from mfsolve.study.contention import Contention
from mfsolve.study.execute import carry_out
from mfsolve.study.orders import Order, Outcome


@pytest.mark.parametrize(
    ("workers", "replicates", "busy", "found"),
    [
        (2, 100_000, 0.5, True),
        (2, 100_000, 0.95, False),  # they do not wait
        (1, 100_000, 0.5, False),  # nor does one thread, but for others of the machine
        (2, 2_000, 0.5, False),  # soon over
        (32, 1_000_000, 0.03, True),
    ],
)
def test_processes_are_worth_it_where_threads_wait_and_much_is_left(workers, replicates, busy, found):
    """Tasks of 100 replicates that take a second each."""
    threads = Contention(workers, replicates)
    answers = []
    for _ in range(5):
        threads.add(Outcome(100, 1.0, busy=busy))
        answers.append(threads.found)
    assert answers[:3] == [False] * 3  # too little is seen
    assert answers[3] == found
    for _ in range((replicates - 500) // 100):
        threads.add(Outcome(100, 1.0))
    assert threads.found == found  # once processes are there they stay


@pytest.mark.parametrize(
    ("replicates", "seconds", "busy", "found"),
    [
        (65, 4.0, 2.79, True),
        (65, 4.0, 2.8, False),  # seven tenths of their time
        (64, 4.0, 2.0, False),  # 60 seconds are left for two threads
        (1000, 3.0, 1.0, False),
        (1000, 3.01, 1.0, True),
    ],
)
def test_at_the_thresholds(replicates, seconds, busy, found):
    """Four replicates that have taken so many seconds, in which threads computed for `busy` of them."""
    threads = Contention(2, replicates)
    threads.add(Outcome(0, 0.0, busy=0.0))  # stopped before its first one
    assert not threads.found
    threads.add(Outcome(4, seconds, busy=busy))
    assert threads.found == found
    nothing = Contention(2, replicates)
    nothing.add(Outcome(0, 9.0, busy=0.0))
    assert not nothing.found
    elsewhere = Contention(2, replicates)
    elsewhere.add(Outcome(4, 9.0))
    assert not elsewhere.found  # which says nothing of threads


def test_tasks_are_carried_out_apart_from_then_on(tmp_path, monkeypatch):
    study = {
        "model": "creator_stream", "population": {"creators": 20}, "laws": {"two_point": {}}, "figures": [],
        "ensemble": {"replicates": 24, "seed": 5},
    }  # fmt: skip
    given = []
    monkeypatch.setattr(execute, "guarded", lambda order, limit, stopping: given.append(limit) or carry_out(order))
    for name, limit in (("SEEN", 0.0), ("BUSY", 2.0), ("WORTH", 0.0)):
        monkeypatch.setattr(contention, name, limit)
    result = mfsolve.run(study, out=tmp_path / "out", workers=2)
    assert result.data.sizes["replicate"] == 24
    assert 1 <= len(given) < 24  # not before one has come back
    assert set(given) == {math.inf}


def test_a_task_that_compiles_says_nothing_of_waiting(tmp_path, monkeypatch):
    """Other threads wait for the compiler, not for one another's replicates."""
    from mfsolve.kernels import _jit

    study = {
        "model": "creator_stream", "population": {"creators": 20}, "laws": {"two_point": {}}, "figures": [],
        "ensemble": {"replicates": 4, "seed": 5},
    }  # fmt: skip
    (point,) = resolve(study, "small", "small").points
    order = Order("creator_stream", point.case, point.key, 5, 0, 2, False, str(tmp_path), 1, {}, None)
    carry_out(order)
    assert carry_out(order).busy > 0.0  # compiled before, at the latest
    counts = iter([3, 4])
    monkeypatch.setattr(_jit, "compiled_kernels", lambda: next(counts))
    assert carry_out(replace(order, start=2, stop=4)).busy is None
