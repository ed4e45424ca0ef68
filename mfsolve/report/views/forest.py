"""Every claim of a study at a glance: what it allows, the interval of the estimate, the verdict."""

import textwrap
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from mfsolve.report import tables
from mfsolve.report.look import new_figure
from mfsolve.report.rows import Row
from mfsolve.study.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_ROWS = 40
"""Rows that a figure shows legibly; the table has all of them."""
COLOUR = {"supported": "#009E73", "reproduced": "#009E73", "contradicted": "#D55E00", "missed": "#D55E00"}
UNDECIDED = "#555555"
SHARE = 0.45
"""Part of half the panel's width that what a claim allows takes, or the interval where it is the wider of both."""


def forest(run: RunDirectory, rows: Sequence[Row]) -> "Drawing | None":
    """A line for every row with a verdict: interval and claim on a scale of the row's own, numbers beside them."""
    judged = [row for row in rows if row.verdict is not None and row.claimed is not None]
    if not judged:
        return None
    shown = judged[:MOST_ROWS]
    drawing, axes = new_figure(1, 1, 11.0, 1.4 + 0.42 * len(shown))
    axis = axes[0, 0]
    for y, row in enumerate(shown):
        _line(axis, row, len(shown) - 1 - y)
    axis.axvline(0.0, color="black", ls="--", lw=0.8, zorder=0.5)
    names = [_lines(row) for row in shown]
    axis.set_yticks(range(len(shown))[::-1], names, fontsize=8)
    axis.set(xlim=(-1.0, 1.0), ylim=(-0.6, len(shown) - 0.4), xticks=[0.0], xticklabels=["as claimed"])
    axis.grid(False)
    left = f", the first {len(shown)} of {len(judged)}" if len(shown) < len(judged) else ""
    what = f"claims{left}: grey is what each allows, lines are {100 * run.study.ensemble.level:g} % intervals"
    drawing.suptitle(f"{run.study.title}\n{what}, each on a scale of its own", fontsize=11)
    return drawing


def _lines(row: Row) -> str:
    """Name and place of a row in lines, which do not part a setting from its value."""
    place = row.place.replace(" = ", "\xa0=\xa0")
    text = textwrap.fill(f"{row.name}{', ' + place if place else ''}", 58)
    return text.replace("\xa0", " ")


def _line(axis: "Axes", row: Row, y: int) -> None:
    """One row: the claim at 0, the scale such that the wider of interval and allowance fills the same width."""
    estimate, claimed = row.estimate, row.claimed or 0.0
    ends = [x for x in (estimate.value, estimate.low, estimate.high, *(row.allowed or ())) if isfinite(x)]
    scale = max((abs(x - claimed) for x in ends), default=0.0) or 1.0

    def place(x: float) -> float:
        return max(-1.0, min(1.0, SHARE * (x - claimed) / scale))

    if row.allowed is not None:
        low, high = map(place, row.allowed)
        axis.barh(y, high - low, 0.7, low, color="black", alpha=0.12, lw=0)
    word = row.verdict or ""
    colour = COLOUR.get(word, UNDECIDED)
    if isfinite(estimate.value):
        axis.plot(place(estimate.value), y, "o", color=colour, ms=5)
    if not (isfinite(estimate.low) or isfinite(estimate.high)):
        low = high = place(estimate.value) if isfinite(estimate.value) else 0.0
    else:
        low, high = place(estimate.low), place(estimate.high)
    axis.plot([low, high], [y, y], color=colour, lw=2.0, solid_capstyle="butt")
    found = row.to_dict()
    signed = row.statistic in tables.SIGNED
    numbers = f"{tables.value(found, row.percent, signed)} {tables.interval(found['estimate'], row.percent, signed)}"
    claim = tables.published(found, row.percent) or tables.theory(found, row.percent)
    axis.annotate(
        f"{tables.verdict(found)}\n{numbers.strip()} for {claim}", (1.01, y), xycoords=("axes fraction", "data"),
        va="center", fontsize=8, color=colour,
    )  # fmt: skip
