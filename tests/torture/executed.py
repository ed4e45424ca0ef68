"""Which tests execute which lines of a file: recorded once, and again where a test file or a source that it touches changes."""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torture.changes import Mutant
from torture.forks import LIVES, Recorder, forked, pytest_here
from torture.planted import CHECKOUT

MOST = 15.0
"""Seconds of processor time that the tests of one change may take; what is beyond is left out, and the change may live."""


PATIENCE = 0.5
"""Seconds of processor time, with the recording, beyond which a test is not asked about mutants."""


class Test(NamedTuple):
    """A test that passes: its name, its seconds of processor time, and the lines it executes, by file."""

    name: str
    seconds: float
    lines: dict[str, list[int]]


def kept() -> Path:
    """The folder of what is recorded."""
    folder = Path(os.environ.get("MFSOLVE_CACHE_DIR", tempfile.gettempdir())) / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


COLLECTED = (0, 1, 5)
"""Exit codes of pytest after all passed, some failed, or none ran."""
NONE: dict[str, Any] = {"tests": {}}
"""What is known of a file none of whose tests runs by default."""


def test_files(tests: Sequence[str]) -> list[str]:
    """Test files of the given files and folders."""
    paths = [
        path
        for test in tests
        for path in ([CHECKOUT / test] if test.endswith(".py") else (CHECKOUT / test).rglob("test_*.py"))
    ]
    return sorted(path.relative_to(CHECKOUT).as_posix() for path in paths)


def executed(files: Sequence[str], tests: Sequence[str], name: str) -> list[Test]:
    """The tests of these test files that pass in time, with what they execute of the files; kept under a name."""
    note = kept() / f"executed-{name}.json"
    known: dict[str, Any] = json.loads(note.read_text()) if note.exists() else {}
    missing = [test for test in tests if not _holds(test, known.get(test))]
    if missing:
        print(f"what the tests of {len(missing)} files execute is recorded", flush=True)
        hashes = {file: _hash(file) for file in (*files, *missing)}

        def keep(test: str, found: dict[str, Any]) -> None:
            touched = {file: hashes[file] for what in found.values() for file in what["lines"]}
            known[test] = {"hash": hashes[test], "touched": touched, "tests": found}
            note.write_text(json.dumps(known))

        if forked(lambda: pytest_here(Recorder(files, keep, PATIENCE), missing) not in COLLECTED).what != LIVES:
            raise RuntimeError("not all tests could be recorded")
        known = json.loads(note.read_text())
    every = {name: what for test in tests for name, what in known.get(test, NONE)["tests"].items()}
    print(
        f"{sum(not what['passed'] for what in every.values())} of {len(every)} tests take too long or fail", flush=True
    )
    return [Test(name, what["seconds"], what["lines"]) for name, what in every.items() if what["passed"]]


def _holds(test: str, known: Any) -> bool:
    return (
        known is not None
        and known["hash"] == _hash(test)
        and all((CHECKOUT / file).exists() and digest == _hash(file) for file, digest in known["touched"].items())
    )


def _hash(file: str) -> str:
    return hashlib.sha256((CHECKOUT / file).read_bytes()).hexdigest()


def tests_of(mutant: Mutant, tests: Sequence[Test]) -> list[Test]:
    """Tests that execute what is changed: first those of the file's own name, then the quickest.

    What stands outside of functions is executed by imports, and answers to every test that executes any of its file, and
    to those of its own name, which may ask for a range or a constant alone; so does what no test executes, as a statement
    of several lines there, which is no default of a function that one calls.
    """
    first, last = mutant.lines
    own = f"/test_{Path(mutant.file).stem}.py::"
    found = [
        test for test in tests
        if any(first <= line <= last for line in test.lines.get(mutant.file, []))
    ]  # fmt: skip
    if not mutant.warm and (first == last or not found):
        found = [test for test in tests if mutant.file in test.lines or own in test.name]
    found.sort(key=lambda test: (own not in test.name, test.seconds))
    chosen, spent = [], 0.0
    for test in found:
        spent += test.seconds
        if chosen and spent > MOST:
            break
        chosen.append(test)
    return chosen
