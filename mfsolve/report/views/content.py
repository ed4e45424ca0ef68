"""Content at snapshots of the path, beside human content."""

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import MARKERS, MOST_POINTS, place_text, set_labels
from mfsolve.report.rows import Row
from mfsolve.report.sample import mean_over_replicates
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import MOST_LINES, grid_of_axes, share_range, standing_alone, title
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing


def content(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Content at the snapshots, averaged over replicates: a panel an arm, or a panel a place with arms overlaid."""
    experiment, count = run.study.experiment, len(run.study.points)
    points = [p for p in run.study.points if "content" in experiment.outputs(p.case)]
    if not points or count > MOST_POINTS:
        return None
    panels = [[p] for p in points]
    if experiment.views.overlaid:
        panels = [[p for p in points if p.coordinates.items() <= c.items()] for c in run.study.places()]
    drawing, axes = grid_of_axes(len(panels), 4.6, 3.8)
    for axis, panel in zip(axes, panels):
        _panel(run, axis, panel)
    share_range(axes)
    legends(drawing)
    title(run, drawing, "")
    return drawing


def _panel(run: RunDirectory, axis: "Axes", points: Sequence[Point]) -> None:
    """The first point's content as lines, that of others as dots, and human content; at six snapshots at most."""
    from matplotlib import colormaps

    experiment, first = run.study.experiment, points[0]
    output = experiment.outputs(first.case)["content"]
    tokens = output.dims[1] == "token"
    for i, point in enumerate(points):
        coordinates = experiment.coordinates(point.case)
        place = coordinates[output.dims[1]]
        average = mean_over_replicates(run, point, "content")
        shown = np.unique(np.linspace(0, len(average) - 1, MOST_LINES).round().astype(int))
        for k, shade in zip(shown.tolist(), colormaps["viridis"](np.linspace(0.0, 0.9, len(shown)))):
            density = np.where(average[k] > 0.0, average[k], nan if tokens else 0.0)  # a log axis has no 0
            text = f"{experiment.path} {coordinates['snapshot'][k]:g}" if i == 0 else None
            look: dict[str, Any] = {"lw": 1.4} if i == 0 else {"ls": "", "marker": MARKERS[i % 8], "ms": 2.5}
            (line,) = axis.plot(place, density, color=shade, label=text, **look)
            if i == 0 and (alone := standing_alone(density)).any():
                line.set(marker=".", ms=3.0, markevery=list(np.flatnonzero(alone)))
        if i > 0:
            axis.plot([], [], ls="", marker=MARKERS[i % 8], ms=3, color="gray", label=run.study.words(point.arm))
    across = "content" if experiment.views.overlaid else "content [human standard deviations]"
    if tokens:
        axis.set(xscale="log", yscale="log")
        across = "rank among human tokens"
    if experiment.views.human is not None:
        axis.plot(place, experiment.views.human(first.case, place), ":", color="black", lw=1.2, label="human")
    set_labels(axis, across, words.quantity(output))
    arms = run.study.words(first.arm) + (" as lines" if len(points) > 1 else "")
    axis.set_title(", ".join(filter(None, [place_text(first.coordinates), arms])))
