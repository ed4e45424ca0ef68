"""Slopes along the path: mean paths, fitted lines with their intervals, slopes that are claimed."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.report import tables, words
from mfsolve.report.look import (
    COLOURS,
    LINES,
    MARKERS,
    new_figure,
)
from mfsolve.report.rows import Row
from mfsolve.report.sample import Stored, mean_over_replicates
from mfsolve.report.views.legends import below, legends
from mfsolve.report.views.panels import single_place
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.sample import regression_of_mean_path
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing


def regression(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """Mean paths, the fitted slope through the origin with its intervals, and the slopes that are claimed.

    A panel for each regressor, such as time and its logarithm. Intervals are the HAC one of the mean path, and that of
    the mean of the replicates' own slopes where a row has it: the first holds for a single published series, the second
    says how far replicates agree.
    """
    specs = [s for s in run.study.estimates if s.statistic in ("slope", "hac_slope")]
    if not specs or not single_place(run):
        return None
    regressors = list(dict.fromkeys(spec.against or "" for spec in specs))
    drawing, axes = new_figure(1, len(regressors), 6.4 * len(regressors), 4.6 if len(regressors) == 1 else 5.6)
    for axis, against in zip(axes.flat, regressors):
        mine = {spec.name: spec for spec in specs if spec.against == against}
        _panel(run, axis, [(mine[row.name], row) for row in rows if row.name in mine])
    if len(regressors) == 1:
        legends(drawing)
    else:  # each panel has slopes of its own
        for axis in axes.flat:
            below(axis)
    drawing.suptitle(run.study.title, fontsize=11)
    return drawing


def _panel(run: RunDirectory, axis: "Axes", slopes: Sequence[tuple[EstimateSpec, Row]]) -> None:
    """Slopes on one regressor."""
    drawn, reach = set(), np.zeros(1)
    for spec, row in slopes:
        point = run.study.find(row.arm, {})
        if (row.arm, spec.quantity) in drawn:
            continue
        drawn.add((row.arm, spec.quantity))
        i = run.study.arms.index(row.arm)
        x, y = (mean_over_replicates(run, point, name) for name in (spec.against or "", spec.quantity))
        fit = regression_of_mean_path(spec, Stored(run, spec, {}))
        reach = np.linspace(0.0, x.max() * 1.03, 50)
        axis.plot(x[1:], y[1:], MARKERS[i], color=COLOURS[i], label=f"{run.study.words(row.arm)}: mean path")
        axis.plot(reach, fit.slope * reach, ls=LINES[i], color=COLOURS[i], label=f"fitted slope {fit.slope:.4f}")
        bands = [("HAC interval of the mean path", 0.2, fit.low, fit.high)]
        own = next((r.estimate for _, r in slopes if _is_of_replicates(r, row)), None)
        if own is not None and isfinite(own.half_width):
            bands.append(("interval of the replicates' slopes", 0.6, own.low, own.high))
        for what, shade, low, high in bands:
            axis.fill_between(
                reach,
                low * reach,
                high * reach,
                color=COLOURS[i],
                alpha=shade,
                lw=0,
                label=f"{100 * fit.level:g} % {what} [{low:.4g}, {high:.4g}]",
            )
        outputs = run.study.experiment.outputs(point.case)
        axis.set(xlabel=words.quantity(outputs[spec.against or ""]), ylabel=words.quantity(outputs[spec.quantity]))
    of_slopes = [row.to_dict() for _, row in slopes if row.claimed is not None]
    claims = {row["claimed"]: _claim(row) for row in of_slopes}
    for (slope, text), style in zip(sorted(claims.items()), (":", "-.", "--")):
        axis.plot(reach, slope * reach, style, color="black", lw=1.0, label=text)


def _is_of_replicates(row: Row, other: Row) -> bool:
    """True of the slope of every replicate's path, of the same arm and quantity as another row."""
    return row.statistic == "slope" and (row.arm, row.quantity) == (other.arm, other.quantity)


def _claim(row: Mapping[str, Any]) -> str:
    """Words for what a slope is held against, in the table's digits: a published figure, or a prediction."""
    return f"{'theory' if row['published'] is None else 'given slope'} {tables.claimed(row)}"
