"""Exceptions a study has found, row by row: outputs that are tables with named columns."""

from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report.numbers import number
from mfsolve.study.config import Point
from mfsolve.study.store import RunDirectory

MOST_ROWS = 1000
SHOWN = 12


def listings(run: RunDirectory) -> list[dict[str, Any]]:
    """Tables of every point that has any: name, meaning, where, columns, the number of rows, the first of them."""
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
    rows = rows[~np.isnan(rows).all(axis=1)]
    return {
        "name": name,
        "long_name": output.long_name,
        "at": point.label,
        "columns": list(output.listed),
        "count": len(rows),
        "rows": plain(rows[:MOST_ROWS]),
    }


def plain(rows: Floats) -> list[list[float | None]]:
    """Rows as JSON types: None for what is no number, or is the end of an interval without ends."""
    return [[float(x) if np.isfinite(x) else None for x in row] for row in rows]


def markdown(listing: dict[str, Any]) -> str:
    """The first rows of a listing as markdown, with the number of all."""
    shown = listing["rows"][:SHOWN]
    title = f"{listing['long_name']}, {listing['at']}: {listing['count']}"
    title += f", the first {len(shown)}" if len(shown) < listing["count"] else ""
    table = [listing["columns"], ["---"] * len(listing["columns"]), *([number(x) for x in row] for row in shown)]
    return f"\n{title}\n" + ("\n" + "\n".join(f"| {' | '.join(line)} |" for line in table) + "\n" if shown else "")
