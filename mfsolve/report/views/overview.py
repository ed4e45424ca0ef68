"""The first curves and the first map, at a glance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mfsolve.report.rows import Row
from mfsolve.report.value_scales import say_magnified
from mfsolve.report.views.curves import curve_panel, curve_panels, share_ranges
from mfsolve.report.views.legends import legends
from mfsolve.report.views.maps import map_panel, map_panels, title_of_maps
from mfsolve.report.views.panels import band, grid_of_axes, title
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def overview(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The first curves and the first map, at a glance, of a study that has both."""
    curves, every = curve_panels(run)[:2], map_panels(run)
    maps = every[:1]
    if not curves or not maps:
        return None
    drawing, axes = grid_of_axes(len(curves) + 1, 5.4, 4.2)
    differ = [curve_panel(run, axis, panel) for axis, panel in zip(axes, curves)]
    share_ranges(axes, curves)
    say_magnified(*axes[:-1])
    map_panel(run, axes[-1], maps[0], every)
    legends(drawing)
    if any(differ):
        title(run, drawing, band(run))
    else:
        title_of_maps(run, drawing, maps)
    return drawing
