"""Orders along an axis: what they are fitted to, the fitted lines, and what theory says."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.experiments.experiment import Output
from mfsolve.inference.estimate import student_quantile
from mfsolve.report import words
from mfsolve.report.look import COLOURS, MARKERS, label, plain_ticks, set_labels
from mfsolve.report.numbers import with_interval
from mfsolve.report.rows import Row, places_of
from mfsolve.report.sample import Stored
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.order_estimands import AlongAxis, Order
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEYOND = 10.0
"""Factor beyond all magnitudes and lines up to which bars are in sight."""


def order_panel(run: RunDirectory, axis: "Axes", spec: EstimateSpec, rows: Sequence[Row], output: Output) -> None:
    """Magnitudes with their intervals and the lines fitted to them in log-log, theory dashed: a colour for a place."""
    theories = {row.predicted for row in rows if row.predicted is not None}
    axis.set(xscale="log", yscale="log")
    ends: list[float] = []
    for i, (place, row) in enumerate(zip(places_of(run, spec), rows)):
        ends += _line(run, axis, spec, place, row, (i, len(theories) > 1))
    if theories:
        name = f"theory {theories.pop():.4g}" if len(theories) == 1 else "theory"
        axis.plot([], [], "--", color="black", label=name)
    low, high = axis.get_ylim()
    axis.set_ylim(max(low, min(ends) / BEYOND), min(high, max(ends) * BEYOND))
    what = getattr(spec.estimand, "what", "")
    name = f"{what} of {output.long_name}" if what else output.long_name
    set_labels(axis, words.setting(run.study.experiment, spec.axis or ""), words.with_unit(name, output.units))
    plain_ticks(axis)


def magnitudes(run: RunDirectory, spec: EstimateSpec, place: Mapping[str, Any]) -> AlongAxis:
    """Magnitudes that an order is fitted to at a place of the other axes."""
    estimand = spec.estimand
    assert isinstance(estimand, Order)
    return estimand.magnitudes(spec, Stored(run, spec, place))


def bars(data: AlongAxis, level: float) -> np.ndarray:
    """Lengths (2, k) of intervals below and above magnitudes: Student's on the log scale, on which the line is fitted.

    NaN where nothing random is in the magnitudes.
    """
    if data.replicates is None:
        return np.full((2, len(data.magnitude)), np.nan)
    with np.errstate(over="ignore"):
        factor = np.exp(student_quantile(level, data.replicates - 1) * data.standard_error / data.magnitude)
    factor = np.minimum(factor, 1e30)
    return np.array([data.magnitude * (1.0 - 1.0 / factor), data.magnitude * (factor - 1.0)])


def _line(
    run: RunDirectory, axis: "Axes", spec: EstimateSpec, place: Mapping[str, Any], row: Row, look: tuple[int, bool]
) -> list[float]:
    """Draw one place; returns the ends of magnitudes and lines. `look`: its number, and whether theories differ."""
    i, differ = look
    data, e = magnitudes(run, spec, place), row.estimate
    values, colour = np.array(data.values, dtype=float), COLOURS[i % 8]
    what = "order" if spec.estimand.deviation else "power"
    found = f"{what} {with_interval(e.to_dict())}"
    theory = f", theory {row.predicted:.4g}" if differ and row.predicted is not None else ""
    text = f"{label(row.place) or 'measured'}: {found}{theory}"
    axis.errorbar(
        values,
        data.magnitude,
        bars(data, run.study.ensemble.level),
        fmt=MARKERS[i % 8],
        color=colour,
        capsize=3,
        label=text,
    )
    middle = np.exp(np.log(data.fineness).mean()), np.exp(np.log(data.magnitude).mean())
    fit = middle[1] * (data.fineness / middle[0]) ** -e.value
    axis.plot(values, fit, "-", color=colour)
    drawn = [data.magnitude, fit]
    if row.predicted is not None:
        drawn.append(middle[1] * (data.fineness / middle[0]) ** -row.predicted)
        axis.plot(values, drawn[-1], "--", color="black")
    finite = np.concatenate(drawn)
    return [float(x) for x in finite[np.isfinite(finite) & (finite > 0.0)]] or [1.0]
