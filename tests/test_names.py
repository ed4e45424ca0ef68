"""Names that docstrings tell of exist: dotted ones, single ones in backticks, and the types of returned values.

A dotted name such as `market.RESULTS` is looked for in every module (by the end of its path) and in every class of that
name. What is a value in the function around it (`start.leave`), a key of a study file, a file or a name of a library is
no name of the sources.
"""

import ast
import builtins
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from inspect import cleandoc
from pathlib import PurePosixPath
from typing import NamedTuple

from test_house import DOCUMENTED, sources

DOTTED = re.compile(r"(?<![`\w])`{1,2}([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^`]*\))?`")
SINGLE = re.compile(r"(?<![`\w])`{1,2}([A-Za-z_]\w*)(?:\(\))?`")
SEE = re.compile(r"\bsee `?([a-z_]+(?:\.[a-z_]+)+)")
RETURNED = re.compile(r"^Returns\n-+\n([A-Z]\w+)$", re.MULTILINE)
ELSEWHERE = {*sys.stdlib_module_names, "laplace", "numpy", "scipy"}
SECTIONS = {"section", "study", "parameters", "population", "record", "grid"}
"""Tables of a study file, and the word for any of them."""
OF_LIBRARIES = {"gaussian_kde", "multivariate_normal", "prange", "savefig"}
LABELLED = {"Dataset"}
PLACEHOLDER = re.compile(r"[A-Z]+_[a-z]+|[a-z]+_[A-Z]+")
"""Such as `NAME_at`."""
FILES = {"gif", "jsonl", "md", "py", "toml", "txt"}
Scope = dict[str, ast.AST | None]


def bound(tree: ast.AST) -> Scope:
    """Names that a module or class binds in its own body, and those that methods give to `self`."""
    found: Scope = {}
    for node in inner(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, None)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0]: None for alias in node.names}
    if isinstance(tree, ast.ClassDef):
        of_self = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
        found |= {n.attr: None for n in of_self if isinstance(n.value, ast.Name) and n.value.id == "self"}
    return found


def inner(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes below, without what stands inside of functions and classes."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from inner(node)


@cache
def modules() -> dict[tuple[str, ...], Scope]:
    """Names that every module binds, by its path; a package has its modules too."""
    found: dict[tuple[str, ...], Scope] = defaultdict(dict)
    for file, tree in sources("kernels", "mfsolve"):
        path = PurePosixPath(file).with_suffix("").parts
        path = path[:-1] if path[-1] == "__init__" else path
        found[path] |= bound(tree)
        for i in range(1, len(path)):
            found[path[:i]].setdefault(path[i], None)
    return found


@cache
def classes() -> dict[str, list[ast.ClassDef]]:
    """Classes of the sources by name."""
    found = defaultdict(list)
    for _, tree in sources("kernels", "mfsolve"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(node)
    return found


def member(kind: ast.ClassDef, rest: tuple[str, ...]) -> bool:
    """True if a class or one of its bases has the member; what a class of a library may have is believed."""
    if not rest or rest[0] in bound(kind):
        return True
    named = [base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in kind.bases]
    return any(member(other, rest) for name in named for other in classes().get(name, []))


def leads(path: tuple[str, ...]) -> bool:
    """True if a dotted name leads to something: through a module named by the end of its path, or through a class."""
    if any(member(kind, path[1:]) for kind in classes().get(path[0], [])):
        return True
    for i in range(1, len(path)):
        for module, scope in modules().items():
            if module[-i:] != path[:i] or path[i] not in scope:
                continue
            kind = scope[path[i]]
            if not isinstance(kind, ast.ClassDef) or member(kind, path[i + 1 :]):
                return True
    return len(path) > 1 and any(module[-len(path) :] == path for module in modules())


class Told(NamedTuple):
    """A docstring, or the text below a constant or field: its place, and the names of values around it."""

    place: str
    text: str
    values: frozenset[str]


@cache
def told() -> list[Told]:
    """Every docstring of the sources."""
    found = []

    def visit(file: str, node: ast.AST, around: frozenset[str]) -> None:
        if not isinstance(node, ast.Module):
            around |= {
                n.arg if isinstance(n, ast.arg) else n.id for n in ast.walk(node) if isinstance(n, ast.arg | ast.Name)
            }
        for child in node.body:
            if (
                isinstance(child, ast.Expr)
                and isinstance(child.value, ast.Constant)
                and isinstance(child.value.value, str)
            ):
                found.append(Told(f"{file}:{child.lineno}", cleandoc(child.value.value), around))
            elif isinstance(child, DOCUMENTED):
                visit(file, child, around)

    for file, tree in sources("kernels", "mfsolve"):
        visit(file, tree, frozenset())
    return found


def lost(name: str, known: frozenset[str] = frozenset()) -> bool:
    """True if a dotted name should lead to something in the sources, and does not."""
    path = tuple(name.split("."))
    of_others = path[0] in known | ELSEWHERE | SECTIONS or path[-1] in FILES or path[0].isupper()
    return not of_others and not leads(path)


def test_dotted_names_in_docstrings_lead_somewhere():
    wrong = [f"{at} {m[1]}" for at, text, known in told() for m in DOTTED.finditer(text) if lost(m[1], known)]
    assert not wrong, f"{len(wrong)} names:\n" + "\n".join(wrong)


def test_messages_point_to_names_that_exist():
    wrong = [
        f"{file}:{node.lineno} {found[1]}"
        for file, tree in sources("kernels", "mfsolve")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in SEE.finditer(node.value)
        if lost(found[1])
    ]
    assert not wrong, f"{len(wrong)} names:\n" + "\n".join(wrong)


@cache
def words() -> frozenset[str]:
    """Every name in the sources, and every word in their texts that are no docstrings."""
    found = set(dir(builtins)) | set(sys.stdlib_module_names)
    for file, tree in sources("kernels", "mfsolve"):
        found |= set(PurePosixPath(file).with_suffix("").parts)
        texts = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            for name in ("id", "attr", "arg", "name", "asname"):
                if isinstance(value := getattr(node, name, None), str):
                    found |= set(value.split("."))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
                found |= set(re.findall(r"\w+", node.value))
    return frozenset(found)


def test_single_names_in_docstrings_exist():
    known = words() | OF_LIBRARIES
    found = ((at, m[1]) for at, text, _ in told() for m in SINGLE.finditer(text))
    wrong = [f"{at} {name}" for at, name in found if name not in known and not PLACEHOLDER.fullmatch(name)]
    assert not wrong, f"{len(wrong)} names:\n" + "\n".join(wrong)


def test_types_of_returned_values_are_those_of_the_module():
    scopes = {file: set(bound(tree)) for file, tree in sources("kernels", "mfsolve")}
    found = ((at, m[1]) for at, text, _ in told() for m in RETURNED.finditer(text))
    wrong = [f"{at} {name}" for at, name in found if name not in scopes[at.rpartition(":")[0]] | LABELLED]
    assert not wrong, f"{len(wrong)} types:\n" + "\n".join(wrong)


def test_names_that_do_not_exist_are_told_from_those_that_do():
    assert lost("levers.lever_scan")
    assert lost("kernels.qlearning")
    assert lost("Market.no_such_field")
    assert not any(map(lost, ("best_levers.lever_scan", "kernels.agents.qlearning", "Order.p_value", "section.key")))
