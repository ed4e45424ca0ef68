"""Settings that a study may vary, as `[grid]` and `[design.over]` name them, and the values they may take."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.experiments.experiment import Experiment
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import Frozen, as_declared
from mfsolve.study.file.source import RawArm, Source

DIGITS = 12
"""Significant digits of a computed value: the same on every machine, and legible."""
MOST_VALUES = 100_000
SPACED = ("linspace", "logspace")


@dataclass(frozen=True)
class Knob:
    """A setting that is varied: `section.key`, or `section.label.key` of one arm.

    `kinds` are the settings classes that have it; `owners` the arms, where others lack it, else None.
    """

    axis: str
    section: str
    key: str
    kinds: tuple[type[Frozen], ...]
    label: str | None = None
    owners: frozenset[str] | None = None

    @property
    def whole(self) -> bool:
        """True for whole numbers."""
        return all(kind.model_fields[self.key].annotation is int for kind in self.kinds)

    def canonical(self, value: Any) -> Any:
        """A value as the setting's type writes it: seeds and names of points do not tell 1 from 1.0."""
        return as_declared(self.kinds, self.key, value)

    def default(self, tables: Mapping[str, Any], arms: Mapping[str, RawArm]) -> Any:
        """The one value of the study where the knob is not turned.

        Raises
        ------
        LookupError
            Where it has none, or arms have several.
        """
        held: Sequence[Mapping[str, Any]] = [tables.get(self.section, {})]
        if self.owners is not None or self.section not in ("parameters", "population"):
            held = [arm.settings for label, arm in arms.items() if self.owners is None or label in self.owners]
        found = [
            table.get(self.key, kind.model_fields[self.key].get_default()) for table, kind in zip(held, self.kinds)
        ]
        if not all(isinstance(value, int | float) for value in found) or len(set(found)) != 1:
            raise LookupError(self.axis)
        return self.canonical(found[0])


def knobs(
    given: Any, where: str, experiment: Experiment, arms: Mapping[str, RawArm], source: Source
) -> Iterator[tuple[Knob, Any]]:
    """Entries of a section, each with what it says of its knob.

    Raises
    ------
    StudyError
        For a setting that nothing has, or that names data.
    """
    if not isinstance(given, Mapping):
        source.fail(f"{where}: a table is needed, such as parameters.imitation = [0.4, 0.6]")
    sections = ("parameters", "population", experiment.section)
    for section, entries in given.items():
        if section not in sections or not isinstance(entries, Mapping):
            names = " or ".join(f"{name}.NAME" for name in sections)
            source.fail(f"{where}.{section}: unknown key; write {names} = [values]")
        for key, values in entries.items():
            if section == experiment.section and key in arms and isinstance(values, Mapping) and not is_range(values):
                for name, inner in values.items():
                    yield _knob(where, (section, key, name), experiment, arms, source), inner
            else:
                yield _knob(where, (section, key), experiment, arms, source), values


def _knob(
    where: str, path: tuple[str, ...], experiment: Experiment, arms: Mapping[str, RawArm], source: Source
) -> Knob:
    section, key, axis = path[0], path[-1], ".".join(path)
    label = path[1] if len(path) == 3 else None
    if section != experiment.section:
        candidates = {"": getattr(experiment, section)}
    else:
        chosen = {label: arms[label]} if label is not None else arms
        candidates = {name: experiment.arms[arm.rule].settings for name, arm in chosen.items()}
    having = {name: kind for name, kind in candidates.items() if key in kind.model_fields}
    if not having:
        known = [name for kind in candidates.values() for name in kind.model_fields]
        source.fail(f"{where}.{axis}: unknown key{nearest(key, known)}")
    if any(key in kind.FILES for kind in having.values()):
        source.fail(f"{where}.{axis}: data cannot be an axis: write a study file for each")
    owners = frozenset(having) if section == experiment.section and len(having) < len(arms) else None
    return Knob(axis, section, key, tuple(having.values()), label, owners)


def is_range(given: Any) -> bool:
    """True for a table that stands for values: `{ linspace = [0, 1, 5] }`, `{ range = [0, 1] }`."""
    return isinstance(given, Mapping) and bool({*SPACED, "range", "choices"} & given.keys())


def values_of(knob: Knob, given: Any, where: str, source: Source) -> list[Any]:
    """Values of a list, or of a range with both ends.

    Raises
    ------
    StudyError
        For an empty list, a value given twice, a range that is none.
    """
    place = f"{where}.{knob.axis}"
    values = _spaced(knob, given, place, source) if isinstance(given, Mapping) else given
    if not isinstance(values, list) or not values:
        source.fail(
            f"{place}: {values!r} given: a list of values is needed, or {{ linspace = [first, last, count] }}, "
            "{ logspace = [first, last, count] }"
        )
    if len(values) > MOST_VALUES:
        source.fail(f"{place}: {len(values)} values given; allowed: at most {MOST_VALUES}")
    values = [knob.canonical(value) for value in values]
    seen = set()
    for value in values:
        if repr(value) in seen:
            source.fail(f"{place}: {value!r} given twice: grid points must differ")
        seen.add(repr(value))
    return values


def _spaced(knob: Knob, given: Mapping[str, Any], place: str, source: Source) -> list[Any]:
    if len(given) != 1 or next(iter(given)) not in SPACED:
        source.fail(f"{place}: {dict(given)!r} given; write {{ linspace = [first, last, count] }} or logspace")
    ((how, three),) = given.items()
    wrong = f"{place}.{how}: {three!r} given; [first, last, count] is needed, such as [0.1, 0.9, 5]"
    if not isinstance(three, list) or len(three) != 3 or not all(_is_number(value) for value in three):
        source.fail(wrong)
    first, last, count = three
    if not isinstance(count, int) or not 2 <= count <= MOST_VALUES or float(first) == float(last):
        source.fail(f"{wrong}, with two ends that differ and a count in [2, {MOST_VALUES}]")
    if how == "logspace" and min(first, last) <= 0:
        source.fail(f"{wrong}, with positive ends")
    if how == "linspace" and math.isinf(float(last) - float(first)):
        source.fail(f"{wrong}, with ends that are not as far apart")
    make = np.linspace if how == "linspace" else np.geomspace
    return [plain(knob, value) for value in make(float(first), float(last), count).tolist()]


def plain(knob: Knob, value: float) -> float | int:
    """A computed value as a study file has it: a whole number where the setting is one, else twelve digits."""
    return round(value) if knob.whole else float(f"{value:.{DIGITS}g}")


def _is_number(value: Any) -> bool:
    """True for a number that a double holds, if not to its last digit."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond every double
        return False


def bounds(given: Any, place: str, source: Source) -> tuple[float, float, bool]:
    """Lowest and highest value of a range, and True where it is logarithmic.

    Raises
    ------
    StudyError
        Where it is no range.
    """
    table = given if isinstance(given, Mapping) else {"range": given}
    ends, scale = table.get("range"), table.get("scale", "linear")
    unknown = [key for key in table if key not in ("range", "scale")]
    if unknown:
        source.fail(f"{place}.{unknown[0]}: unknown key{nearest(str(unknown[0]), ['range', 'scale'])}")
    if not isinstance(ends, list) or len(ends) != 2 or not all(_is_number(x) for x in ends) or ends[0] >= ends[1]:
        source.fail(f"{place}: {ends!r} given; [lowest, highest] is needed, or {{ range = [0.1, 10], scale = 'log' }}")
    if scale not in ("linear", "log"):
        source.fail(f"{place}.scale: {scale!r} given; allowed: linear, log")
    if scale == "log" and ends[0] <= 0:
        source.fail(f"{place}: {ends[0]!r} given: a logarithmic range starts above 0")
    low, high = float(ends[0]), float(ends[1])
    if low == high or math.isinf(high - low):
        source.fail(
            f"{place}: {ends!r} given: ends that doubles tell apart are needed, and not as far from one another"
        )
    return low, high, scale == "log"
