"""Maps of classes: the most frequent one of the replicates, where they differ, a colour for each class of a figure."""

import itertools
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Output
from mfsolve.report.views.estimates import values_at_end
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = (
    "#0072B2", "#E69F00", "#332288", "#B5E3D8", "#CC79A7", "#AA4499", "#661100", "#56B4E9", "#999933", "#77664D",
)  # fmt: skip
"""Colours of classes; the first ones differ in lightness, too, so that they stay apart in grey."""
MEANT = {"good": "#CDE6F5", "open": "#A0A0A0", "bad": "#882255"}
"""Colours of classes that are good, open or bad, from light to dark; none is one of those of verdicts."""
OPEN_HATCH = "..."
DIFFER = "replicates differ: most frequent class"


def most_frequent(run: RunDirectory, point: Point, name: str, classes: int) -> tuple[Floats, NDArray[np.bool_]]:
    """The class that most replicates have at the end of the path, of several the first; and where replicates differ.

    A class is NaN where no replicate has one.
    """
    counts, total = np.zeros((classes, 1, 1), dtype=np.int64), 0
    for values in values_at_end(run, point, name):
        found = np.round(values)
        counts = counts + np.array([(found == k).sum(axis=0) for k in range(classes)])
        total += len(values)
    most = counts.max(axis=0)
    return np.where(most > 0, np.argmax(counts, axis=0), np.nan), (most > 0) & (most < total)


def colours_of(outputs: Iterable[Output], present: Collection[str]) -> Mapping[str, str]:
    """A colour for each class that occurs in a figure, by its name: one that is in several maps has one meaning.

    A class that is good, bad or open has the colour of that on every figure; others follow in their order.
    """
    from matplotlib.colors import to_hex, to_rgb

    meant: dict[str, str] = {}
    for output in outputs:
        meant |= dict(itertools.zip_longest(output.labels, output.meanings, fillvalue=""))
    found = {}
    first = int(any(meant.values()))  # the first colour is as dark as that of what is bad
    for k, name in enumerate((name for name in meant if name in present and not meant[name]), start=first):
        pale = k // len(SHADES)  # beyond ten classes their colours come again, paler
        red, green, blue = (1.0 - (1.0 - part) * 0.5**pale for part in to_rgb(SHADES[k % len(SHADES)]))
        found[name] = to_hex((red, green, blue))
    return found | {name: MEANT[meaning] for name, meaning in meant.items() if meaning and name in present}


def lightness(colour: str) -> float:
    """Lightness of a colour in [0, 1], as it is printed in grey."""
    from matplotlib.colors import to_rgb

    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))


def part_classes(axis: "Axes", x: Floats, y: Floats, values: Floats) -> None:
    """White lines along the edges of cells where classes meet; x and y are the edges of all cells."""
    from matplotlib.collections import LineCollection

    known = np.where(np.isfinite(values), values, -1.0)
    beside, above = (np.argwhere(np.diff(known, axis=k) != 0.0) for k in (1, 0))
    pieces = [[(x[j + 1], y[i]), (x[j + 1], y[i + 1])] for i, j in beside]
    pieces += [[(x[j], y[i + 1]), (x[j + 1], y[i + 1])] for i, j in above]
    if pieces:
        axis.add_collection(LineCollection(pieces, colors="white", linewidths=0.8), autolim=False)


def hatch_cells(
    axis: "Axes", x: Floats, y: Floats, cells: NDArray[np.bool_], colour: str = "white", hatch: str = "////"
) -> bool:
    """Hatch some cells; x and y are the edges of all. False where there are none."""
    from matplotlib.collections import PolyCollection

    sides_x, sides_y = list(pairwise(x)), list(pairwise(y))
    corners = [
        [(a, c), (b, c), (b, d), (a, d)] for i, j in np.argwhere(cells) for (a, b), (c, d) in [(sides_x[j], sides_y[i])]
    ]
    if corners:
        axis.add_collection(
            PolyCollection(corners, facecolor="none", edgecolor=colour, lw=0.0, hatch=hatch), autolim=False
        )
    return bool(corners)


def hatch_differing(axis: "Axes", x: Floats, y: Floats, cells: NDArray[np.bool_], pale: NDArray[np.bool_]) -> None:
    """Hatch the cells in which replicates differ, pale ones darkly, and say so in the legend."""
    found = [hatch_cells(axis, x, y, cells & ~pale), hatch_cells(axis, x, y, cells & pale, "#555555")]
    if any(found):
        axis.fill_between([], [], facecolor="gray", edgecolor="white", lw=0.0, hatch="////", label=DIFFER)
