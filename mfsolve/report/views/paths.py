"""Paths along generations or time: mean and spread of replicates at every point, beside the limit."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    MOST_POINTS,
    label,
    new_figure,
    plain_ticks,
    scale,
    value_scale,
)
from mfsolve.report.rows import Row
from mfsolve.report.views.panels import (
    draw_levels,
    looks,
    where,
)
from mfsolve.study.config import Point
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def paths(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Paths of the main outputs: mean and central 95 % of replicates at every point, reference dotted."""
    experiment = run.study.experiment
    along = experiment.path
    if along is None:
        return None
    points = [p for p in run.study.points if experiment.coordinates(p.case)[along].size > 1]
    panels: dict[str, list[tuple[Point, str, Output]]] = {}
    for name in experiment.views.paths:
        for point in points:
            if name in experiment.outputs(point.case):
                output = experiment.outputs(point.case)[name]
                panels.setdefault(output.panel or name, []).append((point, name, output))
    panels = dict(list(panels.items())[:4])
    if not panels or len(run.study.points) > MOST_POINTS:
        return None
    drawing, axes = new_figure(-(-len(panels) // 2), min(2, len(panels)), 9.0, 0.8 + 2.9 * -(-len(panels) // 2))
    for axis, lines in zip(axes.flat, panels.values()):
        for point, name, output in lines:
            mean, low, high = _bands(run, point, name)
            place = experiment.coordinates(point.case)[along]
            text, (hue, dash) = where(run, point) or label(point.arm), looks(run, point)
            colour, first = COLOURS[hue % len(COLOURS)], dash % 7  # markers of curves that coincide stand apart
            if name == lines[0][1]:
                axis.fill_between(place, low, high, color=colour, alpha=min(0.25, 0.75 / len(points)), lw=0)
                every = -(-place.size // 24)
                axis.plot(
                    place, mean, LINES[dash % len(LINES)], marker=MARKERS[dash % len(MARKERS)], ms=4,
                    markevery=(first * every // 7 if every > 1 else 0, every), color=colour, label=text,
                )  # fmt: skip
            else:  # a second output of the panel goes with the first: the same colour, no markers
                axis.plot(place, mean, "--", lw=1.2, color=colour, label=f"{output.long_name} ({text})")
            exact = run.reference(point)
            if name in exact:
                axis.plot(place, exact[name], ":", color="black", lw=1.2, zorder=5)
        units = f"[{output.units}]" if output.units != "1" else ""
        title = output.panel or output.long_name
        axis.set(title=textwrap.fill(title, 44), xlabel=along, ylabel=units, xscale=scale(place))
        axis.set_yscale(value_scale(axis))
        draw_levels(axis, [output for *_, output in lines])
        plain_ticks(axis)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    if any(run.reference(point) for point in points):
        axes.flat[0].plot([], [], ":", color="black", label=experiment.views.limit)
    held: dict[str, Any] = {}
    for axis in axes.flat:
        held |= {text: line for line, text in zip(*axis.get_legend_handles_labels())}
    wide = max(len(text) for text in held)
    drawing.legend(
        held.values(), held.keys(), loc="outside lower center", ncols=max(1, min(4, 90 // (wide + 6))), frameon=False
    )
    count = run.study.ensemble.replicates
    drawing.suptitle(f"{run.study.title}\nmean of {count} replicates; band: central 95 % of replicates", fontsize=11)
    return drawing


def _bands(run: RunDirectory, point: Point, name: str) -> tuple[Any, Any, Any]:
    """Mean and central 95 % over replicates, one place of the path at a time."""
    size = run.study.experiment.coordinates(point.case)[run.study.experiment.path or ""].size
    columns = (run.column(point, name, t) for t in range(size))
    stats = [(c.mean(), *np.quantile(c, (0.025, 0.975))) for c in columns]
    mean, low, high = np.array(stats).T
    return mean, low, high
