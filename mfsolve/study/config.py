"""TOML -> validated Study. Every complaint is one line: file, key, value, what would be right."""

import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.experiments._guarded import GuestError
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.arguments import nearest
from mfsolve.study.estimands import ESTIMANDS
from mfsolve.study.points import CASE_SECTIONS, SCHEMA, Point, Source, StudyError, nested, read_points
from mfsolve.study.settings import Ensemble, EstimateSpec, Figure, Purpose, half_unit

__all__ = ["SCHEMA", "Point", "Study", "StudyError", "assign", "load_study", "nearest", "read_toml", "resolve"]

SECTIONS = (
    "title", "kind", "model", "parameters", "population", "record", "grid", "ensemble", "estimates", "figures",
    "calibration",
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

    @property
    def arms(self) -> list[str]:
        """Labels of the arms in the order of the file."""
        return list(dict.fromkeys(point.arm for point in self.points))

    def find(self, arm: str, coordinates: Mapping[str, Any]) -> Point:
        """The point of an arm at a place of the grid."""
        return next(p for p in self.points if p.arm == arm and p.coordinates == coordinates)

    def places(self) -> Iterator[dict[str, Any]]:
        """Every place of the grid; a single empty one where there is no grid."""
        for values in itertools.product(*self.axes.values()):
            yield dict(zip(self.axes, values))


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


def resolve(raw: Mapping[str, Any], name: str, source_name: str) -> Study:
    """Validate a parsed study file; `source_name` opens every complaint."""
    source = Source(source_name)
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
    points = read_points(raw, experiment, ensemble, source)
    axes = {axis: list(dict.fromkeys(p.coordinates[axis] for p in points)) for axis in points[0].coordinates}
    figures = _figures(raw, source)
    kind = raw.get("kind", Purpose.ENSEMBLE)
    if kind not in list(Purpose):
        source.fail(f"kind: {kind!r} given; allowed: {', '.join(Purpose)}")
    first = points[0]
    arms = {p.arm: p.identity[experiment.section] for p in points if p.coordinates == first.coordinates}
    resolved: dict[str, Any] = {
        "title": str(raw.get("title", name)),
        "kind": str(kind),
        "model": experiment.name,
        **{section: first.identity[section] for section in CASE_SECTIONS},
        experiment.section: arms,
        "grid": nested(axes),
        "ensemble": ensemble.model_dump(mode="json"),
        "figures": [str(figure) for figure in figures],
    }
    study = Study(name, resolved["title"], experiment, ensemble, (), figures, axes, tuple(points), resolved)
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
    for number, values in enumerate(given, start=1):
        where = f"estimates[{number}]"
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
    return result


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
