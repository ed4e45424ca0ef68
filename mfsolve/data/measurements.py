"""A user's own measurements of recursive training, read from a CSV file and checked cell by cell."""

import csv
import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfsolve.study.config import StudyError, nearest

QUALITY = ("quality", "log_quality")
REQUIRED = ("generation", "contamination")
OPTIONAL = ("run", "standard_error")
LEAST_GENERATIONS = 4


@dataclass(frozen=True)
class Measurements:
    """Columns (n,): generation, contamination in [0, 1], log quality, run id, standard error of log quality."""

    generation: NDArray[np.float64]
    contamination: NDArray[np.float64]
    log_quality: NDArray[np.float64]
    run: NDArray[np.str_]
    standard_error: NDArray[np.float64] | None


def read(path: Path) -> Measurements:
    """Read generations from a CSV file with a header.

    Columns: `generation` (whole numbers, consecutive within a run), `contamination` in [0, 1], and `quality` > 0 or
    `log_quality`; optionally `run` (an identifier) and `standard_error` > 0 (of the quality column, in its own unit).

    Raises
    ------
    StudyError
        Naming file, row and column: a missing column, a missing or non-numeric cell, a value out of range, a
        generation that is missing or given twice, fewer than 4 generations in a run.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: {getattr(error, 'strerror', None) or 'not a UTF-8 text file'}") from None
    if not rows:
        raise StudyError(f"{path}: is empty; a header is needed, such as generation,contamination,quality")
    header = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in rows[0]]
    quality = _check_header(path, header)
    numbered = [(i, row) for i, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not numbered:
        raise StudyError(f"{path}: has a header and no rows")

    def column(name: str, low: float, high: float, open_low: bool = False) -> NDArray[np.float64]:
        return np.array([_number(path, i, row, header, name, low, high, open_low) for i, row in numbered])

    generation = column("generation", 0.0, math.inf)
    for (i, _), value in zip(numbered, generation):
        if value != int(value):
            raise StudyError(f"{path}: row {i}, column generation: {value:g} given: a whole number is needed")
    contamination = column("contamination", 0.0, 1.0)
    values = column(quality, 0.0 if quality == "quality" else -math.inf, math.inf, quality == "quality")
    runs = np.array([_cell(path, i, row, header, "run") if "run" in header else "" for i, row in numbered])
    spread = column("standard_error", 0.0, math.inf, True) if "standard_error" in header else None
    _check_generations(path, [i for i, _ in numbered], generation, runs)
    if quality == "quality":
        spread = None if spread is None else spread / values
        values = np.log(values)
    return Measurements(generation, contamination, values, runs, spread)


def _check_header(path: Path, header: list[str]) -> str:
    known = [*REQUIRED, *QUALITY, *OPTIONAL]
    for name, count in Counter(header).items():
        if name not in known:
            raise StudyError(f"{path}: column {name!r}: unknown{nearest(name, known)}")
        if count > 1:
            raise StudyError(f"{path}: column {name!r}: given {count} times")
    for name in REQUIRED:
        if name not in header:
            raise StudyError(f"{path}: column {name!r} is missing")
    given = [name for name in QUALITY if name in header]
    if len(given) != 1:
        raise StudyError(f"{path}: one of the columns 'quality' and 'log_quality' is needed")
    return given[0]


def _cell(path: Path, number: int, row: list[str], header: list[str], name: str) -> str:
    place = header.index(name)
    text = row[place].strip() if place < len(row) else ""
    if not text:
        raise StudyError(f"{path}: row {number}, column {name}: the cell is missing")
    return text


def _number(
    path: Path,
    number: int,
    row: list[str],
    header: list[str],
    name: str,
    low: float,
    high: float,
    open_low: bool,
) -> float:
    text = _cell(path, number, row, header, name)
    allowed = f"{'(' if open_low or low == -math.inf else '['}{low:g}, {high:g}{']' if high < math.inf else ')'}"
    try:
        value = float(text)
    except ValueError:
        raise StudyError(f"{path}: row {number}, column {name}: {text!r} is not a number") from None
    if not math.isfinite(value) or value < low or value > high or (open_low and value == low):
        raise StudyError(f"{path}: row {number}, column {name}: {text} given; allowed: {allowed}")
    return value


def _check_generations(path: Path, numbers: list[int], generation: NDArray[np.float64], runs: NDArray[np.str_]) -> None:
    for run in dict.fromkeys(runs):
        where = f"{path}: run {run!r}" if run else f"{path}"
        mine = sorted((int(g), i) for g, r, i in zip(generation, runs, numbers) if r == run)
        for (before, _), (after, row) in pairwise(mine):
            if after == before:
                raise StudyError(f"{where}: row {row}, column generation: {after} given twice")
            if after != before + 1:
                raise StudyError(f"{where}: row {row}, column generation: {before + 1} is missing before {after}")
        if len(mine) < LEAST_GENERATIONS:
            raise StudyError(f"{where}: {len(mine)} generations; at least {LEAST_GENERATIONS} are needed")
