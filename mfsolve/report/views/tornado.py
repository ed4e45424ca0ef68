"""A tornado for every estimate: the settings of a design, the one that matters most on top."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import COLOURS, fitted, label
from mfsolve.report.rows import Row
from mfsolve.report.sensitivity import WORDS, Sensitivity, sensitivities
from mfsolve.report.views.estimates import error_of
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import grid_of_axes
from mfsolve.study.file.designs import DesignKind
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_PANELS, MOST_BARS = 12, 15


def tornado(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Bars of every setting's effect with intervals: on the estimate, or as a share of its variance."""
    every = list(sensitivities(run, rows))
    if not every:
        return None
    found = every[:MOST_PANELS]
    bars = min(MOST_BARS, len(found[0].axes))
    drawing, axes = grid_of_axes(len(found), 5.2, 1.6 + 0.45 * bars)
    for axis, each in zip(axes, found):
        _panel(run, axis, each)
    legends(drawing)
    some = [f"the first {len(found)} of {len(every)} estimates"] if len(found) < len(every) else []
    some += [f"the {bars} most influential of {len(found[0].axes)} settings"] if bars < len(found[0].axes) else []
    drawing.suptitle("\n".join(filter(None, [run.study.title, "; ".join(some)])), fontsize=11)
    return drawing


def _panel(run: RunDirectory, axis: "Axes", each: Sensitivity) -> None:
    order = sorted(each.axes, key=each.reach)[-MOST_BARS:]
    places = np.arange(len(order), dtype=float)
    base = each.base.value if each.base is not None else 0.0
    count = 1 if each.kind is DesignKind.MORRIS else 2
    for k in range(count):
        estimates = [each.axes[name][k] for name in order]
        values = np.array([estimate.value for estimate in estimates])
        error = np.array([error_of(estimate) for estimate in estimates]).T
        beside = count > 1
        y = places + (0.18 - 0.36 * k if beside else 0.0)
        axis.barh(
            y, values - base, 0.34 if beside else 0.6, left=base, color=COLOURS[k], alpha=0.8, label=WORDS[each.kind][k]
        )
        axis.errorbar(values, y, xerr=error, fmt="none", ecolor="black", capsize=2, lw=0.9)
    axis.axvline(base, color="black", lw=0.8)
    axis.set_yticks(places, [words.setting(run.study.experiment, name) for name in order])
    title = ", ".join(filter(None, [each.name, label(each.place)]))
    axis.set_title(fitted(title, axis.bbox.width / axis.figure.dpi, 10.0), fontsize=10)
    spec = next(spec for spec in run.study.estimates if spec.name == each.name)
    point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
    meant = words.estimated(spec, run.study.experiment.outputs(point.case)[spec.quantity])
    said = "share of the variance" if each.kind is DesignKind.SALTELLI else meant
    axis.locator_params(axis="x", nbins=4)  # small effects have long numbers
    axis.set_xlabel(fitted(said, axis.bbox.width / axis.figure.dpi, 8.0), fontsize=8)
