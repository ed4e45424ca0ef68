"""Figures along the axes of a study's grid: what stands in which panel, its title, maps over two axes."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.report import words
from mfsolve.report.look import colours_between, edges, fitted, label, place_text, plain_ticks, scale
from mfsolve.report.rows import OF_ITS_UNIT, Row
from mfsolve.report.value_scales import say_magnified, set_value_scale
from mfsolve.report.views.legends import legends
from mfsolve.report.views.lines import apart, axis_panel, fill_open, looks_of, parts_of
from mfsolve.report.views.orders import order_panel
from mfsolve.report.views.panels import MOST_PANELS, Page, grid_of_axes, level_lines, share_range, shared_out
from mfsolve.report.views.scatter import scattered
from mfsolve.study.axes import are_names
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.slope_estimands import PooledSlope
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_ACROSS = 6
"""Values of a second axis that are lines of a panel; more make a map."""


Panel = tuple["partial[Any]", EstimateSpec, str]


def grid(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Estimates along an axis of the grid: order fits in log-log, others with what is claimed.

    A panel each, but arms share it where the same is estimated of them.
    """
    design = run.study.sweep.design
    if not run.study.axes:
        return []
    if design is not None and design.drawn:
        return scattered(run, rows)
    return [partial(_page, run, panels) for panels in shared_out(list(_panels(run, rows)), MOST_PANELS)]


def _page(run: RunDirectory, panels: Sequence[Panel]) -> "Drawing":
    drawing, axes = grid_of_axes(len(panels), 4.8, 3.8)
    without_end = []
    for axis, (draw, spec, text) in zip(axes, panels):
        without_end.append(draw(axis) or [])
        axis.set_title(fitted(text, axis.bbox.width / drawing.dpi, 10.0), fontsize=10)
        if not axis.get_ylabel():
            said = words.estimated(spec, _output(run, spec))
            axis.set_ylabel(fitted(said, axis.bbox.height / drawing.dpi, 9.0))
    _share_scales(axes, [spec for _, spec, _ in panels])
    for axis, ranges, (draw, spec, _) in zip(axes, without_end, panels):
        if draw.func is axis_panel and spec.statistic in OF_ITS_UNIT:
            level_lines(axis, [_output(run, spec)])
        fill_open(axis, ranges)
    say_magnified(*axes)
    legends(drawing)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def _share_scales(axes: "Sequence[Axes]", specs: Sequence[EstimateSpec]) -> None:
    """Give panels of one quantity one scale; those that share out the lines of one estimate have one range too."""
    lines = [(axis, spec) for axis, spec in zip(axes, specs) if axis.lines and not spec.estimand.along_axis]
    for text in dict.fromkeys(axis.get_ylabel() for axis, _ in lines):
        alike = [axis for axis, _ in lines if axis.get_ylabel() == text]
        set_value_scale(*alike)
        for axis in alike:
            plain_ticks(axis)
    for key in dict.fromkeys(_alike(spec) for _, spec in lines):
        share_range([axis for axis, spec in lines if _alike(spec) == key])


def _panels(run: RunDirectory, rows: Sequence[Row]) -> Iterator[Panel]:
    """Panels of the figure: how each is drawn, one of its estimates, and its title."""
    first = axis_across(run)
    groups: dict[tuple[Any, ...], list[EstimateSpec]] = {}
    for spec in run.study.estimates:
        pooled = isinstance(spec.estimand, PooledSlope)
        if not pooled and (spec.estimand.along_axis or len(run.study.axes[first]) > 1):
            groups.setdefault(_alike(spec), []).append(spec)
    titles = _titles(run, list(groups.values()))
    found = {}
    for key, specs in groups.items():
        each = [[row for row in rows if row.name == spec.name] for spec in specs]
        if not specs[0].estimand.along_axis and not is_map(run, each):
            found[key] = parts_of(run, first, list(zip(specs, each)))
    maps = {key: specs[0] for key, specs in groups.items() if key not in found and not specs[0].estimand.along_axis}
    said = {key: words.estimated(spec, _output(run, spec)) for key, spec in maps.items()}
    spans = {
        text: [row.estimate.value for row in rows if row.name in {maps[key].name for key in maps if said[key] == text}]
        for text in said.values()
    }
    looks = iter(looks_of(run, [part for parts in found.values() for part in parts]))
    for (key, specs), text in zip(groups.items(), titles):
        spec, mine = specs[0], [row for row in rows if row.name == specs[0].name]
        output = _output(run, spec)
        if spec.estimand.along_axis:
            yield partial(order_panel, run, spec=spec, rows=mine, output=output), spec, text
        elif key not in found:
            yield partial(_map_panel, run, rows=mine, said=said[key], alike=spans[said[key]]), spec, text
        else:
            for part in found[key]:
                title = ", ".join(filter(None, [text, label(place_text(part.common))]))
                yield partial(axis_panel, run, first=first, part=part, looks=next(looks)), spec, title


def axis_across(run: RunDirectory) -> str:
    """The axis of the grid along which panels have lines: the one of numbers with most values, else the first."""
    axes = run.study.axes
    numbers = [axis for axis, values in axes.items() if not apart(values)]
    return max(numbers, key=lambda axis: len(axes[axis]), default=next(iter(axes)))


def _output(run: RunDirectory, spec: EstimateSpec) -> Output:
    """The output that is estimated."""
    point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
    return run.study.experiment.outputs(point.case)[spec.quantity]


def _alike(spec: EstimateSpec) -> tuple[Any, ...]:
    """Key of the estimates that share a panel: everything but their arm and their claim."""
    if spec.estimand.along_axis:
        return (spec.name,)
    return spec.statistic, spec.quantity, spec.at, spec.baseline, spec.against, spec.probability, spec.trials


def _titles(run: RunDirectory, groups: Sequence[Sequence[EstimateSpec]]) -> list[str]:
    """Titles of panels: what the names of their estimates have in common where that is said of no other panel.

    Else what is estimated, with all that tells it from the others.
    """
    found = [_shared_words([spec.name for spec in specs]) for specs in groups]
    return [
        text if text and found.count(text) == 1 else _described(run, specs[0]) for text, specs in zip(found, groups)
    ]


def _shared_words(names: Sequence[str]) -> str:
    """Parts between commas that all names have; `error, one` and `error, two` are about the `error`."""
    parts = [name.split(", ") for name in names]
    return ", ".join(part for part in parts[0] if all(part in other for other in parts))


def _described(run: RunDirectory, spec: EstimateSpec) -> str:
    said = words.estimated(spec, _output(run, spec))
    trials = f"as a proportion of {label(spec.trials)}" if spec.trials else ""
    against = f"against {run.study.words(spec.baseline)}" if spec.baseline else ""
    at = f"at {run.study.experiment.path} {spec.at:g}" if spec.at is not None else ""
    return ", ".join(filter(None, [said, trials, against, at]))


def is_map(run: RunDirectory, found: Sequence[Sequence[Row]]) -> bool:
    """True where one estimate over two numeric axes would be more lines than a panel shows legibly."""
    axes = list(run.study.axes.values())
    if len(found) != 1 or len(axes) != 2 or len(axes[1]) <= MOST_ACROSS:
        return False
    return not any(map(are_names, axes)) and len(found[0]) == len(axes[0]) * len(axes[1])


def _map_panel(
    run: RunDirectory, axis: "Axes", rows: Sequence[Row], said: str = "", alike: Sequence[float] = ()
) -> None:
    """An estimate over both axes of a grid, in colours that it shares with `alike` values of other maps."""
    from matplotlib import colormaps

    (across, x), (down, y) = ((name, np.array(values, dtype=float)) for name, values in run.study.axes.items())
    values = np.full((y.size, x.size), nan)
    for place, row in zip(run.study.places(), rows):
        values[y == place[down], x == place[across]] = row.estimate.value
    every = np.concatenate([values.ravel(), alike])
    name, low, high = colours_between(np.nanmin(every), np.nanmax(every))
    mesh = axis.pcolormesh(edges(x), edges(y), values, cmap=colormaps[name], vmin=low, vmax=high, rasterized=True)
    axis.figure.colorbar(mesh, ax=axis, label=fitted(said, axis.bbox.height / axis.figure.dpi, 9.0))
    axis.grid(False)
    names = (words.setting(run.study.experiment, name) for name in (across, down))
    axis.set(**dict(zip(("xlabel", "ylabel"), names)), xscale=scale(x), yscale=scale(y))
    plain_ticks(axis)
