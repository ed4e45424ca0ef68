"""A user's own log of recursive training: rows of generations as paths that a law can be fitted to (MODEL 8.10)."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mfsolve.data import metrics
from mfsolve.data.log_rows import Places, measured, row_of
from mfsolve.data.metrics import Metric
from mfsolve.data.table import Table, column_name, short
from mfsolve.data.training_runs import Row, Run, assembled
from mfsolve.data.wide_log import Wide, wide
from mfsolve.inference.collapse_paths import Paths, Start
from mfsolve.models.frozen import InputError

RUNS = ("run", "run_id", "run_name", "seed")
"""Columns that tell runs apart, the first that is there."""
_STEP = "step"
"""Column that is taken for the generation where its numbers are one apart and there is no other."""
_SHOWN = 6


@dataclass(frozen=True)
class Options:
    """Choices of how a table is read.

    Attributes
    ----------
    metric : str or None
        `NAME:lower|higher[:log|linear]`; by default the column with a known name.
    contamination : float, str or None
        Column of the contamination, by default `contamination` or `exposure`; or, of a table without one, the constant
        contamination after the first generation.
    by : str or None
        Column of the condition; by default `condition`, where there is one.
    start : Start
        Whether every run's start is exact.
    generation, run : str or None
        Columns of the generation and of the run; by default `generation` and the first of `RUNS` that is there.
    wide : bool
        Whether every column beside the generation, the contamination and the like is a run of the metric.
    encoding : str or None
        Of a text that is not UTF-8.
    """

    metric: str | None = None
    contamination: float | str | None = None
    by: str | None = None
    start: Start = Start.MEASURED
    generation: str | None = None
    run: str | None = None
    wide: bool = False
    encoding: str | None = None


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
    stream : bool
        Whether they came from standard input or a pipe.
    """

    paths: Paths
    runs: tuple[str, ...]
    conditions: tuple[str, ...]
    metric: Metric
    notes: tuple[str, ...]
    stream: bool


class _Columns(NamedTuple):
    generation: str
    share: str | None
    run: str | None
    condition: str | None
    error: str | None


def read(path: Path, options: Options | None = None) -> Measurements:
    """Read generations from a table with a header.

    Columns: `generation` (whole numbers; some may be missing), `contamination` in [0, 1] (numbers, flags, or per cent
    with the sign, blank where unknown) or `exposure` (contamination squared and cumulated), and a metric, blank where
    not measured (NA, nan, null are blanks in all columns but the generation); optionally one of `RUNS`, a condition,
    and `standard_error` (of the metric, in its own unit; 0 at a run's start where that is exact). Other columns are not
    used, and the notes name them.

    Raises
    ------
    InputError
        Naming file, line and column: a missing column, a non-numeric cell, a value out of range, an infinite one (a run
        that diverged: to leave it out unasked would bias the slope), a generation that is given twice, too few
        generations in all runs.
    """
    options = options or Options()
    by, generation, run = (
        column_name(name) if name else name for name in (options.by, options.generation, options.run)
    )
    share = column_name(options.contamination) if isinstance(options.contamination, str) else options.contamination
    options = replace(options, by=by, generation=generation, run=run, contamination=share)
    table = Table.open(path, encoding=options.encoding)
    if isinstance(share, str):
        table.place(share)
    metric = metrics.asked(options.metric) if options.metric else None
    found = wide(
        table, metric, options.generation, _of_long_tables(table, options), said=options.wide,
        share=share if isinstance(share, str) else None,
    )  # fmt: skip
    return _read_long(table, metric, options) if found is None else _read_wide(found, options)


def _of_long_tables(table: Table, options: Options) -> list[str]:
    """Columns and options that speak of a table with a line for every run and generation."""
    columns = [f"column {name!r}" for name in (*RUNS, "condition") if name in table.header]
    asked = {"--by": options.by, "--run": options.run}
    return columns + [option for option, value in asked.items() if value is not None]


def _read_wide(found: Wide, options: Options) -> Measurements:
    path, constant = found.table.path, _constant(options)
    shared = {places.share is not None for places in found.runs.values()}
    if constant is not None:
        _check_constant(found.table, constant, True in shared)
    elif False in shared:
        run = next(run for run, places in found.runs.items() if places.share is None)
        raise InputError(
            f"{path}: run {run!r}: no contamination; a column 'contamination' of all runs is needed, or "
            f"'{run} - contamination', another with --contamination COLUMN, or, if constant, --contamination X"
        )
    rows = found.rows(constant)
    notes = [found.note, *_not_used(found.ignored), *_steps(rows.values(), found.exposed)]
    runs = [Run(key, sorted(mine, key=lambda row: row.generation), found.exposed) for key, mine in rows.items()]
    return _measurements(found.table, runs, found.metric, options, notes)


def _read_long(table: Table, metric: Metric | None, options: Options) -> Measurements:
    path = table.path
    columns = _columns(table, options)
    metric = metric or metrics.find(path, table.header)
    table.place(metric.name)
    used = {metric.name, *(name for name in columns if name)}
    rows: dict[tuple[str, str], list[Row]] = {}
    for key, row in _rows(table, columns, metric, options):
        rows.setdefault(key, []).append(row)
    notes = _not_used([name for name in table.header if name not in used])
    if columns.error is None and "standard_error" in table.header:
        notes.append("standard_error is blank: not used")
    in_order = {key: _sorted(table, columns, key, mine) for key, mine in sorted(rows.items())}
    if columns.generation == _STEP and options.generation is None:
        _refuse_steps(table, in_order.values())
        notes.append("generations read from column step")
    notes += _steps(in_order.values(), columns.share == "exposure")
    runs = [Run(key, mine, columns.share == "exposure") for key, mine in in_order.items()]
    return _measurements(table, runs, metric, options, notes)


def _measurements(
    table: Table, runs: Sequence[Run], metric: Metric, options: Options, notes: Sequence[str]
) -> Measurements:
    if not any(run.rows for run in runs):
        raise InputError(f"{table.path}: has a header and no rows")
    found = assembled(table.path, runs, metric, options.start)
    said = (*filter(None, [metric.note]), *notes, *found.notes)
    return Measurements(found.paths, found.runs, found.conditions, metric, said, table.stream)


def _not_used(names: Sequence[str]) -> list[str]:
    more = ", ..." if len(names) > _SHOWN else ""
    return [f"columns not used: {', '.join(names[:_SHOWN])}{more}"] if names else []


def _constant(options: Options) -> float | None:
    return None if isinstance(options.contamination, str) else options.contamination


def _steps(runs: Iterable[Sequence[Row]], exposed: bool) -> list[str]:
    """Note on generations that are multiples of a step, such as 0, 1000, 2000: every row counts as a thousand."""
    apart = [after.generation - before.generation for rows in runs for before, after in pairwise(rows)]
    step = math.gcd(*apart)
    if exposed or step < 2 or len(apart) < 2:
        return []
    return [
        f"generations are multiples of {step} apart: each row counts as that many generations at the contamination "
        "beside it; if a row is one generation, number them 0, 1, 2, ..."
    ]


def _refuse_steps(table: Table, runs: Iterable[Sequence[Row]]) -> None:
    """Refuse steps of training, which are no generations: numbers that are not one apart."""
    for rows in runs:
        for before, after in pairwise(rows):
            if after.generation != before.generation + 1:
                raise InputError(
                    f"{table.path}: column step: {before.generation}, {after.generation} given, which are not "
                    "consecutive generations; give --generation step if they are generations nonetheless"
                )


def _missing(table: Table, name: str, hint: str) -> InputError:
    """Refusal of a table without a column: a name that is nearly this one, or all that there are."""
    near = get_close_matches(name, table.header, n=1, cutoff=0.8)
    known = ", ".join(short(own, "") for own in table.header[:_SHOWN]) + ", ..." * (len(table.header) > _SHOWN)
    others = f"did you mean {near[0]}?" if near else f"known: {known}"
    return InputError(f"{table.path}: column {name!r} is missing; {others}; {hint}")


def _check_constant(table: Table, constant: float, held: bool) -> None:
    """Refuse a constant contamination beside a column of it, or one out of its range."""
    if held:
        name = next((name for name in ("contamination", "exposure") if name in table.header), "contamination")
        raise InputError(f"{table.path}: has a column {name!r}; leave out --contamination")
    if not 0.0 < constant <= 1.0:
        hint = f"; if it is per cent, give {constant / 100.0:g}" if 1.0 < constant <= 100.0 else ""
        raise InputError(f"--contamination: {constant:g} given; allowed: (0, 1]{hint}")


def _columns(table: Table, options: Options) -> _Columns:
    header = table.header
    generation = _generation(table, options)
    share: str | None = next((name for name in ("contamination", "exposure") if name in header), None)
    if isinstance(options.contamination, str):
        share = options.contamination
    elif options.contamination is not None:
        _check_constant(table, options.contamination, share is not None)
    elif share is None:
        hint = (
            "name the column of the synthetic share with --contamination COLUMN, or give a constant, --contamination X"
        )
        raise _missing(table, "contamination", hint)
    if options.by is not None:
        table.place(options.by)
    condition = options.by or ("condition" if "condition" in header else None)
    if options.run is not None:
        table.place(options.run)
    run = options.run or next((name for name in RUNS if name in header and name != condition), None)
    spread = "standard_error" if "standard_error" in header else None
    if spread is not None:
        place = table.place(spread)
        spread = spread if any(measured(row[place]) for _, row in table.rows()) else None
    return _Columns(generation, share, run, condition, spread)


def _generation(table: Table, options: Options) -> str:
    """Column of the generation; InputError where there is none."""
    if options.generation is not None:
        table.place(options.generation)
        return options.generation
    if "gen" in table.header and "generation" not in table.header:
        return "gen"
    if "generation" not in table.header and _STEP in table.header:
        return _STEP
    if "generation" not in table.header:
        raise _missing(table, "generation", "if it has another name, give --generation COLUMN")
    return "generation"


def _rows(table: Table, columns: _Columns, metric: Metric, options: Options) -> Iterator[tuple[tuple[str, str], Row]]:
    """Condition and run, and what is known of a generation, row by row."""
    at = {name: table.place(name) for name in (*columns, metric.name) if name}
    share, error = (None if name is None else at[name] for name in (columns.share, columns.error))
    places = Places(at[columns.generation], at[metric.name], share, error, columns.share == "exposure")
    for line, cells in table.rows():
        run = table.text(line, columns.run, cells[at[columns.run]], "a run") if columns.run else ""
        condition = ""
        if columns.condition:
            condition = table.text(line, columns.condition, cells[at[columns.condition]], "a condition")
        yield (condition, run), row_of(table, line, cells, places, metric, _constant(options))


def _sorted(table: Table, columns: _Columns, key: tuple[str, str], rows: list[Row]) -> list[Row]:
    rows = sorted(rows, key=lambda row: row.generation)
    for before, after in pairwise(rows):
        if after.generation == before.generation:
            name = "/".join(part for part in key if part)
            where = f"{table.path}: run {name!r}" if name else f"{table.path}"
            told = "no column identifies runs: name it with --run COLUMN"
            if columns.run:
                told = f"only column {columns.run!r} identifies runs: name another with --run COLUMN"
            others = "" if columns.condition else ", or that of conditions with --by COLUMN"
            raise InputError(
                f"{where}: column {columns.generation}: {after.generation} given twice, and {told}{others}"
            )
    return rows
