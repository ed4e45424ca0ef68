"""A tornado for every estimate: the settings of a design, the one that matters most on top."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import COLOURS
from mfsolve.report.rows import Row
from mfsolve.report.sensitivity import WORDS, Sensitivity, sensitivities
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import grid_of_axes
from mfsolve.study.designs import Kind
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_PANELS, MOST_BARS = 12, 15


def tornado(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Bars of every setting's effect with intervals: on the estimate, or as a share of its variance."""
    found = list(sensitivities(run, rows))[:MOST_PANELS]
    if not found:
        return None
    bars = min(MOST_BARS, len(found[0].axes))
    drawing, axes = grid_of_axes(len(found), 5.2, 1.6 + 0.45 * bars)
    for axis, each in zip(axes, found):
        _panel(run, axis, each)
    legends(drawing)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def _panel(run: RunDirectory, axis: "Axes", each: Sensitivity) -> None:
    order = sorted(each.axes, key=each.reach)[-MOST_BARS:]
    places = np.arange(len(order), dtype=float)
    base = each.base.value if each.base is not None else 0.0
    count = 1 if each.kind is Kind.MORRIS else 2
    for k in range(count):
        estimates = [each.axes[name][k] for name in order]
        values = np.array([estimate.value for estimate in estimates])
        ends = np.array([[e.value - e.low, e.high - e.value] for e in estimates]).T
        beside = each.kind is Kind.SALTELLI
        y = places + (0.18 - 0.36 * k if beside else 0.0)
        axis.barh(y, values - base, 0.34 if beside else 0.6, left=base, color=COLOURS[k], alpha=0.8,
                  label=WORDS[each.kind][k])  # fmt: skip
        reach = np.maximum(np.nan_to_num(ends, posinf=0.0), 0.0)
        axis.errorbar(values, y, xerr=reach, fmt="none", ecolor="black", capsize=2, lw=0.9)
    axis.axvline(base, color="black", lw=0.8)
    axis.set_yticks(places, [words.setting(run.study.experiment, name) for name in order])
    axis.set_title(", ".join(filter(None, [each.name, each.place])), fontsize=10)
    spec = next(spec for spec in run.study.estimates if spec.name == each.name)
    point = run.study.find(spec.arm or run.study.arms[0], next(iter(run.study.places())))
    meant = words.estimated(spec, run.study.experiment.outputs(point.case)[spec.quantity])
    axis.set_xlabel("share of the variance" if each.kind is Kind.SALTELLI else textwrap.fill(meant, 48), fontsize=8)
