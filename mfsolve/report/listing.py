"""Exceptions a study has found, row by row: outputs that are tables with named columns."""

import itertools
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report.look import label
from mfsolve.report.numbers import number
from mfsolve.report.tables import markdown_line
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

MOST_ROWS = 1000
SHOWN = 12


def listings(run: RunDirectory) -> list[dict[str, Any]]:
    """Tables of every point that has any: name, meaning, where, columns, the number of rows, the first of them.

    `row` and `names` are what the rows are and are called, where the output names them, by the first of its `ticks`.
    """
    return [
        _listing(run, point, name, output)
        for point in run.study.points
        for name, output in run.study.experiment.outputs(point.case).items()
        if output.listed
    ]


def _listing(run: RunDirectory, point: Point, name: str, output: Output) -> dict[str, Any]:
    """Rows of all replicates at the end of the path; empty ones are all NaN."""
    along = run.study.experiment.path is not None and output.dims[0] == run.study.experiment.path
    found = [
        (block[:, -1] if along else block).reshape(-1, len(output.listed)) for (block,) in run.blocks(point, [name])
    ]
    rows = np.concatenate(found)
    kept = ~np.isnan(rows).all(axis=1)
    called = output.ticks[0] if output.ticks else ()
    names = [name for name, shown in zip(itertools.cycle(called), kept) if shown]
    rows = rows[kept]
    return {
        "name": name,
        "long_name": output.long_name,
        "at": point.label,
        "columns": list(output.listed),
        "row": output.dims[-2] if called else "",
        "names": names[:MOST_ROWS],
        "count": len(rows),
        "rows": plain(rows[:MOST_ROWS]),
    }


def plain(rows: Floats) -> list[list[float | None]]:
    """Rows as JSON types: None for what is no number, or is the end of an interval without ends."""
    return [[float(x) if np.isfinite(x) else None for x in row] for row in rows]


def heading(listing: dict[str, Any]) -> str:
    """Say what is listed, where, and in how many rows, those of all replicates together."""
    count = listing["count"]
    return f"{listing['long_name']}, {label(listing['at'])}: {count} {'row' if count == 1 else 'rows'}"


def markdown(listing: dict[str, Any]) -> str:
    """The first rows of a listing as markdown, with the number of all."""
    shown = listing["rows"][:SHOWN]
    title = f"{heading(listing)}{f', the first {len(shown)}' if len(shown) < listing['count'] else ''}"
    table = [[label(name) for name in listing["columns"]], *([number(x) for x in row] for row in shown)]
    if listing.get("names"):
        table = [[first, *line] for first, line in zip([label(listing["row"]), *map(label, listing["names"])], table)]
    table.insert(1, ["---"] * len(table[0]))
    return f"\n{title}\n" + ("\n" + "\n".join(map(markdown_line, table)) + "\n" if shown else "")
