"""Changes of sources that tests must notice: which are made, which are left alone, and the list of those that are no faults."""

import ast
import random
from collections import Counter

import pytest
from torture import mutants
from torture.changes import Mutant, changed_tree
from torture.changes import mutants as changes

SOURCE = '''
"""Text."""
import logging
LOG = logging.getLogger(__name__)
CONNECT = 10.0
"""Seconds that an answer may take."""
SIZE = 3
"""Entries of a table."""

def pick(values: "list[int] | None" = None, most: int = 4) -> int:
    """Text of 5."""
    if not values:
        raise ValueError(f"{most + 1} or {'more' if most > 2 else 'fewer'}")
    LOG.debug("%d of %d", len(values), most - 1)
    sync(values, most)
    return values[0] if values[0] > most and True else min(most, values[0])

class Shown:
    def __repr__(self):
        return "a" if 1 < 2 else "b"
'''
MADE = {
    ("SIZE = 3", "SIZE = 4"),
    ("SIZE = 3", "SIZE = 2"),
    ("def pick(values: 'list[int] | None'=None, most: int=4) -> int:", "def pick(values: 'list[int] | None'=None, most: int=5) -> int:"),
    ("def pick(values: 'list[int] | None'=None, most: int=4) -> int:", "def pick(values: 'list[int] | None'=None, most: int=3) -> int:"),
    ("if not values:", "if values:"),
    ("raise ValueError(f\"{most + 1} or {('more' if most > 2 else 'fewer')}\")", "pass"),
    ("sync(values, most)", "pass"),
    ("sync(values, most)", "sync(most, values)"),
}  # fmt: skip


def test_what_computes_is_changed_and_what_says_is_left_alone(tmp_path):
    file = tmp_path / "source.py"
    file.write_text(SOURCE)
    found = changes(str(file))
    assert {(one.before, one.after) for one in found if not one.before.startswith("return")} == MADE
    ends = [one.after for one in found if one.before.startswith("return")]
    assert len(ends) == len(set(ends)) == 11  # nothing, not, >=, or, False, and two of each index
    assert all(one.warm == (one.function == "pick" and not one.before.startswith("def")) for one in found)
    whole = {ast.dump(changed_tree(str(file), one.number)) for one in found}
    assert len(whole) == len(found)


def test_a_sample_is_drawn_from_each_file_in_proportion():
    strata = [
        [Mutant(name, "", (k, k), "", "", k, True) for k in range(size)]
        for name, size in (("a", 30), ("b", 60), ("c", 9))
    ]
    drawn = mutants.sample(strata, 33, random.Random(1))
    assert Counter(one.file for one in drawn) == {"a": 10, "b": 20, "c": 3}
    assert len(set(drawn)) == 33
    assert drawn == mutants.sample(strata, 33, random.Random(1)) != mutants.sample(strata, 33, random.Random(2))


def test_what_is_listed_as_no_fault_is_still_a_change():
    listed = mutants.equivalent()
    made = {mutants.named(one) for file in {name[0] for name in listed} for one in changes(file)}
    assert not set(listed) - made
    assert all(len(reason) > 20 for reason in listed.values())


@pytest.mark.parametrize("room", mutants.ROOMS)
def test_every_file_has_changes_that_can_be_made(room):
    files = [file for file in mutants.sources(room) if not file.endswith("__init__.py")]
    assert sum(len(changes(file)) > 5 for file in files) > len(files) - 4
