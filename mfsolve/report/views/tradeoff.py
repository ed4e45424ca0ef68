"""Aims of an experiment against each other: a marker with its intervals for every arm."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.report import words
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    set_labels,
)
from mfsolve.report.rows import Row
from mfsolve.report.views.estimates import error_of, estimate_at_end, mean_at_end
from mfsolve.report.views.legends import legends
from mfsolve.report.views.panels import grid_of_axes, looks, title
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def tradeoff(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The model's competing aims against each other at the end of the path, a marker with intervals an alternative.

    Where the model names a baseline that the study has: paired differences to it. Where curves are laid over the aims,
    such as a frontier: their means.
    """
    names = run.study.experiment.views.tradeoff
    points = [] if run.study.axes else list(run.study.points)
    points = [p for p in points if set(names) <= set(run.study.experiment.outputs(p.case))]
    if len(names) < 2 or len(points) < 2:
        return None
    against = next((p for p in points if p.arm == run.study.experiment.views.baseline), None)
    pairs = list(itertools.combinations(names, 2))
    drawing, axes = grid_of_axes(len(pairs), 4.6, 4.2)
    aims = [{name: estimate_at_end(run, p, name, against) for name in names} for p in points]
    sizes = _sizes([[aim.value for aim in each.values()] for each in aims])
    for axis, pair in zip(axes, pairs):
        for point in (p for p in points if p is not against):
            i = looks(run, point)[0] % len(COLOURS)
            frontier = [_over(run, point, name, against) for name in pair]
            if frontier[0] is not None and frontier[1] is not None:
                axis.plot(frontier[0], frontier[1], ls=LINES[i], color=COLOURS[i], lw=1.1, alpha=0.8)
            size, each = sizes[points.index(point)], aims[points.index(point)]
            x, y = (each[name] for name in pair)
            error = ([[end] for end in error_of(aim)] for aim in (y, x))
            axis.errorbar(
                x.value, y.value, *error, fmt=MARKERS[i],
                color=COLOURS[i], markerfacecolor="none", mew=1.4, elinewidth=0.8, capsize=2, ms=size,
                label=run.study.words(point.arm),
            )  # fmt: skip
        if against is not None:
            axis.plot(0.0, 0.0, "+", color="black", ms=11, mew=1.5, label=run.study.words(against.arm))
        outputs = run.study.experiment.outputs(points[0].case)
        less = ", difference" if against is not None else ""
        across, up = (words.quantity(outputs[name], outputs[name].long_name + less) for name in pair)
        set_labels(axis, across, up)
        axis.locator_params(nbins=5)
    legends(drawing)
    paired = ", paired" if run.study.ensemble.common_random_numbers != "none" else ""
    what = f"differences to {run.study.words(against.arm)}{paired}; " if against is not None else ""
    title(run, drawing, f"{what}bars: {100 * run.study.ensemble.level:g} % intervals of the mean")
    return drawing


def _sizes(aims: Sequence[Sequence[float]]) -> list[float]:
    """Sizes of markers: those of arms that coincide, within 2 % of the reach of every aim, stand around one another."""
    found = np.array(aims)
    reach = np.maximum(np.ptp(found, axis=0), 1e-300)
    near = [[bool((np.abs(a - b) <= 0.02 * reach).all()) for b in found[:i]] for i, a in enumerate(found)]
    return [7.0 + 5.0 * sum(row) for row in near]


def _over(run: RunDirectory, point: Point, name: str, against: Point | None) -> Floats | None:
    """Means (n,) along the curve that is laid over an aim, less the aim's mean in the baseline."""
    curve = next((n for n, v in run.study.experiment.outputs(point.case).items() if v.over == name), None)
    if curve is None:
        return None
    return mean_at_end(run, point, curve) - (run.column(against, name).mean() if against is not None else 0.0)
