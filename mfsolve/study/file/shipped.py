"""Study files that come with the package."""

from importlib import resources
from pathlib import Path

from mfsolve.paths import is_file


def beside(path: Path) -> str:
    """End of a message on a missing file that stands there with the ending of a study; else empty."""
    study = path.with_name(f"{path.name}.toml")
    return f"; did you mean {study.name}?" if is_file(study) else ""


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package, by name."""
    folder = Path(str(resources.files("mfsolve.runs")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
