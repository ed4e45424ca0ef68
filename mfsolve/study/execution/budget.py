"""The price of a study before anything is computed: points, replicates, disk, memory, time; and what would fit."""

import contextlib
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfsolve.experiments.experiment import Case
from mfsolve.paths import exists
from mfsolve.study.execution.extremes import Extreme, between, extremes
from mfsolve.study.execution.overhead import overhead
from mfsolve.study.execution.plan import row_bytes
from mfsolve.study.execution.trial import OUT_OF_MEMORY, Trial, TrialResult, probe
from mfsolve.study.file.config import Study
from mfsolve.study.file.points import Point
from mfsolve.study.file.precision import targets
from mfsolve.study.file.source import CannotFitError

TRIED_SECONDS = 20.0
BRIEF_SECONDS = 6.0
"""Patience with a replicate, and with a smaller one that tells how its time grows."""
LONGEST = 365.25 * 86400.0
"""Seconds of a study that nobody waits for."""
LEAST_POWER = 0.25
"""Power of the size below which time does not grow with it, but for what two short measurements say."""
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
"""Units of memory, each 1024 of the one before."""
ROOM = 2.0**20
"""Bytes of a file beside its data: headers, attributes, the report."""


@dataclass(frozen=True)
class Budget:
    """Price of a study. Seconds and bytes of memory are NaN where nothing was tried, infinite where it did not end.

    `seconds` are those of the whole run, from its start to the report; the parts are given beside.
    """

    points: int
    replicates: int
    disk: float
    most_disk: float
    free_disk: float
    memory: float
    free_memory: float
    seconds: float
    workers: int
    simulation_seconds: float = 0.0
    compilation_seconds: float = 0.0
    storage_seconds: float = 0.0
    report_seconds: float = 0.0

    def lines(self, study: Study) -> Iterator[str]:
        """The price in words."""
        count = study.ensemble.replicates
        yield f"points       {self.points}: arms {', '.join(study.arms)}; places {sum(1 for _ in study.places())}"
        more = f", then more until half-widths are reached, at most {study.ensemble.most_replicates} of each"
        yield f"replicates   {self.replicates}, {count} of each point{more if targets(study) else ''}"
        most = f", at most {size(self.most_disk)}" if self.most_disk > self.disk else ""
        yield f"disk         {size(self.disk)}{most}; {size(self.free_disk)} are free"
        if not math.isnan(self.memory):
            yield f"memory       {size(self.memory)} for {self.workers} workers; {size(self.free_memory)} are free"
        if not math.isnan(self.seconds):
            yield f"time         {'longer than the trial lasted' if math.isinf(self.seconds) else self._times()}"

    def _times(self) -> str:
        """The time in words, with its parts where they take long."""
        parts = {
            "simulation": self.simulation_seconds, "compilation": self.compilation_seconds,
            "storage": self.storage_seconds, "report": self.report_seconds,
        }  # fmt: skip
        long = [f"{name} {span(seconds).removeprefix('about ')}" for name, seconds in parts.items() if seconds >= 0.5]
        return ": ".join([span(self.seconds), *([", ".join(long)] if long else [])])


def disk(study: Study) -> tuple[float, float]:
    """Bytes that a study leaves behind, in shards and joined, and those of one replicate of all points."""
    rows = [row_bytes(study, point) for point in study.points]
    each, once = 2.0 * sum(drawn for drawn, _ in rows), 2.0 * sum(solved for _, solved in rows)
    return once + each * study.ensemble.replicates + ROOM * len(study.arms), each


def refuse_what_cannot_fit(study: Study, folder: Path, workers: int) -> list[str]:
    """Refuse a study that needs more disk, more memory or more time than there is.

    Replicates are tried only where a setting is beyond what is usual. Returns a line for each arm that takes long.

    Raises
    ------
    StudyError
        One line that says what would fit.
    """
    refuse_disk(study, folder)
    workers = at_work(study, workers)
    strange: dict[str, tuple[Point, list[Extreme]]] = {}
    for point in study.points:
        found = extremes(point)
        if found and (point.arm not in strange or found[0].ratio > strange[point.arm][1][0].ratio):
            strange[point.arm] = point, found
    share, notes = memory_share(workers), []
    if strange:
        tried = probe([_trial(study, point.case, point.seed) for point, _ in strange.values()], share, TRIED_SECONDS)
        for (point, found), result in zip(strange.values(), tried):
            refuse_memory(study, point, found, result, share)
            if result.failure is None and math.isinf(result.draw):
                seconds = refuse_time(study, point, found, workers)
                long = f"did not end within {TRIED_SECONDS:g} s; --dry-run tries longer"
                if math.isfinite(seconds):
                    long = f"its replicates take {span(seconds)}"
                notes.append(f"{point.label}: {', '.join(one.said for one in found)}: {long}")
    return notes


def refuse_disk(study: Study, folder: Path) -> None:
    """Refuse a study whose results no disk holds; StudyError says how many replicates would fit."""
    needed, each = disk(study)
    free = free_disk(folder) + stored(folder)
    if needed > free:
        fits = math.floor(max(0.0, free - needed + each * study.ensemble.replicates) / each) if each else 0
        advice = f"--replicates {fits} would fit" if fits else "not even one replicate fits"
        what = f"{study.ensemble.replicates} replicates of {len(study.points)} points"
        reason = f"{what} leave {size(needed)} on disk, {size(free)} are free: {advice}"
        raise CannotFitError(study.source, reason, ["replicates"])


def refuse_memory(study: Study, point: Point, found: list[Extreme], result: TrialResult, free: float) -> None:
    """Refuse a point whose replicate has failed; StudyError says what would fit into the memory of a worker."""
    if result.failure is None:
        return
    given, keys = ", ".join(one.said for one in found), [one.key for one in found]
    if not result.failure.startswith(OUT_OF_MEMORY):
        at, reason = f"{given}: " if found else "", result.failure.splitlines()[0]
        if found and not re.search("allowed|try ", reason):
            reason += f"; a value nearer to {found[0].usual:g} is needed"
        raise CannotFitError(study.source, f"{point.label}: {at}{reason}", [*keys, *_blamed(reason)])
    asked = _asked(result.failure)
    advice = "smaller sizes are needed"
    if found and math.isfinite(asked):
        first = found[0]
        fits = first.value * free / asked / 4.0 if first.value > first.usual else first.value * asked / free * 4.0
        advice = f"{first.said} asks for it; about {fits:.1g} would fit"
    elif found:
        advice = f"{given}: too large to fit"
    what = size(asked) if math.isfinite(asked) else "more memory than there is"
    reason = f"{point.label}: a replicate needs {what}, a worker has {size(free)}: {advice}"
    raise CannotFitError(study.source, reason, keys)


def refuse_time(study: Study, point: Point, found: list[Extreme], workers: int) -> float:
    """Refuse a point whose replicates would take longer than a year, judged by a trial of smaller ones.

    Returns the seconds that they take otherwise, NaN where the smaller ones do not tell.

    The time of a replicate is a power of its size, at most the first one, through two cases between the usual one and
    this, which are 10 to 10000 times the work of the usual one. Where they do not tell, nothing is refused.

    Raises
    ------
    StudyError
        One line that says what would take a day.
    """
    grows = math.log(math.prod(min(one.ratio, 1e100) for one in found))
    known: list[tuple[float, float]] = []
    for part in sorted({min(1.0, math.log(times) / grows) for times in (1e4, 1e3, 1e2, 1e1)}, reverse=True):
        seconds = _seconds_between(study, point, found, part, workers)
        if math.isfinite(seconds):
            known.append((part, math.log(seconds)))
        if len(known) == 2:
            break
    else:
        return math.nan
    (upper, log_upper), (lower, log_lower) = known
    power = min(1.0, (log_upper - log_lower) / ((upper - lower) * grows))
    if power < LEAST_POWER:
        return math.nan
    arm = study.experiment.arm(point.case)
    shares = study.ensemble.replicates / workers if arm.drawn(point.case) else 1.0
    needed = log_upper + power * (1.0 - upper) * grows + math.log(shares)
    if needed <= math.log(LONGEST):
        return math.exp(needed)
    fits = 1.0 - (needed - math.log(86400.0)) / (power * grows)
    advice = "smaller sizes are needed"
    if fits > 0.0:
        advice = f"{found[0].said} asks for it; about {found[0].between(fits):.1g} takes a day"
    years = math.exp(min(needed, 700.0)) / LONGEST
    reason = f"{point.label}: its replicates take about {years:.1g} years: {advice}"
    raise CannotFitError(study.source, reason, [one.key for one in found])


def _seconds_between(study: Study, point: Point, found: list[Extreme], part: float, workers: int) -> float:
    """Seconds of a replicate between the usual one and this; infinite where it cannot be had soon."""
    try:
        case = between(study.experiment, point.case, found, part)
    except ValueError:
        return math.inf
    (result,) = probe([_trial(study, case, point.seed)], memory_share(workers), BRIEF_SECONDS)
    seconds = sum(x for x in (result.draw, result.solve) if not math.isnan(x))
    return max(seconds, 1e-6) if result.failure is None else math.inf


def price(study: Study, folder: Path, workers: int) -> Budget:
    """The price of a study, with the time and memory of replicates that are tried.

    Raises
    ------
    StudyError
        Where it cannot fit.
    """
    refuse_disk(study, folder)
    workers = at_work(study, workers)
    share = memory_share(workers)
    first = {point.arm: point for point in reversed(study.points)}
    tried = dict(zip(first, probe([_trial(study, point.case, point.seed) for point in first.values()], share)))
    for arm, result in tried.items():
        refuse_memory(study, first[arm], extremes(first[arm]), result, share)
    count, seconds = study.ensemble.replicates, 0.0
    needed, each = disk(study)
    more = study.ensemble.most_replicates - count if targets(study) else 0
    for point in study.points:
        result = tried[point.arm]
        seconds += sum(x for x in (result.draw * count, result.solve) if not math.isnan(x))
    peak = max((r.memory for r in tried.values() if not math.isnan(r.memory)), default=math.nan)
    simulated, beside = seconds / workers, overhead(study, workers)
    whole = simulated + sum(beside)
    return Budget(
        len(study.points), count * sum(bool(study.experiment.arm(p.case).drawn(p.case)) for p in study.points),
        needed, needed + more * each, free_disk(folder), peak * workers, free_memory(), whole, workers,
        simulated, beside.compilation, beside.storage, beside.report,
    )  # fmt: skip


def at_work(study: Study, workers: int) -> int:
    """Workers that have something to do at a time, of so many."""
    count = study.ensemble.replicates
    cases = [(study.experiment.arm(point.case), point.case) for point in study.points]
    return min(workers, sum(count * bool(arm.drawn(case)) + bool(arm.solved(case)) for arm, case in cases))


def stored(folder: Path) -> int:
    """Bytes of the files in a folder, which other processes may take away meanwhile; 0 where there is none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def free_disk(folder: Path) -> float:
    """Bytes that are free where a folder stands, or will."""
    there = next(path for path in (folder.resolve(), *folder.resolve().parents) if exists(path))
    return float(shutil.disk_usage(there).free)


def memory_share(workers: int) -> float:
    """Bytes of memory that a worker may take: its part of four fifths of what is free."""
    return 0.8 * free_memory() / workers


def free_memory() -> float:
    """Bytes of memory that are free."""
    import psutil

    return float(psutil.virtual_memory().available)


def _trial(study: Study, case: Case, seed: int) -> Trial:
    return Trial(study.experiment.name, case, seed, 1, str(Path(study.source).resolve().parent))


def _blamed(complaint: str) -> list[str]:
    """Keys that a complaint about settings names, which it opens with; none where it opens with a file."""
    opening = complaint.partition(": ")[0]
    return re.findall(r"\w+", opening) if re.fullmatch(r"[\w., ]+", opening) else []


def _asked(failure: str) -> float:
    """Bytes that an allocation asked for, from the words of the failure; infinite where they do not say."""
    found = re.search(r"allocate ([\d.]+) (\w+)", failure.replace(" bytes", " B"))
    return float(found[1]) * 1024.0 ** UNITS.index(found[2]) if found and found[2] in UNITS else math.inf


def size(count: float) -> str:
    """A number of bytes in words."""
    for name in UNITS[:-1]:
        if count < 999.5:  # which three digits show as 1000
            return f"{count:.3g} {name}"
        count /= 1024.0
    return f"{count:.3g} {UNITS[-1]}" if count < 999.5 else f"{count:.0f} {UNITS[-1]}"


def span(seconds: float) -> str:
    """A time in words."""
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2.0 * unit:
            return f"about {_two_digits(seconds / unit)} {name}"
    shown = _two_digits(seconds)
    return f"about {shown} second{'' if shown == '1' else 's'}"


def _two_digits(number: float) -> str:
    """A number to two digits, without an exponent where it is large."""
    return f"{float(f'{number:.2g}'):.0f}" if number >= 10.0 else f"{number:.2g}"


def as_record(budget: Budget) -> dict[str, Any]:
    """The price as JSON types."""
    return {key: value if math.isfinite(value) else None for key, value in vars(budget).items()}
