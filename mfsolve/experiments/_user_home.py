"""The home of a user's own experiment: its module's folder, sources and data, as they were read."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from mfsolve.paths import is_dir, is_file


class Home(NamedTuple):
    """Origin of a user's own experiment.

    `module` is the module's full name and `folder` holds its first part. `files` are its source and that of the
    modules beside it that it imports, directly or not, by their path in the folder, as they were read. `installed`:
    the module belongs to an installed distribution, which every worker has to have. `data` are the files that its
    experiment declares, each with its SHA-256.
    """

    module: str
    folder: Path
    files: tuple[tuple[str, bytes], ...]
    installed: bool = False
    data: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """Hash of the source files, and of data where there are any, 16 hexadecimal digits."""
        digest = hashlib.sha256(self.module.encode())
        for name, source in self.files:
            digest.update(f"\0{name}\0{len(source)}\0".encode() + source)
        digest.update(self.data_text.encode())
        return digest.hexdigest()[:16]

    @property
    def data_text(self) -> str:
        """Names and hashes of the data, a line each."""
        return "".join(f"{name} {found}\n" for name, found in self.data)

    @property
    def root(self) -> Path:
        """The file of the module, or the folder of the package that holds it."""
        place = self.folder / self.module.partition(".")[0]
        return place if is_dir(place) and not is_file(place.with_suffix(".py")) else place.with_suffix(".py")

    @property
    def tops(self) -> frozenset[str]:
        """Names of the modules and packages that stand in the folder and take part."""
        return frozenset(Path(name).parts[0].removesuffix(".py") for name, _ in self.files)
