"""Content at snapshots of the path, beside human content."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report.look import (
    MARKERS,
    MOST_POINTS,
    label,
    new_figure,
    place_text,
)
from mfsolve.report.rows import Row
from mfsolve.report.sample import mean_over_replicates
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def content(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Content at the snapshots, averaged over replicates: a panel an arm, or a panel a place with arms overlaid."""
    from matplotlib import colormaps

    experiment, count = run.study.experiment, len(run.study.points)
    points = [p for p in run.study.points if "content" in experiment.outputs(p.case)]
    if not points or count > MOST_POINTS:
        return None
    overlaid = experiment.views.overlaid
    panels = [[p] for p in points]
    if overlaid:
        panels = [[p for p in points if p.coordinates.items() <= c.items()] for c in run.study.places()]
    drawing, axes = new_figure(1, len(panels), 4.6 * len(panels), 4.0, sharey=True)
    for axis, panel in zip(axes.flat, panels):
        for i, point in enumerate(panel):
            coordinates = experiment.coordinates(point.case)
            output = experiment.outputs(point.case)["content"]
            place = coordinates[output.dims[1]]
            average = mean_over_replicates(run, point, "content")
            shades = colormaps["viridis"](np.linspace(0.0, 0.9, len(average)))
            for t, density, shade in zip(coordinates["snapshot"], average, shades):
                alive = density > 0.0
                text = f"{experiment.path} {t:g}" if i == 0 else None
                look = {"lw": 1.4} if i == 0 else {"ls": "", "marker": MARKERS[i % 8], "ms": 2.5}
                axis.plot(place[alive], density[alive], color=shade, label=text, **look)
            if i > 0:
                axis.plot([], [], ls="", marker=MARKERS[i % 8], ms=3, color="gray", label=label(point.arm))
        if output.dims[1] == "token":
            axis.set(xscale="log", yscale="log", xlabel="rank among human tokens")
        else:
            axis.set(xlabel="content [human standard deviations]" if not overlaid else "content")
        if experiment.views.human is not None:
            axis.plot(place, experiment.views.human(panel[0].case, place), ":", color="black", lw=1.2, label="human")
        where = place_text(panel[0].coordinates)
        lines = f": {label(panel[0].arm)} as lines" if overlaid and len(panel) > 1 else ""
        axis.set_title(
            (where or output.long_name) + lines if overlaid else label(panel[0].arm) + (f", {where}" if where else "")
        )
        axis.legend(frameon=False, fontsize=8)
    axes.flat[0].set_ylabel(output.long_name)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing
