"""Figures in words: what a figure shows, as lines of text that tests compare, and what every figure must keep to.

    python -m support.figures [NAME...]     (from tests/; writes tests/report/figures/NAME.txt, all without a name)

A figure's text says its titles, axes, legends and whatever is drawn: look, number of points, and places in per cent of
the panel. It changes where the figure visibly does, and neither with fonts nor with versions of the drawing library.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.ticker import FixedFormatter, FuncFormatter
from matplotlib.transforms import Bbox

FOLDER = Path(__file__).parents[1] / "report" / "figures"
CAPS = ("|", "_", 0, 1, 2, 3)
"""Markers at the ends of error bars, which say nothing by themselves."""
PLACES = 5
"""Places of a line, a band or a row of cells that its text tells."""
MOST_LINES = 6
DECADES = 2.0


def panels(drawing):
    """Visible axes that hold data, without those of colour bars."""
    bars = {id(bar.ax) for bar in colour_bars(drawing)}
    return [axes for axes in drawing.axes if axes.get_visible() and id(axes) not in bars]


def colour_bars(drawing):
    """Colour bars of a figure."""
    return [c.colorbar for axes in drawing.axes for c in axes.collections if getattr(c, "colorbar", None) is not None]


def described(drawing) -> str:
    """The figure in words, a line for everything that is drawn."""
    lines = [f"title: {one_line(drawing.get_suptitle())}"]
    lines += [f"legend: {legend_text(legend)}" for legend in drawing.legends]
    for number, axes in enumerate(panels(drawing), start=1):
        lines += [f"panel {number}: {one_line(axes.get_title())}", *(f"  {line}" for line in _panel(axes))]
    return "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " / ".join(text.split("\n"))


def legend_text(legend) -> str:
    """Entries of a legend, with their looks."""
    looks = [_look(handle) for handle in legend.legend_handles]
    return "; ".join(f"{one_line(t.get_text())} ({look})" for t, look in zip(legend.get_texts(), looks))


def _panel(axes) -> Iterator[str]:
    for name, side, limits in (("x", axes.xaxis, axes.get_xlim()), ("y", axes.yaxis, axes.get_ylim())):
        ends = " to ".join(f"{end:.3g}" for end in limits)
        yield f"{name}: {one_line(side.get_label_text())}, {side.get_scale()}, {ends}{_names(side)}"
    for line in axes.lines:
        if line.get_marker() not in CAPS:
            yield f"line {_label(line)}{_look(line)}: {_places(axes, line.get_xydata(), line)}"
    for collection in axes.collections:
        if isinstance(collection, QuadMesh):
            yield _map(collection)
        elif isinstance(collection, PathCollection):
            yield f"dots {_label(collection)}{_look(collection)}: {_places(axes, collection.get_offsets(), collection)}"
        elif isinstance(collection, LineCollection):
            ends = np.array([point for piece in collection.get_segments() for point in piece]).reshape(-1, 2)
            yield f"pieces {_look(collection)}: {_places(axes, ends, collection)}"
        elif isinstance(collection, PolyCollection):
            edge = np.concatenate([path.vertices for path in collection.get_paths()] or [np.empty((0, 2))])
            yield f"area {_label(collection)}{_look(collection)}: {_places(axes, edge, collection)}"
    for patch in axes.patches:
        yield f"patch {_label(patch)}{_look(patch)}: {_places(axes, _corners(patch), patch)}"
    for text in axes.texts:
        yield f"text: {one_line(text.get_text())}"
    if axes.get_legend() is not None:
        yield f"legend: {legend_text(axes.get_legend())}"


def _names(side) -> str:
    """Ticks that are names; ticks that are numbers follow from the scale and its ends."""
    if not isinstance(side.get_major_formatter(), FixedFormatter | FuncFormatter):
        return ""
    return ": " + "; ".join(one_line(text.get_text()) for text in side.get_ticklabels())


def _label(artist) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else f"{one_line(label)!r} "


def _look(artist) -> str:
    """Colour, dashes and marker."""
    for name in ("get_color", "get_facecolor", "get_edgecolor"):
        colours = np.atleast_1d(np.asarray(getattr(artist, name, list)(), dtype=object))
        if colours.size:
            break
    try:
        colour = to_hex(getattr(artist, name)())
    except ValueError:  # one for each of several pieces
        several = getattr(artist, name)()
        colour = to_hex(several[0]) if len(several) else "none"
    dashes = artist.get_linestyle() if hasattr(artist, "get_xydata") else ""
    marker = artist.get_marker() if hasattr(artist, "get_marker") else ""
    parts = [colour, dashes if isinstance(dashes, str) else "dashes", marker if isinstance(marker, str) else "marker"]
    return " ".join(part for part in parts if part and part != "None")


def _places(axes, points, artist) -> str:
    """How many points there are, and where some of them stand in per cent of the panel; `-` for those out of sight."""
    points = np.asarray(np.ma.filled(np.ma.asarray(points, dtype=float), np.nan))
    shown = points[np.unique(np.linspace(0, len(points) - 1, PLACES).astype(int))] if len(points) else points
    with np.errstate(all="ignore"):
        how = axes.transData if isinstance(artist, PathCollection) else artist.get_transform()
        inside = axes.transAxes.inverted().transform(shown if artist in axes.patches else how.transform(shown))
    return f"{len(points)}: " + " ".join(",".join(map(_per_cent, point)) for point in inside)


def _per_cent(share: float) -> str:
    return f"{round(100 * share)}%" if np.isfinite(share) and -0.005 <= share <= 1.005 else "-"


def _corners(patch):
    """Lower left and upper right corner on the page."""
    box = patch.get_window_extent()
    return [box.min, box.max]


def _map(mesh) -> str:
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), dtype=float), np.nan)
    low, high = mesh.get_clim()
    some = values.ravel()[np.unique(np.linspace(0, values.size - 1, 3 * PLACES).astype(int))]
    places = " ".join(_per_cent((value - low) / (high - low or 1.0)) for value in some)
    label = mesh.colorbar.ax.get_ylabel() if mesh.colorbar is not None else ""
    shape = " x ".join(map(str, values.shape))
    colours = mesh.get_cmap().name  # matplotlib's name of colours that have none depends on its version
    colours = "unnamed" if colours == "from_list" else colours
    return f"map {shape}, {colours} {low:.3g} to {high:.3g} [{label}]: {places}"


def faults(drawing) -> list[str]:
    """What is wrong with a figure, by the house's rules for figures; lays it out, without a picture."""
    drawing.draw_without_rendering()
    found = [] if drawing.get_suptitle().strip() else ["has no title"]
    shown = panels(drawing)
    found += list(_clipped(drawing, shown))
    found += list(_overlapping(drawing, shown))
    for number, axes in enumerate(shown, start=1):
        found += [f"panel {number} ({one_line(axes.get_title() or axes.get_ylabel())}) {what}" for what in _wrong(axes)]
    return found


def _wrong(axes) -> Iterator[str]:
    for name, side in (("x", axes.xaxis), ("y", axes.yaxis)):
        if not side.get_label_text().strip() and not _names(side) and not _shared(axes, name):
            yield f"has no label along {name}"
    maps = [c for c in axes.collections if isinstance(c, QuadMesh)]
    if maps and not axes.get_title().strip():
        yield "is a map without a title"
    for mesh in maps:
        low, high = mesh.get_clim()
        parts = mesh.get_cmap().name == "RdBu_r"
        if mesh.colorbar is not None and parts != (low < 0.0 < high):
            yield f"has colours that {'part' if parts else 'do not part'} at 0 for values from {low:g} to {high:g}"
    lines = series(axes)
    if len(lines) > MOST_LINES:
        yield f"has {len(lines)} lines; at most {MOST_LINES} are told apart"
    for name, scale in (("x", axes.get_xscale()), ("y", axes.get_yscale())):
        values = np.concatenate([_values(line, name) for line in lines] or [np.empty(0)])
        if scale == "linear" and over_decades(values):
            yield f"is linear along {name} for values from {values.min():.3g} to {values.max():.3g}"
    for container in axes.containers:
        shown = hasattr(container, "datavalues") and not str(container.get_label()).startswith("_")
        if shown and not np.any(container.datavalues):
            yield f"has a legend entry for nothing: {container.get_label()}"


def _shared(axes, name: str) -> bool:
    """True where the label stands at another panel of a row or a column that shares the axis."""
    shared = (axes.get_shared_x_axes() if name == "x" else axes.get_shared_y_axes()).get_siblings(axes)
    return any(other.get_xlabel() if name == "x" else other.get_ylabel() for other in shared)


def series(axes) -> list:
    """Lines of data: of several points, in a colour; reference lines are black or gray.

    The limit of a line, dotted in its colour, belongs to it.
    """
    found = []
    for line in axes.lines:
        colour = to_hex(line.get_color())
        gray = len({colour[1:3], colour[3:5], colour[5:7]}) == 1
        joined = line.get_linestyle() not in ("None", "") and len(np.unique(line.get_xydata(), axis=0)) > 2
        if (
            joined
            and not gray
            and line.get_transform().contains_branch(axes.transData)
            and line.get_marker() not in CAPS
        ):
            found.append(line)
    whole = {to_hex(line.get_color()) for line in found if line.get_linestyle() != ":"}
    return [line for line in found if line.get_linestyle() != ":" or to_hex(line.get_color()) not in whole]


def _values(line, name: str):
    values = np.asarray(line.get_xdata() if name == "x" else line.get_ydata(), dtype=float)
    low, high = sorted(getattr(line.axes, f"get_{name}lim")())
    return values[(values >= low) & (values <= high)]


def over_decades(values) -> bool:
    """True for positive values of which a linear axis would press a half into its first hundredth."""
    return values.size > 2 and values.min() > 1e-30 and np.log10(values.max() / np.median(values)) > DECADES


def _clipped(drawing, shown) -> Iterator[str]:
    page = drawing.bbox
    texts = [drawing._suptitle] if drawing.get_suptitle() else []
    texts += [text for legend in drawing.legends for text in legend.get_texts()]
    for axes in shown:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        texts += axes.get_legend().get_texts() if axes.get_legend() is not None else []
        texts += [text for side in (axes.xaxis, axes.yaxis) for text in _ticks(side)]
    for text in texts:
        if text is None or not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent()
        if box.x0 < page.x0 - 1 or box.x1 > page.x1 + 1 or box.y0 < page.y0 - 1 or box.y1 > page.y1 + 1:
            yield f"is cut off: {one_line(text.get_text())!r}"


def _ticks(side) -> list:
    """Labels of the ticks in sight."""
    low, high = sorted(side.get_view_interval())
    along = 0 if side.axis_name == "x" else 1
    labels = (text for text in side.get_ticklabels() if text.get_text().strip())
    return [text for text in labels if low <= text.get_position()[along] <= high]


def _overlapping(drawing, shown) -> Iterator[str]:
    """Titles over titles, legends over data, ticks over ticks."""
    titles = [(axes.get_title(), axes.title.get_window_extent()) for axes in shown if axes.get_title().strip()]
    titles += [(drawing.get_suptitle(), drawing._suptitle.get_window_extent())] if drawing.get_suptitle() else []
    for i, (text, box) in enumerate(titles):
        for other, beside in titles[i + 1 :]:
            if _meet(box, beside):
                yield f"has titles over each other: {one_line(text)!r} and {one_line(other)!r}"
    legends = [*drawing.legends, *(axes.get_legend() for axes in shown if axes.get_legend() is not None)]
    for legend in legends:
        box = legend.get_window_extent()
        for axes in shown:
            if _meet(box, axes.bbox):
                yield f"has a legend over data: {legend_text(legend)[:60]!r} on {one_line(axes.get_title())!r}"
            if _meet(box, axes.xaxis.get_tightbbox()):
                yield f"has a legend over ticks: {legend_text(legend)[:60]!r} on {one_line(axes.get_title())!r}"
    for axes in shown:
        for side in (axes.xaxis, axes.yaxis):
            ticks = _ticks(side)
            if any(t.get_rotation() % 90 for t in ticks):
                continue
            for one, two in itertools.pairwise(ticks):
                if _meet(one.get_window_extent(), two.get_window_extent()):
                    yield f"has ticks over each other: {one.get_text()!r} and {two.get_text()!r}"
                    break


def _meet(one, two) -> bool:
    both = Bbox.intersection(one, two) if one is not None and two is not None else None
    return both is not None and both.width > 1.0 and both.height > 1.0


class Watch:
    """Stands in for the writing of figures: keeps their text and their faults by name, and writes nothing."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.faults: list[str] = []

    def save(self, drawing, stem: Path) -> list[Path]:
        """As `mfsolve.report.look.save`, without pictures."""
        from matplotlib import pyplot as plt

        from mfsolve.report.look import as_written

        as_written(drawing)
        self.faults += [f"{stem.name}: {fault}" for fault in faults(drawing)]
        self.texts[stem.name] = described(drawing)
        plt.close(drawing)
        return [stem.with_name(f"{stem.name}.png")]

    def text(self) -> str:
        """All figures of a study."""
        return "\n".join(f"== {name}\n{text}" for name, text in self.texts.items())


def differences(recorded: str, found: str) -> list[str]:
    """Lines that say something else: other words, a place moved by more than 3 per cent of a panel, other numbers."""
    before, now = recorded.splitlines(), found.splitlines()
    wrong = [f"recorded: {a}\nfound:    {b}" for a, b in zip(before, now) if not _alike(a, b)]
    longer = before[len(now) :] + now[len(before) :]
    return wrong + ([f"{len(before)} lines recorded, {len(now)} found; beyond both: {longer[0]}"] if longer else [])


def _alike(one: str, two: str) -> bool:
    a, b = (line.replace(",", " ").replace(";", " ").split() for line in (one, two))
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b))


def _same(one: str, two: str) -> bool:
    if one == two:
        return True
    one, two = (word.strip("()[]:'\"") for word in (one, two))
    try:
        if one.endswith("%") and two.endswith("%"):
            return abs(float(one[:-1]) - float(two[:-1])) <= 3.0
        return bool(np.isclose(float(one), float(two), rtol=0.03, atol=1e-12))
    except ValueError:
        return one == two


def figures_of(name: str) -> Watch:
    """The figures of a shipped study at toy size."""
    from mfsolve.commands.run import run
    from mfsolve.report import views
    from mfsolve.study.file.shipped import shipped_studies

    from .toy import write_toy

    watch, save = Watch(), views.save
    with tempfile.TemporaryDirectory() as folder:
        study = write_toy(shipped_studies()[name], Path(folder))
        views.save = watch.save
        try:
            if run(str(study), out=str(Path(folder) / "out"), workers=2, as_json=True):
                raise RuntimeError(f"{name} did not finish")
        finally:
            views.save = save
    return watch


def main(names: list[str]) -> None:
    """Write the texts of the named studies' figures, of all without a name."""
    from mfsolve.study.file.shipped import shipped_studies

    studies = shipped_studies()
    if unknown := sorted(set(names) - set(studies)):
        sys.exit(f"no shipped study is called {', '.join(unknown)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names or studies:
        watch = figures_of(name)
        (FOLDER / f"{name}.txt").write_text(watch.text(), encoding="utf-8")
        print(
            *(f"{name}: {fault}" for fault in watch.faults), sep="\n", end="\n" if watch.faults else "", file=sys.stderr
        )


if __name__ == "__main__":
    main(sys.argv[1:])
