"""The report's table: rich text for a terminal, markdown for a page, JSON for a pipe."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mfsolve.inference.estimate import Method
from mfsolve.report import footer
from mfsolve.report.look import label
from mfsolve.report.numbers import claims_a_range, distance, estimated, interval, number, share

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Mapping[str, Any]]

STYLE = {
    "supported": "green",
    "contradicted": "bold red",
    "cannot tell": "yellow",
    "reproduced": "green",
    "compatible": "yellow",
    "missed": "yellow",
    "not determined": "yellow",
    "hit": "green",
}
SIGNED = ("difference", "gain")
"""Statistics whose sign says something."""

LOOSE = 0.5
"""Share of a figure from which on what its own errors allow is too wide to say that it is reproduced."""

NEGLIGIBLE = 1e-3
"""Share of the smallest difference that matters below which a number is as good as 0."""

WORDS = (
    "estimate of", "at", "verdict", "claim", "statement", "source", "parameter", "moment", "found",
    "largest components",
)  # fmt: skip
"""Columns that may take several lines: a column that may not leaves the others nothing where it is long."""

ROOM, BETWEEN = 20, 3
"""Letters that a column of words is left at least, and those between two columns."""

MOST_SHOWN = 100
"""Rows that a terminal shows: a design of many points has thousands."""


def header(rows: Rows, level: float) -> list[str]:
    """Column titles; columns that no row fills are left out by `grid`."""
    return [
        "estimate of",
        "at",
        "given",
        "theory",
        " or ".join(dict.fromkeys(row["limit"] for row in rows if row.get("limit"))) or "deterministic limit",
        "estimate",
        f"{100 * level:g} % interval",
        "replicates",
        "gap",
        "allowed",
        "verdict",
    ]


def cells(row: Mapping[str, Any]) -> list[str]:
    """One row as text."""
    percent, estimate, change = row["percent"], row["estimate"], signed(row)
    return [
        row["name"],
        label(row["place"]),
        published(row),
        theory(row),
        _as_claimed(row, row["mean_field"], 5) if row["mean_field"] is not None else "",
        estimated(estimate, percent, change),
        interval(estimate, percent, change),
        replicates(row),
        distance(row["gap"], estimate, row["claimed"]) if row.get("gap") is not None else "",
        allowed(row),
        verdict(row),
    ]


def signed(row: Mapping[str, Any]) -> bool:
    """True of a row whose numbers are changes, of which a sign says the direction."""
    return row["statistic"] in SIGNED


def verdict(row: Mapping[str, Any]) -> str:
    """The verdict in words: of a figure with the gap, and whether the study was fitted to it.

    A figure whose own errors are more than half of it is no more than compatible with the estimate; where they are all
    of it and more, within no share of it: the range allowed says what was shown.
    """
    word: str | None = row["verdict"]
    gap = row.get("gap")
    if word is None:
        return ""
    if word == "reproduced" and row["claimed"] and None not in row["allowed"]:
        # what was shown is that the truth lies in the range allowed: its farther end, errors of the figure included
        farther = max(abs(end - row["claimed"]) for end in row["allowed"])
        part = farther / abs(row["claimed"])
        word = "compatible" if part > LOOSE else word
        word += f" within {share(part)}" if part < 1.0 else ""
    elif word == "missed" and gap is not None:
        word += f" by {share(abs(gap))}"
    return word + (" (calibrated)" if row["calibrated"] else "")


def allowed(row: Mapping[str, Any]) -> str:
    """The range in which the truth bears the claim out, rounding, tolerance and resolution included."""
    if row.get("allowed") is None:
        return ""
    low, high = row["allowed"]
    if low is None or high is None:
        return side(row) + _as_claimed(row, low if high is None else high)
    return f"{_as_claimed(row, low)} … {_as_claimed(row, high)}"


def replicates(row: Mapping[str, Any]) -> str:
    """Number of what an estimate rests on: replicates, generations, trials; a number without randomness has none."""
    if row.get("deterministic"):
        return "deterministic"
    count = row["estimate"]["replicates"]
    if row["estimate"].get("method") == Method.BINOMIAL:
        return f"{count} {'trial' if count == 1 else 'trials'}"
    return f"{count} gen." if row["statistic"] == "hac_slope" else str(count)


def published(row: Mapping[str, Any]) -> str:
    """The figure that a paper, or a measurement, gives, or the bound that it is."""
    return side(row) + _as_claimed(row, row["published"]) if row["published"] is not None else ""


def side(row: Mapping[str, Any]) -> str:
    """Sign before a claimed figure that the truth is only said to be at least, or at most."""
    low, high = row["allowed"]
    return "≥ " if high is None else "≤ " if low is None else ""


def theory(row: Mapping[str, Any]) -> str:
    """The prediction, or the bound or the range that it is."""
    if row["predicted"] is None:
        return ""
    if claims_a_range(row["predicted"], row.get("stated")):
        return " to ".join(_as_claimed(row, end) for end in row["stated"])
    return side(row) + _as_claimed(row, row["predicted"], 5)


def claimed(row: Mapping[str, Any]) -> str:
    """The given figure, or the prediction, that the estimate is compared with."""
    return published(row) or theory(row)


def _as_claimed(row: Mapping[str, Any], value: float, digits: int = 4) -> str:
    """A number on the scale of a row; signed where the row is a change. What no resolution tells from 0 is said so."""
    if 0.0 < abs(value) < NEGLIGIBLE * (row.get("resolution") or 0.0):
        return "≈ 0"
    return number(value, row["percent"], digits, signed(row))


def grid(rows: Rows, level: float) -> tuple[list[str], list[list[str]]]:
    """Titles and cells without the columns that are empty throughout."""
    titles, lines = header(rows, level), [cells(row) for row in rows]
    keep = [i for i in range(len(titles)) if any(line[i] for line in lines)]
    return [titles[i] for i in keep], [[line[i] for i in keep] for line in lines]


def markdown_line(line: Sequence[str]) -> str:
    """A line of a table in markdown, whose cells may hold the sign that divides them."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"


def markdown(rows: Rows, level: float) -> str:
    """The table as markdown."""
    titles, lines = grid(rows, level)
    table = [titles, ["---"] * len(titles), *lines]
    text = "\n".join(map(markdown_line, table))
    return f"{text}\n" + "".join(f"\n{line}\n" for line in footer.note(rows, level).splitlines())


def show(summary: Mapping[str, Any]) -> None:
    """Print a study's table on the terminal, without the points of a design whose sensitivities follow it."""
    followed = {found["name"] for found in summary.get("sensitivity", ())}
    rows = [row for row in summary["rows"] if row["verdict"] or row["name"] not in followed]
    if rows:
        titles, lines = grid(rows[:MOST_SHOWN], summary["level"])
        print_table(summary["title"], titles, lines, [row["verdict"] for row in rows[:MOST_SHOWN]])
    if len(rows) > MOST_SHOWN:
        remark(f"The first {MOST_SHOWN} of {len(rows)} rows; the table's file has all.")
    if len(rows) < len(summary["rows"]):
        remark(f"{len(summary['rows']) - len(rows)} rows of the design's points are in the table's file.")
    remark(footer.note(summary["rows"], summary["level"]))


def show_claims(results: Rows) -> None:
    """Print the verdicts on the papers' claims."""
    titles = ["claim", "statement", "at", "claimed", "estimate", "interval", "verdict"]
    lines = [
        [
            r["id"],
            r["statement"],
            label(r["at"]),
            claimed(r),
            estimated(r["estimate"], r["percent"], signed(r)),
            interval(r["estimate"], r["percent"], signed(r)),
            r["said"],
        ]
        for r in results
    ]
    print_table("Claims", titles, lines, [r["verdict"] for r in results])
    remark("Levels are those of each claim's study; see `mfsolve show results/STUDY`.")


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if Console().is_terminal else 160, highlight=False)


def remark(text: str) -> None:
    """Print a line below a table."""
    if text:
        _console().print(text, style="dim", markup=False)


def print_table(title: str, titles: list[str], lines: list[list[str]], verdicts: Sequence[str | None]) -> None:
    """Print a table on the terminal; a cell that is its line's verdict takes the verdict's colour.

    Where it is too narrow, columns of words take several lines, then titles; where that does not do, every cell.
    """
    from rich.table import Table
    from rich.text import Text

    console = _console()
    heads, whole = _heads(titles, lines, console.width)
    table = Table(title=Text(title), title_justify="left")
    for name, head in zip(titles, heads):
        words = name in WORDS
        table.add_column(Text(head), justify="left" if words else "right", no_wrap=whole and not words, overflow="fold")
    for line, verdict in zip(lines, verdicts):
        table.add_row(
            *(
                Text(cell, style=STYLE.get(verdict or "", "") if verdict and cell.startswith(verdict) else "")
                for cell in line
            )
        )
    console.print(table)


def _heads(titles: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> tuple[list[str], bool]:
    """Titles in lines that leave cells of numbers as wide as they are, and whether those can stay in one line."""
    room = width - 1
    longest = [max((len(line[i]) for line in lines), default=0) for i in range(len(titles))]
    words = [name in WORDS for name in titles]

    def fits(heads: Sequence[str]) -> bool:
        asked = [max(most, *map(len, head.split("\n"))) for head, most in zip(heads, longest)]
        return sum(BETWEEN + (min(x, ROOM) if of_words else x) for x, of_words in zip(asked, words)) <= room

    if fits(titles):
        return list(titles), True
    least = [max(most, *map(len, name.split())) for name, most in zip(titles, longest)]
    heads = [
        name if of_words else textwrap.fill(name, most, break_on_hyphens=False)
        for name, most, of_words in zip(titles, least, words)
    ]
    return heads, fits(heads)


def to_json(summary: Mapping[str, Any]) -> str:
    """The summary as JSON."""
    return json.dumps(summary, indent=2, allow_nan=False)
