"""Shipped studies at toy size: the same files, made small enough to run in a second or two."""

from pathlib import Path
from typing import Any

import tomli_w

from mfsolve.experiments import load
from mfsolve.study import toy
from mfsolve.study.config import read_toml

SMALL = {
    "basin_means": 6,
    "cells": 200,
    "creators": 200,
    "economies": 2,
    "every": 20,
    "height": 4,
    "items": 4,
    "map_points": 6,
    "markets": 8,
    "orders": 16,
    "particles": 500,
    "places": 10,
    "points": 12,
    "pools": 5,
    "producers": 200,
    "quantiles": 200,
    "questions": 200,
    "reference": 40,
    "reference_cells": 400,
    "rounds": 8,
    "runs": 20,
    "steps": 60,
    "subsidies": 3,
    "vocabulary": 60,
    "width": 4,
}
MOST_ITEMS = 4000


def shrink(raw: dict[str, Any]) -> dict[str, Any]:
    """The study with small populations, few replicates and at most three values per axis."""
    experiment = load(raw["model"])
    if experiment.toy or any(arm.toy for arm in experiment.arms.values()):
        return toy.shrink(raw)
    solvers = [*raw.get("solvers", {}).values(), *raw.get("markets", {}).values()]
    for table in (raw.setdefault("parameters", {}), raw.setdefault("population", {}), raw.get("record", {}), *solvers):
        for key, value in table.items():
            if isinstance(value, list) and key == "items":
                table[key] = [n for n in value if n <= MOST_ITEMS]
            elif key in SMALL:
                table[key] = min(value, SMALL[key])
        for axes in table.get("threshold_maps", []):
            axes["places"] = 4
    if raw["model"] == "collapse":
        raw["population"].setdefault("producers", SMALL["producers"])
    elif raw["model"] == "flow":
        raw["population"].setdefault("reference_cells", SMALL["reference_cells"])
    elif raw["model"] == "retreat":
        raw["population"]["reference_cells"] = raw["solvers"]["grid"]["cells"] = raw["record"]["bins"] = 12
    elif raw["model"] == "transition":
        raw["solvers"]["particles"]["dt"] = raw["population"]["reference_dt"] = 0.25
    elif raw["model"] == "governance":
        raw["population"] |= {"cells": 16, "dt": 1.0, "settings": 3, "times": [0, 20, 60]}
    elif raw["model"] == "agents":
        raw["population"].setdefault("reference", SMALL["reference"])
    for section in raw.get("grid", {}).values():
        for key, values in section.items():
            section[key] = [40, 80, 160] if key == "producers" else values[:3]
    raw.setdefault("ensemble", {})["replicates"] = 6
    return raw


def write_toy(study: Path, folder: Path) -> Path:
    """Write the toy version of a study file into a folder."""
    path = folder / study.name
    path.write_text(tomli_w.dumps(shrink(read_toml(study))))
    return path
