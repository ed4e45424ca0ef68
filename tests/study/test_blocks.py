"""Replicates drawn side by side and one by one: the same arrays, in pieces of the size that was asked for."""

import numpy as np
import pytest

from mfsolve.experiments import Arm
from mfsolve.study.blocks import Block, draw_block


def draw(case, seed, replicate, threads):
    return {"x": np.array(replicate), "y": np.array([replicate, seed, threads], dtype=float)}


@pytest.fixture
def calls():
    return []


@pytest.fixture
def arm(calls):
    """An arm that draws four at a time where it is asked to."""

    def many(case, seed, replicates, threads):
        calls.append(list(replicates))
        return {name: np.stack([draw(case, seed, r, threads)[name] for r in replicates]) for name in ("x", "y")}

    def one(case, seed, replicate, threads):
        calls.append(replicate)
        return draw(case, seed, replicate, threads)

    return Arm(draw=one, draw_many=many, side_by_side=lambda case: {"singly": 0}.get(case, 4))


SINGLY = [5, 6, 7, 8, 9, 10, 11, 12, 13]
TOGETHER = [[5, 6, 7, 8], [9, 10, 11, 12], [13]]


@pytest.mark.parametrize(
    ("case", "one_by_one", "expected"),
    [("many", False, TOGETHER), ("many", True, SINGLY), ("singly", False, SINGLY)],
)
def test_pieces_of_a_block(arm, calls, case, one_by_one, expected):
    block = draw_block(arm, case, 7, range(5, 14), 2, one_by_one=one_by_one)
    assert calls == expected
    assert block.count == 9
    assert block.arrays.keys() == {"x", "y"}
    np.testing.assert_array_equal(block.arrays["x"], SINGLY)
    np.testing.assert_array_equal(block.arrays["y"], [[r, 7.0, 2.0] for r in SINGLY])
    assert draw_block(arm, case, 7, range(5, 6)).arrays["y"].tolist() == [[5.0, 7.0, 1.0]]


@pytest.mark.parametrize(("case", "done"), [("many", 8), ("singly", 2)])
def test_a_stop_is_asked_for_between_two_calls(arm, calls, case, done):
    block = draw_block(arm, case, 7, range(5, 14), stopped=lambda: len(calls) == 2)
    assert block.count == done
    assert block.arrays["x"].tolist() == SINGLY[:done]
    assert draw_block(arm, case, 7, range(5, 14), stopped=lambda: True) == Block(0, {})
    answers = iter([False, True, False])
    assert draw_block(arm, case, 7, range(5, 14), stopped=lambda: next(answers)).count == done / 2  # and is no pause


def test_a_column_of_a_block():
    block = Block(2, {"x": np.array([3, 4]), "y": np.array([[1.0, 2.0], [5.0, 6.0]])})
    assert block.column("y", 1).tolist() == [2.0, 6.0]
    column = block.column("x", 1)
    assert (column.dtype, column.tolist()) == (np.float64, [3.0, 4.0])
    assert Block(0, {}).column("x", 0).tolist() == []
