"""Study files that come with the package."""

from importlib import resources
from pathlib import Path


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package, by name."""
    folder = Path(str(resources.files("mfsolve.runs")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
