"""Small faults of a source file by the thousand: one operator, number, argument or statement changed.

Left alone, by rule, is what computes nothing: hints of types, decorators, texts, what is said in errors, logs and prints,
how an object shows itself, and seconds that something waits for (a named constant whose docstring begins with the word).
A mutation library would change texts and would not drop statements, return nothing or swap arguments.
"""

import ast
import copy
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from torture.planted import CHECKOUT

COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
           ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}  # fmt: skip
NEGATED = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
COMPUTE = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
           ast.Pow: ast.Mult, ast.Mod: ast.Div, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
           ast.LShift: ast.RShift, ast.RShift: ast.LShift}  # fmt: skip
COMMUTE = {"min", "max", "minimum", "maximum", "hypot", "fmin", "fmax", "logaddexp", "gcd", "broadcast_arrays", "print"}
SAID = {"debug", "info", "warning", "warn", "error", "exception", "print"}
SHOWN = {"__repr__", "__str__", "_repr_html_"}
HINTS = {"annotation", "returns", "decorator_list", "type_comment", "type_params"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


class Mutant(NamedTuple):
    """A change: of a file, in a function (empty outside), of a statement's lines; how the statement reads before and after.

    `number` counts the file's changes. One of a function is `warm`: it can be made where the module is already there.
    """

    file: str
    function: str
    lines: tuple[int, int]
    before: str
    after: str
    number: int
    warm: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.lines[0]} {self.function or 'module'}: {self.before}  ->  {self.after}"


class Place(NamedTuple):
    """A part of a tree: the node that holds it, in which field and where, and what is around it."""

    parent: ast.AST
    field: str
    index: int | None
    around: "Around"

    def get(self) -> ast.AST:
        held = getattr(self.parent, self.field)
        return held if self.index is None else held[self.index]

    def set(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


class Around(NamedTuple):
    """Surroundings of a part: its statement, the qualified name of the outermost function, and whether inside its body."""

    statement: ast.stmt | None = None
    function: str = ""
    inside: bool = False

    def within(self, node: ast.AST, field: str) -> "Around":
        """Surroundings of what a field of a node holds."""
        statement = node if isinstance(node, ast.stmt) else self.statement
        if self.inside or not isinstance(node, FUNCTION | ast.ClassDef):
            return self._replace(statement=statement)
        name = f"{self.function}.{node.name}".lstrip(".")
        return Around(statement, name, isinstance(node, FUNCTION) and field == "body")


def instead(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.Compare):
        for k, operator in enumerate(node.ops):
            if type(operator) in COMPARE:
                yield ast.Compare(
                    node.left, [*node.ops[:k], COMPARE[type(operator)](), *node.ops[k + 1 :]], node.comparators
                )
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTE and not _text(node.left) and not _text(node.right):
        yield ast.BinOp(node.left, COMPUTE[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Return) and not (node.value is None or _falsy(node.value)):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.AugAssign | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Break | ast.Continue):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif isinstance(node, ast.If | ast.IfExp) and not _negated_already(node.test):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension):
        for k, test in enumerate(node.ifs):
            if not _negated_already(test):
                yield _with(node, ifs=[*node.ifs[:k], ast.UnaryOp(ast.Not(), test), *node.ifs[k + 1 :]])
    elif isinstance(node, ast.Call) and len(node.args) > 1 and _name(node.func) not in COMMUTE:
        first, second = node.args[:2]
        starred = isinstance(first, ast.Starred) or isinstance(second, ast.Starred)
        if not starred and ast.dump(first) != ast.dump(second):
            yield _with(node, args=[second, first, *node.args[2:]])


def _with(node: Any, **changed: Any) -> Any:
    new = copy.copy(node)
    for name, value in changed.items():
        setattr(new, name, value)
    return new


def _falsy(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _negated_already(test: ast.expr) -> bool:
    """True where another change of the test itself says the same."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(test.ops[0], NEGATED)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _says(node: ast.AST) -> bool:
    """True of a call that only says something: a log, a line on the terminal, an error."""
    if isinstance(node, ast.Expr):
        return _says(node.value)
    return isinstance(node, ast.Call) and (_name(node.func) in SAID or _name(node.func).endswith(("Error", "Warning")))


def _left_alone(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.JoinedStr)
        or _says(node)
        or (isinstance(node, FUNCTION) and node.name in SHOWN)
        or (isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING")
    )


def places(node: ast.AST, around: Around) -> Iterator[Place]:
    """Every part of a tree that decides what is computed."""
    if isinstance(node, ast.Raise):
        return
    for field, value in ast.iter_fields(node):
        if field in HINTS or (isinstance(node, ast.Assert) and field == "msg"):
            continue
        items = value if isinstance(value, list) else [value]
        for k, item in enumerate(items):
            if isinstance(item, ast.AST) and not _left_alone(item) and not _seconds(items[k : k + 2]):
                inner = around.within(node, field)
                yield Place(node, field, k if isinstance(value, list) else None, inner)
                yield from places(item, inner)


def _seconds(statements: list[Any]) -> bool:
    """True where the first of two statements names seconds, as the text behind it says."""
    if len(statements) < 2 or not isinstance(statements[0], ast.Assign | ast.AnnAssign):
        return False
    text = statements[1].value if isinstance(statements[1], ast.Expr) else None
    return isinstance(text, ast.Constant) and str(text.value).startswith("Seconds ")


def changed_tree(file: str, number: int) -> ast.Module:
    """The tree of a file with the change of that number."""
    tree = ast.parse((CHECKOUT / file).read_text())
    found = next(itertools.islice(_changes(tree), number, None))
    found[0].set(found[1])
    return ast.fix_missing_locations(tree)


def mutants(file: str) -> list[Mutant]:
    """All changes of a file."""
    tree = ast.parse((CHECKOUT / file).read_text())
    found = []
    for number, (place, new) in enumerate(_changes(tree)):
        node = place.get()
        statement = node if isinstance(node, ast.stmt) else place.around.statement
        assert isinstance(statement, ast.stmt)
        lines, before = _lines(statement, place.around), _header(statement)
        place.set(new)
        after = _header(new if isinstance(new, ast.stmt) else statement)
        place.set(node)
        found.append(Mutant(file, place.around.function, lines, before, after, number, place.around.inside))
    return found


def _changes(tree: ast.Module) -> Iterator[tuple[Place, ast.AST]]:
    for place in places(tree, Around()):
        for new in instead(place.get()):
            yield place, new


def _lines(statement: ast.stmt, around: Around) -> tuple[int, int]:
    """First and last line of a statement without what it holds; of the whole function where it is a default's."""
    end = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if body and not (isinstance(statement, FUNCTION) and not around.inside):
        end = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, end


def _header(statement: ast.stmt) -> str:
    """A statement in one line, without the statements that it holds."""
    bare = copy.copy(statement)
    for field in ("body", "orelse", "handlers", "finalbody", "cases", "decorator_list"):
        if isinstance(getattr(bare, field, None), list):
            setattr(bare, field, [])
    return " ".join(ast.unparse(bare).split())
