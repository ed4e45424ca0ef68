"""The report's table: rich text for a terminal, markdown for a page, JSON for a pipe."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]

STYLE = {"consistent": "green", "contradicted": "bold red", "cannot tell": "yellow"}


def number(value: float | None, percent: bool = False, digits: int = 5) -> str:
    """A figure with so many significant digits; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{100.0 * value:+.{max(1, digits - 1)}g} %" if percent else f"{value:.{digits}g}"


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
    return ["estimate of", "at", "paper", "theory", "mean field", "estimate", f"{100 * level:g} % interval", "replicates", "verdict"]


def cells(row: Mapping[str, Any]) -> list[str]:
    """One row as text."""
    percent, estimate = row["percent"], row["estimate"]
    return [
        row["name"],
        row["place"],
        number(row["published"], percent) if row["published"] is not None else "",
        number(row["predicted"], percent) if row["predicted"] is not None else "",
        number(row["mean_field"], percent) if row["mean_field"] is not None else "",
        number(estimate["value"], percent),
        interval(estimate, percent),
        str(estimate["replicates"]),
        row["verdict"] or "",
    ]


def grid(rows: Rows, level: float) -> tuple[list[str], list[list[str]]]:
    """Titles and cells without the columns that are empty throughout."""
    titles, lines = header(rows, level), [cells(row) for row in rows]
    keep = [i for i in range(len(titles)) if any(line[i] for line in lines)]
    return [titles[i] for i in keep], [[line[i] for i in keep] for line in lines]


def note(rows: Rows, level: float) -> str:
    """What the verdicts mean."""
    if not any(row["verdict"] for row in rows):
        return ""
    return (
        f"Verdicts hold together at {100 * level:g} % (Holm): contradicted = the claimed figure, to its rounding, is "
        "rejected; cannot tell = not rejected, but the interval is wider than what would matter."
    )


def markdown(rows: Rows, level: float) -> str:
    """The table as markdown."""
    titles, lines = grid(rows, level)
    table = [titles, ["---"] * len(titles), *lines]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table)
    remark = note(rows, level)
    return f"{text}\n\n{remark}\n" if remark else text + "\n"


def show(summary: Mapping[str, Any]) -> None:
    """Print the table on the terminal."""
    from rich.console import Console
    from rich.table import Table

    rows, level = summary["rows"], summary["level"]
    console = Console(width=None if Console().is_terminal else 140, highlight=False)
    titles, lines = grid(rows, level)
    table = Table(title=summary["title"], title_justify="left")
    for title in titles:
        left = title in ("estimate of", "at", "verdict")
        table.add_column(title, justify="left" if left else "right", overflow="fold", no_wrap=not left)
    for line, row in zip(lines, rows):
        style = STYLE.get(row["verdict"] or "", "")
        if row["verdict"]:
            line = [*line[:-1], f"[{style}]{line[-1]}[/{style}]"]
        table.add_row(*line)
    console.print(table)
    if note(rows, level):
        console.print(note(rows, level), style="dim")


def to_json(summary: Mapping[str, Any]) -> str:
    """The summary as JSON."""
    return json.dumps(summary, indent=2, allow_nan=False)
