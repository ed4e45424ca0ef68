"""The words below a report's table: what its verdicts mean, and notes of estimates."""

from collections.abc import Mapping, Sequence
from typing import Any

from mfsolve.report.look import label

Rows = Sequence[Mapping[str, Any]]


def note(rows: Rows, level: float) -> str:
    """Words below the table, a line for each: notes on estimates, and the meaning of the verdicts."""
    said = _problems(rows)
    if any(row.get("deterministic") for row in rows):
        said.append("Deterministic: an interval encloses the computed value, or is that of a fitted order.")
    kinds = {row["kind"] for row in rows if row["verdict"]}
    if kinds - {"figure"}:
        said.append(
            "A statement is contradicted if the estimate rejects it, supported if the true value is shown to lie in "
            "the range allowed."
        )
    if "figure" in kinds:
        said.append(
            "A given figure, from a paper or a measurement, is reproduced if the true value is shown to lie in the "
            "range allowed (its rounding, its standard error, and the difference that matters), missed if it is shown "
            "to lie outside: by this implementation, not the source's."
        )
    if any(row["verdict"] and not _known(row) for row in rows):
        said.append(jointly(rows, level))
    return "\n".join(said)


def _known(row: Mapping[str, Any]) -> bool:
    """True where nothing random and no fit lies behind a verdict, which is certain then."""
    return bool(row.get("deterministic")) and all(p in (None, 0.0, 1.0) for p in row.get("p_values") or ())


def jointly(rows: Rows, level: float) -> str:
    """Words on verdicts beside intervals, off which they are not read."""
    families = {row["family"] for row in rows if row["verdict"]}
    apart = ", separately for claims and other rows" if len(families) > 1 else ""
    return (
        f"Verdicts hold jointly at {100 * level:g} % (Holm){apart}; the two ends of a range are "
        "tested separately, so a verdict may differ from what a row's own two-sided interval suggests."
    )


def _problems(rows: Rows) -> list[str]:
    """Notes of estimates, each once: with the rows' names, or their number where it holds for more than three.

    A row has its place beside its name where others of that name have no such note.
    """
    named: dict[str, list[str]] = {}
    for row in rows:
        if row.get("note"):
            alike = all(other.get("note") == row["note"] for other in rows if other["name"] == row["name"])
            said = f"“{row['name']}”" if alike or not row["place"] else f"“{row['name']}” at {label(row['place'])}"
            named.setdefault(row["note"], []).append(said)
    count = len(rows)
    return [
        f"{', '.join(once) if len(once := dict.fromkeys(names)) <= 3 else f'{len(names)} of {count} rows'}: {text}."
        for text, names in named.items()
    ]
