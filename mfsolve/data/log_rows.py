"""One generation of a training log: the cells of a line as numbers, with the column that a complaint names."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mfsolve.data.metrics import Metric
from mfsolve.data.table import MISSING, Table
from mfsolve.data.training_runs import Row
from mfsolve.models.frozen import InputError

FLAGS = {"true": 1.0, "yes": 1.0, "synthetic": 1.0, "false": 0.0, "no": 0.0, "human": 0.0, "real": 0.0}
"""Words for contamination 1 and 0."""
DIVERGED = ("inf", "infinity")


class Places(NamedTuple):
    """Places of a run's columns; None where there is none. `exposed`: the share is a cumulated exposure."""

    generation: int
    metric: int
    share: int | None
    error: int | None
    exposed: bool


def measured(text: str) -> bool:
    """True for a cell that holds a measurement."""
    return text.strip().lower() not in MISSING


def row_of(
    table: Table, line: int, cells: Sequence[str], places: Places, metric: Metric, constant: float | None
) -> Row:
    """A generation as a line says it; `constant` is the contamination of a table without that column.

    Raises
    ------
    InputError
        Naming line and column: a cell that is no number or lies outside its range.
    """
    generation = _number(table, line, cells, places.generation, "[0, inf)")
    if generation != int(generation):
        where = table.at(line, table.shown(places.generation))
        raise InputError(f"{where}: {generation:g} given; allowed: whole numbers")
    share = math.nan if constant is None else constant
    if places.share is not None and measured(text := cells[places.share].strip()):
        flag = None if places.exposed else FLAGS.get(text.lower())
        if flag is not None:
            share = flag
        elif text.endswith("%") and not places.exposed:
            share = table.number(line, table.shown(places.share), text[:-1].strip(), "[0, 100]") / 100.0
        else:
            read = _number if places.exposed else _share
            share = read(table, line, cells, places.share, "[0, inf)" if places.exposed else "[0, 1]")
    value, error, where = math.nan, math.nan, ""
    if measured(text := cells[places.metric].strip()):
        if text.lower().lstrip("+-") in DIVERGED:
            where = table.at(line, table.shown(places.metric))
            raise InputError(
                f"{where}: {text} given: a run that diverged has no loss to fit, and leaving it out makes the slope "
                "too low; blank the cell to leave the generation out anyway"
            )
        value = _number(table, line, cells, places.metric, metric.allowed)
    if places.error is not None:
        where = table.at(line, table.shown(places.error))
        if measured(cells[places.error]):
            error = _number(table, line, cells, places.error, "[0, inf)")
    return Row(int(generation), share, value, error, where)


def _number(table: Table, line: int, cells: Sequence[str], place: int, allowed: str) -> float:
    return table.number(line, table.shown(place), cells[place].strip(), allowed)


def _share(table: Table, line: int, cells: Sequence[str], place: int, allowed: str) -> float:
    """A share; one that may be per cent is refused with what to write."""
    try:
        return _number(table, line, cells, place, allowed)
    except InputError as error:
        try:
            _number(table, line, cells, place, "(1, 100]")
        except InputError:
            raise error from None
        raise InputError(f"{error}; if it is per cent, write {cells[place].strip()} % or divide by 100") from None
