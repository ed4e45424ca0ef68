"""Maps over two dimensions beside the path, at its end: values, or classes with their boundaries."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
from mfsolve.report.views.classes import (
    OPEN_HATCH,
    colours_of,
    hatch_cells,
    hatch_differing,
    lightness,
    most_frequent,
    part_classes,
)
from mfsolve.report.views.estimates import mean_at_end
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import (
    MOST_PANELS,
    Page,
    any_drawn,
    grid_of_axes,
    inner,
    shaped,
    shared_out,
    title,
    where,
)
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

NOTHING, DASH = "white", "\N{EN DASH}"
"""Colour of cells where there is nothing to classify, and what is written into them."""

NO_NUMBER = "none"
"""What is written into a cell that has a class and no number."""
PALE = 0.6
"""Lightness from which on a cell is hatched darkly."""
ROW = 0.22
"""Inches of a row that has a name."""


@dataclass(frozen=True)
class Map:
    """A map to be drawn: its mean over replicates, and what its title says of the point.

    Of classes it has the most frequent one; `differ` says in which cells replicates differ.
    """

    point: Point
    name: str
    output: Output
    values: Floats
    title: str
    differ: NDArray[np.bool_] | None = None


def maps(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Outputs over two dimensions, at the end of the path: mean over replicates, classes with their boundaries."""
    panels = map_panels(run)
    return [partial(_page, run, page, panels) for page in _pages(panels)]


def _pages(panels: Sequence[Map]) -> list[list[Map]]:
    """Panels by page: those of one output stay together where a page has room for them."""
    groups: dict[str, list[Map]] = {}
    for panel in panels:
        groups.setdefault(panel.name, []).append(panel)
    pages: list[list[Map]] = []
    for group in groups.values():
        for part in shared_out(group, MOST_PANELS):
            if pages and len(pages[-1]) + len(part) <= MOST_PANELS:
                pages[-1] += part
            else:
                pages.append(part)
    return pages


def _page(run: RunDirectory, panels: Sequence[Map], every: Sequence[Map]) -> "Drawing":
    counts = {sum(other.name == panel.name for other in panels) for panel in panels}
    named = [panel.values.shape[0] for panel in panels if any(panel.output.ticks)]
    # a row for each output where that gives a rectangle; whoever is named needs a line of text
    height = max(4.2, 1.8 + ROW * max(named, default=0))
    columns = max(counts) if len(counts) == 1 and max(counts) in (2, 3, 4) else None
    drawing, axes = grid_of_axes(len(panels), 5.4, height, columns)
    for axis, panel in zip(axes, panels):
        map_panel(run, axis, panel, every)
    legends(drawing, one=True)
    title_of_maps(run, drawing, panels)
    return drawing


def title_of_maps(run: RunDirectory, drawing: "Drawing", panels: Sequence[Map]) -> None:
    """The study's title, and what is shown of replicates: means of values, the most frequent of classes."""
    drawn = [panel for panel in panels if any_drawn(run, [(panel.point, panel.name)])]
    kinds = dict.fromkeys("most frequent class" if panel.output.labels else "mean" for panel in drawn)
    said = dict.fromkeys(
        f"in the cells: {run.study.experiment.outputs(panel.point.case)[panel.output.written].long_name} "
        f"({NO_NUMBER}: it has no value)"
        for panel in panels
        if panel.output.written
    )
    title(run, drawing, "; ".join(said) if drawn else None, " or ".join(sorted(kinds)))


def map_panels(run: RunDirectory) -> list[Map]:
    """Maps of a study. An alternative's map that is the same all over the grid is drawn once."""
    groups: dict[tuple[str, str], list[Map]] = {}
    for point, name, output in shaped(run, 2):
        count, differ = len(output.labels), None
        if count:
            values, differ = most_frequent(run, point, name, count)
        else:
            values = mean_at_end(run, point, name)
        groups.setdefault((name, point.arm), []).append(Map(point, name, output, values, where(run, point), differ))
    panels: list[Map] = []
    for (_, arm), group in groups.items():
        first = group[0]
        same = len(group) > 1 and all(
            np.array_equal(first.values, other.values, equal_nan=True)
            and (first.differ is None or other.differ is None or np.array_equal(first.differ, other.differ))
            for other in group[1:]
        )
        panels += [replace(first, title=run.study.words(arm))] if same else group
    if len({panel.title for panel in panels}) == 1:
        panels = [replace(panel, title="") for panel in panels]
    return panels


def map_panel(run: RunDirectory, axis: "Axes", panel: Map, every: Sequence[Map]) -> None:
    """Draw a map, the curves laid over it, its axes and title; colours are common to all maps of the figure."""
    coordinates, outputs = (
        run.study.experiment.coordinates(panel.point.case),
        run.study.experiment.outputs(panel.point.case),
    )
    down, across = inner(run, panel.output)
    y, x = (coordinates[dim] for dim in (down, across))
    named = [bool(names) for names in panel.output.ticks]
    y, x = (np.arange(float(place.size)) if any(named) else place for place in (y, x))
    if panel.output.labels:
        _map_of_classes(axis, x, y, panel, _class_colours(every))
    else:
        _map_of_values(axis, x, y, panel, [other.values for other in every if other.name == panel.name])
    for i, (other, curve) in enumerate((n, v) for n, v in outputs.items() if v.over == panel.name):
        along = coordinates[inner(run, curve)[0]]
        value = mean_at_end(run, panel.point, other)
        axis.plot(along, value, ls=LINES[i + 1], color="black", lw=1.8, label=curve.long_name)
    axis.grid(False)
    experiment = run.study.experiment
    set_labels(axis, words.setting(experiment, across), words.setting(experiment, down))
    ends = edges(x), edges(y)
    axis.set(
        xscale=scale(x),
        yscale=scale(y),
        xlim=(ends[0].min(), ends[0].max()),
        ylim=(ends[1].min(), ends[1].max()),
    )
    plain_ticks(axis)
    if any(named):
        name_places(axis, (coordinates[down], coordinates[across]), panel.output)
    if panel.output.written:
        absent = panel.output.labels.index(panel.output.absent) if panel.output.absent else -1
        write_cells(axis, mean_at_end(run, panel.point, panel.output.written), panel.values != absent)
    title = panel.output.long_name + (f": {panel.title}" if panel.title else "")
    axis.set_title(fitted(title, axis.bbox.width / axis.figure.dpi, 9.0), fontsize=9)


def name_places(axis: "Axes", places: tuple[Floats, Floats], output: Output) -> None:
    """Whole cells with the names of their rows and columns, or with the numbers where there are no names."""
    rows, columns = ([*map(label, names)] or [f"{x:g}" for x in place] for names, place in zip(output.ticks, places))
    axis.set(xscale="linear", yscale="linear", xlabel="")
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks(range(len(columns)), [_narrow(name) for name in columns], fontsize=6.5)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.minorticks_off()


def _narrow(name: str) -> str:
    """A name in lines that are as narrow as a column; what it says in brackets begins a line."""
    return "\n".join(textwrap.fill(part, 12, break_long_words=False) for part in name.replace(" [", "\n[").split("\n"))


def write_cells(axis: "Axes", values: Floats, there: NDArray[np.bool_]) -> None:
    """Write a value into every cell of a map that has a class, or that it has none."""
    for (i, j), value in np.ndenumerate(values):
        if there[i, j]:
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
            text = f"{value:.2g}" if np.isfinite(value) else NO_NUMBER
            axis.text(j, i, text, ha="center", va="center", fontsize=6.5, bbox=box)


def _map_of_values(axis: "Axes", x: Floats, y: Floats, panel: Map, alike: Sequence[Floats]) -> None:
    """Values in colours that maps of the same output share, with a bar that says of what."""
    from matplotlib import colormaps

    name, low, high = colours_between(min(map(np.nanmin, alike)), max(map(np.nanmax, alike)))
    mesh = axis.pcolormesh(edges(x), edges(y), panel.values, cmap=colormaps[name], vmin=low, vmax=high, rasterized=True)
    said = words.quantity(panel.output)
    axis.figure.colorbar(mesh, ax=axis, label=fitted(said, axis.bbox.height / axis.figure.dpi, 9.0))


def _class_colours(every: Sequence[Map]) -> Mapping[str, str]:
    """Colours of all classes that occur in a figure; one that says that there is nothing has none."""
    maps = [panel for panel in every if panel.output.labels]
    present = {
        panel.output.labels[int(k)] for panel in maps for k in np.unique(panel.values[np.isfinite(panel.values)])
    }
    return colours_of([panel.output for panel in maps], present - {panel.output.absent for panel in maps})


def _map_of_classes(axis: "Axes", x: Floats, y: Floats, panel: Map, shades: Mapping[str, str]) -> None:
    from matplotlib.colors import ListedColormap

    ends, values, output = (edges(x), edges(y)), panel.values, panel.output
    count = len(output.labels)
    colours = [shades.get(name, NOTHING) for name in output.labels]
    axis.pcolormesh(*ends, values, cmap=ListedColormap(colours), vmin=-0.5, vmax=count - 0.5, rasterized=True)
    open_ = [k for k, meaning in enumerate(output.meanings) if meaning == "open"]
    hatch_cells(axis, *ends, np.isin(values, open_), "white", OPEN_HATCH)
    if output.absent:
        for i, j in np.argwhere(values == output.labels.index(output.absent)):
            axis.text(x[j], y[i], DASH, ha="center", va="center", color="gray")
    if not any(output.ticks):
        part_classes(axis, *ends, values)
    for k in np.unique(values[np.isfinite(values)]).astype(int):
        marked: dict[str, Any] = {"hatch": 2 * OPEN_HATCH} if k in open_ else {}
        axis.scatter([], [], marker="s", s=60, facecolor=colours[k], edgecolor="gray", label=output.labels[k], **marked)
    if panel.differ is not None:
        pale = np.isin(values, [k for k, colour in enumerate(colours) if lightness(colour) > PALE])
        hatch_differing(axis, *ends, panel.differ, pale)
