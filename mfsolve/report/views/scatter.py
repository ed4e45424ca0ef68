"""Estimates of a design against each of its axes: a row of panels for every estimate."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import COLOURS, new_figure, plain_ticks, set_labels
from mfsolve.report.rows import Row, places_of
from mfsolve.report.views.estimates import error_of
from mfsolve.report.views.panels import Page, shared_out
from mfsolve.study.axes import are_names
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

MOST_ESTIMATES, MOST_AXES = 6, 6
FAINT = (*(int(COLOURS[0][place : place + 2], 16) / 255 for place in (1, 3, 5)), 0.3)
"""Colour of the intervals, which at few replicates are longer than the panel is high."""


def scattered(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Estimates with their intervals against every number that the design varies: six a page, and six of the numbers.

    Axes have the scale on which the design draws them.
    """
    design = run.study.sweep.design
    specs = [spec for spec in run.study.estimates if not spec.estimand.along_axis]
    if design is None:
        return []
    numbers = [axis for axis in design.axes if not are_names(row[axis] for row in design.rows)]
    if not numbers:
        return []
    shown, first = numbers[:MOST_AXES], 1
    pages: list[Page] = []
    for part in shared_out(specs, MOST_ESTIMATES):
        of = [f"estimates {first} to {first + len(part) - 1} of {len(specs)}"] if len(part) < len(specs) else []
        of += [f"the first {len(shown)} of {len(numbers)} settings"] if len(shown) < len(numbers) else []
        title = "\n".join(filter(None, [run.study.title, "; ".join(of)]))
        pages.append(partial(_page, run, rows, part, shown, title))
        first += len(part)
    return pages


def _page(
    run: RunDirectory, rows: Sequence[Row], specs: Sequence[EstimateSpec], axes: Sequence[str], title: str
) -> "Drawing":
    over = {} if run.study.sweep.design is None else run.study.sweep.design.over
    drawing, panels = new_figure(len(specs), len(axes), 3.0 * len(axes), 2.6 * len(specs), sharey="row", sharex="col")
    for across, spec in zip(panels, specs):
        mine = [(p, row) for p, row in zip(places_of(run, spec), (row for row in rows if row.name == spec.name))]
        for panel, axis in zip(across, axes):
            found = [(place[axis], row.estimate) for place, row in mine if axis in place]
            if not found:
                panel.text(0.5, 0.5, "does not depend on it", transform=panel.transAxes, ha="center", fontsize=8)
                continue
            x, value = np.array([v for v, _ in found], dtype=float), np.array([e.value for _, e in found])
            error = np.array([error_of(e) for _, e in found]).T
            panel.errorbar(x, value, error, fmt="o", ms=2.5, lw=0.8, color=COLOURS[0], ecolor=FAINT)
            given = over.get(axis)
            panel.set_xscale(given.get("scale", "linear") if isinstance(given, Mapping) else "linear")
        point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
        said = words.estimated(spec, run.study.experiment.outputs(point.case)[spec.quantity])
        set_labels(across[0], "", f"{spec.name}: {said}" if len(run.study.estimates) > 1 else said)
    for panel, axis in zip(panels[-1], axes):
        panel.set_xlabel(words.setting(run.study.experiment, axis))
    for panel in panels[-1]:
        plain_ticks(panel)
    drawing.suptitle(title, fontsize=11)
    return drawing
