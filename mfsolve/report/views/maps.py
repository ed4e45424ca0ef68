"""Maps over two dimensions beside the path, at its end: values, or classes with their boundaries."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report import words
from mfsolve.report.look import (
    LINES,
    colours_between,
    edges,
    fitted,
    label,
    plain_ticks,
    scale,
    set_labels,
)
from mfsolve.report.rows import Row
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import (
    MOST_PANELS,
    Page,
    any_drawn,
    grid_of_axes,
    inner,
    mean_at_end,
    shaped,
    shared_out,
    title,
    where,
)
from mfsolve.study.config import Point
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

NOTHING, DASH = "white", "\N{EN DASH}"
"""Colour of cells where there is nothing to classify, and what is written into them."""

ROW = 0.22
"""Inches of a row that has a name."""


@dataclass(frozen=True)
class Map:
    """A map to be drawn: its mean over replicates, and what its title says of the point."""

    point: Point
    name: str
    output: Output
    values: Floats
    title: str


def maps(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Outputs over two dimensions, at the end of the path: mean over replicates, classes with their boundaries."""
    panels = map_panels(run)
    points = max(1, len({panel.title for panel in panels}))
    whole = MOST_PANELS // points * points or MOST_PANELS  # rows of the same outputs stay together
    return [partial(_page, run, page, panels) for page in shared_out(panels, whole)]


def _page(run: RunDirectory, panels: Sequence[Map], every: Sequence[Map]) -> "Drawing":
    points = len({panel.title for panel in panels})
    named = [panel.values.shape[0] for panel in panels if any(panel.output.ticks)]
    # a row for each output where that gives a rectangle; whoever is named needs a line of text
    height = max(4.2, 1.8 + ROW * max(named, default=0))
    drawing, axes = grid_of_axes(len(panels), 5.4, height, points if points in (2, 3, 4) else None)
    for axis, panel in zip(axes, panels):
        alike = [other.values for other in every if other.name == panel.name]  # one scale of colours
        map_panel(run, axis, panel, min(map(np.nanmin, alike)), max(map(np.nanmax, alike)))
    legends(drawing, one=True)
    title(run, drawing, "" if any_drawn(run, ((panel.point, panel.name) for panel in panels)) else None)
    return drawing


def map_panels(run: RunDirectory) -> list[Map]:
    """Maps of a study. An alternative's map that is the same all over the grid is drawn once."""
    groups: dict[tuple[str, str], list[Map]] = {}
    for point, name, output in shaped(run, 2):
        panel = Map(point, name, output, mean_at_end(run, point, name)[0], where(run, point))
        groups.setdefault((name, point.arm), []).append(panel)
    panels: list[Map] = []
    for (_, arm), group in groups.items():
        same = len(group) > 1 and all(np.array_equal(group[0].values, other.values) for other in group[1:])
        panels += [replace(group[0], title=label(arm))] if same else group
    if len({panel.title for panel in panels}) == 1:
        panels = [replace(panel, title="") for panel in panels]
    return panels


def map_panel(run: RunDirectory, axis: "Axes", panel: Map, low: float, high: float) -> None:
    """Draw a map, the curves laid over it, its axes and title."""
    coordinates, outputs = (
        run.study.experiment.coordinates(panel.point.case),
        run.study.experiment.outputs(panel.point.case),
    )
    down, across = inner(run, panel.output)
    y, x = (coordinates[dim] for dim in (down, across))
    named = [bool(names) for names in panel.output.ticks]
    y, x = (np.arange(float(place.size)) if any(named) else place for place in (y, x))
    _map(axis, x, y, panel.values, panel.output, low, high)
    for i, (other, curve) in enumerate((n, v) for n, v in outputs.items() if v.over == panel.name):
        along = coordinates[inner(run, curve)[0]]
        value = mean_at_end(run, panel.point, other)[0]
        axis.plot(along, value, LINES[i + 1], color="black", lw=1.8, label=curve.long_name)
    axis.grid(False)
    experiment = run.study.experiment
    set_labels(axis, words.setting(experiment, across), words.setting(experiment, down))
    axis.set(
        xscale=scale(x), yscale=scale(y),
        xlim=(x.min(), x.max()), ylim=(y.min(), y.max()),
    )  # fmt: skip
    plain_ticks(axis)
    if any(named):
        name_places(axis, (coordinates[down], coordinates[across]), panel.output)
    if panel.output.written:
        write_cells(axis, mean_at_end(run, panel.point, panel.output.written)[0])
    title = panel.output.long_name + (f": {panel.title}" if panel.title else "")
    axis.set_title(fitted(title, axis.bbox.width / axis.figure.dpi, 9.0), fontsize=9)


def name_places(axis: "Axes", places: tuple[Floats, Floats], output: Output) -> None:
    """Whole cells with the names of their rows and columns, or with the numbers where there are no names."""
    rows, columns = ([*names] or [f"{x:g}" for x in place] for names, place in zip(output.ticks, places))
    axis.set(xscale="linear", yscale="linear", xlabel="")
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks(range(len(columns)), [textwrap.fill(name, 12) for name in columns], fontsize=6.5)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.minorticks_off()


def write_cells(axis: "Axes", values: Floats) -> None:
    """Write a value into every cell of a map."""
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
            axis.text(j, i, f"{value:.2g}", ha="center", va="center", fontsize=6.5, bbox=box)


def part_classes(axis: "Axes", x: Floats, y: Floats, values: Floats) -> None:
    """White lines along the edges of cells where classes meet; x and y are the edges of all cells."""
    from matplotlib.collections import LineCollection

    known = np.where(np.isfinite(values), np.round(values), -1.0)
    beside, above = (np.argwhere(np.diff(known, axis=k) != 0.0) for k in (1, 0))
    pieces = [[(x[j + 1], y[i]), (x[j + 1], y[i + 1])] for i, j in beside]
    pieces += [[(x[j], y[i + 1]), (x[j + 1], y[i + 1])] for i, j in above]
    if pieces:
        axis.add_collection(LineCollection(pieces, colors="white", linewidths=0.8), autolim=False)


def _map(axis: "Axes", x: Floats, y: Floats, values: Floats, output: Output, low: float, high: float) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    ends = edges(x), edges(y)
    if not output.labels:
        name, low, high = colours_between(low, high)
        mesh = axis.pcolormesh(*ends, values, cmap=colormaps[name], vmin=low, vmax=high, rasterized=True)
        axis.figure.colorbar(mesh, ax=axis, label="" if output.units == "1" else output.units)
        return
    count = len(output.labels)
    classes = [label for label in output.labels if label != output.absent]
    shades = dict(zip(classes, colormaps["cividis"](np.linspace(0.08, 0.98, len(classes)))))
    colours = [shades.get(label, NOTHING) for label in output.labels]
    axis.pcolormesh(*ends, values, cmap=ListedColormap(colours), vmin=-0.5, vmax=count - 0.5, rasterized=True)
    if output.absent:
        for i, j in np.argwhere(values == output.labels.index(output.absent)):
            axis.text(x[j], y[i], DASH, ha="center", va="center", color="gray")
    present = np.unique(np.round(values[np.isfinite(values)])).astype(int)
    if not any(output.ticks):
        part_classes(axis, *ends, values)
    for k in present:
        axis.scatter([], [], marker="s", s=60, color=colours[k], edgecolor="gray", label=output.labels[k])
