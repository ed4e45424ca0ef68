"""One look for all figures: legible, colour-blind safe (Okabe and Ito), lines that differ without colour."""

import contextlib
import logging
import math
import os
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.spelling import in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#332288", "#882255", "#117733", "#555555")
DENSE = (0, (6, 1, 1, 1, 1, 1))
LINES: tuple[Any, ...] = ("-", "--", "-.", DENSE, "-", "--", "-.", DENSE, "-", "--")
"""Dashes of alternatives and outputs; dots are those of limits and references."""
MOST_POINTS = 10  # more lines than that no figure shows legibly
FAR, TINIEST = 100.0, 1e-307
"""Decades of an axis from which on its ticks are our own, and the least of them."""
LETTER = 0.0083
"""Inches that a letter takes on average in a font of one point."""
DPI = 160
"""Dots per inch of a PNG."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")


def pyplot() -> Any:
    """pyplot with default settings, whatever backend and style a user has chosen."""
    asked = os.environ.pop("MPLBACKEND", None)  # may name what is not installed here; nothing is shown
    try:
        import matplotlib as mpl
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked
    mpl.use("Agg")
    mpl.rcdefaults()
    from matplotlib import pyplot as plt

    return plt


def preload() -> None:
    """Import what drawing takes, without its complaints, which come up again where figures are drawn."""
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyplot()


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Restore a user's matplotlib backend and settings when the block ends."""
    before = sys.modules.get("matplotlib")
    settings = None if before is None else before.rcParams.copy()
    try:
        yield
    finally:
        mpl = sys.modules.get("matplotlib")
        if mpl is not None:
            asked = os.environ.get("MPLBACKEND") or mpl.rcsetup._auto_backend_sentinel
            mpl.rcParams.update({"backend": asked} if settings is None else settings)


def new_figure(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple["Drawing", Any]:
    """A figure with a grid of axes, in inches."""
    plt = pyplot()
    style: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
             "axes.axisbelow": True, "grid.alpha": 0.25, "pdf.fonttype": 42}  # fmt: skip
    with plt.rc_context(style):
        drawing, axes = plt.subplots(
            rows, columns, figsize=(width, height), layout="constrained", squeeze=False, **options
        )
        return drawing, axes


def save(drawing: "Drawing", stem: Path) -> list[Path]:
    """Write PNG and PDF; returns both paths. The same figure gives the same bytes."""
    from mfsolve.study.storage.files import replaced

    plt = pyplot()
    as_written(drawing)
    tick_far_ranges(drawing)
    drawing.set_dpi(DPI)
    layout = drawing.get_layout_engine()
    if layout is not None:
        layout.execute(drawing)
    thin_ticks(drawing)
    drawing.set_layout_engine("none")  # laid out once, without a drawing of its own: both formats take the same places
    files = []
    for ending, written in (("png", _png), ("pdf", _pdf)):
        path = stem.with_name(f"{stem.name}.{ending}")
        with replaced(path) as temporary:
            written(drawing, temporary)
        files.append(path)
    plt.close(drawing)
    return files


def _png(drawing: "Drawing", path: Path) -> None:
    """Write a figure; `savefig` would go through it twice, to lay out what is laid out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(drawing).print_png(path, metadata={"Software": None})  # type: ignore[no-untyped-call]


def _pdf(drawing: "Drawing", path: Path) -> None:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    FigureCanvasPdf(drawing).print_pdf(path, metadata={"CreationDate": None})  # type: ignore[no-untyped-call]


def as_written(drawing: "Drawing") -> None:
    """Show texts of a study, such as `$5_$` in its title, as they are written; ticks make formulas of their own."""
    from matplotlib.axis import Tick
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.text import Text
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    sides = [side for axes in drawing.axes for side in (axes.xaxis, axes.yaxis)]
    ticks = {text for tick in drawing.findobj(Tick) for text in (tick.label1, tick.label2)}
    for text in set(drawing.findobj(Text)) - ticks:
        text.set_parse_math(False)
    for side in sides:
        names = side.get_major_formatter()
        if isinstance(names, FixedFormatter | FuncFormatter | StrCategoryFormatter):
            side.set_major_formatter(FuncFormatter(lambda x, k, names=names: names(x, k).replace("$", r"\$")))


def tick_far_ranges(drawing: "Drawing") -> None:
    """Give axes over a hundred decades ticks of their own: those of matplotlib go beyond the range of numbers there."""
    from matplotlib.ticker import FixedLocator, NullLocator

    for axes in drawing.axes:
        for side in (axes.xaxis, axes.yaxis):
            if side.get_scale() not in ("log", "symlog"):
                continue
            ends, least = sorted(side.get_view_interval()), TINIEST
            if side.get_scale() == "symlog":
                least = getattr(side.get_transform(), "linthresh", 1.0)
            low, high = (math.log10(max(end, least)) for end in ends)
            if high - low > FAR:
                step = 10 * math.ceil((high - low) / 60)
                whole = range(step * math.ceil(low / step), math.floor(high) + 1, step)
                places = [10.0**power for power in whole]
                if side.get_scale() == "symlog":
                    places = [0.0, *places]
                side.set_major_locator(FixedLocator(places))
                side.set_minor_locator(NullLocator())


def thin_ticks(drawing: "Drawing") -> None:
    """Fewer ticks along x where their numbers would touch: two letters stay free between them."""
    from matplotlib.ticker import MaxNLocator

    for axes in drawing.axes:
        side, locator = axes.xaxis, axes.xaxis.get_major_locator()
        if side.get_scale() != "linear" or not isinstance(locator, MaxNLocator) or not axes.get_visible():
            continue
        low, high = sorted(side.get_view_interval())
        width = axes.bbox.width / drawing.dpi
        for _ in range(5):
            places = [x for x in locator.tick_values(low, high) if low <= x <= high]
            texts = side.get_major_formatter().format_ticks(places)
            apart = width * min(np.diff(places), default=high - low) / (high - low)
            asked = LETTER * 9.0 * (2 + max(map(len, texts), default=0))
            if asked <= apart or len(places) < 3:
                break
            locator.set_params(nbins=max(1, min(len(places) - 2, int(width / asked))))


def fit_title(drawing: "Drawing") -> None:
    """Break the title of a figure into lines that fit on it."""
    title = drawing.get_suptitle()
    if title:
        drawing.suptitle(
            "\n".join(fitted(line, drawing.get_figwidth(), 11.0) for line in title.split("\n")), fontsize=11
        )


def label(name: str) -> str:
    """A name from a study file as words that readers know."""
    return in_words(name)


def fitted(text: str, inches: float, points: float) -> str:
    """A text in lines that fit into so many inches, in letters of so many points: as few as can be, of like lengths."""
    most = max(12, int(inches / (LETTER * points)))
    text = text.replace(" = ", "\u00a0=\u00a0")  # a line does not end within
    lines = textwrap.wrap(text, most)
    for width in range(len(text) // max(1, len(lines)), most):
        alike = textwrap.wrap(text, max(1, width), break_long_words=False)
        if len(alike) == len(lines) and max(map(len, alike), default=0) <= most:
            lines = alike
            break
    return "\n".join(lines).replace("\u00a0", " ")


def set_labels(axis: "Axes", x: str, y: str) -> None:
    """Labels of both axes, in lines that are no longer than the axes."""
    dpi = axis.get_figure().dpi  # type: ignore[union-attr]
    width, height = axis.bbox.width / dpi, axis.bbox.height / dpi
    axis.set(xlabel=fitted(x, width, 9.0), ylabel=fitted(y, height, 9.0))


def scale(x: NDArray[np.float64]) -> str:
    """A log axis where places are spaced geometrically over a factor of 5 or more.

    Or over two decades and more, where a linear one would press half of them into its first fifth.
    """
    if x.size < 3 or x.min() <= 0.0 or x.max() < 5.0 * x.min():
        return "linear"
    if x.max() >= 100.0 * x.min() and np.median(x) < 0.2 * x.max():
        return "log"
    steps = np.diff(np.log(np.sort(x)))
    return "log" if np.ptp(steps) < 0.5 * steps.mean() else "linear"


def edges(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges (n + 1,) of the cells around places (n,): halfway between them, on the scale that the axis has."""
    log = scale(places) == "log"
    at = np.log(places) if log else places
    between = 0.5 * (at[1:] + at[:-1])
    if at.size > 1:
        ends = np.concatenate([[2.0 * at[0] - between[0]], between, [2.0 * at[-1] - between[-1]]])
    else:
        ends = at[0] + np.array([-0.5, 0.5])
    return np.exp(ends) if log else ends


def colours_between(low: float, high: float) -> tuple[str, float, float]:
    """Colour map of values in [low, high] and its ends: two hues that part at 0 for values of both signs."""
    if low < 0.0 < high:
        most = max(-low, high)
        return "RdBu_r", -most, most
    return "viridis", low, high


def whole_ticks(axis: "Axes", x: NDArray[np.float64]) -> None:
    """Ticks at whole numbers along places that are whole numbers, such as generations."""
    from matplotlib.ticker import MaxNLocator

    if axis.get_xscale() == "linear" and np.all(x == np.round(x)):
        axis.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))


def plain_ticks(axis: "Axes") -> None:
    """Plain numbers on log axes: at 1, 2, 5 on little more than a decade, at 1, 3 on up to two; else powers of ten."""
    from matplotlib.ticker import Formatter, LogLocator, NullLocator

    class Plain(Formatter):
        """A number, or where that is long a power of ten."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            head, _, power = f"{x:g}".partition("e")
            times = "" if head == "1" else rf"{head}\times"
            return f"${times}10^{{{int(power)}}}$" if power else head

    for side, (low, high) in ((axis.xaxis, axis.get_xlim()), (axis.yaxis, axis.get_ylim())):
        if side.get_scale() == "symlog" and high <= 1e4 * getattr(side.get_transform(), "linthresh", 1.0):
            side.set_major_formatter(Plain())
        if side.get_scale() == "log" and high <= 1e3 * low:
            subs = (1.0, 2.0, 5.0) if high <= 30.0 * low else (1.0, 3.0) if high <= 1e2 * low else (1.0,)
            side.set_major_locator(LogLocator(subs=subs))
            side.set_major_formatter(Plain())
            side.set_minor_locator(NullLocator())


def place_text(place: Mapping[str, Any]) -> str:
    """A place of the grid: `name = value, ...`, without the sections' names."""
    return ", ".join(f"{axis.rpartition('.')[2]} = {value_text(value)}" for axis, value in place.items())


def value_text(value: Any) -> str:
    """A setting's value as a study file has it, numbers with six digits."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "g") if isinstance(value, int | float) else str(value)
