"""Every setting at the ends of its declared range: numbers, or one line that names it; never anything else."""

import re
from typing import Any

import pytest
from support import ranges

from mfsolve.experiments import NAMES

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
