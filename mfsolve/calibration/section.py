"""The section [calibration] of a study: free parameters with their ranges, and the moments they are to meet."""

import copy
import enum
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo

from mfsolve.calibration.targets import Weighting
from mfsolve.experiments.experiment import accepted
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import Frozen
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import CASE_SECTIONS, Point, swept
from mfsolve.study.file.source import Source, StudyError, digest
from mfsolve.study.statistics.estimate_spec import EstimateSpec, half_unit


class Scale(enum.StrEnum):
    """Scale on which the range of a free parameter is searched."""

    LINEAR = "linear"
    LOG = "log"


class Settings(Frozen):
    """Settings of a calibration, beside its free parameters."""

    replicates: int = Field(64, ge=2, le=2**32 - 1, description="replicates per evaluation")
    evaluations: int = Field(400, ge=8, description="budget of the search: most parameter points to simulate")
    design: int = Field(64, ge=2, description="number of these points in the global design")
    starts: int = Field(3, ge=1, description="best points of the design from which local searches start")
    weighting: Weighting = Field(
        Weighting.EFFICIENT, description="weights of the second step: the inverse covariance, or only its diagonal"
    )
    underidentified: bool = Field(
        False, description="allow more free parameters than moments; finds one of the many points that meet them"
    )
    seed: int | None = Field(
        None, ge=0, le=2**63 - 1, description="seed of every evaluation; default: derived from the ensemble's"
    )
    moments: tuple[str, ...] | None = Field(
        None, min_length=1, description="names of estimates with a published figure; default: all of them"
    )


class Range(Frozen):
    """A free parameter in its long form."""

    range: tuple[float, float] = Field(description="lowest and highest value")
    scale: Scale = Field(Scale.LINEAR, description="linear or log")


@dataclass(frozen=True)
class Free:
    """A parameter to be estimated: `path` leads to it in the study file, `allowed` are the ends of its own range."""

    path: tuple[str, ...]
    low: float
    high: float
    scale: Scale
    whole: bool
    allowed: tuple[float, float] = (-math.inf, math.inf)

    @property
    def name(self) -> str:
        """The path as `section.key`."""
        return ".".join(self.path)

    def plain(self, value: float) -> float | int:
        """A value as the study file has it."""
        return round(value) if self.whole else float(value)


@dataclass(frozen=True)
class Calibration:
    """A validated section [calibration]."""

    settings: Settings
    free: Sequence[Free]
    moments: Sequence[EstimateSpec]
    seed: int

    def resolved(self) -> dict[str, Any]:
        """The section with every default written out."""
        tables: dict[str, Any] = {}
        for item in self.free:
            table = tables
            for section in item.path[:-1]:
                table = table.setdefault(section, {})
            table[item.path[-1]] = {"range": [item.plain(item.low), item.plain(item.high)], "scale": str(item.scale)}
        settings = self.settings.model_dump(mode="json", exclude_none=True)
        return {**settings, "moments": [m.name for m in self.moments], "free": tables}


def check(study: Study) -> None:
    """Refuse a section [calibration] that `calibrate` would refuse; a grid beside it is no hindrance to a run."""
    if not study.axes:
        calibration_of(study)


def calibration_of(study: Study) -> Calibration | None:
    """The section [calibration] of a study; None where it has none.

    Raises
    ------
    StudyError
        For the first thing that is wrong with it.
    """
    given, source = study.calibration, Source(study.source)
    if given is None:
        return None
    if not isinstance(given, Mapping):
        source.fail("calibration: a table is needed, see `mfsolve new`")
    if study.axes:
        source.fail("calibration: a study with a [grid] cannot be calibrated: moments belong to one point")
    settings: Settings = source.build(Settings, {k: v for k, v in given.items() if k != "free"}, "calibration")
    if settings.evaluations <= settings.design:
        source.fail(
            f"calibration.evaluations: {settings.evaluations} given; more than design = {settings.design} needed"
        )
    free = list(_read_free(given.get("free", {}), study, source))
    if not free:
        source.fail("calibration.free: is missing; name parameters with ranges: parameters.NAME = [low, high]")
    moments = _read_moments(settings, study, source)
    fitted = sum(m.weight > 0.0 for m in moments)
    if fitted < len(free) and not settings.underidentified:
        source.fail(
            f"calibration.free: {len(free)} free parameters need as many moments; the study has {fitted} (with "
            "underidentified = true one of many points that meet them is sought)"
        )
    needed = fitted + 3  # for an inverse covariance, and its effect on standard errors, to exist
    estimated = settings.weighting is Weighting.EFFICIENT and any(m.standard_error is None for m in moments)
    if estimated and settings.replicates < needed:
        source.fail(
            f"calibration.replicates: {settings.replicates} given; the covariance of {fitted} moments needs at least "
            f"{needed}, or weighting = 'diagonal'"
        )
    seed = settings.seed
    seed = int(digest([study.ensemble.seed, "calibration"])[:15], 16) if seed is None else seed
    calibration = Calibration(settings, free, moments, seed)
    for item in free:
        _check_ends(study, calibration, item, Source(f"{source.name}: calibration.free"))
    return calibration


def _check_ends(study: Study, calibration: Calibration, item: Free, source: Source) -> None:
    """Refuse a range that reaches beyond its parameter's, or with neither end of which the model can be run.

    At one of them it need not run while the others have the study's values: the search passes such points over.
    """
    arms = {name: replace(arm, check=accepted) for name, arm in study.experiment.arms.items()}
    unchecked = replace(study, experiment=replace(study.experiment, arms=arms))
    ends = [{item.path: item.plain(end)} for end in (item.low, item.high)]
    for end in ends:
        points_at(unchecked, calibration, end, source)
    try:
        points_at(study, calibration, ends[0], source)
    except StudyError:
        points_at(study, calibration, ends[1], source)


def _read_free(given: Any, study: Study, source: Source) -> Iterator[Free]:
    if not isinstance(given, Mapping):
        source.fail("calibration.free: a table is needed: parameters.NAME = [low, high]")
    experiment = study.experiment
    section_of_arms = study.resolved[experiment.section]
    rules = {label: experiment.arms[table["rule"]].settings for label, table in section_of_arms.items()}
    sections = ("parameters", "population", experiment.section)
    for section, table in given.items():
        if section not in sections or not isinstance(table, Mapping):
            source.fail(f"calibration.free.{section}: unknown key{nearest(section, sections)}")
        if section != experiment.section:
            yield from (
                _read_range((section, key), getattr(experiment, section), v, source) for key, v in table.items()
            )
            continue
        for label, settings in table.items():
            if label not in rules or not isinstance(settings, Mapping):
                source.fail(f"calibration.free.{section}.{label}: unknown key{nearest(label, list(rules))}")
            for key, value in settings.items():
                yield _read_range((section, label, key), rules[label], value, source)


def _read_range(path: tuple[str, ...], kind: type[Frozen], value: Any, source: Source) -> Free:
    where, key = f"calibration.free.{'.'.join(path)}", path[-1]
    if key not in kind.model_fields:
        source.fail(f"{where}: unknown key{nearest(key, list(kind.model_fields))}")
    whole = _whole(kind.model_fields[key].annotation)
    if whole is None:
        source.fail(f"{where}: only numbers can be free")
    given = value if isinstance(value, Mapping) else {"range": value}
    if not _is_pair(given.get("range")):
        source.fail(f"{where}: {given.get('range')!r} given: a range is needed: [low, high]")
    parsed: Range = source.build(Range, given, where)
    low, high = parsed.range
    if not low < high:
        source.fail(f"{where}: [{low:g}, {high:g}] given: low must be below high")
    if parsed.scale is Scale.LOG and low <= 0.0:
        source.fail(f"{where}: [{low:g}, {high:g}] given: a range on a log scale must be positive")
    if whole and (low != int(low) or high != int(high)):
        source.fail(f"{where}: [{low:g}, {high:g}] given: whole numbers are needed")
    return Free(path, low, high, parsed.scale, whole, _allowed(kind.model_fields[key]))


def _allowed(field: FieldInfo) -> tuple[float, float]:
    """Ends of the values that a setting may have, infinite where it has none."""
    low, high = -math.inf, math.inf
    for limit in field.metadata:
        low = max(low, *(getattr(limit, name, -math.inf) for name in ("ge", "gt")))
        high = min(high, *(getattr(limit, name, math.inf) for name in ("le", "lt")))
    return float(low), float(high)


def _whole(annotation: Any) -> bool | None:
    """True where a setting of this type is a whole number, False for a real one, None where it is no number."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kinds = {get_args(part)[0] if get_origin(part) is Annotated else part for part in parts}
    return None if not kinds & {int, float} else float not in kinds


def _is_pair(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)


def _read_moments(settings: Settings, study: Study, source: Source) -> list[EstimateSpec]:
    by_name = {spec.name: spec for spec in study.estimates}
    if settings.moments is None:
        chosen = [spec for spec in study.estimates if spec.published is not None and spec.estimand.is_moment]
        if not chosen:
            source.fail("calibration: no estimate has a published figure to be met")
    else:
        for name in settings.moments:
            if name not in by_name:
                source.fail(f"calibration.moments: {name!r} given: no such estimate{nearest(name, list(by_name))}")
        chosen = [by_name[name] for name in dict.fromkeys(settings.moments)]
    for spec in chosen:
        if sum(other.name == spec.name for other in study.estimates) > 1:
            source.fail(f"calibration.moments: {spec.name!r}: several estimates have this name")
        if spec.published is None:
            source.fail(f"calibration.moments: {spec.name!r} has no published figure to be met")
        if not spec.estimand.is_moment:
            source.fail(f"calibration.moments: {spec.name!r}: a {spec.statistic} is not a moment of one point")
    return chosen


def rounding(spec: EstimateSpec) -> float:
    """Half a unit of the last digit of a published figure."""
    return spec.rounding if spec.rounding is not None else half_unit(repr(spec.published or 0.0))


def substituted(resolved: Mapping[str, Any], values: Mapping[tuple[str, ...], float | int]) -> dict[str, Any]:
    """A resolved study file with other values at some paths."""
    raw = copy.deepcopy(dict(resolved))
    for path, value in values.items():
        table = raw
        for section in path[:-1]:
            table = table[section]
        table[path[-1]] = value
    return raw


def points_at(
    study: Study, calibration: Calibration, values: Mapping[tuple[str, ...], float | int], source: Source
) -> dict[str, Point]:
    """The points that the moments concern, by arm, at other values of the free parameters.

    Raises
    ------
    StudyError
        Where the model does not allow them.
    """
    raw = substituted({key: study.resolved[key] for key in (*CASE_SECTIONS, study.experiment.section)}, values)
    concerned = {arm for m in calibration.moments for arm in (m.arm or study.arms[0], m.baseline)}
    raw[study.experiment.section] = {k: table for k, table in raw[study.experiment.section].items() if k in concerned}
    ensemble = study.ensemble.model_copy(update={"seed": calibration.seed})
    return {point.arm: point for point in swept(raw, study.experiment, ensemble, source)[0]}
