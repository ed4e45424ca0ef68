"""A user's own log of recursive training: rows of generations as paths that a law can be fitted to (MODEL 8.10)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mfsolve.data import metrics
from mfsolve.data.metrics import Metric
from mfsolve.data.runs import Row, Run, assembled
from mfsolve.data.table import Table, column_name
from mfsolve.inference.collapse_paths import Paths, Start
from mfsolve.models.frozen import InputError

FLAGS = {"true": 1.0, "yes": 1.0, "synthetic": 1.0, "false": 0.0, "no": 0.0, "human": 0.0, "real": 0.0}
"""Words for contamination 1 and 0."""
RUNS = ("run", "run_id", "run_name", "seed")
"""Columns that tell runs apart, the first that is there."""
NOT_MEASURED = ("", "nan", "na", "n/a", "none", "null", "inf", "-inf", "+inf")
_SHOWN = 6


@dataclass(frozen=True)
class Options:
    """Choices of how a table is read.

    Attributes
    ----------
    metric : str or None
        `NAME:lower|higher[:log|linear]`; by default the column with a known name.
    contamination : float or None
        Constant contamination after the first generation, of a table without that column.
    by : str or None
        Column of the condition; by default `condition`, where there is one.
    start : Start
        Whether every run's start is exact.
    generation, run : str or None
        Columns of the generation and of the run; by default `generation` and the first of `RUNS` that is there.
    """

    metric: str | None = None
    contamination: float | None = None
    by: str | None = None
    start: Start = Start.MEASURED
    generation: str | None = None
    run: str | None = None


@dataclass(frozen=True)
class Measurements:
    """Paths of the runs that can be used.

    Attributes
    ----------
    paths : Paths
    runs, conditions : tuple of str
        Name and condition of each run; empty where there is none.
    metric : Metric
    notes : tuple of str
        What was left out or filled in.
    bounds : (Paths, Paths) or None
        The same with unknown contamination at the lower and at the higher of the values beside it.
    stream : bool
        Whether they came from standard input or a pipe.
    """

    paths: Paths
    runs: tuple[str, ...]
    conditions: tuple[str, ...]
    metric: Metric
    notes: tuple[str, ...]
    bounds: tuple[Paths, Paths] | None
    stream: bool


class _Columns(NamedTuple):
    generation: str
    share: str | None
    run: str | None
    condition: str | None
    error: str | None


def read(path: Path, options: Options | None = None) -> Measurements:
    """Read generations from a table with a header.

    Columns: `generation` (whole numbers; some may be missing), `contamination` in [0, 1] (numbers or flags, blank where
    unknown) or `exposure` (contamination squared and cumulated), and a metric, blank where not measured; optionally
    one of `RUNS`, a condition, and `standard_error` (of the metric, in its own unit; 0 at a run's start where that is
    exact). Other columns are not used, and the notes name them.

    Raises
    ------
    InputError
        Naming file, line and column: a missing column, a non-numeric cell, a value out of range, a generation that is
        given twice, too few generations in all runs.
    """
    options = options or Options()
    by, generation, run = (
        column_name(name) if name else name for name in (options.by, options.generation, options.run)
    )
    options, table = replace(options, by=by, generation=generation, run=run), Table.open(path)
    metric = metrics.asked(options.metric) if options.metric else None
    columns = _columns(table, options)
    metric = metric or metrics.find(path, table.header)
    table.place(metric.name)
    used = {metric.name, *(name for name in columns if name)}
    ignored = [name for name in table.header if name not in used]
    rows: dict[tuple[str, str], list[Row]] = {}
    for key, row in _rows(table, columns, metric, options):
        rows.setdefault(key, []).append(row)
    if not rows:
        raise InputError(f"{path}: has a header and no rows")
    more = ", ..." if len(ignored) > _SHOWN else ""
    notes = [f"columns not used: {', '.join(ignored[:_SHOWN])}{more}"] if ignored else []
    if columns.error is None and "standard_error" in table.header:
        notes.append("standard_error is blank: not used")
    in_order = {key: _sorted(table, columns, key, mine) for key, mine in sorted(rows.items())}
    runs = [Run(key, mine, columns.share == "exposure") for key, mine in in_order.items()]
    found = assembled(path, runs, metric, options.start)
    return Measurements(
        found.paths, found.runs, found.conditions, metric, tuple(notes + found.notes), found.bounds, table.stream
    )


def _columns(table: Table, options: Options) -> _Columns:
    header = table.header
    generation = _generation(table, options)
    share = next((name for name in ("contamination", "exposure") if name in header), None)
    if options.contamination is not None:
        if share is not None:
            raise InputError(f"{table.path}: has a column {share!r}; leave out --contamination")
        if not 0.0 < options.contamination <= 1.0:
            raise InputError(f"--contamination {options.contamination:g}: allowed: (0, 1]")
    elif share is None:
        try:
            table.place("contamination")
        except InputError as error:
            raise InputError(f"{error}; where it is constant, give --contamination X") from None
    if options.by is not None:
        table.place(options.by)
    condition = options.by or ("condition" if "condition" in header else None)
    if options.run is not None:
        table.place(options.run)
    run = options.run or next((name for name in RUNS if name in header and name != condition), None)
    spread = "standard_error" if "standard_error" in header else None
    if spread is not None:
        place = table.place(spread)
        spread = spread if any(row[place].strip() for _, row in table.rows()) else None
    return _Columns(generation, share, run, condition, spread)


def _generation(table: Table, options: Options) -> str:
    """Column of the generation; InputError where there is none."""
    if options.generation is not None:
        table.place(options.generation)
        return options.generation
    if "gen" in table.header and "generation" not in table.header:
        return "gen"
    try:
        table.place("generation")
    except InputError as error:
        raise InputError(f"{error}; where it has another name, give --generation COLUMN") from None
    return "generation"


def _rows(table: Table, columns: _Columns, metric: Metric, options: Options) -> Iterator[tuple[tuple[str, str], Row]]:
    """Condition and run, and what is known of a generation, row by row."""
    places = {name: table.place(name) for name in (*columns, metric.name) if name}
    for line, row in table.rows():

        def cell(name: str, row: list[str] = row) -> str:
            return row[places[name]].strip()

        generation = table.number(line, columns.generation, cell(columns.generation), "[0, inf)")
        if generation != int(generation):
            raise InputError(f"{table.at(line, columns.generation)}: {generation:g} given; allowed: whole numbers")
        share = math.nan if options.contamination is None else options.contamination
        if columns.share is not None:
            text = cell(columns.share)
            allowed = "[0, 1]" if columns.share == "contamination" else "[0, inf)"
            if text.lower() in FLAGS and columns.share == "contamination":
                share = FLAGS[text.lower()]
            elif text:
                share = table.number(line, columns.share, text, allowed)
        value, error = math.nan, math.nan
        if cell(metric.name).lower() not in NOT_MEASURED:
            value = table.number(line, metric.name, cell(metric.name), metric.allowed)
        if columns.error is not None and cell(columns.error):
            error = table.number(line, columns.error, cell(columns.error), "[0, inf)")
        run = table.text(line, columns.run, cell(columns.run), "a run") if columns.run else ""
        condition = ""
        if columns.condition:
            condition = table.text(line, columns.condition, cell(columns.condition), "a condition")
        where = table.at(line, "standard_error") if columns.error else ""
        yield (condition, run), Row(int(generation), share, value, error, where)


def _sorted(table: Table, columns: _Columns, key: tuple[str, str], rows: list[Row]) -> list[Row]:
    rows = sorted(rows, key=lambda row: row.generation)
    for before, after in pairwise(rows):
        if after.generation == before.generation:
            name = "/".join(part for part in key if part)
            where = f"{table.path}: run {name!r}" if name else f"{table.path}"
            told = f"column {columns.run!r}" if columns.run else "no column"
            raise InputError(
                f"{where}: column {columns.generation}: {after.generation} given twice; {told} tells runs apart "
                "(--run), and --by COLUMN conditions"
            )
    return rows
