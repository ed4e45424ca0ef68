"""Ensembles of models that are refitted: their size and seed, the marks they are held against, and their means."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import merge_rows
from mfsolve.models.arguments import replicate_range, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks
from mfsolve.models.quantities import Quantity, dataset

from .closed_form import MOST_GENERATIONS

if TYPE_CHECKING:
    import xarray as xr


class Yardsticks(Frozen):
    """Marks that a path is measured against (MODEL 9.2)."""

    tail: float = Field(2.0, gt=0.0, le=6.0, description="human standard deviations at which the tails begin")
    loss: float = Field(
        10.0, gt=0.0, description="a model is lost if its risk is this many times that of a fit to human items"
    )


class Run(NamedTuple):
    """An ensemble: generations T, replicates as a range, such as `range(1000)`, and the seed of their draws."""

    generations: int
    replicates: range
    seed: int

    def check(self) -> None:
        """Refuse sizes out of their range.

        Raises
        ------
        ValueError
            Naming the size.
        """
        whole("generations", self.generations, 1, MOST_GENERATIONS)
        replicate_range(self.replicates, 2**31)

    @property
    def half(self) -> int:
        """The generation whose lost models are followed."""
        return max(1, self.generations // 2)


Fill = Callable[[int, int, Floats], None]
"""fill(first, count, sums) adds the measures of replicates first, ..., first + count - 1 to sums (T + 1, measures)."""


def means(names: Sequence[str], run: Run, block: int, threads: int, fill: Fill) -> dict[str, Floats]:
    """Means over replicates of named measures at generations 0..T, each (T + 1,), summed in blocks of a fixed order."""
    places, count, first = run.generations + 1, len(run.replicates), run.replicates.start
    sums = np.zeros((-(-count // block), places, len(names)))

    def work(index: int, start: int, stop: int) -> None:
        fill(first + start, stop - start, sums[index])

    run_blocks(work, count, threads, block)
    rows = sums.reshape(len(sums), -1)
    merge_rows(rows)
    return dict(zip(names, rows[0].reshape(places, len(names)).T / count))


PATH = ("generation",)
LOSSES = {
    "lost": Quantity(PATH, "share of models that are lost"),
    "still_lost": Quantity(PATH, "share of models lost at half-time and now"),
}


def labelled(quantities: Mapping[str, Quantity], run: Run, arrays: Mapping[str, Floats]) -> "xr.Dataset":
    """Means of an ensemble along generations 0..T, with units and long names."""
    places = {"generation": np.arange(run.generations + 1)}
    span = run.replicates
    return dataset(quantities, places, dict(arrays), seed=run.seed, replicates=[span.start, span.stop])
