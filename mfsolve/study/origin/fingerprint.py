"""Fingerprint of the code behind a stored result: what its experiment imports, read as syntax trees.

Results of different code are never mixed, so a fingerprint must change with every formula, constant and kernel that an
experiment reaches, however indirectly. It must not change with what only people read, nor with code of other
experiments: mending a comment must not make a stored run worthless.
"""

import gc
import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import mfsolve
from mfsolve.paths import is_dir, is_file
from mfsolve.study.origin.syntax import ModuleSource, read

PACKAGE = "mfsolve"
LEFT_OUT = frozenset(f"{PACKAGE}.{name}" for name in ("study", "report", "calibration", "commands", "claims", "cli"))
"""Rooms that store, estimate and show numbers but make none."""
INSTALLED = ("site-packages", "dist-packages")
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
"""Folders where what stands beside a module belongs to others."""
DIGITS = 16
"""Hexadecimal digits of a fingerprint."""

STATISTICS = (
    "inference/*.py", "study/statistics/*.py", "study/file/*.py", "study/axes.py", "study/blocks.py",
    "study/storage/stored_replicates.py", "commands/outcome.py", "spelling.py",
    *(f"report/{name}.py" for name in (
        "rows", "sample", "sensitivity", "listing", "undefined_values", "numbers", "tables", "look", "footer",
    )),
)  # fmt: skip
"""Files that say what stored replicates mean, within the package: what the writer of a report imports, but for what
draws, stores or makes replicates. They are listed, since to follow imports takes longer than to show a finished run."""

Roots = Mapping[str, tuple[Path, ...]]
"""Folders that hold the modules of a top-level name, or the file of a module without a package."""


@cache
def fingerprint(experiment_module: str) -> str:
    """Hash of all code that the numbers of an experiment can depend on, as 16 hexadecimal digits.

    It covers the experiment's own module and everything that this imports, directly or not, within mfsolve, and within
    its author's own folder or package where the experiment stands outside mfsolve. Imports are read from the sources,
    those inside functions included; nothing is imported. Docstrings, comments, blank lines, line breaks and
    `description` arguments are left out of the hash. A process reads each module once.

    Parameters
    ----------
    experiment_module : str
        Full name of a module, such as `"mfsolve.experiments.collapse"`.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module, or no source of it.
    """
    top = experiment_module.partition(".")[0]
    roots = {PACKAGE: tuple(Path(folder) for folder in mfsolve.__path__)}
    if top != PACKAGE:
        roots[top] = _locate(top)
    return fingerprint_in(experiment_module, roots)


@cache
def statistics_fingerprint() -> str:
    """Hash of the code that makes estimates and verdicts of stored numbers, as 16 hexadecimal digits.

    It is that of their very bytes, comments too: a report is soon made anew.
    """
    digest = hashlib.sha256()
    for folder in map(Path, mfsolve.__path__):
        for path in sorted(path for pattern in STATISTICS for path in folder.glob(pattern)):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:DIGITS]


@cache
def fingerprint_of_guest(module: str, root: Path, digest: str) -> str:
    """The fingerprint of a user's own module, given its file or package; `digest` tells its versions apart."""
    roots = {PACKAGE: tuple(Path(folder) for folder in mfsolve.__path__), module.partition(".")[0]: (root,)}
    return fingerprint_in(module, roots)


def fingerprint_in(experiment_module: str, roots: Roots) -> str:
    """The fingerprint of a module whose sources, and those of what it imports, stand under the given roots."""
    digest = hashlib.sha256()
    collecting = gc.isenabled()
    gc.disable()  # trees hold no cycles, and collections would take half of the time
    try:
        for source in sorted(imported(experiment_module, roots), key=lambda source: source.name):
            digest.update(f"{source.name} {source.digest}\n".encode())
    finally:
        if collecting:
            gc.enable()
    return digest.hexdigest()[:DIGITS]


def imported(experiment_module: str, roots: Roots) -> list[ModuleSource]:
    """The module and all modules that it imports, directly or not, as far as they stand under the roots.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    """
    folders = _Folders(roots, experiment_module)
    first = folders.read(experiment_module)
    if first is None:
        raise ModuleNotFoundError(f"no source of a module named {experiment_module!r}", name=experiment_module)
    found, pending = {first.name: first}, [first]
    while pending:
        for name in folders.reached(pending.pop()):
            source = folders.read(name) if name not in found else None
            if source is not None:
                found[name] = source
                pending.append(source)
    return list(found.values())


class _Folders:
    """Modules by name, looked up in their folders and read when first asked for."""

    def __init__(self, roots: Roots, experiment_module: str) -> None:
        self.roots = dict(roots)
        self._own: dict[str, ModuleSource] = {}
        top = experiment_module.partition(".")[0]
        own = {root.parent for root in roots.get(top, ()) if top != PACKAGE}
        self._beside = sorted(folder for folder in own if folder.name not in INSTALLED and folder != STANDARD_LIBRARY)

    def read(self, name: str) -> ModuleSource | None:
        """The source of a module; None where it stands under no root or takes no part."""
        path = self._file(name)
        if path is None or name.partition(".")[0] == PACKAGE:
            return None if path is None else read(name, path)
        if name not in self._own:  # a user edits it while this process lives
            self._own[name] = read.__wrapped__(name, path)
        return self._own[name]

    def reached(self, source: ModuleSource) -> Iterator[str]:
        """Names of the modules that a module's imports lead to."""
        for module, name, attributes in source.imports:
            for origin in self._origin(module, name, frozenset()):
                found = self.read(origin) if attributes and origin == f"{module}.{name}" else None
                if found is not None and found.package:
                    for attribute in attributes:
                        yield from self._origin(origin, attribute, frozenset())
                else:
                    yield origin

    def _origin(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
        """The modules that give a name its meaning: a package that only passes it on takes no part in it."""
        source, part = self.read(module), f"{module}.{name}"
        if source is None:  # a folder that is a package without a file
            yield part
        elif source.package and name in source.passed_on and name not in source.defined and (module, name) not in seen:
            yield from self._origin(*source.passed_on[name], seen | {(module, name)})
        elif source.package and name and name not in source.defined and self._file(part) is not None:
            yield part
        else:
            yield module

    def _file(self, name: str) -> Path | None:
        top, *parts = name.split(".")
        if name == PACKAGE or ".".join([top, *parts[:1]]) in LEFT_OUT:
            return None
        if top not in self.roots:
            self.roots[top] = tuple(path for folder in self._beside for path in _places(folder / top))
        for root in self.roots[top]:
            if root.suffix == ".py":
                return root if not parts and is_file(root) else None
            for path in (root.joinpath(*parts, "__init__.py"), root.joinpath(*parts).with_suffix(".py")):
                if is_file(path) and (parts or path.name == "__init__.py"):
                    return path
        return None


def _places(path: Path) -> Iterator[Path]:
    if is_dir(path):
        yield path
    if is_file(path.with_suffix(".py")):
        yield path.with_suffix(".py")


def _locate(top: str) -> tuple[Path, ...]:
    """Folder of the modules of a top-level name.

    Raises
    ------
    ModuleNotFoundError
        If Python does not find it.
    """
    loaded = sys.modules.get(top)
    if loaded is not None and getattr(loaded, "__file__", None):
        folders = list(getattr(loaded, "__path__", ()))
        return tuple(map(Path, folders)) if folders else (Path(str(loaded.__file__)),)
    spec = find_spec(top)
    if spec is None or not (spec.submodule_search_locations or spec.origin):
        raise ModuleNotFoundError(f"No module named {top!r}", name=top)
    folders = list(spec.submodule_search_locations or ())
    return tuple(map(Path, folders)) if folders else (Path(str(spec.origin)),)
