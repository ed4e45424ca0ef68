"""Every function that Python calls in a kernel file is named by a test of its room, or by one that is named here."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
KERNELS = TESTS.parent / "kernels"
ELSEWHERE = {
    "agents/demand.py:assess": "models/agents/test_market.py",
    "agents/qlearning.py:periods": "models/agents/test_simulate.py: whole paths",
    "collapse/empirical.py:subset": "models/collapse/test_kernel_density.py",
    "collapse/many_markets.py:decide": "models/collapse/test_many_markets.py: single markets, to the bit",
    "collapse/many_markets.py:advance": "models/collapse/test_many_markets.py: single markets, to the bit",
    "data_deals/faults.py:least_size": "models/data_deals/test_faults.py: another integrator",
    "provenance/words.py:fill": "kernels/provenance/test_words.py: `Vocabulary`, which calls it",
    "provenance/words.py:find": "kernels/provenance/test_words.py: `Vocabulary`, which calls it",
    "supply_shock/market.py:markets": "kernels/supply_shock/test_market.py: `scan`, which calls it",
}
"""Kernels that no test of their room names, and what tests them."""


def kernels():
    """Room, file:function and name of every kernel."""
    for path in sorted(KERNELS.glob("*/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and "kernel" in map(ast.unparse, node.decorator_list):
                yield path.parent.name, f"{path.parent.name}/{path.name}:{node.name}", node.name


@pytest.mark.parametrize("room", sorted({room for room, _, _ in kernels()}))
def test_every_kernel_of_a_room_is_named_by_a_test(room):
    text = "\n".join(path.read_text(encoding="utf-8") for path in (TESTS / "kernels" / room).rglob("*.py"))
    named = set(re.findall(r"\w+", text))
    missing = {place for where, place, name in kernels() if where == room and name not in named}
    assert missing == {place for place in ELSEWHERE if place.startswith(f"{room}/")}
