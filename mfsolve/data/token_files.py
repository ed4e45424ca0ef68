"""Counts of tokens in files of a pool and of its references (MODEL 3.2.3)."""

from collections.abc import Collection, Iterator

from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError

DIGITS = 15
"""Digits of a count, which is a whole number to the last of them."""


def tokens_of(table: Table) -> Iterator[tuple[str, float]]:
    """Token and count of every row."""
    place, column = table.header.index("token"), table.header.index("count")
    for number, row in table.rows():
        if not row[place]:
            table.text(number, "token", row[place], "a token")
        yield row[place], count_of(table, number, row[column])


def count_of(table: Table, number: int, text: str) -> float:
    """Count in a cell of a row."""
    quick = text.isdecimal() and len(text) <= DIGITS
    return float(text) if quick else table.number(number, "count", text, f"[0, {10**DIGITS}]")


def read_token_counts(table: Table) -> dict[str, float]:
    """Count of every token, summed over its rows; memory grows with the vocabulary only."""
    counts: dict[str, float] = {}
    for token, count in tokens_of(table):
        counts[token] = counts.get(token, 0.0) + count
    _some(table, sum(counts.values()))
    return counts


def known_token_counts(table: Table, known: Collection[str]) -> tuple[dict[str, float], float]:
    """Counts of known tokens, and the number of all others together; memory grows with `known` only."""
    counts, others = dict.fromkeys(known, 0.0), 0.0
    for token, count in tokens_of(table):
        if token in counts:
            counts[token] += count
        else:
            others += count
    _some(table, sum(counts.values()) + others)
    return counts, others


def _some(table: Table, items: float) -> None:
    if not items > 0.0:
        raise InputError(f"{table.path}: counts no item; at least 1 is needed")
