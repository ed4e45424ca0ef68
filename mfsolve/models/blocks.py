"""The one place where a single replicate uses several cores: blocks of lanes, run by a few threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

BLOCK = 2**17
"""Lanes per block. Part of the definition of every reported sum: changing it changes the last bits."""


def blocks(lanes: int) -> list[tuple[int, int]]:
    """Half-open ranges of lanes; they depend on the number of lanes only."""
    return [(start, min(start + BLOCK, lanes)) for start in range(0, lanes, BLOCK)]


def run_blocks(work: Callable[[int, int, int], None], lanes: int, threads: int = 1) -> None:
    """Call work(index, start, stop) for every block; it writes to a place of its own and releases the GIL.

    The result cannot depend on `threads`: blocks are fixed, and none reads what another writes.
    """
    ranges = blocks(lanes)
    if threads <= 1 or len(ranges) == 1:
        for index, (start, stop) in enumerate(ranges):
            work(index, start, stop)
        return
    with ThreadPoolExecutor(min(threads, len(ranges))) as pool:
        for done in [pool.submit(work, index, *span) for index, span in enumerate(ranges)]:
            done.result()
