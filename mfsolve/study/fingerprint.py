"""Fingerprint of the code behind a stored result: what its experiment imports, read as syntax trees.

Results of different code are never mixed, so a fingerprint must change with every formula, constant and kernel that an
experiment reaches, however indirectly. It must not change with what only people read, nor with code of other
experiments: mending a comment must not make a stored run worthless.
"""

import ast
import gc
import hashlib
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import mfsolve

PACKAGE = "mfsolve"
LEFT_OUT = frozenset(f"{PACKAGE}.{name}" for name in ("study", "report", "calibration", "commands", "claims", "cli"))
"""Rooms that store, estimate and show numbers but make none."""
INSTALLED = ("site-packages", "dist-packages")
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
"""Folders where what stands beside a module belongs to others."""
DIGITS = 16
"""Hexadecimal digits of a fingerprint."""

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


def imported(experiment_module: str, roots: Roots) -> "list[Source]":
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


@dataclass(frozen=True)
class Source:
    """A module as its source tells it.

    Attributes
    ----------
    name : str
        Full name.
    package : bool
        Whether it is the `__init__.py` of a package.
    digest : str
        Hash of its syntax tree without documentation.
    imports : tuple of (str, str, tuple of str)
        Every import: a module, the name taken from it (`""` for the module itself), and the attributes of that name
        that are used; none where the name is used in any other way too.
    passed_on : mapping of str to (str, str)
        Names that the module does nothing with but take them from another: name -> (module, name there).
    defined : frozenset of str
        Names that it gives a value of its own.
    """

    name: str
    package: bool
    digest: str
    imports: tuple[tuple[str, str, tuple[str, ...]], ...]
    passed_on: Mapping[str, tuple[str, str]]
    defined: frozenset[str]


class _Folders:
    """Modules by name, looked up in their folders and read when first asked for."""

    def __init__(self, roots: Roots, experiment_module: str) -> None:
        self.roots = dict(roots)
        self._own: dict[str, Source] = {}
        top = experiment_module.partition(".")[0]
        own = {root.parent for root in roots.get(top, ()) if top != PACKAGE}
        self._beside = sorted(folder for folder in own if folder.name not in INSTALLED and folder != STANDARD_LIBRARY)

    def read(self, name: str) -> Source | None:
        """The source of a module; None where it stands under no root or takes no part."""
        path = self._file(name)
        if path is None or name.partition(".")[0] == PACKAGE:
            return None if path is None else read(name, path)
        if name not in self._own:  # a user edits it while this process lives
            self._own[name] = read.__wrapped__(name, path)
        return self._own[name]

    def reached(self, source: Source) -> Iterator[str]:
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
                return root if not parts and root.is_file() else None
            for path in (root.joinpath(*parts, "__init__.py"), root.joinpath(*parts).with_suffix(".py")):
                if path.is_file() and (parts or path.name == "__init__.py"):
                    return path
        return None


def _places(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
    if path.with_suffix(".py").is_file():
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


@cache
def read(name: str, path: Path) -> Source:
    """Syntax tree of a module."""
    package = path.name == "__init__.py"
    tree = ast.parse(path.read_bytes(), str(path))
    home = name if package else name.rpartition(".")[0]
    digest, attributes = _digest(tree)
    imports = tuple(
        (_absolute(node, home), alias.name, attributes.get(alias.asname or alias.name, ()))
        if isinstance(node, ast.ImportFrom)
        else (alias.name, "", ())
        for node in _run(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
    passed_on: dict[str, tuple[str, str]] = {}
    defined: set[str] = set()
    for node in tree.body if package else ():
        if isinstance(node, ast.ImportFrom):
            passed_on |= {alias.asname or alias.name: (_absolute(node, home), alias.name) for alias in node.names}
        elif not isinstance(node, ast.Expr):
            defined |= set(_bound(node))
    return Source(name, package, digest, imports, MappingProxyType(passed_on), frozenset(defined))


def _absolute(node: ast.ImportFrom, home: str) -> str:
    """The full name of the module that something is imported from."""
    if not node.level:
        return node.module or ""
    parents = home.split(".")
    return ".".join([*parents[: len(parents) - node.level + 1], *([node.module] if node.module else [])])


def _run(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and _named(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        for field in ("body", "orelse", "handlers", "finalbody", "cases"):
            if isinstance(inside := getattr(node, field, None), list):
                pending += inside


def _named(node: ast.expr) -> str:
    """The last part of a name, empty for any other expression."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement of a module gives a value."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    else:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
            elif isinstance(part, ast.alias):
                yield part.asname or part.name


def _digest(tree: ast.Module) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Hash of a tree in prefix notation, and the attributes of each name that is used for nothing but its attributes.

    The hash leaves out positions, documentation and empty fields.

    Empty fields are left out because later versions of Python add fields that are empty for all earlier code; whether
    a name is read or written follows from where it stands.
    """
    words: list[str] = []
    say = words.append
    attributes: dict[str, set[str]] = {}
    uses: Counter[str] = Counter()
    pending: list[object] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            kept = [item for item in node if not _documentation(item)]
            say(f"[{len(kept)}")
            pending += kept
        elif isinstance(node, ast.AST):
            say(type(node).__name__)
            if isinstance(node, ast.Name):
                uses[node.id] += 1
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                attributes.setdefault(node.value.id, set()).add(node.attr)
                uses[node.value.id] -= 1
            for field in node._fields:
                value = getattr(node, field, None)
                if value is None or value == [] or field == "ctx":
                    continue
                say(field)
                if isinstance(value, ast.AST | list):
                    pending.append(value)
                else:
                    say(repr(value))
        else:  # a name among several, such as those of a global statement
            say(repr(node))
    only = {name: tuple(sorted(found)) for name, found in attributes.items() if uses[name] == 0}
    return hashlib.sha256("\0".join(words).encode()).hexdigest(), only


def _documentation(node: object) -> bool:
    """True for what is there for people only: a string that stands by itself, or the description of a setting."""
    if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg == "description"):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return False
