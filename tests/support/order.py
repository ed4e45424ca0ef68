"""An order of the tests in which processes that share them compile each kernel once.

Processes begin with a stretch of the list each, and take from one another's ends later. Tests of one system stand
together; those of systems that share no kernels with the collapse market come first, tests that compile next to nothing
fill the first half and end the second one.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

APART = ("flow", "transition", "supply_shock", "agents", "atlas", "creators", "intermediary", "data_deals")
"""Systems that do without the kernels of the market, those that share some beside each other."""
MIXED = ("test_runs", "test_new", "test_callers_objects")
"""Files with a case for every study, experiment or public function."""
PLAIN = ("benchmarks", "inference", "numerics", "random", "peers")
CHECKOUT = Path(__file__).parents[2]
LAST = len(APART)


def arrange(items: Sequence[Any]) -> list[Any]:
    """The tests in this order; within a system and without one they stay as they are."""
    placed = [(place_of(item), item) for item in items]
    apart = sorted((pair for pair in placed if pair[0] < LAST), key=lambda pair: pair[0])
    plain = [item for place, item in placed if place > LAST]
    fill = max(0, len(items) // 2 - len(apart))
    return [
        *(item for _, item in apart), *plain[:fill], *(item for place, item in placed if place == LAST), *plain[fill:],
    ]  # fmt: skip


def place_of(item: Any) -> int:
    """Number of the system that a test is about: the market's is `LAST`, that of none is beyond."""
    parts = item.path.relative_to(CHECKOUT / "tests").with_suffix("").parts
    if (parts[0] == "experiments" or parts[-1] in MIXED) and (asked := about(item)) is not None:
        return asked
    if parts[0] == "experiments":
        return system_of(parts[1].removeprefix("test_"))
    if parts[0] in ("kernels", "models") and parts[1] in APART:
        return APART.index(parts[1])
    if set(parts) & set(PLAIN) or parts[0] in (
        "test_house",
        "test_documentation",
        "test_equations",
        "test_portability",
    ):
        return LAST + 1
    return LAST


def about(item: Any) -> int | None:
    """Number of the system that a case is about: it names a study, an experiment or a `system.function`."""
    given = getattr(item, "callspec", None)
    named = next((given.params[key] for key in ("name", "model") if key in given.params), None) if given else None
    if not isinstance(named, str) or not re.fullmatch(r"[a-z_]+(\.\w+)?", named):
        return None
    word, _, function = named.partition(".")
    if function:
        return APART.index(word) if word in APART else LAST
    experiment = model_of(word) or word
    return system_of(experiment) if (CHECKOUT / "mfsolve" / "experiments" / f"{experiment}.py").exists() else None


@cache
def model_of(study: str) -> str:
    """Experiment of a shipped study, from its line `model = `."""
    path = CHECKOUT / "runs" / f"{study}.toml"
    found = re.search(r'^model = "([a-z_]+)', path.read_text(encoding="utf-8"), re.MULTILINE) if path.exists() else None
    return found[1] if found else ""


@cache
def system_of(experiment: str) -> int:
    """Number of the first system that an experiment imports and that stands apart."""
    path = CHECKOUT / "mfsolve" / "experiments" / f"{experiment}.py"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    imported = re.findall(r"^from mfsolve\.models\.(\w+)", text, re.MULTILINE)
    for names in re.findall(r"^from mfsolve\.models import (.+)", text, re.MULTILINE):
        imported += names.replace("(", "").replace(")", "").split(", ")
    return next((n for n, system in enumerate(APART) if system in imported or experiment.startswith(system)), LAST)
