"""Shipped studies at toy size: the same files, made small enough to run in a second or two."""

from pathlib import Path

import tomli_w

from mfsolve.experiments import load
from mfsolve.experiments._user_sources import keep
from mfsolve.study.file.config import read_study
from mfsolve.study.file.toy import shrink


def write_toy(study: Path, folder: Path) -> Path:
    """Write the toy version of a study file into a folder."""
    path = folder / study.name
    raw = read_study(study)
    path.write_text(tomli_w.dumps(shrink(raw, study.parent)))
    keep(load(raw["model"], study.parent), folder, Path.write_bytes)  # a user's own model stands beside its study
    return path
