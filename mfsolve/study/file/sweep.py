"""Everything that a study varies: every combination of its grid, with every row of its design."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.frozen import Frozen
from mfsolve.study.file import designs
from mfsolve.study.file.designs import DesignKind
from mfsolve.study.file.source import RawArm, Source
from mfsolve.study.file.variable_settings import Knob, bounds, is_range, knobs, plain, values_of

MOST_PLACES = 100_000
"""Places of a study; nobody waits for more."""


class DesignSettings(Frozen):
    """Settings of a design, beside what it varies."""

    kind: DesignKind = Field(
        description="zip: lists side by side; random, latin_hypercube, sobol: points in a box; saltelli, morris, "
        "one_at_a_time: sensitivities"
    )
    points: int | None = Field(None, ge=2, description="points of a design (sobol: a power of two)")
    seed: int | None = Field(None, ge=0, le=2**63 - 1, description="seed of a design; default: the ensemble's")


@dataclass(frozen=True)
class Design:
    """Rows of a design, each with a value of every axis; rows may repeat.

    `over` is what the study file says of every axis.
    """

    settings: DesignSettings
    axes: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    over: Mapping[str, Any]

    def places(self) -> list[Mapping[str, Any]]:
        """The rows that differ, in the order they come first: the base from which others are moved is the first."""
        found: dict[tuple[str, ...], Mapping[str, Any]] = {}
        for row in self.rows:
            found.setdefault(tuple(map(repr, row.values())), row)
        return list(found.values())

    @property
    def drawn(self) -> bool:
        """True where axes have no values of their own, along which an order could be fitted."""
        return self.settings.kind is not DesignKind.ZIP

    def resolved(self) -> dict[str, Any]:
        """The section [design] of a study file."""
        return {**self.settings.model_dump(mode="json", exclude_none=True), "over": nested(self.over)}


@dataclass(frozen=True)
class Sweep:
    """Places of a study. `owners` names the arms that have an axis where others lack it, whose points ignore it."""

    grid: Mapping[str, Sequence[Any]]
    design: Design | None = None
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Every axis with the values it takes, in the order they come first."""
        axes = {axis: list(values) for axis, values in self.grid.items()}
        if self.design is not None:
            for axis in self.design.axes:
                axes[axis] = list({repr(row[axis]): row[axis] for row in self.design.rows}.values())
        return axes

    def places(self) -> list[dict[str, Any]]:
        """Every place; a single empty one where nothing is varied."""
        rows: Sequence[Mapping[str, Any]] = [{}] if self.design is None else self.design.places()
        combinations = itertools.product(*self.grid.values())
        return [{**dict(zip(self.grid, values)), **row} for values in combinations for row in rows]

    def of(self, arm: str, place: Mapping[str, Any]) -> dict[str, Any]:
        """The part of a place that an arm depends on."""
        return {axis: value for axis, value in place.items() if axis not in self.owners or arm in self.owners[axis]}

    def shared(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """The part of a place that every arm depends on: there they share random numbers."""
        return {axis: value for axis, value in place.items() if axis not in self.owners}

    def together(self, axis: str) -> tuple[str, ...]:
        """Axes that change with an axis: those of its design, or itself alone."""
        return self.design.axes if self.design is not None and axis in self.design.axes else (axis,)

    def resolved(self) -> dict[str, Any]:
        """The sections [grid] and [design], everything written out."""
        found: dict[str, Any] = {"grid": nested(self.grid)}
        return found if self.design is None else {**found, "design": self.design.resolved()}


def read_sweep(
    raw: Mapping[str, Any], experiment: Experiment, arms: Mapping[str, RawArm], seed: int, source: Source
) -> Sweep:
    """The sections [grid] and [design] of a study file.

    Raises
    ------
    StudyError
        For the first thing that is wrong.
    """
    grid: dict[str, list[Any]] = {}
    owners: dict[str, frozenset[str]] = {}
    for knob, given in knobs(raw.get("grid", {}), "grid", experiment, arms, source):
        grid[knob.axis] = values_of(knob, given, "grid", source)
        if knob.owners is not None:
            owners[knob.axis] = knob.owners
    design = None
    if "design" in raw:
        found = _Reader(raw, experiment, arms, seed, source)
        for knob, _ in found.entries:
            if knob.axis in grid:
                source.fail(f"design.over.{knob.axis}: is also an axis of the grid; use only one of them")
            if knob.owners is not None:
                owners[knob.axis] = knob.owners
        design = found.design()
    count = math.prod(len(values) for values in grid.values()) * (1 if design is None else len(design.rows))
    if count > MOST_PLACES:
        source.fail(f"grid: {count} places; allowed: at most {MOST_PLACES}")
    return Sweep(grid, design, owners)


class _Reader:
    """The section [design] on its way to rows."""

    def __init__(
        self, raw: Mapping[str, Any], experiment: Experiment, arms: Mapping[str, RawArm], seed: int, source: Source
    ) -> None:
        given = raw["design"]
        if not isinstance(given, Mapping):
            source.fail("design: a table is needed: [design], with kind, points, and [design.over]")
        settings = {key: value for key, value in given.items() if key != "over"}
        self.settings: DesignSettings = source.build(DesignSettings, settings, "design")
        self.raw, self.arms, self.source = raw, arms, source
        self.entries = list(knobs(given.get("over", {}), "design.over", experiment, arms, source))
        if not self.entries:
            source.fail("design.over: is missing; name what is varied: parameters.NAME = [lowest, highest]")
        if len(self.entries) > designs.MOST_DIMENSIONS:
            source.fail(f"design.over: {len(self.entries)} axes; allowed: at most {designs.MOST_DIMENSIONS}")
        self.seed = self.settings.seed if self.settings.seed is not None else seed

    def design(self) -> Design:
        """The design, with a row for every one of its points."""
        kind, over = self.settings.kind, {knob.axis: given for knob, given in self.entries}
        settings = self.settings
        if kind is DesignKind.ZIP:
            over = {knob.axis: values_of_list(knob, given, self.source) for knob, given in self.entries}
            rows = self._zipped(over)
        elif kind is DesignKind.ONE_AT_A_TIME:
            rows = self._one_at_a_time()
        else:
            settings = settings.model_copy(update={"seed": self.seed})
            rows = self._drawn()
        return Design(settings, tuple(over), rows, over)

    def _zipped(self, over: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
        lengths = {axis: len(values) for axis, values in over.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{axis} {count}" for axis, count in lengths.items())
            self.source.fail(f"design.over: lists side by side must have one length; given: {said}")
        return [dict(zip(over, values)) for values in zip(*over.values())]

    def _one_at_a_time(self) -> list[dict[str, Any]]:
        base: dict[str, Any] = {}
        for knob, _ in self.entries:
            try:
                base[knob.axis] = knob.default(self.raw, self.arms)
            except LookupError:
                self.source.fail(
                    f"design.over.{knob.axis}: the study needs a base value from which it is varied: write "
                    f"{knob.key} in [{knob.section}]"
                )
        rows = [base]
        for knob, given in self.entries:
            low, high, _ = bounds(given, f"design.over.{knob.axis}", self.source)
            rows += [{**base, knob.axis: plain(knob, end)} for end in (low, high)]
        return rows

    def _drawn(self) -> list[dict[str, Any]]:
        kind, points = self.settings.kind, self.settings.points
        if points is None:
            self.source.fail(f"design.points: is missing: kind = '{kind}' needs it")
        if designs.rows_of(kind, points, len(self.entries)) > MOST_PLACES:
            rows = designs.rows_of(kind, points, len(self.entries))
            self.source.fail(f"design.points: {points} given: {rows} places; allowed: at most {MOST_PLACES}")
        try:
            unit = designs.MADE[kind](points, len(self.entries), self.seed)
        except ValueError as error:
            self.source.fail(f"design.{error}")
        columns = [self._placed(knob, given, unit[:, i]) for i, (knob, given) in enumerate(self.entries)]
        axes = [knob.axis for knob, _ in self.entries]
        return [dict(zip(axes, row)) for row in zip(*columns)]

    def _placed(self, knob: Knob, given: Any, unit: Floats) -> list[Any]:
        """Values of a knob at places in [0, 1]."""
        if isinstance(given, Mapping) and "choices" in given:
            choices = values_of(knob, given["choices"], "design.over", self.source)
            return [choices[min(int(u * len(choices)), len(choices) - 1)] for u in unit]
        low, high, log = bounds(given, f"design.over.{knob.axis}", self.source)
        if log:
            return [plain(knob, x) for x in np.exp(math.log(low) + unit * (math.log(high) - math.log(low))).tolist()]
        if knob.whole:
            return [min(math.floor(low + u * (high - low + 1)), int(high)) for u in unit.tolist()]
        return [plain(knob, x) for x in (low + unit * (high - low)).tolist()]


def values_of_list(knob: Knob, given: Any, source: Source) -> list[Any]:
    """Values of a knob in a zip: a list in which values may repeat, or a range."""
    if is_range(given) or not isinstance(given, list) or not given:
        return values_of(knob, given, "design.over", source)
    return [knob.canonical(value) for value in given]


def nested(axes: Mapping[str, Any]) -> dict[str, Any]:
    """Axes as the tables of a study file."""
    tables: dict[str, Any] = {}
    for axis, values in axes.items():
        *sections, key = axis.split(".")
        table = tables
        for section in sections:
            table = table.setdefault(section, {})
        table[key] = list(values) if isinstance(values, list | tuple) else values
    return tables
