"""Blocks of one replicate: they cover every lane once, whoever works on them, and an error comes through."""

import itertools
import threading

import numpy as np
import pytest

from mfsolve.models.parallel import BLOCK, blocks, run_blocks


@pytest.mark.parametrize(("lanes", "size"), [(0, 4), (1, 4), (4, 4), (5, 4), (3 * BLOCK + 1, BLOCK)])
def test_blocks_cover_every_lane_once(lanes, size):
    found = blocks(lanes, size)
    assert [lane for start, stop in found for lane in (start, stop)] == sorted(x for pair in found for x in pair)
    assert sum(stop - start for start, stop in found) == lanes
    assert all(0 < stop - start <= size for start, stop in found)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_block_is_worked_on_once(threads):
    seen, who = np.zeros(1000, int), set()

    def work(index, start, stop):
        assert blocks(1000, 7)[index] == (start, stop)
        seen[start:stop] += 1
        who.add(threading.current_thread())

    run_blocks(work, 1000, threads, 7)
    assert (seen == 1).all()
    assert len(who) <= threads


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_block_comes_through(threads):
    def work(index, start, stop):
        if index == 5:
            raise ArithmeticError("block 5")

    with pytest.raises(ArithmeticError, match="block 5"):
        run_blocks(work, 100, threads, 10)
