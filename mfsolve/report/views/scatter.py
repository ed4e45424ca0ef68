"""Estimates of a design against each of its axes: a row of panels for every estimate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import COLOURS, new_figure, scale, set_labels
from mfsolve.report.rows import Row, places_of
from mfsolve.study.axes import are_names
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

MOST_ESTIMATES, MOST_AXES = 6, 6
FAINT = (*(int(COLOURS[0][place : place + 2], 16) / 255 for place in (1, 3, 5)), 0.3)
"""Colour of the intervals, which at few replicates are longer than the panel is high."""


def scattered(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Estimates with their intervals against every number that the design varies; the first six of either."""
    design = run.study.sweep.design
    specs = [spec for spec in run.study.estimates if not spec.estimand.along_axis][:MOST_ESTIMATES]
    if design is None or not specs:
        return None
    axes = [axis for axis in design.axes if not are_names(row[axis] for row in design.rows)][:MOST_AXES]
    if not axes:
        return None
    drawing, panels = new_figure(len(specs), len(axes), 3.0 * len(axes), 2.6 * len(specs), sharey="row", sharex="col")
    for across, spec in zip(panels, specs):
        mine = [(p, row) for p, row in zip(places_of(run, spec), (row for row in rows if row.name == spec.name))]
        for panel, axis in zip(across, axes):
            found = [(place[axis], row.estimate) for place, row in mine if axis in place]
            if not found:
                panel.text(0.5, 0.5, "does not depend on it", transform=panel.transAxes, ha="center", fontsize=8)
                continue
            x, value = np.array([v for v, _ in found], dtype=float), np.array([e.value for _, e in found])
            ends = np.array([[e.value - e.low, e.high - e.value] for _, e in found])
            error = np.where(np.isfinite(ends), ends, 0.0).T
            panel.errorbar(x, value, error, fmt="o", ms=2.5, lw=0.8, color=COLOURS[0], ecolor=FAINT)
            panel.set_xscale(scale(np.sort(x)))
        point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
        said = words.estimated(spec, run.study.experiment.outputs(point.case)[spec.quantity])
        set_labels(across[0], "", f"{spec.name}: {said}" if len(specs) > 1 else said)
    for panel, axis in zip(panels[-1], axes):
        panel.set_xlabel(words.setting(run.study.experiment, axis))
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing
