"""`mfsolve provenance`: the share of synthetic items in a user's own pool (MODEL 3.2, 3.5)."""

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mfsolve.commands import figure as figures
from mfsolve.commands.messages import warn
from mfsolve.commands.provenance_text import (
    moments,
    print_alternatives,
    print_drift,
    print_groups,
    print_periods,
    print_share,
    print_sources,
    study_with,
    unmeasured,
)
from mfsolve.data.dates import Period, check_format
from mfsolve.data.pool_files import FILENAME, read_sample
from mfsolve.data.pool_reading import Reading
from mfsolve.data.samples import Documents, Kind, Numbers, Sample, clustered
from mfsolve.data.source import check_encoding
from mfsolve.data.table import column_name
from mfsolve.data.text_counts import copied, notes
from mfsolve.data.words import Unit
from mfsolve.inference.estimate import LEAST_LEVEL
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance.groups import by_group
from mfsolve.models.provenance.periods import by_period, of_sources
from mfsolve.models.provenance.share import Answer, Prepared, Settings, prepare, quantify_samples
from mfsolve.models.provenance.shift import alternatives, drift, united

HALF_WIDTH = 0.05
"""Half-width whose pool size is reported if none is asked for."""


def provenance(asked: Namespace) -> int:
    """Estimate the share and print it with its uncertainty, the test of fit and warnings.

    Raises
    ------
    InputError
        For a file or an option that cannot be used.
    """
    if asked.half_width is not None and not 0.0 < asked.half_width < 1.0:
        raise InputError(f"--half-width: {asked.half_width:g} given; allowed: (0, 1)")
    if not LEAST_LEVEL <= asked.level < 1.0:
        raise InputError(f"--level: {asked.level:g} given; allowed: [{LEAST_LEVEL}, 1)")
    if asked.source and (asked.synthetic or len(asked.pools) > 1 or asked.baseline or len(asked.human) > 1):
        raise InputError("--source: replaces --synthetic, with one pool and one --human, without --baseline")
    _check_sources(asked)
    if not asked.source and not asked.synthetic:
        raise InputError("--synthetic: missing; a reference of synthetic items is needed")
    if asked.by and (asked.date or asked.source or asked.baseline or asked.moments or len(asked.pools) > 1):
        raise InputError("--by: takes one pool, without --date, --source, --baseline and --moments")
    if asked.moments and not (asked.date or len(asked.pools) > 1):
        raise InputError("--moments: needs periods; give --date COLUMN or one file per period")
    shown = asked.date or asked.by or len(asked.pools) > 1
    if asked.half_width is not None and (asked.source or shown):
        raise InputError("--half-width: is of one share of one pool, without --date, --by and --source")
    if figures.wanted(asked.figure, None).asked and (asked.source or not shown):
        raise InputError("--figure: shows periods or groups; give --date, --by or one file per period, and no --source")
    if asked.into and not asked.moments:
        raise InputError("--into: needs --moments POLICY")
    study = _raw(asked.into) if asked.into else None
    ready, settings = _samples(asked)
    report, code = _estimate(asked, ready, settings, study)
    if asked.json and not asked.moments:
        print(json.dumps(_finite(report), indent=2))
    return code


def _check_sources(asked: Namespace) -> None:
    """Refuse what the shares of several sources do not have: they are of the whole pool."""
    for option, given in (("--date", asked.date), ("--moments", asked.moments)):
        if asked.source and given:
            raise InputError(
                f"{option}: takes two sources, --human and --synthetic; --source has the shares of the whole pool, so "
                "give the items of one period at a time"
            )


def _samples(asked: Namespace) -> tuple[Prepared, Settings]:
    """Samples of all files, by their names, brought to one kind."""
    columns, ignore = (
        tuple(column_name(c) for c in (given or "").split(",") if c.strip()) for given in (asked.columns, asked.ignore)
    )
    period = Period(asked.period)
    if asked.date_format is not None:
        if not asked.date or asked.date == FILENAME:
            raise InputError("--date-format: needs --date COLUMN, a column of dates")
        check_format(asked.date_format, period)
    date = Reading(asked.kind, Unit(asked.unit), asked.text, asked.date, period, date_format=asked.date_format)
    if asked.by:
        date = Reading(asked.kind, Unit(asked.unit), asked.text, asked.by, Period.AS_GIVEN, "group")
    cluster = column_name(asked.cluster) if asked.cluster else None
    for option, taken in (("--date", asked.date), ("--by", asked.by)):
        if cluster is not None and taken and column_name(taken) == cluster:
            raise InputError(f"--cluster {asked.cluster}: is also the column of {option}, whose values are compared")
    encoding = None if asked.encoding is None else check_encoding(asked.encoding)
    date = replace(date, columns=columns, ignore=ignore, cluster=cluster, encoding=encoding)
    plain = Reading(asked.kind, Unit(asked.unit), asked.text, cluster=cluster, reference=True, encoding=encoding)
    for option, given in (("--human", asked.human), ("--synthetic", asked.synthetic or [])):
        for path in given:
            if given.count(path) > 1:
                raise InputError(f"{option} {path}: given twice; give each reference once")
    named = [source.partition("=") for source in asked.source or []]
    for name, mark, path in named:
        if not (name and mark and path):
            raise InputError(f"--source: {name}{mark}{path} given; NAME=FILE is needed")
    references = [*((p, p) for p in asked.human), *((p, p) for p in asked.synthetic or []),
                  *((n, p) for n, _, p in named)]  # fmt: skip
    if asked.baseline:
        references.append((asked.baseline, asked.baseline))
    pools: dict[str, Sample] = {}
    first: Sample | None = None
    for path in asked.pools:
        pools[str(path)] = read_sample(Path(path), date, first)
        first = first or pools[str(path)]
    read: dict[str, Sample] = {}
    for place, (name, path) in enumerate(references):
        read[f"{place} {name}"] = read_sample(Path(path), plain, first)
    kind = None if asked.kind in (None, "matrix") else Kind(asked.kind)
    settings = Settings(asked.level, Unit(asked.unit), kind, columns)  # a reader has left out those to ignore
    ready = prepare(pools, read, settings)
    lack = [one.name for one in read.values() if cluster is not None and not clustered(one)]
    alone = f"no column {cluster}: its rows are treated as independent"
    return replace(ready, notes=(*ready.notes, *(f"{name}: {alone}" for name in lack))), settings


def _raw(name: str) -> dict[str, Any]:
    """A study as it stands in its file, which is checked; numbers keep their digits."""
    from mfsolve.commands.terminal import find_study
    from mfsolve.study.file.config import load_study
    from mfsolve.study.file.toml_text import read_toml

    file = find_study(name)
    load_study(file)
    return read_toml(file)


def _estimate(
    asked: Namespace, ready: Prepared, settings: Settings, study: dict[str, Any] | None
) -> tuple[dict[str, Any], int]:
    """Report of what was asked, printed on the way unless it is to be JSON."""
    samples = list(ready.references.values())
    humans, rest = samples[: len(asked.human)], samples[len(asked.human) :]
    pool = next(iter(ready.pools.values()))
    noted = list(ready.notes)
    base: dict[str, Any] = {"kind": str(ready.kind), "columns": list(ready.columns), "notes": noted}
    out = (lambda *_: None) if asked.json else print
    if asked.source:
        names = ["human", *(source.partition("=")[0] for source in asked.source)]
        report = {**base, **of_sources(pool, dict(zip(names, samples)), settings)[1]}
        noted += _met(ready, asked)
        print_sources(out, pool.name, report)
        return report, 0
    synthetics = rest[: len(asked.synthetic)]
    human, synthetic = united(humans), united(synthetics)
    if len(ready.pools) > 1 or asked.date:
        pools = {Path(name).stem: one for name, one in ready.pools.items()} if len(ready.pools) > 1 else ready.pools
        if len(pools) < len(ready.pools):
            raise InputError("pools: two files of one name given; a file's name is that of its period")
        found = by_period(pools, human, synthetic, settings)
        noted += _met(ready, asked) + _copied(ready, list(found.answers.values()))
        report = {**base, **found.report()}
        if asked.moments:
            for note in [*noted, *(f"{row['period']}: {w}" for row in report["periods"] for w in row["warnings"])]:
                warn(note)  # standard output is the study
            if left := unmeasured(found):
                warn(f"periods without a positive standard error, left out: {', '.join(left)}")
            print(study_with(moments(found, asked.moments), study), end="")
        else:
            print_periods(out, ready.kind, report)
        sys.stdout.flush()
        from mfsolve.report.shares import draw

        report["figures"], code = _drawn(partial(draw, found), asked)
        return report, code
    if asked.by:
        groups = by_group(column_name(asked.by), pool, human, synthetic, settings)
        noted += _met(ready, asked) + _copied(ready, list(groups.answers.values()))
        report = {**base, **groups.report()}
        print_groups(out, ready.kind, report)
        sys.stdout.flush()
        from mfsolve.report.shares import draw_groups

        report["figures"], code = _drawn(partial(draw_groups, groups), asked)
        return report, code
    answer = quantify_samples(pool, human, synthetic, settings)
    drifted = drift(pool, rest[-1], (human, synthetic), settings) if asked.baseline else None  # reads the baseline too
    noted += _met(ready, asked) + _copied(ready, [answer])
    report = {**base, **answer.report(HALF_WIDTH if asked.half_width is None else asked.half_width)}
    print_share(out, pool.name, report)
    if len(humans) > 1 or len(synthetics) > 1:
        names = [*asked.human, *asked.synthetic]
        each = [dict(zip(names[: len(humans)], humans)), dict(zip(names[len(humans) :], synthetics))]
        report["alternatives"] = alternatives(pool, each[0], each[1], settings).report()
        print_alternatives(out, report["alternatives"])
    if drifted is not None:
        report["drift"] = drifted.report()
        print_drift(out, asked.baseline, report["drift"])
    return report, 0


def _drawn(draw: Callable[[Path], list[Path]], asked: Namespace) -> tuple[list[str], int]:
    """Files of the figure, where one is asked for, and the exit code."""
    files, code = figures.written(figures.wanted(asked.figure, None), draw)
    if files and not (asked.json or asked.moments):  # standard output is the report, or a study
        print(f"  figure       {', '.join(map(str, files))}")
    return [str(file) for file in files], code


def _met(ready: Prepared, asked: Namespace) -> list[str]:
    """Notes on rows and texts that were left out or given twice: known once all files are read."""
    rows = [one.left_out() for one in (*ready.pools.values(), *ready.references.values())
            if isinstance(one, Numbers) and one.left_out is not None]  # fmt: skip
    pools = [one.met for one in ready.pools.values() if isinstance(one, Documents) and one.met is not None]
    references = [one.met if isinstance(one, Documents) else None for one in ready.references.values()]
    baseline = references.pop() if asked.baseline else None
    labels = [*("human" for _ in asked.human), *("synthetic" for _ in asked.synthetic or []), *(asked.source or [])]
    named = [(met, label) for met, label in zip(references, labels) if met is not None]
    return [note for note in rows if note] + notes(pools, [m for m, _ in named], [side for _, side in named], baseline)


def _copied(ready: Prepared, answers: Sequence[Answer]) -> list[str]:
    """Notes on copies among items that are no texts of a file, whose reader knows of theirs."""
    references, found = list(ready.references.values()), []
    samples = [next(iter(ready.pools.values())), references[0], references[-1]]
    met = [sum(a.copies["pool"] for a in answers), answers[0].copies["human"], answers[0].copies["synthetic"]]
    for one, copies in zip(samples, met):
        if copies and not (isinstance(one, Documents) and one.met is not None):
            unit = "document" if isinstance(one, Documents) else "row"
            found.append(copied(one.name, f"{copies} {unit}{'s' * (copies != 1)}"))
    return found


def _finite(value: Any) -> Any:
    """Report for JSON, which has neither NaN nor infinity: null stands for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
