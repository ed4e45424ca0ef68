"""Tasks of a study: their sizes, their order, and what remains of them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from support.urn import URN, study_of

from mfsolve.experiments.experiment import Output
from mfsolve.study.execution import plan as module
from mfsolve.study.execution.plan import Task, default_size, plan, remaining, row_bytes, share_of
from mfsolve.study.storage.shards import Shard

WAYS = {"draws": {}, "counts": {}, "both": {}}


def study(replicates=10, ways=WAYS, experiment=URN, **changes):
    return study_of({"ways": ways, "ensemble": {"replicates": replicates}, **changes}, experiment)


def side_by_side(rows):
    """The urn, of which `rows` replicates are drawn in one call."""
    arm = replace(URN.arms["draws"], draw_many=lambda *unused: {}, side_by_side=lambda case: rows)
    return replace(URN, arms={"draws": arm})


def test_about_eight_tasks_a_worker():
    assert [default_size(*given) for given in ((160, 2), (159, 2), (1, 2), (0, 1), (8, 1))] == [10, 9, 1, 1, 1]


def test_what_is_solved_comes_first_and_then_replicates_by_their_number():
    tasks = plan(study(), 4)
    assert tasks == [
        Task(1, 0, 1, True),
        Task(2, 0, 1, True),
        Task(0, 0, 4),
        Task(2, 0, 4),
        Task(0, 4, 8),
        Task(2, 4, 8),
        Task(0, 8, 10),
        Task(2, 8, 10),
    ]
    assert [task.replicates for task in tasks[:3]] == [1, 1, 4]
    assert [task.solved for task in tasks[:3]] == [True, True, False]


@pytest.mark.parametrize(
    ("rows", "size", "largest", "found"),
    [(0, 4, None, 4), (0, 4, 3, 3), (0, 4, 9, 4), (6, 9, 3, 6), (6, 4, 3, 4), (6, 9, None, 9), (2, 9, 3, 3)],
)
def test_a_task_has_its_size_up_to_the_largest_or_what_is_drawn_in_one_call(rows, size, largest, found):
    tasks = plan(study(20, {"draws": {}}, side_by_side(rows)), size, largest)
    assert {task.replicates for task in tasks[:-1]} == {found}
    assert sum(task.replicates for task in tasks) == 20


@pytest.mark.parametrize(
    ("rows", "size", "parts", "found"),
    [(50, 1, 8, 5), (50, 1, 1, 40), (30, 1, 1, 30), (50, 4, 64, 4), (3, 1, 8, 3), (0, 1, 8, 1), (1, 2, 8, 2)],
)
def test_replicates_that_are_drawn_side_by_side_are_no_task_each(rows, size, parts, found):
    """As many as one call draws and two tasks a part leave."""
    tasks = plan(study(80, {"draws": {}}, side_by_side(rows)), size, None, parts)
    assert {task.replicates for task in tasks[:-1]} == {found}
    assert sum(task.replicates for task in tasks) == 80


def test_thousands_of_tasks_are_fewer_and_larger_as_far_as_their_results_are_small(monkeypatch):
    monkeypatch.setattr(module, "MOST_TASKS", 5)
    assert row_bytes(study(), study().points[0]) == (8.0 * 6, 0.0)  # five times, and the end
    assert row_bytes(study(), study().points[1]) == (0.0, 8.0 * (1 + 2 + 5))

    def sizes(replicates, ways=WAYS):
        tasks = [task for task in plan(study(replicates, ways), 1) if not task.solved]
        return [task.replicates for task in tasks if task.point == 0]

    assert sizes(5, {"draws": {}}) == [1] * 5
    assert sizes(6, {"draws": {}}) == [2] * 3  # 5 tasks of 2 would hold 10
    assert sizes(11, {"draws": {}}) == [3, 3, 3, 2]
    assert sizes(6) == [3, 3]  # of two points that draw
    monkeypatch.setattr(module, "TASK_BYTES", 2.0 * 48 + 47)
    assert sizes(11, {"draws": {}}) == [2] * 5 + [1]
    monkeypatch.setattr(module, "TASK_BYTES", 1.0)
    monkeypatch.setattr(module, "MOST_PLANNED", 4)
    assert sizes(11, {"draws": {}}) == [3, 3, 3, 2]  # a plan fits into memory nevertheless


def test_results_of_no_bytes_are_no_burden(monkeypatch):
    monkeypatch.setattr(module, "MOST_TASKS", 5)
    arm = replace(
        URN.arms["draws"],
        drawn=lambda case: {"none": Output(("nowhere",), "none")},
        coordinates=lambda case: {"nowhere": np.empty(0)},
        reference=None,
    )
    found = plan(study(11, {"draws": {}}, replace(URN, arms={"draws": arm})), 1)
    assert [task.replicates for task in found] == [3, 3, 3, 2]


def test_a_study_of_millions_has_some_thousand_tasks_of_64_mib_at_most():
    tasks = plan(study(2**20, {"draws": {}}), 1)
    assert len(tasks) == 4096
    wide = plan(study(2**20, {"draws": {}}, parameters={"steps": 50}, record={"map": True}), 1)
    assert len(wide) == 4096
    huge = study(2**32 - 1, {"draws": {}}, parameters={"steps": 50}, record={"map": True})
    bytes_each = row_bytes(huge, huge.points[0])[0]
    assert bytes_each == 8.0 * (51 + 1 + 102)
    assert module._fitting(huge, 0, 2**20) == max(int(2**26 / bytes_each), 2**16)


def test_what_remains_is_what_no_shard_holds():
    few = study(10, {"draws": {}, "both": {}})
    keys = [point.key for point in few.points]
    tasks = [Task(1, 0, 1, True), Task(0, 0, 4), Task(1, 0, 4), Task(0, 4, 8), Task(1, 4, 8)]
    assert remaining(few, tasks, []) == tasks
    held = [
        Shard(None, keys[0], 1, 2),
        Shard(None, keys[0], 3, 6),
        Shard(None, keys[1], 0, 9),
        Shard(None, "f" * 16, 0, 9),
    ]
    assert remaining(few, tasks, held) == [Task(1, 0, 1, True), Task(0, 0, 1), Task(0, 2, 3), Task(0, 6, 8)]
    assert remaining(few, tasks, [*held, Shard(None, keys[1], 0, 1, True)]) == [
        Task(0, 0, 1),
        Task(0, 2, 3),
        Task(0, 6, 8),
    ]
    assert remaining(few, [Task(0, 4, 8)], [Shard(None, keys[0], 5, 6)]) == [Task(0, 4, 5), Task(0, 6, 8)]


def test_parts_of_a_task_within_gaps_that_touch_it():
    gaps = [(0, 2), (3, 5), (6, 9)]
    for span, parts in (
        ((2, 3), []),
        ((1, 4), [(1, 2), (3, 4)]),
        ((4, 5), [(4, 5)]),
        ((5, 6), []),
        ((0, 9), gaps),
        ((8, 12), [(8, 9)]),
    ):
        assert list(module._within(Task(0, *span), gaps)) == parts


@pytest.mark.parametrize("points", [1, 2, 3, 4, 6, 16])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 16])
def test_slices_are_all_tasks_once_and_each_has_tasks_of_all_points(points, count):
    rounds = 48
    tasks = [Task(point, start, start + 1) for start in range(rounds) for point in range(points)]
    slices = [share_of(tasks, index + 1, count) for index in range(count)]
    assert sorted((task for part in slices for task in part), key=tasks.index) == tasks
    assert {len(part) for part in slices} == {rounds * points // count} or count == 5
    assert max(map(len, slices)) - min(map(len, slices)) <= 1
    for part in slices:  # about as many of every point
        held = Counter(task.point for task in part)
        assert max(abs(held[point] - rounds / count) for point in range(points)) <= 2.0


def test_slices_of_few_tasks():
    tasks = [Task(0, start, start + 1) for start in range(2)]
    assert [share_of(tasks, index, 3) for index in (1, 2, 3)] == [tasks[:1], tasks[1:], []]
    assert share_of([], 1, 3) == []


@pytest.mark.parametrize(("points", "rounds", "count"), [(4, 24, 3), (3, 25, 4), (1, 9, 2), (6, 7, 7)])
def test_slices_have_the_same_replicates_of_all_points(points, rounds, count):
    """Of three slices two are done: two thirds of the replicates stand at every point, where none did."""
    tasks = [Task(point, 5 * start, 5 * start + 5) for start in range(rounds) for point in range(points)]
    slices = [share_of(tasks, index + 1, count) for index in range(count)]
    for part in slices:
        held = Counter(task.start for task in part)
        assert sum(number == points for number in held.values()) >= rounds // count
        assert part == sorted(part, key=tasks.index)
    assert max(map(len, slices)) - min(map(len, slices)) <= 1
    assert sum(map(len, slices)) == len(set().union(*slices)) == len(tasks)


def test_points_whose_tasks_differ_in_size_share_the_rounds_at_which_they_end_together():
    tasks = [
        Task(1, 0, 1, True),
        *(Task(0, k, k + 2) for k in range(0, 24, 2)),
        *(Task(1, k, k + 6) for k in (0, 6, 12, 18)),
    ]
    tasks.sort(key=lambda task: (not task.solved, task.start, task.point))
    first, second = (share_of(tasks, index, 2) for index in (1, 2))
    assert sorted([*first, *second], key=tasks.index) == tasks
    replicates = [
        [
            sorted(k for task in part if task.point == point and not task.solved for k in range(task.start, task.stop))
            for point in (0, 1)
        ]
        for part in (first, second)
    ]
    assert replicates[0][0] == replicates[0][1] == [*range(6), *range(12, 18)]
    assert replicates[1][0] == replicates[1][1]
