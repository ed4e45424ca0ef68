"""The points of a study: its arms at every place of its grid, each with a key, a seed and validated inputs."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import Frozen, InputError
from mfsolve.study.settings import Ensemble, SeedSharing

SCHEMA = 1
CASE_SECTIONS = ("parameters", "population", "record")


class StudyError(InputError):
    """A study that cannot be run as written; the message is one line that names the file and the key."""


@dataclass(frozen=True)
class Point:
    """One point of a study: an arm at one place of the grid.

    `key` is a hash of everything that decides its numbers; `seed` is shared or not as the study asks.
    """

    arm: str
    coordinates: Mapping[str, Any]
    case: Case
    seed: int
    identity: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """Content hash, 16 hexadecimal digits."""
        return digest(self.identity)[:16]

    @property
    def label(self) -> str:
        """Name of the point's group in the consolidated file, such as `none/producers=100`."""
        place = ",".join(f"{axis.rpartition('.')[2]}={value}" for axis, value in self.coordinates.items())
        return f"{self.arm}/{place}" if place else self.arm


def digest(value: Any) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Source:
    """The study file, which every complaint names first."""

    name: str

    def fail(self, message: str) -> NoReturn:
        """One line that opens with the file."""
        raise StudyError(f"{self.name}: {message}")

    def build(self, kind: type[Frozen], values: Any, section: str) -> Any:
        """Validated settings of a section; a complaint names section and key."""
        if not isinstance(values, Mapping):
            self.fail(f"{section}: a table is needed")
        try:
            return kind(**kind.located(values, Path(self.name).parent))
        except ValueError as error:
            whole = f"{kind.__name__}: "  # a complaint about the section, not about one key
            self.fail(
                f"{section}: {str(error)[len(whole) :]}" if str(error).startswith(whole) else f"{section}.{error}"
            )


@dataclass(frozen=True)
class Labelled:
    """A labelled arm of a study file, not yet validated: the arm's own name and its settings."""

    rule: str
    settings: Mapping[str, Any]


def read_points(raw: Mapping[str, Any], experiment: Experiment, ensemble: Ensemble, source: Source) -> list[Point]:
    """Every arm at every place of the grid, in the order of the file.

    Raises
    ------
    StudyError
        For the first thing that is wrong.
    """
    for section in CASE_SECTIONS:
        if not isinstance(raw.get(section, {}), Mapping):
            source.fail(f"{section}: a table is needed")
    arms = _arms(raw, experiment, source)
    axes = read_axes(raw, experiment, arms, source)
    points = []
    for values in itertools.product(*axes.values()):
        place = dict(zip(axes, values))
        for label, labelled in arms.items():
            points.append(_point(raw, experiment, ensemble, source, place, label, labelled))
    seen: dict[str, Point] = {}
    for point in points:
        twin = seen.setdefault(point.key, point)
        if twin is not point:
            source.fail(f"{twin.label} and {point.label} are the same point: arms and places must differ")
    return points


def _point(
    raw: Mapping[str, Any],
    experiment: Experiment,
    ensemble: Ensemble,
    source: Source,
    place: Mapping[str, Any],
    label: str,
    labelled: Labelled,
) -> Point:
    tables = {section: dict(raw.get(section, {})) for section in CASE_SECTIONS}
    tables[experiment.section] = dict(labelled.settings)
    for axis, value in place.items():
        section, _, key = axis.partition(".")
        tables[section][key] = value
    where = f"grid: at {place}: " if place else ""
    built = {s: source.build(getattr(experiment, s), tables[s], where + s) for s in CASE_SECTIONS}
    arm = experiment.arms[labelled.rule]
    chosen = source.build(arm.settings, tables[experiment.section], f"{where}{experiment.section}.{label}")
    case = Case(built["parameters"], chosen, built["population"], built["record"], labelled.rule)
    try:
        arm.check(case)
    except ValueError as error:
        source.fail(f"{where}{error}")
    seed = _seed(ensemble, place, label)
    identity = {
        "schema": SCHEMA,
        "model": experiment.name,
        "seed": seed,
        experiment.section: {"rule": labelled.rule, **chosen.model_dump(mode="json")},
        **{s: built[s].model_dump(mode="json") for s in CASE_SECTIONS},
    }
    return Point(label, place, case, seed, identity)


def _arms(raw: Mapping[str, Any], experiment: Experiment, source: Source) -> dict[str, Labelled]:
    section, rules = experiment.section, list(experiment.arms)
    given = raw.get(section, {rules[0]: {}})
    if not isinstance(given, Mapping) or not given:
        source.fail(f"{section}: a table is needed, such as [{section}.{rules[0]}]")
    result = {}
    for label, settings in given.items():
        if not isinstance(settings, Mapping):
            source.fail(f"{section}.{label}: a table is needed")
        rule = str(settings.get("rule", label))
        if rule not in rules:
            source.fail(f"{section}.{label}: unknown rule {rule!r}{nearest(rule, rules)}")
        if "/" in label:
            source.fail(f"{section}.{label}: a label must not contain '/'")
        result[label] = Labelled(rule, {key: value for key, value in settings.items() if key != "rule"})
    return result


def read_axes(
    raw: Mapping[str, Any], experiment: Experiment, arms: Mapping[str, Labelled], source: Source
) -> dict[str, list[Any]]:
    """Axes of the grid, `section.key` -> values."""
    kinds = {section: [getattr(experiment, section)] for section in ("parameters", "population")}
    kinds[experiment.section] = [experiment.arms[a.rule].settings for a in arms.values()]
    axes: dict[str, list[Any]] = {}
    for section, key, values in _grid_entries(raw, kinds, source):
        axis = f"{section}.{key}"
        for kind in kinds[section]:
            if key not in kind.model_fields:
                source.fail(f"grid.{axis}: unknown key{nearest(key, list(kind.model_fields))}")
            if key in kind.FILES:
                source.fail(f"grid.{axis}: data cannot be an axis: write a study file for each")
        if not isinstance(values, list) or not values:
            source.fail(f"grid.{axis}: {values!r} given: a list of values is needed")
        for i, value in enumerate(values):
            if value in values[:i]:
                source.fail(f"grid.{axis}: {value!r} given twice: grid points must differ")
        axes[axis] = list(values)
    return axes


def _grid_entries(raw: Mapping[str, Any], kinds: Mapping[str, Any], source: Source) -> Iterator[tuple[str, str, Any]]:
    grid = raw.get("grid", {})
    if not isinstance(grid, Mapping):
        source.fail("grid: a table is needed, such as parameters.imitation = [0.4, 0.6]")
    for section, entries in grid.items():
        if section not in kinds or not isinstance(entries, Mapping):
            source.fail(f"grid.{section}: unknown key; write {' or '.join(f'{k}.NAME' for k in kinds)} = [values]")
        for key, values in entries.items():
            yield section, key, values


def nested(axes: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Axes as the tables of a study file."""
    tables: dict[str, dict[str, Any]] = {}
    for axis, values in axes.items():
        section, _, key = axis.partition(".")
        tables.setdefault(section, {})[key] = list(values)
    return tables


def _seed(ensemble: Ensemble, place: Mapping[str, Any], label: str) -> int:
    """The study's seed, or one derived from it and from the place: the same whatever else the grid holds."""
    sharing = ensemble.common_random_numbers
    mark: dict[str, Any] = {}
    if place and sharing is not SeedSharing.ALL:
        mark["place"] = dict(place)
    if sharing is SeedSharing.NONE:
        mark["policy"] = label
    return ensemble.seed if not mark else int(digest([ensemble.seed, mark])[:15], 16)
