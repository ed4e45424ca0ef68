"""Rounds of replicates until the estimates that a study names are as precise as it asks."""

import math
from collections.abc import Callable

from mfsolve.commands.messages import say, warn
from mfsolve.report.rows import estimated, places_of
from mfsolve.report.sample import Stored
from mfsolve.study.file.precision import following, targets, with_replicates
from mfsolve.study.storage.store import RunDirectory


def complete(directory: RunDirectory, compute: Callable[[RunDirectory], int]) -> int:
    """Compute and consolidate round after round; 0, or the exit code of what went wrong.

    `compute` carries out what is missing of the study as it then stands, and consolidates it. The study of the
    directory, and the one that is frozen there, end with the number of replicates that it took.
    """
    most = directory.study.ensemble.most_replicates
    while True:
        code = compute(directory)
        if code:
            return code
        count = directory.study.ensemble.replicates
        name, ratio, wrong = widest(directory)
        if wrong:
            warn(f"{name}: {wrong}")
        elif ratio <= 1.0:
            say(f"{count} replicates: all requested half-widths are reached")
        elif count >= most:
            warn(f"{name}: {_times(ratio)} the requested half-width after {count} replicates, the most allowed")
        if wrong or ratio <= 1.0 or count >= most:
            break
        after = following(count, ratio, most)
        say(f"{name}: {_times(ratio)} the requested half-width after {count} replicates; going on to {after}")
        directory.study = with_replicates(directory.study, after)
    directory.freeze()
    return 0


def widest(directory: RunDirectory) -> tuple[str, float, str | None]:
    """The estimate that is furthest from its half-width, how many times as wide it is, and why it has no interval."""
    study = directory.study
    found: tuple[str, float, str | None] = ("", 0.0, None)
    asked = targets(study)
    for spec in study.estimates:
        for place in places_of(directory, spec) if spec.name in asked else ():
            estimate = estimated(Stored(directory, spec, place))
            if math.isnan(estimate.value):
                return spec.name, math.inf, estimate.note or "is not a number"
            half = estimate.half_width
            ratio = math.inf if math.isnan(half) else half / asked[spec.name]
            if ratio > found[1]:
                found = spec.name, ratio, None
    return found


def _times(ratio: float) -> str:
    return "no interval yet, for" if math.isinf(ratio) else f"{ratio:.3g} times"
