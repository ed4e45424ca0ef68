"""The mark `calibrated`: a figure that a study was fitted to, and the settings that it was fitted with.

The mark of a figure speaks of the parameters and of the arm beside which a study file writes it. A study that changes
them, by `extends`, `--set`, a grid or from Python, has not been fitted to the figure: the mark goes along as the
settings it speaks of, and holds at the points that have these.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mfsolve.experiments.experiment import SECTIONS, Experiment
from mfsolve.study.file.points import Point, own_keys
from mfsolve.study.file.source import Source, StudyError

PARAMETERS = "parameters"
NAMED = 3
"""Settings that a note names."""


def marked(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A parsed study file whose marks name the settings that they speak of."""
    estimates = raw.get("estimates")
    if not isinstance(estimates, list):
        return dict(raw)
    held = {key: table for key, table in raw.items() if key == PARAMETERS or key not in SECTIONS}
    settings = copy.deepcopy({key: table for key, table in held.items() if isinstance(table, Mapping)})
    return {
        **raw,
        "estimates": [
            {**entry, "calibrated": settings}
            if isinstance(entry, Mapping) and entry.get("calibrated") is True
            else entry
            for entry in estimates
        ],
    }


def resolved_mark(
    spec: Any, raw: Mapping[str, Any], experiment: Experiment, points: Sequence[Point], source: Source
) -> Any:
    """The mark of an estimate as a resolved study has it: true where it holds at all its points, else its settings."""
    if spec.calibrated is False:
        return False
    given = raw if spec.calibrated is True else spec.calibrated
    arms = {point.arm: point for point in points if point.arm in (spec.arm or points[0].arm, spec.baseline)}
    found: dict[str, Any] = {PARAMETERS: _plain(experiment.parameters, given.get(PARAMETERS, {}), PARAMETERS, source)}
    found[experiment.section] = {
        arm: {"rule": point.case.rule, **_plain(experiment.arm(point.case).settings, table, arm, source)}
        for arm, point in arms.items()
        if (table := _of_arm(given, experiment, arm, point.case.rule)) is not None
    }
    return found if any(differing_settings(found, point, experiment) for point in points if point.arm in arms) else True


def differing_settings(mark: Any, point: Point, experiment: Experiment) -> str:
    """Names of the settings by which a point differs from those that a mark speaks of; empty where it holds."""
    if isinstance(mark, bool):
        return ""
    names = list(dict.fromkeys(_differing_settings(mark, point, experiment)))
    return ", ".join([*names[:NAMED], *(["..."] if len(names) > NAMED else [])])


def _of_arm(given: Mapping[str, Any], experiment: Experiment, arm: str, rule: str) -> dict[str, Any] | None:
    """Settings of an arm of the same rule; None where there was none of that label."""
    tables = given.get(experiment.section, {next(iter(experiment.arms)): {}})
    table = tables.get(arm) if isinstance(tables, Mapping) else None
    if not isinstance(table, Mapping) or str(table.get("rule", arm)) != rule:
        return None
    return {key: value for key, value in table.items() if key not in own_keys(experiment, rule)}


def _plain(kind: Any, values: Any, section: str, source: Source) -> dict[str, Any]:
    """Settings with all their defaults, as plain data; as they are where a grid gives what they lack."""
    try:
        return dict(source.build(kind, values, section).model_dump(mode="json"))
    except StudyError:
        return dict(values) if isinstance(values, Mapping) else {}


def _differing_settings(mark: Mapping[str, Any], point: Point, experiment: Experiment) -> Iterator[str]:
    yield from _differing(mark.get(PARAMETERS, {}), point.identity[PARAMETERS])
    arm = mark.get(experiment.section, {}).get(point.arm)
    yield from [point.arm] if arm is None else _differing(arm, point.identity[experiment.section])


def _differing(known: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Keys whose values differ; a study file cannot write what is none."""
    for key in {**known, **found}:
        if known.get(key) != found.get(key):
            yield key
