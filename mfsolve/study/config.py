"""TOML -> validated Study. Every complaint is one line: file, key, value, what would be right."""

import hashlib
import itertools
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from mfsolve.models import load
from mfsolve.models.model import Case, Frozen, Model
from mfsolve.study.settings import Ensemble, EstimateSpec, Figure, SeedSharing

SCHEMA = 1
SECTIONS = (
    "title", "model", "parameters", "policies", "population", "record", "grid", "ensemble", "estimates", "figures",
)  # fmt: skip
CASE_SECTIONS = ("parameters", "population", "record")


class StudyError(ValueError):
    """A study that cannot be run as written; the message is one line that names the file and the key."""


@dataclass(frozen=True)
class Point:
    """One point of a study: a policy at one place of the grid.

    `key` is a hash of everything that decides its numbers; `seed` is shared or not as the study asks.
    """

    policy: str
    coordinates: Mapping[str, Any]
    case: Case
    seed: int
    identity: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Content hash, 16 hexadecimal digits."""
        return _digest(self.identity)[:16]

    @property
    def label(self) -> str:
        """Name of the point's group in the consolidated file, such as `none/producers=100`."""
        place = ",".join(f"{axis.rpartition('.')[2]}={value}" for axis, value in self.coordinates.items())
        return f"{self.policy}/{place}" if place else self.policy


@dataclass(frozen=True)
class Study:
    """A validated study. `resolved` is the study file it stands for, every default written out."""

    name: str
    title: str
    model: Model
    ensemble: Ensemble
    estimates: Sequence[EstimateSpec]
    figures: Sequence[Figure]
    axes: Mapping[str, Sequence[Any]]
    points: Sequence[Point]
    resolved: Mapping[str, Any]

    @property
    def policies(self) -> list[str]:
        """Policy labels in the order of the file."""
        return list(dict.fromkeys(point.policy for point in self.points))

    def find(self, policy: str, coordinates: Mapping[str, Any]) -> Point:
        """The point of a policy at a place of the grid."""
        return next(p for p in self.points if p.policy == policy and p.coordinates == coordinates)

    def places(self) -> Iterator[dict[str, Any]]:
        """Every place of the grid; a single empty one where there is no grid."""
        for values in itertools.product(*self.axes.values()):
            yield dict(zip(self.axes, values))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def nearest(name: str, known: Sequence[str]) -> str:
    """`; did you mean X?` or the list of what is known."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises
    ------
    StudyError
        Where the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StudyError(f"{path}: not a UTF-8 text file") from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not valid TOML: {error}") from None


def assign(raw: dict[str, Any], setting: str) -> None:
    """Apply one `KEY=VALUE` of the command line; VALUE is TOML, or else a plain word."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise StudyError(f"--set {setting}: KEY=VALUE is needed, such as parameters.imitation=0.5")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, name = key.strip().split(".")
    table = raw
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise StudyError(f"--set {setting}: {section} is not a table")
    table[name] = value


def load_study(path: Path, settings: Sequence[str] = ()) -> Study:
    """Read, override and validate a study file.

    Raises
    ------
    StudyError
        For anything that is wrong with it, on one line.
    """
    raw = read_toml(path)
    for setting in settings:
        assign(raw, setting)
    return resolve(raw, path.stem, str(path))


def resolve(raw: Mapping[str, Any], name: str, source: str) -> Study:
    """Validate a parsed study file; `source` opens every complaint."""

    def fail(message: str) -> NoReturn:
        raise StudyError(f"{source}: {message}")

    def build(kind: type[Frozen], values: Any, section: str) -> Any:
        if not isinstance(values, Mapping):
            fail(f"{section}: a table is needed")
        try:
            return kind(**values)
        except ValueError as error:
            fail(
                f"{section}.{error}"
                if not str(error).startswith(kind.__name__ + ":")
                else f"{section}: {str(error).partition(': ')[2]}"
            )

    for key in raw:
        if key not in SECTIONS:
            fail(f"{key}: unknown key{nearest(key, SECTIONS)}")
    if "model" not in raw:
        fail("model: is missing; name a model, see `mfsolve list`")
    try:
        model = load(str(raw["model"]))
    except ValueError as error:
        fail(f"model: {error}")

    sections = {s: dict(raw.get(s, {})) if isinstance(raw.get(s, {}), Mapping) else raw[s] for s in CASE_SECTIONS}
    kinds = {s: getattr(model, s) for s in CASE_SECTIONS}
    base = {s: build(kinds[s], sections[s], s) for s in CASE_SECTIONS}
    ensemble = build(Ensemble, raw.get("ensemble", {}), "ensemble")
    policies = _policies(raw, model, build, fail)
    axes = _axes(raw, kinds, fail)

    points = []
    for values in itertools.product(*axes.values()):
        place = dict(zip(axes, values))
        changed = {s: dict(sections[s]) for s in CASE_SECTIONS}
        for axis, value in place.items():
            section, _, key = axis.partition(".")
            changed[section][key] = value
        here = {s: build(kinds[s], changed[s], f"grid: at {place}: {s}") if place else base[s] for s in CASE_SECTIONS}
        for label, policy in policies.items():
            case = Case(here["parameters"], policy, here["population"], here["record"])
            try:
                model.variables(case)
            except ValueError as error:
                fail(str(error))
            seed = _seed(ensemble, place, label)
            identity = {
                "schema": SCHEMA, "model": model.name, "seed": seed,
                "policy": {"rule": _rule(model, policy), **policy.model_dump(mode="json")},
                **{s: here[s].model_dump(mode="json") for s in CASE_SECTIONS},
            }  # fmt: skip
            points.append(Point(label, place, case, seed, identity))
    _refuse_twins(points, fail)
    figures = _figures(raw, fail)
    resolved: dict[str, Any] = {
        "title": str(raw.get("title", name)),
        "model": model.name,
        **{s: base[s].model_dump(mode="json") for s in CASE_SECTIONS},
        "policies": {k: {"rule": _rule(model, p), **p.model_dump(mode="json")} for k, p in policies.items()},
        "grid": _nested(axes),
        "ensemble": ensemble.model_dump(mode="json"),
        "figures": [str(f) for f in figures],
    }
    study = Study(name, resolved["title"], model, ensemble, (), figures, axes, tuple(points), resolved)
    estimates = _estimates(raw, study, build, fail)
    resolved["estimates"] = [e.model_dump(mode="json", exclude_none=True) for e in estimates]
    return Study(name, study.title, model, ensemble, estimates, figures, axes, study.points, resolved)


def _rule(model: Model, policy: Frozen) -> str:
    return next(rule for rule, kind in model.policies.items() if type(policy) is kind)


def _policies(raw: Mapping[str, Any], model: Model, build: Any, fail: Any) -> dict[str, Frozen]:
    given = raw.get("policies", {next(iter(model.policies)): {}})
    if not isinstance(given, Mapping) or not given:
        fail("policies: a table of policies is needed, such as [policies.none]")
    result = {}
    for label, settings in given.items():
        if not isinstance(settings, Mapping):
            fail(f"policies.{label}: a table is needed")
        rule = str(settings.get("rule", label))
        if rule not in model.policies:
            fail(f"policies.{label}: unknown policy {rule!r}{nearest(rule, list(model.policies))}")
        if "/" in label:
            fail(f"policies.{label}: a label must not contain '/'")
        values = {key: value for key, value in settings.items() if key != "rule"}
        result[label] = build(model.policies[rule], values, f"policies.{label}")
    return result


def _axes(raw: Mapping[str, Any], kinds: Mapping[str, type[Frozen]], fail: Any) -> dict[str, list[Any]]:
    axes: dict[str, list[Any]] = {}
    grid = raw.get("grid", {})
    if not isinstance(grid, Mapping):
        fail("grid: a table is needed, such as parameters.imitation = [0.4, 0.6]")
    for section, entries in grid.items():
        if section not in ("parameters", "population") or not isinstance(entries, Mapping):
            fail(f"grid.{section}: unknown key; write parameters.NAME or population.NAME = [values]")
        for key, values in entries.items():
            axis = f"{section}.{key}"
            if key not in kinds[section].model_fields:
                fail(f"grid.{axis}: unknown key{nearest(key, list(kinds[section].model_fields))}")
            if not isinstance(values, list) or not values:
                fail(f"grid.{axis}: {values!r} given: a list of values is needed")
            for i, value in enumerate(values):
                if value in values[:i]:
                    fail(f"grid.{axis}: {value!r} given twice: grid points must differ")
            axes[axis] = list(values)
    return axes


def _nested(axes: Mapping[str, list[Any]]) -> dict[str, dict[str, list[Any]]]:
    nested: dict[str, dict[str, list[Any]]] = {}
    for axis, values in axes.items():
        section, _, key = axis.partition(".")
        nested.setdefault(section, {})[key] = values
    return nested


def _seed(ensemble: Ensemble, place: Mapping[str, Any], label: str) -> int:
    """The study's seed, or one derived from it and from the place: the same whatever else the grid holds."""
    sharing = ensemble.common_random_numbers
    mark: dict[str, Any] = {}
    if place and sharing is not SeedSharing.ALL:
        mark["place"] = dict(place)
    if sharing is SeedSharing.NONE:
        mark["policy"] = label
    return ensemble.seed if not mark else int(_digest([ensemble.seed, mark])[:15], 16)


def _refuse_twins(points: Sequence[Point], fail: Any) -> None:
    seen: dict[str, Point] = {}
    for point in points:
        twin = seen.setdefault(point.key, point)
        if twin is not point:
            fail(f"{twin.label} and {point.label} are the same point: policies and grid points must differ")


def _figures(raw: Mapping[str, Any], fail: Any) -> list[Figure]:
    given = raw.get("figures", [str(f) for f in Figure])
    if not isinstance(given, list):
        fail(f"figures: {given!r} given: a list is needed, of: {', '.join(Figure)}")
    for name in given:
        if name not in list(Figure):
            fail(f"figures: {name!r} given: unknown figure{nearest(str(name), list(Figure))}")
    return [Figure(name) for name in given]


def _estimates(raw: Mapping[str, Any], study: Study, build: Any, fail: Any) -> list[EstimateSpec]:
    given = raw.get("estimates", [])
    if not isinstance(given, list):
        fail("estimates: write [[estimates]] tables")
    result: list[EstimateSpec] = []
    for number, values in enumerate(given, start=1):
        where = f"estimates[{number}]"
        spec: EstimateSpec = build(EstimateSpec, values, where)
        try:
            spec.check(study)
        except ValueError as error:
            fail(f"{where}.{error}")
        result.append(spec)
    return result
