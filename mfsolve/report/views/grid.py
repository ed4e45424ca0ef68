"""Figures along the axes of a study's grid: orders and what they are fitted to, estimates with what is claimed."""

import textwrap
from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.report.look import (
    COLOURS,
    MARKERS,
    colours_between,
    label,
    new_figure,
    place_text,
    plain_ticks,
    scale,
    value_scale,
)
from mfsolve.report.rows import Row, places_of
from mfsolve.report.sample import Stored
from mfsolve.report.views.scatter import scattered
from mfsolve.study.estimands import AlongAxis, Order, PooledSlope
from mfsolve.study.settings import EstimateSpec
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_INSIDE = 6
"""Entries of a legend that a panel has room for beside its lines."""


def grid(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Estimates along the grid's first axis: order fits in log-log, others with what is claimed.

    A panel each, but arms share it where the same is estimated of them.
    """
    design = run.study.sweep.design
    if not run.study.axes:
        return None
    if design is not None and design.drawn:
        return scattered(run, rows)
    first = next(iter(run.study.axes))
    panels: dict[tuple[Any, ...], list[EstimateSpec]] = {}
    for spec in run.study.estimates:
        pooled = isinstance(spec.estimand, PooledSlope)
        if not pooled and (spec.estimand.along_axis or len(run.study.axes[first]) > 1):
            panels.setdefault(_alike(spec), []).append(spec)
    if not panels:
        return None
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    drawing, axes = new_figure(lines, columns, 4.8 * columns, 3.8 * lines)
    below: dict[str, Any] = {}
    for axis, specs in zip(axes.flat, panels.values()):
        mine = [[row for row in rows if row.name == spec.name] for spec in specs]
        if specs[0].estimand.along_axis:
            _order_panel(run, axis, specs[0], mine[0])
        elif is_map(run, mine):
            _map_panel(run, axis, mine[0])
        else:
            _axis_panel(run, axis, first, list(zip(specs, mine)))
        point = run.study.find(specs[0].arm or run.study.arms[0], next(iter(run.study.places())))
        common = run.study.experiment.outputs(point.case)[specs[0].quantity].long_name
        axis.set_title(textwrap.fill(common if len(specs) > 1 else specs[0].name, 52), fontsize=10)
        lines_of_panel = dict(zip(*reversed(axis.get_legend_handles_labels())))
        if not lines_of_panel:
            continue
        if len(lines_of_panel) > MOST_INSIDE:
            below |= lines_of_panel
        else:
            axis.legend(frameon=False, fontsize=8)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    if below:
        drawing.legend(below.values(), below.keys(), loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def _alike(spec: EstimateSpec) -> tuple[Any, ...]:
    """Key of the estimates that share a panel: everything but their arm and their claim."""
    if spec.estimand.along_axis:
        return (spec.name,)
    return spec.statistic, spec.quantity, spec.at, spec.baseline, spec.against, spec.probability, spec.trials


def _order_panel(run: RunDirectory, axis: "Axes", spec: EstimateSpec, rows: Sequence[Row]) -> None:
    for i, (place, row) in enumerate(zip(places_of(run, spec), rows)):
        _order_line(run, axis, spec, place, row, i)
    axis.set(
        xscale="log", yscale="log", xlabel=label((spec.axis or "").rpartition(".")[2]), ylabel=label(spec.quantity)
    )
    values = run.study.axes[spec.axis or ""]
    axis.set_xticks(values, [f"{value:.3g}" for value in values], rotation=30)
    axis.set_xticks([], minor=True)


def _magnitudes(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> AlongAxis:
    estimand = spec.estimand
    assert isinstance(estimand, Order)
    return estimand.magnitudes(spec, Stored(run, spec, place))


def _what(spec: EstimateSpec) -> str:
    """The magnitude that an order is fitted to, in words."""
    return getattr(spec.estimand, "what", "") or label(spec.quantity)


def _order_line(
    run: RunDirectory, axis: "Axes", spec: EstimateSpec, place: Mapping[str, Any], row: Row, i: int
) -> None:
    data = _magnitudes(run, spec, place)
    values, colour = np.array(data.values, dtype=float), COLOURS[i % 8]
    error = np.minimum(1.96 * data.standard_error, 0.999 * data.magnitude)  # a bar must not reach 0 on a log scale
    text = f"{_what(spec)}{', ' + row.place if row.place else ''}"
    axis.errorbar(values, data.magnitude, error, fmt=MARKERS[i % 8], color=colour, capsize=3, label=text)
    e = row.estimate
    middle = np.exp(np.log(data.fineness).mean()), np.exp(np.log(data.magnitude).mean())
    fit = f"fitted order {e.value:.3f} [{e.low:.3f}, {e.high:.3f}]"
    axis.plot(values, middle[1] * (data.fineness / middle[0]) ** -e.value, "-", color=colour, label=fit)
    if (theory := row.predicted) is not None:
        line = middle[1] * (data.fineness / middle[0]) ** -theory
        axis.plot(values, line, "--", color="black", label=f"theory {theory:g}" if i == 0 else None)


def is_map(run: RunDirectory, found: Sequence[Sequence[Row]]) -> bool:
    """True where one estimate over two numeric axes would be more lines than a panel shows legibly."""
    axes = list(run.study.axes.values())
    if len(found) != 1 or len(axes) != 2 or len(axes[1]) <= MOST_INSIDE:
        return False
    numeric = all(not isinstance(value, str) for values in axes for value in values)
    return numeric and len(found[0]) == len(axes[0]) * len(axes[1])


def _map_panel(run: RunDirectory, axis: "Axes", rows: Sequence[Row]) -> None:
    """An estimate over both axes of a grid."""
    from matplotlib import colormaps

    (across, x), (down, y) = ((name, np.array(values, dtype=float)) for name, values in run.study.axes.items())
    values = np.full((y.size, x.size), nan)
    for place, row in zip(run.study.places(), rows):
        values[y == place[down], x == place[across]] = row.estimate.value
    name, low, high = colours_between(np.nanmin(values), np.nanmax(values))
    mesh = axis.pcolormesh(x, y, values, shading="nearest", cmap=colormaps[name], vmin=low, vmax=high, rasterized=True)
    axis.figure.colorbar(mesh, ax=axis)
    axis.grid(False)
    names = (label(name.rpartition(".")[2]) for name in (across, down))
    axis.set(**dict(zip(("xlabel", "ylabel"), names)), xscale=scale(x), yscale=scale(y))
    plain_ticks(axis)


def _axis_panel(
    run: RunDirectory, axis: "Axes", first: str, found: Sequence[tuple[EstimateSpec, Sequence[Row]]]
) -> None:
    lines: dict[tuple[str, str], list[tuple[Any, Row]]] = {}
    for spec, rows in found:
        for place, row in zip(places_of(run, spec), rows):
            along = run.study.sweep.together(first)
            rest = place_text({k: v for k, v in place.items() if k not in along})
            words = [label(row.arm)] if len(found) > 1 else []
            lines.setdefault((row.name, ", ".join(filter(None, [*words, rest]))), []).append((place.get(first), row))
    every = list(run.study.axes[first])
    named = any(isinstance(value, str) for value in every)
    for i, ((_, text), pairs) in enumerate(lines.items()):
        # an arm without this axis is the same all along it
        values = every if pairs[0][0] is None else [value for value, _ in pairs]
        line = [pairs[0][1]] * len(every) if pairs[0][0] is None else [row for _, row in pairs]
        y = np.array([row.estimate.value for row in line])
        error = np.nan_to_num([[r.estimate.value - r.estimate.low, r.estimate.high - r.estimate.value] for r in line]).T
        places = np.array([every.index(value) for value in values]) if named else np.array(values)
        at = places + 0.2 * (i - 0.5 * (len(lines) - 1)) if named else places
        axis.errorbar(
            at,
            y,
            error,
            fmt=MARKERS[i % 8] + ("" if named else "-"),
            color=COLOURS[i % 8],
            capsize=3,
            label=text or "estimate",
        )
        if all(row.claimed is not None for row in line):
            claims, theory = [row.claimed or 0.0 for row in line], "theory" if i == 0 else None
            ends = np.array([row.allowed or (nan, nan) for row in line]).T
            band = np.array([claims, *np.where(np.isfinite(ends), ends, claims)])
            across = places
            if named:  # between names there is nothing that a line could lead to: a step for each
                across = (places[:, None] + (-0.5, 0.5)).ravel()
                band = np.repeat(band, 2, axis=1)
            axis.plot(across, band[0], "--", color="black", label=theory)
            axis.fill_between(across, band[1], band[2], color="black", alpha=0.12, lw=0)
        if all(row.mean_field is not None for row in line):
            kind = run.study.experiment.views.limit
            exact = [row.mean_field or 0.0 for row in line]
            mark = {"marker": "_", "ms": 14, "ls": ""} if named else {"ls": ":"}
            axis.plot(at, exact, color=COLOURS[i % 8], label=kind if i == 0 else None, **mark)
    axis.set(xlabel=label(first.rpartition(".")[2]))
    if named:
        axis.set_xticks(np.arange(len(every)), [label(str(value)) for value in every], rotation=30, ha="right")
        if axis.get_ylim()[0] < 0.0 < axis.get_ylim()[1]:
            axis.axhline(0.0, color="black", lw=0.8)
    elif all(v > 0 for v in every) and max(every) / min(every) > 30:
        axis.set_xscale("log")
        axis.set_yscale(value_scale(axis))
    plain_ticks(axis)
