"""The claims of the documents as markdown: one table per document, with its verdicts counted and its date."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import mfsolve
from mfsolve.inference.verdicts import Verdict
from mfsolve.report import tables
from mfsolve.report.look import label
from mfsolve.report.numbers import estimated, interval

COLUMNS = ("claim", "statement", "kind", "claimed", "estimate", "interval", "replicates", "verdict", "study")
BEGIN, END = "<!-- claims: begin -->", "<!-- claims: end -->"
"""Lines between which a page keeps the table, so that it can be made anew."""


def markdown(results: tables.Rows, level: float, made: date, size: str) -> str:
    """The judged claims as one markdown table per document, between the lines `BEGIN` and `END`.

    Parameters
    ----------
    results
        Rows of `mfsolve verify`, in the register's order; a claim that is measured at several places has as many
        rows, of which the one that decides is shown, with its place and the verdict on all (`decisive`).
    level
        Level at which all verdicts hold together.
    made
        Day of the measurement.
    size
        What the rows come from: "studies at full size" or "reduced studies".
    """
    documents: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for row in results:
        documents.setdefault(row["paper"], {}).setdefault(row["id"], []).append(row)
    said = [
        BEGIN,
        f"Made {made.isoformat()} by `mfsolve verify --markdown`, mfsolve {mfsolve.__version__}, from {size}; all "
        f"verdicts hold jointly at {100 * level:g} % (Holm). Statements are judged in the reading of their study; "
        "figures are reproduced or missed by this implementation, not the paper's.",
        *(_document(title, list(claims.values())) for title, claims in documents.items()),
        END,
    ]
    return "\n\n".join(said) + "\n"


def _document(title: str, claims: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """A heading that counts the verdicts, folded above the table of one document."""
    words = Counter(_short(rows) for rows in claims)
    count = ", ".join(f"{number} {word}" for word, number in words.most_common())
    lines = [COLUMNS, ["---"] * len(COLUMNS), *(_cells(rows) for rows in claims)]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"<details><summary>{title}: {len(claims)} claims ({count})</summary>\n\n{table}\n\n</details>"


def _cells(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    row = decisive(rows)
    place = f" at {label(row['at'])}, one of {len(rows)} places" if len(rows) > 1 else ""
    how = row["estimate"], row["percent"], tables.signed(row)
    return [
        f"`{row['id']}`",
        row["statement"],
        row["kind"],
        tables.claimed(row),
        estimated(*how) + place,
        interval(*how),
        tables.replicates(row),
        row["overall"],
        f"`{row['study']}`",
    ]


def decisive(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Find the row that a verdict on several places hangs on.

    Of places that contradict the claim it is the one that does so most clearly, of others that which bears it out, or
    would, least clearly. Of equals it is the first.
    """
    against = [row for row in rows if row["verdict"] in (Verdict.CONTRADICTED, Verdict.MISSED)]
    if against:
        return min(against, key=lambda row: _p_value(row, 0))
    return max(rows, key=lambda row: _p_value(row, 1))


def _p_value(row: Mapping[str, Any], which: int) -> float:
    """The p-value of a row's claim (0) or of the opposite (1): 1 where there is none."""
    found = (row["p_values"] or (None, None))[which]
    return 1.0 if found is None else float(found)


def _short(rows: Sequence[Mapping[str, Any]]) -> str:
    """The verdict as one word; "mixed" where it holds at some places only."""
    word: str = rows[0]["overall"]
    if word.startswith("holds only"):
        return "mixed"
    for known in tables.STYLE:
        if word.startswith(known):
            return known
    return word or "not judged"
