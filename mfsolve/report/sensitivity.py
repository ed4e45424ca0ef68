"""Sensitivities of a study's estimates to the settings of its design (MODEL 8.13)."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite, isnan, nan
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.inference.elementary_effects import morris_effects
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.sobol_indices import sobol_indices
from mfsolve.models.frozen import InputError
from mfsolve.report import tables
from mfsolve.report.look import label, place_text
from mfsolve.report.numbers import with_interval
from mfsolve.report.rows import Row, places_of
from mfsolve.report.sample import Stored
from mfsolve.study.file import designs
from mfsolve.study.file.config import place_mark
from mfsolve.study.file.designs import DesignKind
from mfsolve.study.file.settings import SeedSharing
from mfsolve.study.file.sweep import Design
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.store import RunDirectory

LOG = logging.getLogger(__name__)

WORDS = {
    DesignKind.SALTELLI: ("first-order Sobol index", "total Sobol index"),
    DesignKind.MORRIS: ("μ* of the elementary effects", "μ of the elementary effects", "σ of the elementary effects"),
    DesignKind.ONE_AT_A_TIME: ("at the lowest value", "at the highest value"),
}
"""Names of the numbers that a design says of every setting; the first or second is what a tornado is sorted by."""
SHARED = "points share their random numbers: noise that differs between them counts as {}"


@dataclass(frozen=True)
class Sensitivity:
    """Sensitivity of one estimate at one place of the grid: of every axis of the design some numbers, as in `WORDS`.

    `base` is the estimate where nothing is moved, of a design that moves one setting at a time. `scale` is the size of
    the numbers that effects are differences of.
    """

    name: str
    place: str
    kind: DesignKind
    axes: Mapping[str, tuple[Estimate, ...]]
    base: Estimate | None = None
    scale: float = 1.0

    def reach(self, axis: str) -> float:
        """Size by which a tornado is sorted; below all others where it is not a number."""
        found = self.axes[axis]
        if self.kind is DesignKind.ONE_AT_A_TIME:
            assert self.base is not None
            sizes = [abs(end.value - self.base.value) for end in found]
        else:
            sizes = [found[1 if self.kind is DesignKind.SALTELLI else 0].value]
        return max((size for size in sizes if not isnan(size)), default=-inf)

    def to_dict(self) -> dict[str, Any]:
        """The record in JSON types."""
        words = WORDS[self.kind]
        axes = {axis: {w: self._scaled(e) for w, e in zip(words, found)} for axis, found in self.axes.items()}
        base = None if self.base is None else self._scaled(self.base)
        return {"name": self.name, "place": self.place, "kind": str(self.kind), "base": base, "axes": axes}

    def _scaled(self, estimate: Estimate) -> dict[str, Any]:
        return {**estimate.to_dict(), **({} if self.scale == 1.0 else {"scale": self.scale})}


def sensitivities(run: RunDirectory, rows: Sequence[Row]) -> Iterator[Sensitivity]:
    """Sensitivity of every estimate to every setting of the design; nothing of a study without such a design.

    One that cannot be computed is said, and costs nothing else.
    """
    design = run.study.sweep.design
    if design is None or design.settings.kind not in WORDS:
        return
    for spec in run.study.estimates:
        if spec.estimand.along_axis:
            continue
        try:
            yield from list(_of_estimate(run, spec, rows, design))
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, InputError | DamagedFileError):
                raise
            why = f"{type(error).__name__}: {error}"
            LOG.warning("%s: the sensitivity of %r could not be computed: %s", run.path, spec.name, why)
            LOG.debug("", exc_info=True)


def _of_estimate(run: RunDirectory, spec: EstimateSpec, rows: Sequence[Row], design: Design) -> Iterator[Sensitivity]:
    kind = design.settings.kind
    mine = (row for row in rows if row.name == spec.name)
    found = {place_mark(place): (place, row) for place, row in zip(places_of(run, spec), mine)}
    axes = next(iter(found.values()))[0].keys()
    outer = {
        place_mark(rest): rest for place, _ in found.values() if (rest := _without(place, design.axes)) is not None
    }
    for rest in outer.values():
        whole = [{axis: {**rest, **row}[axis] for axis in axes} for row in design.rows]
        estimates = [found[place_mark(place)][1].estimate for place in whole]
        noise = partial(_noise, run, spec, [found[place_mark(place)] for place in whole])
        made = _of(run, kind, estimates, noise)
        yield Sensitivity(
            spec.name, place_text(rest), kind, dict(zip(design.axes, made)),
            estimates[0] if kind is DesignKind.ONE_AT_A_TIME else None,
            1.0 if kind is DesignKind.SALTELLI else _size([found[place_mark(place)][1] for place in whole]),
        )  # fmt: skip


def _size(rows: Sequence[Row]) -> float:
    """Size of the largest estimate of these rows, or of the numbers that a small one is of; 1 where all are 0."""
    sizes = [abs(row.estimate.value) if row.scale is None else row.scale for row in rows]
    return min(1.0, max((size for size in sizes if isfinite(size)), default=0.0)) or 1.0


def _of(
    run: RunDirectory, kind: DesignKind, estimates: Sequence[Estimate], noise: Callable[[], Floats]
) -> list[tuple[Estimate, ...]]:
    design = run.study.sweep.design
    assert design is not None
    ensemble, count = run.study.ensemble, len(design.axes)
    if kind is DesignKind.ONE_AT_A_TIME:
        return [(estimates[1 + 2 * i], estimates[2 + 2 * i]) for i in range(count)]
    values, seed = np.array([estimate.value for estimate in estimates]), design.settings.seed or 0
    errors = noise()
    shared = ensemble.common_random_numbers == SeedSharing.ALL and bool(errors.any())
    if shared:  # the noise of two points is one and the same, as far as it adds
        errors = np.zeros_like(errors)
    found: Sequence[tuple[Estimate, ...]]
    if kind is DesignKind.MORRIS:
        shape = (-1, count + 1)
        trajectories = values.reshape(shape)
        points = designs.morris(len(trajectories), count, seed).reshape(*shape, count)
        found = morris_effects(trajectories, points, ensemble.level, errors=errors.reshape(shape))
    else:
        shape = (count + 2, -1)
        found = sobol_indices(values.reshape(shape), errors.reshape(shape), ensemble.level)
    said = SHARED.format("an effect" if kind is DesignKind.MORRIS else "interaction") if shared else None
    return [tuple(_noted(one, said) for one in each) for each in found]


def _noted(found: Estimate, note: str | None) -> Estimate:
    """An estimate with one more note; as it is where it is without any, or exactly 0, as where nothing changed."""
    if note is None or found.value == 0.0 or np.isnan(found.value):
        return found
    return replace(found, note="; ".join(filter(None, (found.note, note))))


def _noise(run: RunDirectory, spec: EstimateSpec, points: Sequence[tuple[Mapping[str, Any], Row]]) -> Floats:
    """Standard errors over replicates of an estimate at points of a design (n,); NaN where they are not known."""
    return np.array([_error(Stored(run, spec, place), row) for place, row in points])


def _error(sample: Stored, row: Row) -> float:
    if row.deterministic:
        return 0.0
    error, spec = row.estimate.standard_error, sample.spec
    if sample.replicates == 1:
        return error if spec.independent_trials else nan
    # the error of a slope of the mean path is one of its residuals, and equal replicates may have none
    if spec.estimand.is_moment and (isnan(error) or row.estimate.method is Method.HAC) and isfinite(row.estimate.value):
        influence = spec.estimand.moment(spec, sample).influence
        return float(influence.std(ddof=1) / np.sqrt(influence.size))
    return error


def _without(place: Mapping[str, Any], axes: Sequence[str]) -> dict[str, Any]:
    return {axis: value for axis, value in place.items() if axis not in axes}


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
    rows = map(tables.markdown_line, (titles, ["---"] * len(titles), *lines))
    return "\nSensitivity\n\n" + "\n".join(rows) + "\n" + "".join(f"\n{line}\n" for line in notes(found))


def notes(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Notes of the numbers, each once, a line each: with what it is of, or how many where these are more than three."""
    named: dict[str, list[str]] = {}
    every = [
        (f"{word} of “{label(axis.rpartition('.')[2])}” for “{each['name']}”", number.get("note"))
        for each in found if each["kind"] != DesignKind.ONE_AT_A_TIME
        for axis, numbers in each["axes"].items()
        for word, number in numbers.items()
    ]  # fmt: skip
    for name, note in every:
        if note:
            named.setdefault(note, []).append(name)
    return [
        f"{'; '.join(names) if len(names) <= 3 else f'{len(names)} of {len(every)} numbers'}: {note}."
        for note, names in named.items()
    ]


def show(found: Sequence[Mapping[str, Any]]) -> None:
    """Print the table on the terminal."""
    if found:
        titles, lines = table(found)
        tables.print_table("Sensitivity", titles, lines, [None] * len(lines))
        tables.remark("\n".join(notes(found)))
