"""Figures that the shape of a variable decides: curves along a second dimension, maps of two, trade-offs."""

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Variable
from mfsolve.inference import intervals
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    MOST_POINTS,
    label,
    new_figure,
    place_text,
    plain_ticks,
    scale,
    value_scale,
)
from mfsolve.report.rows import Row
from mfsolve.study.config import Point
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_PANELS = 12


def curves(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Variables along a second dimension, at the end of the path: mean over replicates, its pointwise interval."""
    panels = _curve_panels(run)
    if not panels:
        return None
    drawing, axes = _grid_of_axes(len(panels), 4.8, 3.8)
    differ = [_curve_panel(run, axis, panel, lines) for axis, (panel, lines) in zip(axes, panels.items())]
    _title(run, drawing, _band(run) if any(differ) else None)
    return drawing


def maps(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Variables over two dimensions, at the end of the path: mean over replicates, classes with their boundaries."""
    panels = _map_panels(run)
    if not panels:
        return None
    points = len({panel.title for panel in panels})
    # a row a variable where that gives a rectangle
    drawing, axes = _grid_of_axes(len(panels), 5.4, 4.2, points if points in (2, 3, 4) else None)
    for axis, panel in zip(axes, panels):
        alike = [other.values for other in panels if other.name == panel.name]  # one scale of colours
        _map_panel(run, axis, panel, min(map(np.nanmin, alike)), max(map(np.nanmax, alike)))
    _title(run, drawing, None if all(panel.variable.exact for panel in panels) else "")
    return drawing


def overview(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The first curves beside the first map, at a glance, of a study that has both."""
    curves, maps = list(_curve_panels(run).items())[:2], _map_panels(run)[:1]
    if not curves or not maps:
        return None
    drawing, axes = _grid_of_axes(len(curves) + 1, 5.4, 4.2)
    differ = [_curve_panel(run, axis, panel, lines) for axis, (panel, lines) in zip(axes, curves)]
    _map_panel(run, axes[-1], maps[0], np.nanmin(maps[0].values), np.nanmax(maps[0].values))
    _title(run, drawing, _band(run) if any(differ) else None if maps[0].variable.exact else "")
    return drawing


Line = tuple[Point, str, Variable]


def _band(run: RunDirectory) -> str:
    return f"{100 * run.study.ensemble.level:g} % confidence band of the mean"


def _curve_panels(run: RunDirectory) -> dict[str, list[Line]]:
    """Curves by panel; none where a figure would show too many lines."""
    panels: dict[str, list[Line]] = {}
    for point, name, variable in _shaped(run, 2):
        if name != "content" and not variable.over:
            panels.setdefault(variable.panel or name, []).append((point, name, variable))
    points = {id(point) for lines in panels.values() for point, _, _ in lines}
    return dict(list(panels.items())[:MOST_PANELS]) if len(points) <= MOST_POINTS else {}


def _curve_panel(run: RunDirectory, axis: "Axes", panel: str, lines: Sequence[Line]) -> bool:
    """Draw a panel; returns whether replicates differ, and curves have bands."""
    several = len({id(point) for point, _, _ in lines}) > 1
    shared = len({name for _, name, _ in lines}) > 1
    differ = False
    for i, (point, name, variable) in enumerate(lines):
        x = run.study.model.coordinates(point.case)[variable.dims[1]]
        mean, half = _mean_at_end(run, point, name)
        words = [variable.long_name] if shared else []
        text = ", ".join(words + ([where(run, point)] if several else []))
        text = ": ".join(filter(None, [text, variable.remark]))
        line, colour = LINES[i % len(LINES)], COLOURS[i % len(COLOURS)]
        if np.any(half > 0.0):
            differ = True
            low = np.maximum(mean - half, variable.lowest)
            axis.fill_between(x, low, mean + half, color=colour, alpha=0.25, lw=0)
        (drawn,) = axis.plot(x, mean, line, color=colour, lw=1.6, label=text or None)
        if variable.dots:
            drawn.set(marker=MARKERS[i % 8], ms=3.5, markevery=list(np.flatnonzero(np.isin(x, variable.dots))))
        for place in (m for m in variable.marks if x.min() <= m <= x.max()):
            axis.axvline(place, ls=":", color=colour, lw=1.0)
        _draw_spike(run, axis, point, variable, colour)
        axis.set(xlabel=label(variable.dims[1]), xscale=scale(x))
    axis.set_yscale(value_scale(axis))
    draw_levels(axis, [variable for _, _, variable in lines])
    plain_ticks(axis)
    units = f" [{variable.units}]" if variable.units != "1" else ""
    axis.set_ylabel(textwrap.fill((panel if shared else variable.long_name) + units, 44))
    for start, stop, between in dict.fromkeys(variable.span for _, _, variable in lines if variable.span is not None):
        axis.axvspan(start, stop, color="black", alpha=0.1, lw=0, label=between)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8)
    return differ


def _draw_spike(run: RunDirectory, axis: "Axes", point: Point, variable: Variable, colour: str) -> None:
    """A mass in one place, as a line over the height of the panel: no density is as high; the legend says how much."""
    if variable.spike is None:
        return
    place, name = variable.spike
    mass = float(_mean_at_end(run, point, name)[0])
    text = f"{where(run, point)}: mass {mass:.3g} at {place:g}".removeprefix(": ")
    axis.axvline(place, color=colour, lw=3.0, alpha=0.6, label=text)


def draw_levels(axis: "Axes", variables: Sequence[Variable]) -> None:
    """Horizontal lines with their names beside the panel, and the range of values that is in sight."""
    for value, name in dict.fromkeys(itertools.chain.from_iterable(variable.levels for variable in variables)):
        axis.axhline(value, ls=(0, (1, 2)), color="gray", lw=1.0, zorder=0.5)
        axis.annotate(
            name, (1.01, value), xycoords=("axes fraction", "data"), va="center", fontsize=7, color="dimgray"
        )  # fmt: skip
    views = [variable.view for variable in variables if variable.view is not None]
    if views:
        axis.set_ylim(min(low for low, _ in views), max(high for _, high in views))


@dataclass(frozen=True)
class Map:
    """A map to be drawn: its mean over replicates, and what its title says of the point."""

    point: Point
    name: str
    variable: Variable
    values: Floats
    title: str


def _map_panels(run: RunDirectory) -> list[Map]:
    """Maps of a study. An alternative's map that is the same all over the grid is drawn once."""
    groups: dict[tuple[str, str], list[Map]] = {}
    for point, name, variable in _shaped(run, 3):
        panel = Map(point, name, variable, _mean_at_end(run, point, name)[0], where(run, point))
        groups.setdefault((name, point.policy), []).append(panel)
    panels: list[Map] = []
    for (_, policy), group in groups.items():
        same = len(group) > 1 and all(np.array_equal(group[0].values, other.values) for other in group[1:])
        panels += [replace(group[0], title=label(policy))] if same else group
    if len({panel.title for panel in panels}) == 1:
        panels = [replace(panel, title="") for panel in panels]
    return panels[:MOST_PANELS]


def _map_panel(run: RunDirectory, axis: "Axes", panel: Map, low: float, high: float) -> None:
    coordinates, variables = run.study.model.coordinates(panel.point.case), run.study.model.variables(panel.point.case)
    y, x = (coordinates[dim] for dim in panel.variable.dims[1:])
    _map(axis, x, y, panel.values, panel.variable, low, high)
    for i, (other, curve) in enumerate((n, v) for n, v in variables.items() if v.over == panel.name):
        along = coordinates[curve.dims[1]]
        value = _mean_at_end(run, panel.point, other)[0]
        axis.plot(along, value, LINES[i + 1], color="black", lw=1.8, label=curve.long_name)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=8, framealpha=0.85)
    axis.grid(False)
    axis.set(
        xlabel=label(panel.variable.dims[2]), ylabel=label(panel.variable.dims[1]), xscale=scale(x), yscale=scale(y),
        xlim=(x.min(), x.max()), ylim=(y.min(), y.max()),
    )  # fmt: skip
    plain_ticks(axis)
    title = panel.variable.long_name + (f": {panel.title}" if panel.title else "")
    axis.set_title(textwrap.fill(title, 52), fontsize=9)


def _map(axis: "Axes", x: Floats, y: Floats, values: Floats, variable: Variable, low: float, high: float) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    if not variable.labels:
        mesh = axis.pcolormesh(
            x, y, values, shading="nearest", cmap=colormaps["viridis"], vmin=low, vmax=high, rasterized=True
        )
        axis.figure.colorbar(mesh, ax=axis, label="" if variable.units == "1" else variable.units)
        return
    count = len(variable.labels)
    colours = [colormaps["cividis"](share) for share in np.linspace(0.08, 0.98, count)]
    axis.pcolormesh(
        x, y, values, shading="nearest", cmap=ListedColormap(colours), vmin=-0.5, vmax=count - 0.5, rasterized=True
    )
    present = np.unique(np.round(values[np.isfinite(values)])).astype(int)
    if present.size > 1 and min(values.shape) > 1:
        axis.contour(x, y, values, levels=present[:-1] + 0.5, colors="white", linewidths=0.8)
    for k in present:
        axis.scatter([], [], marker="s", s=60, color=colours[k], edgecolor="gray", label=variable.labels[k])


def tradeoff(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The model's competing aims against each other at the end of the path, a marker with intervals an alternative.

    Where the model names a baseline that the study has: paired differences to it. Where curves are laid over the aims,
    such as a frontier: their means.
    """
    names = run.study.model.tradeoff
    points = [] if run.study.axes else list(run.study.points)
    points = [p for p in points if set(names) <= set(run.study.model.variables(p.case))]
    if len(names) < 2 or len(points) < 2:
        return None
    against = next((p for p in points if p.policy == run.study.model.baseline), None)
    pairs = list(itertools.combinations(names, 2))
    drawing, axes = _grid_of_axes(len(pairs), 4.6, 4.2)
    for axis, pair in zip(axes, pairs):
        for i, point in enumerate(p for p in points if p is not against):
            frontier = [_over(run, point, name, against) for name in pair]
            if frontier[0] is not None and frontier[1] is not None:
                axis.plot(frontier[0], frontier[1], LINES[i % 8], color=COLOURS[i % 8], lw=1.1, alpha=0.8)
            x, y = (_aim(run, point, name, against) for name in pair)
            axis.errorbar(
                x.value, y.value, np.nan_to_num(y.half_width), np.nan_to_num(x.half_width), fmt=MARKERS[i % 8],
                color=COLOURS[i % 8], markerfacecolor="none", mew=1.4, elinewidth=0.8, capsize=2, ms=7,
                label=label(point.policy),
            )  # fmt: skip
        if against is not None:
            axis.plot(0.0, 0.0, "+", color="black", ms=11, mew=1.5, label=label(against.policy))
        variables = run.study.model.variables(points[0].case)
        less = ", difference" if against is not None else ""
        axis.set(xlabel=textwrap.fill(variables[pair[0]].long_name + less, 48))
        axis.set_ylabel(textwrap.fill(variables[pair[1]].long_name + less, 40))
    held, texts = axes[0].get_legend_handles_labels()
    drawing.legend(held, texts, loc="outside lower center", ncols=min(6, len(points)), frameon=False)
    what = f"differences to {label(against.policy)}, paired; " if against is not None else ""
    _title(run, drawing, f"{what}bars: {100 * run.study.ensemble.level:g} % intervals of the mean")
    return drawing


def _aim(run: RunDirectory, point: Point, name: str, against: Point | None) -> intervals.Estimate:
    """Mean of an aim at the end of the path, or of its paired difference."""
    values, level = run.column(point, name), run.study.ensemble.level
    if against is None:
        return intervals.mean(values, level)
    return intervals.difference(values, run.column(against, name), level)


def _over(run: RunDirectory, point: Point, name: str, against: Point | None) -> Floats | None:
    """Means (n,) along the curve that is laid over an aim, less the aim's mean in the baseline."""
    curve = next((n for n, v in run.study.model.variables(point.case).items() if v.over == name), None)
    if curve is None:
        return None
    return _mean_at_end(run, point, curve)[0] - (run.column(against, name).mean() if against is not None else 0.0)


def _shaped(run: RunDirectory, dimensions: int) -> Iterator[tuple[Point, str, Variable]]:
    """Points and their variables that run along the path and so many dimensions in all; variable by variable."""
    model = run.study.model
    found = [
        (point, name, variable)
        for point in run.study.points
        for name, variable in model.variables(point.case).items()
        if variable.dims[0] == model.path and len(variable.dims) == dimensions and not variable.listed
    ]
    names = list(dict.fromkeys(name for _, name, _ in found))
    yield from sorted(found, key=lambda item: names.index(item[1]))


def _mean_at_end(run: RunDirectory, point: Point, name: str) -> tuple[Floats, Floats]:
    """Mean over replicates at the end of the path, and half the width of its pointwise interval (0 for one)."""
    from scipy.special import stdtrit

    count, level = run.study.ensemble.replicates, run.study.ensemble.level
    first: Floats | None = None
    total, square = 0.0, 0.0
    for (block,) in run.blocks(point, [name]):
        values = block[:, -1]
        first = values[0] if first is None else first
        total, square = total + (values - first).sum(axis=0), square + ((values - first) ** 2).sum(axis=0)
    assert first is not None
    if count == 1:
        return first, np.zeros_like(first)
    variance = np.maximum(square - total**2 / count, 0.0) / (count - 1)
    return first + total / count, stdtrit(count - 1, 0.5 + 0.5 * level) * np.sqrt(variance / count)


def where(run: RunDirectory, point: Point) -> str:
    """Alternative and place of a point, as far as the study has several."""
    policies = {p.policy for p in run.study.points}
    alternative = [label(point.policy)] if len(policies) > 1 else []
    return ", ".join(filter(None, [*alternative, label(place_text(point.coordinates))]))


def _grid_of_axes(count: int, width: float, height: float, columns: int | None = None) -> tuple["Drawing", list[Any]]:
    """So many axes, three a row where nothing else is asked; the rest of the last row is hidden."""
    columns = columns or (min(3, count) if count != 4 else 2)
    lines = -(-count // columns)
    drawing, axes = new_figure(lines, columns, width * columns, height * lines)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return drawing, list(axes.flat[:count])


def _title(run: RunDirectory, drawing: "Drawing", what: str | None) -> None:
    """The study's title; below it how many replicates there are, and what is shown of them, unless nothing differs."""
    count = run.study.ensemble.replicates
    text = f"mean of {count} replicates; {what}".rstrip("; ") if count > 1 and what is not None else ""
    drawing.suptitle(f"{run.study.title}\n{text}".strip(), fontsize=11)
