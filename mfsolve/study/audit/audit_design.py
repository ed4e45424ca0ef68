"""Settings at which an experiment is audited: its toy sizes, ends of every declared range, points between them."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import numpy as np
from pydantic.fields import FieldInfo

from mfsolve.experiments.experiment import Arm, Case, Experiment
from mfsolve.models.frozen import Frozen

POINTS = 16
"""Points of a Sobol sequence over all ranges."""
SECTIONS = ("parameters", "arm", "population")
STRETCH = 4.0
"""Factor around a default, where a range has no end."""

Change = tuple[tuple[str, Any], ...]
"""Settings and their values: `section.key`, with `arm` for the arm's own section."""


def base_case(experiment: Experiment, rule: str) -> Case:
    """An arm's case with defaults and toy sizes; what has no default takes a value within its range."""
    toys: dict[str, dict[str, Any]] = {}
    for place, size in experiment.toy.items():
        section, _, key = place.partition(".")
        toys.setdefault(section, {})[key] = size
    arm = experiment.arms[rule]
    built = {
        section: _built(getattr(experiment, section), toys.get(section, {}))
        for section in ("parameters", "population", "record")
    }
    case = Case(built["parameters"], _built(arm.settings, arm.toy), built["population"], built["record"], rule)
    arm.check(case)
    return case


def _built(kind: type[Frozen], toys: Mapping[str, Any]) -> Frozen:
    values = {key: value for key, value in toys.items() if key in kind.model_fields}
    for name, field in kind.model_fields.items():
        if field.is_required() and name not in values:
            values[name] = _within(field)
    return kind(**values)


def _within(field: FieldInfo) -> Any:
    """A value of a setting without a default: the middle of its range, of a list the fewest of them that it takes."""
    if get_origin(field.annotation) is tuple:
        fewest = max([1, *(getattr(one, "min_length", 1) for one in field.metadata)])
        return (_within(FieldInfo.from_annotation(get_args(field.annotation)[0])),) * fewest
    low, high = bounds(field, 1.0)
    middle = 0.5 * (low + high)
    return int(middle) if field.annotation is int else middle


def without_default(experiment: Experiment, rule: str) -> list[str]:
    """Settings of an arm that an audit has to think of a value for."""
    kinds = (experiment.parameters, experiment.arms[rule].settings, experiment.population, experiment.record)
    toys = {*(place.partition(".")[2] for place in experiment.toy), *experiment.arms[rule].toy}
    fields = {name: field for kind in kinds for name, field in kind.model_fields.items()}
    return [name for name, field in fields.items() if field.is_required() and name not in toys]


def bounds(field: Any, default: float) -> tuple[float, float]:
    """The range of a number that is tried: the declared one, around the default where an end is missing or far.

    An open end is left out by a thousandth of its distance from the default.
    """
    whole = field.annotation is int
    width = max(abs(default), 1.0) * STRETCH
    low, high = default - width if default <= 0.0 else default / STRETCH, default + width
    for constraint in field.metadata:
        for name in ("ge", "gt"):
            end = getattr(constraint, name, None)
            if end is not None:
                low = float(end) + (0.0 if name == "ge" else 1.0 if whole else 1e-3 * abs(default - end))
        for name in ("le", "lt"):
            end = getattr(constraint, name, None)
            if end is not None:
                end = float(end) - (0.0 if name == "le" else 1.0 if whole else 1e-3 * abs(end - default))
                high = min(end, high) if whole else end
    return min(low, high), high


def designed(experiment: Experiment, case: Case) -> Iterator[Change]:
    """Changes of a case: each setting at both ends of its range, and all of them together in between.

    Whole numbers of the population stay at or below their toy size, so that an audit takes seconds.
    """
    from scipy.stats.qmc import Sobol

    spans: dict[str, tuple[float, float, bool]] = {}
    for section in SECTIONS:
        held = getattr(case, section)
        for key, field in type(held).model_fields.items():
            value = getattr(held, key)
            if isinstance(value, bool):
                yield ((f"{section}.{key}", not value),)
            elif isinstance(value, int | float):
                low, high = bounds(field, float(value))
                whole = isinstance(value, int)
                if (experiment.section if section == "arm" else section) + f".{key}" in experiment.finer_downward:
                    low = max(low, value / STRETCH)  # the work grows as a step falls
                spans[f"{section}.{key}"] = (
                    low,
                    min(high, value) if whole and section == "population" else high,
                    whole,
                )
            elif hasattr(type(value), "__members__"):
                yield from (((f"{section}.{key}", other),) for other in type(value) if other is not value)
    yield ()
    for name, (low, high, whole) in spans.items():
        yield from (((name, int(end) if whole else end),) for end in (low, high))
    if spans:
        for point in Sobol(len(spans), scramble=False).random(POINTS):
            yield tuple(
                (name, int(np.floor(low + x * (high - low + 1))) if whole else float(low + x * (high - low)))
                for x, (name, (low, high, whole)) in zip(point, spans.items())
            )


def between(experiment: Experiment, case: Case, size: str, points: int, seed: int) -> Iterator[Change]:
    """Changes of all real numbers of a case to points between the ends of their ranges, but for steps and the size."""
    from scipy.stats.qmc import Sobol

    spans = {}
    for section in ("parameters", "arm"):
        held = getattr(case, section)
        for key, field in type(held).model_fields.items():
            value = getattr(held, key)
            axis = f"{experiment.section if section == 'arm' else section}.{key}"
            if isinstance(value, float) and axis not in experiment.finer_downward and axis != size:
                spans[f"{section}.{key}"] = bounds(field, value)
    if spans:
        shift = np.random.default_rng(seed).random(len(spans))  # the middle of all ranges is no usual point
        for point in (Sobol(len(spans), scramble=False).random(points) + shift) % 1.0:
            yield tuple((name, float(low + x * (high - low))) for x, (name, (low, high)) in zip(point, spans.items()))


def said_of(change: Change) -> str:
    """A change in words."""
    values = (f"{key} = {value:.6g}" if isinstance(value, float) else f"{key} = {value}" for key, value in change)
    return ", ".join(values) or "the defaults"


def changed(arm: Arm, case: Case, change: Change) -> Case:
    """The case with other settings.

    Raises
    ------
    ValueError
        Where the model refuses them.
    """
    tables = {section: getattr(case, section) for section in (*SECTIONS, "record")}
    for name, value in change:
        section, _, key = name.partition(".")
        held = tables[section]
        tables[section] = type(held)(**{**{k: getattr(held, k) for k in type(held).model_fields}, key: value})
    other = Case(tables["parameters"], tables["arm"], tables["population"], tables["record"], case.rule)
    arm.check(other)
    return other


def size_setting(experiment: Experiment, asked: str | None) -> str | None:
    """The setting that is the number of agents: the one asked for, else the first whole number of the population.

    Raises
    ------
    ValueError
        For a setting that the experiment does not have.
    """
    fields = experiment.population.model_fields
    if asked is None:
        return next((f"population.{key}" for key, field in fields.items() if field.annotation is int), None)
    section, _, key = asked.partition(".")
    if section not in ("population", "parameters") or key not in getattr(experiment, section).model_fields:
        known = ", ".join(f"population.{name}" for name in fields)
        raise ValueError(f"--size: {asked!r} given: unknown; known: {known}")
    return asked
