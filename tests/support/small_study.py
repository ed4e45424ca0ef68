"""Shipped studies cut down to a few claims and a few seconds, run and judged in this process."""

import sys
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from mfsolve.claims import Claim, claims
from mfsolve.commands.run import complete
from mfsolve.commands.verify import Report, judged
from mfsolve.experiments import load
from mfsolve.study.file.config import read_study, resolve
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toy import shrink
from mfsolve.study.statistics.estimate_spec import ARM
from mfsolve.study.storage.store import RunDirectory

KEYS = (*ARM, "baseline")


def small_study(study: str, ids: Iterable[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A shipped study at toy size that keeps the rows of these claims, and the arms that they speak of.

    `settings` are set after that, by their place in the file: `ensemble.replicates`, `grid.parameters.x`. None takes
    a place away; settings of an arm that is not kept are left out.
    """
    raw = read_study(shipped_studies()[study])
    small = shrink(raw)
    wanted = set(ids)
    small["estimates"] = [e for e in deepcopy(raw["estimates"]) if e.get("claim", {}).get("id") in wanted]
    experiment = load(small["model"])
    arms = small[experiment.section]
    named = {e[key] for e in small["estimates"] for key in (*KEYS, experiment.word) if key in e}
    if named:
        small[experiment.section] = {label: table for label, table in arms.items() if label in named}
    small["figures"] = []
    small.pop("calibration", None)
    for name, value in settings.items():
        place = name.split(".")
        if place[0] != experiment.section or place[1] in small[experiment.section] or len(place) == 2:
            put(small, place, value)
    return small


def put(table: dict[str, Any], place: list[str], value: Any) -> None:
    """Set an entry of nested tables; None deletes it."""
    for key in place[:-1]:
        table = table.setdefault(key, {})
    if value is None:
        table.pop(place[-1], None)
    else:
        table[place[-1]] = value


def verdicts(small: Mapping[str, Any], study: str, ids: Iterable[str], folder: Path) -> dict[str, set[str]]:
    """Run a small study, and judge the claims in it together: the verdicts on each, over the places of its grid."""
    rows = rows_of(small, study, ids, folder)
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["id"], set()).add(row["verdict"])
    return found


def rows_of(small: Mapping[str, Any], study: str, ids: Iterable[str], folder: Path) -> list[dict[str, Any]]:
    """Rows of the claims, with what was estimated."""
    forget()
    directory = RunDirectory(folder, resolve(small, study, study))
    assert complete(directory, 1) == 0
    forget()
    known: dict[str, Claim] = {claim.id: claim for claim in claims()}
    return judged([known[i] for i in ids], {study: Report.read(folder)})


def forget() -> None:
    """Empty every cache of the package: a changed formula must not meet what was computed by the right one."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("mfsolve.experiments", "mfsolve.models")):
            for thing in list(vars(module).values()):
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()
