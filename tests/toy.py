"""Shipped studies at toy size: the same files, made small enough to run in a second or two."""

from pathlib import Path
from typing import Any

import tomli_w

from mfsolve.study.config import read_toml

SMALL = {"producers": 200, "items": 4, "vocabulary": 60}


def shrink(raw: dict[str, Any]) -> dict[str, Any]:
    """The study with small populations, few replicates and at most three values per axis."""
    for section in ("parameters", "population"):
        table = raw.setdefault(section, {})
        for key, value in table.items():
            if key in SMALL:
                table[key] = min(value, SMALL[key])
    raw["population"].setdefault("producers", SMALL["producers"])
    grid = raw.get("grid", {})
    for section in grid.values():
        for key, values in section.items():
            section[key] = [40, 80, 160] if key == "producers" else values[:3]
    raw.setdefault("ensemble", {})["replicates"] = 6
    return raw


def write_toy(study: Path, folder: Path) -> Path:
    """Write the toy version of a study file into a folder."""
    path = folder / study.name
    path.write_text(tomli_w.dumps(shrink(read_toml(study))))
    return path
