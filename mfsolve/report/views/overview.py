"""The first curves beside the first map, at a glance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report.rows import Row
from mfsolve.report.views.curves import curve_panel, curve_panels
from mfsolve.report.views.legends import legends
from mfsolve.report.views.maps import map_panel, map_panels
from mfsolve.report.views.panels import any_drawn, band, grid_of_axes, title
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def overview(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The first curves beside the first map, at a glance, of a study that has both."""
    curves, maps = curve_panels(run)[:2], map_panels(run)[:1]
    if not curves or not maps:
        return None
    drawing, axes = grid_of_axes(len(curves) + 1, 5.4, 4.2)
    differ = [curve_panel(run, axis, panel) for axis, panel in zip(axes, curves)]
    map_panel(run, axes[-1], maps[0], np.nanmin(maps[0].values), np.nanmax(maps[0].values))
    legends(drawing)
    title(run, drawing, band(run) if any(differ) else "" if any_drawn(run, [(maps[0].point, maps[0].name)]) else None)
    return drawing
