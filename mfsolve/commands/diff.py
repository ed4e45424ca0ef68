"""`mfsolve diff`: two runs, or their pages, compared: parameters, versions, estimates, bits."""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mfsolve.commands.estimate_distance import Side, distance, remarks, samples
from mfsolve.commands.report import described
from mfsolve.paths import is_file
from mfsolve.report import comparable_places, tables
from mfsolve.report.numbers import number
from mfsolve.report.sample import Stored
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.records import is_whole, without_hash
from mfsolve.study.storage.run_lookup import finished_run
from mfsolve.study.storage.store import RunDirectory

HELD = re.compile(r'<script type="application/json" id="runs">(.*?)</script>', re.DOTALL)


def diff(first: str, second: str, as_json: bool = False) -> int:
    """Print what differs; the exit code is that of diff(1): 0 if nothing but versions and machine does, else 1.

    Raises
    ------
    StudyError
        Where neither a finished run nor a page of one stands.
    """
    (one, its), (other, of_other) = read(first), read(second)
    found = compare(one, other, (its, of_other))
    if as_json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        _print(found, (first, second))
    return int(bool(found["settings"] or found["estimates"] or found["bits"]["differ"] or alone_in(found["bits"])))


def read(path: str) -> tuple[dict[str, Any], RunDirectory | None]:
    """A run by its folder, with its replicates, or by a page that holds this one run."""
    if not is_file(Path(path)):
        directory = finished_run(path, of_any_code=True)
        return described(directory).data(), directory
    match = HELD.search(Path(path).read_text(encoding="utf-8", errors="replace"))
    try:
        runs = json.loads(match[1]) if match else []
    except (ValueError, RecursionError):
        runs = []
    count = (
        len(runs) if isinstance(runs, list) and all(isinstance(run, dict) and "digests" in run for run in runs) else 0
    )
    if count != 1:
        raise StudyError(f"{path}: {count} runs in it; allowed: a run directory, or the page of one run")
    if not is_whole(runs[0], hashed=False):
        raise StudyError(f"{path}: its numbers are not those that were written; write it anew with: mfsolve report")
    return without_hash(runs[0]), None


def compare(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    directories: tuple[RunDirectory | None, RunDirectory | None] = (None, None),
) -> dict[str, Any]:
    """Differences between two runs: settings, versions, estimates, data sets.

    Estimates of runs whose points share random numbers are paired where both have their `directories`.

    Where one of them varies a setting and the other does not, the other is compared with the place of its own value.
    """
    studies = [run["summary"]["study"] for run in (one, other)]
    left, right = (comparable_places.compared(study, among) for study, among in zip(studies, studies[::-1]))
    shared = [comparable_places.shared_places(study, among) for study, among in zip(studies, studies[::-1])]
    rows = [
        _numbered(_sides(run["summary"], directory), places)
        for run, directory, places in zip((one, other), directories, shared)
    ]
    sets = [
        {comparable_places.without(name, places): value for name, value in run["digests"].items()}
        for run, places in zip((one, other), shared)
    ]
    both = sorted(sets[0].keys() & sets[1].keys())
    return {
        "settings": _differences(left, right),
        "versions": _differences(one["made_by"]["versions"], other["made_by"]["versions"]),
        "code": [one["made_by"]["code"], other["made_by"]["code"]],
        "estimates": [
            {"name": name, "at": place, **found}
            for name, place, count in dict.fromkeys([*rows[0], *rows[1]])
            if (found := _estimates(*(run.get((name, place, count)) for run in rows)))
        ],
        "bits": {
            "data_sets": len(both),
            "differ": [name for name in both if sets[0][name] != sets[1][name]],
            "first_only": sorted(sets[0].keys() - sets[1].keys()),
            "second_only": sorted(sets[1].keys() - sets[0].keys()),
        },
    }


def _sides(summary: Mapping[str, Any], directory: RunDirectory | None) -> list[Side]:
    """Rows of a run, each with its replicates where they are at hand."""
    rows = summary["rows"]
    behind: Sequence[Stored | None] = [None] * len(rows) if directory is None else samples(directory)
    if len(behind) != len(rows):  # a report of other code
        behind = [None] * len(rows)
    return [Side(row, summary["study"], sample) for row, sample in zip(rows, behind)]


def _numbered(sides: Sequence[Side], shared: Collection[str]) -> dict[tuple[str, str, int], Side]:
    """Rows by name and place, and a number where the six digits of places that differ are the same."""
    found: dict[tuple[str, str, int], Side] = {}
    met: Counter[tuple[str, str]] = Counter()
    for side in sides:
        mark = side.row["name"], comparable_places.without(side.row["place"], shared)
        found[*mark, met[mark]] = side
        met[mark] += 1
    return found


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys([*left, *right])
    return [{"name": n, "first": left.get(n), "second": right.get(n)} for n in names if left.get(n) != right.get(n)]


def _estimates(first: Side | None, second: Side | None) -> dict[str, Any] | None:
    """Two estimates of the same with their distance in standard errors; None where they are equal."""
    if first is None or second is None:
        return {"first": first and first.row["estimate"]["value"], "second": second and second.row["estimate"]["value"]}
    left, right = first.row, second.row
    ends = ("value", "low", "high")
    if all(left["estimate"][end] == right["estimate"][end] for end in ends) and left["verdict"] == right["verdict"]:
        return None
    apart = distance(first, second)
    return {
        "first": left["estimate"]["value"], "second": right["estimate"]["value"],
        "standard_errors": apart.standard_errors, "standard_errors_of": apart.of,
        "verdicts": [left["verdict"], right["verdict"]],
    }  # fmt: skip


def _print(found: Mapping[str, Any], names: tuple[str, str]) -> None:
    for what in ("settings", "versions"):
        if found[what]:
            lines = [[d["name"], _text(d["first"]), _text(d["second"])] for d in found[what]]
            tables.print_table(what, ["name", *names], lines, [None] * len(lines))
    if both := [d for d in found["estimates"] if "verdicts" in d]:
        lines = [
            [
                ", ".join(filter(None, (d["name"], d["at"]))), number(d["first"]), number(d["second"]),
                number(d.get("standard_errors"), digits=3),
            ]
            for d in both
        ]  # fmt: skip
        tables.print_table("estimates", ["estimate of", *names, "standard errors apart"], lines, [None] * len(lines))
        for line in remarks(both):
            print(line)
    for side, name in zip(("second", "first"), names):
        alone = [d for d in found["estimates"] if "verdicts" not in d and d[side] is None]
        for place in dict.fromkeys(d["at"] for d in alone):
            there = [d["name"] for d in alone if d["at"] == place]
            print(f"only in {name}{place and f', at {place}'}: {_listed(there, 'estimates')}")
    bits = found["bits"]
    for side, name in zip(("first_only", "second_only"), names):
        if bits[side]:
            print(f"only in {name}: {_listed(bits[side], 'data sets')}")
    differ = bits["differ"]
    if not bits["data_sets"]:
        print("bits: no data set is in both")
    elif not differ:
        print(f"bits: all {bits['data_sets']} data sets {'in both ' * bool(alone_in(bits))}are equal")
    else:
        shown = ", ".join(differ[:8]) + (", ..." if len(differ) > 8 else "")
        print(f"bits: {len(differ)} of {bits['data_sets']} data sets differ: {shown}")


def alone_in(bits: Mapping[str, Any]) -> bool:
    """True where a data set stands in one of the runs only."""
    return bool(bits["first_only"] or bits["second_only"])


def _listed(names: Sequence[str], kind: str) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} {kind}"


def _text(value: Any) -> str:
    """A setting's value; a dash where a run does not have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
