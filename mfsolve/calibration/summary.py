"""Findings of a calibration as plain data: parameters, moments, J, identification and warnings."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from mfsolve.calibration.problem import Problem
from mfsolve.calibration.search import CalibrationResult
from mfsolve.calibration.section import Free, Scale, substituted
from mfsolve.calibration.targets import Weighting
from mfsolve.inference.estimate import student_quantile
from mfsolve.study.file.calibration_marks import marked
from mfsolve.study.file.points import SCHEMA

UNSETTLED = 0.25
"""Standard errors that a last step may still move a parameter by without a remark."""
SAME_PLACE = 0.05
"""Share of a range within which two local searches count as having ended at one place."""


def summarise(problem: Problem, result: CalibrationResult) -> dict[str, Any]:
    """The summary as JSON types; NaN and infinity become null."""
    study, calibration = problem.study, problem.calibration
    summary: dict[str, Any] = {
        "schema": SCHEMA,
        "title": study.title,
        "study": dict(study.resolved),
        "level": study.ensemble.level,
        "replicates": calibration.settings.replicates,
        "seed": calibration.seed,
        "weighting": str(calibration.settings.weighting),
        "parameters": _parameters(problem, result),
        "moments": _moments(problem, result),
        "j": {
            "statistic": result.fit.statistic,
            "degrees_of_freedom": result.fit.degrees_of_freedom,
            "p_value": result.fit.p_value,
        },
        "distance": result.distance,
        "correlation": _correlation(result),
        "identification": {
            "singular_values": result.fit.identification.singular_values,
            "rank": result.fit.identification.rank,
            "condition": result.fit.identification.condition,
            "weakest": {item.name: share for item, share in zip(calibration.free, result.fit.identification.weakest)},
        },
        "jacobian": result.jacobian,
        "search": {
            "evaluations": len(result.distances) + result.infeasible,
            "infeasible": result.infeasible,
            "spent": result.spent,
            "local": [
                {
                    "step": d.step,
                    "start": dict(zip((f.name for f in calibration.free), d.start)),
                    "end": dict(zip((f.name for f in calibration.free), d.end)),
                    "before": d.before,
                    "after": d.after,
                    "points": d.points,
                    "spent": d.spent,
                }
                for d in result.local_searches
            ],
        },
        "notes": list(_notes(problem, result)),
    }
    summary["notes"] += _notes_on_ranges(problem, result, summary["parameters"])
    plain: dict[str, Any] = _plain(summary)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parameters(problem: Problem, result: CalibrationResult) -> list[dict[str, Any]]:
    study, start = problem.study, problem.start()
    rows = []
    for j, item in enumerate(problem.calibration.free):
        value = item.plain(float(result.values[j]))
        replicates, logarithmic = problem.calibration.settings.replicates, item.scale is Scale.LOG
        whole = result.fit.estimate(j, value, study.ensemble.level, replicates, logarithmic)
        estimate = (
            whole if math.isnan(whole.low) else replace(whole, low=_cut(item, whole.low), high=_cut(item, whole.high))
        )
        rows.append(
            {
                "name": item.name,
                "range": [item.plain(item.low), item.plain(item.high)],
                "scale": str(item.scale),
                "start": None if start is None else item.plain(float(start[j])),
                "first_step": item.plain(float(result.first_step[j])),
                "allowed": list(item.allowed),
                "estimate": estimate.to_dict(),
                "cut": estimate is not whole and (estimate.low, estimate.high) != (whole.low, whole.high),
                "at_bound": not bool(result.interior[j]),
                "difference_step": result.steps[j],
            }
        )
    return rows


def _cut(item: Free, end: float) -> float:
    """End of an interval, or of what the parameter may be where that comes first."""
    return min(max(end, item.allowed[0]), item.allowed[1])


def _moments(problem: Problem, result: CalibrationResult) -> list[dict[str, Any]]:
    targets, fit, at = problem.targets(), result.fit, result.simulated
    quantile = student_quantile(problem.study.ensemble.level, targets.freedom(at.covariance))
    rows = []
    for j, moment in enumerate(problem.calibration.moments):
        gap = targets.value[j] - at.moments[j]
        half = quantile * fit.error[j]
        rows.append(
            {
                "name": moment.name,
                "target": targets.value[j],
                "standard_error": targets.standard_error[j],
                "rounding": targets.rounding[j],
                "weight": targets.weight[j],
                "simulated": at.moments[j],
                "simulation_error": math.sqrt(at.covariance[j, j] / targets.replicates),
                "error": fit.error[j],
                "low": at.moments[j] - half,
                "high": at.moments[j] + half,
                "deviation": gap / fit.error[j],
                "t": fit.t[j],
                "j_without": {"statistic": result.without[j, 0], "p_value": result.without[j, 1]},
                "hit": bool(abs(gap) <= half),
                "fitted": bool(targets.weight[j] > 0.0),
                "percent": moment.percent,
            }
        )
    return rows


def _correlation(result: CalibrationResult) -> Any:
    error = result.fit.standard_error
    with np.errstate(invalid="ignore", divide="ignore"):
        return result.fit.covariance / np.outer(error, error)


def _notes(problem: Problem, result: CalibrationResult) -> Iterator[str]:
    """Warnings that a reader needs before believing the table."""
    free, fit, level = problem.calibration.free, result.fit, problem.study.ensemble.level
    many = len(free) > int(problem.targets().fitted.sum())
    if many:
        yield (
            f"{len(free)} parameters are free and {int(problem.targets().fitted.sum())} moments fitted: the values are "
            "one of many that meet them as well, and no parameter has a standard error"
        )
    for item, inside, value, error in zip(free, result.interior, result.values, fit.standard_error):
        if not inside:
            yield (
                f"{item.name} is at a bound of its range ({value:g}): no standard error; standard errors of the others "
                "take it as given, their intervals do not"
            )
        elif math.isnan(error) and not many:
            yield f"{item.name} is not identified: the moments do not depend on it, or another parameter offsets it"
        elif error > (item.high - item.low) / 2:
            yield f"{item.name} is hardly identified: its standard error is more than half of its range"
    identification = fit.identification
    if identification.rank < len(free) and not many:
        weakest = " ".join(f"{share:+.2f} {item.name}" for item, share in zip(free, identification.weakest))
        yield (
            f"the moments identify {identification.rank} of {len(free)} directions by more than a standard error; "
            f"weakest, in units of range: {weakest}"
        )
    if fit.degrees_of_freedom > 0 and fit.p_value < 1.0 - level:
        remedy = "; weighting = 'diagonal' keeps each moment closer to its own target"
        efficient = problem.calibration.settings.weighting is Weighting.EFFICIENT
        yield (
            f"J rejects that all moments can be met jointly (p = {fit.p_value:.2g})"
            f"{_alone(_moments(problem, result))}. The standard errors hold for a model that can meet them"
            f"{remedy if efficient else ''}"
        )
    for moment, silent in zip(problem.calibration.moments, result.silent):
        if silent:
            yield (
                f"{moment.name} varies in none of {problem.targets().replicates} replicates at the estimate: its error "
                "is what they cannot exclude, three times the smallest variance at other points"
            )
    if result.weighting.shrinkage > 0.0:
        yield (
            "the covariance of the moments is singular: for the weights it was shrunk towards its diagonal "
            f"(share {result.weighting.shrinkage:.1g}), and J is conservative"
        )
    moved = {item.name: step for item, step in zip(free, fit.step) if abs(step) > UNSETTLED}
    for name, step in moved.items():
        yield (
            f"a further step would move {name} by {step:+.2g} standard errors and bring the moments no nearer: "
            "the moments respond too coarsely, or the search has not converged"
        )
    if result.spent:
        cut = sum(d.spent for d in result.local_searches)
        yield f"the budget of evaluations ended {cut} of {len(result.local_searches)} local searches early"
    box = problem.box()
    best, *others = sorted((d for d in result.local_searches if d.step == 1), key=lambda d: d.after)
    apart = [d for d in others if not d.spent and np.abs(box.unit(d.end) - box.unit(best.end)).max() > SAME_PLACE]
    if apart:
        distances = " and ".join(f"{d.after:.3g}" for d in apart)
        yield (
            f"{len(apart)} of {len(others) + 1} local searches of the first step did not end at the best point (at "
            f"distance {distances} against {best.after:.3g}): see the profile for other minima"
        )
    if result.infeasible:
        yield f"the model could not be simulated at {result.infeasible} of the points; see evaluations.jsonl"


def _alone(rows: list[dict[str, Any]]) -> str:
    """Words that a J that rejects adds where every fitted moment is hit."""
    hit = all(row["hit"] for row in rows if row["fitted"])
    return ", even where each is hit alone: their errors are correlated" if hit else ""


def _notes_on_ranges(problem: Problem, result: CalibrationResult, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Notes on intervals that are cut, and on estimates within a standard error of where the search had to end."""
    each = zip(problem.calibration.free, result.values, result.fit.standard_error, result.interior, rows)
    for item, value, error, inside, row in each:
        if row["cut"]:
            low, high = item.allowed
            yield f"the interval of {item.name} reached beyond its own range, [{low:g}, {high:g}], and is cut there"
        end = item.low if value - item.low < item.high - value else item.high
        if inside and abs(value - end) < error:
            remedy = "" if end in item.allowed else "; a wider range may contain a better value"
            yield (
                f"{item.name} ({value:.4g}) is within a standard error of {end:g}, where its search range ends: the "
                f"interval assumes that there is no end, and is not valid{remedy}"
            )


def calibrated_study(problem: Problem, result: CalibrationResult) -> dict[str, Any]:
    """The study file with the estimates put in, and their errors where the experiment carries them."""
    assigned: dict[tuple[str, ...], float | int] = dict(problem.assignment(result.values))
    carried = problem.study.experiment.errors
    if carried is not None:
        names = [item.path[-1] if item.path[0] == "parameters" else item.name for item in problem.calibration.free]
        values = dict(zip(names, map(float, result.values)))
        pairs = {(a, b): float(result.fit.covariance[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)}
        assigned |= {("parameters", name): value for name, value in carried.of(values, pairs).items()}
    raw = substituted(marked(problem.study.resolved), assigned)
    fitted = {moment.name for moment in problem.calibration.moments if moment.weight > 0.0}
    for entry in raw["estimates"]:
        if entry["name"] in fitted:
            entry["calibrated"] = True
    raw["title"] = f"{problem.study.title} (calibrated)"
    return raw
