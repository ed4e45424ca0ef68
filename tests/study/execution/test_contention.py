"""Threads that wait for one another give way to processes."""

import pytest

from mfsolve.study.execution.contention import Contention
from mfsolve.study.execution.task_orders import Outcome


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
