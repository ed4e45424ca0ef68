"""Figure of measured losses over cumulated contamination, with the collapse law and its best rival."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.measurements import Measurements
from mfsolve.inference.collapse_conditions import Conditions
from mfsolve.inference.collapse_laws import Comparison, Law, curve, term
from mfsolve.inference.regression import Regression
from mfsolve.report.look import COLOURS, MARKERS, new_figure, save

_NAMED = 8  # runs that the legend names


def draw(
    data: Measurements,
    fit: Regression,
    laws: Comparison,
    conditions: Conditions | None,
    structural: float | None,
    stem: Path,
) -> list[Path]:
    """Draw falls since each run's first measurement, the lines fitted to them, the best other law; returns the files.

    A line stands at the mean of its runs' intercepts, beside 0 by what their first measurements err on average. Its
    interval turns about the mean of the data, or the start where that is exact.
    """
    drawing, axes = new_figure(1, 1, 6.4, 4.6)
    axis: Any = axes.flat[0]
    paths = data.paths
    groups = list(dict.fromkeys(data.conditions))
    several = len(groups) > 1
    fall = paths.loss - paths.loss[paths.first][paths.run]
    for i, name in enumerate(data.runs):
        mine = paths.run == i
        shade = groups.index(data.conditions[i]) if several else i
        words = data.conditions[i] if several else name or "measurements"
        seen = several and data.conditions[i] in data.conditions[:i]
        error = None if paths.error is None else paths.error[mine]
        axis.errorbar(
            paths.exposure[mine], fall[mine], error, fmt=MARKERS[shade % 8], color=COLOURS[shade % 8], ms=4,
            label=None if seen or (not several and i >= _NAMED) else words,
        )  # fmt: skip
    everyone = np.ones(len(data.runs), dtype=bool)
    reach = np.linspace(0.0, 1.03 * float(paths.exposure.max()), 200)
    x, y = _anchor(data, paths.exposure, everyone), _anchor(data, fall, everyone)
    axis.plot(reach, y + fit.slope * (reach - x), "-", color="black", label=f"slope {fit.slope:.4g}")
    ends = [y + slope * (reach - x) for slope in (fit.low, fit.high)]
    text = f"{100 * fit.level:g} % interval [{fit.low:.3g}, {fit.high:.3g}]"
    axis.fill_between(reach, *ends, color="black", alpha=0.15, lw=0, label=text)
    for one in () if conditions is None else conditions.each:
        if one.fit is not None:
            mine = np.array(data.conditions) == one.name
            shade = groups.index(one.name)
            far = np.array([0.0, 1.03 * float(paths.exposure[mine[paths.run]].max())])
            values = _anchor(data, fall - one.fit.slope * paths.exposure, mine) + one.fit.slope * far
            axis.plot(far, values, "-", color=COLOURS[shade % 8], label=f"{one.name}: slope {one.fit.slope:.4g}")
    best = laws.laws[0]
    if best.law in (Law.POWER, Law.BOUNDED, Law.LOGARITHMIC) and best.slope is not None:
        words = f"{best.law.name.lower()}, the best of the laws"
        left = fall - best.slope * term(paths, best.law, best.shape)
        values = best.slope * curve(reach, best.law, best.shape) + _anchor(data, left, everyone)
        axis.plot(reach, values, "--", color="black", label=words)
    if structural is not None:
        axis.plot(reach, y + structural * (reach - x), ":", color="black", label=f"structural {structural:g}")
    line = laws.of(Law.COLLAPSE)
    axis.set(
        xlabel="cumulated squared contamination, after the first generation",
        ylabel=f"fall of {data.metric.words} from its first measurement",
        title="collapse law" if line is None else f"collapse law, R² = {line.r_squared:.3f}",
    )
    axis.legend(frameon=False, fontsize=8)
    return save(drawing, stem)


def _anchor(data: Measurements, values: Floats, runs: NDArray[np.bool_]) -> float:
    """Mean over some of the runs of what a line goes through: a run's weighted mean, or its start where it is exact."""
    paths = data.paths
    return float((values - paths.since_start(values))[paths.first][runs].mean())
