"""Pieces that several views share: axes in a grid, titles, words for a point."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report.look import label, new_figure, place_text, plain_ticks
from mfsolve.report.value_scales import set_value_scale
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing


Item = TypeVar("Item")
MOST_LINES, MOST_PANELS = 6, 9
"""Lines that a panel shows legibly, and panels of a page; more are shared out between panels, and pages."""


def single_place(run: RunDirectory) -> list[Point]:
    """The points of a study without a grid; none of one with a grid."""
    return [] if run.study.axes else list(run.study.points)


def inner(run: RunDirectory, output: Output) -> tuple[str, ...]:
    """Dimensions of an output beside the path."""
    path = run.study.experiment.path
    return output.dims[1:] if path is not None and output.dims[:1] == (path,) else output.dims


def shaped(run: RunDirectory, dimensions: int) -> Iterator[tuple[Point, str, Output]]:
    """Points and their outputs with so many dimensions beside the path; output by output. Snapshots are left out."""
    experiment = run.study.experiment
    found = [
        (point, name, output)
        for point in run.study.points
        for name, output in experiment.outputs(point.case).items()
        if len(inner(run, output)) == dimensions and not output.listed and output.dims[0] != "snapshot"
    ]
    names = list(dict.fromkeys(name for _, name, _ in found))
    yield from sorted(found, key=lambda item: names.index(item[1]))


def any_drawn(run: RunDirectory, found: Iterable[tuple[Point, str]]) -> bool:
    """True where some of these outputs differ between replicates."""
    experiment = run.study.experiment
    return any(name in experiment.arm(point.case).drawn(point.case) for point, name in found)


def band(run: RunDirectory) -> str:
    """Words for the band around a mean."""
    return f"{100 * run.study.ensemble.level:g} % confidence band of the mean"


def where(run: RunDirectory, point: Point) -> str:
    """Alternative and place of a point, as far as the study has several."""
    arms = {p.arm for p in run.study.points}
    arm = [run.study.words(point.arm)] if len(arms) > 1 else []
    return ", ".join(filter(None, [*arm, label(place_text(point.coordinates))]))


def looks(run: RunDirectory, point: Point) -> tuple[int, int]:
    """Numbers of a point's colour and line: where there are several of both, arms differ by colour, places by line.

    Places of one arm along several axes differ by colour along the first, by line along the others.
    """
    arms = list(dict.fromkeys(p.arm for p in run.study.points))
    places = _distinct(p.coordinates for p in run.study.points)
    arm, place = arms.index(point.arm), places.index(dict(point.coordinates))
    if len(arms) > 1 and len(places) > 1:
        return arm, place
    first, *rest = point.coordinates or [""]
    if len(arms) == 1 and rest:
        parts = [{k: v for k, v in found.items() if k == first} for found in places]
        others = [{k: v for k, v in found.items() if k != first} for found in places]
        if len(_distinct(parts)) > 1 and len(_distinct(others)) > 1:
            return _distinct(parts).index(parts[place]), _distinct(others).index(others[place])
    return arm + place, arm + place


def _distinct(places: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Places that differ, in their order; values may be lists."""
    found: list[dict[str, Any]] = []
    for place in map(dict, places):
        if place not in found:
            found.append(place)
    return found


def shared_out(items: Sequence[Item], most: int = MOST_LINES) -> list[list[Item]]:
    """Items in as few groups of at most so many as there can be, all of nearly one size."""
    count = -(-len(items) // most)
    ends = [len(items) * k // max(1, count) for k in range(count + 1)]
    return [list(items[a:b]) for a, b in itertools.pairwise(ends)]


Page = Callable[[], "Drawing | None"]
"""A page of a figure, drawn when it is called; None where a study does not keep what it shows."""


def grid_of_axes(count: int, width: float, height: float, columns: int | None = None) -> tuple["Drawing", list[Any]]:
    """So many axes, three a row where nothing else is asked; the rest of the last row is hidden."""
    columns = columns or (min(3, count) if count != 4 else 2)
    lines = -(-count // columns)
    drawing, axes = new_figure(lines, columns, width * columns, height * lines)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return drawing, list(axes.flat[:count])


def share_range(axes: "Sequence[Axes]") -> None:
    """Give panels of one quantity a common range of values, on the scale that suits all of them together."""
    if len(axes) > 1 and all(axis.get_autoscaley_on() for axis in axes):
        set_value_scale(*axes)
        for axis in axes:
            plain_ticks(axis)
    elif len({axis.get_yscale() for axis in axes}) > 1:  # some have a view of their own
        for axis in axes:
            axis.set_yscale("linear")
    low, high = (ends(axis.get_ylim()[k] for axis in axes) for k, ends in ((0, min), (1, max)))
    for axis in axes if len(axes) > 1 else ():
        axis.set_ylim(low, high)


def title(run: RunDirectory, drawing: "Drawing", what: str | None, shown: str = "mean") -> None:
    """The study's title; below it how many replicates there are, and what is shown of them, unless nothing differs."""
    count = run.study.ensemble.replicates
    text = f"{shown} of {count} replicates; {what}".rstrip("; ") if count > 1 and what is not None else ""
    drawing.suptitle(f"{run.study.title}\n{text}".strip(), fontsize=11)


def draw_levels(axis: "Axes", outputs: Sequence[Output]) -> None:
    """Horizontal lines with their names beside the panel, and the range of values that is in sight."""
    level_lines(axis, outputs)
    views = [output.view for output in outputs if output.view is not None]
    if views:
        low, high = min(low for low, _ in views), max(high for _, high in views)
        if low <= 0.0:
            axis.set_yscale("linear")
        axis.set_ylim(low, high)
        _say_what_is_cut(axis, low, high)


def level_lines(axis: "Axes", outputs: Sequence[Output]) -> None:
    """Horizontal lines at the values that outputs name, with the names beside the panel."""
    for value, name in dict.fromkeys(itertools.chain.from_iterable(output.levels for output in outputs)):
        axis.axhline(value, ls=(0, (1, 2)), color="gray", lw=1.0, zorder=0.5)
        axis.annotate(name, (1.01, value), xycoords=("axes fraction", "data"), va="center", fontsize=7, color="dimgray")


def _say_what_is_cut(axis: "Axes", low: float, high: float) -> None:
    """Words at the end of a panel beyond which lines or bands go on."""
    lines = [line.get_ydata() for line in axis.lines if line.get_transform() == axis.transData]
    areas = [np.asarray(path.vertices)[:, 1] for area in axis.collections for path in area.get_paths()]
    values = np.concatenate([np.asarray(y, dtype=float) for y in (*lines, *areas)] or [np.empty(0)])
    values = values[np.isfinite(values)]
    for place, side, cut in ((1.0, "above", values > high), (0.0, "below", values < low)):
        if cut.any():
            axis.text(0.99, place, f"cut off {side}", transform=axis.transAxes, ha="right",
                      va="top" if place else "bottom", fontsize=7, color="dimgray")  # fmt: skip


def standing_alone(values: Floats) -> NDArray[np.bool_]:
    """True at values beside which there are none, so that no line leads to them."""
    there = np.concatenate([[False], np.isfinite(values), [False]])
    return np.asarray(there[1:-1] & ~there[:-2] & ~there[2:])
