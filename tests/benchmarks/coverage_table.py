"""Rows that are measured one by one, and their place in the table of coverage."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"


def measured(cases: Iterable[Any], measure: Callable[..., str], repetitions: int) -> tuple[list[str], int]:
    """Rows of all cases, printed as they come, and the repetitions that the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=repetitions)
    asked, rows = parser.parse_args().repetitions, []
    for case in cases:
        rows.append(measure(*case, asked))
        print(rows[-1], flush=True)
    return rows, asked


def put(begin: str, end: str, section: str) -> None:
    """Write a section between its marks into the table, in the place of the one that is there, or at the end."""
    before, mark, rest = TABLE.read_text().partition(begin)
    TABLE.write_text(f"{before if mark else before.rstrip() + chr(10) * 2}{section}{rest.partition(end)[2].lstrip()}")
