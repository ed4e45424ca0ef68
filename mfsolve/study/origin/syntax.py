"""Modules as syntax trees: what each imports, passes on and defines, and a hash of all but its documentation."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class ModuleSource:
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


@cache
def read(name: str, path: Path) -> ModuleSource:
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
    return ModuleSource(name, package, digest, imports, MappingProxyType(passed_on), frozenset(defined))


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
