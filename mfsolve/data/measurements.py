"""A user's own measurements of recursive training, read from a CSV file and checked cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.table import Table
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import InputError

QUALITY = ("quality", "log_quality")
REQUIRED = ("generation", "contamination")
OPTIONAL = ("run", "standard_error")
LEAST_GENERATIONS = 4


@dataclass(frozen=True)
class Measurements:
    """Columns (n,): generation, contamination in [0, 1], log quality, run id, standard error of log quality."""

    generation: Floats
    contamination: Floats
    log_quality: Floats
    run: NDArray[np.str_]
    standard_error: Floats | None


def read(path: Path) -> Measurements:
    """Read generations from a CSV file with a header.

    Columns: `generation` (whole numbers, consecutive within a run), `contamination` in [0, 1], and `quality` > 0 or
    `log_quality`; optionally `run` (an identifier) and `standard_error` > 0 (of the quality column, in its own unit).

    Raises
    ------
    InputError
        Naming file, line and column: a missing column, a missing or non-numeric cell, a value out of range, a
        generation that is missing or given twice, fewer than 4 generations in a run.
    """
    table = Table.open(path)
    quality = _check_header(path, table.header)
    rows = list(table.rows())
    if not rows:
        raise InputError(f"{path}: has a header and no rows")

    def cells(name: str) -> Iterator[tuple[int, str]]:
        place = table.header.index(name)
        return ((line, row[place]) for line, row in rows)

    def column(name: str, allowed: str) -> Floats:
        return np.array([table.number(line, name, text, allowed) for line, text in cells(name)])

    generation = column("generation", "[0, inf)")
    for (line, _), value in zip(rows, generation):
        if value != int(value):
            raise InputError(f"{path}: line {line}, column generation: {value:g} given; allowed: whole numbers")
    contamination = column("contamination", "[0, 1]")
    values = column(quality, "(0, inf)" if quality == "quality" else "(-inf, inf)")
    named = "run" in table.header
    runs = np.array(
        [table.text(line, "run", text, "a run") for line, text in cells("run")] if named else [""] * len(rows)
    )
    spread = column("standard_error", "(0, inf)") if "standard_error" in table.header else None
    _check_generations(path, [line for line, _ in rows], generation, runs)
    if quality == "quality":
        spread = None if spread is None else spread / values
        values = np.log(values)
    return Measurements(generation, contamination, values, runs, spread)


def _check_header(path: Path, header: tuple[str, ...]) -> str:
    """Name of the quality column; InputError for a column that is missing or unknown."""
    known = [*REQUIRED, *QUALITY, *OPTIONAL]
    for name in header:
        if name not in known:
            raise InputError(f"{path}: line 1, column {name!r}: unknown{nearest(name, known)}")
    for name in REQUIRED:
        if name not in header:
            raise InputError(f"{path}: column {name!r} is missing")
    given = [name for name in QUALITY if name in header]
    if len(given) != 1:
        raise InputError(f"{path}: one of the columns 'quality' and 'log_quality' is needed")
    return given[0]


def _check_generations(path: Path, lines: list[int], generation: Floats, runs: NDArray[np.str_]) -> None:
    for run in dict.fromkeys(runs):
        where = f"{path}: run {run!r}" if run else f"{path}"
        mine = sorted((int(g), i) for g, r, i in zip(generation, runs, lines) if r == run)
        for (before, _), (after, line) in pairwise(mine):
            if after == before:
                raise InputError(f"{where}: line {line}, column generation: {after} given twice")
            if after != before + 1:
                raise InputError(f"{where}: line {line}, column generation: {before + 1} is missing before {after}")
        if len(mine) < LEAST_GENERATIONS:
            raise InputError(f"{where}: {len(mine)} generations; at least {LEAST_GENERATIONS} are needed")
