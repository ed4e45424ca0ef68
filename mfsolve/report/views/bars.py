"""A total and its parts at the end of the path, arm by arm."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.report import words
from mfsolve.report.look import COLOURS, new_figure
from mfsolve.report.rows import Row
from mfsolve.report.views.estimates import error_of, estimate_at_end
from mfsolve.report.views.panels import single_place
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing


ROOM = 0.04
"""Share of the highest and lowest ends by which the axis goes on beyond them: a marker at the end is whole."""


def bars(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The total at the end of the path, part by part, for every arm; error bars: interval of the total."""
    points = single_place(run)
    experiment = run.study.experiment
    if not experiment.views.bars:
        return None
    whole, *parts = experiment.views.bars
    names = {name for name, *_ in (whole, *parts)}
    if not points or any(names - set(experiment.outputs(p.case)) for p in points):
        return None
    drawing, axes = new_figure(1, 1, 1.8 + 1.2 * max(3, len(points)), 4.4)
    axis: Axes = axes.flat[0]
    x = np.arange(len(points))
    top, bottom = np.zeros(len(points)), np.zeros(len(points))
    for k, (name, sign, text) in enumerate(parts):
        part = sign * np.array([run.column(p, name).mean() for p in points])
        if not part.any():
            continue  # nobody's part: no entry in the legend either
        axis.bar(
            x,
            part,
            0.6,
            bottom=np.where(part >= 0.0, top, bottom),
            color=COLOURS[k],
            label=text,
            hatch=("", "//", "..", "xx", "\\\\")[k],
            edgecolor="white",
        )
        top, bottom = top + np.maximum(part, 0.0), bottom + np.minimum(part, 0.0)
    totals = [estimate_at_end(run, p, whole[0]) for p in points]
    value = np.array([t.value for t in totals])
    error = np.array([error_of(t) for t in totals]).T
    axis.errorbar(
        x,
        value,
        error,
        fmt="D",
        color="black",
        ms=5,
        capsize=4,
        label=f"total, {100 * run.study.ensemble.level:g} % interval",
    )
    low, high = axis.get_ylim()
    ends = np.array([value - np.nan_to_num(error[0]), value + np.nan_to_num(error[1]), top, bottom, 0.0 * value])
    room = ROOM * np.ptp(ends)
    low = min(low, ends.min() - room) if ends.min() < 0.0 else low
    axis.set_ylim(low, max(high, ends.max() + room) if ends.max() > 0.0 else high)
    axis.axhline(0.0, color="black", lw=0.8)
    axis.set_xticks(x, [textwrap.fill(run.study.words(p.arm), 14) for p in points])
    places = experiment.coordinates(points[0].case)
    along = experiment.path is not None and experiment.path in experiment.outputs(points[0].case)[whole[0]].dims
    at = f" at {experiment.path} {places[experiment.path or ''][-1]:g}" if along else ""
    axis.set_ylabel(words.with_unit(whole[2], experiment.outputs(points[0].case)[whole[0]].units))
    drawing.suptitle(f"{run.study.title}\n{whole[2]}{at}", fontsize=11)
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return drawing
