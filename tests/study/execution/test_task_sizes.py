"""Short tasks of a point go together, once it is known that they are short."""

import pytest

from mfsolve.study.execution.plan import Task
from mfsolve.study.execution.task_orders import Outcome
from mfsolve.study.execution.task_sizes import SHORT, Pace


def tasks(points=2, replicates=40, size=1):
    """As a plan orders them: by replicate, then by point."""
    return [Task(point, start, start + size) for start in range(0, replicates, size) for point in range(points)]


def covered(handed):
    """Replicates of every point, in order."""
    found = {}
    for task in handed:
        found.setdefault(task.point, []).extend(range(task.start, task.stop))
    return {point: sorted(replicates) for point, replicates in found.items()}


def pace(seconds=None, largest=1000, workers=2, replicates=4):
    """What is known after a task of point 0."""
    found = Pace(lambda point: largest, workers)
    if seconds is not None:
        found.add(0, Outcome(replicates, seconds * replicates, busy=0.0))
    return found


def test_nothing_is_joined_before_anything_is_known():
    solved = Task(1, 0, 1, True)
    assert list(pace().joined([solved, *tasks()])) == [solved, *tasks()]


@pytest.mark.parametrize(
    ("seconds", "largest", "workers", "first"),
    [
        (SHORT / 8, 1000, 2, [8, 8]),
        (SHORT / 8, 5, 2, [5, 5]),  # as many as a task may hold
        (SHORT / 8, 1000, 20, [2, 1]),  # of 80 that are left, and of 78, two tasks for each of 20
        (SHORT / 1.5, 1000, 2, [1, 1]),
        (2 * SHORT, 1000, 2, [1, 1]),
        (0.0, 1000, 1, [40, 20]),
        (1e-300, 7, 1, [7, 7]),
    ],
)
def test_short_tasks_of_a_point_go_together(seconds, largest, workers, first):
    """Of two points, of which the other is taken to be alike."""
    handed = list(pace(seconds, largest, workers).joined(tasks()))
    assert handed[:2] == [Task(point, 0, stop) for point, stop in enumerate(first)]
    assert covered(handed) == {0: list(range(40)), 1: list(range(40))}
    assert sum(task.replicates for task in handed) == 80


def test_what_is_larger_or_does_not_go_on_where_the_other_ends_stays_apart():
    given = [Task(0, 0, 4), Task(0, 6, 8), Task(0, 8, 20), Task(1, 0, 1, True), Task(0, 20, 21)]
    fast = pace(SHORT / 8, workers=1)
    assert list(fast.joined(given)) == given
    assert list(fast.joined([Task(0, 0, 4), Task(0, 4, 8), *given[1:]])) == [Task(0, 0, 8), *given[1:]]


def test_a_point_of_its_own_pace_and_one_as_slow_as_the_slowest():
    known = pace(SHORT / 2)
    known.add(1, Outcome(1, SHORT / 5, busy=0.0))
    assert list(known.joined(tasks(3)))[:3] == [Task(0, 0, 2), Task(1, 0, 5), Task(2, 0, 2)]
    known.add(0, Outcome(1, SHORT / 20, busy=0.0))  # the last one counts
    assert list(known.joined(tasks(3)))[:3] == [Task(0, 0, 20), Task(1, 0, 5), Task(2, 0, 5)]


def test_tasks_that_compiled_or_did_nothing_tell_nothing():
    known = pace()
    known.add(0, Outcome(4, 1e-6))
    known.add(0, Outcome(0, 0.0, busy=0.0))
    assert list(known.joined(tasks())) == tasks()


def test_it_learns_while_tasks_are_handed_out():
    known = pace()
    handed = known.joined(tasks(1, 100))
    assert [next(handed) for _ in range(3)] == tasks(1, 3)
    known.add(0, Outcome(1, SHORT / 10, busy=0.0))
    assert next(handed) == Task(0, 3, 13)
    known.add(0, Outcome(1, SHORT, busy=0.0))
    assert next(handed) == Task(0, 13, 14)
