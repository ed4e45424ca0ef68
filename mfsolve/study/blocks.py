"""Replicates of a task, drawn side by side where an arm offers it and one by one where it does not: the same arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case


@dataclass(frozen=True)
class Block:
    """Consecutive replicates: how many, and each output of all of them (count, ...); no outputs where it is empty."""

    count: int
    arrays: Arrays

    def column(self, name: str, index: int) -> Floats:
        """An output of every replicate (count,), at a place of its path where it has one."""
        if not self.count:
            return np.empty(0)
        values = self.arrays[name]
        return np.asarray(values[:, index] if values.ndim > 1 else values, dtype=np.float64)


def draw_block(
    arm: Arm,
    case: Case,
    seed: int,
    replicates: range,
    threads: int = 1,
    stopped: Callable[[], bool] = lambda: False,
    one_by_one: bool = False,
) -> Block:
    """Draw consecutive replicates, as many as there are until `stopped()`, which is asked between two calls of the arm.

    The arrays do not depend on how many are drawn in one call.
    """
    size = 0 if one_by_one else arm.at_once(case)
    pieces: list[Arrays] = []
    count = 0
    for start in range(0, len(replicates), max(1, size)):
        if stopped():
            break
        here = replicates[start : start + max(1, size)]
        if size:
            assert arm.draw_many is not None
            pieces.append(arm.draw_many(case, seed, here, threads))
        else:
            assert arm.draw is not None
            row = arm.draw(case, seed, here[0], threads)
            pieces.append({name: np.array(values)[None] for name, values in row.items()})  # it may use them again
        count += len(here)
    if len(pieces) == 1:
        return Block(count, pieces[0])
    return Block(count, {name: np.concatenate([piece[name] for piece in pieces]) for name in (pieces or [{}])[0]})
