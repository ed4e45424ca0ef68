"""Study files that come with the package."""

from collections.abc import Collection
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from mfsolve.paths import is_file

ALIKE = 0.7
"""Likeness of two names, from 0 to 1, from which on one may have been meant by the other."""


def beside(path: Path) -> str:
    """End of a message on a missing file that stands there with the ending of a study; else empty."""
    if not path.name:
        return ""
    study = path.with_name(f"{path.name}.toml")
    return f"; did you mean {study.name}?" if is_file(study) else ""


def resembling(name: str, known: Collection[str], listed: str) -> str:
    """End of a message on an unknown name, where many are known: the one that resembles it, or the command that lists
    them."""
    near = get_close_matches(name, known, n=1, cutoff=ALIKE)
    return f"; did you mean {near[0]}?" if near else f"; see `{listed}`"


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package, by name."""
    folder = Path(str(resources.files("mfsolve.runs")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
