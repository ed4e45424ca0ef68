"""Studies at toy size: the same questions, small enough to run in a second or two."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.study.file.variable_settings import is_range

REPLICATES = 6
PLACES = 3
"""Values kept of every axis of a grid, the first ones: an order needs as many."""

SIZES = ("population", "solvers")
"""Sections whose axes are sizes, of which the first places take much less time than all."""

POINTS = 4
"""Points kept of a design; a power of two, as some designs need."""


def shrink(raw: Mapping[str, Any], folder: Path | None = None, *, sizes_only: bool = False) -> dict[str, Any]:
    """A parsed study file with the sizes that its experiment and arms call toys, few replicates and short axes.

    A toy size bounds a number from above and stands instead of anything else; `grid.SECTION.KEY` stands instead of the
    values of an axis. A user's own model is looked for in the folder. With `sizes_only`, axes of other things than
    sizes keep all their values, so that a statement on all of them can be judged.
    """
    small = copy.deepcopy(dict(raw))
    experiment = load(str(raw["model"]), folder)
    axes = small.get("grid", {})
    for section, entries in axes.items():
        for key, values in entries.items():
            fewer = values if sizes_only and section not in SIZES else _fewer(values)
            entries[key] = experiment.toy.get(f"grid.{section}.{key}", fewer)
    if "points" in small.get("design", {}):
        small["design"]["points"] = min(small["design"]["points"], POINTS)
    for place, size in experiment.toy.items():
        section, _, key = place.partition(".")
        if section != "grid" and key not in axes.get(section, {}):
            _reduce(small.setdefault(section, {}), key, size)
    arms = small.setdefault(experiment.section, {next(iter(experiment.arms)): {}})
    for label, table in arms.items():
        for key, size in experiment.arms[table.get("rule", label)].toy.items():
            if key not in axes.get(experiment.section, {}):
                _reduce(table, key, size)
    small.setdefault("ensemble", {})["replicates"] = REPLICATES
    return small


def _fewer(values: Any) -> Any:
    """The first values of an axis; of a range fewer between its ends; of every axis of one arm."""
    if not isinstance(values, Mapping):
        return values[:PLACES]
    if is_range(values):
        return {how: [*three[:2], min(three[2], PLACES)] for how, three in values.items()}
    return {key: _fewer(inner) for key, inner in values.items()}


def _reduce(table: dict[str, Any], key: str, size: Any) -> None:
    """Bound a number by its toy size, or put the toy instead."""
    given = table.get(key)
    numbers = isinstance(given, int | float) and isinstance(size, int | float)
    table[key] = min(given, size) if numbers else size
