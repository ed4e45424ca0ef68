"""Curves along a dimension beside the path, at its end: mean over replicates with its interval."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report import words
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    MOST_POINTS,
    plain_ticks,
    scale,
    set_labels,
    whole_ticks,
)
from mfsolve.report.rows import Row
from mfsolve.report.value_scales import say_magnified, set_value_scale
from mfsolve.report.views.estimates import Band, band_at_end, mean_at_end
from mfsolve.report.views.folds import joined
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import (
    MOST_LINES,
    MOST_PANELS,
    Page,
    band,
    draw_levels,
    grid_of_axes,
    inner,
    looks,
    shaped,
    share_range,
    shared_out,
    standing_alone,
    title,
    where,
)
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing


APART = 0.15
"""Distance of markers at a place that is a name, where places are 1 apart."""
PLAIN = 9
"""Number of the colour, a grey, of an output that shares no panel where colours mean those that do."""


SOLID, DASHED, STABLE = 0, 1, (2, 3)
"""Numbers of dashes: of a branch that is returned to, of one that is left, and of further ones of the first kind."""


class Line(NamedTuple):
    """An output of a point."""

    point: Point
    name: str
    output: Output


class Looks(NamedTuple):
    """Meanings of colours and dashes in all panels of a figure.

    `meanings`: long names of the outputs that share panels. `by_point`: colours mean points, and dashes outputs, as
    some panel has several points; else colours mean outputs. `own`: a colour for each point, where arms or the first
    axis do not tell them apart.
    """

    meanings: list[str]
    by_point: bool
    own: bool


class Panel(NamedTuple):
    """Lines that share a panel, their common words, and what the looks of lines mean in the figure."""

    words: str
    lines: list[Line]
    looks: Looks

    @property
    def shared(self) -> bool:
        """True of outputs that share a panel, here or for another arm."""
        return any(line.output.panel for line in self.lines)

    @property
    def several(self) -> bool:
        """True of several points."""
        return len({id(line.point) for line in self.lines}) > 1


def curves(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """Outputs along a second dimension, at the end of the path: mean over replicates, its pointwise interval."""
    panels = curve_panels(run)
    panels = [panel for panel in panels if not says_nothing(run, panel.lines)] or panels
    parts = Counter(panel.words for panel in panels)
    columns = max(parts.values(), default=1)
    if set(parts.values()) != {columns} or not 1 < columns <= 4:
        return [partial(_page, run, page) for page in shared_out(panels, MOST_PANELS)]
    quantities = shared_out(list(parts), MOST_PANELS // columns)  # a row for each, a column for each of its parts
    pages = ([panel for panel in panels if panel.words in some] for some in quantities)
    return [partial(_page, run, page, columns) for page in pages]


def _page(run: RunDirectory, panels: Sequence[Panel], columns: int | None = None) -> "Drawing":
    drawing, axes = grid_of_axes(len(panels), 4.8, 3.8, columns)
    differ = [curve_panel(run, axis, panel) for axis, panel in zip(axes, panels)]
    share_ranges(axes, panels)
    say_magnified(*axes)
    legends(drawing)
    title(run, drawing, band(run) if any(differ) else None)
    return drawing


def share_ranges(axes: "Sequence[Axes]", panels: Sequence[Panel]) -> None:
    """Give panels of one quantity, whatever their arm or place, one range of values."""
    for text in dict.fromkeys(panel.words for panel in panels):
        share_range([axis for axis, panel in zip(axes, panels) if panel.words == text])


def curve_panels(run: RunDirectory) -> list[Panel]:
    """Panels of curves, six lines in each at most; none where a figure would show too many points."""
    found: dict[str, list[Line]] = {}
    for point, name, output in shaped(run, 1):
        if name != "content" and not output.over:
            found.setdefault(output.panel or name, []).append(Line(point, name, output))
    if len({id(line.point) for lines in found.values() for line in lines}) > MOST_POINTS:
        return []
    shared = [lines for lines in found.values() if _shares(lines)]
    meanings = list(dict.fromkeys(line.output.long_name for lines in shared for line in lines))
    points = [list({id(line.point): line.point for line in lines}.values()) for lines in found.values()]
    own = bool(shared) and any(len({looks(run, point)[0] for point in some}) < len(some) for some in points)
    common = Looks(meanings, any(len(some) > 1 for some in points), own)
    panels = []
    for panel, lines in found.items():
        text = panel if _shares(lines) else lines[0].output.long_name
        panels += [Panel(words.with_unit(text, lines[0].output.units), part, common) for part in _parts(lines)]
    return panels


def _shares(lines: Sequence[Line]) -> bool:
    """True of lines in a panel that has a name of its own."""
    return any(line.output.panel for line in lines)


def _parts(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines of a panel in as many parts as it takes; all outputs of a point stay together where they can."""
    points = list({id(line.point): line.point for line in lines})
    together = max(1, MOST_LINES // len({line.name for line in lines}))
    groups = ([line for line in lines if id(line.point) in part] for part in shared_out(points, together))
    return [part for group in groups for part in shared_out(group)]


def says_nothing(run: RunDirectory, lines: Sequence[Line]) -> bool:
    """True of several curves that are one and the same number everywhere: a mechanism that no arm switches on."""
    values = np.concatenate([mean_at_end(run, line.point, line.name).ravel() for line in lines])
    return len(lines) > 1 and bool((values == values[0]).all())


def curve_panel(run: RunDirectory, axis: "Axes", panel: Panel) -> bool:
    """Draw a panel; returns whether replicates differ, and curves have bands."""
    drawn = [found for found in _drawn(run, panel) if np.any(np.isfinite(found[2].mean))]
    names = next((names for names in panel.lines[0].output.ticks if names), ())
    for i, (line, x, values) in enumerate(drawn):
        hue, dash = _look(run, panel, line)
        look = COLOURS[hue % len(COLOURS)], LINES[dash % len(LINES)], MARKERS[i % len(MARKERS)]
        if names:
            beside = np.array(range(len(names))) + APART * (i - 0.5 * (len(drawn) - 1))
            _points(axis, beside, values, _text(run, panel, line), (look[0], MARKERS[dash % len(MARKERS)]))
            continue
        _curve(axis, x, values, line.output, (*look, _text(run, panel, line)))
        _draw_spike(run, axis, line, look[0])
        axis.set_xscale(scale(x))
        whole_ticks(axis, x)
    set_value_scale(axis)
    draw_levels(axis, [line.output for line in panel.lines])
    plain_ticks(axis)
    if names:
        axis.set_xticks(range(len(names)), names, rotation=30, ha="right")
    dimension = inner(run, panel.lines[0].output)[0]
    set_labels(axis, words.setting(run.study.experiment, dimension), panel.words)
    spans = (line.output.span for line in panel.lines)
    for start, stop, between in dict.fromkeys(span for span in spans if span is not None):
        axis.axvspan(start, stop, color="black", alpha=0.1, lw=0, label=between)
    return any(values.differs for *_, values in drawn)


def _text(run: RunDirectory, panel: Panel, line: Line) -> str | None:
    """Words of the legend for a line: its output where several share the panel, its point where colours mean points."""
    alone = panel.several and len({other.name for other in panel.lines}) == 1
    said = [line.output.long_name] if panel.shared and not alone else []
    text = ", ".join(filter(None, said + ([where(run, line.point)] if panel.looks.by_point else [])))
    return ": ".join(filter(None, [text, line.output.remark])) or None


def _curve(axis: "Axes", x: Floats, band: Band, output: Output, look: tuple[str, Any, str, str | None]) -> None:
    """A curve in its band, a marker where it has a dot or stands alone, and vertical lines at what is marked."""
    colour, dash, marker, text = look
    if band.differs:
        axis.fill_between(x, band.low, band.high, color=colour, alpha=0.25, lw=0)
    (curve,) = axis.plot(x, band.mean, ls=dash, color=colour, lw=1.6, label=text)
    alone = standing_alone(band.mean)
    dots = np.isin(x, output.dots) if output.dots else alone
    if dots.any() or output.dots:
        curve.set(marker=marker, ms=3.5, markevery=list(np.flatnonzero(dots | alone)))
    if band.differs and alone.any():
        _bars(axis, x[alone], Band(*(part[alone] for part in band)), colour)
    for place, name in ((m, name) for m, name in output.marks if x.min() <= m <= x.max()):
        others = [line for line in axis.lines if line.get_label() == name]
        axis.axvline(place, ls=":", color=colour, lw=1.0, label="_" if others else name)
        if others and others[0].get_color() not in (colour, "black"):  # one entry for the colours of all
            others[0].set_label("_")
            axis.plot([], [], ls=":", color="black", lw=1.0, label=name)


def _points(axis: "Axes", x: NDArray[Any], band: Band, text: str | None, look: tuple[str, str]) -> None:
    """Values at places that are names, with their intervals: no line leads from one to another."""
    colour, marker = look
    axis.plot(x, band.mean, ls="", marker=marker, ms=4, color=colour, label=text)
    _bars(axis, x, band, colour)


def _bars(axis: "Axes", x: NDArray[Any], band: Band, colour: str) -> None:
    error = np.array([band.mean - band.low, band.high - band.mean])
    axis.errorbar(x, band.mean, np.maximum(error, 0.0), fmt="none", ecolor=colour, capsize=3, elinewidth=1.0)


def _drawn(run: RunDirectory, panel: Panel) -> list[tuple[Line, Floats, Band]]:
    """Lines with their places and bands; branches of one point meet at folds, where nothing is random."""
    found = []
    for line in panel.lines:
        x = run.study.experiment.coordinates(line.point.case)[inner(run, line.output)[0]]
        found.append((line, x, band_at_end(run, line.point, line.name)))
    for point in {id(line.point): line.point for line in panel.lines}.values() if panel.shared else ():
        mine = [k for k, (line, _, band) in enumerate(found) if line.point is point and not band.differs]
        places = {found[k][0].output.dims for k in mine}
        if len(mine) > 1 and len(places) == 1:
            for k, (x, mean) in zip(mine, joined(found[mine[0]][1], [found[k][2].mean for k in mine])):
                found[k] = (found[k][0], x, Band(mean, mean, mean))
    return found


def _look(run: RunDirectory, panel: Panel, line: Line) -> tuple[int, int]:
    """Numbers of colour and dashes of a line, which mean the same in all panels of a figure.

    A branch that is left is dashed; those that are returned to are solid, unless their dashes tell them apart.
    """
    meanings, by_point, own = panel.looks
    meaning = meanings.index(line.output.long_name) if panel.shared else None
    branches = any(other.output.unstable for other in panel.lines)
    if not by_point and meanings:
        if meaning is None:
            return PLAIN, 0
        return meaning, meaning if not branches else DASHED if line.output.unstable else SOLID
    hue, dash = looks(run, line.point)
    if own:
        hue = dash = list(run.study.points).index(line.point)
    if meaning is None:
        return hue, dash
    if branches:
        stable = list(dict.fromkeys(other.name for other in panel.lines if not other.output.unstable))
        meaning = DASHED if line.output.unstable else (SOLID, *STABLE)[stable.index(line.name) % (1 + len(STABLE))]
    return hue, meaning


def _draw_spike(run: RunDirectory, axis: "Axes", line: Line, colour: str) -> None:
    """A mass in one place, as a line over the height of the panel: no density is as high; the legend says how much."""
    if line.output.spike is None:
        return
    place, name = line.output.spike
    mass = float(mean_at_end(run, line.point, name))
    text = f"{where(run, line.point)}: mass {mass:.3g} at {place:g}".removeprefix(": ")
    axis.axvline(place, color=colour, lw=3.0, alpha=0.6, label=text)
