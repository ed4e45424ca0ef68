"""Sources and data of a user's own experiment: found beside its module, and kept with its runs."""

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path

from mfsolve.experiments._undeclared_files import data_of
from mfsolve.experiments._user_checks import GuestError, blame, shown_path
from mfsolve.experiments._user_home import Home
from mfsolve.experiments.experiment import Experiment
from mfsolve.paths import below, entries, is_dir, is_file, make_dir

LARGE = 2**20
"""Bytes from which on a data file is not read anew whenever its model is asked for."""


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
