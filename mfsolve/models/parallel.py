"""The one place where a single replicate uses several cores: blocks of rows, shared out among a few threads."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

BLOCK = 2**17
"""Lanes per block. Part of the definition of every reported sum: changing it changes the last bits."""


def blocks(lanes: int, size: int = BLOCK) -> list[tuple[int, int]]:
    """Half-open ranges of at most `size` lanes; they do not depend on the number of threads."""
    return [(start, min(start + size, lanes)) for start in range(0, lanes, size)]


@cache
def _helpers(count: int) -> ThreadPoolExecutor:
    """Threads that stay: starting a pool costs more than a block does."""
    return ThreadPoolExecutor(count, thread_name_prefix="mfsolve-block")


def run_blocks(work: Callable[[int, int, int], None], lanes: int, threads: int = 1, size: int = BLOCK) -> None:
    """Call work(index, start, stop) for every block; each call writes to a place of its own and releases the GIL.

    The result cannot depend on `threads`: blocks are fixed, and none reads what another writes. The calling thread
    works too. `work` must not call `run_blocks` with several threads itself.
    """
    ranges = blocks(lanes, size)
    take = itertools.count()  # each number is handed out once, whichever thread asks

    def drain() -> None:
        while (index := next(take)) < len(ranges):
            work(index, *ranges[index])

    helpers = min(threads, len(ranges)) - 1
    futures = [_helpers(helpers).submit(drain) for _ in range(helpers)]
    try:
        drain()
    finally:
        for future in futures:
            future.result()
