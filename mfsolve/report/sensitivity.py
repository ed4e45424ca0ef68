"""Sensitivities of a study's estimates to the settings of its design (MODEL 8.13)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.inference.estimate import Estimate
from mfsolve.inference.sensitivity import morris_effects, sobol_indices
from mfsolve.report import tables
from mfsolve.report.look import label, place_text
from mfsolve.report.numbers import with_interval
from mfsolve.report.rows import Row, places_of
from mfsolve.study.file import designs
from mfsolve.study.file.designs import Kind
from mfsolve.study.storage.store import RunDirectory

WORDS = {
    Kind.SALTELLI: ("share of the variance, alone", "with all others"),
    Kind.MORRIS: ("mean size of the effect", "mean effect", "spread of the effect"),
    Kind.ONE_AT_A_TIME: ("at the lowest value", "at the highest value"),
}
"""Names of the numbers that a design says of every setting; the first or second is what a tornado is sorted by."""


@dataclass(frozen=True)
class Sensitivity:
    """Sensitivity of one estimate at one place of the grid: of every axis of the design some numbers, as in `WORDS`.

    `base` is the estimate where nothing is moved, of a design that moves one setting at a time.
    """

    name: str
    place: str
    kind: Kind
    axes: Mapping[str, tuple[Estimate, ...]]
    base: Estimate | None = None

    def reach(self, axis: str) -> float:
        """Size by which a tornado is sorted."""
        found = self.axes[axis]
        if self.kind is Kind.ONE_AT_A_TIME:
            assert self.base is not None
            return max(abs(end.value - self.base.value) for end in found)
        return found[1 if self.kind is Kind.SALTELLI else 0].value

    def to_dict(self) -> dict[str, Any]:
        """The record in JSON types."""
        words = WORDS[self.kind]
        axes = {axis: {w: e.to_dict() for w, e in zip(words, found)} for axis, found in self.axes.items()}
        base = None if self.base is None else self.base.to_dict()
        return {"name": self.name, "place": self.place, "kind": str(self.kind), "base": base, "axes": axes}


def sensitivities(run: RunDirectory, rows: Sequence[Row]) -> Iterator[Sensitivity]:
    """Sensitivity of every estimate to every setting of the design; nothing of a study without such a design."""
    design = run.study.sweep.design
    if design is None or design.settings.kind not in WORDS:
        return
    kind = design.settings.kind
    for spec in run.study.estimates:
        if spec.estimand.along_axis:
            continue
        mine = (row for row in rows if row.name == spec.name)
        found = {_mark(place): (place, row) for place, row in zip(places_of(run, spec), mine)}
        axes = next(iter(found.values()))[0].keys()
        outer = {_mark(rest): rest for place, _ in found.values() if (rest := _without(place, design.axes)) is not None}
        for rest in outer.values():
            whole = [{axis: {**rest, **row}[axis] for axis in axes} for row in design.rows]
            estimates = [found[_mark(place)][1].estimate for place in whole]
            made = _of(run, kind, estimates)
            yield Sensitivity(
                spec.name, place_text(rest), kind, dict(zip(design.axes, made)),
                estimates[0] if kind is Kind.ONE_AT_A_TIME else None,
            )  # fmt: skip


def _of(run: RunDirectory, kind: Kind, estimates: Sequence[Estimate]) -> list[tuple[Estimate, ...]]:
    design = run.study.sweep.design
    assert design is not None
    ensemble, count = run.study.ensemble, len(design.axes)
    if kind is Kind.ONE_AT_A_TIME:
        return [(estimates[1 + 2 * i], estimates[2 + 2 * i]) for i in range(count)]
    values, seed = np.array([estimate.value for estimate in estimates]), design.settings.seed or 0
    if kind is Kind.MORRIS:
        trajectories = values.reshape(-1, count + 1)
        points = designs.morris(len(trajectories), count, seed).reshape(-1, count + 1, count)
        return [tuple(effects) for effects in morris_effects(trajectories, points, ensemble.level)]
    errors = np.array([estimate.standard_error for estimate in estimates])
    if ensemble.common_random_numbers == "all":  # the noise of two points is one and the same
        errors = np.zeros_like(errors)
    shape = (count + 2, -1)
    indices = sobol_indices(values.reshape(shape), np.nan_to_num(errors).reshape(shape), ensemble.level)
    return [tuple(found) for found in indices]


def _without(place: Mapping[str, Any], axes: Sequence[str]) -> dict[str, Any]:
    return {axis: value for axis, value in place.items() if axis not in axes}


def _mark(place: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((axis, repr(value)) for axis, value in place.items())


def table(found: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Titles and lines of the sensitivities, as stored in the report."""
    words = list(next(iter(found[0]["axes"].values())))
    titles, lines = ["estimate of", "at", "setting", *words], []
    for each in found:
        for axis, numbers in each["axes"].items():
            cells = [with_interval(e) for e in numbers.values()]
            lines.append([each["name"], label(each["place"]), label(axis.rpartition(".")[2]), *cells])
    return titles, lines


def markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """The table as markdown; empty where there is nothing."""
    if not found:
        return ""
    titles, lines = table(found)
    rows = ("| " + " | ".join(line) + " |" for line in (titles, ["---"] * len(titles), *lines))
    return "\nSensitivity\n\n" + "\n".join(rows) + "\n"


def show(found: Sequence[Mapping[str, Any]]) -> None:
    """Print the table on the terminal."""
    if found:
        titles, lines = table(found)
        tables.print_table("Sensitivity", titles, lines, [None] * len(lines))
