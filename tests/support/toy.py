"""Shipped studies at toy size: the same files, made small enough to run in a second or two."""

from pathlib import Path

import tomli_w

from mfsolve.study.config import read_study
from mfsolve.study.toy import shrink


def write_toy(study: Path, folder: Path) -> Path:
    """Write the toy version of a study file into a folder."""
    path = folder / study.name
    path.write_text(tomli_w.dumps(shrink(read_study(study))))
    return path
