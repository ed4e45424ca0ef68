"""Figures along the axes of a study's grid: orders and what they are fitted to, estimates with what is claimed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.report import words
from mfsolve.report.look import (
    COLOURS,
    MARKERS,
    colours_between,
    edges,
    fitted,
    label,
    place_text,
    plain_ticks,
    scale,
    set_labels,
    value_scale,
    value_text,
)
from mfsolve.report.rows import Row, places_of
from mfsolve.report.sample import Stored
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import MOST_PANELS, Page, grid_of_axes, shared_out
from mfsolve.report.views.scatter import scattered
from mfsolve.study.axes import are_names
from mfsolve.study.estimate_spec import EstimateSpec
from mfsolve.study.order_estimands import AlongAxis, Order
from mfsolve.study.slope_estimands import PooledSlope
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_ACROSS = 6
"""Values of a second axis that are lines of a panel; more make a map."""


Panel = tuple[Callable[["Axes"], None], EstimateSpec, str]


class Line(NamedTuple):
    """Estimates along the first axis: their arm where there are several, the place on other axes, places and rows."""

    spec: EstimateSpec
    arm: str
    place: Mapping[str, Any]
    pairs: list[tuple[Any, Row]]

    @property
    def text(self) -> str:
        """Words that tell the line from others."""
        return ", ".join(filter(None, [self.arm, place_text(self.place)]))


def grid(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Estimates along the grid's first axis: order fits in log-log, others with what is claimed.

    A panel each, but arms share it where the same is estimated of them.
    """
    design = run.study.sweep.design
    if not run.study.axes:
        return []
    if design is not None and design.drawn:
        return [partial(scattered, run, rows)]
    return [partial(_page, run, panels) for panels in shared_out(list(_panels(run, rows)), MOST_PANELS)]


def _page(run: RunDirectory, panels: Sequence[Panel]) -> "Drawing":
    drawing, axes = grid_of_axes(len(panels), 4.8, 3.8)
    for axis, (draw, spec, text) in zip(axes, panels):
        draw(axis)
        axis.set_title(fitted(text, axis.bbox.width / drawing.dpi, 10.0), fontsize=10)
        if not axis.get_ylabel():
            said = words.estimated(spec, _output(run, spec))
            axis.set_ylabel(fitted(said, axis.bbox.height / drawing.dpi, 9.0))
    legends(drawing)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def _panels(run: RunDirectory, rows: Sequence[Row]) -> Iterator[Panel]:
    """Panels of the figure: how each is drawn, one of its estimates, and its title."""
    first = next(iter(run.study.axes))
    groups: dict[tuple[Any, ...], list[EstimateSpec]] = {}
    for spec in run.study.estimates:
        pooled = isinstance(spec.estimand, PooledSlope)
        if not pooled and (spec.estimand.along_axis or len(run.study.axes[first]) > 1):
            groups.setdefault(_alike(spec), []).append(spec)
    for specs in groups.values():
        spec, mine = specs[0], [[row for row in rows if row.name == spec.name] for spec in specs]
        text = _output(run, spec).long_name if len(specs) > 1 else spec.name
        if spec.estimand.along_axis:
            yield partial(_order_panel, run, spec=spec, rows=mine[0]), spec, text
        elif is_map(run, mine):
            yield partial(_map_panel, run, rows=mine[0]), spec, text
        else:
            for part in shared_out(_lines(run, first, list(zip(specs, mine)))):
                common, lines = _told_apart(part)
                together = place_text(common).replace(" = ", "\u00a0=\u00a0")  # a line does not end within
                title = ", ".join(filter(None, [text, together]))
                yield partial(_axis_panel, run, first=first, lines=lines), spec, title


def _output(run: RunDirectory, spec: EstimateSpec) -> Output:
    """The output that is estimated."""
    point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
    return run.study.experiment.outputs(point.case)[spec.quantity]


def _alike(spec: EstimateSpec) -> tuple[Any, ...]:
    """Key of the estimates that share a panel: everything but their arm and their claim."""
    if spec.estimand.along_axis:
        return (spec.name,)
    return spec.statistic, spec.quantity, spec.at, spec.baseline, spec.against, spec.probability, spec.trials


def _order_panel(run: RunDirectory, axis: "Axes", spec: EstimateSpec, rows: Sequence[Row]) -> None:
    for i, (place, row) in enumerate(zip(places_of(run, spec), rows)):
        _order_line(run, axis, spec, place, row, i)
    output = _output(run, spec)
    what = getattr(spec.estimand, "what", "")
    name = f"{what} of {output.long_name}" if what else output.long_name
    axis.set(xscale="log", yscale="log")
    set_labels(axis, words.setting(run.study.experiment, spec.axis or ""), words.with_unit(name, output.units))
    values = run.study.axes[spec.axis or ""]
    axis.set_xticks(values, [f"{value:.5g}" for value in values], rotation=30)
    axis.set_xticks([], minor=True)


def _magnitudes(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> AlongAxis:
    estimand = spec.estimand
    assert isinstance(estimand, Order)
    return estimand.magnitudes(spec, Stored(run, spec, place))


def _order_line(
    run: RunDirectory, axis: "Axes", spec: EstimateSpec, place: Mapping[str, Any], row: Row, i: int
) -> None:
    data = _magnitudes(run, spec, place)
    values, colour = np.array(data.values, dtype=float), COLOURS[i % 8]
    error = np.minimum(1.96 * data.standard_error, 0.999 * data.magnitude)  # a bar must not reach 0 on a log scale
    text = row.place or "measured"
    axis.errorbar(values, data.magnitude, error, fmt=MARKERS[i % 8], color=colour, capsize=3, label=text)
    e = row.estimate
    middle = np.exp(np.log(data.fineness).mean()), np.exp(np.log(data.magnitude).mean())
    fit = f"order {e.value:.3f} [{e.low:.3f}, {e.high:.3f}]"
    axis.plot(values, middle[1] * (data.fineness / middle[0]) ** -e.value, "-", color=colour, label=fit)
    if (theory := row.predicted) is not None:
        line = middle[1] * (data.fineness / middle[0]) ** -theory
        axis.plot(values, line, "--", color="black", label=f"theory {theory:g}" if i == 0 else None)


def is_map(run: RunDirectory, found: Sequence[Sequence[Row]]) -> bool:
    """True where one estimate over two numeric axes would be more lines than a panel shows legibly."""
    axes = list(run.study.axes.values())
    if len(found) != 1 or len(axes) != 2 or len(axes[1]) <= MOST_ACROSS:
        return False
    return not any(map(are_names, axes)) and len(found[0]) == len(axes[0]) * len(axes[1])


def _map_panel(run: RunDirectory, axis: "Axes", rows: Sequence[Row]) -> None:
    """An estimate over both axes of a grid."""
    from matplotlib import colormaps

    (across, x), (down, y) = ((name, np.array(values, dtype=float)) for name, values in run.study.axes.items())
    values = np.full((y.size, x.size), nan)
    for place, row in zip(run.study.places(), rows):
        values[y == place[down], x == place[across]] = row.estimate.value
    name, low, high = colours_between(np.nanmin(values), np.nanmax(values))
    mesh = axis.pcolormesh(
        edges(x), edges(y), values, cmap=colormaps[name], vmin=low, vmax=high, rasterized=True
    )  # fmt: skip
    axis.figure.colorbar(mesh, ax=axis)
    axis.grid(False)
    names = (words.setting(run.study.experiment, name) for name in (across, down))
    axis.set(**dict(zip(("xlabel", "ylabel"), names)), xscale=scale(x), yscale=scale(y))
    plain_ticks(axis)


def _lines(run: RunDirectory, first: str, found: Sequence[tuple[EstimateSpec, Sequence[Row]]]) -> list[Line]:
    """Lines along the first axis: one for each arm and each place of the other axes."""
    lines: dict[tuple[str, str], Line] = {}
    along = run.study.sweep.together(first)
    for spec, rows in found:
        for place, row in zip(places_of(run, spec), rows):
            rest = {k: v for k, v in place.items() if k not in along}
            line = Line(spec, label(row.arm) if len(found) > 1 else "", rest, [])
            lines.setdefault((row.name, line.text), line).pairs.append((place.get(first), row))
    return list(lines.values())


def _told_apart(lines: Sequence[Line]) -> tuple[dict[str, Any], list[Line]]:
    """Places that all lines of a panel share, which its title names, and the lines without them."""
    first = lines[0].place
    common = {axis: value for axis, value in first.items() if all(line.place.get(axis) == value for line in lines)}
    rest = [{axis: value for axis, value in line.place.items() if axis not in common} for line in lines]
    return common, [line._replace(place=place) for line, place in zip(lines, rest)]


def _axis_panel(run: RunDirectory, axis: "Axes", first: str, lines: Sequence[Line]) -> None:
    every = list(run.study.axes[first])
    named = are_names(every)
    # claims on the same estimate share its line
    arms = {line.text: line.pairs[0][1].arm for line in lines}
    texts, by_arm = list(arms), len(set(arms.values())) == len(arms) and (len(arms) > 1 or len(lines) > 1)
    for line in lines:
        i = texts.index(line.text)
        hue = run.study.arms.index(arms[line.text]) if by_arm else i
        apart = 0.2 * (i - 0.5 * (len(texts) - 1)) if named else 0.0
        _axis_line(run, axis, every, line, (hue, i, apart))
    axis.set(xlabel=words.setting(run.study.experiment, first))
    if named:
        axis.set_xticks(np.arange(len(every)), [label(value_text(value)) for value in every], rotation=30, ha="right")
        if axis.get_ylim()[0] < 0.0 < axis.get_ylim()[1]:
            axis.axhline(0.0, color="black", lw=0.8)
    elif all(v > 0 for v in every) and max(every) / min(every) > 30:
        axis.set_xscale("log")
    axis.set_yscale(value_scale(axis))
    plain_ticks(axis)


def _axis_line(run: RunDirectory, axis: "Axes", every: Sequence[Any], line: Line, look: tuple[int, int, float]) -> None:
    """Estimates along the axis, with what is claimed and the limit; `look`: its colour, number and shift."""
    hue, i, apart = look
    colour, named = COLOURS[hue % len(COLOURS)], are_names(every)
    # an arm without this axis is the same all along it
    constant = line.pairs[0][0] is None
    values = every if constant else [value for value, _ in line.pairs]
    rows = [line.pairs[0][1]] * len(every) if constant else [row for _, row in line.pairs]
    y = np.array([row.estimate.value for row in rows])
    error = np.nan_to_num([[r.estimate.value - r.estimate.low, r.estimate.high - r.estimate.value] for r in rows]).T
    places = np.array([every.index(value) for value in values]) if named else np.array(values)
    text = line.text or "estimate"
    drawn = text in axis.get_legend_handles_labels()[1]
    if not drawn:
        axis.errorbar(
            places + apart, y, error, fmt=MARKERS[i % 8] + ("" if named else "-"), color=colour, capsize=3, label=text
        )
    if all(row.claimed is not None for row in rows):
        claims = [row.claimed or 0.0 for row in rows]
        ends = np.array([row.allowed or (nan, nan) for row in rows]).T
        band = np.array([claims, *np.where(np.isfinite(ends), ends, claims)])
        across = places
        if named:  # between names there is nothing that a line could lead to: a step for each
            across = (places[:, None] + (-0.5, 0.5)).ravel()
            band = np.repeat(band, 2, axis=1)
        axis.plot(across, band[0], "--", color="black", label="theory" if i == 0 and not drawn else None)
        axis.fill_between(across, band[1], band[2], color="black", alpha=0.12, lw=0)
    if not drawn and all(row.mean_field is not None for row in rows):
        exact = [row.mean_field or 0.0 for row in rows]
        mark = {"marker": "_", "ms": 14, "ls": ""} if named else {"ls": ":"}
        limit = run.study.experiment.views.limit if i == 0 else None
        axis.plot(places + apart, exact, color=colour, label=limit, **mark)
