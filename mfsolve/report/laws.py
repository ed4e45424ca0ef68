"""Figure of measured losses over cumulative contamination, with the collapse law and its best rival."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.measurements import Measurements
from mfsolve.inference.collapse_conditions import Conditions
from mfsolve.inference.collapse_laws import Comparison, Law, curve, term
from mfsolve.inference.regression import Regression
from mfsolve.report.look import COLOURS, MARKERS, fitted, new_figure, save

_NAMED = 8  # runs that the legend names

Reach = tuple[NDArray[np.bool_], Floats]
"""Runs of a condition, and the exposures that its lines cover."""


def draw(
    data: Measurements,
    fit: Regression,
    laws: Comparison,
    conditions: Conditions | None,
    structural: float | None,
    stem: Path,
) -> list[Path]:
    """Draw falls since each run's first measurement, the lines fitted to them, the best other law; returns the files.

    A line stands at the mean of its runs' intercepts, beside 0 by what their first measurements err on average: that of
    all runs together, the structural one and the best law beside each condition, as between conditions there are no
    runs. Its interval turns about the mean
    of the data, or the start where that is exact.
    """
    drawing, axes = new_figure(1, 1, 9.4, 4.6)
    axis: Any = axes.flat[0]
    paths = data.paths
    groups = _groups(data)
    fall = paths.loss - paths.loss[paths.first][paths.run]
    _draw_measurements(axis, data, fall)
    reaches: list[Reach] = []
    for name in groups:
        some = np.array([condition == name for condition in data.conditions])
        reaches.append((some, np.linspace(0.0, 1.03 * float(paths.exposure[some[paths.run]].max()), 200)))
    bounded = math.isfinite(fit.high - fit.low)
    text = f"{100 * fit.level:g} % interval [{fit.low:.3g}, {fit.high:.3g}]" if bounded else "without an interval"
    for k, (some, far) in enumerate(reaches):
        x, y = _anchor(data, paths.exposure, some), _anchor(data, fall, some)
        said = [f"slope {fit.slope:.4g}{', all runs' if len(groups) > 1 else ''}", text] if k == 0 else [None, None]
        axis.plot(far, y + fit.slope * (far - x), "-", color="black", label=said[0])
        ends = [y + slope * (far - x) for slope in ((fit.low, fit.high) if bounded else (fit.slope, fit.slope))]
        axis.fill_between(far, *ends, color="black", alpha=0.15, lw=0, label=said[1])
    if conditions is not None:
        _draw_conditions(axis, data, fall, conditions)
    _draw_best_law(axis, data, fall, laws, reaches)
    if structural is not None:
        for k, (some, far) in enumerate(reaches):
            x, y = _anchor(data, paths.exposure, some), _anchor(data, fall, some)
            text = f"structural {structural:g}"
            axis.plot(far, y + structural * (far - x), ":", color="black", label=text if k == 0 else None)
    line = laws.of(Law.COLLAPSE)
    axis.set(
        xlabel="cumulative squared contamination, after the first generation",
        ylabel=f"{data.metric.fall} since the first measurement",
        title="collapse law" if line is None else f"collapse law, R² = {line.r_squared:.3f}",
    )
    handles, texts = axis.get_legend_handles_labels()
    texts = [fitted(text, 2.4, 8.0) for text in texts]
    drawing.legend(handles, texts, loc="outside right upper", frameon=False, fontsize=8)
    return save(drawing, stem)


def _groups(data: Measurements) -> list[str]:
    """Conditions, in the order of the measurements."""
    return list(dict.fromkeys(data.conditions))


def _draw_measurements(axis: Any, data: Measurements, fall: Floats) -> None:
    """Draw the measurements of every run; of many runs the legend names the first."""
    paths, groups = data.paths, _groups(data)
    several = len(groups) > 1
    for i, name in enumerate(data.runs):
        mine = paths.run == i
        shade = groups.index(data.conditions[i]) if several else i
        words = data.conditions[i] if several else name or "measurements"
        seen = several and data.conditions[i] in data.conditions[:i]
        error = None if paths.error is None else paths.error[mine]
        colour, marker = _look(shade)
        axis.errorbar(
            paths.exposure[mine],
            fall[mine],
            error,
            fmt=marker,
            color=colour,
            ms=4,
            label=None if seen or (not several and i >= _NAMED) else words,
        )
    if not several and len(data.runs) > _NAMED:
        axis.plot([], [], " ", label=f"and {len(data.runs) - _NAMED} more runs")


def _draw_conditions(axis: Any, data: Measurements, fall: Floats, conditions: Conditions) -> None:
    """Draw the line of each condition that has a slope of its own."""
    groups = _groups(data)
    for one in conditions.each:
        if one.fit is not None:
            mine = np.array(data.conditions) == one.name
            far = np.array([0.0, 1.03 * float(data.paths.exposure[mine[data.paths.run]].max())])
            values = _anchor(data, fall - one.fit.slope * data.paths.exposure, mine) + one.fit.slope * far
            colour, _ = _look(groups.index(one.name))
            axis.plot(far, values, "-", color=colour, label=f"{one.name}: slope {one.fit.slope:.4g}")


def _draw_best_law(axis: Any, data: Measurements, fall: Floats, laws: Comparison, reaches: Sequence[Reach]) -> None:
    """Draw the best law over every condition, where it is a power, a bounded or a logarithmic one."""
    best = laws.laws[0]
    if best.law in (Law.POWER, Law.BOUNDED, Law.LOGARITHMIC) and best.slope is not None:
        words = f"{best.law.name.lower()}, the best-fitting law"
        steepness: float = best.slope
        left = fall - steepness * term(data.paths, best.law, best.shape)
        for k, (some, far) in enumerate(reaches):
            values = steepness * curve(far, best.law, best.shape) + _anchor(data, left, some)
            axis.plot(far, values, "--", color="black", label=words if k == 0 else None)


def _look(number: int) -> tuple[str, str]:
    """Colour and marker of a run or a condition; no two of the first hundred look the same."""
    return COLOURS[number % 10], MARKERS[(number + number // 10) % 10]


def _anchor(data: Measurements, values: Floats, runs: NDArray[np.bool_]) -> float:
    """Mean over some of the runs of what a line goes through: a run's weighted mean, or its start where it is exact."""
    paths = data.paths
    return float((values - paths.since_start(values))[paths.first][runs].mean())
