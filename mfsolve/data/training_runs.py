"""Runs of a training log: which of them can be used, and what fills their gaps (MODEL 8.10)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.data.metrics import Metric
from mfsolve.inference.collapse_paths import Grid, Paths, Start
from mfsolve.models.frozen import InputError

LEAST_GENERATIONS = 4
"""Of one run alone, and of every run where some have them."""
LEAST_CLUSTERS = 3
"""Runs that take their error from one another, where all are shorter."""
MOST_GENERATIONS = 10_000_000
"""From the first to the last of a run: the contamination is filled in at every one of them."""


class Row(NamedTuple):
    """One generation: contamination (or exposure), metric and its standard error are NaN where not known."""

    generation: int
    share: float
    value: float
    error: float
    where: str


@dataclass(frozen=True)
class Run:
    """A run by generation; `exposed` where shares are cumulated exposures."""

    key: tuple[str, str]
    rows: list[Row]
    exposed: bool

    @property
    def name(self) -> str:
        """Condition and run, as notes show them."""
        return "/".join(part for part in self.key if part)


class Assembled(NamedTuple):
    """Paths of the usable runs, their names and conditions, and notes."""

    paths: Paths
    runs: tuple[str, ...]
    conditions: tuple[str, ...]
    notes: list[str]


class _Path(NamedTuple):
    """One run's observations, and its contamination generation by generation, filled in where it is unknown."""

    name: str
    condition: str
    time: Floats
    loss: Floats
    error: Floats
    exact: bool
    share: Floats
    unknown: NDArray[np.bool_]
    constant: int
    exposure: Floats | None


def assembled(path: Path, runs: Sequence[Run], metric: Metric, start: Start) -> Assembled:
    """Put the usable runs together.

    Raises
    ------
    InputError
        Where no run can be used, or all are short and too few.
    """
    notes: list[str] = []
    found = [(run, _path(path, run, metric, start, notes)) for run in runs]
    full = any(mine.time.size >= LEAST_GENERATIONS for _, mine in found)
    kept, reasons, short = list[_Path](), list[str](), list[bool]()
    for run, mine in found:
        unusable = _unusable(mine, full)
        if unusable is None:
            kept.append(mine)
        else:
            reason, brief = unusable
            short.append(brief)
            reasons.append(f"{f'run {run.name!r}: ' if run.name else ''}{reason}")
    if not kept:
        needed = f"; at least {LEAST_GENERATIONS} are needed" if short[0] else ""
        raise InputError(f"{path}: {reasons[0]}{needed}")
    if not full and len(kept) < LEAST_CLUSTERS:
        most = max(mine.time.size for mine in kept)
        where = f"run {kept[0].name!r}: " if kept[0].name else ""
        raise InputError(
            f"{path}: {where}{most} generations; at least {LEAST_GENERATIONS} are needed, or {LEAST_CLUSTERS} runs"
        )
    notes += [f"left out: {reason}" for reason in reasons]
    notes += [note for run, mine in found for note in _control(run, mine)]
    unknown, constant = sum(int(mine.unknown.sum()) for mine in kept), sum(mine.constant for mine in kept)
    if unknown:
        notes.append(f"contamination of {_generations(unknown)} unknown: taken from its neighbours")
    if constant:
        notes.append(
            f"contamination of {_generations(constant)} not given: between two equal values, taken as that value"
        )
    names = tuple(mine.name for mine in kept)
    return Assembled(_paths(kept), names, tuple(mine.condition for mine in kept), notes)


def _generations(count: int) -> str:
    return f"{count} generation{'s' * (count > 1)}"


def _unusable(mine: _Path, full: bool) -> tuple[str, bool] | None:
    """Reason to leave a run out, and whether it is that it is short."""
    count = mine.time.size
    if count < (LEAST_GENERATIONS if full else 2):
        return f"{count} generation{'' if count == 1 else 's'} measured", True
    exposed = mine.share[1:].any() if mine.exposure is None else np.ptp(mine.exposure) > 0
    return None if exposed else ("contamination is 0 or unknown throughout, so the slope cannot be estimated", False)


def _control(run: Run, mine: _Path) -> list[str]:
    """Note on what a run without contamination shows, of which the law says that nothing is lost."""
    pure = mine.exposure is None and not mine.unknown.any() and not mine.share[1:].any()
    if not pure or mine.time.size < 2:
        return []
    change, count = float(mine.loss[-1] - mine.loss[0]), int(mine.time[-1] - mine.time[0])
    name = f"run {run.name!r}" if run.name else "the run"
    return [f"{name} is a control: without contamination its loss changes by {change:+.3g} in {_generations(count)}"]


def _path(path: Path, run: Run, metric: Metric, start: Start, notes: list[str]) -> _Path:
    rows, label = run.rows, f"run {run.name!r}: " if run.name else ""
    zero = [row.generation for row in rows if metric.log and row.value == 0.0]
    if zero:
        where = _some(zero)
        linear = f"{metric.name}:{'lower' if metric.lower else 'higher'}:linear"
        notes.append(
            f"{label}{metric.name} is 0 at generation {where}, which has no logarithm: left out "
            f"(--metric {linear} keeps it)"
        )
    measured = [row for row in rows if not math.isnan(row.value) and row.generation not in zero]
    blank = [row.generation for row in rows if math.isnan(row.value)]
    if blank:
        count = f"{len(blank)} generation{'s' if len(blank) > 1 else ''}"
        notes.append(f"{label}{count} without {metric.name}: {_some(blank)}")
    values = np.array([row.value for row in measured])
    errors = _errors(measured, label, notes)
    generation = np.array([row.generation for row in measured], dtype=np.float64)
    first = int(generation[0]) if measured else 0
    later = [row for row in rows if measured and row.generation >= first]
    last = int(generation[-1]) if measured else 0
    if last - first > MOST_GENERATIONS:
        given = f"{label}generation {last} given, {last - first} after the first"
        raise InputError(f"{measured[-1].where or path}: {given}; allowed: at most {MOST_GENERATIONS} after it")
    exposure = _exposure(path, measured) if run.exposed else None
    share, unknown, constant = np.zeros(1), np.zeros(1, bool), 0
    if not run.exposed:
        share, unknown, constant = _fill(later, first, last)
    exact = start is Start.EXACT or (errors.size > 0 and errors[0] == 0.0)
    loss = -metric.log_quality(values)
    spread = np.where(errors == 0.0, 1.0, metric.error(errors, values))  # that of an exact start is not used
    time = generation - first
    return _Path(run.name, run.key[0], time, loss, spread, bool(exact), share, unknown, constant, exposure)


def _some(generations: Sequence[int]) -> str:
    """The first of some generations."""
    return ", ".join([*map(str, generations[:4]), *["..."] * (len(generations) > 4)])


def _errors(measured: list[Row], label: str, notes: list[str]) -> Floats:
    """Standard errors; NaN where none are given. A start of 0 is exact, a blank one is like the next."""
    errors = np.array([row.error for row in measured])
    if np.isnan(errors).all():
        return errors
    if math.isnan(errors[0]) and errors.size > 1:
        errors[0] = errors[1]
        notes.append(f"{label}standard error of the start is blank: that of the next generation is used")
    for row, error in zip(measured[1:], errors[1:]):
        if math.isnan(error):
            raise InputError(f"{row.where}: the cell is missing; a number is needed")
        if error == 0.0:
            raise InputError(f"{row.where}: 0 given; allowed: (0, inf), and 0 at the first generation of a run")
    if errors[0] == 0.0:
        notes.append(f"{label}the start is exact, as its standard error of 0 says")
    return errors


def _exposure(path: Path, measured: list[Row]) -> Floats:
    exposure = np.array([row.share for row in measured])
    if np.isnan(exposure).any() or np.any(np.diff(exposure) < 0):
        raise InputError(
            f"{path}: column exposure: blank or falling; cumulative exposure is needed at every measured generation"
        )
    return exposure - exposure[0] if exposure.size else exposure


def _fill(rows: list[Row], first: int, last: int) -> tuple[Floats, NDArray[np.bool_], int]:
    """Contamination at every generation from the first to the last, where it is unknown, and how often it is constant.

    What is not given lies between the values beside it: it is known where these are one value, or all of the run are.
    That of the first generation takes no part in the law, and tells nothing of those after it.
    """
    known = [(row.generation, row.share) for row in rows if row.generation > first and not math.isnan(row.share)]
    grid = np.arange(first, last + 1)
    own = rows[0].share if rows and rows[0].generation == first else math.nan
    if not known:
        return np.append(own, np.zeros(grid.size - 1)), np.zeros(grid.size, bool), 0
    place, share = np.array(known).T
    after, before = np.searchsorted(place, grid), np.searchsorted(place, grid, side="right") - 1
    between = np.interp(grid, place, share)
    between[0] = own
    missing = (after > before) & (np.arange(grid.size) > 0)
    inside = missing & (before >= 0) & (after < place.size)
    alike = np.zeros(grid.size, bool)
    alike[inside] = share[before[inside]] == share[after[inside]]
    alike |= missing & bool(np.ptp(share) == 0.0 and place.size > 1)
    return between, missing & ~alike, int(alike.sum())


def _paths(kept: Sequence[_Path]) -> Paths:
    """Paths of all runs together."""
    sizes = [mine.time.size for mine in kept]
    run = np.repeat(np.arange(len(kept)), sizes)
    time, loss = np.concatenate([mine.time for mine in kept]), np.concatenate([mine.loss for mine in kept])
    errors = np.concatenate([mine.error for mine in kept])
    error = None if np.isnan(errors).any() else errors
    exact = np.array([mine.exact for mine in kept])
    if any(mine.exposure is not None for mine in kept):
        exposure = np.concatenate([mine.exposure for mine in kept if mine.exposure is not None])
        return Paths(run, time, exposure, loss, error, exact)
    lengths = np.array([mine.share.size for mine in kept])
    offset = np.cumsum(lengths) - lengths
    place = np.concatenate([mine.time.astype(np.intp) + start for mine, start in zip(kept, offset)])
    share, unknown = (np.concatenate([getattr(mine, name) for mine in kept]) for name in ("share", "unknown"))
    grid = Grid(share, np.repeat(np.arange(len(kept)), lengths), place, unknown if unknown.any() else None)
    return Paths(run, time, grid.exposure(2.0), loss, error, exact, grid)
