"""Small faults by the hundred: a source file with one operator, number or statement changed, and the tests that notice.

    python -m torture.mutants [--count 100] [--seed 1] [mfsolve/inference/means.py ...]      (from tests/)

Which mutants are made depends on the seed alone. A mutant is killed where a test fails or does not end. It prints which are,
each one that lives as a line of the changed file, and the score of every file.
"""

import argparse
import ast
import copy
import os
import random
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from torture.planted import CHECKOUT, plant

COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
           ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}  # fmt: skip
COMPUTE = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
           ast.Pow: ast.Mult, ast.Mod: ast.Mult}  # fmt: skip
SECONDS = 90
"""Processor time of a child."""
INFERENCE, STUDY, TORTURE = "tests/inference/test_", "tests/study/test_", "tests/torture/test_"
TESTS = {
    "inference/anytime.py": [f"{INFERENCE}anytime.py", f"{INFERENCE}stopping.py"],
    "inference/bounded.py": [f"{INFERENCE}anytime.py", f"{INFERENCE}awkward_samples.py"],
    "inference/estimate.py": [f"{INFERENCE}intervals.py"],
    "inference/least_squares.py": [f"{INFERENCE}regression.py", f"{INFERENCE}collapse_laws.py"],
    "inference/means.py": [f"{INFERENCE}intervals.py", f"{INFERENCE}awkward_samples.py"],
    "inference/ratios.py": [f"{INFERENCE}intervals.py", f"{INFERENCE}awkward_samples.py"],
    "study/blocks.py": ["tests/experiments/test_draw_many.py", f"{STUDY}run.py"],
    "study/completion.py": [f"{TORTURE}schedules.py", f"{STUDY}completion.py"],
    "study/files.py": [f"{STUDY}files.py", f"{STUDY}seal.py", f"{TORTURE}power.py"],
    "study/join.py": [f"{STUDY}run.py"],
    "study/plan.py": [f"{STUDY}run.py::test_tasks_cover_every_replicate_once", f"{STUDY}budget.py"],
    "study/points.py": [f"{STUDY}config.py"],
    "study/seal.py": [f"{STUDY}seal.py", f"{STUDY}shards.py"],
    "study/shards.py": [f"{STUDY}shards.py", f"{STUDY}seal.py"],
    "study/temporary.py": [f"{STUDY}seal.py"],
    "study/written.py": [f"{STUDY}config.py"],
}
"""Tests of the files that have none of their own name, or more than that."""


def tests_of(file: str) -> list[str]:
    """The tests that a file has to answer to."""
    room, name = file.split("/")[1:]
    own = f"tests/{room}/test_{name}"
    found = TESTS.get(f"{room}/{name}", [own])
    return [test for test in found if (CHECKOUT / test.partition("::")[0]).exists()]


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        yield ast.Compare(node.left, [COMPARE[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTE:
        yield ast.BinOp(node.left, COMPUTE[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass()
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every part of a tree that decides what is computed: its parent, field and place there."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "type_comment") or isinstance(
            tree, ast.Raise | ast.JoinedStr
        ):
            continue
        for place, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(item, ast.AST):
                yield tree, field, place
                yield from places(item)


def mutant(source: str, number: int) -> tuple[str, str] | None:
    """The source with the change of that number, and the line it stands on; None beyond the last."""
    tree = ast.parse(source)
    for parent, field, place in places(tree):
        held = getattr(parent, field)
        node = held if place is None else held[place]
        for new in changes(copy.deepcopy(node)):
            if number == 0:
                if place is None:
                    setattr(parent, field, new)
                else:
                    held[place] = new
                said = (
                    f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}  ->  {ast.unparse(new).splitlines()[0]}"
                )
                return ast.unparse(ast.fix_missing_locations(tree)), said
            number -= 1
    return None


def count(source: str) -> int:
    """Number of the mutants of a source."""
    tree = ast.parse(source)
    nodes = (getattr(p, f) if k is None else getattr(p, f)[k] for p, f, k in places(tree))
    return sum(1 for node in nodes for _ in changes(node))


def lives(file: str, source: str) -> bool:
    """True where all tests of a file pass with this source in its place, in a child of this process."""
    process = os.fork()
    if process == 0:
        silent = os.open(os.devnull, os.O_RDWR)
        for number in (1, 2):
            os.dup2(silent, number)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        code = 1
        try:
            import pytest

            os.chdir(CHECKOUT)
            plant(CHECKOUT / file, source)
            code = int(pytest.main(["-n", "0", "-x", "-q", "-p", "no:randomly", *tests_of(file)]))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def main() -> None:
    """Make mutants, and count those that are killed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("files", nargs="*")
    asked.add_argument("--count", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    rooms = ("mfsolve/inference", "mfsolve/study")
    files = given.files or [
        path.relative_to(CHECKOUT).as_posix()
        for room in rooms
        for path in sorted((CHECKOUT / room).glob("[!_]*.py"))
        if tests_of(path.relative_to(CHECKOUT).as_posix())
    ]
    import_what_does_not_change()
    every = [(file, number) for file in files for number in range(count((CHECKOUT / file).read_text()))]
    chosen = random.Random(given.seed).sample(every, min(given.count, len(every)))
    for file in sorted({file for file, _ in chosen}):
        if not lives(file, ast.unparse(ast.parse((CHECKOUT / file).read_text()))):
            sys.exit(f"{file}: its tests fail without a change")
    made, killed = Counter[str](), Counter[str]()
    for file, number in chosen:
        found: Any = mutant((CHECKOUT / file).read_text(), number)
        made[file] += 1
        if lives(file, found[0]):
            print(f"{file} {number} lives, {found[1]}", flush=True)
        else:
            killed[file] += 1
            print(f"{file} {number} is killed", flush=True)
    for file in sorted(made):
        print(f"{killed[file]:4} of {made[file]:4} killed in {file}")
    print(f"{killed.total()} of {made.total()} killed, sampled from {len(every)}")


def import_what_does_not_change() -> None:
    """Import libraries before children are made, and nothing of the package itself."""
    import distributed
    import h5py
    import matplotlib.pyplot
    import numba
    import pydantic
    import pytest
    import scipy.optimize
    import scipy.stats
    import statsmodels.api
    import xarray

    del distributed, h5py, matplotlib, numba, pydantic, pytest, scipy, statsmodels, xarray
    assert not any(name.startswith("mfsolve") for name in sys.modules)


if __name__ == "__main__":
    main()
