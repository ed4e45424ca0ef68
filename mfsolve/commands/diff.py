"""`mfsolve diff`: two runs, or their pages, compared: parameters, versions, estimates, bits."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mfsolve.commands.report import described, finished
from mfsolve.paths import is_file
from mfsolve.report import tables
from mfsolve.study.config import StudyError
from mfsolve.study.software import is_whole

HELD = re.compile(r'<script type="application/json" id="runs">(.*?)</script>', re.DOTALL)


def diff(first: str, second: str, as_json: bool = False) -> int:
    """Print what differs; 0 if nothing but versions and machine does, else 1.

    Raises
    ------
    StudyError
        Where neither a finished run nor a page of one stands.
    """
    one, other = read(first), read(second)
    found = compare(one, other)
    if as_json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        _print(found, (first, second))
    return int(bool(found["settings"] or found["estimates"] or found["bits"]["differ"]))


def read(path: str) -> dict[str, Any]:
    """A run by its folder, or by a page that holds this one run."""
    if not is_file(Path(path)):
        return described(finished(path)).data()
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
    return dict(runs[0])


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Differences between two runs: settings, versions, estimates, data sets."""
    left, right = dict(_flat(one["summary"]["study"])), dict(_flat(other["summary"]["study"]))
    rows = [{(row["name"], row["place"]): row for row in run["summary"]["rows"]} for run in (one, other)]
    names = sorted(set(one["digests"]) | set(other["digests"]))
    differ = [name for name in names if one["digests"].get(name) != other["digests"].get(name)]
    return {
        "settings": _differences(left, right),
        "versions": _differences(one["made_by"]["versions"], other["made_by"]["versions"]),
        "code": [one["made_by"]["code"], other["made_by"]["code"]],
        "estimates": [
            {"name": name, "at": place, **found}
            for name, place in dict.fromkeys([*rows[0], *rows[1]])
            if (found := _estimates(*(run.get((name, place)) for run in rows)))
        ],
        "bits": {"data_sets": len(names), "differ": differ},
    }


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values of nested tables; a list is one value, but for lists of tables."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and all(isinstance(x, Mapping) for x in value):
        for i, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{inner.get('name', i)}]")
    else:
        yield name, value


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys([*left, *right])
    return [{"name": n, "first": left.get(n), "second": right.get(n)} for n in names if left.get(n) != right.get(n)]


def _estimates(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Two estimates of the same with their distance in standard errors; None where they are equal."""
    if left is None or right is None:
        return {"first": left and left["estimate"]["value"], "second": right and right["estimate"]["value"]}
    ends = ("value", "low", "high")
    if all(left["estimate"][end] == right["estimate"][end] for end in ends) and left["verdict"] == right["verdict"]:
        return None
    a, b = left["estimate"], right["estimate"]
    apart = None
    if None not in (a["value"], b["value"]):
        error = math.hypot(a["standard_error"] or 0.0, b["standard_error"] or 0.0)
        apart = (b["value"] - a["value"]) / error if error > 0.0 else None
    return {
        "first": a["value"], "second": b["value"], "standard_errors": apart,
        "verdicts": [left["verdict"], right["verdict"]],
    }  # fmt: skip


def _print(found: Mapping[str, Any], names: tuple[str, str]) -> None:
    for what in ("settings", "versions"):
        if found[what]:
            lines = [[d["name"], str(d["first"]), str(d["second"])] for d in found[what]]
            tables.print_table(what, ["name", *names], lines, [None] * len(lines))
    if found["estimates"]:
        lines = [
            [
                ", ".join(filter(None, (d["name"], d["at"]))), tables.number(d["first"]), tables.number(d["second"]),
                tables.number(d.get("standard_errors"), digits=3),
            ]
            for d in found["estimates"]
        ]  # fmt: skip
        tables.print_table("estimates", ["estimate of", *names, "standard errors apart"], lines, [None] * len(lines))
    bits, differ = found["bits"], found["bits"]["differ"]
    if not differ:
        print(f"bits: all {bits['data_sets']} data sets are equal")
        return
    shown = ", ".join(differ[:8]) + (", ..." if len(differ) > 8 else "")
    print(f"bits: {len(differ)} of {bits['data_sets']} data sets differ: {shown}")
