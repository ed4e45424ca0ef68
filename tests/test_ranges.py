"""Every setting at the ends of its declared range: numbers, or one line that names it; never anything else."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from support import ranges

from mfsolve import models
from mfsolve.experiments import NAMES
from mfsolve.models import collapse
from mfsolve.models.frozen import Frozen, describe_range

ROOMS = Path(models.__file__).parent

QUICK = ("sandbox_value", "replication_attack")
ADVICE = re.compile(r"allowed|known|need|must|at least|at most|would fit|takes a day|\b(try|use) ")
"""Words of a refusal that says what would be right."""
SECONDS = 20.0
"""Processor time of a study at toy size."""


def fault(found: dict[str, Any]) -> str:
    """What is wrong with what became of a setting; empty if nothing is."""
    setting, said = found["setting"], found.get("said", "")
    if found["outcome"] == "fault":
        return f"{setting}: {said}\n{found.get('trace', '')}"
    if found["outcome"] == "refused":
        key = setting.partition("=")[0].rpartition(".")[2]
        if key not in said or not said.isprintable():
            return f"{setting}: is refused without being named: {said}"
        return "" if ADVICE.search(said) else f"{setting}: is refused without what would be right: {said}"
    if found.get("silent"):
        return f"{setting}: rows without a number or a reason: {found['silent']}"
    empty = found.get("none", {})
    if empty and len(empty) == found["outputs"] and min(empty.values()) == 1.0:
        return f"{setting}: an empty run"
    return ""


def stated(book: Path) -> Iterator[tuple[str, str]]:
    """Names and ranges of the table of symbols, where it states a range in brackets."""
    for line in book.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) >= 5 and re.fullmatch(r"[\[(][^,]+, [^,]+[\])]", cells[-1]):
            yield from ((name, cells[-1]) for name in re.findall(r"`(\w+)`", cells[1])[:1])


def numbers(interval: str) -> tuple[str, float, float, str]:
    """Brackets and ends of a range."""
    low, _, high = interval[1:-1].replace("10^", "1e").partition(", ")
    return interval[0], float(low), float(high), interval[-1]


@pytest.mark.parametrize("room", sorted(path.parent.name for path in ROOMS.glob("*/MODEL.md")))
def test_the_tables_of_symbols_state_the_ranges_that_hold(room):
    fields: dict[str, set[str]] = {}
    for part in pkgutil.iter_modules([str(ROOMS / room)]):
        for kind in vars(import_module(f"mfsolve.models.{room}.{part.name}")).values():
            if isinstance(kind, type) and issubclass(kind, Frozen) and f".{room}." in kind.__module__:
                for name, field in kind.model_fields.items():
                    fields.setdefault(name, set()).add(describe_range(field))
    wrong = [
        (name, range_, fields[name]) for name, range_ in stated(ROOMS / room / "MODEL.md")
        if any(fields.get(name, ())) and numbers(range_) not in map(numbers, filter(None, fields[name]))
    ]  # fmt: skip
    assert wrong == []


MEANINGFUL = {
    "imitation": 1e3,  # min(1, a + b rho) is 1 from a contamination of 0.001 on
    "zipf_exponent": 64.0,
    "growth": 10.0,
    "curation": 1e6,
    "fresh_items": 1e3,
}


@pytest.mark.parametrize("name", MEANINGFUL)
def test_numbers_without_a_unit_end_where_they_change_nothing_more(name):
    most = MEANINGFUL[name]
    assert getattr(collapse.Parameters(**{name: most}), name) == most
    with pytest.raises(ValueError, match=rf"^{name}: .* given; allowed: "):
        collapse.Parameters(**{name: 1.001 * most})


def test_beyond_the_largest_imitation_every_producer_revises():
    paths = [
        collapse.mean_field(collapse.Parameters(imitation=b, initial_contamination=0.01), "none", generations=4)
        for b in (MEANINGFUL["imitation"], 0.5 * MEANINGFUL["imitation"])
    ]
    assert paths[0].contamination.values.tolist() == paths[1].contamination.values.tolist()


@pytest.mark.parametrize("name", QUICK)
def test_ends_of_ranges_are_used_or_refused(name, monkeypatch):
    for module, attribute, value in ranges.stand_ins():
        monkeypatch.setattr(module, attribute, value)
    bench = ranges.Bench(name)
    tried = [setting for setting in ranges.settings(bench.experiment) if not setting.is_size]
    found = [{"setting": setting.said, **bench.outcome(setting)} for setting in tried]
    assert not list(filter(None, map(fault, found)))
    assert sum(one["outcome"] == "numbers" for one in found) > len(found) // 2


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", NAMES)
def test_ends_of_all_ranges_are_used_or_refused(name):
    found = [one for one in ranges.survey(name, SECONDS) if "outcome" in one]
    assert found[0]["outcome"] == "numbers"
    assert not list(filter(None, map(fault, found)))


def test_a_fault_is_found():
    """Of each kind: a failure, a refusal that names nothing, a row without a reason, nothing but holes."""
    plain = {"setting": "parameters.x=0", "outcome": "numbers"}
    assert fault(plain) == ""
    assert fault({**plain, "outcome": "refused", "said": "parameters.x: 0 given; allowed: (0, 1]"}) == ""
    for broken in (
        {"outcome": "fault", "said": "ZeroDivisionError"},
        {"outcome": "refused", "said": "Failed to converge"},
        {"outcome": "refused", "said": "parameters.x = 0: Failed to converge"},
        {"none": {"a b": 1.0}, "silent": ["a b"], "outputs": 2},
        {"none": {"a b": 1.0, "a c": 1.0}, "silent": [], "outputs": 2},
    ):
        assert fault({**plain, **broken})
