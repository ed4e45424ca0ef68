"""Rounds of replicates until the estimates that a study names are as precise as it asks."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mfsolve.commands.messages import say, warn
from mfsolve.inference.anytime import PROPORTIONAL
from mfsolve.inference.stopping import EQUAL
from mfsolve.report.look import place_text
from mfsolve.report.rows import estimated, places_of
from mfsolve.report.sample import Stored
from mfsolve.study.file.precision import NOT_REACHED, following, patience, targets, with_replicates
from mfsolve.study.storage.store import RunDirectory


@dataclass(frozen=True)
class Target:
    """An estimate at a place that is to be as precise as asked: how many times as wide its interval still is.

    `silence` says why there is no interval. `hopeless` is where more replicates would not mend that.
    """

    name: str
    ratio: float
    silence: str | None = None
    hopeless: bool = False

    @property
    def equal(self) -> bool:
        """True where what was drawn does not differ so far, which a rare event may end."""
        return self.silence in (EQUAL, PROPORTIONAL)


def complete(directory: RunDirectory, compute: Callable[[RunDirectory], int]) -> int:
    """Compute and consolidate round after round; 0, or the exit code of what went wrong.

    `compute` carries out what is missing of the study as it then stands, and consolidates it. The study of the
    directory, and the one that is frozen there, end with the number of replicates that it took. What no replicate can
    make narrower is said in the first round, and not waited for.
    """
    most = directory.study.ensemble.most_replicates
    said: set[str] = set()
    while True:
        code = compute(directory)
        if code:
            return code
        count, level = directory.study.ensemble.replicates, directory.study.ensemble.level
        left = [target for target in still_wide(directory) if target.ratio > 1.0]
        for target in left:
            if (target.hopeless or target.equal) and target.name not in said:
                said.add(target.name)
                warn(f"{target.name}: no interval of the requested half-width: {_why(target, count, level)}")
        able = [target for target in left if not _given_up(target, count, level)]
        if not able or count >= most:
            break
        widest = max(able, key=lambda target: target.ratio)
        after = following(count, widest.ratio, most)
        how = f"{widest.name}: {_times(widest)} after {count} replicates"
        say(f"{how}; going on to {after}")
        directory.study = with_replicates(directory.study, after)
    for target in left:
        end = f" after {count} replicates, the most allowed" if target in able else f" after {count} replicates"
        warn(f"{target.name}: {NOT_REACHED}: {target.silence or _times(target)}{end}")
    if not left:
        say(f"{count} replicates: all requested half-widths are reached")
    directory.freeze()
    return 0


def still_wide(directory: RunDirectory) -> Iterator[Target]:
    """Every estimate at every place whose half-width the study asks for, and how far it is from it."""
    study = directory.study
    asked = targets(study)
    for spec in study.estimates:
        for place in places_of(directory, spec) if spec.name in asked else ():
            found = estimated(Stored(directory, spec, place))
            name = ", ".join(filter(None, (spec.name, place_text(place))))
            half = found.half_width
            if math.isnan(found.value):
                yield Target(name, math.inf, found.note or "is not a number", hopeless=True)
            elif math.isnan(half):
                yield Target(name, math.inf, found.note or "no interval yet")
            else:
                yield Target(name, half / asked[spec.name])


def _given_up(target: Target, count: int, level: float) -> bool:
    """True of a target that a study does not wait for."""
    return target.hopeless or (target.equal and count >= patience(level))


def _why(target: Target, count: int, level: float) -> str:
    if not target.equal:
        return f"{target.silence}; more replicates would not change that"
    waited = (
        f"waiting for another value until {patience(level)} replicates" if count < patience(level) else "not waited for"
    )
    return f"{target.silence}; {waited}"


def _times(target: Target) -> str:
    return (
        f"{target.silence or 'no interval yet'}"
        if math.isinf(target.ratio)
        else (f"{target.ratio:.3g} times the requested half-width")
    )
