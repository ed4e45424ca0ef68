"""TOML -> validated Study. Every complaint is one line: file, key, value, what would be right."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.experiments._guarded import GuestError
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.arguments import nearest
from mfsolve.study.estimands import ESTIMANDS
from mfsolve.study.inherit import inherited
from mfsolve.study.points import CASE_SECTIONS, SCHEMA, Point, Source, StudyError, swept
from mfsolve.study.settings import Ensemble, EstimateSpec, Figure, Purpose, half_unit
from mfsolve.study.spread import spread
from mfsolve.study.sweep import Sweep

__all__ = [
    "SCHEMA",
    "Point",
    "Study",
    "StudyError",
    "assign",
    "load_study",
    "nearest",
    "read_study",
    "read_toml",
    "resolve",
]

SECTIONS = (
    "title", "kind", "model", "parameters", "population", "record", "grid", "design", "ensemble", "estimates",
    "figures", "calibration",
)  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A validated study. `resolved` is the study file it stands for, every default written out.

    `calibration` is its section of that name, which the room of calibration reads; `source` opens every complaint.
    """

    name: str
    title: str
    experiment: Experiment
    ensemble: Ensemble
    estimates: Sequence[EstimateSpec]
    figures: Sequence[Figure]
    axes: Mapping[str, Sequence[Any]]
    points: Sequence[Point]
    resolved: Mapping[str, Any]
    calibration: Any = None
    source: str = ""
    sweep: Sweep = field(default_factory=lambda: Sweep({}))

    @property
    def arms(self) -> list[str]:
        """Labels of the arms in the order of the file."""
        return list(dict.fromkeys(point.arm for point in self.points))

    def find(self, arm: str, coordinates: Mapping[str, Any]) -> Point:
        """The point of an arm at a place of the grid; axes that the arm does not depend on make no difference."""
        return self._found[arm, _mark(self.sweep.of(arm, coordinates))]

    @cached_property
    def _found(self) -> dict[tuple[str, frozenset[tuple[str, str]]], Point]:
        return {(point.arm, _mark(point.coordinates)): point for point in self.points}

    @cached_property
    def _places(self) -> list[dict[str, Any]]:
        return self.sweep.places()

    def places(self) -> Iterator[dict[str, Any]]:
        """Every place of the grid and the design; a single empty one where there is neither."""
        return (dict(place) for place in self._places)

    def places_of(self, *arms: str) -> Iterator[dict[str, Any]]:
        """Every place as far as one of these arms depends on it."""
        seen = set()
        for whole in self._places:
            mine = [self.sweep.of(arm, whole) for arm in arms]
            place = {axis: value for axis, value in whole.items() if any(axis in part for part in mine)}
            if _mark(place) not in seen:
                seen.add(_mark(place))
                yield place


def _mark(place: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """A place as a key; values may be lists."""
    return frozenset((axis, repr(value)) for axis, value in place.items())


class WrittenFloat(float):
    """A number of a study file that remembers its digits: 0.30 says more than 0.3."""

    def __new__(cls, text: str) -> "WrittenFloat":
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises
    ------
    StudyError
        Where the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=WrittenFloat)
    except OSError as error:
        raise StudyError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StudyError(f"{path}: not a UTF-8 text file") from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not valid TOML: {error}") from None


def read_study(path: Path) -> dict[str, Any]:
    """Parse a study file, with what it takes from the study that it extends.

    Raises
    ------
    StudyError
        Where a file cannot be read or is not TOML, or `extends` leads nowhere.
    """
    return inherited(read_toml(path), path, read_toml)


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
    raw = read_study(path)
    for setting in settings:
        assign(raw, setting)
    return resolve(raw, path.stem, str(path))


def resolve(raw: Mapping[str, Any], name: str, source_name: str) -> Study:
    """Validate a parsed study file; `source_name` opens every complaint."""
    source = Source(source_name)
    if "extends" in raw:
        raw = inherited(raw, Path(source_name), read_toml)
    if "model" not in raw:
        source.fail("model: is missing; name a model, see `mfsolve list`")
    try:
        experiment = load(str(raw["model"]), Path(source_name).parent)
    except GuestError:  # names its own file
        raise
    except ValueError as error:
        source.fail(f"model: {error}")
    if experiment.word != "arm" and experiment.word in EstimateSpec.model_fields:
        source.fail(f"model: calls its arms {experiment.word!r}, a key of every estimate; give it another `word`")
    sections = (*SECTIONS, experiment.section)
    for key in raw:
        if key not in sections:
            source.fail(f"{key}: unknown key{nearest(key, sections)}")
    ensemble = source.build(Ensemble, raw.get("ensemble", {}), "ensemble")
    points, sweep = swept(raw, experiment, ensemble, source)
    figures = _figures(raw, source)
    kind = raw.get("kind", Purpose.ENSEMBLE)
    if kind not in list(Purpose):
        source.fail(f"kind: {kind!r} given; allowed: {', '.join(Purpose)}")
    first = points[0]
    arms = {p.arm: p.identity[experiment.section] for p in reversed(points)}
    arms = {arm: arms[arm] for arm in dict.fromkeys(p.arm for p in points)}
    resolved: dict[str, Any] = {
        "title": str(raw.get("title", name)),
        "kind": str(kind),
        "model": experiment.name,
        **{section: first.identity[section] for section in CASE_SECTIONS},
        experiment.section: arms,
        **sweep.resolved(),
        "ensemble": ensemble.model_dump(mode="json"),
        "figures": [str(figure) for figure in figures],
    }
    study = Study(
        name, resolved["title"], experiment, ensemble, (), figures, sweep.axes, tuple(points), resolved, sweep=sweep
    )
    estimates = _estimates(raw, study, source)
    if kind == Purpose.CONVERGENCE and not any(e.estimand.along_axis for e in estimates):
        along = " or ".join(name for name, estimand in ESTIMANDS.items() if estimand.along_axis)
        source.fail(f"kind: 'convergence' needs an estimate along an axis: statistic = {along}")
    resolved["estimates"] = [e.model_dump(mode="json", exclude_none=True) for e in estimates]
    study = replace(study, estimates=estimates, resolved=drop_none(resolved))
    calibration = raw.get("calibration")
    if calibration is not None:
        resolved["calibration"] = calibration
    return replace(study, calibration=calibration, source=source_name, resolved=drop_none(resolved))


def drop_none(value: Any) -> Any:
    """Tables without the keys that hold nothing: TOML has no null."""
    if isinstance(value, Mapping):
        return {key: drop_none(item) for key, item in value.items() if item is not None}
    return [drop_none(item) for item in value] if isinstance(value, list | tuple) else value


def _figures(raw: Mapping[str, Any], source: Source) -> list[Figure]:
    given = raw.get("figures", [str(f) for f in Figure])
    if not isinstance(given, list):
        source.fail(f"figures: {given!r} given: a list is needed, of: {', '.join(Figure)}")
    for name in given:
        if name not in list(Figure):
            source.fail(f"figures: {name!r} given: unknown figure{nearest(str(name), list(Figure))}")
    return [Figure(name) for name in given]


def _estimates(raw: Mapping[str, Any], study: Study, source: Source) -> list[EstimateSpec]:
    given = raw.get("estimates", [])
    if not isinstance(given, list):
        source.fail("estimates: write [[estimates]] tables")
    result: list[EstimateSpec] = []
    for number, entry in enumerate(given, start=1):
        where = f"estimates[{number}]"
        if not isinstance(entry, Mapping):
            source.fail(f"{where}: a table is needed: write [[estimates]]")
        try:
            rows = list(spread(entry, study.experiment.word))
        except ValueError as error:
            source.fail(f"{where}.{error}")
        for values in rows:
            spec: EstimateSpec = source.build(
                EstimateSpec, _with_its_digits(_in_general_words(values, study.experiment)), where
            )
            try:
                spec.check(study)
            except GuestError:
                raise
            except ValueError as error:
                source.fail(f"{where}.{error}")
            result.append(spec)
    _check_precision(result, study.ensemble, source)
    return result


def _check_precision(estimates: Sequence[EstimateSpec], ensemble: Ensemble, source: Source) -> None:
    """Refuse half-widths of estimates that are not there, or that have no interval to stop by."""
    names = [spec.name for spec in estimates]
    for name in ensemble.half_width_of or ():
        if name not in names:
            source.fail(f"ensemble.half_width_of: {name!r} given: no such estimate{nearest(name, names)}")
    if ensemble.half_width_of and ensemble.half_width is None:
        source.fail("ensemble.half_width: is missing: half_width_of names estimates that are to be that precise")
    if ensemble.half_width is not None and not estimates:
        source.fail("ensemble.half_width: the study has no estimates that could be that precise")
    for spec in estimates:
        asked = ensemble.half_width is not None and (
            spec.name in ensemble.half_width_of if ensemble.half_width_of else spec.estimand.anytime
        )
        if (asked or spec.half_width is not None) and not spec.estimand.anytime:
            allowed = ", ".join(name for name, estimand in ESTIMANDS.items() if estimand.anytime)
            what = f"a {spec.statistic} has no interval to stop by"
            source.fail(f"estimates: {spec.name!r}: half_width: {what}; allowed: {allowed}")
    if (ensemble.half_width or any(spec.half_width for spec in estimates)) and (
        ensemble.most_replicates < ensemble.replicates
    ):
        source.fail(
            f"ensemble.most_replicates: {ensemble.most_replicates} given; at least replicates = {ensemble.replicates}"
        )


def _in_general_words(values: Any, experiment: Experiment) -> Any:
    """An estimate may name its arm by what its experiment calls one: `law` where the section is `laws`."""
    own = experiment.word
    return {"arm" if key == own else key: value for key, value in values.items()} if own in values else values


def _with_its_digits(values: Any) -> Any:
    """An estimate whose published figure has the rounding that its digits say, as a number or as text."""
    figure = values.get("published") if isinstance(values, Mapping) else None
    written = figure.text if isinstance(figure, WrittenFloat) else figure if isinstance(figure, str) else None
    if isinstance(figure, int) and not isinstance(figure, bool):
        written = str(figure)
    if written is None:
        return values
    try:
        rounding = half_unit(written)
    except ArithmeticError:
        return values
    return {"rounding": rounding, **values, "published": float(written)}
