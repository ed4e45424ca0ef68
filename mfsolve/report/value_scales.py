"""Scales of values: one for all panels of a quantity, on which what is 0 stays in sight."""

import math
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTHING = 1e-30
"""Size below which a number is what is left of 0."""
MAGNIFIED = 0.01
"""Part of its values that an axis spans at least without saying so."""
HIGHEST = 1e307
"""The highest end of an axis: there are numbers a little beyond it."""


def value_scale(*axes: "Axes") -> str:
    """A log scale of positive values of which a linear one would press half, or a panel, into its first hundredth.

    Where that of places is one, for lines that are not negative and positive over a factor of 30 or more. Where some
    values are 0 a log scale that is linear up to the least positive one: no line is lost from it.
    """
    y = values_of(*axes)
    if y.size == 0 or y.min() < 0.0 or not y.any():
        return "linear"
    positive = y[y > NOTHING]
    if positive.size == 0:
        return "linear"
    steep = all(axis.get_xscale() == "log" for axis in axes) and y.max() > 30.0 * positive.min()
    highest = [float(values_of(axis).max(initial=0.0)) for axis in axes]
    low = min(float(np.median(positive)), *(top for top in highest if top > NOTHING))
    if not steep and y.max() <= 100.0 * low:
        return "linear"
    return "log" if positive.size == y.size else "symlog"


def set_value_scale(*axes: "Axes") -> None:
    """Give panels of one quantity the scale that suits their values together."""
    name = value_scale(*axes)
    if name != "symlog":
        for axis in axes:
            axis.set_yscale(name)
        return
    y = values_of(*axes)
    least = 10.0 ** math.floor(math.log10(y[y > NOTHING].min()))
    for axis in axes:
        axis.set_yscale("symlog", linthresh=least)
        with np.errstate(over="ignore"):
            axis.autoscale_view(scalex=False)
        low, high = axis.get_ylim()
        axis.set_ylim(max(low, -0.5 * least), min(high, HIGHEST), auto=True)


def say_magnified(*axes: "Axes") -> None:
    """Say at a panel's values that its axis spans less than a hundredth of them, far from 0."""
    for axis in axes:
        low, high = axis.get_ylim()
        share = (high - low) / max(abs(low), abs(high))
        if axis.get_visible() and axis.get_yscale() == "linear" and low * high > 0.0 and share < MAGNIFIED:
            axis.set_ylabel(f"{axis.get_ylabel()}\nmagnified: {100 * share:.1g} % of the value".strip())


def values_of(*axes: "Axes") -> Floats:
    """Finite values of all lines of data (n,), without the ends of their intervals."""
    found = [np.empty(0)]
    for axis in axes:
        caps = {id(cap) for bars in axis.containers for cap in _caps(bars)}
        lines = (line for line in axis.lines if line.get_transform() == axis.transData and id(line) not in caps)
        found += [np.asarray(line.get_ydata(), dtype=float) for line in lines]
    y = np.concatenate(found)
    return y[np.isfinite(y)]


def _caps(bars: object) -> tuple[object, ...]:
    """Marks at the ends of error bars; none of other containers."""
    from matplotlib.container import ErrorbarContainer

    return tuple(bars.lines[1]) if isinstance(bars, ErrorbarContainer) else ()
