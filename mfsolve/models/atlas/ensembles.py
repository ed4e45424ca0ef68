"""Ensembles of models that are refitted: their size and seed, the marks they are held against, and their means."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import merge_rows
from mfsolve.models.arguments import whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks

from .closed_form import MOST_GENERATIONS


class Yardsticks(Frozen):
    """Marks that a path is measured against (MODEL 9.2)."""

    tail: float = Field(2.0, gt=0.0, le=6.0, description="human standard deviations beyond which the tails begin")
    loss: float = Field(
        10.0, gt=0.0, description="a model is lost where its risk is so many times that of a fit to human items"
    )


class Run(NamedTuple):
    """An ensemble: generations T, replicates `first`, ..., `first + replicates - 1`, and the seed of their draws."""

    generations: int
    replicates: int
    seed: int
    first: int = 0

    def check(self) -> None:
        """Refuse sizes out of their range.

        Raises
        ------
        ValueError
            Naming the size.
        """
        whole("generations", self.generations, 1, MOST_GENERATIONS)
        whole("replicates", self.replicates, 1, 2**31)

    @property
    def half(self) -> int:
        """The generation whose lost models are followed."""
        return max(1, self.generations // 2)


Fill = Callable[[int, int, Floats], None]
"""fill(first, count, sums) adds the measures of replicates first, ..., first + count - 1 to sums (T + 1, measures)."""


def means(names: Sequence[str], run: Run, block: int, threads: int, fill: Fill) -> dict[str, Floats]:
    """Means over replicates of named measures at generations 0..T, each (T + 1,), summed in blocks of a fixed order."""
    places = run.generations + 1
    sums = np.zeros((-(-run.replicates // block), places, len(names)))

    def work(index: int, start: int, stop: int) -> None:
        fill(run.first + start, stop - start, sums[index])

    run_blocks(work, run.replicates, threads, block)
    rows = sums.reshape(len(sums), -1)
    merge_rows(rows)
    return dict(zip(names, rows[0].reshape(places, len(names)).T / run.replicates))
