"""Distance of two runs' estimates of the same in standard errors: of pairs where the runs share random numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mfsolve.report.rows import places_of
from mfsolve.report.sample import Stored
from mfsolve.study.storage.store import RunDirectory

PAIRS, INDEPENDENT = "pairs of replicates", "independent runs"
UNPAIRED = "replicates share their random numbers, and {} has no error of pairs"
NO_REPLICATES = "the runs have one seed, and replicates to pair are in run directories only"
SAME = "all pairs differ by the same"
SOME = "the runs share random numbers only at some of the points"
NO_ERROR = "without a standard error"


class Side(NamedTuple):
    """One of two runs: an estimate's row of the report, the study, and its replicates where they are at hand."""

    row: Mapping[str, Any]
    study: Mapping[str, Any]
    sample: Stored | None


class Distance(NamedTuple):
    """Difference over its standard error, or None; and what the error is of, or why there is none."""

    standard_errors: float | None
    of: str


def samples(run: RunDirectory) -> list[Stored]:
    """Samples behind the rows of a run's report, in their order."""
    return [Stored(run, spec, place) for spec in run.study.estimates for place in places_of(run, spec)]


def distance(first: Side, second: Side) -> Distance:
    """Return the distance of the second estimate from the first."""
    a, b = first.row["estimate"], second.row["estimate"]
    known = all(end[of] is not None for end in (a, b) for of in ("value", "standard_error"))
    if not known:
        return Distance(None, NO_ERROR)
    error, of = _error(first, second)
    if error is None:
        return Distance(None, of)
    if error == 0.0:
        return Distance(None, SAME if of == PAIRS else NO_ERROR)
    return Distance((b["value"] - a["value"]) / error, of)


def _error(first: Side, second: Side) -> tuple[float | None, str]:
    """Standard error of the difference and what it is of; None, and the reason, where it is not known."""
    independent = math.hypot(*(side.row["estimate"]["standard_error"] for side in (first, second)))
    if any(side.row.get("deterministic") for side in (first, second)):
        return independent, INDEPENDENT
    if first.sample is None or second.sample is None:
        apart = _seed(first.study) != _seed(second.study)
        return (independent, INDEPENDENT) if apart else (None, NO_REPLICATES)
    shared = _shared(first.sample, second.sample)
    if not any(shared):
        return independent, INDEPENDENT
    if not all(shared):
        return None, SOME
    return _error_of_pairs(first.sample, second.sample)


def _seed(study: Mapping[str, Any]) -> Any:
    return study.get("ensemble", {}).get("seed")


def _shared(first: Stored, second: Stored) -> list[bool]:
    """Of the points behind both estimates, whether they see the same random numbers."""
    seeds = [[point.seed for point, _ in sample.concerned()] for sample in (first, second)]
    if len(seeds[0]) != len(seeds[1]):
        common = set(seeds[0]) & set(seeds[1])
        return [seed in common for seed in seeds[0]]
    return [a == b for a, b in zip(*seeds)]


def _error_of_pairs(first: Stored, second: Stored) -> tuple[float | None, str]:
    """Standard error of the difference of two statistics by their replicates' influences; both have some in common."""
    parts: list[np.ndarray] = []
    for sample in (first, second):
        estimand = sample.spec.estimand
        if not estimand.is_moment:
            return None, UNPAIRED.format(f"a statistic such as {sample.spec.statistic}")
        parts.append(estimand.moment(sample.spec, sample).influence)
    common = min(part.size for part in parts)
    if common < 2:
        return None, NO_ERROR
    if parts[0].size == parts[1].size:
        return float((parts[1] - parts[0]).std(ddof=1)) / math.sqrt(common), PAIRS
    of_means = sum(float(part.var(ddof=1)) / part.size for part in parts)
    between = float(np.cov(parts[0][:common], parts[1][:common])[0, 1]) / max(part.size for part in parts)
    return math.sqrt(max(0.0, of_means - 2.0 * between)), PAIRS


def remarks(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line on what the distances are of, and one for each reason why there is none."""
    named: dict[str, list[str]] = {}
    for each in found:
        if "standard_errors_of" in each:
            named.setdefault(each["standard_errors_of"], []).append(each["name"])
    kinds = [f"of {of}" for of in (PAIRS, INDEPENDENT) if of in named]
    lines = [f"standard errors apart: {' and '.join(kinds)}"] if kinds else []
    return lines + [
        f"no difference of {', '.join(names) if len(names) <= 3 else f'{len(names)} estimates'}: {reason}"
        for reason, names in named.items()
        if reason not in (PAIRS, INDEPENDENT)
    ]
