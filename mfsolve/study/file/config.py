"""TOML -> validated Study. Every complaint is one line: file, key, value, what would be right."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mfsolve.experiments import load
from mfsolve.experiments._user_checks import GuestError
from mfsolve.experiments.experiment import SECTIONS, Experiment
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import InputError
from mfsolve.spelling import in_words
from mfsolve.study.file.calibration_marks import marked
from mfsolve.study.file.entries import read_estimates
from mfsolve.study.file.inherit import inherited
from mfsolve.study.file.points import CASE_SECTIONS, WORDS, Point, swept
from mfsolve.study.file.settings import Ensemble, Figure, Purpose
from mfsolve.study.file.source import Source, StudyError
from mfsolve.study.file.sweep import DesignSettings, Sweep
from mfsolve.study.file.toml_text import assign, read_toml
from mfsolve.study.statistics.estimands import ESTIMANDS
from mfsolve.study.statistics.estimate_spec import EstimateSpec


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

    def words(self, arm: str) -> str:
        """Words by which figures and tables call an arm: those that the study file gives it, or its name's."""
        return self._words.get(arm) or in_words(arm)

    @cached_property
    def _words(self) -> dict[str, str]:
        return {point.arm: point.words for point in self.points}

    def find(self, arm: str, coordinates: Mapping[str, Any]) -> Point:
        """The point of an arm at a place of the grid; axes that the arm does not depend on make no difference."""
        return self._found[arm, place_mark(self.sweep.of(arm, coordinates))]

    @cached_property
    def _found(self) -> dict[tuple[str, frozenset[tuple[str, str]]], Point]:
        return {(point.arm, place_mark(point.coordinates)): point for point in self.points}

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
            if place_mark(place) not in seen:
                seen.add(place_mark(place))
                yield place


def place_mark(place: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """A place as a key; values may be lists."""
    return frozenset((axis, repr(value)) for axis, value in place.items())


def read_study(path: Path) -> dict[str, Any]:
    """Parse a study file, with what it takes from the study that it extends.

    Raises
    ------
    StudyError
        Where a file cannot be read or is not TOML, or `extends` leads nowhere.
    """
    return inherited(read_toml(path), path, read_toml)


Check = Callable[[Study], object]
"""Refuses a study by an InputError; what it returns does not matter."""


class Setting(str):
    """One `KEY=VALUE` of the command line; `option` is how the user has written it, where that was not `--set`."""

    def __new__(cls, text: str, option: str) -> "Setting":
        """Keep the option beside the text."""
        setting = super().__new__(cls, text)
        setting.option = option
        return setting

    option: str


def load_study(path: Path, settings: Sequence[str] = (), checks: Sequence[Check] = ()) -> Study:
    """Read, override and validate a study file.

    `checks` are what else a command asks of a study: what they refuse is blamed as what is refused here.

    Raises
    ------
    StudyError
        For anything that is wrong with it, on one line, which opens with the setting where one is to blame.
    """
    try:
        return _overridden(path, settings, checks)
    except InputError as error:
        guilty = _guilty(path, settings, checks)
        if not guilty or str(error).startswith("--set"):
            raise
        raise StudyError(f"{guilty}: {str(error).removeprefix(f'{path}: ')}") from None


def _overridden(path: Path, settings: Sequence[str], checks: Sequence[Check]) -> Study:
    raw = read_study(path)
    if settings:
        raw = marked(raw)
    for setting in settings:
        assign(raw, setting)
    study = resolve(raw, path.stem, str(path))
    for check in checks:
        check(study)
    return study


def _guilty(path: Path, settings: Sequence[str], checks: Sequence[Check]) -> str:
    """The settings that are to blame for a refusal: the only one without which there is none, or all; none at all
    where the file itself is refused."""
    without = [[other for other in settings if other is not setting] for setting in settings]
    if not settings or not _stands(path, [], checks):
        return ""
    alone = [setting for setting, others in zip(settings, without) if _stands(path, others, checks)]
    return " ".join(getattr(s, "option", f"--set {s}") for s in (alone if len(alone) == 1 else settings))


def _stands(path: Path, settings: Sequence[str], checks: Sequence[Check]) -> bool:
    try:
        _overridden(path, settings, checks)
    except InputError:
        return False
    return True


def resolve(raw: Mapping[str, Any], name: str, source_name: str) -> Study:
    """Validate a parsed study file; `source_name` opens every complaint."""
    source = Source(source_name)
    if "extends" in raw:
        raw = inherited(raw, Path(source_name), read_toml)
    if "model" not in raw:
        source.fail("model: is missing; name an experiment, see `mfsolve list`")
    try:
        experiment = load(str(raw["model"]), Path(source_name).parent)
    except GuestError:  # names its own file
        raise
    except ValueError as error:
        source.fail(f"model: {error}")
    if experiment.word != "arm" and experiment.word in EstimateSpec.model_fields:
        source.fail(f"model: calls its arms {experiment.word!r}, a key of every estimate; choose another `word`")
    sections = (*SECTIONS, experiment.section)
    for key in raw:
        if key not in sections:
            meant = _home(key, raw, experiment)
            source.fail(f"{key}: unknown key{f'; did you mean {meant}?' if meant else nearest(key, sections)}")
    ensemble = source.build(Ensemble, raw.get("ensemble", {}), "ensemble")
    points, sweep = swept(raw, experiment, ensemble, source)
    figures = _figures(raw, source)
    kind = raw.get("kind", Purpose.ENSEMBLE)
    if kind not in list(Purpose):
        source.fail(f"kind: {kind!r} given; allowed: {', '.join(Purpose)}")
    first = points[0]
    arms = {
        p.arm: {**p.identity[experiment.section], **({WORDS: p.words} if p.words else {})} for p in reversed(points)
    }
    arms = {arm: arms[arm] for arm in dict.fromkeys(p.arm for p in points)}
    title = raw.get("title", name)
    if not isinstance(title, str) or not title.isprintable():
        source.fail(f"title: {title!r} given: a text on one line is needed")
    resolved: dict[str, Any] = {
        "title": title,
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
    estimates = read_estimates(raw, study, ensemble, source)
    if kind == Purpose.CONVERGENCE and not any(e.estimand.along_axis for e in estimates):
        along = " or ".join(name for name, estimand in ESTIMANDS.items() if estimand.along_axis)
        source.fail(f"kind: 'convergence' needs an estimate along an axis: statistic = {along}")
    resolved["estimates"] = [e.model_dump(mode="json", exclude_none=True) for e in estimates]
    calibration = raw.get("calibration")
    if calibration is not None:
        resolved["calibration"] = calibration
    return replace(
        study, estimates=estimates, calibration=calibration, source=source_name, resolved=drop_none(resolved)
    )


def _home(key: str, raw: Mapping[str, Any], experiment: Experiment) -> str | None:
    """The section in which a key of the top level belongs, with the key; None where no section has it."""
    for section in CASE_SECTIONS:
        if key in getattr(experiment, section).model_fields:
            return f"{section}.{key}"
    if key in Ensemble.model_fields:
        return f"ensemble.{key}"
    given = raw.get(experiment.section)
    tables = given if isinstance(given, Mapping) else {}
    labels = {label: table.get("rule", label) for label, table in tables.items() if isinstance(table, Mapping)}
    for label, rule in [*labels.items(), *((rule, rule) for rule in experiment.arms)]:
        if rule in list(experiment.arms) and key in experiment.arms[rule].settings.model_fields:
            return f"{experiment.section}.{label}.{key}"
    if key in DesignSettings.model_fields or key == "over":
        return f"design.{key}"
    return f"[[estimates]] with {key}" if key in EstimateSpec.model_fields else None


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
