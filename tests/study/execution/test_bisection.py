"""A task that fails, halved until what fails stands alone."""

from dataclasses import replace

import pytest

from mfsolve.study.execution.bisection import narrowed
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

ORDER = TaskOrder("e", None, "key", 1, 0, 16, False, "folder", 1, {}, ("x", 0))
FAILED = Outcome(0, 0.0, failure="replicates 0..15: it")


def attempts(*bad, full=None, stop=None):
    """An attempt that fails at some replicates, finds no space at one, and is stopped before another; what it stored."""
    stored = []

    def attempt(order):
        here = range(order.start, order.stop)
        if full in here:
            return Outcome(0, 0.0, failure="no space", cannot_store=True)
        if any(replicate in here for replicate in bad):
            return Outcome(0, 0.0, failure=f"{order.part.said}: it")
        kept = [replicate for replicate in here if stop is None or replicate < stop]
        stored.extend(kept)
        return Outcome(len(kept), 0.5 * len(kept), tuple(map(float, kept)))

    return attempt, stored


@pytest.mark.parametrize("bad", range(16))
def test_one_that_fails_is_named_and_the_others_are_stored_in_order(bad):
    attempt, stored = attempts(bad)
    others = [replicate for replicate in range(16) if replicate != bad]
    assert narrowed(ORDER, FAILED, attempt) == Outcome(15, 7.5, tuple(map(float, others)), f"replicate {bad}: it")
    assert stored == others


def test_two_that_fail_are_the_end_of_a_task():
    attempt, stored = attempts(3, 9, 10, 15)
    found = narrowed(ORDER, FAILED, attempt)
    said = "replicates 10..15: given up after what follows\nreplicate 3: it\nreplicate 9: it"
    assert (found.failure, found.replicates, stored) == (said, 8, [0, 1, 2, 4, 5, 6, 7, 8])
    attempt, stored = attempts(3, 15)
    assert narrowed(ORDER, FAILED, attempt).failure == "replicate 3: it\nreplicate 15: it"
    assert len(stored) == 14


def test_one_that_always_fails_is_soon_given_up():
    attempt, stored = attempts(*range(2**20))
    asked = []
    found = narrowed(replace(ORDER, stop=2**20), FAILED, lambda order: asked.append(order) or attempt(order))
    assert found.replicates == len(stored) == 0
    assert len(asked) == 21
    assert found.failure.splitlines()[0] == f"replicates 2..{2**20 - 1}: given up after what follows"


def test_what_cannot_be_halved_has_failed():
    for order in (replace(ORDER, stop=1), replace(ORDER, solved=True)):
        assert narrowed(order, FAILED, lambda order: pytest.fail("tried")) is FAILED


def test_one_that_fails_once_has_not_failed():
    attempt, stored = attempts()
    assert narrowed(ORDER, FAILED, attempt).failure is None
    assert stored == list(range(16))


def test_a_full_disk_ends_it_and_a_stop_leaves_the_rest():
    attempt, stored = attempts(5, full=12)
    found = narrowed(ORDER, FAILED, attempt)
    assert (found.failure, found.cannot_store, found.replicates) == ("no space", True, 7)
    assert stored == [0, 1, 2, 3, 4, 6, 7]
    attempt, stored = attempts(5, stop=10)
    assert narrowed(ORDER, FAILED, attempt).replicates == len(stored) == 9
