"""Figure of measured losses over cumulated contamination, with the collapse law and its best rival."""

from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.measurements import Measurements
from mfsolve.inference.collapse_laws import Comparison, Law, LawFit, curve, term
from mfsolve.inference.regression import Regression
from mfsolve.report.look import COLOURS, MARKERS, new_figure, save

_NAMED = 8  # runs that the legend names


def draw(data: Measurements, fit: Regression, laws: Comparison, structural: float | None, stem: Path) -> list[Path]:
    """Draw measurements, the line with its interval, the best other law, the structural line; returns the files."""
    drawing, axes = new_figure(1, 1, 6.4, 4.6)
    axis: Any = axes.flat[0]
    paths = data.paths
    groups = list(dict.fromkeys(data.conditions))
    several = len(groups) > 1
    start = _starts(data, fit)
    loss = paths.loss - start[paths.run]
    for i, name in enumerate(data.runs):
        mine = paths.run == i
        shade = groups.index(data.conditions[i]) if several else i
        words = data.conditions[i] if several else name or "measurements"
        seen = several and data.conditions[i] in data.conditions[:i]
        error = None if paths.error is None else paths.error[mine]
        axis.errorbar(
            paths.exposure[mine], loss[mine], error, fmt=MARKERS[shade % 8], color=COLOURS[shade % 8], ms=4,
            label=None if seen or (not several and i >= _NAMED) else words,
        )  # fmt: skip
    top = 1.03 * float(paths.exposure.max())
    reach = np.linspace(0.0, top, 200)
    axis.plot(reach, fit.slope * reach, "-", color="black", label=f"slope {fit.slope:.4g}")
    text = f"{100 * fit.level:g} % interval [{fit.low:.3g}, {fit.high:.3g}]"
    axis.fill_between(reach, fit.low * reach, fit.high * reach, color="black", alpha=0.15, lw=0, label=text)
    best = laws.laws[0]
    if best.law in (Law.POWER, Law.BOUNDED, Law.LOGARITHMIC) and best.slope is not None:
        words = f"{best.law.name.lower()}, the best of the laws"
        values = best.slope * curve(reach, best.law, best.shape) + _offset(data, best, loss)
        axis.plot(reach, values, "--", color="black", label=words)
    if structural is not None:
        axis.plot(reach, structural * reach, ":", color="black", label=f"structural {structural:g}")
    axis.set(
        xlabel="cumulated squared contamination, after the first generation",
        ylabel=f"fall of {data.metric.words} from its start",
        title=f"collapse law, R² = {fit.r_squared:.3f}",
    )
    axis.legend(frameon=False, fontsize=8)
    return save(drawing, stem)


def _offset(data: Measurements, best: LawFit, loss: Floats) -> float:
    """Mean over runs of where a law's own fit starts, beside the line's."""
    residual = loss - (best.slope or 0.0) * term(data.paths, best.law, best.shape)
    return float((residual - data.paths.since_start(residual))[data.paths.first].mean())


def _starts(data: Measurements, fit: Regression) -> Floats:
    """Loss (runs,) that the line starts from in each run."""
    paths = data.paths
    residual = paths.loss - fit.slope * paths.exposure
    return (residual - paths.since_start(residual))[paths.first]
