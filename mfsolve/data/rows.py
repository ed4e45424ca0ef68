"""Rows of numbers of a pool and its references, read in blocks (MODEL 3.5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.words import Words


@dataclass(frozen=True)
class Rows:
    """Table of numbers that can be read repeatedly: its name in messages, its columns, blocks (n, columns) of rows.

    `of` gives the rows with some columns only, where that spares reading the others. `clusters` (n,) are those of the
    rows, and `measured` (n,) those of a reference that a score is not fitted to; by default it is every second one.
    """

    name: str
    columns: tuple[str, ...]
    blocks: Callable[[], Iterator[Floats]]
    of: Callable[[tuple[str, ...]], "Rows"] | None = None
    clusters: Words | None = None
    measured: NDArray[np.bool_] | None = None


class Sources(NamedTuple):
    """A pool, and human and synthetic references beside it."""

    pool: Rows
    human: Rows
    synthetic: Rows


def kept_rows(rows: Rows, halved: bool, fitted: bool = False) -> Iterator[tuple[Floats, Words | None]]:
    """Blocks of rows and their clusters; of every second row, or of the half that is measured, or else `fitted`."""
    seen, kept = 0, slice(None)
    for block in rows.blocks():
        here, seen = slice(seen, seen + block.shape[0]), seen + block.shape[0]
        if halved:
            kept = slice((here.start + (not fitted)) % 2, None, 2)
            if rows.measured is not None:
                kept = rows.measured[here] != fitted
        if block[kept].size:
            yield block[kept], None if rows.clusters is None else rows.clusters[here][kept]
