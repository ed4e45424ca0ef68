"""The report's table: rich text for a terminal, markdown for a page, JSON for a pipe."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Mapping[str, Any]]

STYLE = {
    "supported": "green",
    "contradicted": "bold red",
    "cannot tell": "yellow",
    "reproduced": "green",
    "missed": "yellow",
    "not determined": "yellow",
    "hit": "green",
}
NOISE = 1e-12
"""Below this a number of order one is rounding, and no interval is printed of it."""
SIGNED = ("difference", "gain")
"""Statistics whose sign says something."""

WORDS = ("estimate of", "at", "verdict", "claim", "statement", "source", "parameter", "moment", "found")
"""Columns that may take several lines: a column that may not leaves the others nothing where it is long."""

MOST_SHOWN = 100
"""Rows that a terminal shows: a design of many points has thousands."""


def number(value: float | None, percent: bool = False, digits: int = 5, sign: bool = True) -> str:
    """A figure with so many significant digits; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if not percent:
        return f"{value:.{digits}g}"
    return f"{100.0 * value:{'+' if sign else ''}.{digits}g} %"


def interval(estimate: Mapping[str, Any], percent: bool, sign: bool = True) -> str:
    """Both ends, with enough digits to see the width; nothing of a number without error, or of rounding."""
    low, high = estimate["low"], estimate["high"]
    if low is None and high is None:
        return "–"
    if low == high or max(abs(low or 0.0), abs(high or 0.0)) < NOISE:
        return ""
    ends = [x for x in (low, high) if x is not None]
    width = (abs(high - low) if len(ends) == 2 else abs(ends[0])) or 1e-300
    lead = math.floor(math.log10(max(*map(abs, ends), 1e-300)))
    digits = int(min(12, max(3, lead - math.floor(math.log10(width)) + 2)))
    left = "(-inf" if low is None else f"[{number(low, percent, digits, sign)}"
    right = "inf)" if high is None else f"{number(high, percent, digits, sign)}]"
    return f"{left}, {right}"


def header(level: float) -> list[str]:
    """Column titles; columns that no row fills are left out by `grid`."""
    return [
        "estimate of",
        "at",
        "paper",
        "theory",
        "mean field",
        "estimate",
        f"{100 * level:g} % interval",
        "replicates",
        "gap",
        "allowed",
        "verdict",
    ]


def cells(row: Mapping[str, Any]) -> list[str]:
    """One row as text."""
    percent, estimate, signed = row["percent"], row["estimate"], row["statistic"] in SIGNED
    return [
        row["name"],
        row["place"],
        published(row, percent),
        theory(row, percent),
        number(row["mean_field"], percent, sign=signed) if row["mean_field"] is not None else "",
        value(row, percent, signed),
        interval(estimate, percent, signed),
        replicates(row),
        _share(row["gap"], "+") if row.get("gap") is not None else "",
        allowed(row, percent),
        verdict(row),
    ]


def value(row: Mapping[str, Any], percent: bool, signed: bool) -> str:
    """The estimate; what is rounding is said to be."""
    found = row["estimate"]["value"]
    noise = found is not None and 0.0 < abs(found) < NOISE
    return "0 (rounding)" if noise else number(found, percent, sign=signed)


def verdict(row: Mapping[str, Any]) -> str:
    """The verdict in words: of a figure with the gap, and whether the study was fitted to it."""
    word: str | None = row["verdict"]
    gap = row.get("gap")
    if word is None:
        return ""
    if word == "reproduced" and row["claimed"] and None not in row["allowed"]:
        # what was shown is that the truth lies in the range allowed: its farther end, errors of the figure included
        farther = max(abs(end - row["claimed"]) for end in row["allowed"])
        word += f" within {_share(farther / abs(row['claimed']))}"
    elif word == "missed" and gap is not None:
        word += f" by {_share(abs(gap))}"
    return word + (" (calibrated)" if row["calibrated"] else "")


def _share(value: float, sign: str = "") -> str:
    """A relative distance in per cent, to two digits, and from 100 % on in whole ones."""
    return f"{100.0 * value:{sign}{'.0f' if abs(value) >= 0.995 else '.2g'}} %"


def allowed(row: Mapping[str, Any], percent: bool) -> str:
    """The range in which the truth bears the claim out, rounding, tolerance and resolution included."""
    if row.get("allowed") is None:
        return ""
    low, high = row["allowed"]
    if low is None or high is None:
        return sign(row) + number(low if high is None else high, percent, 4)
    return f"{number(low, percent, 4)} … {number(high, percent, 4)}"


def replicates(row: Mapping[str, Any]) -> str:
    """Number of replicates, or generations, behind an estimate; a number without randomness has none."""
    if row.get("deterministic"):
        return "deterministic"
    count = row["estimate"]["replicates"]
    return f"{count} gen." if row["statistic"] == "hac_slope" else str(count)


def published(row: Mapping[str, Any], percent: bool) -> str:
    """The paper's figure, or the bound that it is."""
    return sign(row) + number(row["published"], percent, 4) if row["published"] is not None else ""


def sign(row: Mapping[str, Any]) -> str:
    """Sign before a claimed figure that the truth is only said to be at least, or at most."""
    low, high = row["allowed"]
    return "≥ " if high is None else "≤ " if low is None else ""


def theory(row: Mapping[str, Any], percent: bool) -> str:
    """The prediction, or the bound that it is."""
    return "" if row["predicted"] is None else sign(row) + number(row["predicted"], percent)


def grid(rows: Rows, level: float) -> tuple[list[str], list[list[str]]]:
    """Titles and cells without the columns that are empty throughout."""
    titles, lines = header(level), [cells(row) for row in rows]
    keep = [i for i in range(len(titles)) if any(line[i] for line in lines)]
    return [titles[i] for i in keep], [[line[i] for i in keep] for line in lines]


def _problems(rows: Rows) -> str:
    """Notes of estimates, each once: with the rows' names, or their number where it holds for more than three.

    A row has its place beside its name where others of that name have no such note.
    """
    named: dict[str, list[str]] = {}
    for row in rows:
        if row.get("note"):
            alike = all(other.get("note") == row["note"] for other in rows if other["name"] == row["name"])
            said = row["name"] if alike or not row["place"] else f"{row['name']} at {row['place']}"
            named.setdefault(row["note"], []).append(said)
    count = len(rows)
    return "".join(
        f"{', '.join(once) if len(once := dict.fromkeys(names)) <= 3 else f'{len(names)} of {count} rows'}: {text}. "
        for text, names in named.items()
    )


def note(rows: Rows, level: float) -> str:
    """Words below the table: the meaning of the verdicts, and estimates that could not be made."""
    problems = _problems(rows)
    if any(row.get("deterministic") for row in rows):
        problems += (
            "Deterministic: nothing random in it; an interval is what the computation encloses, or that of a fitted "
            "order. "
        )
    kinds = {row["kind"] for row in rows if row["verdict"]}
    if kinds - {"figure"}:
        problems += (
            "A statement is contradicted where the estimate rejects it, supported where the truth is shown to lie in "
            "the range allowed. "
        )
    if "figure" in kinds:
        problems += (
            "A published figure is reproduced where the truth is shown to lie in the range allowed (its rounding, its "
            "standard error, and the difference that matters), missed where it is shown to lie outside: a statement "
            "on this market, not on the paper's. "
        )
    if not kinds:
        return problems
    families = {row["family"] for row in rows if row["verdict"]}
    apart = ", claims and other rows apart" if len(families) > 1 else ""
    return problems + f"Verdicts hold together at {100 * level:g} % (Holm){apart}."


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
    verdicts = [row["verdict"] for row in summary["rows"]]
    print_table(summary["title"], titles, lines[:MOST_SHOWN], verdicts[:MOST_SHOWN])
    if len(lines) > MOST_SHOWN:
        remark(f"The first {MOST_SHOWN} of {len(lines)} rows; all of them are in the table's file.")
    remark(note(summary["rows"], summary["level"]))


def show_claims(results: Rows) -> None:
    """Print the verdicts on the papers' claims."""
    titles = ["claim", "statement", "at", "claimed", "estimate", "interval", "verdict"]
    lines = [
        [
            r["id"], r["statement"], r["at"], published(r, r["percent"]) or theory(r, r["percent"]),
            number(r["estimate"]["value"], r["percent"]), interval(r["estimate"], r["percent"]), r["said"],
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
        words = name in WORDS
        table.add_column(name, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for line, verdict in zip(lines, verdicts):
        table.add_row(
            *(
                Text(cell, style=STYLE.get(verdict or "", "") if verdict and cell.startswith(verdict) else "")
                for cell in line
            )
        )
    _console().print(table)


def to_json(summary: Mapping[str, Any]) -> str:
    """The summary as JSON."""
    return json.dumps(summary, indent=2, allow_nan=False)
