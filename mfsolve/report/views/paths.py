"""Paths along generations or time: mean and spread of replicates at every point, beside the limit."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.models.quantities import reach_of
from mfsolve.report import words
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
    set_labels,
    whole_ticks,
)
from mfsolve.report.rows import Row
from mfsolve.report.sample import mean_over_replicates
from mfsolve.report.value_scales import say_magnified, set_value_scale
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import MOST_LINES, any_drawn, draw_levels, looks, shared_out, title, where
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

SEVERAL = 3
"""Figures given of one path from which on they are drawn along it; one or two stand in the table and the forest."""
MOST_PANELS = 4
"""Quantities of a figure."""


def paths(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Paths of the main outputs: mean and central 95 % of replicates at every point, reference dotted.

    Where there are more points than a panel shows legibly, some places of a single axis stand for all, the first, the
    last and those farthest from these, or a row of panels shares them out, the first arm in each. What few points have
    is in one panel of its row.
    """
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
    panels = {name: lines for name, lines in panels.items() if not _says_nothing(run, lines)} or panels
    panels = dict(list(panels.items())[:MOST_PANELS])
    if not panels or len(run.study.points) > MOST_POINTS:
        return None
    together = max(len({name for _, name, _ in lines}) for lines in panels.values())
    most = max(2, MOST_LINES // together)
    if len(points) > most and len(run.study.arms) == len(run.study.axes) == 1:
        groups = [farthest(run, points, list(itertools.chain(*panels.values())), most)]
    else:
        groups = _groups(run, points, most)
    drawing, axes = _axes(len(panels), len(groups))
    for across, lines in zip(axes, panels.values()):
        for axis, group in zip(across, _own(groups, lines)):
            _panel(run, axis, [line for line in lines if id(line[0]) in {id(point) for point in group}])
    say_magnified(*itertools.chain(*axes))
    if len(groups) > 1:
        _label_outer(axes)
    legends(drawing)
    shown = {id(point) for group in groups for point in group}
    left = [place_text(point.coordinates) for point in points if id(point) not in shown]
    name = left[0].partition(" = ")[0] if left else ""  # places are left out along a single axis
    some = [f"without {label(name)} = {', '.join(text.partition(' = ')[2] for text in left)}"] if left else []
    drawn = any_drawn(run, ((point, name) for lines in panels.values() for point, name, _ in lines))
    if drawn and run.study.ensemble.replicates > 1:
        title(run, drawing, "; ".join(["band: central 95 % of replicates", *some]))
    else:
        drawing.suptitle("\n".join([run.study.title, *some]), fontsize=11)
    return drawing


def _says_nothing(run: RunDirectory, lines: Sequence[tuple[Point, str, Output]]) -> bool:
    """True of paths that are one and the same number everywhere, such as the subsidy where no arm pays one."""
    found = (block for point, name, _ in lines for (block,) in run.blocks(point, [name]))
    first = next(found)
    return bool(np.all(first == first.flat[0])) and all(np.all(block == first.flat[0]) for block in found)


def farthest(
    run: RunDirectory, points: Sequence[Point], lines: Sequence[tuple[Point, str, Output]], most: int
) -> list[Point]:
    """So many of the points, in their order: the first, the last, and in turn the one whose paths are farthest off.

    The distance of two points is the largest one between mean paths of an output, as a share of the output's range.
    """
    apart = np.zeros((len(points), len(points)))
    places = {id(point): k for k, point in enumerate(points)}
    for name in dict.fromkeys(name for _, name, _ in lines):
        mine = [point for point, other, _ in lines if other == name]
        means = [np.nan_to_num(mean_over_replicates(run, point, name)) for point in mine]
        span = max(mean.max() for mean in means) - min(mean.min() for mean in means) or 1.0
        for (a, one), (b, two) in itertools.permutations(zip(mine, means), 2):
            i, j = places[id(a)], places[id(b)]
            apart[i, j] = max(apart[i, j], np.abs(one - two).max() / span) if one.shape == two.shape else 1.0
    chosen = [0, len(points) - 1]
    while len(chosen) < most:
        nearest = apart[:, chosen].min(axis=1)
        nearest[chosen] = -1.0
        chosen.append(int(nearest.argmax()))
    return [points[k] for k in sorted(chosen)]


def _own(groups: Sequence[Sequence[Point]], lines: Sequence[tuple[Point, str, Output]]) -> list[Sequence[Point]]:
    """Points by panel of a row: all that the quantity has in one, where they fit; nothing is drawn twice."""
    mine = list({id(point): point for point, *_ in lines}.values())
    every = {id(point) for group in groups for point in group}
    together = len({name for _, name, _ in lines})
    fits = len(mine) <= max(2, MOST_LINES // together) and len(mine) < len(every)
    return [mine, *[()] * (len(groups) - 1)] if fits else list(groups)


def _label_outer(axes: "Sequence[Sequence[Axes]]") -> None:
    """Labels and numbers along x at the lowest panel of every column, those along y at the first of every row."""
    for column in zip(*axes):
        lowest = [axis for axis in column if axis.get_visible()][-1:]
        for axis in column:
            text = axis.get_xlabel()
            axis.label_outer()
            if axis in lowest:
                axis.set_xlabel(text)
                axis.xaxis.set_tick_params(labelbottom=True)


def _groups(run: RunDirectory, points: Sequence[Point], most: int) -> list[list[Point]]:
    """Points by panel: places stay together; several arms are held against the first, in all panels."""
    if len(points) <= most:
        return [list(points)]
    if len(run.study.arms) == len(points):
        return [[points[0], *others] for others in shared_out(points[1:], most - 1)]
    parts: dict[str, list[Point]] = {}
    for point in points:  # arms at one place, else places of one value along the first axis, stay together
        first = dict(list(point.coordinates.items())[: None if len(run.study.arms) > 1 else 1])
        parts.setdefault(repr(first), []).append(point)
    largest = max(map(len, parts.values()))
    if largest > most:
        return [group for part in parts.values() for group in shared_out(part, most)]
    return [[point for part in some for point in part] for some in shared_out(list(parts.values()), most // largest)]


def _axes(panels: int, groups: int) -> tuple["Drawing", list[list["Axes"]]]:
    """Axes by panel and group: a row for each panel where there are several groups."""
    columns = groups if groups > 1 else min(2, panels)
    lines = panels if groups > 1 else -(-panels // columns)
    sharing = {"sharex": "col", "sharey": "row"} if groups > 1 else {}
    drawing, axes = new_figure(lines, columns, max(9.0, 4.2 * columns), 0.8 + 2.9 * lines, **sharing)
    for axis in list(axes.flat)[panels * groups :]:
        axis.set_visible(False)
    return drawing, [list(row) for row in (axes if groups > 1 else axes.reshape(-1, 1))]


def _panel(run: RunDirectory, axis: "Axes", lines: Sequence[tuple[Point, str, Output]]) -> None:
    """Draw the paths of one quantity, or of those that share a panel."""
    from matplotlib.patheffects import withStroke

    experiment = run.study.experiment
    along, points = experiment.path or "", {id(point) for point, *_ in lines}
    place, others, common, drawn = np.ones(1), dict[str, None](), _common_limits(run, lines), set[str]()
    for point, name, output in lines:
        mean, low, high = _bands(run, point, name)
        place = experiment.coordinates(point.case)[along]
        text, (hue, dash) = where(run, point) or run.study.words(point.arm), looks(run, point)
        colour, first = COLOURS[hue % len(COLOURS)], dash % 7  # markers of curves that coincide stand apart
        if name == lines[0][1]:
            axis.fill_between(place, low, high, color=colour, alpha=min(0.25, 0.75 / len(points)), lw=0)
            every = -(-place.size // 24)
            markers: dict[str, Any] = {
                "marker": MARKERS[dash % len(MARKERS)],
                "ms": 4,
                "markevery": (first * every // 7 if every > 1 else 0, every),
            }
            axis.plot(
                place,
                mean,
                ls=LINES[dash % len(LINES)],
                **markers,
                color=colour,
                label=text,
            )
        else:  # a second output of the panel goes with the first: the same colour, no markers
            axis.plot(place, mean, "--", lw=1.2, color=colour)
            others[output.long_name] = None
        exact = run.reference(point)
        if name in exact:
            # to be seen on the line that it coincides with
            edge = [withStroke(linewidth=2.6, foreground="white")] if name == lines[0][1] else []
            if name not in common:
                axis.plot(place, exact[name], ":", color=colour, lw=1.4, zorder=5, path_effects=edge)
            elif name not in drawn:
                axis.plot(place, exact[name], ":", color="black", lw=1.4, zorder=5, path_effects=edge)
                drawn.add(name)
            if name == lines[0][1]:  # the markers, which tell alternatives apart, before it
                axis.plot(place, mean, ls="", **markers, color=colour, zorder=6)
    if not lines:
        axis.set_visible(False)
        return
    for point, name, _ in lines:
        _given(run, axis, point, name)
    for text in others:
        axis.plot([], [], "--", lw=1.2, color="gray", label=text)
    for text in dict.fromkeys(experiment.limit(point.case) for point, name, _ in lines if name in run.reference(point)):
        axis.plot([], [], ":", color="black", label=text)
    output = lines[0][2]
    set_labels(axis, words.setting(experiment, along), words.quantity(output, output.panel))
    axis.set_xscale(scale(place))
    whole_ticks(axis, place)
    set_value_scale(axis)
    draw_levels(axis, [output for *_, output in lines])
    plain_ticks(axis)


def _given(run: RunDirectory, axis: "Axes", point: Point, name: str) -> None:
    """Figures that are given of an arm's output along the path, with two standard errors where they are known."""
    given = [
        (spec.at, spec.published, 2.0 * (spec.standard_error or 0.0))
        for spec in run.study.estimates
        if spec.statistic == "mean"
        and spec.quantity == name
        and spec.published is not None
        and spec.at is not None
        and (spec.arm or run.study.arms[0]) == point.arm
    ]
    if len(given) >= SEVERAL and not point.coordinates:
        at, values, errors = np.array(given, dtype=float).T
        text = "given" if not errors.any() else "given, two standard errors"
        output = run.study.experiment.outputs(point.case)[name]
        low, high = output.support or reach_of(output.long_name) or (-np.inf, np.inf)
        ends = np.minimum(errors, values - low), np.minimum(errors, high - values)
        axis.errorbar(at, values, ends, fmt="x", color="black", ms=5, capsize=2, elinewidth=0.8, zorder=7, label=text)


def _common_limits(run: RunDirectory, lines: Sequence[tuple[Point, str, Output]]) -> frozenset[str]:
    """Outputs whose limit is one and the same at several points, as that of endless items is whatever their number."""
    found: dict[str, list[bytes]] = {}
    for point, name, _ in lines:
        exact = run.reference(point).get(name)
        found.setdefault(name, []).append(b"" if exact is None else np.asarray(exact, dtype=float).tobytes())
    return frozenset(name for name, limits in found.items() if len(limits) > 1 and limits[0] and len(set(limits)) == 1)


def _bands(run: RunDirectory, point: Point, name: str) -> tuple[Any, Any, Any]:
    """Mean and central 95 % over replicates, one place of the path at a time."""
    with np.errstate(invalid="ignore"):  # between two infinite values
        stats = [(c.mean(), *np.quantile(c, (0.025, 0.975))) for c in run.columns(point, name)]
    mean, low, high = np.array(stats).T
    return mean, low, high
