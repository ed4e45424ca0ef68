"""The report's table: rich text for a terminal, markdown for a page, JSON for a pipe."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Mapping[str, Any]]

STYLE = {
    "consistent": "green",
    "contradicted": "bold red",
    "cannot tell": "yellow",
    "hit": "green",
    "missed": "bold red",
}


def number(value: float | None, percent: bool = False, digits: int = 5) -> str:
    """A figure with so many significant digits; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{100.0 * value:+.{digits}g} %" if percent else f"{value:.{digits}g}"


def interval(estimate: Mapping[str, Any], percent: bool) -> str:
    """Both ends, with enough digits to see the width."""
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return "–"
    width = abs(high - low) or 1e-6 * max(abs(high), 1e-300)
    lead = math.floor(math.log10(max(abs(low), abs(high), 1e-300)))
    digits = int(min(12, max(3, lead - math.floor(math.log10(width)) + 2)))
    return f"[{number(low, percent, digits)}, {number(high, percent, digits)}]"


def header(rows: Rows, level: float) -> list[str]:
    """Column titles; columns that no row fills are left out by `cells`."""
    return [
        "estimate of",
        "at",
        "paper",
        "theory",
        "mean field",
        "estimate",
        f"{100 * level:g} % interval",
        "replicates",
        "verdict",
    ]


def cells(row: Mapping[str, Any]) -> list[str]:
    """One row as text."""
    percent, estimate = row["percent"], row["estimate"]
    return [
        row["name"],
        row["place"],
        published(row, percent),
        theory(row, percent),
        number(row["mean_field"], percent) if row["mean_field"] is not None else "",
        number(estimate["value"], percent),
        interval(estimate, percent),
        replicates(row),
        row["verdict"] or "",
    ]


def replicates(row: Mapping[str, Any]) -> str:
    """How many replicates, or generations, stand behind an estimate; a number without randomness has none."""
    if row.get("deterministic"):
        return "deterministic"
    count = row["estimate"]["replicates"]
    return f"{count} gen." if row["statistic"] == "hac_slope" else str(count)


def published(row: Mapping[str, Any], percent: bool) -> str:
    """The paper's figure, or the bound that it is."""
    return sign(row) + number(row["published"], percent, 4) if row["published"] is not None else ""


def sign(row: Mapping[str, Any]) -> str:
    """What stands before a claimed figure that the truth is only said to be at least, or at most."""
    low, high = row["allowed"]
    return "≥ " if high is None else "≤ " if low is None else ""


def theory(row: Mapping[str, Any], percent: bool) -> str:
    """The prediction, the bound that it is, or the range its tolerance allows."""
    if row["predicted"] is None:
        return ""
    low, high = row["allowed"]
    if low is None or high is None:
        return sign(row) + number(low if high is None else high, percent, 4)
    return (
        number(row["predicted"], percent) if low == high else f"{number(low, percent, 4)} … {number(high, percent, 4)}"
    )


def grid(rows: Rows, level: float) -> tuple[list[str], list[list[str]]]:
    """Titles and cells without the columns that are empty throughout."""
    titles, lines = header(rows, level), [cells(row) for row in rows]
    keep = [i for i in range(len(titles)) if any(line[i] for line in lines)]
    return [titles[i] for i in keep], [[line[i] for i in keep] for line in lines]


def note(rows: Rows, level: float) -> str:
    """What the verdicts mean, and which estimates could not be made."""
    problems = "".join(f"{row['name']}: {row['note']}. " for row in rows if row.get("note"))
    if any(row.get("deterministic") for row in rows):
        problems += (
            "Deterministic: nothing random in it; the interval is what the computation encloses, or that of a fitted "
            "order. "
        )
    if not any(row["verdict"] for row in rows):
        return problems
    return problems + (
        f"Verdicts hold together at {100 * level:g} % (Holm): contradicted = the claimed figure, to its rounding, is "
        "rejected; consistent = the interval leaves no difference that would matter; cannot tell = neither."
    )


def markdown(rows: Rows, level: float) -> str:
    """The table as markdown."""
    titles, lines = grid(rows, level)
    table = [titles, ["---"] * len(titles), *lines]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table)
    said = note(rows, level)
    return f"{text}\n\n{said}\n" if said else text + "\n"


def show(summary: Mapping[str, Any]) -> None:
    """Print a study's table on the terminal."""
    titles, lines = grid(summary["rows"], summary["level"])
    print_table(summary["title"], titles, lines, [row["verdict"] for row in summary["rows"]])
    remark(note(summary["rows"], summary["level"]))


def show_claims(results: Rows) -> None:
    """Print the verdicts on the papers' claims."""
    titles = ["claim", "statement", "at", "claimed", "estimate", "interval", "verdict"]
    lines = [
        [
            r["id"], r["statement"], r["place"], published(r, r["percent"]) or theory(r, r["percent"]),
            number(r["estimate"]["value"], r["percent"]), interval(r["estimate"], r["percent"]), r["verdict"] or "",
        ]
        for r in results
    ]  # fmt: skip
    print_table("Claims", titles, lines, [r["verdict"] for r in results])
    remark("Intervals and verdicts at the level of each claim's study; see `mfsolve show results/STUDY`.")


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if Console().is_terminal else 160, highlight=False)


def remark(text: str) -> None:
    """Print a line below a table."""
    if text:
        _console().print(text, style="dim", markup=False)


def print_table(title: str, titles: list[str], lines: list[list[str]], verdicts: Sequence[str | None]) -> None:
    """Print a table on the terminal; a cell that is its line's verdict takes the verdict's colour."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left")
    for name in titles:
        words = name in ("estimate of", "at", "verdict", "claim", "statement", "parameter", "moment")
        table.add_column(name, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for line, verdict in zip(lines, verdicts):
        table.add_row(*(Text(cell, style=STYLE.get(verdict or "", "") if cell == verdict else "") for cell in line))
    _console().print(table)


def to_json(summary: Mapping[str, Any]) -> str:
    """The summary as JSON."""
    return json.dumps(summary, indent=2, allow_nan=False)
