"""Maps of classes: the most frequent one of the replicates, where they differ, a colour for each class of a figure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.report.look import COLOURS
from mfsolve.report.views.estimates import values_at_end
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


def colours_of(labels: Iterable[Sequence[str]], present: Collection[str]) -> Mapping[str, str]:
    """A colour for each class that occurs in a figure, by its name: one that is in several maps has one meaning."""
    from matplotlib.colors import to_hex, to_rgb

    names = [name for name in dict.fromkeys(name for some in labels for name in some) if name in present]
    found = {}
    for k, name in enumerate(names):
        pale = k // len(COLOURS)  # beyond ten classes their colours come again, paler
        red, green, blue = (1.0 - (1.0 - part) * 0.5**pale for part in to_rgb(COLOURS[k % len(COLOURS)]))
        found[name] = to_hex((red, green, blue))
    return found


def part_classes(axis: "Axes", x: Floats, y: Floats, values: Floats) -> None:
    """White lines along the edges of cells where classes meet; x and y are the edges of all cells."""
    from matplotlib.collections import LineCollection

    known = np.where(np.isfinite(values), values, -1.0)
    beside, above = (np.argwhere(np.diff(known, axis=k) != 0.0) for k in (1, 0))
    pieces = [[(x[j + 1], y[i]), (x[j + 1], y[i + 1])] for i, j in beside]
    pieces += [[(x[j], y[i + 1]), (x[j + 1], y[i + 1])] for i, j in above]
    if pieces:
        axis.add_collection(LineCollection(pieces, colors="white", linewidths=0.8), autolim=False)


def hatch_cells(axis: "Axes", x: Floats, y: Floats, cells: NDArray[np.bool_]) -> None:
    """Hatch the cells in which replicates differ, and say so in the legend; x and y are the edges of all cells."""
    from matplotlib.collections import PolyCollection

    sides_x, sides_y = list(pairwise(x)), list(pairwise(y))
    corners = [
        [(a, c), (b, c), (b, d), (a, d)] for i, j in np.argwhere(cells) for (a, b), (c, d) in [(sides_x[j], sides_y[i])]
    ]
    if not corners:
        return
    axis.add_collection(
        PolyCollection(corners, facecolor="none", edgecolor="white", lw=0.0, hatch="////"), autolim=False
    )
    axis.fill_between([], [], facecolor="gray", edgecolor="white", lw=0.0, hatch="////", label=DIFFER)
