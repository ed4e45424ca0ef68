"""Curves along a dimension beside the path, at its end: mean over replicates with its interval."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    MOST_POINTS,
    label,
    plain_ticks,
    scale,
    value_scale,
)
from mfsolve.report.rows import Row
from mfsolve.report.views.panels import (
    band,
    draw_levels,
    grid_of_axes,
    inner,
    looks,
    mean_at_end,
    shaped,
    title,
    where,
)
from mfsolve.study.config import Point
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_PANELS = 12


Line = tuple[Point, str, Output]


def curves(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Outputs along a second dimension, at the end of the path: mean over replicates, its pointwise interval."""
    panels = curve_panels(run)
    if not panels:
        return None
    panels = {name: lines for name, lines in panels.items() if not says_nothing(run, lines)} or panels
    drawing, axes = grid_of_axes(len(panels), 4.8, 3.8)
    differ = [curve_panel(run, axis, panel, lines) for axis, (panel, lines) in zip(axes, panels.items())]
    title(run, drawing, band(run) if any(differ) else None)
    return drawing


def curve_panels(run: RunDirectory) -> dict[str, list[Line]]:
    """Curves by panel; none where a figure would show too many lines."""
    panels: dict[str, list[Line]] = {}
    for point, name, output in shaped(run, 1):
        if name != "content" and not output.over:
            panels.setdefault(output.panel or name, []).append((point, name, output))
    points = {id(point) for lines in panels.values() for point, _, _ in lines}
    return dict(list(panels.items())[:MOST_PANELS]) if len(points) <= MOST_POINTS else {}


def says_nothing(run: RunDirectory, lines: Sequence[Line]) -> bool:
    """True of several curves that are one and the same number everywhere: a mechanism that no arm switches on."""
    values = np.concatenate([mean_at_end(run, point, name)[0].ravel() for point, name, _ in lines])
    return len(lines) > 1 and bool((values == values[0]).all())


def curve_panel(run: RunDirectory, axis: "Axes", panel: str, lines: Sequence[Line]) -> bool:
    """Draw a panel; returns whether replicates differ, and curves have bands."""
    several = len({id(point) for point, _, _ in lines}) > 1
    shared = len({name for _, name, _ in lines}) > 1
    differ = False
    for i, (point, name, output) in enumerate(lines):
        x = run.study.experiment.coordinates(point.case)[inner(run, output)[0]]
        mean, half = mean_at_end(run, point, name)
        words = [output.long_name] if shared else []
        text = ", ".join(words + ([where(run, point)] if several else []))
        text = ": ".join(filter(None, [text, output.remark]))
        hue, dash = (i, i) if shared else looks(run, point)
        line, colour = LINES[dash % len(LINES)], COLOURS[hue % len(COLOURS)]
        if np.any(half > 0.0):
            differ = True
            low = np.maximum(mean - half, output.lowest)
            axis.fill_between(x, low, mean + half, color=colour, alpha=0.25, lw=0)
        (drawn,) = axis.plot(x, mean, line, color=colour, lw=1.6, label=text or None)
        if output.dots:
            drawn.set(marker=MARKERS[i % 8], ms=3.5, markevery=list(np.flatnonzero(np.isin(x, output.dots))))
        for place in (m for m in output.marks if x.min() <= m <= x.max()):
            axis.axvline(place, ls=":", color=colour, lw=1.0)
        _draw_spike(run, axis, point, output, colour)
        axis.set(xlabel=label(inner(run, output)[0]), xscale=scale(x))
    axis.set_yscale(value_scale(axis))
    draw_levels(axis, [output for _, _, output in lines])
    plain_ticks(axis)
    units = f" [{output.units}]" if output.units != "1" else ""
    axis.set_ylabel(textwrap.fill((panel if shared else output.long_name) + units, 44))
    for start, stop, between in dict.fromkeys(output.span for _, _, output in lines if output.span is not None):
        axis.axvspan(start, stop, color="black", alpha=0.1, lw=0, label=between)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8)
    return differ


def _draw_spike(run: RunDirectory, axis: "Axes", point: Point, output: Output, colour: str) -> None:
    """A mass in one place, as a line over the height of the panel: no density is as high; the legend says how much."""
    if output.spike is None:
        return
    place, name = output.spike
    mass = float(mean_at_end(run, point, name)[0])
    text = f"{where(run, point)}: mass {mass:.3g} at {place:g}".removeprefix(": ")
    axis.axvline(place, color=colour, lw=3.0, alpha=0.6, label=text)
