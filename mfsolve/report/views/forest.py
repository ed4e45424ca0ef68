"""Every claim of a study at a glance: what it allows, the interval of the estimate, the verdict."""

import textwrap
from collections.abc import Sequence
from functools import partial
from math import isfinite, isnan
from typing import TYPE_CHECKING

from mfsolve.inference.estimate import Method
from mfsolve.inference.simultaneous import Kind
from mfsolve.report import tables
from mfsolve.report.look import label, new_figure
from mfsolve.report.numbers import claims_a_range, with_interval
from mfsolve.report.rows import Row
from mfsolve.report.views.panels import Page, shared_out
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

MOST_ROWS, MOST_PAGES = 40, 4
"""Rows that a page shows legibly, and pages that somebody may leaf through; the table has all rows."""
COLOUR = {"supported": "#009E73", "reproduced": "#009E73", "contradicted": "#D55E00", "missed": "#D55E00"}
AGAINST, SHOWN = ("contradicted", "missed"), ("supported", "reproduced")
UNDECIDED = "#555555"
SHARE = 0.45
"""Part of half the panel's width that what a claim allows takes, or the interval where it is the wider of both."""


def forest(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """A line for every row with a verdict: interval and claim on a scale of the row's own, numbers beside them."""
    judged = [row for row in rows if row.verdict is not None and row.claimed is not None]
    shown = chosen(judged)
    pages = shared_out(shown, MOST_ROWS)
    which = [f"page {number} of {len(pages)}" for number in range(1, len(pages) + 1)] if len(pages) > 1 else [""]
    if len(shown) < len(judged):
        some = f"{len(shown)} of {len(judged)} rows, those least favourable to each claim"
        which = [f"{some}; {page}" for page in which]
    return [partial(_page, run, page, words) for page, words in zip(pages, which)]


def chosen(judged: Sequence[Row]) -> list[Row]:
    """Rows by claim; where there are more than the pages hold, as many of each claim, the worst of them."""
    by_name: dict[str, list[Row]] = {}
    for row in judged:
        by_name.setdefault(row.name, []).append(row)
    if len(judged) > MOST_ROWS * MOST_PAGES:
        most = max(1, MOST_ROWS * MOST_PAGES // len(by_name))
        by_name = {name: sorted(mine, key=_bears_out)[:most] for name, mine in by_name.items()}
    return [row for mine in by_name.values() for row in mine]


def _bears_out(row: Row) -> int:
    return 0 if row.verdict in AGAINST else 2 if row.verdict in SHOWN else 1


def _page(run: RunDirectory, shown: Sequence[Row], which: str) -> "Drawing":
    drawing, axes = new_figure(1, 1, 11.0, 1.6 + 0.42 * len(shown))
    axis = axes[0, 0]
    for y, row in enumerate(shown):
        _line(axis, row, len(shown) - 1 - y)
    names = [_lines(row) for row in shown]
    axis.set_yticks(range(len(shown))[::-1], names, fontsize=8)
    axis.set(xlim=(-1.0, 1.0), ylim=(-0.6, len(shown) - 0.4), xticks=[0.0], xticklabels=["as claimed"])
    axis.grid(False)
    level = f"{100 * run.study.ensemble.level:g} %"
    ranges = "dashed or dark: claimed; grey: supports the claim"
    said = "; ".join([ranges, ", ".join([*_drawn(shown, level), "each on its own scale"])])
    jointly = f"verdicts hold jointly at {level} (Holm); a range is tested one side at a time"
    drawing.suptitle("\n".join(filter(None, (run.study.title, said, jointly, which))), fontsize=11)
    return drawing


def _drawn(shown: Sequence[Row], level: str) -> list[str]:
    """Words for the lines of a page: intervals of a level, proved bounds, or none where there are dots alone."""
    found = [row.estimate for row in shown if row.estimate.low < row.estimate.high]
    bounds = [estimate for estimate in found if estimate.method == Method.DETERMINISTIC]
    kinds = [f"{level} intervals"] * (len(bounds) < len(found)) + ["proved bounds"] * bool(bounds)
    return [f"lines: {' or '.join(kinds)}"] if kinds else []


def _lines(row: Row) -> str:
    """Name and place of a row in lines, which do not part a setting from its value."""
    place = ", ".join(setting.replace(" ", "\xa0") for setting in label(row.place).split(", "))
    text = textwrap.fill(f"{row.name}{', ' + place if place else ''}", 58)
    return text.replace("\xa0", " ")


def _line(axis: "Axes", row: Row, y: int) -> None:
    """One row: the claim at 0, the scale such that the wider of interval and allowance fills the same width."""
    estimate, claimed = row.estimate, row.claimed or 0.0
    ends = [x for x in (estimate.value, estimate.low, estimate.high, *(row.allowed or ())) if isfinite(x)]
    scale = max((abs(x - claimed) for x in ends), default=0.0) or 1.0

    def place(x: float) -> float:
        return max(-1.0, min(1.0, SHARE * (x - claimed) / scale))

    for ends_of, shade in ((row.allowed, 0.12), (row.stated, 0.25)):
        if ends_of is not None and ends_of[0] < ends_of[1]:
            low, high = map(place, ends_of)
            axis.barh(y, high - low, 0.7, low, color="black", alpha=shade, lw=0)
    if not claims_a_range(row.predicted, row.stated):
        axis.plot([0.0, 0.0], [y - 0.5, y + 0.5], color="black", ls="--", lw=0.8, zorder=0.5)
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
    numbers = with_interval(found["estimate"], row.percent, tables.signed(found))
    axis.annotate(
        f"{tables.verdict(found)}{beside(row)}\n{numbers} for {tables.claimed(found)}", (1.01, y),
        xycoords=("axes fraction", "data"), va="center", fontsize=8, color=colour,
    )  # fmt: skip


def beside(row: Row) -> str:
    """Why a verdict is not what the drawn interval suggests; empty where it is.

    A claim is borne out by the one-sided intervals of its estimate, and nothing is said of it where only the number of
    claims that are judged together keeps it from that.
    """
    low, high = row.estimate.low, row.estimate.high
    if row.stated is None or row.resolution is None or isnan(low) or isnan(high):
        return ""
    accepted = row.stated[0] - row.resolution, row.stated[1] + row.resolution
    within = accepted[0] <= low and high <= accepted[1]
    refuted = accepted if row.kind is Kind.FIGURE else row.stated
    outside = high < refuted[0] or low > refuted[1]
    if row.verdict in SHOWN:
        return "" if within else ", one-sided"
    return ", judged jointly" if row.verdict not in AGAINST and (within or outside) else ""
