"""Every claim of a study at a glance: what it allows, the interval of the estimate, the verdict."""

import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from math import inf, isfinite, isnan, nan
from typing import TYPE_CHECKING

from mfsolve.inference.estimate import Method
from mfsolve.inference.verdicts import Kind
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
"""Part of half the panel's width that what a claim allows takes, or the widest of its intervals where that is wider."""


def forest(run: RunDirectory, rows: Sequence[Row]) -> list[Page]:
    """A line for every row with a verdict: interval and claim on a scale of the claim's own, numbers beside them."""
    judged = [row for row in rows if row.verdict is not None and row.claimed is not None]
    shown = chosen(judged)
    pages = shared_out(shown, MOST_ROWS)
    which = [f"page {number} of {len(pages)}" for number in range(1, len(pages) + 1)] if len(pages) > 1 else [""]
    if len(shown) < len(judged):
        some = f"{len(shown)} of {len(judged)} rows, those least favourable to each claim"
        which = [f"{some}; {page}" for page in which]
    scales = scales_of(shown)
    return [partial(_page, run, page, scales, words) for page, words in zip(pages, which)]


def chosen(judged: Sequence[Row]) -> list[Row]:
    """Rows by claim; where there are more than the pages hold, as many of each claim, the worst of them."""
    by_name: dict[str, list[Row]] = {}
    for row in judged:
        by_name.setdefault(row.name, []).append(row)
    if len(judged) > MOST_ROWS * MOST_PAGES:
        most = max(1, MOST_ROWS * MOST_PAGES // len(by_name))
        by_name = {name: sorted(mine, key=_bears_out)[:most] for name, mine in by_name.items()}
    return [row for mine in by_name.values() for row in mine]


def _bears_out(row: Row) -> tuple[float, ...]:
    """Key that is lower where a row bears its claim out less: by verdict, p-values, and distance to the claim."""
    word = 0 if row.verdict in AGAINST else 2 if row.verdict in SHOWN else 1
    refutation, confirmation = (1.0 if isnan(p) else p for p in row.p_values or (nan, nan))
    low, high = row.stated or (row.claimed or 0.0,) * 2
    beyond = max(low - row.estimate.value, row.estimate.value - high)
    return word, refutation, -confirmation, 0.0 if isnan(beyond) else -beyond


def scales_of(shown: Sequence[Row]) -> dict[int, float]:
    """Distance to its claim that a row's panel shows, by the row's identity: rows of one name have one scale.

    It is that of the farthest end of an interval, or of what is allowed; a share of the claim where claims differ.
    """
    by_name: dict[str, list[Row]] = {}
    for row in shown:
        by_name.setdefault(row.name, []).append(row)
    found: dict[int, float] = {}
    for mine in by_name.values():
        claims = [abs(row.claimed or 0.0) for row in mine]
        alike = len({row.claimed for row in mine}) == 1 or not all(claims)
        units = [1.0 if alike else claim for claim in claims]
        most = max(_reach(row) / unit for row, unit in zip(mine, units))
        found |= {id(row): most * unit or 1.0 for row, unit in zip(mine, units)}
    return found


def _reach(row: Row) -> float:
    estimate, claimed = row.estimate, row.claimed or 0.0
    ends = [x for x in (estimate.value, estimate.low, estimate.high, *(row.allowed or ())) if isfinite(x)]
    return max((abs(x - claimed) for x in ends), default=0.0)


def _page(run: RunDirectory, shown: Sequence[Row], scales: Mapping[int, float], which: str) -> "Drawing":
    drawing, axes = new_figure(1, 1, 11.0, 1.6 + 0.42 * len(shown))
    axis = axes[0, 0]
    for y, row in enumerate(shown):
        _line(axis, row, len(shown) - 1 - y, scales[id(row)])
    names = [_lines(row) for row in shown]
    axis.set_yticks(range(len(shown))[::-1], names, fontsize=8)
    axis.set(xlim=(-1.0, 1.0), ylim=(-0.6, len(shown) - 0.4), xticks=[0.0], xticklabels=["as claimed"])
    axis.grid(False)
    level = f"{100 * run.study.ensemble.level:g} %"
    ranges = "dashed or dark: as claimed; light: differs by less than matters"
    said = "; ".join([ranges, ", ".join([*_drawn(shown, level), "each claim on its own scale"])])
    families = ", each family of claims by itself" if len({row.family for row in shown}) > 1 else ""
    jointly = f"verdicts hold jointly at {level} (Holm){families}; the two ends of a range are tested separately"
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


def _line(axis: "Axes", row: Row, y: int, scale: float) -> None:
    """One row: the claim at 0, the scale such that the wider of interval and allowance fills the same width."""
    estimate, claimed = row.estimate, row.claimed or 0.0
    least, most = row.support or (-inf, inf)

    def place(x: float) -> float:
        return max(-1.0, min(1.0, SHARE * (x - claimed) / scale))

    for ends_of, shade in ((row.allowed, 0.12), (row.stated, 0.25)):
        if ends_of is not None and ends_of[0] < ends_of[1]:
            low, high = place(max(ends_of[0], least)), place(min(ends_of[1], most))
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

    A claim is borne out by the one-sided intervals of its estimate, and contradicted by what is not exactly as stated,
    even where the difference is too small to matter. What the row's own p-value says, and the verdict does not, is held
    back by the number of claims that are judged together; what the p-value does not say either rests on more than the
    interval does: that of trials that are independent, which nothing shows.
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
    if row.verdict in AGAINST:
        return ", by less than matters" if within else ""
    if not (within or outside):
        return ""
    p = nan if row.p_values is None else row.p_values[0] if outside else row.p_values[1]
    if p < 1.0 - row.estimate.level:
        return ", judged jointly"
    if row.estimate.method is Method.BINOMIAL and row.estimate.tail is not None:
        return ", trials may depend on each other"
    return "" if isnan(p) else f", p = {p:.2g}"
