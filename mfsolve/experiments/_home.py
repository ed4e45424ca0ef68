"""The home of a user's own experiment: its module's folder, sources and data, as they were read."""

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mfsolve.experiments._guarded import GuestError, blame, shown_path
from mfsolve.experiments._opened import data_of
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import below, entries, is_dir, is_file, make_dir

LARGE = 2**20
"""Bytes from which on a data file is not read anew whenever its model is asked for."""


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


def with_data(home: Home, files: Collection[str]) -> Home:
    """The home with the data files that its experiment declares.

    Raises
    ------
    GuestError
        Where there is no such file.
    """
    found = data_of(home.folder, home.module, files, shown_path(home.root))
    return home._replace(data=tuple(sorted({name: _hash(path) for name, path in found}.items())))


def _hash(file: Path) -> str:
    """SHA-256 of a file; a large one is read again where its size or time has changed."""
    status = file.stat()
    if status.st_size < LARGE:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return _hash_of_large(file, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(1000)
def _hash_of_large(file: Path, *state: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def places(folder: Path, top: str) -> list[Path]:
    """The file or package of that name in a folder; a file comes first."""
    file, package = folder / f"{top}.py", folder / top
    if is_file(file):
        return [file]
    return [package] if is_dir(package) and bool(entries(package, "*.py")) else []


def sources_of(folder: Path, top: str) -> tuple[tuple[str, bytes], ...]:
    """Source files of a module or package."""
    files = (f for place in places(folder, top) for f in ([place] if is_file(place) else below(place, "*.py")))
    return tuple((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)


def closure(folder: Path, top: str) -> tuple[tuple[str, bytes], ...]:
    """Source files of a module, and of all beside it that they import, directly or not."""
    found: dict[str, tuple[tuple[str, bytes], ...]] = {}
    pending = [top]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = sources_of(folder, name)
            for file, source in found[name]:
                pending += (other for other in _imported(folder / file, source) if places(folder, other))
    return tuple(sorted(file for files in found.values() for file in files))


@lru_cache(1000)
def _imported(file: Path, source: bytes) -> frozenset[str]:
    """First parts of the names that a file imports."""
    try:
        tree = ast.parse(source, str(file))
    except (SyntaxError, ValueError) as error:
        raise GuestError(blame(error, [file])) from None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return frozenset(names)


def keep(experiment: Experiment, folder: Path, write: Callable[[Path, bytes], None]) -> None:
    """Write sources and data of a user's own experiment into a run directory: whoever sees that can go on with the run.

    Raises
    ------
    GuestError
        Where data have changed since the experiment was loaded.
    """
    home = experiment.home
    if home is None or home.installed:
        return
    for name, source in (*home.files, *_books(home)):
        copy = folder / name
        if not is_file(copy) or copy.read_bytes() != source:
            make_dir(copy.parent)
            write(copy, source)
    for name, digest in home.data:
        data = (home.folder / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise GuestError(f"{home.folder / name}: has changed since the model was loaded; run it again")
        if not is_file(folder / name) or (folder / name).read_bytes() != data:
            make_dir((folder / name).parent)
            write(folder / name, data)


def _books(home: Home) -> Iterator[tuple[str, bytes]]:
    """Texts beside the module that hold its equations: no part of what decides its numbers."""
    *packages, stem = home.module.split(".")
    for name in (f"{stem}.md", "MODEL.md"):
        place = Path(*packages, name)
        if is_file(home.folder / place):
            yield place.as_posix(), (home.folder / place).read_bytes()
