"""The report's figures, as PNG and PDF: one function a figure, one look for all of them."""

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.experiments.experiment import Variable
from mfsolve.report import rows as estimates
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    MOST_POINTS,
    label,
    new_figure,
    place_text,
    plain_ticks,
    save,
    scale,
    value_scale,
)
from mfsolve.report.rows import Row
from mfsolve.report.views import grid as grids
from mfsolve.report.views import shapes
from mfsolve.study.config import Point
from mfsolve.study.settings import Figure, Statistic
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

WELFARE_PARTS = (
    ("welfare_producers", 1.0, "producers"),
    ("welfare_consumers", 1.0, "consumers"),
    ("loss_collapse", -1.0, "collapse"),
    ("loss_information", -1.0, "unknown provenance"),
    ("policy_cost", -1.0, "policy cost"),
)


def draw(run: RunDirectory, rows: Sequence[Row]) -> list[Path]:
    """Draw the study's figures into its run directory; returns the files. What a study does not keep is left out."""
    makers: dict[Figure, Callable[[RunDirectory, Sequence[Row]], Drawing | None]] = {
        Figure.PATHS: paths,
        Figure.REGRESSION: regression,
        Figure.CONTENT: content,
        Figure.WELFARE: welfare,
        Figure.GRID: grids.grid,
        Figure.CURVES: shapes.curves,
        Figure.MAPS: shapes.maps,
        Figure.OVERVIEW: shapes.overview,
        Figure.TRADEOFF: shapes.tradeoff,
    }
    files = []
    for name in run.study.figures:
        drawing = makers[name](run, rows)
        if drawing is not None:
            files += save(drawing, run.path / f"{name}")
    return files


def _single_place(run: RunDirectory) -> list[Point]:
    """The points of a study without a grid; none of one with a grid."""
    return [] if run.study.axes else list(run.study.points)


def paths(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Paths of the main variables: mean and central 95 % of replicates at every point, reference dotted."""
    model = run.study.model
    points = [p for p in run.study.points if model.coordinates(p.case)[model.path].size > 1]
    panels: dict[str, list[tuple[int, Point, str, Variable]]] = {}
    for name in model.panels:
        for i, point in enumerate(points):
            if name in model.variables(point.case):
                variable = model.variables(point.case)[name]
                panels.setdefault(variable.panel or name, []).append((i, point, name, variable))
    panels = dict(list(panels.items())[:4])
    if not panels or len(run.study.points) > MOST_POINTS:
        return None
    drawing, axes = new_figure(-(-len(panels) // 2), min(2, len(panels)), 9.0, 0.8 + 2.9 * -(-len(panels) // 2))
    for axis, lines in zip(axes.flat, panels.values()):
        for i, point, name, variable in lines:
            mean, low, high = _bands(run, point, name)
            place = model.coordinates(point.case)[model.path]
            text, look = shapes.where(run, point) or label(point.policy), i % len(COLOURS)
            if name == lines[0][2]:
                axis.fill_between(place, low, high, color=COLOURS[look], alpha=min(0.25, 0.75 / len(points)), lw=0)
                axis.plot(
                    place, mean, LINES[look], marker=MARKERS[look], ms=4, markevery=-(-place.size // 24),
                    color=COLOURS[look], label=text,
                )  # fmt: skip
            else:  # a second variable of the panel goes with the first: the same colour, no markers
                axis.plot(place, mean, "--", lw=1.2, color=COLOURS[look], label=f"{variable.long_name} ({text})")
            exact = run.mean_field(point)
            if exact is not None and name in exact:
                axis.plot(place, exact[name], ":", color="black", lw=1.2, zorder=5)
        units = f"[{variable.units}]" if variable.units != "1" else ""
        title = variable.panel or variable.long_name
        axis.set(title=textwrap.fill(title, 44), xlabel=model.path, ylabel=units, xscale=scale(place))
        axis.set_yscale(value_scale(axis))
        shapes.draw_levels(axis, [variable for *_, variable in lines])
        plain_ticks(axis)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    if any(run.mean_field(point) is not None for point in points):
        text = "mean field" if model.path == "generation" else "reference"
        axes.flat[0].plot([], [], ":", color="black", label=text)
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
    size = run.study.model.coordinates(point.case)[run.study.model.path].size
    columns = (run.column(point, name, t) for t in range(size))
    stats = [(c.mean(), *np.quantile(c, (0.025, 0.975))) for c in columns]
    mean, low, high = np.array(stats).T
    return mean, low, high


def regression(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The collapse law: mean paths, the fitted slope through the origin, and the structural one."""
    specs = [s for s in run.study.estimates if s.statistic in (Statistic.SLOPE, Statistic.HAC_SLOPE)]
    points = _single_place(run)
    if not specs or not points:
        return None
    drawing, axes = new_figure(1, 1, 6.4, 4.6)
    axis: Axes = axes.flat[0]
    drawn = set()
    for spec, row in ((s, r) for s in specs for r in rows if r.name == s.name):
        point = run.study.find(row.policy, {})
        if (row.policy, spec.quantity) in drawn:
            continue
        drawn.add((row.policy, spec.quantity))
        i = run.study.policies.index(row.policy)
        x, y = (estimates.mean_path(run, point, name) for name in (spec.against or "", spec.quantity))
        fit = estimates.regression_of_mean_path(run, point, spec)
        reach = np.linspace(0.0, x.max() * 1.03, 50)
        axis.plot(x[1:], y[1:], MARKERS[i], color=COLOURS[i], label=f"{label(row.policy)}: mean path")
        axis.plot(reach, fit.slope * reach, LINES[i], color=COLOURS[i], label=f"fitted slope {fit.slope:.4f}")
        axis.fill_between(
            reach, fit.low * reach, fit.high * reach, color=COLOURS[i], alpha=0.2, lw=0,
            label=f"{100 * fit.level:g} % HAC interval [{fit.low:.3f}, {fit.high:.3f}]",
        )  # fmt: skip
        variables = run.study.model.variables(point.case)
        axis.set(xlabel=variables[spec.against or ""].long_name, ylabel=variables[spec.quantity].long_name)
    claims = {row.claimed for row in rows if row.statistic in ("slope", "hac_slope") and row.claimed is not None}
    for slope, style in zip(sorted(claims), (":", "-.", "--")):
        axis.plot(reach, slope * reach, style, color="black", lw=1.0, label=f"claimed slope {slope:g}")
    axis.legend(frameon=False, loc="upper left")
    axis.set_title(run.study.title)
    return drawing


def content(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Content at the snapshots, averaged over replicates: a panel per policy, or per place with solvers overlaid."""
    from matplotlib import colormaps

    model, count = run.study.model, len(run.study.points)
    points = [p for p in run.study.points if "content" in run.study.model.variables(p.case)]
    if not points or count > MOST_POINTS:
        return None
    overlaid = model.path == "time"
    panels = (
        [[p for p in points if p.coordinates == c] for c in run.study.places()] if overlaid else [[p] for p in points]
    )
    drawing, axes = new_figure(1, len(panels), 4.6 * len(panels), 4.0, sharey=True)
    for axis, panel in zip(axes.flat, panels):
        for i, point in enumerate(panel):
            coordinates = model.coordinates(point.case)
            variable = model.variables(point.case)["content"]
            place = coordinates[variable.dims[1]]
            average = estimates.mean_path(run, point, "content")
            shades = colormaps["viridis"](np.linspace(0.0, 0.9, len(average)))
            for t, density, shade in zip(coordinates["snapshot"], average, shades):
                alive = density > 0.0
                text = f"{model.path} {t:g}" if i == 0 else None
                look = {"lw": 1.4} if i == 0 else {"ls": "", "marker": MARKERS[i % 8], "ms": 2.5}
                axis.plot(place[alive], density[alive], color=shade, label=text, **look)
            if i > 0:
                axis.plot([], [], ls="", marker=MARKERS[i % 8], ms=3, color="gray", label=label(point.policy))
        if variable.dims[1] == "token":
            axis.set(xscale="log", yscale="log", xlabel="rank among human tokens")
        else:
            axis.set(xlabel="content [human standard deviations]" if not overlaid else "content")
        if model.human is not None:
            axis.plot(place, model.human(panel[0].case, place), ":", color="black", lw=1.2, label="human")
        where = place_text(panel[0].coordinates)
        lines = f": {label(panel[0].policy)} as lines" if overlaid and len(panel) > 1 else ""
        axis.set_title(where + lines if overlaid else label(panel[0].policy) + (f", {where}" if where else ""))
        axis.legend(frameon=False, fontsize=8)
    axes.flat[0].set_ylabel(variable.long_name)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def welfare(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Welfare at the last generation, part by part, for every policy; error bars: interval of the total."""
    from mfsolve.inference import intervals

    points = _single_place(run)
    parts = {"welfare", *(name for name, *_ in WELFARE_PARTS)}
    if not points or any(parts - set(run.study.model.variables(p.case)) for p in points):
        return None
    drawing, axes = new_figure(1, 1, 1.8 + 1.2 * max(3, len(points)), 4.4)
    axis: Axes = axes.flat[0]
    x = np.arange(len(points))
    top, bottom = np.zeros(len(points)), np.zeros(len(points))
    for k, (name, sign, text) in enumerate(WELFARE_PARTS):
        part = sign * np.array([run.column(p, name).mean() for p in points])
        axis.bar(
            x, part, 0.6, bottom=np.where(part >= 0.0, top, bottom), color=COLOURS[k], label=text,
            hatch=("", "//", "..", "xx", "\\\\")[k], edgecolor="white",
        )  # fmt: skip
        top, bottom = top + np.maximum(part, 0.0), bottom + np.minimum(part, 0.0)
    totals = [intervals.mean(run.column(p, "welfare"), run.study.ensemble.level) for p in points]
    value = np.array([t.value for t in totals])
    error = np.nan_to_num([t.half_width for t in totals])
    axis.errorbar(x, value, error, fmt="D", color="black", ms=5, capsize=4, label="total, with interval")
    axis.axhline(0.0, color="black", lw=0.8)
    axis.set_xticks(x, [label(p.policy) for p in points])
    last = points[0].case.population.generations
    axis.set(ylabel="welfare per unit of producers", title=f"{run.study.title}\nwelfare at generation {last}")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return drawing
