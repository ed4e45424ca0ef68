"""What each test takes besides compiling, and the list of those that the default run leaves to `-m slow`.

rm -rf times; TIMES=times pytest -p support.times -m "not exhaustive and not torture"
python -m support.times times      (from tests/) writes `slow.txt`
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core import event

LISTED = Path(__file__).with_name("slow.txt")
LIMIT = 1.2
"""Seconds besides compiling beyond which a test is listed, on two cores that do nothing else."""


class _Compiling(event.Listener):
    """Seconds in the outermost compilations so far."""

    def __init__(self) -> None:
        self.spent, self._depth, self._begun = 0.0, 0, 0.0

    def on_start(self, event: Any) -> None:
        if self._depth == 0:
            self._begun = time.monotonic()
        self._depth += 1

    def on_end(self, event: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.spent += time.monotonic() - self._begun


if "TIMES" in os.environ:  # as a plugin
    _COMPILING = _Compiling()
    event.register("numba:compile", _COMPILING)
    Path(os.environ["TIMES"]).mkdir(exist_ok=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
        """Write down what a test takes."""
        begun, spent = time.monotonic(), _COMPILING.spent
        done = yield
        took = time.monotonic() - begun - (_COMPILING.spent - spent)
        with (Path(os.environ["TIMES"]) / f"{os.getpid()}.jsonl").open("a") as file:
            print(json.dumps([item.nodeid, round(took, 3)]), file=file)
        return done


def listed() -> list[str]:
    """Names of the tests that are slow by measurement."""
    return LISTED.read_text(encoding="utf-8").splitlines()


def mark(items: list[pytest.Item], whole: bool) -> None:
    """Mark them; where the whole suite has been collected, each of them has to be there."""
    names = set(listed())
    for item in items:
        if item.nodeid in names:
            item.add_marker(pytest.mark.slow)
            names.discard(item.nodeid)
    if whole and names:
        raise pytest.UsageError(f"{LISTED}: no such test: {min(names)}")


def main() -> None:
    """Write the list from a folder of times."""
    lines = [line for path in Path(sys.argv[1]).glob("*.jsonl") for line in path.read_text().splitlines()]
    slow = sorted(name for name, seconds in map(json.loads, lines) if seconds > LIMIT)
    LISTED.write_text("".join(f"{name}\n" for name in slow), encoding="utf-8")


if __name__ == "__main__":
    main()
