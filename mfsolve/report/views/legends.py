"""Legends outside of data: one below the figure where its panels speak of the same things, else below each panel."""

from typing import TYPE_CHECKING, Any

from mfsolve.report.look import LETTER, fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

FONT = 8
HANDLE, GAP, LINE = 0.55, 0.06, 0.17
"""Inches that the handle of an entry takes, the space above a legend, and each of its lines."""
MOST_TOGETHER = 10
"""Entries that one legend of the whole figure has room for."""


def legends(drawing: "Drawing", one: bool = False) -> None:
    """Place the legends of all panels where they cover no data; `one` for all where its looks are common knowledge."""
    panels = [axis for axis in drawing.axes if axis.get_visible() and axis.get_legend_handles_labels()[0]]
    together: dict[str, Any] = {}
    for axis in panels:
        for handle, text in zip(*axis.get_legend_handles_labels()):
            together.setdefault(text, handle)
    if not together:
        return
    if len(panels) == 1 or (_differ(panels) and not one) or len(together) > MOST_TOGETHER:
        lowest = _lowest(panels)
        lines = [below(axis) for axis in lowest]
        rows = len({_cell(axis)[0] for axis in lowest})
        drawing.set_figheight(drawing.get_figheight() + rows * LINE * max(0, max(lines) - 1))
        return
    columns = _columns(list(together), drawing.get_figwidth(), FONT + 1)
    drawing.legend(
        together.values(), together.keys(), loc="outside lower center", ncols=columns, frameon=False, fontsize=FONT + 1
    )


def _differ(panels: "list[Axes]") -> bool:
    """True where some panel has no entry of another, or one look of a marker means two things in two panels."""
    names = [set(axis.get_legend_handles_labels()[1]) for axis in panels]
    if any(not one & other for one in names for other in names):
        return True
    looks: dict[tuple[Any, Any], str] = {}
    marked = (
        (lines[0], text)
        for axis in panels
        for handle, text in zip(*axis.get_legend_handles_labels())
        if (lines := getattr(handle, "lines", None)) is not None and lines[0] is not None
    )
    return any(looks.setdefault((line.get_color(), line.get_marker()), text) != text for line, text in marked)


def _lowest(panels: "list[Axes]") -> "list[Axes]":
    """The lowest panel of those in a column that have the same entries; one more entry, such as a limit, counts not."""
    kept: list[tuple[int, set[str], Axes]] = []
    for axis in panels:
        column = _cell(axis)[1]
        entries = set(axis.get_legend_handles_labels()[1])
        kept = [(c, texts, other) for c, texts, other in kept if c != column or not texts <= entries]
        kept.append((column, entries, axis))
    return [axis for _, _, axis in kept]


def _cell(axis: "Axes") -> tuple[int, int]:
    """Row and column of a panel."""
    place = axis.get_subplotspec()
    return (0, 0) if place is None else (place.rowspan.start, place.colspan.start)


def _columns(texts: list[str], inches: float, points: float) -> int:
    wide = HANDLE + LETTER * points * max(map(len, texts))
    return max(1, min(len(texts), int(inches / wide)))


def below(axis: "Axes") -> int:
    """Place the legend of a panel below its ticks and label; returns how many lines it takes."""
    from matplotlib.transforms import ScaledTranslation

    drawing, (handles, texts) = axis.figure, axis.get_legend_handles_labels()
    once = dict(reversed(list(zip(texts, handles))))
    once = {text: once[text] for text in dict.fromkeys(texts)}
    renderer = drawing.canvas.get_renderer()  # type: ignore[attr-defined]
    ticks = axis.xaxis.get_tightbbox(renderer)
    under = (axis.bbox.y0 - ticks.y0) / drawing.dpi if ticks is not None else 0.0
    width = axis.bbox.width / drawing.dpi
    place = axis.transAxes + ScaledTranslation(0.0, -under - GAP, drawing.dpi_scale_trans)
    width = max(width, 3.0)
    entries = [fitted(text, width - HANDLE, FONT) for text in once]
    columns = _columns([line for entry in entries for line in entry.split("\n")], width, FONT)
    axis.legend(
        once.values(), entries, loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=place,
        ncols=columns, frameon=False, fontsize=FONT, borderaxespad=0.0,
    )  # fmt: skip
    return -(-len(once) // columns) * max(entry.count("\n") + 1 for entry in entries)
