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
from mfsolve.report.views.panels import grid_of_axes, inner, looks, title
from mfsolve.study.file.points import Point
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


MARGIN = 0.1
"""Share of its values by which an axis goes on beyond them: a marker at the end is whole."""


def tradeoff(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """The model's competing aims against each other at the end of the path, a marker with intervals an alternative.

    Where the model names a baseline that the study has: paired differences to it. Where curves are laid over the aims,
    such as a frontier: their means. An aim that is one number in all alternatives is said, and has no panels.
    """
    names = run.study.experiment.views.tradeoff
    points = [] if run.study.axes else list(run.study.points)
    points = [p for p in points if set(names) <= set(run.study.experiment.outputs(p.case))]
    if len(names) < 2 or len(points) < 2:
        return None
    against = next((p for p in points if p.arm == run.study.experiment.views.baseline), None)
    aims = [{name: estimate_at_end(run, p, name, against) for name in names} for p in points]
    outputs = run.study.experiment.outputs(points[0].case)
    told = [name for name in names if len({aim[name].value for aim in aims}) > 1]
    told = told if len(told) > 1 else list(names)
    alike = [f"{outputs[name].long_name}: {aims[0][name].value:g} in all" for name in names if name not in told]
    pairs = list(itertools.combinations(told, 2))
    drawing, axes = grid_of_axes(len(pairs), 4.6, 4.2)
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
        for curve in dict.fromkeys(_curves_over(run, point, pair) for point in points):
            if curve:
                axis.plot([], [], color="gray", lw=1.1, label=f"along its {words.setting(run.study.experiment, curve)}")
        if against is not None:
            axis.plot(0.0, 0.0, "+", color="black", ms=11, mew=1.5, label=run.study.words(against.arm))
        axis.margins(MARGIN)
        less = ", difference" if against is not None else ""
        across, up = (words.quantity(outputs[name], outputs[name].long_name + less) for name in pair)
        set_labels(axis, across, up)
        axis.locator_params(nbins=5)
    legends(drawing)
    paired = ", paired" if run.study.ensemble.common_random_numbers != "none" else ""
    what = f"differences to {run.study.words(against.arm)}{paired}; " if against is not None else ""
    title(run, drawing, "; ".join([f"{what}bars: {100 * run.study.ensemble.level:g} % intervals of the mean", *alike]))
    return drawing


def _sizes(aims: Sequence[Sequence[float]]) -> list[float]:
    """Sizes of markers: those of arms that coincide, within 2 % of the reach of every aim, stand around one another."""
    found = np.array(aims)
    reach = np.maximum(np.ptp(found, axis=0), 1e-300)
    near = [[bool((np.abs(a - b) <= 0.02 * reach).all()) for b in found[:i]] for i, a in enumerate(found)]
    return [7.0 + 5.0 * sum(row) for row in near]


def _curves_over(run: RunDirectory, point: Point, pair: tuple[str, str]) -> str:
    """Dimension of the curve that is laid over two aims of a point; empty where there is none."""
    outputs = run.study.experiment.outputs(point.case)
    found = [next((v for v in outputs.values() if v.over == name), None) for name in pair]
    return inner(run, found[0])[0] if found[0] is not None and found[1] is not None else ""


def _over(run: RunDirectory, point: Point, name: str, against: Point | None) -> Floats | None:
    """Means (n,) along the curve that is laid over an aim, less the aim's mean in the baseline."""
    curve = next((n for n, v in run.study.experiment.outputs(point.case).items() if v.over == name), None)
    if curve is None:
        return None
    return mean_at_end(run, point, curve) - (run.column(against, name).mean() if against is not None else 0.0)
