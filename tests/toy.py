"""Shipped studies at toy size: the same files, made small enough to run in a second or two."""

from pathlib import Path
from typing import Any

import tomli_w

from mfsolve.study.config import read_toml

SMALL = {"producers": 200, "items": 4, "vocabulary": 60, "particles": 500, "quantiles": 200, "pools": 5, "cells": 200,
         "reference_cells": 400}  # fmt: skip


def shrink(raw: dict[str, Any]) -> dict[str, Any]:
    """The study with small populations, few replicates and at most three values per axis."""
    solvers = raw.get("solvers", {}).values()
    for table in (raw.setdefault("parameters", {}), raw.setdefault("population", {}), *solvers):
        for key, value in table.items():
            if key in SMALL:
                table[key] = min(value, SMALL[key])
    if raw["model"] == "collapse":
        raw["population"].setdefault("producers", SMALL["producers"])
    elif raw["model"] == "flow":
        raw["population"].setdefault("reference_cells", SMALL["reference_cells"])
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
