"""A user's own network of models: edges in a table of source, target and weight (MODEL 9.11)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mfsolve.data.named_data import NamedData, read_once
from mfsolve.data.table import Table, short
from mfsolve.models.frozen import InputError

from .networks import SLACK, Network, network

HUMAN = "human"
"""Name of the source that stands for human content."""
COLUMNS = ("source", "target", "weight")


@dataclass(frozen=True, eq=False)
class Edges(NamedData):
    """A network of named models from a file; two are equal where their content is.

    Attributes
    ----------
    name, path, sha256
        As of every `NamedData`; the hash is that of names and weights.
    models : tuple of str
        Names of the models, in the order in which they come as targets.
    network : Network
    """

    models: tuple[str, ...]
    network: Network

    shipped = ()
    kind = "table of edges"

    @classmethod
    def of(cls, given: Any) -> "Edges":
        """Read a network from the path of a table, or a mapping with `data`, and optionally `folder` and `sha256`.

        The table has the columns source, target and weight: the share of the target's items that the source makes. The
        source `human` stands for human content. The weights of every target sum to 1.

        Raises
        ------
        InputError
            Naming file, line and column: a weight out of [0, 1], a source that no row trains, an edge given twice; or
            file and model: weights that do not sum to 1.
        """
        if isinstance(given, Edges):
            return given
        if isinstance(given, str | Path):
            return read_once(Path(given), _read, f"a table with {', '.join(COLUMNS)}")
        if isinstance(given, Mapping):
            return cls.described(given)
        raise InputError(f"{type(given).__name__} given; allowed: the path of a table with {', '.join(COLUMNS)}")

    def __repr__(self) -> str:
        return f"Edges({self.name!r}, {len(self.models)} models, sha256={self.sha256[:12]})"


class Row(NamedTuple):
    """An edge, and the line that it stands in."""

    line: int
    source: str
    target: str
    weight: float


def _read(given: Path, path: Path) -> Edges:
    table = Table.open(given)
    places = [table.place(name) for name in COLUMNS]
    rows = [_row(table, number, [cells[place] for place in places]) for number, cells in table.rows()]
    if not rows:
        raise InputError(f"{given}: no rows; a row for every source of every model is needed")
    models = tuple(dict.fromkeys(row.target for row in rows))
    place = {name: i for i, name in enumerate(models)}
    seen: dict[tuple[str, str], int] = {}
    total = dict.fromkeys(models, 0.0)
    human = np.zeros(len(models))
    for row in rows:
        if row.source not in place and row.source != HUMAN:
            raise InputError(
                f"{table.at(row.line, 'source')}: {short(row.source)} given, a model that no row trains; allowed: a "
                f"target of the table, or {HUMAN}"
            )
        before = seen.setdefault((row.source, row.target), row.line)
        if before != row.line:
            raise InputError(
                f"{table.at(row.line)}: {short(row.source)} to {short(row.target)} given twice, first in line "
                f"{before}; allowed: once"
            )
        total[row.target] += row.weight
        if row.source == HUMAN:
            human[place[row.target]] = row.weight
    for name, found in total.items():
        if abs(found - 1.0) > SLACK:
            human_row = seen.get((HUMAN, name))
            missing = f"; the row {HUMAN},{name},{1.0 - found:.6g} is missing?" if found < 1.0 and not human_row else ""
            raise InputError(f"{given}: weights of the target {short(name)} sum to {found:.9g}; allowed: 1{missing}")
    edges = [row for row in rows if row.source != HUMAN]
    wired = network(
        len(models), [place[row.target] for row in edges], [place[row.source] for row in edges],
        [row.weight for row in edges], human,
    )  # fmt: skip
    digest = hashlib.sha256(repr(sorted((row.target, row.source, row.weight) for row in rows)).encode())
    digest.update(repr(models).encode())  # their order decides who draws what
    return Edges(given.name, path, digest.hexdigest(), models, wired)


def _row(table: Table, line: int, cells: list[str]) -> Row:
    source, target = (table.text(line, name, cell, "a model's name") for name, cell in zip(COLUMNS[:2], cells))
    if target == HUMAN:
        raise InputError(
            f"{table.at(line, 'target')}: {HUMAN!r} given; allowed: a model, since human content is not trained"
        )
    return Row(line, source, target, table.number(line, "weight", cells[2], "[0, 1]"))
